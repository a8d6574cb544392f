//! Here are numbers of a few bits each, give me words that hold them; and back.
//!
//! Bits fill each word from its lowest up, and go on in the next. What is read is read as eight
//! bytes at once from the byte where it begins, so that no number is ever put together from two
//! words; the words end with one more, which makes that safe for the last as well.

/// A number this wide, begun at any bit of a byte, lies within eight bytes.
pub(super) const WIDEST: u32 = 57;

/// Bits in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    words: Vec<u64>,
    len: usize,
}

impl BitWriter {
    /// Adds a number of so many bits.
    pub(super) fn put(&mut self, number: u64, width: u32) {
        debug_assert!(width <= WIDEST && number >> width == 0);
        if width == 0 {
            return;
        }
        let used = (self.len % 64) as u32;
        match self.words.last_mut() {
            Some(word) if used > 0 => *word |= number << used,
            _ => self.words.push(number),
        }
        if used + width > 64 {
            self.words.push(number >> (64 - used));
        }
        self.len += width as usize;
    }

    /// Adds a whole word; what comes before must end with its word.
    pub(super) fn put_word(&mut self, word: u64) {
        debug_assert!(self.len.is_multiple_of(64));
        self.words.push(word);
        self.len += 64;
    }

    /// Goes on at the next word.
    pub(super) fn end_word(&mut self) {
        self.len = self.words.len() * 64;
    }

    /// How many words there are.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    /// The words.
    pub(super) fn into_words(self) -> Vec<u64> {
        self.words
    }
}

/// The number of at most [`WIDEST`] bits that begins at some bit; 0 if the eight bytes from there on
/// are not all there.
#[inline(always)]
pub(super) fn read(words: &[u64], at: usize, width: u32) -> u64 {
    let bytes: &[u8] = bytemuck::cast_slice(words);
    let eight = bytes.get(at / 8..).and_then(<[u8]>::first_chunk);
    let eight = eight.map_or(0, |eight| u64::from_le_bytes(*eight));
    (eight >> (at % 8)) & mask(width)
}

/// So many lowest bits, at most 63.
#[inline(always)]
pub(super) fn mask(width: u32) -> u64 {
    (1 << width) - 1
}

/// So many lowest bits, also all 64.
#[inline(always)]
pub(super) fn mask_64(width: usize) -> u64 {
    match width {
        0..64 => (1 << width) - 1,
        _ => u64::MAX,
    }
}

/// How many bits a number needs: none for 0.
pub(super) fn width_of(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// The place of the set bit of a word before which there are so many others.
///
/// Counts of ones are added up byte by byte, all in one word; comparing those sums with what is
/// sought says in which byte it lies (Vigna 2008, "Broadword implementation of rank/select
/// queries").
#[inline(always)]
pub(super) fn select(word: u64, before: u32) -> u32 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let pairs = word - ((word >> 1) & (ONES * 0x55));
    let fours = (pairs & (ONES * 0x33)) + ((pairs >> 2) & (ONES * 0x33));
    let bytes = ((fours + (fours >> 4)) & (ONES * 0x0F)).wrapping_mul(ONES);
    // A byte's top bit stays where its sum is not more than what is sought.
    let passed = ((u64::from(before) * ONES) | TOPS).wrapping_sub(bytes) & TOPS;
    let start = (passed >> 7).wrapping_mul(ONES) >> 56 << 3;
    let sums = bytes << 8;
    let mut left = before - ((sums >> start) & 0xFF) as u32;
    let mut byte = (word >> start) & 0xFF;
    while left > 0 {
        byte &= byte - 1;
        left -= 1;
    }
    start as u32 + byte.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_of_any_width_come_back(
            numbers in prop::collection::vec((any::<u64>(), 0..=WIDEST, prop::bool::weighted(0.1)), 0..300)
        ) {
            let (mut writer, mut places) = (BitWriter::default(), Vec::new());
            for &(number, width, ends_word) in &numbers {
                if ends_word {
                    writer.end_word();
                }
                places.push(writer.len);
                writer.put(number & mask(width), width);
            }
            writer.end_word();
            writer.put_word(0);
            let words = writer.into_words();
            for (&(number, width, _), at) in numbers.iter().zip(places) {
                prop_assert_eq!(read(&words, at, width), number & mask(width));
            }
        }

        #[test]
        fn selecting_is_counting(word in any::<u64>(), other in any::<u64>()) {
            for word in [word, word & other, word | other, 1, u64::MAX, 1 << 63] {
                let places = (0..64).filter(|&place| word >> place & 1 == 1);
                for (before, place) in places.enumerate() {
                    prop_assert_eq!(select(word, before as u32), place);
                }
            }
        }
    }

    #[test]
    fn beyond_the_end_there_are_zeros() {
        let words = [u64::MAX; 2];
        assert_eq!(read(&words, 64, 8), 255);
        assert_eq!(read(&words, 72, 8), 0, "eight bytes are no longer there");
        assert_eq!(read(&words, 1 << 40, 8), 0);
        assert_eq!(read(&[], 0, 8), 0);
    }
}
