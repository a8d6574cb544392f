//! Here is a context, give me its exact entropy; or here is a table, give me that of every context.
//!
//! With b the back-off weight of h and p′ the probability after its suffix h′,
//!
//! ```text
//! S(h) = Σ p(w|h)             = Σ_listed p        + b·(S(h′) − Σ_listed p′)
//! E(h) = Σ p(w|h)·ln p(w|h)   = Σ_listed p·ln p   + b·(E(h′) − Σ_listed p′·ln p′)
//!                                                 + b·ln b·(S(h′) − Σ_listed p′)
//! ```
//!
//! for what is not listed under h has p = b·p′. So the entropy −E(h) follows from
//! what h lists and from E(h′): no scan of the vocabulary, and one pass over
//! the table gives that of all contexts, a level at a time. S(h), which is 1 but
//! for rounding and for what toolkits wrote into ARPA files, is carried along
//! so that the entropy is that of the numbers as they are.

use std::f64::consts::LN_10;
use std::ops::Range;

use rayon::prelude::*;

use super::ladder::{Ladder, Listed};
use super::sums;
use super::unigrams::Unigrams;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::model::NgramModel;
use crate::ngram::table::{Node, Table};
use crate::prob::{bits, exp10};
use crate::progress::Progress;
use crate::smooth::Unlisted;
use crate::token::TokenId;

/// How open the choice after a context is, as two sums over all tokens but `<s>`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Openness {
    /// Σ p.
    pub mass: f64,
    /// Σ p · ln p.
    pub mass_log: f64,
}

impl Openness {
    /// The entropy −Σ p log2 p in bits.
    pub fn entropy_bits(self) -> f64 {
        // The sum with zero turns −0.0, which prints badly, into 0.0.
        bits(-self.mass_log).max(0.0) + 0.0
    }

    pub(super) fn add(&mut self, other: Openness) {
        self.mass += other.mass;
        self.mass_log += other.mass_log;
    }

    pub(super) fn less(self, other: Openness) -> Openness {
        Openness {
            mass: self.mass - other.mass,
            mass_log: self.mass_log - other.mass_log,
        }
    }

    /// The same tokens, each with its probability times a weight.
    fn scaled(self, log10_weight: f64) -> Openness {
        if log10_weight == f64::NEG_INFINITY {
            return Openness::default();
        }
        let weight = exp10(log10_weight);
        Openness {
            mass: weight * self.mass,
            mass_log: weight * (self.mass_log + log10_weight * LN_10 * self.mass),
        }
    }
}

/// That of the longest context of a ladder.
pub(in crate::ngram) fn openness(table: &Table, unigrams: &Unigrams, ladder: &Ladder) -> Openness {
    let contexts: Vec<Node> = ladder.above_root().map(|(rung, _)| rung.context).collect();
    let Some((&first, longer)) = contexts.split_last() else {
        return unigrams.openness;
    };
    let from_below = longer.iter().rev();
    from_below.fold(unigrams.after(table, first), |below, &context| {
        of_context(table, context, below)
    })
}

/// From that of the context's suffix.
pub(super) fn of_context(table: &Table, context: Node, below: Openness) -> Openness {
    let (listed, children) = Listed::under(table, context);
    let lower = &table.levels()[context.length() - 1].log10_prob[..];
    let (own, hidden) = sums(listed, lower, children);
    let mut openness = below.less(hidden).scaled(table.log10_backoff(context));
    openness.add(own);
    openness
}

/// Of what is listed: the sums of its own probabilities, and of those one rung below.
fn sums(listed: Listed<'_>, lower: &[f32], children: Range<usize>) -> (Openness, Openness) {
    let log10_prob = &listed.log10_prob[children.clone()];
    let suffix = &listed.suffix[children.clone()];
    let len = children.len();
    let mut own = sums::in_pieces(len, |piece| sums::of_list(&log10_prob[piece]));
    let mut hidden = sums::in_pieces(len, |piece| sums::of_places(lower, &suffix[piece]));
    // `<s>` is never predicted. Only foreign files list it, and it can only be first or second.
    let first = children.take(2);
    for index in first.filter(|&index| listed.tokens[index] == TokenId::START) {
        own = own.less(sums::of_one(listed.log10_prob[index]));
        let suffix = listed.suffix[index] as usize;
        hidden = hidden.less(sums::of_one(lower[suffix]));
    }
    (own, hidden)
}

/// The contexts of one length, by node.
pub struct Contexts<'t> {
    /// How many tokens each has.
    pub length: usize,
    /// How open the choice after each is.
    pub openness: &'t [Openness],
    suffix: &'t [u32],
    below: &'t [Openness],
}

impl Contexts<'_> {
    /// How many bits the first token of a context takes off the entropy after the others.
    pub fn narrowing_bits(&self, index: usize) -> f64 {
        let below = self.below[suffix(self.suffix, index)];
        below.entropy_bits() - self.openness[index].entropy_bits()
    }
}

/// The node without its first token; that of a unigram is the root, the only one of its kind.
fn suffix(suffix: &[u32], index: usize) -> usize {
    suffix.get(index).map_or(0, |&suffix| suffix as usize)
}

/// Calls `visit` with the contexts of length after length, from 1 on: one pass over the table, on all
/// threads.
///
/// # Errors
/// If what the model does not list is not left to its suffix, or if `visit` gives one.
pub fn each_context(
    model: &NgramModel,
    progress: &dyn Progress,
    mut visit: impl FnMut(Contexts) -> Result<()>,
) -> Result<()> {
    if model.header().unlisted != Unlisted::LowerOrder {
        let what = "this smoothing spreads what it reserves evenly, and has no lower orders";
        return Err(Error::new(ErrorKind::Model, what)
            .way_out("build with another --smoothing, such as kneser-ney"));
    }
    let table = model.table();
    let mut below = vec![model.unigrams().openness];
    for (length, level) in (1..table.order()).zip(table.levels()) {
        let suffixes = &level.suffix[..];
        let of_node = |index: usize| {
            let below = below[suffix(suffixes, index)];
            of_context(table, Node { length, index }, below)
        };
        let nodes = level.tokens.len();
        let openness: Vec<Openness> = (0..nodes).into_par_iter().map(of_node).collect();
        progress.advance(nodes as u64);
        visit(Contexts {
            length,
            openness: &openness,
            suffix: suffixes,
            below: &below,
        })?;
        below = openness;
    }
    Ok(())
}
