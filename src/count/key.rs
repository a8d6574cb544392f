//! Here are a few tokens and a position, in one number.
//!
//! Tokens lie on top, the first highest, and the position below, so numbers sort
//! as rows do. A narrow number is sorted twice as fast as a wide one, and a wide
//! one holds more than twice the tokens.

use std::ops::{BitOr, BitXor, Shl, Shr};

/// A number to pack tokens into.
pub(super) trait Key:
    Copy
    + Ord
    + Send
    + From<u32>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    /// How many bits it has.
    const BITS: u32;

    /// Its 32 lowest bits.
    fn low(self) -> u32;

    /// The place of its highest one; it is not 0.
    fn highest_one(self) -> u32;
}

impl Key for u64 {
    const BITS: u32 = u64::BITS;

    fn low(self) -> u32 {
        self as u32
    }

    fn highest_one(self) -> u32 {
        self.ilog2()
    }
}

impl Key for u128 {
    const BITS: u32 = u128::BITS;

    fn low(self) -> u32 {
        self as u32
    }

    fn highest_one(self) -> u32 {
        self.ilog2()
    }
}

/// How many bits a token and a position take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    token: u32,
    position: u32,
}

impl Widths {
    /// For ids and positions that are less than these.
    pub(super) fn new(ids: usize, positions: usize) -> Self {
        let bits = |limit: usize| usize::BITS - limit.saturating_sub(1).max(1).leading_zeros();
        Widths {
            token: bits(ids),
            position: bits(positions),
        }
    }

    /// How many tokens one key holds beside a position.
    pub(super) fn tokens<K: Key>(self) -> usize {
        ((K::BITS - self.position) / self.token) as usize
    }

    /// Puts a token below those that are in the number.
    pub(super) fn push<K: Key>(self, tokens: K, token: u32) -> K {
        tokens << self.token | token.into()
    }

    /// Puts the position below the tokens.
    pub(super) fn key<K: Key>(self, tokens: K, position: u32) -> K {
        tokens << self.position | position.into()
    }

    /// The position of a key.
    pub(super) fn position<K: Key>(self, key: K) -> u32 {
        key.low() & (u32::MAX >> (u32::BITS - self.position))
    }

    /// The tokens of a key.
    pub(super) fn unpack<K: Key>(self, key: K) -> K {
        key >> self.position
    }

    /// The token that has `below` others below it.
    pub(super) fn token<K: Key>(self, tokens: K, below: usize) -> u32 {
        let shifted = tokens >> (below as u32 * self.token);
        shifted.low() & (u32::MAX >> (u32::BITS - self.token))
    }

    /// How many tokens lie at or below the first in which two differ.
    pub(super) fn differing<K: Key>(self, a: K, b: K) -> usize {
        ((a ^ b).highest_one() / self.token) as usize + 1
    }
}
