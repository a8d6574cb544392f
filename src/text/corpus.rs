//! Here are the names of a corpus; read it as often as you need.

use std::slice;
use std::sync::{Mutex, PoisonError};

use super::batch::Batch;
use super::inputs::Found;
use super::options::{CorpusOptions, InvalidUtf8};
use super::reader::{Reader, Replaced};
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
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
    /// What the last complete pass replaced.
    replaced: Mutex<Replaced>,
}

impl Corpus {
    /// The corpus under these names: files, folders, patterns, `-` for standard input.
    pub fn open(inputs: &[String], options: CorpusOptions) -> Result<Self> {
        let found = Found::under(inputs)?;
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
            replaced: Mutex::default(),
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
            replaced: Mutex::default(),
        }
    }

    /// Reads the corpus from its beginning, in batches of whole sentences.
    ///
    /// The first error ends it. If there is no sentence at all, that is an error as well, so
    /// whoever reads to the end knows that there was something to read.
    pub fn batches(&self) -> Batches<'_> {
        Batches {
            corpus: self,
            sources: self.sources.iter(),
            reader: None,
            replaced: Replaced::default(),
            unreported: 0,
            state: State::Empty,
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
    /// pass replaced.
    pub fn warnings(&self) -> Vec<Warning> {
        let Replaced { sequences, first } = self.replaced().clone();
        let replaced = (sequences > 0).then_some(Warning::ReplacedBytes { sequences, first });
        self.skipped.iter().cloned().chain(replaced).collect()
    }

    fn replaced(&self) -> std::sync::MutexGuard<'_, Replaced> {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The batches of a corpus, in order.
pub struct Batches<'c> {
    corpus: &'c Corpus,
    sources: slice::Iter<'c, Source>,
    reader: Option<Reader<'c>>,
    replaced: Replaced,
    /// Bytes read for batches that came to nothing.
    unreported: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No sentence so far.
    Empty,
    /// There was one.
    Some,
    /// Everything was said.
    Over,
}

impl Batches<'_> {
    /// The next batch that has a sentence, or nothing at the end.
    fn advance(&mut self) -> Result<Option<Batch>> {
        loop {
            let Some(reader) = &mut self.reader else {
                let Some(source) = self.sources.next() else {
                    return Ok(None);
                };
                let options = &self.corpus.options;
                let stream = source.open(options.invalid == InvalidUtf8::Keep)?;
                self.reader = Some(Reader::new(stream, options));
                continue;
            };
            let mut batch = reader.batch(&mut self.replaced)?;
            if reader.is_finished() {
                self.reader = None;
            }
            if batch.is_empty() {
                self.unreported += batch.bytes_read();
                continue;
            }
            batch.add_bytes_read(std::mem::take(&mut self.unreported));
            return Ok(Some(batch));
        }
    }

    fn end(&mut self) -> Option<Error> {
        *self.corpus.replaced() = std::mem::take(&mut self.replaced);
        let was = std::mem::replace(&mut self.state, State::Over);
        (was == State::Empty).then(|| {
            let mut files = self.corpus.files();
            let first = files.next().unwrap_or_default();
            let place = match files.len() {
                0 => first.to_owned(),
                others => format!("{first} and {others} more"),
            };
            Error::new(ErrorKind::Input, "the corpus holds no text")
                .at(place)
                .way_out("name files that hold some")
        })
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        if self.state == State::Over {
            return None;
        }
        match self.advance() {
            Ok(Some(batch)) => {
                self.state = State::Some;
                Some(Ok(batch))
            }
            Ok(None) => self.end().map(Err),
            Err(error) => {
                self.state = State::Over;
                Some(Err(error))
            }
        }
    }
}

impl std::iter::FusedIterator for Batches<'_> {}
