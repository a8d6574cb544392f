//! Here are 64 small numbers and a few large ones among them, give me each for its own width; and
//! find one among those that ascend.
//!
//! A follower of "of the old" is one of the followers of "the old", so that its rank among those
//! says which: mostly a number of a few bits, now and then one of many. Each number is of one of
//! four classes, which say how wide it is, and two words hold two bits of class for each of 64
//! numbers. How far into the block a number lies is then a matter of counting ones (as in the
//! directly addressable codes of Brisaboa, Ladra & Navarro 2013), and since numbers that ascend
//! have classes that do, all of one class lie side by side, all equally wide: finding one is a
//! binary search.

use serde::{Deserialize, Serialize};

use super::bits::{self, BitWriter, mask_64, width_of};

/// How wide the numbers of each class are.
///
/// A class begins where the one before it ends, so that no number has two spellings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u8; 4]", into = "[u8; 4]")]
pub(super) struct Classes {
    widths: [u8; 4],
    /// The first number of each.
    firsts: [u64; 4],
}

impl From<[u8; 4]> for Classes {
    fn from(widths: [u8; 4]) -> Self {
        let mut firsts = [0u64; 4];
        for class in 1..4 {
            // Widths from outside may be any, and are looked at later.
            let numbers = 1u64.checked_shl(widths[class - 1].into()).unwrap_or(0);
            firsts[class] = firsts[class - 1].saturating_add(numbers);
        }
        Classes { widths, firsts }
    }
}

impl From<Classes> for [u8; 4] {
    fn from(classes: Classes) -> Self {
        classes.widths
    }
}

/// How many numbers there are of each width.
pub(super) type Histogram = [u64; 33];

impl Classes {
    /// Those that take the fewest bits.
    pub(super) fn fitting(histogram: &Histogram) -> Self {
        let widest = histogram.iter().rposition(|&count| count > 0).unwrap_or(0);
        let mut best = (u64::MAX, [0; 4]);
        for a in 0..=widest {
            for b in a..=widest {
                for c in b..=widest {
                    let mut bits = 0;
                    for (width, count) in histogram.iter().enumerate() {
                        let fitting = [a, b, c].into_iter().find(|&class| width <= class);
                        bits += count * fitting.unwrap_or(widest) as u64;
                    }
                    best = best.min((bits, [a, b, c, widest].map(|width| width as u8)));
                }
            }
        }
        best.1.into()
    }

    /// False if a number could be wider than an id is.
    pub(super) fn is_sound(self) -> bool {
        self.widths.iter().all(|&width| width <= 32)
    }

    #[inline(always)]
    fn width(self, class: usize) -> u32 {
        u32::from(self.widths[class])
    }

    #[inline(always)]
    fn class_of(self, number: u32) -> usize {
        let later = &self.firsts[1..];
        let is_after = |first: &u64| usize::from(u64::from(number) >= *first);
        later.iter().map(is_after).sum()
    }

    /// Lays 64 numbers down from the next whole word on: two words of classes, then the numbers.
    pub(super) fn put(self, numbers: &[u32; 64], writer: &mut BitWriter) {
        let mut tags = [0u64; 2];
        for (index, &number) in numbers.iter().enumerate() {
            let class = self.class_of(number) as u64;
            tags[0] |= (class & 1) << index;
            tags[1] |= (class >> 1) << index;
        }
        tags.iter().for_each(|&word| writer.put_word(word));
        for &number in numbers {
            let class = self.class_of(number);
            writer.put(u64::from(number) - self.firsts[class], self.width(class));
        }
        writer.end_word();
    }
}

/// 64 numbers as they lie.
#[derive(Clone, Copy)]
pub(super) struct Ranks<'b> {
    classes: Classes,
    tags: [u64; 2],
    /// The numbers, and what comes after them.
    words: &'b [u64],
}

impl<'b> Ranks<'b> {
    /// Reads the words of classes; what comes after begins with the numbers.
    #[inline(always)]
    pub(super) fn new(classes: Classes, words: &'b [u64]) -> Self {
        let tags = words.first_chunk().copied().unwrap_or([0; 2]);
        Ranks {
            classes,
            tags,
            words: words.get(2..).unwrap_or(&[]),
        }
    }

    /// How many words all of it takes.
    #[inline(always)]
    pub(super) fn len_in_words(&self) -> usize {
        2 + self.start(64).div_ceil(64)
    }

    /// The bit where a number begins.
    #[inline(always)]
    fn start(&self, index: usize) -> usize {
        let before = mask_64(index);
        let ones = |word: u64| (word & before).count_ones() as usize;
        let [low, high] = self.tags;
        let third = ones(low & high);
        let (first, second) = (ones(low) - third, ones(high) - third);
        let zeroth = index - first - second - third;
        let widths = self.classes.widths.map(usize::from);
        zeroth * widths[0] + first * widths[1] + second * widths[2] + third * widths[3]
    }

    /// One of the numbers.
    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> u32 {
        let [low, high] = self.tags.map(|word| (word >> index & 1) as usize);
        let class = low | high << 1;
        let number = bits::read(self.words, self.start(index), self.classes.width(class));
        (number + self.classes.firsts[class]) as u32
    }

    /// All numbers, as [`get`](Self::get) gives them one by one.
    pub(super) fn all(&self) -> [u32; 64] {
        let mut at = 0;
        std::array::from_fn(|index| {
            let [low, high] = self.tags.map(|word| (word >> index & 1) as usize);
            let class = low | high << 1;
            let width = self.classes.width(class);
            let number = bits::read(self.words, at, width);
            at += width as usize;
            (number + self.classes.firsts[class]) as u32
        })
    }

    /// Where a number stands among those from one place to before another, which ascend.
    #[inline(always)]
    pub(super) fn find(&self, number: u32, from: usize, to: usize) -> Option<usize> {
        let class = self.classes.class_of(number);
        let bit = |word: u64, is_set: bool| if is_set { word } else { !word };
        let [low, high] = self.tags;
        let of_class = bit(low, class & 1 == 1) & bit(high, class >> 1 == 1);
        let candidates = of_class & mask_64(to) & !mask_64(from);
        if candidates == 0 {
            return None;
        }
        let first = candidates.trailing_zeros() as usize;
        let start = self.start(first);
        let width = self.classes.width(class);
        let sought = u64::from(number) - self.classes.firsts[class];
        let at = |index: usize| bits::read(self.words, start + index * width as usize, width);
        let (mut index, mut left) = (0, candidates.count_ones() as usize);
        while left > 1 {
            let half = left / 2;
            if at(index + half) <= sought {
                index += half;
            }
            left -= half;
        }
        (at(index) == sought).then_some(first + index)
    }
}

/// Adds a number to a histogram.
pub(super) fn tally(mut histogram: Histogram, number: u32) -> Histogram {
    histogram[width_of(number.into()) as usize] += 1;
    histogram
}

/// Adds two histograms up.
pub(super) fn join(mut left: Histogram, right: Histogram) -> Histogram {
    left.iter_mut()
        .zip(right)
        .for_each(|(left, right)| *left += right);
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = BTreeSet<u32>> {
        let number = prop_oneof![
            4 => 0u32..4, 2 => 0u32..40, 2 => 0u32..5000, 1 => any::<u32>(), 1 => Just(u32::MAX)];
        prop::collection::btree_set(number, 0..40)
    }

    proptest! {
        #[test]
        fn every_number_comes_back_and_is_found(first in numbers(), second in numbers()) {
            let both: Vec<u32> = first.iter().chain(&second).copied().take(64).collect();
            let mut padded = [0; 64];
            padded[..both.len()].copy_from_slice(&both);
            let histogram = padded.iter().copied().fold([0; 33], tally);
            let classes = Classes::fitting(&histogram);
            prop_assert!(classes.is_sound());
            let mut writer = BitWriter::default();
            classes.put(&padded, &mut writer);
            let len = writer.words();
            writer.put_word(u64::MAX);
            let words = writer.into_words();
            let ranks = Ranks::new(classes, &words);
            prop_assert_eq!(ranks.len_in_words(), len);
            prop_assert_eq!(ranks.all(), padded);
            for (index, &number) in padded.iter().enumerate() {
                prop_assert_eq!(ranks.get(index), number);
            }
            let cut = first.len().min(64);
            for (from, to) in [(0, cut), (cut, both.len()), (cut / 2, cut), (cut, cut)] {
                let sought = both.iter().flat_map(|&n| [n, n.wrapping_add(1), n / 2]);
                for number in sought {
                    let plain = (from..to).find(|&index| padded[index] == number);
                    prop_assert_eq!(ranks.find(number, from, to), plain);
                }
            }
        }

        #[test]
        fn any_words_give_an_answer(
            words in prop::collection::vec(any::<u64>(), 0..9), number in any::<u32>(), widths in any::<[u8; 4]>()
        ) {
            let classes = Classes::from(widths.map(|width| width % 33));
            let ranks = Ranks::new(classes, &words);
            for index in 0..64 {
                ranks.get(index);
            }
            ranks.find(number, 3, 61);
        }
    }

    #[test]
    fn classes_fit_what_there_is() {
        let mut histogram = [0; 33];
        (histogram[0], histogram[3], histogram[9], histogram[20]) = (50, 30, 15, 5);
        assert_eq!(Classes::fitting(&histogram).widths, [0, 3, 9, 20]);
        assert_eq!(Classes::fitting(&[0; 33]).widths, [0; 4]);
    }
}
