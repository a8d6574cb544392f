//! Here is a context and dice, give me the next token by its mass.
//!
//! A token is drawn among what the context lists, or, with the mass that is left,
//! after the context's suffix, where what the context lists does not count: such
//! a draw is thrown again. A context h is left with probability b·(1 − Σ p′), and
//! one in 1 − Σ p′ of its suffix's draws counts, where p′ are the hidden
//! probabilities: so h costs b draws of h′ on average, less than one. Long lists
//! have their running sums every 64 entries.

use rayon::prelude::*;

use super::ladder::Listed;
use super::sums;
use crate::ngram::model::NgramModel;
use crate::ngram::table::{Node, Table};
use crate::smooth::Unlisted;
use crate::token::TokenId;

/// So many entries lie between two running sums.
const BLOCK: usize = 64;

/// A voice to draw tokens from, in bulk.
///
/// [`crate::sample`] draws by rank, so that voices hear the same dice alike; this is for many
/// tokens of one voice. Its distributions must sum to one, as those of every model built here do.
pub struct Drawing<'m> {
    table: &'m Table,
    /// For each order, and each block that begins inside a context's list: the sum of the list
    /// before that block.
    sums: Vec<Vec<f64>>,
    /// The sum of the unigrams.
    root: f64,
}

impl<'m> Drawing<'m> {
    /// Sums the long lists of a model; `None` if what it does not list is not left to its suffix.
    pub fn of(model: &'m NgramModel) -> Option<Self> {
        let table = model.table();
        if model.header().unlisted != Unlisted::LowerOrder {
            return None;
        }
        let orders = (1..=table.order()).into_par_iter();
        let sums: Vec<Vec<f64>> = orders.map(|order| running_sums(table, order)).collect();
        let mut drawing = Drawing {
            table,
            sums,
            root: 0.0,
        };
        let unigrams = table.levels()[0].tokens.len();
        drawing.root = drawing.sum_before(Node::ROOT, unigrams);
        Some(drawing)
    }

    /// Draws the token after a context. Each call of `dice` gives the next number from 0 up to but not
    /// including 1.
    pub fn draw(&self, context: Node, dice: &mut impl FnMut() -> f64) -> TokenId {
        if context == Node::ROOT {
            let u = dice() * self.root;
            let last = || TokenId(self.table.levels()[0].tokens.len() as u32 - 1);
            // Rounding can leave u just past the last share.
            return self.among_listed(context, u).unwrap_or_else(last);
        }
        if let Some(token) = self.among_listed(context, dice()) {
            return token;
        }
        let suffix = self.table.suffix(context);
        loop {
            let token = self.draw(suffix, dice);
            if self.table.child(context, token).is_none() {
                return token;
            }
        }
    }

    /// The token in whose share u falls, if that is listed.
    fn among_listed(&self, context: Node, u: f64) -> Option<TokenId> {
        let (listed, children) = Listed::under(self.table, context);
        let blocks = inner_blocks(&children);
        let sums = &self.sums[context.length().min(self.sums.len() - 1)];
        let sums = sums.get(blocks.clone()).unwrap_or(&[]);
        let passed = sums.partition_point(|&sum| sum <= u);
        let (start, mut sum) = match passed.checked_sub(1) {
            Some(block) => ((blocks.start + block) * BLOCK, sums[block]),
            None => (children.start, 0.0),
        };
        let mut last = None;
        for index in start..children.end.min((start / BLOCK + 1) * BLOCK) {
            let share = share(&listed, index);
            sum += share;
            if u < sum {
                return Some(listed.tokens[index]);
            }
            if share > 0.0 {
                last = Some(listed.tokens[index]);
            }
        }
        // In an inner block only rounding can leave u past the last share.
        last.filter(|_| passed < sums.len())
    }

    /// The sum of what a context lists before an index of its list's level.
    fn sum_before(&self, context: Node, index: usize) -> f64 {
        let (listed, children) = Listed::under(self.table, context);
        let blocks = inner_blocks(&(children.start..index));
        let sums = &self.sums[context.length()];
        let (start, sum) = match blocks.clone().last() {
            Some(block) => (block * BLOCK, sums[block]),
            None => (children.start, 0.0),
        };
        sum + (start..index)
            .map(|index| share(&listed, index))
            .sum::<f64>()
    }
}

/// The blocks that begin inside a list, after its first entry.
fn inner_blocks(list: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let first = list.start / BLOCK + 1;
    first..list.end.div_ceil(BLOCK).max(first)
}

/// The probability of what stands at an index; `<s>` has none.
fn share(listed: &Listed<'_>, index: usize) -> f64 {
    match listed.tokens[index] {
        TokenId::START => 0.0,
        _ => sums::of_one(listed.log10_prob[index]).mass,
    }
}

/// The running sums of one order, within the list of each context.
fn running_sums(table: &Table, order: usize) -> Vec<f64> {
    let nodes = table.levels()[order - 1].tokens.len();
    let mut sums = vec![0.0; nodes.div_ceil(BLOCK)];
    let contexts = match order {
        1 => 1,
        order => table.levels()[order - 2].tokens.len(),
    };
    for index in 0..contexts {
        let context = Node {
            length: order - 1,
            index,
        };
        let (listed, children) = Listed::under(table, context);
        let (mut at, mut sum) = (children.start, 0.0);
        for block in inner_blocks(&children) {
            sum += (at..block * BLOCK)
                .map(|index| share(&listed, index))
                .sum::<f64>();
            at = block * BLOCK;
            sums[block] = sum;
        }
    }
    sums
}
