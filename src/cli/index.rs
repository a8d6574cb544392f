//! `counterpoint index`: a corpus in, the counts of every phrase out, and a voice without bound.

use std::time::Instant;

use clap::ValueEnum;
use serde_json::json;

use super::columns::{bytes, count, rounded};
use super::console::{Console, done};
use super::reading::{CorpusArgs, ReadingArgs, VocabularyArgs, spare};
use super::resources::expected;
use super::usage::Usage;
use crate::error::Result;
use crate::model::LanguageModel;
use crate::open;
use crate::suffix::{self, Estimate, Plan, UnboundedModel, build};
use crate::text::Corpus;
use crate::token::{Reading, VocabularyLimits};

/// Index a corpus: the counts, followers and places of every phrase, however long.
///
/// `counterpoint find` asks it what the corpus has, and where. It is a model as well, a voice whose
/// context has no bound: `next`, `narrow`, `score`, `generate` and `compare` take it by its name.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint index corpora/fables.txt -o fables-index
  counterpoint find -i fables-index \"down to the river\"
  counterpoint narrow -m fables-index \"down to the river and over the old\" --look-back")]
pub(super) struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// The index's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    /// How counts become probabilities, where the index is asked for some
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "METHOD",
        help_heading = "Model"
    )]
    smoothing: Method,
    /// Take the tokenizer and the vocabulary of this model, to be compared with it
    #[arg(long, value_name = "NAME", help_heading = "Tokens", conflicts_with_all = ["tokenizer", "unit", "skip_blank", "lowercase", "normalise", "specials", "min_count", "vocabulary"])]
    like: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    /// Say what was indexed as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Method {
    /// Every end of the context passes on what it is not to be trusted with (Jelinek & Mercer)
    #[default]
    Interpolated,
    /// The longest end of the context alone, as infini-gram has it; what is new gets 0
    Longest,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let path = open::path_of(&args.output);
    let mut plan = args.plan(console)?;
    let corpus = args.corpus.open(&plan.reading)?;
    spare(corpus.files(), &path)?;
    plan.expected = announce(&corpus, &plan.reading, console)?;
    let model = build(&corpus, plan, console.progress())?;
    let size = suffix::format::save(&path, &model)?;
    report(args, &model, size, start, console)
}

impl Args {
    fn plan(&self, console: &Console) -> Result<Plan> {
        let estimate = match self.smoothing {
            Method::Interpolated => Estimate::Smoothed,
            Method::Longest => Estimate::Longest,
        };
        let like = self.like.as_deref().map(|name| console.open(name));
        let like = like.transpose()?;
        Ok(Plan {
            reading: match &like {
                Some(like) => like.voice.reading().clone(),
                None => self.reading.reading()?,
            },
            limits: match like {
                Some(_) => VocabularyLimits::default(),
                None => self.vocabulary.limits()?,
            },
            vocabulary: like.map(|like| like.voice.vocabulary().clone()),
            estimate,
            expected: 0,
        })
    }
}

/// Says what memory the work will take; returns about how many positions the text has.
fn announce(corpus: &Corpus, reading: &Reading, console: &Console) -> Result<u64> {
    let Some((tokens, positions)) = expected(corpus, reading)? else {
        console.say("plan: the length of the text is not known; about 10 bytes of memory a token");
        return Ok(0);
    };
    let (sentences, a_place) = ((positions - tokens) / 2, 2 * size_of::<u32>() as u64);
    console.say(format_args!(
        "plan: about {} tokens; up to {} of memory; an index of about {}",
        rounded(tokens),
        bytes(positions * a_place * 9 / 8 + 40 * sentences),
        bytes(positions * a_place + 20 * sentences),
    ));
    Ok(positions + positions / 16)
}

fn report(
    args: &Args,
    model: &UnboundedModel,
    size: u64,
    start: Instant,
    console: &Console,
) -> Result<()> {
    let usage = Usage::since(start);
    let (types, sentences) = (model.vocabulary().len(), model.origins().sentences());
    if args.json {
        return console.print_json(&json!({
            "index": args.output,
            "tokens": model.tokens(),
            "sentences": sentences,
            "vocabulary": types,
            "files": model.origins().files().len(),
            "bytes": size,
            "seconds": usage.wall.as_secs_f64(),
            "peak_memory": usage.peak_memory,
        }));
    }
    console.say(done(format_args!(
        "{}: {} types, {} tokens in {} sentences, {}, {usage}",
        args.output,
        count(types as u64),
        count(model.tokens()),
        count(sentences as u64),
        bytes(size),
    )));
    console.say(format_args!(
        "  try: counterpoint find -i {} \"…\"",
        args.output
    ));
    Ok(())
}
