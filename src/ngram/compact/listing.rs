//! Here is what was read, list what follows it, order by order.
//!
//! A follower is known by its rank among the followers of a shorter context, whose follower at that
//! rank is known by its own rank, down to the contexts of one token, whose followers' ranks are
//! tokens.

use super::state::{LONGEST, State};
use super::table::Precision;
use super::walk::Walk;
use crate::token::TokenId;

/// What was read, to be listed.
pub struct Listing<'w> {
    walk: &'w Walk<'w>,
    state: State,
    /// What each context leaves to the shorter one, that of one token first: log10 of it in an exact
    /// table, itself in one of shares.
    weights: [f64; LONGEST],
}

/// One of the contexts that were read.
#[derive(Clone, Copy)]
pub struct Listed<'l> {
    listing: &'l Listing<'l>,
    length: usize,
}

impl Walk<'_> {
    /// The contexts of a state, to be listed.
    pub fn listing(&self, state: &State) -> Listing<'_> {
        let mut weights = [0.0; LONGEST];
        for (index, context) in state.contexts().iter().enumerate() {
            weights[index] = match self.precision {
                Precision::Exact => self.log10_backoff(index + 1, context),
                Precision::Quantised { .. } => self.reserved(index + 1, context),
            };
        }
        Listing {
            walk: self,
            state: *state,
            weights,
        }
    }
}

impl Listing<'_> {
    /// From the longest context to the empty one, whose followers are all tokens.
    pub fn contexts(&self) -> impl DoubleEndedIterator<Item = Listed<'_>> + ExactSizeIterator {
        (0..self.state.len() + 1).rev().map(|length| Listed {
            listing: self,
            length,
        })
    }

    /// The token of an n-gram at some place, and its probability: log10 in an exact table.
    fn token(&self, length: usize, place: usize) -> (TokenId, f64) {
        let walk = self.walk;
        let mut shares = [0.0; LONGEST + 1];
        let (mut below, mut rank) = (place, place as u32);
        for length in (2..=length).rev() {
            let level = &walk.levels[length - 1];
            if walk.precision != Precision::Exact {
                shares[length - 1] = f64::from(level.prob(below));
            }
            rank = level.rank(below);
            if length > 2 {
                let shorter = &self.state.contexts[length - 3];
                below = shorter.begin as usize + rank as usize;
            }
        }
        let token = TokenId(rank);
        if walk.precision == Precision::Exact {
            return (token, f64::from(walk.levels[length - 1].prob(place)));
        }
        // In the order in which a step adds them up.
        let weights = self.weights.iter().zip(&shares[1..length]);
        let p = weights.fold(walk.unigram(token), |p, (weight, share)| p * weight + share);
        (token, p)
    }
}

impl Listed<'_> {
    /// How many tokens the context has.
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many followers it has.
    pub fn followers_len(&self) -> usize {
        self.followers_places().len()
    }

    fn followers_places(&self) -> std::ops::Range<usize> {
        match self.length {
            0 => 0..self.listing.walk.levels[0].len,
            length => self.listing.state.contexts[length - 1].followers(),
        }
    }

    /// log10 of the weight that it gives to what the shorter context says, for tokens that do not
    /// follow it; 0 for the empty context.
    pub fn log10_backoff(&self) -> f64 {
        match (self.length, self.listing.walk.precision) {
            (0, _) => 0.0,
            (length, Precision::Exact) => self.listing.weights[length - 1],
            (length, Precision::Quantised { .. }) => self.listing.weights[length - 1].log10(),
        }
    }

    /// What it leaves to the shorter context, where probabilities are sums of shares; the empty
    /// context leaves nothing.
    pub(super) fn left(&self) -> f64 {
        match self.length {
            0 => 0.0,
            length => self.listing.weights[length - 1],
        }
    }

    /// Its followers, ascending, each with log10 p(follower | context).
    pub fn followers(&self) -> impl ExactSizeIterator<Item = (TokenId, f64)> {
        let is_exact = self.listing.walk.precision == Precision::Exact;
        self.numbers().map(move |(token, number)| match is_exact {
            true => (token, number),
            false => (token, number.log10()),
        })
    }

    /// Its followers, each with log10 p in an exact table and p in one of shares.
    pub(super) fn numbers(&self) -> impl ExactSizeIterator<Item = (TokenId, f64)> + use<'_> {
        let (listing, length) = (self.listing, self.length + 1);
        self.followers_places()
            .map(move |place| listing.token(length, place))
    }
}
