//! Here are the n-grams of every order, give me the levels of a table by the definition alone.
//!
//! Each n-gram is spelled and found by binary search. It is too slow and too large to
//! ship and too plain to be wrong: what is shipped is tested against it.

use std::collections::BTreeSet;

use crate::count::link;
use crate::ngram::table::TableLevel;
use crate::token::TokenId;

/// The n-grams of one order, in any order until they are closed.
pub(in crate::ngram) struct Entries {
    n: usize,
    /// n ids for each entry.
    ids: Vec<TokenId>,
    numbers: Vec<(f32, f32)>,
}

impl Entries {
    pub(in crate::ngram) fn new(n: usize) -> Self {
        Entries {
            n,
            ids: Vec::new(),
            numbers: Vec::new(),
        }
    }

    pub(in crate::ngram) fn push(&mut self, ids: &[TokenId], log10: f32, backoff: f32) {
        self.ids.extend_from_slice(ids);
        self.numbers.push((log10, backoff));
    }

    fn spelled(&self) -> Vec<&[TokenId]> {
        self.ids.chunks_exact(self.n).collect()
    }

    fn find(&self, ngram: &[TokenId]) -> Option<usize> {
        let entry = |index: usize| &self.ids[index * self.n..(index + 1) * self.n];
        let (mut low, mut high) = (0, self.numbers.len());
        while low < high {
            let middle = low.midpoint(high);
            match entry(middle).cmp(ngram) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.numbers.len()).collect();
        let spelled = self.spelled();
        order.sort_unstable_by_key(|&index| spelled[index]);
        let ids = order
            .iter()
            .flat_map(|&index| spelled[index].iter().copied())
            .collect();
        let numbers = order.iter().map(|&index| self.numbers[index]).collect();
        (self.ids, self.numbers) = (ids, numbers);
    }
}

/// Sorts every level and inserts what is missing; returns how many were.
pub(in crate::ngram) fn close(levels: &mut [Entries]) -> usize {
    for level in levels.iter_mut() {
        level.sort();
    }
    let mut inserted = vec![BTreeSet::new(); levels.len()];
    for n in (3..=levels.len()).rev() {
        let missing = missing_below(&levels[n - 1], &levels[n - 2]);
        for ngram in &missing {
            // The probability is filled in once the orders below are complete.
            levels[n - 2].push(ngram, f32::NAN, 0.0);
        }
        levels[n - 2].sort();
        inserted[n - 2] = missing;
    }
    for (position, missing) in inserted.iter().enumerate() {
        let (below, level) = levels.split_at_mut(position);
        for ngram in missing {
            let index = level[0].find(ngram).expect("it was inserted");
            level[0].numbers[index].0 = backed_off(below, ngram);
        }
    }
    inserted.iter().map(BTreeSet::len).sum()
}

fn missing_below(level: &Entries, below: &Entries) -> BTreeSet<Vec<TokenId>> {
    let parts = level.spelled().into_iter();
    let parts = parts.flat_map(|ngram| [&ngram[1..], &ngram[..ngram.len() - 1]]);
    let missing = parts.filter(|part| below.find(part).is_none());
    missing.map(<[TokenId]>::to_vec).collect()
}

/// log10 p of an n-gram by its context's back-off and its suffix, both of the order below.
fn backed_off(below: &[Entries], ngram: &[TokenId]) -> f32 {
    let level = &below[ngram.len() - 2];
    let number = |part: &[TokenId]| {
        let index = level
            .find(part)
            .expect("contexts and suffixes are complete below");
        level.numbers[index]
    };
    let (_, backoff) = number(&ngram[..ngram.len() - 1]);
    let (log10, _) = number(&ngram[1..]);
    (backoff + log10).min(0.0)
}

/// The closed levels, linked.
pub(in crate::ngram) fn link(levels: Vec<Entries>) -> Vec<TableLevel> {
    let mut linked: Vec<TableLevel> = Vec::new();
    for (position, level) in levels.iter().enumerate() {
        let ngrams = level.spelled();
        let mut next = TableLevel {
            tokens: ngrams
                .iter()
                .map(|ngram| ngram[position])
                .collect::<Vec<_>>()
                .into(),
            log10_prob: level.numbers.iter().map(|n| n.0).collect::<Vec<_>>().into(),
            ..TableLevel::default()
        };
        if position + 1 < levels.len() {
            next.log10_backoff = level.numbers.iter().map(|n| n.1).collect::<Vec<_>>().into();
        }
        if position > 0 {
            let contexts = levels[position - 1].numbers.len();
            let below = if position == 1 {
                Vec::new()
            } else {
                levels[position - 1].spelled()
            };
            next.suffix = link::suffixes(&below, &ngrams).into();
            linked[position - 1].children = link::children(contexts, &below, &ngrams).into();
        }
        linked.push(next);
    }
    linked
}
