//! Here are the rows of a shard, one after another; say whether a text can have them.
//!
//! Wherever a window of a text ends, but at `</s>`, the next one begins a token
//! later: what ends with `b c` is seen as often as what begins with `b c`. So
//! counts flow through the shared N − 1 tokens as water does, from the `<s>` in
//! front to the `</s>` behind, and a changed token or count is a leak.
//!
//! To look up every junction would take a table of them all. But the sum of
//! n × hash(junction), over all that flows in and over all that flows out, is one
//! number each; with a hash that nobody knows beforehand two different flows
//! have the same number once in 2^60 times or so.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::token::TokenId;

/// What went through the junctions of a shard so far.
#[derive(Default)]
pub(super) struct Flow {
    hasher: DefaultHashBuilder,
    into: u128,
    out: u128,
    total: u64,
    sentences: u64,
}

impl Flow {
    /// Another row.
    pub(super) fn row(&mut self, row: &[TokenId], count: u64) {
        let (from, last) = (&row[..row.len() - 1], row[row.len() - 1]);
        self.total = self.total.saturating_add(count);
        if last == TokenId::END {
            self.sentences = self.sentences.saturating_add(count);
        }
        if from.is_empty() {
            return;
        }
        if last != TokenId::END {
            self.into = self.into.wrapping_add(self.weigh(&row[1..], count));
        }
        if from.iter().any(|&token| token != TokenId::START) {
            self.out = self.out.wrapping_add(self.weigh(from, count));
        }
    }

    fn weigh(&self, junction: &[TokenId], count: u64) -> u128 {
        let hash = self
            .hasher
            .hash_one(bytemuck::cast_slice::<_, u8>(junction));
        u128::from(hash) * u128::from(count)
    }

    /// What all rows were seen together.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many of those end a sentence.
    pub(super) fn sentences(&self) -> u64 {
        self.sentences
    }

    /// True if as much flows out of every junction as into it.
    pub(super) fn is_even(&self) -> bool {
        self.into == self.out
    }
}
