//! `counterpoint score`: how well a voice foresaw a text.

mod lines;
mod records;
mod scorer;
mod sorting;
mod summary;

use clap::ValueEnum;

use super::console::Console;
use super::reading::FormArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{ScoredBatch, Totals, each_scored};
use crate::open::Voice;
use crate::progress::Stage;
use crate::text::{Corpus, CorpusOptions};
use crate::token::Reading;
use lines::Lines;
use records::RecordArgs;

pub(super) use summary::figures;

/// Score text: per token, per sentence, perplexity, bits per byte.
///
/// Perplexity is over all tokens, the end of each sentence included, as in KenLM's query. Tokens
/// that the model does not know (OOVs) are scored as <unk>; the second figure leaves them out.
/// Bits per byte count a newline for each sentence. A line is a sentence, unless the model was built
/// otherwise; a record of JSON Lines has as many as its text has lines, and their figures together.
/// Text is read in a stream, in order, in a few megabytes a thread.
///
/// With --add, --split or --keep-below what is written is the records themselves, every byte as it
/// was read: of JSON Lines, or without --jsonl the lines. Files of --split are all written or none.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint score -m fables held-out.txt
  counterpoint score -m news news.txt.zst --by sentence
  counterpoint score -m web --jsonl text web.jsonl.gz --add > scored.jsonl
  counterpoint score -m web --jsonl text web/*.jsonl.zst --at 200,1000 \\
    --split head.jsonl.zst middle.jsonl.zst tail.jsonl.zst
  counterpoint score -m web lines.txt --keep-below 500 > good.txt")]
pub(super) struct Args {
    /// Files, folders, patterns or - for standard input
    #[arg(value_name = "TEXT", default_value = "-")]
    inputs: Vec<String>,
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// Sum the logits of a self-normalised network, which nearly are logarithms of probabilities: no
    /// softmax, and so hundreds of times as fast where the vocabulary is large
    #[arg(long, help_heading = "Model", conflicts_with_all = WITH_RECORDS)]
    unnormalised: bool,
    #[command(flatten)]
    form: FormArgs,
    /// What to print
    #[arg(
        long,
        value_enum,
        default_value_t,
        help_heading = "Output",
        conflicts_with_all = WITH_RECORDS
    )]
    by: By,
    /// One JSON object for the summary, or a line of JSON for each sentence with --by
    #[arg(long, help_heading = "Output", conflicts_with = "kenlm")]
    json: bool,
    /// Print what KenLM's query prints
    #[arg(
        long,
        help_heading = "Output",
        conflicts_with = "by",
        conflicts_with_all = WITH_RECORDS
    )]
    kenlm: bool,
    #[command(flatten)]
    records: RecordArgs,
}

/// What is written is the records; there is no other result.
const WITH_RECORDS: [&str; 3] = ["add", "split", "keep_below"];

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Figures of the whole text
    #[default]
    Summary,
    /// A line each: log10 p, tokens, OOVs, perplexity, text
    Sentence,
    /// A line each: token, id, order, log10 p, bits
    Token,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    args.check()?;
    let opened = console.open(&args.model)?;
    let reading = opened.voice.reading();
    args.form.check(reading)?;
    let corpus = Corpus::open(&args.inputs, args.corpus_options(reading))?;
    console.progress().stage(Stage {
        number: 1,
        of: 1,
        name: "score",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    if args.records.are_given() {
        return records::run(args, &opened, &corpus, console);
    }
    match &opened.voice {
        Voice::Scores(scorer) => return scorer::run(args, scorer, &corpus, console),
        Voice::Neural(network) if args.unnormalised => {
            return scorer::run(args, &scorer::Logits::of(network)?, &corpus, console);
        }
        _ if args.unnormalised => {
            let what = format!(
                "'{}' is no network, and scores by probabilities",
                args.model
            );
            return Err(Error::new(ErrorKind::Usage, what).way_out("leave out --unnormalised"));
        }
        _ => {}
    }
    let model = opened.voice.language_model()?;
    let lines = args.lines();
    let mut totals = Totals::default();
    each_scored(
        &corpus,
        reading,
        model,
        console.progress(),
        |scored: &ScoredBatch| {
            let figures: Vec<Totals> = scored.sentences().map(|s| Totals::of(&s)).collect();
            let shown = lines.map(|lines| lines.show(scored, &figures, model, reading));
            Ok((figures, shown))
        },
        |(figures, shown)| {
            figures.iter().for_each(|sentence| totals.add(sentence));
            shown.map_or(Ok(()), |shown| console.write(shown.as_bytes()))
        },
    )?;
    args.sum_up(&totals, console)
}

impl Args {
    fn check(&self) -> Result<()> {
        self.records.check()?;
        if self.json && self.records.are_given() && !self.records.write_files() {
            let what = "--json and the records cannot both go to standard output";
            return Err(Error::new(ErrorKind::Usage, what)
                .way_out("leave --json out; --split writes the records to files"));
        }
        Ok(())
    }

    fn corpus_options(&self, reading: &Reading) -> CorpusOptions {
        CorpusOptions {
            keep_records: self.records.are_given(),
            ..self.form.options(reading)
        }
    }

    /// What is printed of every sentence.
    fn lines(&self) -> Option<Lines> {
        match (self.kenlm, self.by, self.json) {
            (true, _, _) => Some(Lines::Kenlm),
            (false, By::Summary, _) => None,
            (false, by, true) => Some(Lines::Json {
                tokens: by == By::Token,
            }),
            (false, By::Sentence, false) => Some(Lines::Sentence),
            (false, By::Token, false) => Some(Lines::Token),
        }
    }

    /// Prints the figures of the whole text, if they are wanted.
    fn sum_up(&self, totals: &Totals, console: &Console) -> Result<()> {
        match (self.kenlm, self.by, self.json) {
            (true, _, _) => console.print(summary::as_kenlm(totals)),
            (false, By::Summary, true) => console.print_json(&figures(&self.model, totals)),
            (false, By::Summary, false) => console.print(summary::table(totals)),
            _ => Ok(()),
        }
    }
}
