//! Here are some sentences, and where each came from.
//!
//! They lie in the very buffer they were read into, so a batch of text that is
//! right as it stands costs no copy, and any of them can be had by its number.

use std::ops::Range;
use std::sync::Arc;

use super::records::{RecordPlace, Skipped};
use super::tunes::LeftOut;
use super::valid::Replaced;

/// The line number of a sentence that is a whole file.
pub(super) const WHOLE_FILE: u64 = 0;

/// Whole sentences of one file, about half a mebibyte of them but for long ones, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(super) file: Arc<str>,
    pub(super) text: Vec<u8>,
    pub(super) sentences: Vec<Place>,
    pub(super) bytes_read: u64,
    pub(super) replaced: Replaced,
    /// What was read, if that is to be kept.
    pub(super) block: Vec<u8>,
    pub(super) records: Vec<RecordPlace>,
    pub(super) skipped: Skipped,
    pub(super) left_out: LeftOut,
}

/// Where a sentence is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its bytes in the batch's text.
    pub(super) bytes: Range<usize>,
    /// The line it begins at in the file, from 1.
    pub(super) line: u64,
    /// Where in the file's text that line, or the record it came from, begins.
    pub(super) offset: u64,
}

impl Batch {
    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.sentences.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// The sentence of this number, from 0.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn sentence(&self, number: usize) -> &[u8] {
        &self.text[self.sentences[number].bytes.clone()]
    }

    /// All sentences, in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        self.sentences
            .iter()
            .map(|place| &self.text[place.bytes.clone()])
    }

    /// The text that the sentences are places of. What is between them is of no meaning.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where in the [`text`](Self::text) each sentence is, in order.
    pub fn places(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        self.sentences.iter().map(|place| place.bytes.clone())
    }

    /// Where a sentence came from, for people: "corpus.txt, line 7".
    ///
    /// # Panics
    /// If there are not so many sentences.
    pub fn place(&self, number: usize) -> String {
        place(&self.file, self.sentences[number].line)
    }

    /// The line each sentence begins at, from 1, or 0 if it is a whole file; and at which byte of the
    /// file's text, uncompressed, that line or its record begins. In order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = (u64, u64)> {
        self.sentences
            .iter()
            .map(|place| (place.line, place.offset))
    }

    /// The name of the file all of them came from.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line the first sentence begins at, from 1.
    pub fn first_line(&self) -> u64 {
        self.sentences.first().map_or(1, |place| place.line.max(1))
    }

    /// How many bytes all sentences have together.
    pub fn text_len(&self) -> usize {
        self.sentences.iter().map(|place| place.bytes.len()).sum()
    }

    /// How far reading came on the disk since the batch before: what
    /// [`crate::progress::Progress::advance`] wants to hear where the total is
    /// [`super::Corpus::total_bytes`].
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }
}

/// "corpus.txt, line 7".
pub(super) fn place(file: &str, line: u64) -> String {
    match line {
        WHOLE_FILE => file.to_owned(),
        line => format!("{file}, line {line}"),
    }
}
