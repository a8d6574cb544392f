//! Here is a table, give me the best of its unigrams and their sums: the rung that all ladders share;
//! and the sums after the most frequent tokens, whose lists are long.

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::ngram::table::{Node, Table};
use crate::prob::CompensatedSum;
use crate::token::TokenId;

use super::entropy::{Openness, of_context};

/// So many of the best are known by rank. Who asks beyond them goes through all.
const RANKED: usize = 4096;

/// A token that so many others follow has its sums ready: some hundred tokens have, and summing the
/// longest list anew takes longer than a thousand others.
const LONG: usize = 4096;

/// What is known of the unigrams before anybody asks.
pub(in crate::ngram) struct Unigrams {
    /// The most probable, best first, equals in order of id; without `<s>` and the impossible.
    pub(super) ranked: Vec<TokenId>,
    /// True if these are all there are.
    pub(super) complete: bool,
    /// Their sums.
    pub(super) openness: Openness,
    /// The sums after a context of one token, if its list is long.
    long: HashMap<usize, Openness>,
}

impl Unigrams {
    /// Goes through the vocabulary, this once.
    pub(in crate::ngram) fn of(table: &Table) -> Self {
        let log10_prob = &table.levels()[0].log10_prob[..];
        let by_rank = |a: &TokenId, b: &TokenId| {
            let by_probability = log10_prob[b.index()].total_cmp(&log10_prob[a.index()]);
            by_probability.then(a.cmp(b))
        };
        let ids = (0..log10_prob.len() as u32).map(TokenId);
        let possible =
            |id: &TokenId| *id != TokenId::START && log10_prob[id.index()] > f32::NEG_INFINITY;
        let mut ranked: Vec<TokenId> = ids.filter(possible).collect();
        let (mut mass, mut mass_log) = (CompensatedSum::default(), CompensatedSum::default());
        for id in &ranked {
            let one = Openness::of_one(log10_prob[id.index()]);
            mass.add(one.mass);
            mass_log.add(one.mass_log);
        }
        let complete = ranked.len() <= RANKED;
        if !complete {
            ranked.select_nth_unstable_by(RANKED, by_rank);
            ranked.truncate(RANKED);
        }
        ranked.sort_unstable_by(by_rank);
        let openness = Openness {
            mass: mass.value(),
            mass_log: mass_log.value(),
        };
        let contexts = (0..log10_prob.len()).into_par_iter();
        let long = contexts.filter_map(|index| {
            let context = Node { length: 1, index };
            let is_long = table.children(context).len() >= LONG;
            is_long.then(|| (index, of_context(table, context, openness)))
        });
        Unigrams {
            ranked,
            complete,
            openness,
            long: long.collect::<Vec<_>>().into_iter().collect(),
        }
    }

    /// The sums after a context of one token.
    pub(super) fn after(&self, table: &Table, context: Node) -> Openness {
        let ready = self.long.get(&context.index).copied();
        ready.unwrap_or_else(|| of_context(table, context, self.openness))
    }
}
