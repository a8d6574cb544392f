//! Here are 64 n-grams that follow one another, give me the words that hold all of them; and ask
//! them.
//!
//! ```text
//! word 0     where their children begin   bits 0..32     the header, unless this is the
//!            low bits of Elias–Fano       bits 32..38    highest order
//!            its words of unary part      bits 38..40
//!            some weights are stored      bit 40
//!            words of ranks               bits 41..47
//! 2 words    classes of the ranks                        unless this is order 1
//! …          ranks, in whole words                       unless this is order 1
//! 1–3 words  unary part of where children end            unless this is the highest order
//! l words    low bits of it                              unless this is the highest order
//! b words    64 codes of b bits: back-offs               if back-offs are kept
//! p words    64 codes of p bits: probabilities or shares
//! 1 word     whose weights are stored                    if the header says so
//! …          those, each an f32, in whole words          if the header says so
//! ```
//!
//! All that is asked of an n-gram and its neighbours lies in three or four lines of the cache that
//! follow one another, and can be sent for at once. A block at a level's end is filled up with
//! zeros: n-grams of rank 0, code 0 and without children, which nobody asks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::bits::{self, BitWriter};
use super::elias_fano::{self, COUNT, Layout};
use super::ranks::{Classes, Ranks};

/// What the blocks of a level hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    /// The classes of its ranks; `None` at order 1, where the place is the token.
    pub(super) classes: Option<Classes>,
    /// False at the highest order.
    pub(super) has_children: bool,
    /// Bits of a back-off's code; 0 if they are not kept.
    pub(super) backoff_bits: u8,
    /// Bits of a probability's code.
    pub(super) prob_bits: u8,
}

/// 64 n-grams as they come.
pub(super) struct Entries {
    /// Of each, its rank among the followers of its context's suffix.
    pub(super) ranks: [u32; COUNT],
    /// Where the children of the first begin.
    pub(super) first_child: u32,
    /// Where the children of each end, from there.
    pub(super) child_ends: [u32; COUNT],
    pub(super) backoff_codes: [u32; COUNT],
    pub(super) prob_codes: [u32; COUNT],
    /// The weights that are stored, by place.
    pub(super) stored: Vec<(usize, f32)>,
}

impl Entries {
    /// None yet.
    pub(super) fn new(first_child: u32) -> Self {
        Entries {
            ranks: [0; COUNT],
            first_child,
            child_ends: [0; COUNT],
            backoff_codes: [0; COUNT],
            prob_codes: [0; COUNT],
            stored: Vec::new(),
        }
    }

    /// Lays them down.
    pub(super) fn put(&self, shape: &Shape, writer: &mut BitWriter) {
        let mut ranks = BitWriter::default();
        if let Some(classes) = shape.classes {
            classes.put(&self.ranks, &mut ranks);
        }
        let ranks = ranks.into_words();
        if shape.has_children {
            writer.put_word(self.header(ranks.len()));
        }
        ranks.into_iter().for_each(|word| writer.put_word(word));
        if shape.has_children {
            elias_fano::put(&self.child_ends, writer);
        }
        for (codes, width) in [
            (&self.backoff_codes, shape.backoff_bits),
            (&self.prob_codes, shape.prob_bits),
        ] {
            codes
                .iter()
                .for_each(|&code| writer.put(code.into(), width.into()));
        }
        if !self.stored.is_empty() {
            let places = self.stored.iter().map(|(place, _)| 1u64 << place);
            writer.put_word(places.sum());
            let weights = self.stored.iter().map(|(_, weight)| weight.to_bits());
            weights.for_each(|bits| writer.put(bits.into(), 32));
            writer.end_word();
        }
    }

    fn header(&self, words_of_ranks: usize) -> u64 {
        let layout = Layout::of(self.child_ends[COUNT - 1]);
        u64::from(self.first_child)
            | u64::from(layout.low_bits) << 32
            | (layout.high_words as u64) << 38
            | u64::from(!self.stored.is_empty()) << 40
            | (words_of_ranks as u64) << 41
    }
}

/// 64 n-grams as they lie, with whatever words come after.
#[derive(Clone, Copy)]
pub(super) struct Block<'b> {
    words: &'b [u64],
    shape: &'b Shape,
}

impl<'b> Block<'b> {
    /// The block that begins with these words.
    #[inline(always)]
    pub(super) fn new(words: &'b [u64], shape: &'b Shape) -> Self {
        Block { words, shape }
    }

    #[inline(always)]
    fn header(&self) -> u64 {
        match self.shape.has_children {
            true => self.words.first().copied().unwrap_or(0),
            false => 0,
        }
    }

    #[inline(always)]
    fn from(&self, word: usize) -> &'b [u64] {
        self.words.get(word..).unwrap_or(&[])
    }

    /// How the ends of children are laid out, if there are any.
    #[inline(always)]
    fn layout(&self) -> Option<Layout> {
        let header = self.header();
        self.shape.has_children.then_some(Layout {
            low_bits: (header >> 32 & 31) as u32,
            high_words: (header >> 38 & 3) as usize,
        })
    }

    /// Its ranks; at order 1 there are none.
    #[inline(always)]
    pub(super) fn ranks(&self) -> Option<Ranks<'b>> {
        let classes = self.shape.classes?;
        let start = usize::from(self.shape.has_children);
        Some(Ranks::new(classes, self.from(start)))
    }

    #[inline(always)]
    fn after_ranks(&self) -> usize {
        match self.shape.has_children {
            true => 1 + (self.header() >> 41 & 63) as usize,
            false => self.ranks().map_or(0, |ranks| ranks.len_in_words()),
        }
    }

    #[inline(always)]
    fn after_children(&self) -> usize {
        self.after_ranks() + self.layout().map_or(0, Layout::words)
    }

    #[inline(always)]
    fn code(&self, start: usize, width: u8, index: usize) -> u32 {
        let at = start * 64 + index * usize::from(width);
        bits::read(self.words, at, width.into()) as u32
    }

    /// Where the children of an n-gram lie, one level up; where there are none, some empty range.
    #[inline(always)]
    pub(super) fn children(&self, index: usize) -> Range<u32> {
        let Some(layout) = self.layout() else {
            return 0..0;
        };
        let first = self.header() as u32;
        let range = elias_fano::range(self.from(self.after_ranks()), layout, index);
        first.wrapping_add(range.start)..first.wrapping_add(range.end)
    }

    /// Where the children of each n-gram end, one level up.
    pub(super) fn child_ends(&self) -> [u32; COUNT] {
        let Some(layout) = self.layout() else {
            return [0; COUNT];
        };
        let first = self.header() as u32;
        let ends = elias_fano::all(self.from(self.after_ranks()), layout);
        ends.map(|end| first.wrapping_add(end))
    }

    /// The code of an n-gram's back-off.
    #[inline(always)]
    pub(super) fn backoff_code(&self, index: usize) -> u32 {
        self.code(self.after_children(), self.shape.backoff_bits, index)
    }

    /// The code of an n-gram's probability.
    #[inline(always)]
    pub(super) fn prob_code(&self, index: usize) -> u32 {
        self.code(self.probs(), self.shape.prob_bits, index)
    }

    /// The codes of neighbouring n-grams' probabilities.
    #[inline(always)]
    pub(super) fn prob_codes(&self, indices: Range<usize>) -> impl Iterator<Item = u32> + use<'b> {
        let (block, start) = (*self, self.probs());
        indices.map(move |index| block.code(start, block.shape.prob_bits, index))
    }

    /// The codes of neighbouring n-grams' back-offs.
    pub(super) fn backoff_codes(
        &self,
        indices: Range<usize>,
    ) -> impl Iterator<Item = u32> + use<'b> {
        let (block, start) = (*self, self.after_children());
        indices.map(move |index| block.code(start, block.shape.backoff_bits, index))
    }

    #[inline(always)]
    fn probs(&self) -> usize {
        self.after_children() + usize::from(self.shape.backoff_bits)
    }

    /// Which weights are stored, and the word after that.
    fn stored(&self) -> (u64, usize) {
        let place = self.probs() + usize::from(self.shape.prob_bits);
        match self.header() >> 40 & 1 {
            1 => (self.words.get(place).copied().unwrap_or(0), place + 1),
            _ => (0, place),
        }
    }

    /// The weight that is stored for an n-gram.
    pub(super) fn stored_weight(&self, index: usize) -> Option<f32> {
        let (mask, start) = self.stored();
        let before = (mask & bits::mask_64(index)).count_ones() as usize;
        let weight = || f32::from_bits(self.code(start, 32, before));
        (mask >> index & 1 == 1).then(weight)
    }

    /// How many words it has, as far as they can be believed.
    pub(super) fn len_in_words(&self) -> usize {
        let (mask, start) = self.stored();
        start + (mask.count_ones() as usize).div_ceil(2)
    }

    /// What cannot be so in a block that was laid down here.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let header = self.header();
        if header >> 47 != 0 || header >> 37 & 1 != 0 {
            return Err("a block has an unknown mark");
        }
        let ranks = self.ranks().map_or(0, |ranks| ranks.len_in_words());
        if self.after_ranks() != usize::from(self.shape.has_children) + ranks {
            return Err("a block's ranks are not as long as it says");
        }
        if header >> 40 & 1 == 1 && self.stored().0 == 0 {
            return Err("a block's mark of weights is false");
        }
        let Some(layout) = self.layout() else {
            return Ok(());
        };
        let last = elias_fano::range(self.from(self.after_ranks()), layout, COUNT - 1).end;
        match Layout::of(last) == layout {
            true => Ok(()),
            false => Err("where a block's children end is not laid out as it should be"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ngram::compact::ranks::tally;

    proptest! {
        #[test]
        fn what_is_laid_down_is_found(
            ranks in prop::array::uniform32(0u32..3000), children in prop::array::uniform32(0u32..9),
            first_child in any::<u32>(), codes in prop::array::uniform32(0u32..256),
            stored in prop::collection::btree_map(0usize..64, 0.0f32..1.0, 0..5),
            has_children: bool, has_ranks: bool, backoff_bits in 0u8..20
        ) {
            let first_child = first_child >> 1;
            let mut entries = Entries::new(first_child);
            let mut end = 0;
            for index in 0..COUNT {
                entries.ranks[index] = ranks[index % 32] / (1 + index as u32 / 32);
                end += children[index % 32];
                entries.child_ends[index] = end;
                entries.backoff_codes[index] = codes[(index + 1) % 32] & bits::mask(backoff_bits.into()) as u32;
                entries.prob_codes[index] = codes[index % 32];
            }
            if has_children {
                entries.stored = stored.clone().into_iter().collect();
            }
            let classes = Classes::fitting(&entries.ranks.into_iter().fold([0; 33], tally));
            let shape = Shape {
                classes: has_ranks.then_some(classes), has_children, backoff_bits, prob_bits: 8 };
            let mut writer = BitWriter::default();
            entries.put(&shape, &mut writer);
            let len = writer.words();
            writer.put_word(0);
            let words = writer.into_words();
            let block = Block::new(&words, &shape);
            prop_assert_eq!(block.len_in_words(), len);
            prop_assert_eq!(block.check(), Ok(()));
            prop_assert!(block.prob_codes(3..40).eq(entries.prob_codes[3..40].iter().copied()));
            for index in 0..COUNT {
                prop_assert_eq!(block.prob_code(index), entries.prob_codes[index]);
                prop_assert_eq!(block.backoff_code(index), entries.backoff_codes[index]);
                if has_ranks {
                    prop_assert_eq!(block.ranks().unwrap().get(index), entries.ranks[index]);
                }
                if has_children {
                    let start = if index == 0 { 0 } else { entries.child_ends[index - 1] };
                    let children = first_child + start..first_child + entries.child_ends[index];
                    prop_assert_eq!(block.children(index), children);
                    prop_assert_eq!(block.stored_weight(index), stored.get(&index).copied());
                }
            }
        }

        #[test]
        fn any_words_give_an_answer(
            words in prop::collection::vec(any::<u64>(), 0..40), has_children: bool, widths in 0u8..33
        ) {
            let shape = Shape {
                classes: Some(Classes::fitting(&[1; 33])), has_children, backoff_bits: widths, prob_bits: widths };
            let block = Block::new(&words, &shape);
            let _ = block.check();
            block.len_in_words();
            for index in 0..COUNT {
                block.children(index);
                block.prob_code(index);
                block.stored_weight(index);
            }
        }
    }
}
