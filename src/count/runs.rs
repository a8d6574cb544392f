//! Here are rows in order, keep them in little space; and give them back.
//!
//! Each row is written as what it adds to the row before, in numbers of variable
//! length (LEB128): how many tokens it shares, how many are new, the new ones, and
//! its count. That is eight or nine bytes a row of order 5 on English text, a third
//! of its ids alone, and it is written and read as fast as they would be.
//!
//! ```text
//! a b c ×2     0 3 a b c 2
//! a b d ×1     2 1 d 1
//! ```

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::grow::Rows;
use crate::token::TokenId;

/// Rows on their way into a run.
#[derive(Default)]
pub(super) struct RunWriter {
    bytes: Vec<u8>,
}

impl RunWriter {
    /// The run.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn put(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

impl Rows for RunWriter {
    fn row(&mut self, shared: usize, new: &[TokenId], count: u64) {
        self.put(shared as u64);
        self.put(new.len() as u64);
        new.iter().for_each(|token| self.put(token.0.into()));
        self.put(count);
    }
}

/// The rows of a run, one after the other.
pub(super) struct RunReader<'r> {
    rest: &'r [u8],
    row: Vec<TokenId>,
    count: u64,
}

impl<'r> RunReader<'r> {
    /// Before the first row of a run.
    pub(super) fn new(run: &'r [u8]) -> Self {
        RunReader {
            rest: run,
            row: Vec::new(),
            count: 0,
        }
    }

    /// Reads the next row; false at the end.
    pub(super) fn advance(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let shared = self.get() as usize;
        self.row.truncate(shared);
        for _ in 0..self.get() {
            let token = TokenId(self.get() as u32);
            self.row.push(token);
        }
        self.count = self.get();
        true
    }

    /// The tokens of the present row.
    pub(super) fn row(&self) -> &[TokenId] {
        &self.row
    }

    /// How many rows the present one stands for.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    fn get(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.rest[0];
            self.rest = &self.rest[1..];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }
}

/// Merges runs into one sequence of rows: equal rows become one, with the sum of their counts.
pub(super) fn merge(runs: &[&[u8]], rows: &mut impl Rows) {
    let readers = runs.iter().map(|run| RunReader::new(run));
    let mut heads: BinaryHeap<Head> = readers
        .filter_map(|mut reader| reader.advance().then_some(Head(reader)))
        .collect();
    let mut open: Vec<TokenId> = Vec::new();
    let mut shared = 0;
    let mut count = 0;
    while let Some(mut head) = heads.peek_mut() {
        let row = head.0.row();
        if row != open {
            if count > 0 {
                rows.row(shared, &open[shared..], count);
            }
            shared = open.iter().zip(row).take_while(|(a, b)| a == b).count();
            open.truncate(shared);
            open.extend_from_slice(&row[shared..]);
            count = 0;
        }
        count += head.0.count();
        if !head.0.advance() {
            PeekMut::pop(head);
        }
    }
    if count > 0 {
        rows.row(shared, &open[shared..], count);
    }
}

/// A run at its present row; the least row is the greatest head, for the heap gives that first.
struct Head<'r>(RunReader<'r>);

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.row().cmp(self.0.row())
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head<'_> {}
