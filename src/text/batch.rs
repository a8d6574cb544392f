//! Here are some sentences, and where each came from.
//!
//! They lie end to end in one buffer, so a batch costs two allocations however
//! many sentences it has, and any of them can be had by its number.

use std::sync::Arc;

/// The line number of a sentence that is a whole file.
pub(super) const WHOLE_FILE: u64 = 0;

/// Whole sentences of one file, a few mebibytes of them, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    file: Arc<str>,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The line each sentence begins at, from 1.
    lines: Vec<u64>,
    bytes_read: u64,
}

impl Batch {
    pub(super) fn new(file: Arc<str>) -> Self {
        Batch {
            file,
            text: Vec::new(),
            ends: Vec::new(),
            lines: Vec::new(),
            bytes_read: 0,
        }
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are none; no batch of a corpus is empty.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The sentence of this number, from 0.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn sentence(&self, number: usize) -> &[u8] {
        let start = match number {
            0 => 0,
            _ => self.ends[number - 1],
        };
        &self.text[start..self.ends[number]]
    }

    /// All sentences, in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        (0..self.len()).map(|number| self.sentence(number))
    }

    /// Where a sentence came from, for people: "corpus.txt, line 7".
    ///
    /// # Panics
    /// If there are not so many sentences.
    pub fn place(&self, number: usize) -> String {
        place(&self.file, self.lines[number])
    }

    /// The name of the file all of them came from.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line the first sentence begins at, from 1.
    pub fn first_line(&self) -> u64 {
        self.lines.first().map_or(1, |&line| line.max(1))
    }

    /// How many bytes all sentences have together.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// How far reading came on the disk since the batch before: what
    /// [`crate::progress::Progress::advance`] wants to hear where the total is
    /// [`super::Corpus::total_bytes`].
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    pub(super) fn add_bytes_read(&mut self, bytes: u64) {
        self.bytes_read += bytes;
    }

    /// The buffer, to append the text of the next sentence to.
    pub(super) fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// What was appended since the last sentence.
    pub(super) fn unfinished(&self) -> &[u8] {
        &self.text[self.unfinished_start()..]
    }

    pub(super) fn unfinished_start(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Makes a sentence of what was appended.
    pub(super) fn keep(&mut self, line: u64) {
        self.ends.push(self.text.len());
        self.lines.push(line);
    }

    /// Takes back what was appended.
    pub(super) fn discard(&mut self) {
        self.text.truncate(self.unfinished_start());
    }
}

/// "corpus.txt, line 7".
pub(super) fn place(file: &str, line: u64) -> String {
    match line {
        WHOLE_FILE => file.to_owned(),
        line => format!("{file}, line {line}"),
    }
}
