//! Here is a ladder, give me the k most probable tokens, or the rank of one.
//!
//! Every rung offers what it lists. Once k candidates are there, the worst of
//! them is a bar that few others pass, and only those are looked up on the rung
//! above to see whether they are hidden. Most of a list is held to the bar a run at
//! a time, in vectors.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::ladder::{Ladder, Listed, Rung};
use super::unigrams::Unigrams;
use crate::model::Candidate;
use crate::ngram::table::{Node, Table};
use crate::prob::LogProb;
use crate::token::TokenId;

/// A candidate that compares by rank: the better is the lesser, the worst leads a heap.
#[derive(Clone, Copy, PartialEq)]
struct Ranked {
    ln: f64,
    token: TokenId,
}

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_probability = other.ln.total_cmp(&self.ln);
        by_probability.then(self.token.cmp(&other.token))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// So many numbers are held to a bar at once.
const RUN: usize = 64;

/// The best so far, at most k.
struct Best {
    k: usize,
    heap: BinaryHeap<Ranked>,
}

impl Best {
    /// True if this one would be among the best.
    fn wants(&self, candidate: Ranked) -> bool {
        let worst = self.heap.peek();
        self.heap.len() < self.k || worst.is_some_and(|worst| candidate < *worst)
    }

    /// A log10 on a rung that nobody below would be wanted with.
    fn bar(&self, rung: Rung) -> f32 {
        match self.heap.peek() {
            Some(worst) if self.heap.len() == self.k => rung.log10_around(worst.ln)[0],
            _ => f32::NEG_INFINITY,
        }
    }

    fn take(&mut self, candidate: Ranked) {
        if self.heap.len() == self.k {
            self.heap.pop();
        }
        self.heap.push(candidate);
    }
}

/// The k most probable tokens, best first, equals in order of id.
pub(in crate::ngram) fn best(
    table: &Table,
    unigrams: &Unigrams,
    ladder: &Ladder,
    k: usize,
) -> Vec<Candidate> {
    let mut best = Best {
        k,
        heap: BinaryHeap::new(),
    };
    for (rung, above) in ladder.above_root() {
        let (listed, children) = Listed::under(table, rung.context);
        let tokens = &listed.tokens[children.clone()];
        let log10_prob = &listed.log10_prob[children];
        for (tokens, log10_prob) in tokens.chunks(RUN).zip(log10_prob.chunks(RUN)) {
            if any_reaches(log10_prob, best.bar(rung)) {
                for (&token, &log10) in tokens.iter().zip(log10_prob) {
                    offer(table, &mut best, rung, above, token, log10);
                }
            }
        }
    }
    let (root, above) = ladder.root();
    offer_unigrams(table, unigrams, &mut best, root, above);
    let ranked = best.heap.into_sorted_vec().into_iter();
    let candidate = |Ranked { ln, token }| Candidate {
        token,
        log_prob: LogProb::from_ln(ln),
    };
    ranked.map(candidate).collect()
}

#[inline(always)]
fn offer(
    table: &Table,
    best: &mut Best,
    rung: Rung,
    above: Option<Rung>,
    token: TokenId,
    log10_prob: f32,
) {
    let ln = rung.ln(log10_prob);
    let candidate = Ranked { ln, token };
    let possible = ln > f64::NEG_INFINITY && token != TokenId::START;
    if possible && best.wants(candidate) && !hides(table, above, token) {
        best.take(candidate);
    }
}

/// From the best on, until no better one can follow.
fn offer_unigrams(
    table: &Table,
    unigrams: &Unigrams,
    best: &mut Best,
    root: Rung,
    above: Option<Rung>,
) {
    let log10_prob = &table.levels()[0].log10_prob[..];
    let mut last = None;
    for &token in &unigrams.ranked {
        let log10 = log10_prob[token.index()];
        let ln = root.ln(log10);
        if !best.wants(Ranked { ln, token }) {
            return;
        }
        offer(table, best, root, above, token, log10);
        last = Some(Ranked {
            ln: f64::from(log10),
            token,
        });
    }
    if unigrams.complete {
        return;
    }
    for (run, log10_prob) in log10_prob.chunks(RUN).enumerate() {
        if !any_reaches(log10_prob, best.bar(root)) {
            continue;
        }
        for (index, &log10) in (run * RUN..).zip(log10_prob) {
            let (ln, token) = (f64::from(log10), TokenId(index as u32));
            if last.is_some_and(|last| Ranked { ln, token } > last) {
                offer(table, best, root, above, token, log10);
            }
        }
    }
}

/// True if one of these numbers is a bar or above it.
#[inline(always)]
fn any_reaches(numbers: &[f32], bar: f32) -> bool {
    // Every number is looked at, for a vector of them takes no longer than one.
    let reaches = |any: bool, &number: &f32| any | (number >= bar);
    numbers.iter().fold(false, reaches)
}

/// True if the rung above lists the token as well.
fn hides(table: &Table, above: Option<Rung>, token: TokenId) -> bool {
    above.is_some_and(|above| table.child(above.context, token).is_some())
}

/// How many tokens are more probable than this one, which has probability above 0, or as probable
/// with a smaller id; plus one.
pub(in crate::ngram) fn rank(
    table: &Table,
    unigrams: &Unigrams,
    ladder: &Ladder,
    token: TokenId,
    ln: f64,
) -> usize {
    let than = Ranked { ln, token };
    let above_root = ladder.above_root().map(|(rung, above)| {
        let (listed, children) = Listed::under(table, rung.context);
        let tokens = listed.tokens[children.clone()].iter();
        let entries = tokens.zip(&listed.log10_prob[children]);
        let better = entries.filter(|&(&token, &log10)| is_better(rung, token, log10, than));
        better.count() - hidden_better(table, rung, above, than)
    });
    let (root, above) = ladder.root();
    let unigrams = better_unigrams(table, unigrams, root, than);
    1 + above_root.sum::<usize>() + unigrams - hidden_better(table, root, above, than)
}

#[inline(always)]
fn is_better(rung: Rung, token: TokenId, log10_prob: f32, than: Ranked) -> bool {
    let ln = rung.ln(log10_prob);
    token != TokenId::START && Ranked { ln, token } < than
}

/// How many of those that the rung above hides would be better, if they stood on this rung.
fn hidden_better(table: &Table, rung: Rung, above: Option<Rung>, than: Ranked) -> usize {
    let Some(above) = above else {
        return 0;
    };
    let (listed, children) = Listed::under(table, above.context);
    let lower = &table.levels()[rung.context.length()].log10_prob[..];
    let tokens = listed.tokens[children.clone()].iter();
    let hidden = tokens.zip(suffixes(listed, above.context, children));
    let better = hidden.filter(|&(&token, suffix)| is_better(rung, token, lower[suffix], than));
    better.count()
}

/// The suffixes of what a context lists. One token is its own suffix of no tokens; what a
/// context of one token lists has unigrams as suffixes.
fn suffixes(
    listed: Listed<'_>,
    context: Node,
    children: std::ops::Range<usize>,
) -> impl Iterator<Item = usize> {
    debug_assert!(context != Node::ROOT, "nothing is below the root");
    listed.suffix[children]
        .iter()
        .map(|&suffix| suffix as usize)
}

fn better_unigrams(table: &Table, unigrams: &Unigrams, root: Rung, than: Ranked) -> usize {
    let log10_prob = &table.levels()[0].log10_prob[..];
    let better = |&token: &TokenId| is_better(root, token, log10_prob[token.index()], than);
    let among_ranked = unigrams.ranked.partition_point(better);
    if among_ranked < unigrams.ranked.len() || unigrams.complete {
        return among_ranked;
    }
    let [worse, better_surely] = root.log10_around(than.ln);
    let start = TokenId::START.index();
    let mut number = 0;
    for (run, log10_prob) in log10_prob.chunks(RUN).enumerate() {
        let at = run * RUN;
        let close = |&number: &f32| number >= worse && number <= better_surely;
        let is_close = log10_prob
            .iter()
            .fold(false, |any, number| any | close(number));
        number += match is_close || (at..at + RUN).contains(&start) {
            true => (at..at + log10_prob.len())
                .filter(|&index| better(&TokenId(index as u32)))
                .count(),
            false => log10_prob
                .iter()
                .map(|&number| usize::from(number > better_surely))
                .sum(),
        };
    }
    number
}
