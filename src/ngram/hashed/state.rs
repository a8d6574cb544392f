//! Here is a history, give me what a further token needs of it.

use std::hash::{Hash, Hasher};

use super::hash::{self, extend};
use super::line::{Numbers, home};
use super::{HashedTable, MOST, matters};
use crate::pages::prefetch;
use crate::token::TokenId;

/// A history as far as it matters: the hashes and the back-offs of its last tokens.
///
/// States of one [`HashedTable`] that are equal give equal answers to every continuation, so that
/// hypotheses which reach the same state may be recombined; they are worth nothing to another table.
#[derive(Clone, Copy, Debug)]
pub struct HashedState {
    length: usize,
    /// Of the last token, the last two, and so on up to `length`.
    hashes: [u64; MOST],
    /// log10 of the back-off weight of each of these as a context.
    log10_backoffs: [f32; MOST],
}

impl HashedState {
    /// That of no history.
    pub const EMPTY: HashedState = HashedState {
        length: 0,
        hashes: [hash::EMPTY; MOST],
        log10_backoffs: [0.0; MOST],
    };

    /// How many tokens of the history matter.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The hash of the tokens that matter, and how many they are: all else follows from these.
    fn key(&self) -> (usize, u64) {
        let last = self.length.checked_sub(1);
        (
            self.length,
            last.map_or(hash::EMPTY, |last| self.hashes[last]),
        )
    }
}

impl PartialEq for HashedState {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for HashedState {}

impl Hash for HashedState {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// One token more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HashedStep {
    /// log10 p(token | history).
    pub log10_prob: f64,
    /// The length of the n-gram that said so, the token in it.
    pub ngram_length: usize,
    /// The history with the token.
    pub state: HashedState,
}

impl HashedTable {
    /// The state of a history, of which the last order − 1 tokens are looked at.
    pub fn state(&self, history: &[TokenId]) -> HashedState {
        let last = &history[history.len().saturating_sub(self.order() - 1)..];
        let read = |state, &token: &TokenId| self.step(&state, token).state;
        last.iter().fold(HashedState::EMPTY, read)
    }

    /// The probability of a token, and the state with it.
    ///
    /// # Panics
    /// If the token is not of this table.
    pub fn step(&self, state: &HashedState, token: TokenId) -> HashedStep {
        let own = self.seed.token(token);
        let mut next = HashedState::EMPTY;
        next.hashes[0] = own;
        // All that may be looked at is sent for at once.
        for (&context, lines) in state.hashes[..state.length].iter().zip(&self.orders) {
            prefetch(lines, home(extend(context, own), lines.len()));
        }
        let unigram = self.unigrams[token.index()];
        let mut log10_prob = unigram.log10_prob;
        let mut length = 1;
        if !self.orders.is_empty() {
            next.keep(1, own, unigram);
        }
        for &context in &state.hashes[..state.length] {
            let hash = extend(context, own);
            let Some(numbers) = self.find(length + 1, hash) else {
                break;
            };
            log10_prob = numbers.log10_prob;
            length += 1;
            if length < self.order() {
                next.keep(length, hash, numbers);
            }
        }
        // The longest context pays first, as on the way through the table: the bits are the same.
        let mut paid = 0.0;
        for &log10 in state.log10_backoffs[..state.length]
            .iter()
            .skip(length - 1)
            .rev()
        {
            paid += f64::from(log10);
        }
        HashedStep {
            log10_prob: paid + f64::from(log10_prob),
            ngram_length: length,
            state: next,
        }
    }
}

impl HashedState {
    /// Keeps an n-gram that is a context from now on.
    #[inline(always)]
    fn keep(&mut self, length: usize, hash: u64, numbers: Numbers) {
        self.hashes[length - 1] = hash;
        self.log10_backoffs[length - 1] = numbers.log10_backoff;
        if matters(numbers.log10_backoff) {
            self.length = length;
        }
    }
}
