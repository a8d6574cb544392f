//! Here is how each context shares its probability out, give me p and back-off of every n-gram.
//!
//! Order 1 first: each level needs only the one below, and finds it through the
//! suffix links of the counts. Contexts are independent of one another, so they
//! are cut into runs, the runs are computed in parallel, and the pieces are put
//! together in order: the same bits on any number of threads.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Discounts, Sharing};
use crate::count::Counts;
use crate::token::TokenId;

/// How many contexts one task takes.
const CONTEXTS_A_TASK: usize = 4096;

/// What a token gets after a context that it was not seen after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unlisted {
    /// The context's back-off times the probability after the shorter context.
    #[default]
    LowerOrder,
    /// The context's back-off times 1/V; after a context that was never seen, 1/V.
    Uniform,
}

/// The probabilities and back-offs of every n-gram, node for node as in the [`Counts`].
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    levels: Vec<SmoothedLevel>,
    root_backoff: f64,
    unlisted: Unlisted,
    discounts: Vec<Discounts>,
}

/// The n-grams of one order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SmoothedLevel {
    /// p(last token | the tokens before). 0 for `<s>`.
    pub probability: Vec<f64>,
    /// What the n-gram, as a context, reserves for what was not seen after it; 1 if nothing was.
    /// Empty at the highest order.
    pub backoff: Vec<f64>,
}

impl Smoothed {
    pub(super) fn new(levels: Vec<SmoothedLevel>, root_backoff: f64, unlisted: Unlisted) -> Self {
        Smoothed {
            levels,
            root_backoff,
            unlisted,
            discounts: Vec::new(),
        }
    }

    pub(super) fn with_discounts(mut self, discounts: Vec<Discounts>) -> Self {
        self.discounts = discounts;
        self
    }

    /// The levels, order 1 first.
    pub fn levels(&self) -> &[SmoothedLevel] {
        &self.levels
    }

    /// The levels, to be taken apart.
    pub fn into_levels(self) -> Vec<SmoothedLevel> {
        self.levels
    }

    /// What order 1 reserves for the uniform distribution below it.
    pub fn root_backoff(&self) -> f64 {
        self.root_backoff
    }

    /// What a token gets after a context that it was not seen after.
    pub fn unlisted(&self) -> Unlisted {
        self.unlisted
    }

    /// The discounts by order, if the method has any.
    pub fn discounts(&self) -> &[Discounts] {
        &self.discounts
    }
}

pub(super) fn interpolate(counts: &Counts, sharing: &dyn Sharing) -> Smoothed {
    let mut levels = Vec::new();
    let (unigrams, root_backoff) = unigrams(counts, sharing);
    levels.push(unigrams);
    for order in 2..=counts.order().get() {
        let (probability, backoff) = level(counts, sharing, order, &levels[order - 2]);
        levels[order - 2].backoff = backoff;
        levels.push(SmoothedLevel {
            probability,
            backoff: Vec::new(),
        });
    }
    Smoothed::new(levels, root_backoff, sharing.unlisted())
}

/// Order 1: one context, the empty one, over the uniform distribution.
fn unigrams(counts: &Counts, sharing: &dyn Sharing) -> (SmoothedLevel, f64) {
    let seen = sharing.counts().of(counts, 1);
    let mut probability = vec![0.0; seen.len()];
    let reserved = sharing.share(1, &seen, &mut probability);
    let uniform = reserved / (seen.len() - 1) as f64;
    probability.iter_mut().for_each(|p| *p += uniform);
    probability[TokenId::START.index()] = 0.0;
    let level = SmoothedLevel {
        probability,
        backoff: Vec::new(),
    };
    (level, reserved)
}

/// A higher order: the probabilities of its n-grams and the back-offs of their contexts.
fn level(
    counts: &Counts,
    sharing: &dyn Sharing,
    order: usize,
    below: &SmoothedLevel,
) -> (Vec<f64>, Vec<f64>) {
    let contexts = counts.level(order - 1).len();
    let seen = sharing.counts().of(counts, order);
    let tasks: Vec<Range<usize>> = (0..contexts)
        .step_by(CONTEXTS_A_TASK)
        .map(|start| start..contexts.min(start + CONTEXTS_A_TASK))
        .collect();
    let pieces: Vec<(Vec<f64>, Vec<f64>)> = tasks
        .into_par_iter()
        .map(|run| contexts_run(counts, sharing, order, &seen, below, run))
        .collect();
    let (probability, backoff): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
    (probability.concat(), backoff.concat())
}

/// The followers of a run of contexts, which lie together.
fn contexts_run(
    counts: &Counts,
    sharing: &dyn Sharing,
    order: usize,
    seen: &[u64],
    below: &SmoothedLevel,
    run: Range<usize>,
) -> (Vec<f64>, Vec<f64>) {
    let uniform = 1.0 / (counts.vocabulary_len() - 1) as f64;
    let (contexts, level) = (counts.level(order - 1), counts.level(order));
    let mut probability = Vec::new();
    let mut backoff = Vec::with_capacity(run.len());
    for context in run {
        let followers = contexts.children(context);
        if followers.is_empty() {
            backoff.push(1.0);
            continue;
        }
        let first = probability.len();
        probability.resize(first + followers.len(), 0.0);
        let shares = &mut probability[first..];
        let reserved = sharing.share(order, &seen[followers.clone()], shares);
        for (share, follower) in shares.iter_mut().zip(followers) {
            let lower = match sharing.unlisted() {
                Unlisted::LowerOrder => below.probability[level.suffix[follower] as usize],
                Unlisted::Uniform => uniform,
            };
            *share += reserved * lower;
        }
        backoff.push(reserved);
    }
    (probability, backoff)
}
