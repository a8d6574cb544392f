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

use super::grow::Rows;
use super::merge::SortedRows;
use crate::error::Result;
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

impl SortedRows for RunReader<'_> {
    fn advance(&mut self) -> Result<bool> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let shared = self.get() as usize;
        self.row.truncate(shared);
        for _ in 0..self.get() {
            let token = TokenId(self.get() as u32);
            self.row.push(token);
        }
        self.count = self.get();
        Ok(true)
    }

    fn row(&self) -> &[TokenId] {
        &self.row
    }

    fn count(&self) -> u64 {
        self.count
    }
}
