//! Here are rows that are cut short where their sentence ends; sort them into runs.
//!
//! They come from the ends of sentences, a few from each, in no useful order. As
//! many as fit into memory are sorted at a time.

use rayon::prelude::*;

use crate::count::Division;
use crate::count::grow::Rows;
use crate::count::runs::RunWriter;
use crate::error::Result;
use crate::store::{Depot, Kept};
use crate::token::TokenId;

/// The fewest rows that are worth a run.
const FEWEST: usize = 1 << 10;

/// Short rows, gathered.
pub(super) struct ShortRows {
    /// The most tokens a row has; behind its end a row has something that is never looked at.
    width: usize,
    tokens: Vec<TokenId>,
    counts: Vec<u64>,
    room: usize,
}

impl ShortRows {
    /// For rows of at most `width` tokens, with about so many bytes of memory.
    pub(super) fn new(width: usize, memory: u64) -> Self {
        let bytes_a_row = width * size_of::<TokenId>() + size_of::<u64>() + size_of::<u32>();
        let room = usize::try_from(memory / bytes_a_row as u64).unwrap_or(usize::MAX);
        ShortRows {
            width,
            tokens: Vec::new(),
            counts: Vec::new(),
            room: room.clamp(FEWEST, u32::MAX as usize),
        }
    }

    /// Another row.
    pub(super) fn push(&mut self, row: &[TokenId], count: u64) {
        self.tokens.extend_from_slice(row);
        let end = (self.counts.len() + 1) * self.width;
        self.tokens.resize(end, TokenId::UNKNOWN);
        self.counts.push(count);
    }

    /// True if it is time to make a run.
    pub(super) fn is_full(&self) -> bool {
        self.counts.len() >= self.room
    }

    /// Sorts what was gathered into a run for each part, and begins anew.
    pub(super) fn take_runs(
        &mut self,
        division: &Division,
        depot: &Depot,
    ) -> Result<Vec<Kept<u8>>> {
        let mut sorted: Vec<u32> = (0..self.counts.len() as u32).collect();
        sorted.par_sort_unstable_by(|&a, &b| self.row(a).cmp(self.row(b)));
        let mut rest = &sorted[..];
        let mut runs = Vec::with_capacity(division.len());
        for part in 0..division.len() {
            let end = division.tokens(part).end;
            let own = rest.partition_point(|&row| self.row(row)[0].0 < end);
            let (own, others) = rest.split_at(own);
            runs.push(depot.keep(self.run(own))?);
            rest = others;
        }
        self.tokens.clear();
        self.counts.clear();
        Ok(runs)
    }

    fn run(&self, sorted: &[u32]) -> Vec<u8> {
        let mut run = RunWriter::default();
        let mut before: &[TokenId] = &[];
        for same in sorted.chunk_by(|&a, &b| self.row(a) == self.row(b)) {
            let row = self.row(same[0]);
            let count = same.iter().map(|&row| self.counts[row as usize]).sum();
            let shared = shared(before, row);
            run.row(shared, &row[shared..], count);
            before = row;
        }
        run.finish()
    }

    /// A row, as far as its end.
    fn row(&self, index: u32) -> &[TokenId] {
        let row = &self.tokens[index as usize * self.width..][..self.width];
        let end = row.iter().position(|&token| token == TokenId::END);
        &row[..end.map_or(self.width, |end| end + 1)]
    }
}

/// How many tokens two rows begin with alike.
pub(super) fn shared(a: &[TokenId], b: &[TokenId]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
