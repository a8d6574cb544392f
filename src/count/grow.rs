//! Here are rows in the order in which they read; give me their trie.
//!
//! A row is what begins at one position of the text: n tokens, or fewer where
//! the sentence ends. Rows that share their first k tokens lie together, so each
//! row says only how many tokens it shares with the row before and which are
//! new; every new token is a new n-gram, and every n-gram that is no longer
//! shared is complete. One pass gives every order at once, and nothing is
//! compared or looked up.
//!
//! ```text
//! a b c      new: a, a b, a b c
//!   │ d      shares 2; new: a b d           a b c is complete
//! b c a      shares 0; new: b, b c, b c a   a b d, a b and a are complete
//! ```

use super::tally::Tallies;
use crate::token::TokenId;

/// Something that takes rows in order.
pub(super) trait Rows {
    /// The next row: its first `shared` tokens are those of the row before, `new` are the others,
    /// and it stands for `count` equal rows.
    fn row(&mut self, shared: usize, new: &[TokenId], count: u64);
}

/// One level of a part: the n-grams of one order whose first token is in its range.
#[derive(Debug, Default)]
pub(super) struct Grown {
    /// The last token of each.
    pub(super) tokens: Vec<TokenId>,
    /// How often each was seen.
    pub(super) raw: Tallies,
    /// Where the followers of each begin in the level above, and where the last ones end; counted
    /// from the part's own first n-gram. Empty at the highest order.
    pub(super) children: Vec<u32>,
}

/// The trie of one part, growing.
pub(super) struct Growth {
    levels: Vec<Grown>,
    /// `seen` when the n-gram now open at each level was begun.
    since: Vec<u64>,
    /// How many levels are open.
    open: usize,
    /// How many rows came so far, equal ones counted.
    seen: u64,
    next_token: u32,
    end_token: u32,
}

impl Growth {
    /// An empty part for rows of at most `order` tokens whose first is in `tokens`.
    pub(super) fn new(order: usize, tokens: std::ops::Range<u32>) -> Self {
        Growth {
            levels: (0..order).map(|_| Grown::default()).collect(),
            since: vec![0; order],
            open: 0,
            seen: 0,
            next_token: tokens.start,
            end_token: tokens.end,
        }
    }

    /// How many rows came so far, equal ones counted.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The levels, order 1 first; order 1 has every token of the range, seen or not.
    pub(super) fn finish(mut self) -> Vec<Grown> {
        self.close(0);
        self.pass_over(self.end_token);
        for below in 1..self.levels.len() {
            let end = self.levels[below].tokens.len() as u32;
            self.levels[below - 1].children.push(end);
        }
        self.levels
    }

    /// Completes the n-grams longer than `kept`.
    fn close(&mut self, kept: usize) {
        for level in kept..self.open {
            let count = self.seen - self.since[level];
            self.levels[level].raw.push(count);
        }
        self.open = self.open.min(kept);
    }

    /// Tokens before `token` begin no row.
    fn pass_over(&mut self, token: u32) {
        for absent in self.next_token..token {
            self.begin(0, TokenId(absent));
            self.levels[0].raw.push(0);
        }
        self.next_token = token;
    }

    fn begin(&mut self, level: usize, token: TokenId) {
        if let Some(above) = self.levels.get(level + 1) {
            let first = above.tokens.len() as u32;
            self.levels[level].children.push(first);
        }
        self.levels[level].tokens.push(token);
        self.since[level] = self.seen;
    }
}

impl Rows for Growth {
    fn row(&mut self, shared: usize, new: &[TokenId], count: u64) {
        self.close(shared);
        if let (0, Some(first)) = (shared, new.first()) {
            self.pass_over(first.0);
            self.next_token = first.0 + 1;
        }
        for (level, &token) in (shared..).zip(new) {
            self.begin(level, token);
        }
        self.open = shared + new.len();
        self.seen += count;
    }
}
