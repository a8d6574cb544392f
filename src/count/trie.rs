//! Here are the n-grams of every order with their counts, each within reach of its context and of
//! its suffix.
//!
//! ```text
//! order 1          order 2             order 3
//! ┌─────────┐      ┌────────────┐      ┌───────────────┐
//! │ <s>     │──┬──▶│ <s> once   │─────▶│ <s> once upon │
//! │ once    │  └──▶│ <s> there  │      │ once upon a   │◀─ followers of "once upon"
//! │ upon    │─────▶│ once upon  │─────▶│               │   lie together
//! │ …       │      │ …          │      └───────────────┘
//! └─────────┘      └────────────┘        suffix of "once upon a" ─▶ "upon a" in order 2
//! ```
//!
//! A node is an index into its level. Levels are sorted as their n-grams read,
//! first token first, so the children of a node are one range of the next level
//! and ascend by token. Level 1 has one node for every token of the vocabulary,
//! seen or not: there, node and id are the same number.

use std::ops::Range;

use super::Order;
use crate::token::TokenId;

/// Every n-gram of orders 1 to n, with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub(super) levels: Vec<Level>,
    pub(super) sentences: u64,
    pub(super) tokens: u64,
}

/// The n-grams of one order, in the order in which they read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// The last token of each.
    pub tokens: Vec<TokenId>,
    /// How often each was seen. For `<s>`: how many sentences there are.
    pub raw: Vec<u64>,
    /// Kneser–Ney's count of each: see [`adjusted`](super::adjusted).
    pub adjusted: Vec<u64>,
    /// The node, one level below, of each without its first token. Empty at order 1.
    pub suffix: Vec<u32>,
    /// `children[i]..children[i + 1]` are the nodes that continue node i, one level up. Empty at
    /// the highest order.
    pub children: Vec<u32>,
}

impl Level {
    /// How many n-grams there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The nodes, one level up, that continue this one.
    pub fn children(&self, node: usize) -> Range<usize> {
        match self.children.get(node + 1) {
            Some(&end) => self.children[node] as usize..end as usize,
            None => 0..0,
        }
    }
}

impl Counts {
    /// The highest order.
    pub fn order(&self) -> Order {
        Order::new(self.levels.len()).expect("there are as many levels as the order says")
    }

    /// The levels, order 1 first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The levels, to be taken apart.
    pub fn into_levels(self) -> Vec<Level> {
        self.levels
    }

    /// The level of one order, from 1.
    pub fn level(&self, order: usize) -> &Level {
        &self.levels[order - 1]
    }

    /// How many tokens the vocabulary has, the specials included.
    pub fn vocabulary_len(&self) -> usize {
        self.levels[0].len()
    }

    /// How many sentences were counted.
    pub fn sentences(&self) -> u64 {
        self.sentences
    }

    /// How many tokens were counted, without any `<s>` or `</s>`.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The node of an n-gram in the level of its length, if it was seen.
    pub fn find(&self, ngram: &[TokenId]) -> Option<usize> {
        let (first, rest) = ngram.split_first()?;
        if ngram.len() > self.levels.len() {
            return None;
        }
        let mut node = first.index();
        for (below, token) in rest.iter().enumerate() {
            node = self.child(below + 1, node, *token)?;
        }
        Some(node)
    }

    /// The node of `order` + 1 that continues a node of `order` by this token.
    pub fn child(&self, order: usize, node: usize, token: TokenId) -> Option<usize> {
        let children = self.level(order).children(node);
        let followers = &self.levels.get(order)?.tokens[children.clone()];
        let found = followers.binary_search(&token).ok()?;
        Some(children.start + found)
    }

    /// The nodes of an order whose n-grams begin with `<s>`.
    pub fn sentence_starts(&self, order: usize) -> Range<usize> {
        let start = TokenId::START.index();
        let mut range = start..start + 1;
        for level in &self.levels[..order - 1] {
            range = level.children[range.start] as usize..level.children[range.end] as usize;
        }
        range
    }
}
