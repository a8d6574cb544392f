//! Here is how the n-grams are divided: by their first token, into parts that know nothing of one another.
//!
//! A part holds every n-gram, of all orders, whose first token lies in one range
//! of ids. So the followers of a context lie in the context's own part, parts
//! follow one another as their n-grams read, and a level of the whole trie is
//! the level of the first part, then that of the second, and so on. Parts are
//! made, smoothed and written side by side, and whichever does not fit into
//! memory can wait on the disk.
//!
//! What begins with `<s>` is a part of its own, since Kneser–Ney counts it
//! differently.

use std::ops::Range;

use crate::token::TokenId;

/// How many rows a part should have: enough to be worth a task, few enough to be sorted in cache.
const ROWS_A_PART: u64 = 1 << 17;

/// Ranges of first tokens, in order, that cover the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Where each range begins, and where the last ends.
    bounds: Vec<u32>,
}

impl Division {
    /// Ranges of about as many rows each, where `rows[id]` begin with each token. No range is
    /// empty.
    pub fn of(rows: &[u64]) -> Self {
        let start = TokenId::START.index();
        let mut bounds = vec![0];
        let mut held = 0;
        for (id, count) in rows.iter().enumerate() {
            let apart = id == start || id == start + 1;
            if id > 0 && (apart || held + count > ROWS_A_PART && held > 0) {
                bounds.push(id as u32);
                held = 0;
            }
            held += count;
        }
        bounds.push(rows.len() as u32);
        Division { bounds }
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// True if there is no part.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first tokens of one part.
    pub fn tokens(&self, part: usize) -> Range<u32> {
        self.bounds[part]..self.bounds[part + 1]
    }

    /// The part of n-grams that begin with this token.
    pub fn part_of(&self, token: u32) -> usize {
        self.bounds.partition_point(|&bound| bound <= token) - 1
    }
}
