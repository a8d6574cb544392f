//! `counterpoint vocabulary`: a corpus in, the numbers of its words out.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::columns::{bytes, count, seconds};
use super::console::{Console, done};
use super::reading::{CorpusArgs, ReadingArgs, VocabularyArgs, reading_stage, spare};
use super::shards::check_repeats;
use crate::count::shard::{CountedVocabulary, hash, is_parquet};
use crate::error::{Error, ErrorKind, Result};
use crate::token;

/// Number the words of a corpus, so that its parts can be counted apart.
///
/// The most frequent word comes first, and words that are equally frequent as their bytes sort.
/// Vocabulary files can be given in place of text; their counts are added up. Limits belong to the
/// last step, when the counts are complete.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint vocabulary monday.txt tuesday.txt -o words.parquet --min-count 2
  counterpoint vocabulary monday.parquet tuesday.parquet -o words.parquet --vocabulary 100000")]
pub(super) struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    /// Say what was numbered as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let limits = args.vocabulary.limits()?;
    let (files, texts): (Vec<_>, Vec<_>) = args
        .corpus
        .inputs
        .iter()
        .partition(|input| is_parquet(Path::new(input)));
    let words = match (&files[..], &texts[..]) {
        (_, []) => merged(args, &files)?,
        ([], _) => counted(args, console)?,
        ([file, ..], [text, ..]) => return Err(mixed(file, text)),
    };
    let words = words.ranked(limits);
    let size = words.save(&args.output)?;
    report(args, &words, size, start, console)
}

fn counted(args: &Args, console: &Console) -> Result<CountedVocabulary> {
    let reading = args.reading.reading()?;
    let corpus = args.corpus.open(&reading)?;
    spare(corpus.files(), &args.output)?;
    console.progress().stage(reading_stage(&corpus, 1, 1));
    let (vocabulary, counts) = token::count(&corpus, &reading, console.progress())?;
    Ok(CountedVocabulary {
        vocabulary,
        counts,
        reading,
        complete: true,
    })
}

fn merged(args: &Args, files: &[&String]) -> Result<CountedVocabulary> {
    spare(files.iter().map(|file| file.as_str()), &args.output)?;
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        let path = PathBuf::from(file);
        let words = CountedVocabulary::open(&path)?;
        check_repeats(&args.reading.reading()?, &words.reading, &path)?;
        all.push((path, words));
    }
    CountedVocabulary::sum(all)
}

fn mixed(file: &str, text: &str) -> Error {
    let what = "some of these are vocabulary files and some are text";
    Error::new(ErrorKind::Usage, what)
        .at(format!("{file} and {text}"))
        .way_out("make a vocabulary file of the text first, and then merge the files")
}

fn report(
    args: &Args,
    words: &CountedVocabulary,
    size: u64,
    start: Instant,
    console: &Console,
) -> Result<()> {
    if args.json {
        return console.print_json(&json!({
            "path": args.output,
            "vocabulary": words.vocabulary.len(),
            "tokens": words.total(),
            "hash": hash(&words.vocabulary),
            "complete": words.complete,
            "bytes": size,
            "seconds": start.elapsed().as_secs_f64(),
        }));
    }
    console.say(done(format_args!(
        "{}: {} types, {} tokens, {}, {}",
        args.output.display(),
        count(words.vocabulary.len() as u64),
        count(words.total()),
        bytes(size),
        seconds(start.elapsed()),
    )));
    Ok(())
}
