//! Here is a token after what was read, how probable was it, and what is read now?
//!
//! An n-gram's suffix is always listed with it, so the search goes up from the shortest context:
//! found among the followers of one token at some rank, the token is sought by that rank among the
//! followers of two, and so on until it is not found. What is looked at for the next token is known
//! as soon as this one has been found, at every order at once: all of it is sent for together, and
//! the memory is waited for once a token, not once an order.

use std::f64::consts::LN_10;

use super::level::LevelView;
use super::state::{Context, LONGEST, State, Weight};
use super::table::Precision;
use crate::token::TokenId;

/// Contexts with at most so many followers have no stored weight, if it follows from shares.
pub(super) const FEW: u32 = 8;

/// A compact table, borrowed for many questions.
#[derive(Clone)]
pub struct Walk<'t> {
    pub(super) precision: Precision,
    /// Order 1 first.
    pub(super) levels: Vec<LevelView<'t>>,
    /// The processor counts ones and selects bits by itself.
    pub(super) counts_ones: bool,
}

/// A token, read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What is read now.
    pub state: State,
    /// log10 p(token | what was read before).
    pub log10_prob: f64,
    /// The length of the longest listed n-gram that ends with the token: at least 1.
    pub matched: usize,
}

/// The places of an n-gram and of all its ends, the shortest first.
#[derive(Clone, Copy)]
pub(super) struct Found {
    places: [u32; LONGEST + 1],
    len: usize,
}

impl Found {
    /// A token alone.
    #[inline(always)]
    fn alone(token: TokenId) -> Self {
        let mut places = [0; LONGEST + 1];
        places[0] = token.0;
        Found { places, len: 1 }
    }

    /// How many tokens the longest has.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(super) fn push(&mut self, place: usize) {
        self.places[self.len] = place as u32;
        self.len += 1;
    }

    fn places(&self) -> &[u32] {
        &self.places[..self.len]
    }
}

impl<'t> Walk<'t> {
    pub(super) fn new(precision: Precision, levels: Vec<LevelView<'t>>) -> Self {
        #[cfg(target_arch = "x86_64")]
        let counts_ones = is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        #[cfg(not(target_arch = "x86_64"))]
        let counts_ones = false;
        Walk {
            precision,
            levels,
            counts_ones,
        }
    }

    /// Nothing was read, not even the start of a sentence.
    pub fn empty(&self) -> State {
        State::default()
    }

    /// A sentence starts.
    pub fn start(&self) -> State {
        self.advance(&self.empty(), TokenId::START)
    }

    /// Reads a token and says how probable it was.
    ///
    /// # Panics
    /// If the token is not of the vocabulary.
    pub fn step(&self, state: &State, token: TokenId) -> Step {
        #[cfg(target_arch = "x86_64")]
        if self.counts_ones {
            // SAFETY: the processor was asked for these instructions when the walk began.
            return unsafe { self.step_counting_ones(state, token) };
        }
        self.step_anywhere(state, token)
    }

    /// The same, with instructions that not every processor has.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "popcnt,bmi1,bmi2")]
    fn step_counting_ones(&self, state: &State, token: TokenId) -> Step {
        self.step_anywhere(state, token)
    }

    #[inline(always)]
    fn step_anywhere(&self, state: &State, token: TokenId) -> Step {
        let found = self.find(state, token);
        let step = self.step_to(state, &found, token);
        self.send_for(&step.state);
        step
    }

    /// Reads a token that was found.
    #[inline(always)]
    pub(super) fn step_to(&self, state: &State, found: &Found, token: TokenId) -> Step {
        let log10_prob = self.weigh(state, found, token);
        Step {
            state: self.state_of(found),
            log10_prob,
            matched: found.len,
        }
    }

    /// Sends for what the next token will look at.
    #[inline(always)]
    fn send_for(&self, state: &State) {
        for (context, level) in state.contexts().iter().zip(&self.levels[1..]) {
            if context.count > 0 {
                level.send_for(context.begin as usize);
            }
        }
    }

    /// log10 p(token | what was read) alone.
    ///
    /// # Panics
    /// If the token is not of the vocabulary.
    pub fn log10_prob(&self, state: &State, token: TokenId) -> f64 {
        self.weigh(state, &self.find(state, token), token)
    }

    /// The length of the longest listed n-gram that the token ends.
    ///
    /// # Panics
    /// If the token is not of the vocabulary.
    pub fn matched(&self, state: &State, token: TokenId) -> usize {
        self.find(state, token).len
    }

    /// Reads a token.
    ///
    /// # Panics
    /// If the token is not of the vocabulary.
    pub fn advance(&self, state: &State, token: TokenId) -> State {
        self.state_of(&self.find(state, token))
    }

    /// A token, found after nothing.
    #[inline(always)]
    pub(super) fn alone(&self, token: TokenId) -> Found {
        assert!(
            token.index() < self.levels[0].len,
            "{token:?} is not of this vocabulary"
        );
        Found::alone(token)
    }

    #[inline(always)]
    fn find(&self, state: &State, token: TokenId) -> Found {
        let mut found = self.alone(token);
        let mut rank = token.0;
        for (context, level) in state.contexts().iter().zip(&self.levels[1..]) {
            let Some(place) = level.find(context.followers(), rank) else {
                break;
            };
            found.push(place);
            rank = place as u32 - context.begin;
        }
        found
    }

    #[inline(always)]
    fn weigh(&self, state: &State, found: &Found, token: TokenId) -> f64 {
        let contexts = state.contexts();
        match self.precision {
            Precision::Exact => {
                let failed = contexts[found.len - 1..].iter().rev();
                // From the longest on: the order in which a table adds them up.
                let paid: f64 = failed.map(log10_backoff).sum();
                let place = found.places[found.len - 1] as usize;
                paid + f64::from(self.levels[found.len - 1].prob(place))
            }
            Precision::Quantised { .. } => {
                let mut p = self.unigram(token);
                for (length, context) in (1..).zip(contexts) {
                    p *= self.reserved(length, context);
                    if let Some(&place) = found.places().get(length) {
                        p += f64::from(self.levels[length].prob(place as usize));
                    }
                }
                p.log10()
            }
        }
    }

    /// The probability of a token after nothing, where probabilities are sums of shares.
    #[inline(always)]
    pub(super) fn unigram(&self, token: TokenId) -> f64 {
        (f64::from(self.levels[0].prob(token.index())) * LN_10).exp()
    }

    /// The part of the probability that a context of some length leaves to the shorter one, where
    /// probabilities are sums of shares.
    #[inline(always)]
    pub(super) fn reserved(&self, length: usize, context: &Context) -> f64 {
        match context.weight.number() {
            Some(stored) => f64::from(stored),
            // Rounding may leave less than nothing.
            None => (1.0 - self.levels[length].sum_of_shares(context.followers())).max(0.0),
        }
    }

    /// log10 of what a context of some length gives to tokens that do not follow it.
    pub(super) fn log10_backoff(&self, length: usize, context: &Context) -> f64 {
        match self.precision {
            Precision::Exact => log10_backoff(context),
            Precision::Quantised { .. } => self.reserved(length, context).log10(),
        }
    }

    #[inline(always)]
    fn state_of(&self, found: &Found) -> State {
        let mut state = State::default();
        // The highest order is no context.
        let (mut kept, contexts) = (0, self.levels.len() - 1);
        for (length, &place) in (1..=contexts).zip(found.places()) {
            let context = self.context(length, place as usize);
            if context.count > 0 {
                self.levels[length].expect(context.begin as usize);
            }
            if context.count > 0 || !self.is_neutral(context.weight) {
                kept = length;
            }
            state.push(context);
        }
        for beyond in &mut state.contexts[kept..] {
            *beyond = Context::default();
        }
        state.len = kept as u8;
        state
    }

    /// The n-gram at some place, as a context.
    #[inline(always)]
    pub(super) fn context(&self, length: usize, place: usize) -> Context {
        let level = &self.levels[length - 1];
        let (block, index) = level.at(place);
        let children = block.children(index);
        let count = children.len() as u32;
        let weight = match self.precision {
            Precision::Exact => Weight::stored(level.backoff(place)),
            Precision::Quantised { .. } => match count {
                0 => Weight::stored(1.0),
                1..=FEW => Weight::LEFT,
                _ => Weight::stored(block.stored_weight(index).unwrap_or(0.0)),
            },
        };
        Context {
            begin: if count == 0 { 0 } else { children.start },
            count,
            weight,
        }
    }

    fn is_neutral(&self, weight: Weight) -> bool {
        let neutral = match self.precision {
            Precision::Exact => 0.0,
            Precision::Quantised { .. } => 1.0,
        };
        weight.number() == Some(neutral)
    }
}

#[inline(always)]
fn log10_backoff(context: &Context) -> f64 {
    context.weight.number().map_or(0.0, f64::from)
}
