//! Here is a context and dice, give me the next token by its mass.
//!
//! A token is drawn among what the context lists, or, with the mass that is left,
//! after the context's suffix, where what the context lists does not count: such
//! a draw is thrown again. A context h is left with probability b·(1 − Σ p′), and
//! one in 1 − Σ p′ of its suffix's draws counts, where p′ are the hidden
//! probabilities: so h costs b draws of h′ on average, less than one. Long lists
//! have their running sums every 32 entries.
//!
//! Where a token is listed is where reading goes on: no longer end of the context
//! lists it, or it would have been drawn there.

use std::ops::Range;

use rayon::prelude::*;

use super::sums;
use crate::ngram::model::NgramModel;
use crate::ngram::table::{Node, Table};
use crate::pages::prefetch;
use crate::smooth::Unlisted;
use crate::token::TokenId;

/// So many entries lie between two running sums.
const BLOCK: usize = 32;

/// A voice to draw tokens from, in bulk.
///
/// [`crate::sample`] draws by rank, so that voices hear the same dice alike; this is for many
/// tokens of one voice. Its distributions must sum to one, as those of every model built here do.
pub struct Drawing<'m> {
    /// Order 1 first.
    levels: Vec<Level<'m>>,
    /// The sum of the unigrams.
    root: f64,
}

/// A token, and what it makes of the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The token.
    pub token: TokenId,
    /// The longest listed end of the context with the token, as [`Table::advance`] finds it.
    pub context: Node,
}

/// The columns of one level, borrowed once.
struct Level<'m> {
    tokens: &'m [TokenId],
    log10_prob: &'m [f32],
    /// Empty at level 1.
    suffix: &'m [u32],
    /// Empty at the top.
    children: &'m [u32],
    /// For each block that begins inside a context's list: the sum of the list before that block.
    sums: Vec<f64>,
}

impl<'m> Drawing<'m> {
    /// Sums the long lists of a model; `None` if what it does not list is not left to its suffix.
    pub fn of(model: &'m NgramModel) -> Option<Self> {
        let table = model.table();
        if model.header().unlisted != Unlisted::LowerOrder {
            return None;
        }
        let orders = (1..=table.order()).into_par_iter();
        let levels: Vec<Level> = orders.map(|order| Level::of(table, order)).collect();
        let unigrams = &levels[0];
        let last = unigrams.tokens.len() - 1;
        let block = last / BLOCK * BLOCK;
        let before = unigrams.sums[last / BLOCK];
        let root = before + unigrams.shares(block..last + 1).iter().sum::<f64>();
        Some(Drawing { levels, root })
    }

    /// Draws the token after a context. Each call of `dice` gives the next number from 0 up to but not
    /// including 1.
    pub fn draw(&self, context: Node, dice: &mut impl FnMut() -> f64) -> Drawn {
        let ngram = self.ngram(context, dice);
        let token = self.levels[ngram.length - 1].tokens[ngram.index];
        let context = match ngram.length < self.levels.len() {
            true => ngram,
            false => self.suffix(ngram),
        };
        Drawn { token, context }
    }

    /// Draws what follows a context, where it is listed.
    fn ngram(&self, context: Node, dice: &mut impl FnMut() -> f64) -> Node {
        let length = context.length + 1;
        self.expect(context);
        let list = self.children(context);
        let ngram = |index| Node { length, index };
        if context == Node::ROOT {
            // Rounding can leave u just past the last share.
            let last = list.end - 1;
            let found = self.levels[0].place(list, dice() * self.root);
            return ngram(found.unwrap_or(last));
        }
        let suffix = self.suffix(context);
        self.expect(suffix);
        if !list.is_empty()
            && let Some(index) = self.levels[context.length].place(list.clone(), dice())
        {
            return ngram(index);
        }
        loop {
            let ngram = self.ngram(suffix, dice);
            if list.is_empty() {
                return ngram;
            }
            let token = self.levels[ngram.length - 1].tokens[ngram.index];
            let listed = &self.levels[context.length].tokens[list.clone()];
            if listed.binary_search(&token).is_err() {
                return ngram;
            }
        }
    }

    /// Sends for where a context's list and its suffix are.
    fn expect(&self, context: Node) {
        if let Some(level) = context.length.checked_sub(1) {
            prefetch(self.levels[level].children, context.index);
            prefetch(self.levels[level].suffix, context.index);
        }
    }

    fn children(&self, context: Node) -> Range<usize> {
        match context.length.checked_sub(1) {
            None => 0..self.levels[0].tokens.len(),
            Some(level) => span(self.levels[level].children, context.index),
        }
    }

    fn suffix(&self, node: Node) -> Node {
        match node.length {
            1 => Node::ROOT,
            length => Node {
                length: length - 1,
                index: self.levels[length - 1].suffix[node.index] as usize,
            },
        }
    }
}

impl<'m> Level<'m> {
    fn of(table: &'m Table, order: usize) -> Self {
        let level = &table.levels()[order - 1];
        let level = Level {
            tokens: &level.tokens,
            log10_prob: &level.log10_prob,
            suffix: &level.suffix,
            children: &level.children,
            sums: Vec::new(),
        };
        let sums = match order {
            1 => level.running_sums(&[0, level.tokens.len() as u32]),
            order => level.running_sums(&table.levels()[order - 2].children),
        };
        Level { sums, ..level }
    }

    /// Where the token stands in whose share u falls, if that is in this list.
    fn place(&self, list: Range<usize>, u: f64) -> Option<usize> {
        let blocks = inner_blocks(&list);
        let sums = &self.sums[blocks.clone()];
        let passed = sums.partition_point(|&sum| sum <= u);
        let (start, mut sum) = match passed.checked_sub(1) {
            Some(block) => ((blocks.start + block) * BLOCK, sums[block]),
            None => (list.start, 0.0),
        };
        let places = start..list.end.min((start / BLOCK + 1) * BLOCK);
        // Most lists are short: what is drawn from this one and how to go on from there is near.
        prefetch(self.tokens, start);
        prefetch(self.children, start);
        prefetch(self.suffix, start);
        let shares = self.shares(places.clone());
        let mut last = None;
        for (place, share) in places.zip(shares) {
            sum += share;
            if u < sum {
                return Some(place);
            }
            if share > 0.0 {
                last = Some(place);
            }
        }
        // In an inner block only rounding can leave u past the last share.
        last.filter(|_| passed < sums.len())
    }

    /// The probabilities of at most a block, and zeros after them; `<s>` has none.
    fn shares(&self, places: Range<usize>) -> [f64; BLOCK] {
        let mut shares = sums::probabilities(&self.log10_prob[places.clone()]);
        let tokens = self.tokens[places].iter();
        for (share, _) in shares
            .iter_mut()
            .zip(tokens)
            .filter(|(_, token)| **token == TokenId::START)
        {
            *share = 0.0;
        }
        shares
    }

    /// The running sums within the list of each context, which begins where the one before ends.
    fn running_sums(&self, begins: &[u32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.tokens.len().div_ceil(BLOCK) + 1];
        for context in 0..begins.len() - 1 {
            let list = span(begins, context);
            let (mut at, mut sum) = (list.start, 0.0);
            for block in inner_blocks(&list) {
                sum += self.shares(at..block * BLOCK).iter().sum::<f64>();
                at = block * BLOCK;
                sums[block] = sum;
            }
        }
        sums
    }
}

/// The blocks that begin inside a list, after its first entry.
fn inner_blocks(list: &Range<usize>) -> Range<usize> {
    let first = list.start / BLOCK + 1;
    first..list.end.div_ceil(BLOCK).max(first)
}

fn span(begins: &[u32], index: usize) -> Range<usize> {
    begins[index] as usize..begins[index + 1] as usize
}
