//! Here is a context, give me it, its suffix, the suffix of that, down to the empty one.

use std::f64::consts::LN_10;
use std::ops::Range;

use crate::ngram::table::{Node, Table};
use crate::token::TokenId;

/// One context of a ladder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rung {
    pub(super) context: Node,
    /// log10 of all back-off weights that lead here from the top.
    pub(super) paid: f64,
}

/// A context and all its suffixes, the longest first, the root last.
#[derive(Clone, Debug)]
pub(in crate::ngram) struct Ladder(Vec<Rung>);

impl Ladder {
    /// From the longest listed end of a context.
    pub(in crate::ngram) fn from(table: &Table, longest: Node) -> Self {
        let mut rungs = Vec::with_capacity(longest.length() + 1);
        let (mut context, mut paid) = (longest, 0.0);
        loop {
            rungs.push(Rung { context, paid });
            if context == Node::ROOT {
                return Ladder(rungs);
            }
            paid += table.log10_backoff(context);
            context = table.suffix(context);
        }
    }

    /// The rungs above the root, each with the one that hides what it lists again.
    pub(super) fn above_root(&self) -> impl Iterator<Item = (Rung, Option<Rung>)> {
        self.pairs().filter(|(rung, _)| rung.context != Node::ROOT)
    }

    /// The root, and the rung right above it, if there is one.
    pub(super) fn root(&self) -> (Rung, Option<Rung>) {
        self.pairs().last().expect("a ladder ends at the root")
    }

    fn pairs(&self) -> impl Iterator<Item = (Rung, Option<Rung>)> {
        let above = self.0.iter().map(|&rung| Some(rung));
        self.0
            .iter()
            .copied()
            .zip(std::iter::once(None).chain(above))
    }
}

impl Rung {
    /// ln p of what stands on this rung with this log10, computed as the voice computes it: the
    /// same bits.
    pub(super) fn ln(self, log10_prob: f32) -> f64 {
        (f64::from(log10_prob) + self.paid) * LN_10
    }

    /// Two numbers so near to each other that what has just this ln p here lies between them, and so
    /// far that rounding does not matter. A rung that paid without end has none: both are NaN,
    /// which no number reaches.
    pub(super) fn log10_around(self, ln: f64) -> [f32; 2] {
        let log10 = ln / LN_10 - self.paid;
        let margin = 1e-6 * (1.0 + log10.abs() + self.paid.abs());
        [log10 - margin, log10 + margin].map(|log10| log10 as f32)
    }
}

/// The numbers that a level lists, borrowed once.
#[derive(Clone, Copy)]
pub(super) struct Listed<'t> {
    pub(super) tokens: &'t [TokenId],
    pub(super) log10_prob: &'t [f32],
    /// Empty at level 1.
    pub(super) suffix: &'t [u32],
}

impl<'t> Listed<'t> {
    /// What a context lists: its level, and its place in it.
    pub(super) fn under(table: &'t Table, context: Node) -> (Self, Range<usize>) {
        let children = table.children(context);
        let level = context.length().min(table.order() - 1);
        let level = &table.levels()[level];
        let listed = Listed {
            tokens: &level.tokens,
            log10_prob: &level.log10_prob,
            suffix: &level.suffix,
        };
        (listed, children)
    }
}
