//! Here are tokens, give me a hash of every n-gram that they end, without a look into memory.
//!
//! The hash rolls: that of an n-gram follows from that of its context and its last token. So the
//! places of all orders are known as soon as the tokens are.

use crate::token::TokenId;

/// Odd, so that no context's hash is lost in the product.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// That of the empty n-gram.
pub(super) const EMPTY: u64 = 0;

/// Which of the many ways of hashing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The hash of one token, each bit of which depends on each bit of the id: the hashes of n-grams,
    /// which are sums of multiples of these, then differ as if they had been drawn.
    #[inline(always)]
    pub(super) fn token(self, token: TokenId) -> u64 {
        // The finalizer of splitmix64 (Steele, Lea and Flood, 2014).
        let id = self
            .0
            .wrapping_add((u64::from(token.0) + 1).wrapping_mul(FACTOR));
        let id = (id ^ (id >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let id = (id ^ (id >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        id ^ (id >> 31)
    }
}

/// The hash of an n-gram, from those of its context and of its last token.
#[inline(always)]
pub(super) fn extend(context: u64, token: u64) -> u64 {
    context.wrapping_mul(FACTOR).wrapping_add(token)
}
