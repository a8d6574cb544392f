//! Here is a table of probabilities and back-offs, give me each n-gram's own share.
//!
//! ```text
//! p(w | h) = share(w | h) + left(h) · p(w | h′)       left(h) = 1 − Σ share(v | h), over all v listed
//! ```
//!
//! Any model that backs off and sums to one can be said so, with left(h) its back-off, as long as
//! no share is below 0. Interpolated models (Kneser–Ney, Witten–Bell, absolute discounting) are
//! made of shares to begin with, of which few are distinct: most contexts were seen once or twice.
//! And said so, every distribution sums to one whatever the shares are rounded to: what they lose
//! or gain, the shorter context gains or loses.

use rayon::prelude::*;

use super::contexts;
use super::quantiser::{Part, Quantiser};
use super::walk::FEW;
use crate::ngram::table::{Table, TableLevel};
use crate::token::TokenId;

/// A share so far below 0, as a part of its probability, is no matter of rounding.
const NEGATIVE: f32 = -1e-3;

/// The shares of one order, as codes.
pub(super) struct Shares {
    pub(super) codes: Vec<u16>,
    pub(super) bits: u8,
    pub(super) quantiser: Quantiser,
    /// How many were below 0, and are now 0.
    pub(super) negative: usize,
}

impl Shares {
    /// Those of an order from 2 on, in so many bits.
    pub(super) fn of(table: &Table, order: usize, bits: u8) -> Self {
        let parts = parts(table, order);
        let negative = parts
            .par_iter()
            .filter(|(_, part)| *part < NEGATIVE)
            .count();
        let quantiser = Quantiser::fitting(&parts, bits);
        let codes = parts.par_iter().map(|&(share, _)| quantiser.code(share));
        let mut codes: Vec<u16> = codes.collect();
        let children = &table.levels()[order - 2].children[..];
        let mut rest = &mut codes[..];
        for ends in children.windows(2) {
            let (followers, others) = rest.split_at_mut((ends[1] - ends[0]) as usize);
            settle(followers, &quantiser);
            rest = others;
        }
        Shares {
            codes,
            bits,
            quantiser,
            negative,
        }
    }

    /// What the followers at these places leave to the shorter context, if it has to be stored.
    pub(super) fn left_by(&self, followers: std::ops::Range<usize>) -> Option<f32> {
        let stored = followers.len() > FEW as usize;
        stored.then(|| (1.0 - sum(&self.codes[followers], &self.quantiser)).max(0.0) as f32)
    }
}

fn sum(codes: &[u16], quantiser: &Quantiser) -> f64 {
    codes.iter().map(|&code| quantiser.value(code)).sum()
}

/// Takes the largest shares down until all fit into 1.
fn settle(codes: &mut [u16], quantiser: &Quantiser) {
    while sum(codes, quantiser) > 1.0 {
        let largest = codes.iter_mut().max().expect("a sum of something");
        *largest -= 1;
    }
}

/// The shares of an order.
fn parts(table: &Table, order: usize) -> Vec<Part> {
    let below = &table.levels()[order - 2];
    let (children, backoffs) = (&below.children[..], &below.log10_backoff[..]);
    let columns = Columns::of(&table.levels()[order - 1], below);
    contexts::fill(children, |context, place| {
        columns.part(place, backoffs[context].into())
    })
}

struct Columns<'t> {
    tokens: &'t [TokenId],
    log10_prob: &'t [f32],
    suffix: &'t [u32],
    below: &'t [f32],
}

impl<'t> Columns<'t> {
    fn of(level: &'t TableLevel, below: &'t TableLevel) -> Self {
        Columns {
            tokens: &level.tokens,
            log10_prob: &level.log10_prob,
            suffix: &level.suffix,
            below: &below.log10_prob,
        }
    }

    /// The share of an n-gram and its part of the probability, both below 0 if it is.
    fn part(&self, place: usize, backoff: f64) -> Part {
        let p = 10f64.powf(self.log10_prob[place].into());
        // `<s>` is never predicted: what stands there is for show.
        if self.tokens[place] == TokenId::START || p == 0.0 {
            return (0.0, 0.0);
        }
        let shorter = 10f64.powf(backoff + f64::from(self.below[self.suffix[place] as usize]));
        let share = (p - shorter).min(1.0);
        (share as f32, (share / p) as f32)
    }
}

/// log10 of the probabilities of order 1, made to sum to one; `<s>`, which is never predicted, has
/// none.
pub(super) fn unigrams(table: &Table) -> Vec<f32> {
    let mut logs = table.levels()[0].log10_prob.to_vec();
    logs[TokenId::START.index()] = f32::NEG_INFINITY;
    let total: crate::prob::CompensatedSum =
        logs.iter().map(|&log| 10f64.powf(log.into())).collect();
    let surplus = total.value().log10();
    for log in &mut logs {
        *log = (f64::from(*log) - surplus) as f32;
    }
    logs
}
