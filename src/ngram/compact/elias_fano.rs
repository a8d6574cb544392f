//! Here are 64 numbers that never fall, give me a little more than two bits for each; and back.
//!
//! Elias–Fano (Elias 1974, Fano 1971): the lowest bits of each number stand as they are, what is
//! above them is counted up in unary: number i sets the bit i + (number >> low). With as many low
//! bits as the numbers are far apart, the unary part has less than three bits a number. A table is
//! cut into blocks of 64, each with low bits of its own: that is partitioned Elias–Fano with equal
//! parts (Ottaviano & Venturini 2014), and every look stays within a few neighbouring words.

use std::ops::Range;

use super::bits::{self, BitWriter};

/// So many numbers belong together.
pub(super) const COUNT: usize = 64;

/// More words than this the unary part never has.
pub(super) const MOST_HIGH_WORDS: usize = 3;

/// How 64 numbers are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Words of the unary part, 1 to 3.
    pub(super) high_words: usize,
    /// Low bits of each number, which are as many words.
    pub(super) low_bits: u32,
}

impl Layout {
    /// For numbers of which this is the last and largest.
    pub(super) fn of(last: u32) -> Self {
        let low_bits = (last / COUNT as u32).max(1).ilog2();
        Layout {
            high_words: (COUNT - 1 + (last >> low_bits) as usize) / 64 + 1,
            low_bits,
        }
    }

    /// How many words all of it takes.
    #[inline(always)]
    pub(super) fn words(self) -> usize {
        self.high_words + self.low_bits as usize
    }
}

/// Lays the numbers down from the next whole word on.
pub(super) fn put(numbers: &[u32; COUNT], writer: &mut BitWriter) {
    let layout = Layout::of(numbers[COUNT - 1]);
    let mut high = [0u64; MOST_HIGH_WORDS];
    for (index, &number) in numbers.iter().enumerate() {
        let place = index + (number >> layout.low_bits) as usize;
        high[place / 64] |= 1 << (place % 64);
    }
    high[..layout.high_words]
        .iter()
        .for_each(|&word| writer.put_word(word));
    let low = bits::mask(layout.low_bits);
    for &number in numbers {
        writer.put(u64::from(number) & low, layout.low_bits);
    }
}

/// From the number before an index (0 before the first) to the number at it.
///
/// Words that [`put`] did not lay give some range, perhaps a falling one.
#[inline(always)]
pub(super) fn range(words: &[u64], layout: Layout, index: usize) -> Range<u32> {
    let low = |index: usize| {
        let at = layout.high_words * 64 + index * layout.low_bits as usize;
        bits::read(words, at, layout.low_bits) as u32
    };
    let number = |place: u32, index: usize| {
        let high = place.wrapping_sub(index as u32);
        (high << layout.low_bits).wrapping_add(low(index))
    };
    let high = &words[..words.len().min(layout.high_words)];
    if index == 0 {
        return 0..number(next_one(high, 0), 0);
    }
    let before = place_of(high, index as u32 - 1);
    number(before, index - 1)..number(next_one(high, before + 1), index)
}

/// All numbers, as [`range`] gives them one by one.
pub(super) fn all(words: &[u64], layout: Layout) -> [u32; COUNT] {
    let high = &words[..words.len().min(layout.high_words)];
    let mut numbers = [0; COUNT];
    let mut index = 0;
    for (&word, start) in high.iter().zip((0..).step_by(64)) {
        let mut left = word;
        while left != 0 && index < COUNT {
            let place: u32 = start + left.trailing_zeros();
            let at = layout.high_words * 64 + index * layout.low_bits as usize;
            let low = bits::read(words, at, layout.low_bits) as u32;
            let high = place.wrapping_sub(index as u32);
            numbers[index] = (high << layout.low_bits).wrapping_add(low);
            index += 1;
            left &= left - 1;
        }
    }
    numbers
}

/// The place of the one before which there are so many others; 0 if there is none.
#[inline(always)]
fn place_of(high: &[u64], mut before: u32) -> u32 {
    for (word, start) in high.iter().zip((0..).step_by(64)) {
        let ones = word.count_ones();
        if before < ones {
            return start + bits::select(*word, before);
        }
        before -= ones;
    }
    0
}

/// The place of the first one from some place on; 0 if there is none.
#[inline(always)]
fn next_one(high: &[u64], place: u32) -> u32 {
    let first = (place / 64) as usize;
    let mut passed = (1u64 << (place % 64)) - 1;
    for (index, word) in high.iter().enumerate().skip(first) {
        let left = word & !passed;
        if left != 0 {
            return index as u32 * 64 + left.trailing_zeros();
        }
        passed = 0;
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_back(
            steps in prop::collection::vec(prop_oneof![
                6 => 0u32..4, 2 => 0u32..300, 1 => 0u32..60_000_000, 3 => Just(0)], COUNT)
        ) {
            let mut sum = 0;
            let numbers: Vec<u32> = steps.iter().map(|step| { sum += step; sum }).collect();
            let numbers: [u32; COUNT] = numbers.try_into().unwrap();
            let mut writer = BitWriter::default();
            put(&numbers, &mut writer);
            let layout = Layout::of(sum);
            prop_assert_eq!(writer.words(), layout.words());
            prop_assert!(layout.words() * 64 <= COUNT * (3 + layout.low_bits as usize));
            writer.put_word(0);
            let words = writer.into_words();
            prop_assert_eq!(all(&words, layout), numbers);
            let mut before = 0;
            for (index, &number) in numbers.iter().enumerate() {
                prop_assert_eq!(range(&words, layout, index), before..number);
                before = number;
            }
        }

        #[test]
        fn any_words_give_an_answer(
            words in prop::collection::vec(any::<u64>(), 0..6), low_bits in 0u32..32, high_words in 0usize..4
        ) {
            let layout = Layout { high_words, low_bits };
            all(&words, layout);
            for index in 0..COUNT {
                range(&words, layout, index);
            }
        }
    }
}
