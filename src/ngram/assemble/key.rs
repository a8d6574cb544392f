//! Here are a few tokens, give me one number that sorts as they read.
//!
//! How many words of 64 bits it has depends on the order and on how many tokens
//! there are; most models need one or two.

use crate::token::TokenId;

/// Some tokens, the first in the highest bits, as words from the highest to the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::ngram) struct Key<const W: usize>([u64; W]);

impl<const W: usize> Key<W> {
    /// No token.
    pub(in crate::ngram) const EMPTY: Self = Key([0; W]);
}

/// How tokens are packed: so many bits each.
#[derive(Clone, Copy, Debug)]
pub(in crate::ngram) struct Packing {
    bits: u32,
}

impl Packing {
    /// As many as the highest order of the largest vocabulary takes.
    pub(super) const MOST_WORDS: usize = 128;

    /// For ids below a limit.
    pub(super) fn new(ids: usize) -> Self {
        let highest = ids.saturating_sub(1).max(1) as u32;
        Packing {
            bits: highest.ilog2() + 1,
        }
    }

    /// How many words so many tokens take.
    pub(super) fn words(self, tokens: usize) -> usize {
        (tokens * self.bits as usize).div_ceil(u64::BITS as usize)
    }

    /// The tokens and one more.
    #[inline]
    pub(in crate::ngram) fn push<const W: usize>(self, key: Key<W>, token: TokenId) -> Key<W> {
        let Key(mut words) = key;
        for word in 0..W - 1 {
            words[word] = words[word] << self.bits | words[word + 1] >> (u64::BITS - self.bits);
        }
        words[W - 1] = words[W - 1] << self.bits | u64::from(token.0);
        Key(words)
    }

    /// The tokens without the last.
    #[inline]
    pub(super) fn context<const W: usize>(self, key: Key<W>) -> Key<W> {
        let Key(mut words) = key;
        for word in (1..W).rev() {
            words[word] = words[word] >> self.bits | words[word - 1] << (u64::BITS - self.bits);
        }
        words[0] >>= self.bits;
        Key(words)
    }

    /// The last token.
    #[inline]
    pub(super) fn last<const W: usize>(self, key: Key<W>) -> TokenId {
        let mask = u64::MAX >> (u64::BITS - self.bits);
        TokenId((key.0[W - 1] & mask) as u32)
    }

    /// The last `tokens` tokens, of one more.
    pub(super) fn suffix<const W: usize>(self, key: Key<W>, tokens: usize) -> Key<W> {
        let Key(mut words) = key;
        let mut kept = tokens * self.bits as usize;
        for word in words.iter_mut().rev() {
            let here = kept.min(u64::BITS as usize) as u32;
            *word &= u64::MAX.checked_shr(u64::BITS - here).unwrap_or(0);
            kept -= here as usize;
        }
        Key(words)
    }

    /// All of the tokens, of which there are so many.
    pub(super) fn tokens<const W: usize>(self, key: Key<W>, count: usize) -> Vec<TokenId> {
        let mut left = key;
        let mut tokens = Vec::with_capacity(count);
        for _ in 0..count {
            tokens.push(self.last(left));
            left = self.context(left);
        }
        tokens.reverse();
        tokens
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed<const W: usize>(packing: Packing, tokens: &[TokenId]) -> Key<W> {
        let push = |key, &token: &TokenId| packing.push(key, token);
        tokens.iter().fold(Key::EMPTY, push)
    }

    proptest! {
        #[test]
        fn keys_sort_as_tokens_read(
            bits in 2u32..=32, length in 1usize..9, a in any::<[u32; 9]>(), b in any::<[u32; 9]>(),
            shared in 0usize..9,
        ) {
            let mask = u32::MAX >> (32 - bits);
            let packing = Packing::new((mask as usize).saturating_add(1));
            let tokens = |numbers: [u32; 9]| numbers.map(|number| TokenId(number & mask));
            let (a, mut b) = (tokens(a), tokens(b));
            b[..shared].copy_from_slice(&a[..shared]);
            let (a, b) = (&a[..length], &b[..length]);
            prop_assert!(packing.words(length) <= 8);
            let (key_a, key_b) = (packed::<8>(packing, a), packed::<8>(packing, b));
            prop_assert_eq!(key_a.cmp(&key_b), a.cmp(b));
            prop_assert_eq!(packing.tokens(key_a, length), a.to_vec());
            prop_assert_eq!(packing.last(key_a), a[length - 1]);
            prop_assert_eq!(packing.context(key_a), packed::<8>(packing, &a[..length - 1]));
            prop_assert_eq!(packing.suffix(key_a, length - 1), packed::<8>(packing, &a[1..]));
        }
    }
}
