//! Here is a census and what is too rare, say which n-grams stay.
//!
//! An n-gram stays if it was seen more often than its order asks, and if its words
//! are wanted. Both hold for its context and its suffix whenever they hold for
//! itself, so what stays is a trie again, with numbers of its own: the number of
//! a node is how many before it stay.
//!
//! Nothing is taken from the counts themselves: discounts, totals and left
//! neighbours are those of the whole text (as in KenLM), and what is pruned gives
//! its probability back to its context.

use super::ranks::{Marks, ROWS_A_BLOCK};
use super::{Census, Part};
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// Which n-grams are left out of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruning {
    thresholds: Vec<u64>,
    /// By id: whether n-grams with this token may stay.
    wanted: Option<Vec<bool>>,
}

impl Pruning {
    /// Leaves out what was seen so often or less, by order; the last threshold counts for all higher
    /// orders as well. If there are `wanted` words, n-grams with any other are left out too. The
    /// three special tokens always stay.
    ///
    /// # Errors
    /// If the thresholds descend.
    pub fn new(thresholds: Vec<u64>, wanted: Option<Vec<bool>>) -> Result<Self> {
        if !thresholds.is_sorted() {
            let what = "a higher order may not keep what a lower one leaves out";
            return Err(Error::new(ErrorKind::Usage, what)
                .way_out("give thresholds that do not descend, such as --prune 0 0 1"));
        }
        Ok(Pruning { thresholds, wanted })
    }

    /// The thresholds by order, of which the last counts for all higher orders.
    pub fn thresholds(&self) -> &[u64] {
        &self.thresholds
    }

    /// True if everything stays.
    pub fn keeps_all(&self) -> bool {
        self.wanted.is_none() && self.thresholds.iter().all(|&threshold| threshold == 0)
    }

    /// A threshold of 0 keeps even the tokens that a vocabulary has and the text has not.
    fn is_rare(&self, order: usize, count: u64) -> bool {
        let threshold = self.thresholds.get(order - 1).or(self.thresholds.last());
        threshold.is_some_and(|&threshold| threshold > 0 && count <= threshold)
    }

    fn wants(&self, token: TokenId) -> bool {
        let special = token.index() < TokenId::SPECIALS;
        special
            || self
                .wanted
                .as_ref()
                .is_none_or(|wanted| wanted[token.index()])
    }
}

/// Which n-grams of a census stay, and their new numbers.
#[derive(Debug)]
pub struct Survivors {
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    marks: Vec<Marks>,
    len: usize,
    kept: usize,
}

impl Survivors {
    /// Decides on every n-gram.
    ///
    /// # Errors
    /// If the census cannot be read.
    pub fn of(census: &Census, pruning: &Pruning) -> Result<Self> {
        let mut levels = Vec::new();
        for order in 1..=census.order().get() {
            let mut level = Level::default();
            for (number, part) in census.parts().iter().enumerate() {
                let contexts = levels
                    .last()
                    .map(|below| (below, census.nodes(number, order - 1).start));
                level.extend(part, order, contexts, pruning)?;
            }
            levels.push(level);
        }
        Ok(Survivors { levels })
    }

    /// Whether an n-gram, by its number among all of its order, stays.
    pub fn stays(&self, order: usize, node: usize) -> bool {
        self.levels[order - 1].stays(node)
    }

    /// The new number of an n-gram that stays; of any other, that of the next that does.
    pub fn number(&self, order: usize, node: usize) -> u32 {
        self.levels[order - 1].number(node)
    }

    /// How many n-grams of an order stay.
    pub fn len(&self, order: usize) -> usize {
        self.levels[order - 1].kept
    }

    /// True if none of an order stays.
    pub fn is_empty(&self, order: usize) -> bool {
        self.len(order) == 0
    }

    /// Those of a column's entries, which begin with that of node `first`, whose n-grams stay.
    pub fn retain<T: Copy>(&self, order: usize, first: usize, column: &[T]) -> Vec<T> {
        let kept = (first..)
            .zip(column)
            .filter(|(node, _)| self.stays(order, *node));
        kept.map(|(_, entry)| *entry).collect()
    }
}

impl Level {
    /// Decides on the n-grams of a part. `contexts` is the order below, and where the part begins
    /// there.
    fn extend(
        &mut self,
        part: &Part,
        order: usize,
        contexts: Option<(&Level, usize)>,
        pruning: &Pruning,
    ) -> Result<()> {
        let level = part.level(order);
        let (raw, tokens) = (level.raw()?, level.tokens()?);
        let is_kept = |node: usize| {
            let special = order == 1 && tokens[node].index() < TokenId::SPECIALS;
            special || !pruning.is_rare(order, raw.get(node)) && pruning.wants(tokens[node])
        };
        let Some((below, first)) = contexts else {
            (0..level.len()).for_each(|node| self.push(is_kept(node)));
            return Ok(());
        };
        let children = part.level(order - 1).children()?;
        for (context, followers) in (first..).zip(children.windows(2)) {
            let context_stays = below.stays(context);
            for follower in followers[0]..followers[1] {
                self.push(context_stays && is_kept(follower as usize));
            }
        }
        Ok(())
    }

    fn push(&mut self, stays: bool) {
        if self.len.is_multiple_of(ROWS_A_BLOCK) {
            self.marks.push(Marks {
                bits: 0,
                before: self.kept as u64,
            });
        }
        if let Some(marks) = self.marks.last_mut().filter(|_| stays) {
            marks.bits |= 1 << (self.len % ROWS_A_BLOCK);
            self.kept += 1;
        }
        self.len += 1;
    }

    fn stays(&self, node: usize) -> bool {
        self.marks[node / ROWS_A_BLOCK].bits >> (node % ROWS_A_BLOCK) & 1 == 1
    }

    fn number(&self, node: usize) -> u32 {
        let Some(marks) = self.marks.get(node / ROWS_A_BLOCK) else {
            return self.kept as u32;
        };
        let lower = marks.bits & ((1 << (node % ROWS_A_BLOCK)) - 1);
        marks.before as u32 + lower.count_ones()
    }
}
