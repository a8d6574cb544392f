//! Here is a history, give me the least of it that matters to what follows.
//!
//! A decoder keeps thousands of hypotheses, and two that every continuation treats
//! alike can be one ("recombination", as KenLM's `State` permits it). So a state is
//! the longest listed end of the history that still says something: an n-gram that
//! nothing continues and that charges no back-off answers as its own suffix does.
//!
//! ```
//! # use counterpoint::ngram::Table;
//! # use counterpoint::token::TokenId;
//! # fn example(table: &Table, sentence: &[TokenId]) -> f64 {
//! let mut state = table.state(&[TokenId::START]);
//! let mut log10 = 0.0;
//! for &token in sentence {
//!     let step = table.step(state, token);
//!     log10 += step.log10_prob;
//!     state = step.state;
//! }
//! # log10
//! # }
//! ```

use super::table::{Node, Table};
use crate::token::TokenId;

/// A history as far as it matters: eight bytes. States of one table that are equal give equal
/// answers to every continuation. Their order means nothing, and they are worth nothing to another
/// table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    length: u32,
    index: u32,
}

impl State {
    /// That of no history.
    pub const EMPTY: State = State {
        length: 0,
        index: 0,
    };

    /// How many tokens of the history matter.
    pub fn length(self) -> usize {
        self.length as usize
    }

    fn node(self) -> Node {
        Node {
            length: self.length as usize,
            index: self.index as usize,
        }
    }
}

/// One token more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// log10 p(token | history).
    pub log10_prob: f64,
    /// The length of the n-gram that said so, the token in it.
    pub ngram_length: usize,
    /// The history with the token.
    pub state: State,
}

/// These are of models whose unlisted tokens back off, as all do but add-k's.
impl Table {
    /// The state of a history, of which the last order − 1 tokens are looked at.
    pub fn state(&self, history: &[TokenId]) -> State {
        self.least(self.locate(history))
    }

    /// The probability of a token, and the state with it.
    ///
    /// # Panics
    /// If the token is not of this table, or the state is of another one.
    pub fn step(&self, state: State, token: TokenId) -> Step {
        let mut context = state.node();
        let mut log10_prob = 0.0;
        loop {
            if let Some(ngram) = self.child(context, token) {
                let history = match ngram.length < self.order() {
                    true => ngram,
                    false => self.suffix(ngram),
                };
                return Step {
                    log10_prob: log10_prob + self.log10_prob(ngram),
                    ngram_length: ngram.length,
                    state: self.least(history),
                };
            }
            assert!(context != Node::ROOT, "{token:?} is not of this table");
            log10_prob += self.log10_backoff(context);
            context = self.suffix(context);
        }
    }

    /// The longest end of a context that something continues, or that charges a back-off.
    fn least(&self, context: Node) -> State {
        let mut node = context;
        while node != Node::ROOT
            && self.children(node).is_empty()
            && self.log10_backoff(node) == 0.0
        {
            node = self.suffix(node);
        }
        // Nodes are numbered by 32 bits, and orders end at 255.
        State {
            length: node.length as u32,
            index: node.index as u32,
        }
    }
}
