//! Here are the entries of an ARPA file, give me levels in which every n-gram has its context and
//! its suffix.
//!
//! Files of other toolkits, pruned ones above all, may list "a b c" and leave out
//! "b c". A table walks through suffixes, so what is missing is inserted, with
//! the probability that back-off gives it and a back-off of 1: no answer changes
//! (but for a "probability" above 1, which a back-off above 1 can give and which
//! becomes 1).

use std::collections::BTreeSet;

use crate::count::link;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::table::TableLevel;
use crate::token::TokenId;

/// A file of so many tokens may lack 16 tokens' worth of shorter n-grams for each of its own. One
/// that lists order 9 and nothing between stays below that; what lies above is made to fill memory.
const MISSING_FOR_EACH: usize = 16;

/// So many tokens' worth may be missing from any file.
const MISSING_FROM_ANY: usize = 1 << 20;

/// The n-grams of one order, in any order until they are closed.
pub(super) struct Entries {
    n: usize,
    /// n ids for each entry.
    ids: Vec<TokenId>,
    numbers: Vec<(f32, f32)>,
    /// How many were read from the file.
    pub(super) read: u64,
}

impl Entries {
    pub(super) fn new(n: usize) -> Self {
        Entries {
            n,
            ids: Vec::new(),
            numbers: Vec::new(),
            read: 0,
        }
    }

    pub(super) fn push(&mut self, ids: &[TokenId], log10: f32, backoff: f32) {
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

    fn refuse_doubles(&self, name: &str) -> Result<()> {
        let twice = self.spelled().windows(2).any(|pair| pair[0] == pair[1]);
        if twice {
            let what = format!("an n-gram of order {} is listed twice", self.n);
            return Err(Error::new(ErrorKind::Format, what).at(name));
        }
        Ok(())
    }
}

/// Sorts every level and inserts what is missing; returns how many were.
pub(super) fn close(levels: &mut [Entries], name: &str) -> Result<usize> {
    for level in levels.iter_mut() {
        level.sort();
        level.refuse_doubles(name)?;
    }
    let listed: usize = levels.iter().map(|level| level.ids.len()).sum();
    let mut room = MISSING_FROM_ANY + MISSING_FOR_EACH * listed;
    let mut inserted = vec![BTreeSet::new(); levels.len()];
    for n in (3..=levels.len()).rev() {
        let Some(missing) = missing_below(&levels[n - 1], &levels[n - 2], &mut room) else {
            let what = "most contexts and suffixes of its n-grams are not listed";
            return Err(Error::new(ErrorKind::Format, what)
                .at(name)
                .way_out("get a file that lists its n-grams at every order"));
        };
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
    Ok(inserted.iter().map(BTreeSet::len).sum())
}

/// The contexts and suffixes that are not listed one order below, unless they take more tokens
/// than there is room for.
fn missing_below(
    level: &Entries,
    below: &Entries,
    room: &mut usize,
) -> Option<BTreeSet<Vec<TokenId>>> {
    let mut missing = BTreeSet::new();
    for ngram in level.spelled() {
        for part in [&ngram[1..], &ngram[..ngram.len() - 1]] {
            if below.find(part).is_none() && missing.insert(part.to_vec()) {
                *room = room.checked_sub(part.len())?;
            }
        }
    }
    Some(missing)
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
pub(super) fn link(levels: Vec<Entries>) -> Vec<TableLevel> {
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
