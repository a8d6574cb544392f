//! Here are sentences of ids, give me their counts, by the obvious way.
//!
//! For each order, every window of that length goes into a hash table; the
//! tables of all threads are added up, and one sort puts the n-grams in reading
//! order. Then each level is walked beside the one below to find contexts and
//! suffixes. It reads the text once for each order and holds it in memory:
//! nothing clever, so that it can be trusted as the measure of what is.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::{Counts, Level, Order, adjusted};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Stage};
use crate::token::{TokenId, TokenText};

/// An n-gram where it stands in the padded text, and how often it was seen.
type Seen<'t> = (&'t [TokenId], u64);

/// Counts every n-gram of orders 1 to `order`.
///
/// A sentence is read as `<s> w1 … wm </s>`; no n-gram reaches past its ends.
///
/// # Errors
/// If the text has no sentences, or more n-grams than 32-bit nodes can number.
pub fn count(
    text: &TokenText,
    vocabulary_len: usize,
    order: Order,
    progress: &dyn Progress,
) -> Result<Counts> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there is no text to count")
            .way_out("give a corpus with at least one sentence"));
    }
    let padded = pad(text);
    let mut levels = vec![unigrams(&padded, vocabulary_len)];
    let mut below: Vec<Seen> = Vec::new();
    for n in 2..=order.get() {
        progress.stage(stage(n, order));
        let seen = windows(&padded, n);
        if u32::try_from(seen.len()).is_err() {
            return Err(Error::new(
                ErrorKind::Input,
                format!("more than 2^32 n-grams of order {n}"),
            )
            .way_out("choose a lower --order, or less text"));
        }
        attach(&mut levels, &below, &seen);
        progress.advance(padded.tokens() as u64);
        below = seen;
    }
    let mut counts = Counts {
        levels,
        sentences: text.len() as u64,
        tokens: text.tokens() as u64,
    };
    adjusted::adjust(&mut counts);
    Ok(counts)
}

fn stage(number: usize, order: Order) -> Stage {
    Stage {
        number: number - 1,
        of: order.get() - 1,
        name: "count",
        unit: "tokens",
        total: None,
    }
}

/// Every sentence with its `<s>` and `</s>`.
fn pad(text: &TokenText) -> TokenText {
    let one = |sentence: &[TokenId]| {
        let mut padded = Vec::with_capacity(sentence.len() + 2);
        padded.push(TokenId::START);
        padded.extend_from_slice(sentence);
        padded.push(TokenId::END);
        padded
    };
    text.sentences().map(one).collect()
}

/// Level 1: a node for every token of the vocabulary, seen or not.
fn unigrams(padded: &TokenText, vocabulary_len: usize) -> Level {
    let mut raw = vec![0u64; vocabulary_len];
    for id in padded.ids() {
        raw[id.index()] += 1;
    }
    Level {
        tokens: (0..vocabulary_len as u32).map(TokenId).collect(),
        raw,
        ..Level::default()
    }
}

/// Every different window of length `n`, in reading order, with its count.
fn windows(padded: &TokenText, n: usize) -> Vec<Seen<'_>> {
    let share = padded.len().div_ceil(rayon::current_num_threads());
    let tables: Vec<HashMap<&[TokenId], u64>> = (0..padded.len())
        .into_par_iter()
        .with_min_len(share)
        .fold(HashMap::new, |mut table, sentence| {
            for window in padded.sentence(sentence).windows(n) {
                *table.entry(window).or_insert(0) += 1;
            }
            table
        })
        .collect();
    let mut seen: Vec<Seen> = add_up(tables).into_iter().collect();
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

/// Hangs the n-grams of the next order on the levels so far.
///
/// `below` are the n-grams of the highest level so far, in order; it is empty for level 1, whose
/// nodes are the ids themselves.
fn attach(levels: &mut Vec<Level>, below: &[Seen], seen: &[Seen]) {
    let contexts = levels.last().map_or(0, Level::len);
    let mut children = Vec::with_capacity(contexts + 1);
    let mut next = 0;
    for node in 0..contexts {
        children.push(next as u32);
        while next < seen.len() && continues(below, node, seen[next].0) {
            next += 1;
        }
    }
    children.push(next as u32);
    debug_assert_eq!(next, seen.len(), "every n-gram has its context");
    levels.last_mut().expect("level 1 is there").children = children;
    let level = Level {
        tokens: seen
            .iter()
            .map(|(ngram, _)| ngram[ngram.len() - 1])
            .collect(),
        raw: seen.iter().map(|(_, count)| *count).collect(),
        suffix: suffixes(levels, seen),
        ..Level::default()
    };
    levels.push(level);
}

/// True if the n-gram's context is this node.
fn continues(below: &[Seen], node: usize, ngram: &[TokenId]) -> bool {
    let context = &ngram[..ngram.len() - 1];
    match below.get(node) {
        Some((node_ngram, _)) => *node_ngram == context,
        None => context[0].index() == node,
    }
}

/// The node of each n-gram without its first token.
fn suffixes(levels: &[Level], seen: &[Seen]) -> Vec<u32> {
    let find = |ngram: &[TokenId]| -> usize {
        let mut node = ngram[1].index();
        for (position, token) in ngram[2..].iter().enumerate() {
            let children = levels[position].children(node);
            let followers = &levels[position + 1].tokens[children.clone()];
            let found = followers.binary_search(token);
            node = children.start + found.expect("every end of a seen n-gram was seen");
        }
        node
    };
    seen.par_iter()
        .map(|(ngram, _)| find(ngram) as u32)
        .collect()
}
