//! Here are 64 bytes of a text, tell me of all at once which are of a kind.
//!
//! A loop that asks at every byte whether a token ends there is guessed wrong
//! by the processor about once a token, which costs more than the rest of the
//! work on it. So a whole stroke of bytes is compared without asking anything,
//! and the answer is a bit for each of them.

use std::ops::RangeInclusive;

/// So many bytes are looked at in one go.
pub(super) const STROKE: usize = 64;

/// Bytes side by side; bit i of every answer stands for byte i.
#[derive(Clone, Copy)]
pub(super) struct Stroke([u8; STROKE]);

impl Stroke {
    /// The bytes from a place on; zeros stand for what is beyond the text.
    pub(super) fn at(text: &[u8], place: usize) -> Self {
        let rest = &text[place..];
        Stroke(rest.first_chunk().copied().unwrap_or_else(|| {
            let mut bytes = [0; STROKE];
            bytes[..rest.len()].copy_from_slice(rest);
            bytes
        }))
    }

    /// Which bytes are this one.
    pub(super) fn equal(&self, byte: u8) -> u64 {
        self.within(byte..=byte)
    }

    /// Which bytes are in this range.
    pub(super) fn within(&self, range: RangeInclusive<u8>) -> u64 {
        within(&self.0, *range.start(), *range.end())
    }
}

#[cfg(target_arch = "x86_64")]
fn within(bytes: &[u8; STROKE], low: u8, high: u8) -> u64 {
    // SAFETY: what must hold is that the processor has SSE2, and all of this architecture have it.
    unsafe { by_sixteen(bytes, low, high) }
}

#[cfg(not(target_arch = "x86_64"))]
use anywhere as within;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn by_sixteen(bytes: &[u8; STROKE], low: u8, high: u8) -> u64 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_max_epu8, _mm_min_epu8, _mm_movemask_epi8, _mm_set1_epi8,
    };
    let parts: [__m128i; STROKE / 16] = bytemuck::cast(*bytes);
    let (lowest, highest) = (
        _mm_set1_epi8(low.cast_signed()),
        _mm_set1_epi8(high.cast_signed()),
    );
    let bits = |part: __m128i| {
        let nearest = _mm_min_epu8(_mm_max_epu8(part, lowest), highest);
        u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(nearest, part)).cast_unsigned())
    };
    bits(parts[0]) | bits(parts[1]) << 16 | bits(parts[2]) << 32 | bits(parts[3]) << 48
}

/// The same on any architecture.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn anywhere(bytes: &[u8; STROKE], low: u8, high: u8) -> u64 {
    bits(bytes.map(|byte| u8::from(byte.wrapping_sub(low) <= high - low)))
}

/// Ones and zeros side by side as the bits of a word.
///
/// A compiler makes few instructions of the comparisons before; so that it can, they are all done
/// before any is looked at.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn bits(flags: [u8; STROKE]) -> u64 {
    let words: [u64; STROKE / 8] = bytemuck::cast(flags);
    words.iter().rev().fold(0, |bits, &word| {
        // The product's highest byte is the sum of the flags, each moved to its own place.
        let eight = u64::from_le(word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits << 8 | eight
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_at_once_is_one_by_one(text in prop::collection::vec(any::<u8>(), 1..90), place in 0usize..90, a: u8, b: u8) {
            let place = place % text.len();
            let range = a.min(b)..=a.max(b);
            let stroke = Stroke::at(&text, place);
            prop_assert_eq!(stroke.within(range.clone()), anywhere(&stroke.0, *range.start(), *range.end()));
            for at in 0..STROKE {
                let byte = text.get(place + at).copied().unwrap_or(0);
                let bit = |bits: u64| bits >> at & 1 == 1;
                prop_assert_eq!(bit(stroke.within(range.clone())), range.contains(&byte));
                prop_assert_eq!(bit(stroke.equal(a)), byte == a);
            }
        }
    }
}
