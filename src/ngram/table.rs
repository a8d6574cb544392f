//! Here are probabilities and back-offs, ask them in any order.
//!
//! The table is a forward trie with suffix links, laid out as columns:
//!
//! ```text
//! level n, node i:   token · log10 p · log10 back-off · suffix ─▶ level n−1 · children ─▶ level n+1 · times seen
//! ```
//!
//! Followers of a context lie together and ascend, so listing what comes next
//! is a slice and finding one of them a binary search. What is not listed is
//! found by following suffix links towards the root, adding up back-offs on the
//! way: no hash table, no scan of the vocabulary.
//!
//! Probabilities are kept as `f32` log10, the unit of ARPA files, so that a model
//! goes out to ARPA and back in without losing a digit.

use std::ops::Range;

use crate::count::tally::{self, LargeCount, Tallies};
use crate::count::{Counts, Level};
use crate::prob::log10_f32;
use crate::smooth::{Smoothed, SmoothedLevel};
use crate::store::Column;
use crate::token::TokenId;

/// An n-gram: its length and its place in the level of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The n-gram's length; 0 is the root, the empty n-gram.
    pub(super) length: usize,
    pub(super) index: usize,
}

impl Node {
    /// The empty context.
    pub const ROOT: Node = Node {
        length: 0,
        index: 0,
    };

    /// How many tokens the n-gram has.
    pub fn length(self) -> usize {
        self.length
    }
}

/// The n-grams of one length, in the order in which they read.
#[derive(Clone, Default)]
pub struct TableLevel {
    /// The last token of each. Level 1 has a node for every token, so that node is id.
    pub tokens: Column<TokenId>,
    /// log10 p(last token | the tokens before).
    pub log10_prob: Column<f32>,
    /// log10 of the back-off weight as a context. Empty at the top.
    pub log10_backoff: Column<f32>,
    /// The node, one level below, without the first token. Empty at level 1.
    pub suffix: Column<u32>,
    /// Where the children of each begin, one level up, and where the last end. Empty at the top.
    pub children: Column<u32>,
    /// How often each was seen, if less than 255 times: see [`tally`]. Empty if nobody counted.
    pub times_seen: Column<u8>,
    /// How often the others were seen.
    pub times_seen_large: Column<LargeCount>,
}

/// The n-grams of every order.
#[derive(Clone)]
pub struct Table {
    pub(super) levels: Vec<TableLevel>,
}

impl Table {
    /// From counts and what a smoothing made of them.
    pub fn new(counts: Counts, smoothed: Smoothed) -> Self {
        let levels = counts.into_levels().into_iter().zip(smoothed.into_levels());
        let level = |(counted, smooth): (Level, SmoothedLevel)| {
            let (times_seen, large) = Tallies::from_iter(counted.raw).into_columns();
            TableLevel {
                tokens: counted.tokens.into(),
                log10_prob: log10(&smooth.probability).into(),
                log10_backoff: log10(&smooth.backoff).into(),
                suffix: counted.suffix.into(),
                children: counted.children.into(),
                times_seen: times_seen.into(),
                times_seen_large: large.into(),
            }
        };
        Table {
            levels: levels.map(level).collect(),
        }
    }

    /// From levels that this program made just now.
    pub(super) fn of_own(levels: Vec<TableLevel>) -> Self {
        Table { levels }
    }

    /// The highest order.
    pub fn order(&self) -> usize {
        self.levels.len()
    }

    /// The levels, order 1 first.
    pub fn levels(&self) -> &[TableLevel] {
        &self.levels
    }

    /// How many n-grams each order has, order 1 first.
    pub fn sizes(&self) -> Vec<usize> {
        self.levels.iter().map(|level| level.tokens.len()).collect()
    }

    /// True if the table knows how often its n-grams were seen.
    pub fn is_counted(&self) -> bool {
        !self.levels[0].times_seen.is_empty()
    }

    /// The n-gram that continues a context by this token, if it is listed.
    pub fn child(&self, context: Node, token: TokenId) -> Option<Node> {
        let length = context.length + 1;
        if context == Node::ROOT {
            let index = token.index();
            return (index < self.levels[0].tokens.len()).then_some(Node { length, index });
        }
        let children = self.children(context);
        let followers = self
            .levels
            .get(context.length)?
            .tokens
            .get(children.clone())?;
        let index = children.start + followers.binary_search(&token).ok()?;
        Some(Node { length, index })
    }

    /// The nodes, one level up, that continue a context.
    pub fn children(&self, context: Node) -> Range<usize> {
        match context.length {
            0 => 0..self.levels[0].tokens.len(),
            length if length < self.order() => {
                let children = &self.levels[length - 1].children;
                children[context.index] as usize..children[context.index + 1] as usize
            }
            _ => 0..0,
        }
    }

    /// The n-gram without its first token.
    ///
    /// # Panics
    /// At the root.
    pub fn suffix(&self, node: Node) -> Node {
        match node.length {
            1 => Node::ROOT,
            length => Node {
                length: length - 1,
                index: self.levels[length - 1].suffix[node.index] as usize,
            },
        }
    }

    /// The tokens of an n-gram, first to last.
    pub fn tokens_of(&self, node: Node) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(node.length);
        let mut index = node.index;
        for length in (1..=node.length).rev() {
            tokens.push(self.levels[length - 1].tokens[index]);
            if length > 1 {
                // The last context whose children begin here or before; those after it that begin
                // here too would have none.
                let children = &self.levels[length - 2].children[..];
                index = children.partition_point(|&begin| begin as usize <= index) - 1;
            }
        }
        tokens.reverse();
        tokens
    }

    /// log10 of a context's back-off weight; 0 at the root, below which nothing lies.
    pub fn log10_backoff(&self, context: Node) -> f64 {
        match context.length {
            0 => 0.0,
            length => f64::from(self.levels[length - 1].log10_backoff[context.index]),
        }
    }

    /// log10 p(last token | the tokens before) of an n-gram.
    pub fn log10_prob(&self, ngram: Node) -> f64 {
        f64::from(self.levels[ngram.length - 1].log10_prob[ngram.index])
    }

    /// How often an n-gram was seen.
    pub fn times_seen(&self, ngram: Node) -> Option<u64> {
        let level = &self.levels[ngram.length - 1];
        let counted = ngram.index < level.times_seen.len();
        counted.then(|| tally::get(&level.times_seen, &level.times_seen_large, ngram.index))
    }

    /// The longest listed end of what a context becomes by one more token, short enough to be a
    /// context itself.
    pub fn advance(&self, context: Node, token: TokenId) -> Node {
        let mut context = context;
        loop {
            match self.child(context, token) {
                Some(child) if child.length < self.order() => return child,
                Some(child) => return self.suffix(child),
                None if context == Node::ROOT => return Node::ROOT,
                None => context = self.suffix(context),
            }
        }
    }

    /// The longest listed end of a context.
    pub fn locate(&self, context: &[TokenId]) -> Node {
        let read = |node, &token: &TokenId| self.advance(node, token);
        context.iter().fold(Node::ROOT, read)
    }
}

fn log10(probabilities: &[f64]) -> Vec<f32> {
    let mut logs = vec![0.0; probabilities.len()];
    log10_f32(probabilities, &mut logs);
    logs
}
