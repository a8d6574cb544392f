//! `counterpoint count`: a corpus in, a file of its counts out.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::columns::{bytes, count, figure, seconds};
use super::console::{Console, done};
use super::reading::{CorpusArgs, ReadingArgs, VocabularyArgs, reading_stage, spare};
use super::resources::ResourceArgs;
use super::shards::{given, writing};
use crate::count::shard::{self, CountedVocabulary, Origin, Written, beside, hash};
use crate::count::{Order, TIMES_READ, either};
use crate::error::Result;
use crate::ngram::Resources;
use crate::progress::Stage;
use crate::store::Depot;
use crate::text::Corpus;
use crate::token::{self, AnyText, Room};

/// Count a corpus into a file that can be merged with others, and built into a model.
///
/// The file is Parquet: a row for each n-gram, columns w1 to wN and n. Its vocabulary is written
/// beside it, for the next count to use. What is counted in parts, anywhere, gives the same model
/// as the whole.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint count monday.txt -o monday.parquet
  counterpoint count tuesday.txt -o tuesday.parquet --vocabulary monday.vocabulary.parquet
  counterpoint merge monday.parquet tuesday.parquet -o both.parquet
  counterpoint build --from-counts monday.parquet tuesday.parquet -o both")]
pub(super) struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// N: how many tokens an n-gram has
    #[arg(long, default_value = "5", value_name = "N", help_heading = "Counts")]
    order: Order,
    /// A name for this part of the corpus, by which it is known after a merge [default: from its counts]
    #[arg(long, value_name = "ID", help_heading = "Counts", value_parser = id)]
    id: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Say what was counted as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// A name that a list can hold and a person can read, for clap.
fn id(text: &str) -> Result<String, String> {
    match text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Err("give a name without blanks".into()),
        false => Ok(text.to_owned()),
    }
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let given = given(&args.vocabulary, &args.reading)?;
    let reading = match &given {
        Some(given) => given.reading.clone(),
        None => args.reading.reading()?,
    };
    let corpus = args.corpus.open(&reading)?;
    spare_all(args, &corpus)?;
    let job = Job {
        args,
        corpus: &corpus,
        resources: &args.resources.resources(&args.output)?,
        console,
    };
    let is_new = given.is_none();
    let written = job.run(given)?;
    report(args, &written, is_new, start, console)
}

/// Neither file may be one that is read.
fn spare_all(args: &Args, corpus: &Corpus) -> Result<()> {
    let vocabulary = args.vocabulary.file()?;
    let read = || {
        let named = vocabulary.and_then(Path::to_str);
        corpus.files().chain(named)
    };
    spare(read(), &args.output)?;
    match vocabulary {
        Some(_) => Ok(()),
        None => spare(read(), &beside(&args.output)),
    }
}

/// A corpus on its way into a count file.
struct Job<'j> {
    args: &'j Args,
    corpus: &'j Corpus,
    resources: &'j Resources,
    console: &'j Console,
}

impl Job<'_> {
    /// Reads, counts and writes, in three stages; a vocabulary that is new is written as well, before
    /// the counts that need it.
    fn run(&self, given: Option<CountedVocabulary>) -> Result<Written> {
        let (progress, resources) = (self.console.progress(), self.resources);
        progress.stage(reading_stage(self.corpus, 1, 3));
        let stored = Depot::new(0, &resources.temporary);
        let is_new = given.is_none();
        let (words, text) = match given {
            Some(words) => {
                let text = self.read(&words, &stored)?;
                (words, text)
            }
            None => self.number(&stored)?,
        };
        progress.stage(Stage {
            number: 2,
            of: 3,
            name: "count",
            unit: "tokens",
            total: Some(text.positions() * TIMES_READ),
        });
        let (types, order) = (words.vocabulary.len(), self.args.order);
        let allotment = resources.allot(&text, types, order);
        let depot = Depot::new(allotment.depot, &resources.temporary);
        let census = either::count(text, types, order, allotment.work, &depot, progress)?;
        let extent = census.extent();
        progress.stage(writing(3, extent.tokens + extent.sentences));
        if is_new {
            words.save(&beside(&self.args.output))?;
        }
        let origin = Origin {
            reading: words.reading,
            vocabulary: hash(&words.vocabulary),
            id: self.args.id.clone(),
        };
        shard::write(&census, &origin, &self.args.output, progress)
    }

    fn room(&self) -> Room {
        Room {
            most: self.resources.most_positions(self.args.order),
            expected: 0,
        }
    }

    /// The text by a vocabulary that is there.
    fn read(&self, words: &CountedVocabulary, stored: &Depot) -> Result<AnyText> {
        let (reading, vocabulary) = (&words.reading, &words.vocabulary);
        let progress = self.console.progress();
        let room = self.room();
        token::read_within(self.corpus, reading, vocabulary, room, stored, progress)
    }

    /// The text with a vocabulary of its own.
    fn number(&self, stored: &Depot) -> Result<(CountedVocabulary, AnyText)> {
        let reading = self.args.reading.reading()?;
        let limits = self.args.vocabulary.limits()?;
        let (room, progress) = (self.room(), self.console.progress());
        let numbered = token::number_within(self.corpus, &reading, limits, room, stored, progress)?;
        let words = CountedVocabulary {
            counts: numbered.text.word_counts(numbered.vocabulary.len())?,
            vocabulary: numbered.vocabulary,
            reading,
            complete: limits.keep_all(),
        };
        Ok((words, numbered.text))
    }
}

fn report(
    args: &Args,
    written: &Written,
    is_new: bool,
    start: Instant,
    console: &Console,
) -> Result<()> {
    if args.json {
        let mut said = facts(written, &args.output);
        said["vocabulary_file"] = match is_new {
            true => json!(beside(&args.output)),
            false => json!(args.vocabulary.file()?),
        };
        said["seconds"] = json!(start.elapsed().as_secs_f64());
        return console.print_json(&said);
    }
    console.say(summary(written, &args.output, start));
    let vocabulary = match args.vocabulary.file()? {
        Some(file) => format!(" --vocabulary {}", file.display()),
        None => String::new(),
    };
    console.say(format_args!(
        "  try: counterpoint build --from-counts {}{vocabulary} -o NAME",
        args.output.display()
    ));
    Ok(())
}

/// What a written shard is, for programs.
pub(super) fn facts(written: &Written, path: &Path) -> serde_json::Value {
    let facts = &written.facts;
    json!({
        "path": path,
        "order": facts.order.get(),
        "rows": written.rows,
        "sentences": facts.sentences,
        "tokens": facts.extent().tokens,
        "vocabulary": facts.vocabulary_len,
        "shards": facts.shards,
        "bytes": written.bytes,
    })
}

/// What a written shard is, for people.
pub(super) fn summary(written: &Written, path: &Path, start: Instant) -> String {
    let facts = &written.facts;
    let shards = match facts.shards.len() {
        1 => "1 shard".to_owned(),
        many => format!("{} shards", count(many as u64)),
    };
    let bytes_a_row = written.bytes as f64 / written.rows.max(1) as f64;
    done(format_args!(
        "{}: order {}, {shards}, {} tokens, {} rows of {} bytes, {}, {}",
        path.display(),
        facts.order,
        count(facts.extent().tokens),
        count(written.rows),
        figure(bytes_a_row),
        bytes(written.bytes),
        seconds(start.elapsed()),
    ))
}
