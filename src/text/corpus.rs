//! Here are the names of a corpus; read it as often as you need.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::batch::Batch;
use super::blocks::Blocks;
use super::inputs::Found;
use super::options::{CorpusOptions, Unit};
use super::records::Skipped;
use super::source::Source;
use super::tunes::LeftOut;
use super::valid::Replaced;
use crate::error::{Error, ErrorKind, Result};
use crate::notes::midi::is_midi;
use crate::warning::Warning;

/// Text, wherever it comes from, to be read sentence by sentence.
///
/// Files and text in memory can be read any number of times; pipes and
/// standard input once, and a second pass over them is an error.
#[derive(Debug)]
pub struct Corpus {
    sources: Vec<Source>,
    options: CorpusOptions,
    skipped: Option<Warning>,
    /// What the last complete pass replaced and left out.
    passed: Mutex<Passed>,
}

impl Corpus {
    /// The corpus under these names: files, folders, patterns, `-` for standard input.
    pub fn open(inputs: &[String], options: CorpusOptions) -> Result<Self> {
        let tunes = matches!(options.unit, Unit::Tune(_)) && options.jsonl_field.is_none();
        let also = if tunes { is_midi } else { |_: &[u8]| false };
        let found = Found::under(inputs, also)?;
        let skipped = found.skipped.first().map(|first| {
            let (count, first) = (found.skipped.len(), first.display());
            let files = if count == 1 { "file" } else { "files" };
            Warning::Other(format!(
                "passed over {count} {files} that are no text, the first {first}; name a file itself to have it read"
            ))
        });
        Ok(Corpus {
            sources: found.sources,
            options,
            skipped,
            passed: Mutex::default(),
        })
    }

    /// A corpus of one text that is in memory; `name` stands for its file in messages.
    ///
    /// It is read as a file with these bytes would be.
    pub fn from_text(name: &str, text: impl Into<Vec<u8>>, options: CorpusOptions) -> Self {
        Corpus {
            sources: vec![Source::memory(name, text.into())],
            options,
            skipped: None,
            passed: Mutex::default(),
        }
    }

    /// Reads the corpus from its beginning, in batches of whole sentences.
    ///
    /// The first error ends it. If there is no sentence at all, that is an error as well, so
    /// whoever reads to the end knows that there was something to read.
    pub fn batches(&self) -> Batches<'_> {
        Batches {
            corpus: self,
            blocks: Some(Blocks::of(self)),
            passed: Passed::default(),
            unreported: 0,
        }
    }

    /// How it is read.
    pub fn options(&self) -> &CorpusOptions {
        &self.options
    }

    /// The names of its files, in order.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sources.iter().map(Source::name)
    }

    /// How many bytes there are to read, as they lie on the disk, if that is known beforehand.
    ///
    /// [`Batch::bytes_read`] counts up to it.
    pub fn total_bytes(&self) -> Option<u64> {
        self.sources.iter().map(Source::bytes).sum()
    }

    /// What the user should know: the files that were passed over, and what the last complete
    /// pass replaced and left out.
    pub fn warnings(&self) -> Vec<Warning> {
        let passed = self.passed();
        let Replaced { sequences, first } = passed.replaced.clone();
        let replaced = (sequences > 0).then_some(Warning::ReplacedBytes { sequences, first });
        let Skipped { records, first } = passed.skipped.clone();
        let skipped = (records > 0).then_some(Warning::SkippedRecords { records, first });
        let files = self.skipped.iter().cloned();
        let left_out = passed.left_out.warnings();
        files
            .chain(replaced)
            .chain(skipped)
            .chain(left_out)
            .collect()
    }

    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Ends a pass that came through; it is an error if there was nothing.
    pub(super) fn end_pass(&self, passed: Passed) -> Result<()> {
        let any = passed.any;
        *self.passed() = passed;
        if any {
            return Ok(());
        }
        let mut files = self.files();
        let first = files.next().unwrap_or_default();
        let place = match files.len() {
            0 => first.to_owned(),
            others => format!("{first} and {others} more"),
        };
        Err(Error::new(ErrorKind::Input, "the corpus holds no text")
            .at(place)
            .way_out("name files that hold some"))
    }
}

/// What is to be known of a pass, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// There was a sentence.
    any: bool,
    replaced: Replaced,
    skipped: Skipped,
    left_out: LeftOut,
}

impl Passed {
    pub(super) fn of(batch: &mut Batch) -> Self {
        Passed {
            any: !batch.is_empty(),
            replaced: std::mem::take(&mut batch.replaced),
            skipped: std::mem::take(&mut batch.skipped),
            left_out: std::mem::take(&mut batch.left_out),
        }
    }

    /// Adds what came further on.
    pub(super) fn add(&mut self, later: Passed) {
        self.any |= later.any;
        self.replaced.add(later.replaced);
        self.skipped.add(later.skipped);
        self.left_out.add(later.left_out);
    }
}

/// The batches of a corpus, in order.
pub struct Batches<'c> {
    corpus: &'c Corpus,
    /// What is left; nothing once everything was said.
    blocks: Option<Blocks<'c>>,
    passed: Passed,
    /// Bytes read for batches that came to nothing.
    unreported: u64,
}

impl Batches<'_> {
    /// The next batch that has a sentence, or nothing at the end.
    fn advance(&mut self) -> Result<Option<Batch>> {
        let Some(blocks) = &mut self.blocks else {
            return Ok(None);
        };
        while let Some(block) = blocks.next(Vec::new())? {
            let mut batch = Batch::of(block, &self.corpus.options)?;
            self.passed.add(Passed::of(&mut batch));
            self.unreported += batch.bytes_read;
            if !batch.is_empty() {
                batch.bytes_read = std::mem::take(&mut self.unreported);
                return Ok(Some(batch));
            }
        }
        self.blocks = None;
        self.corpus.end_pass(std::mem::take(&mut self.passed))?;
        Ok(None)
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        let batch = self.advance();
        if batch.is_err() {
            self.blocks = None;
        }
        batch.transpose()
    }
}

impl std::iter::FusedIterator for Batches<'_> {}
