//! Here are sentences of ids, give me their counts, by the obvious way.
//!
//! For each order, every window of that length goes into a hash table; the
//! tables of all threads are added up, and one sort puts the n-grams in reading
//! order. Then each level is walked beside the one below to find contexts and
//! suffixes. It reads the text once for each order and holds it in memory:
//! nothing clever, so that it can be trusted as the measure of what is.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::{Counts, Level, Order, adjusted, link};
use crate::error::{Error, ErrorKind, Result};
use crate::token::{TokenId, TokenText};

/// Counts every n-gram of orders 1 to `order`.
///
/// A sentence is read as `<s> w1 … wm </s>`; no n-gram reaches past its ends.
///
/// # Errors
/// If the text has no sentences, or more n-grams than 32-bit nodes can number.
pub fn count(text: &TokenText, vocabulary_len: usize, order: Order) -> Result<Counts> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there is no text to count")
            .way_out("give a corpus with at least one sentence"));
    }
    let mut levels = vec![unigrams(text, vocabulary_len)];
    let mut below: Vec<&[TokenId]> = Vec::new();
    for n in 2..=order.get() {
        let (ngrams, raw): (Vec<&[TokenId]>, Vec<u64>) = windows(text, n).into_iter().unzip();
        if u32::try_from(ngrams.len()).is_err() {
            let what = format!("more than 2^32 n-grams of order {n}");
            return Err(
                Error::new(ErrorKind::Input, what).way_out("choose a lower --order, or less text")
            );
        }
        let contexts = levels[n - 2].len();
        levels[n - 2].children = link::children(contexts, &below, &ngrams);
        levels.push(Level {
            tokens: ngrams.iter().map(|ngram| ngram[n - 1]).collect(),
            raw,
            suffix: link::suffixes(&below, &ngrams),
            ..Level::default()
        });
        below = ngrams;
    }
    let mut counts = Counts {
        levels,
        sentences: text.len() as u64,
        tokens: text.tokens() as u64,
    };
    adjusted::adjust(&mut counts);
    Ok(counts)
}

/// Level 1: a node for every token of the vocabulary, seen or not.
fn unigrams(text: &TokenText, vocabulary_len: usize) -> Level {
    let mut raw = vec![0u64; vocabulary_len];
    for id in text.padded() {
        raw[id.index()] += 1;
    }
    Level {
        tokens: (0..vocabulary_len as u32).map(TokenId).collect(),
        raw,
        ..Level::default()
    }
}

/// Every different window of length `n`, in reading order, with its count.
fn windows(text: &TokenText, n: usize) -> Vec<(&[TokenId], u64)> {
    let share = text.len().div_ceil(rayon::current_num_threads());
    let tables: Vec<HashMap<&[TokenId], u64>> = (0..text.len())
        .into_par_iter()
        .with_min_len(share)
        .fold(HashMap::new, |mut table, sentence| {
            for window in text.padded_sentence(sentence).windows(n) {
                *table.entry(window).or_insert(0) += 1;
            }
            table
        })
        .collect();
    let mut seen: Vec<(&[TokenId], u64)> = add_up(tables).into_iter().collect();
    seen.par_sort_unstable();
    seen
}

fn add_up<'t>(tables: Vec<HashMap<&'t [TokenId], u64>>) -> HashMap<&'t [TokenId], u64> {
    let larger = |a: HashMap<&'t [TokenId], u64>, b: HashMap<_, _>| {
        let (mut sum, other) = if a.len() < b.len() { (b, a) } else { (a, b) };
        for (ngram, count) in other {
            *sum.entry(ngram).or_insert(0) += count;
        }
        sum
    };
    tables.into_iter().reduce(larger).unwrap_or_default()
}
