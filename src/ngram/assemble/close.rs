//! Here are sorted orders, insert the contexts and suffixes that nobody listed.
//!
//! Files of other toolkits, pruned ones above all, may list "a b c" and leave out
//! "b c". A table walks through suffixes, so what is missing is inserted, with
//! the probability that back-off gives it and a back-off of 1: no answer changes
//! (but for a "probability" above 1, which a back-off above 1 can give and which
//! becomes 1).

use rayon::prelude::*;

use super::{Entry, Key, Packing};
use crate::error::{Error, ErrorKind, Result};

/// A file of so many tokens may lack 16 tokens' worth of shorter n-grams for each of its own. One
/// that lists order 9 and nothing between stays below that; what lies above is made to fill memory.
const MISSING_FOR_EACH: usize = 16;

/// So many tokens' worth may be missing from any file.
const MISSING_FROM_ANY: usize = 1 << 20;

/// Inserts what is missing; returns how many were.
pub(super) fn close<const W: usize>(
    levels: &mut [Vec<Entry<W>>],
    packing: Packing,
) -> Result<usize> {
    let listed: usize = levels
        .iter()
        .zip(1..)
        .map(|(level, n)| n * level.len())
        .sum();
    let mut room = MISSING_FROM_ANY + MISSING_FOR_EACH * listed;
    let mut inserted: Vec<Vec<Key<W>>> = vec![Vec::new(); levels.len()];
    for n in (3..=levels.len()).rev() {
        let missing = missing_below(&levels[n - 1], &levels[n - 2], n, packing);
        let left = room.checked_sub(missing.len() * (n - 1));
        room = left.ok_or_else(|| {
            let what = "most contexts and suffixes of its n-grams are not listed";
            Error::new(ErrorKind::Format, what)
                .way_out("get a file that lists its n-grams at every order")
        })?;
        if missing.is_empty() {
            continue;
        }
        // The probability is filled in once the orders below are complete.
        levels[n - 2].extend(missing.iter().map(|&key| Entry {
            key,
            log10_prob: f32::NAN,
            log10_backoff: 0.0,
        }));
        levels[n - 2].par_sort_unstable_by_key(|entry| entry.key);
        inserted[n - 2] = missing;
    }
    for (position, missing) in inserted.iter().enumerate() {
        let (below, level) = levels.split_at_mut(position);
        for &key in missing {
            let index = find(&level[0], key).expect("it was inserted");
            level[0][index].log10_prob = backed_off(&below[position - 1], key, position, packing);
        }
    }
    Ok(inserted.iter().map(Vec::len).sum())
}

/// The contexts and suffixes of n-grams that are not listed one order below, sorted.
fn missing_below<const W: usize>(
    level: &[Entry<W>],
    below: &[Entry<W>],
    n: usize,
    packing: Packing,
) -> Vec<Key<W>> {
    let parts = level
        .par_iter()
        .flat_map_iter(|entry| [packing.suffix(entry.key, n - 1), packing.context(entry.key)]);
    let missing = parts.filter(|&part| find(below, part).is_none());
    let mut missing: Vec<Key<W>> = missing.collect();
    missing.par_sort_unstable();
    missing.dedup();
    missing
}

/// log10 p of an n-gram by its context's back-off and its suffix, both of the order below.
fn backed_off<const W: usize>(
    below: &[Entry<W>],
    key: Key<W>,
    suffix_length: usize,
    packing: Packing,
) -> f32 {
    let entry = |part: Key<W>| {
        let index = find(below, part).expect("contexts and suffixes are complete below");
        below[index]
    };
    let backoff = entry(packing.context(key)).log10_backoff;
    let log10 = entry(packing.suffix(key, suffix_length)).log10_prob;
    (backoff + log10).min(0.0)
}

fn find<const W: usize>(entries: &[Entry<W>], key: Key<W>) -> Option<usize> {
    entries.binary_search_by_key(&key, |entry| entry.key).ok()
}
