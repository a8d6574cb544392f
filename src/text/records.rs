//! Here is a batch, give me the records its sentences came from, as they were read.
//!
//! Who picks records or adds to them wants them back to the byte. So the block
//! that was read is kept beside the text that was dug out of it.

use std::mem;
use std::ops::Range;

use super::batch::{Batch, place};
use crate::error::{Error, Result};

/// A record of JSON Lines, or a line of plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'b> {
    /// It as it was read, without the `\n`.
    pub bytes: &'b [u8],
    /// The numbers of its sentences in the batch.
    pub sentences: Range<usize>,
    /// The line it is at in its file, from 1.
    pub line: u64,
}

/// Where a record is.
#[derive(Clone, Debug)]
pub(super) struct RecordPlace {
    /// Its bytes in the block.
    pub(super) bytes: Range<usize>,
    pub(super) sentences: Range<usize>,
    pub(super) line: u64,
}

/// The records that were left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Skipped {
    pub(super) records: u64,
    /// Where the first of them was, and what was wrong.
    pub(super) first: String,
}

impl Skipped {
    /// One record that was left out for this reason, which knows its place.
    pub(super) fn one(error: &Error) -> Self {
        let place = error.place().unwrap_or_default();
        Skipped {
            records: 1,
            first: format!("{place}: {}", error.what()),
        }
    }

    /// Adds what was left out further on.
    pub(super) fn add(&mut self, later: Skipped) {
        if self.records == 0 {
            self.first = later.first;
        }
        self.records += later.records;
    }
}

impl Batch {
    /// The records, in order; none unless
    /// [`CorpusOptions::keep_records`](super::CorpusOptions::keep_records) was asked for.
    ///
    /// A line of white space between JSON records is no record.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let kept = if self.block.is_empty() {
            &[]
        } else {
            &self.records[..]
        };
        kept.iter().map(|record| Record {
            bytes: &self.block[record.bytes.clone()],
            sentences: record.sentences.clone(),
            line: record.line,
        })
    }

    /// Where a record came from, for people: "corpus.jsonl, line 7".
    pub fn record_place(&self, record: &Record) -> String {
        place(self.file(), record.line)
    }

    /// Leaves out the records of JSON Lines with a sentence that `check` refuses, and counts them.
    pub(crate) fn skip_records(&mut self, check: impl Fn(&[u8]) -> Result<()>) {
        let (sentences, records) = (mem::take(&mut self.sentences), mem::take(&mut self.records));
        for mut record in records {
            let own = &sentences[record.sentences.clone()];
            let mut texts = own.iter().map(|place| &self.text[place.bytes.clone()]);
            if let Err(error) = texts.try_for_each(&check) {
                let error = error.at(place(&self.file, record.line));
                self.skipped.add(Skipped::one(&error));
                continue;
            }
            let first = self.sentences.len();
            self.sentences.extend_from_slice(own);
            record.sentences = first..self.sentences.len();
            self.records.push(record);
        }
    }
}
