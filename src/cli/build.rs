//! `counterpoint build`: a corpus in, the statistical voice out.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;

use super::console::Console;
use super::job::{Job, stages};
use super::reading::{CorpusArgs, ReadingArgs, VocabularyArgs, reading_stage, spare};
use super::resources::{ResourceArgs, announce};
#[cfg(feature = "parquet")]
use super::shards;
use super::table::{TableArgs, check_compact};
use crate::count::{Order, Pruning};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::Plan;
use crate::ngram::compact::Precision;
use crate::open;
use crate::smooth::{CountsOfCountsRule, Estimate, Smoothing, StupidBackoff};
use crate::store::Depot;
use crate::text;
use crate::token::{self, Vocabulary};

/// Build the statistical voice: smoothed n-gram tables from a corpus.
///
/// The default is modified Kneser–Ney, as KenLM estimates it. Small or repetitive text never
/// fails: an order whose discounts cannot be estimated gets fixed ones, and a line says so.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Build from count files instead of a text, as `--from-counts monday.parquet tuesday.parquet`
    ///
    /// The model is the one that their texts together give. The vocabulary lies beside the first, as
    /// `counterpoint count` leaves it, or is named with --vocabulary.
    #[cfg(feature = "parquet")]
    #[arg(long, value_name = "SHARD", num_args = 1.., help_heading = "Corpus", requires = "output", conflicts_with_all = ["inputs", "jsonl", "lossy", "skip_malformed", "order", "tokenizer", "unit", "skip_blank", "lowercase", "normalise", "specials", "min_count"])]
    from_counts: Vec<String>,
    /// The model's name (models/NAME.cpt), or a path; with --arpa it may be left out
    #[arg(short, long, value_name = "NAME", required_unless_present = "arpa")]
    output: Option<String>,
    /// n: how many tokens an n-gram has at most
    #[arg(long, default_value = "5", value_name = "N", help_heading = "Model")]
    order: Order,
    /// How counts become probabilities
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "METHOD",
        help_heading = "Model"
    )]
    smoothing: Method,
    /// What add-k adds to every count [default: 1]
    #[arg(long, value_name = "K", help_heading = "Model", value_parser = positive)]
    k: Option<f64>,
    /// Agree with KenLM on small text too, by repeating its quirk
    ///
    /// When KenLM's input ends, the lower-order ends of its very last n-gram enter the counts of
    /// counts with their raw count instead of the number of their left neighbours. On a small text
    /// that moves the discounts; on a large one it is not seen.
    #[arg(long, help_heading = "Model")]
    as_kenlm: bool,
    /// Leave out n-grams seen so often or less, by order; the last number goes for all higher orders
    ///
    /// Discounts and totals stay those of the whole text, and what is left out gives its probability
    /// back to its context, as in KenLM. The three special tokens always stay.
    #[arg(
        long,
        value_name = "COUNT",
        num_args = 1..,
        value_delimiter = ',',
        help_heading = "Model"
    )]
    prune: Vec<u64>,
    /// Leave out n-grams with other words than those in this file (white space between them)
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    limit_vocab: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Write an ARPA file as well, or instead of a model
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    arpa: Option<String>,
    /// Say what was built as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  counterpoint build corpora/fables.txt -o fables
  counterpoint build news/*.gz -o news --order 4 --tokenizer whitespace --arpa news.arpa
  counterpoint build news/*.gz -o news-small --table compact --quantize 8";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Modified Kneser–Ney, interpolated
    #[default]
    KneserNey,
    /// Witten–Bell, interpolated
    WittenBell,
    /// Absolute discounting, interpolated
    Absolute,
    /// Adds the same to every count
    AddK,
    /// Relative frequencies as they are
    MaximumLikelihood,
    /// Scores that are no probabilities
    StupidBackoff,
}

/// A number above 0, for clap.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("give a number above 0".into()),
    }
}

impl Args {
    /// What ARPA cannot say is refused before the work, not after it.
    fn check_arpa(&self) -> Result<()> {
        let Some(arpa) = &self.arpa else {
            return Ok(());
        };
        if matches!(self.smoothing, Method::AddK | Method::StupidBackoff) {
            let what = "ARPA holds back-off models only, which this smoothing does not make";
            return Err(Error::new(ErrorKind::Usage, what)
                .at(format!("--arpa {arpa}"))
                .way_out("leave --arpa out, or choose another --smoothing"));
        }
        if self.json && arpa == "-" {
            return Err(super::export::two_results());
        }
        Ok(())
    }

    /// How precise a compact table is to be, if one is wanted; what it cannot hold is refused before
    /// the work.
    fn compact(&self, order: Order) -> Result<Option<Precision>> {
        let compact = self.table.compact()?;
        if compact.is_some() {
            if self.output.is_none() {
                let what = "a table is kept in a model, and only ARPA is wanted";
                return Err(Error::new(ErrorKind::Usage, what)
                    .at("--table and --quantize")
                    .way_out("name the model with -o, or leave them out"));
            }
            let backs_off = !matches!(self.smoothing, Method::AddK | Method::StupidBackoff);
            check_compact(order.get(), backs_off)?;
        }
        Ok(compact)
    }

    /// The files that will be written.
    fn outputs(&self) -> Vec<PathBuf> {
        let model = self.output.iter().map(|output| open::path_of(output));
        model.chain(self.arpa.iter().map(PathBuf::from)).collect()
    }

    /// What is left out; the words are looked up in the corpus's vocabulary.
    fn pruning(&self, vocabulary: &Vocabulary) -> Result<Pruning> {
        let wanted = match &self.limit_vocab {
            Some(path) => Some(wanted(path, vocabulary)?),
            None => None,
        };
        Pruning::new(self.prune.clone(), wanted)
    }

    /// What cannot be pruned so is refused before the work, not after it.
    fn check_pruning(&self, order: Order) -> Result<()> {
        if self.prune.len() > order.get() {
            let what = format!("more thresholds than the {order} orders there are");
            return Err(Error::new(ErrorKind::Usage, what)
                .at("--prune")
                .way_out("give at most one for each order, or a higher --order"));
        }
        if let Some(path) = &self.limit_vocab {
            std::fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
        }
        Pruning::new(self.prune.clone(), None).map(drop)
    }

    fn estimate(&self) -> Result<Estimate> {
        if self.as_kenlm && self.smoothing != Method::KneserNey {
            return Err(only_with("--as-kenlm", "kneser-ney"));
        }
        if self.k.is_some() && self.smoothing != Method::AddK {
            return Err(only_with("--k", "add-k"));
        }
        let smoothing = match self.smoothing {
            Method::StupidBackoff => return Ok(Estimate::Scores(StupidBackoff::default())),
            Method::KneserNey if self.as_kenlm => {
                Smoothing::ModifiedKneserNey(CountsOfCountsRule::AsKenlm)
            }
            Method::KneserNey => Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact),
            Method::WittenBell => Smoothing::WittenBell,
            Method::Absolute => Smoothing::AbsoluteDiscounting,
            Method::AddK => Smoothing::AddK(self.k.unwrap_or(1.0)),
            Method::MaximumLikelihood => Smoothing::MaximumLikelihood,
        };
        Ok(Estimate::Probabilities(smoothing))
    }
}

/// By id, whether a token stands in the file.
fn wanted(path: &Path, vocabulary: &Vocabulary) -> Result<Vec<bool>> {
    let mut words = Vec::new();
    let mut file = text::open_decompressed(path)?;
    let read = file.read_to_end(&mut words);
    read.map_err(|error| Error::io("read", path, error))?;
    let mut wanted = vec![false; vocabulary.len()];
    for word in words.split(u8::is_ascii_whitespace) {
        if let Some(id) = vocabulary.id(word) {
            wanted[id.index()] = true;
        }
    }
    Ok(wanted)
}

fn only_with(option: &str, method: &str) -> Error {
    let what = format!("{option} means something only with --smoothing {method}");
    Error::new(ErrorKind::Usage, what)
        .way_out(format!("leave {option} out, or add --smoothing {method}"))
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let estimate = args.estimate()?;
    args.check_arpa()?;
    #[cfg(feature = "parquet")]
    if let (false, Some(output)) = (args.from_counts.is_empty(), &args.output) {
        return run_from_counts(args, output, estimate, start, console);
    }
    let compact = args.compact(args.order)?;
    args.check_pruning(args.order)?;
    let limits = args.vocabulary.limits()?;
    let reading = args.reading.reading()?;
    let corpus = args.corpus.open(&reading)?;
    let outputs = args.outputs();
    for output in &outputs {
        spare(corpus.files(), output)?;
    }
    let resources = args.resources.resources(&outputs[0])?;
    let room = announce(&corpus, &reading, args.order, &resources, console)?;
    let text = Depot::new(0, &resources.temporary);
    let progress = console.progress();
    progress.stage(reading_stage(&corpus, 1, stages(compact)));
    let numbered = token::number_within(&corpus, &reading, limits, room, &text, progress)?;
    let plan = Plan {
        reading,
        order: args.order,
        estimate,
        pruning: args.pruning(&numbered.vocabulary)?,
    };
    let job = Job {
        output: args.output.as_deref(),
        arpa: args.arpa.as_deref(),
        json: args.json,
        compact,
        plan: &plan,
        resources: &resources,
        console,
        start,
        stored: text.bytes_on_disk(),
    };
    job.run(numbered)
}

/// Count files are read and smoothed; what else was asked for is as with a text.
#[cfg(feature = "parquet")]
fn run_from_counts(
    args: &Args,
    output: &str,
    estimate: Estimate,
    start: Instant,
    console: &Console,
) -> Result<()> {
    let outputs = args.outputs();
    for output in &outputs {
        spare(args.from_counts.iter().map(String::as_str), output)?;
    }
    let resources = args.resources.resources(&outputs[0])?;
    let named = args.vocabulary.file_or_none()?;
    let source = shards::Source::open(&args.from_counts, named)?;
    let compact = args.compact(source.facts.order)?;
    args.check_pruning(source.facts.order)?;
    let plan = Plan {
        reading: source.words.reading.clone(),
        order: source.facts.order,
        estimate,
        pruning: args.pruning(&source.words.vocabulary)?,
    };
    let job = Job {
        output: Some(output),
        arpa: args.arpa.as_deref(),
        json: args.json,
        compact,
        plan: &plan,
        resources: &resources,
        console,
        start,
        stored: 0,
    };
    job.write(output, |path, counting| {
        let progress = console.progress();
        source.build(&plan, &resources, path, counting, progress)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_estimate() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        use clap::Parser;
        let mut seen = Vec::new();
        for method in Method::value_variants() {
            let name = method.to_possible_value().unwrap();
            let words = ["build", "a.txt", "-o", "a", "--smoothing", name.get_name()];
            let estimate = Line::parse_from(words).args.estimate().unwrap();
            assert!(!seen.contains(&estimate), "{estimate} twice");
            seen.push(estimate);
        }
        let wrong = [
            "build",
            "a.txt",
            "-o",
            "a",
            "--smoothing",
            "witten-bell",
            "--k",
            "2",
        ];
        assert!(Line::parse_from(wrong).args.estimate().is_err());
    }
}
