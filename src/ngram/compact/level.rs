//! Here are the blocks of one order, ask for an n-gram by its place; and find places.

use std::ops::Range;

use rayon::prelude::*;

use super::block::{Block, Shape};
use super::elias_fano::COUNT;
use crate::pages::prefetch;
use crate::store::Column;

/// So many lines of a block are sent for: all of most blocks.
const LINES: usize = 4;

/// The n-grams of one order.
#[derive(Clone, Default)]
pub(super) struct Level {
    /// How many there are.
    pub(super) len: usize,
    pub(super) shape: Shape,
    /// The word where each block begins, and where the last ends.
    pub(super) offsets: Column<u32>,
    /// The rank of the first n-gram of each block; none at order 1.
    pub(super) firsts: Column<u32>,
    /// The blocks, and one word of zeros.
    pub(super) blocks: Column<u64>,
    /// What the codes of probabilities stand for; if there are none, a code is the number itself.
    pub(super) probs: Column<f32>,
    /// What the codes of back-offs stand for; if there are none, a code is the number itself.
    pub(super) backoffs: Column<f32>,
}

impl Level {
    /// The level, borrowed for many questions.
    pub(super) fn view(&self) -> LevelView<'_> {
        LevelView {
            len: self.len,
            shape: &self.shape,
            offsets: &self.offsets,
            firsts: &self.firsts,
            blocks: &self.blocks,
            probs: &self.probs,
            backoffs: &self.backoffs,
        }
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let directory = self.offsets.len() + self.firsts.len();
        let numbers = directory + self.probs.len() + self.backoffs.len();
        self.blocks.len() * size_of::<u64>() + numbers * size_of::<u32>()
    }
}

/// A level, borrowed.
#[derive(Clone, Copy)]
pub(super) struct LevelView<'t> {
    pub(super) len: usize,
    pub(super) shape: &'t Shape,
    pub(super) offsets: &'t [u32],
    pub(super) firsts: &'t [u32],
    pub(super) blocks: &'t [u64],
    pub(super) probs: &'t [f32],
    pub(super) backoffs: &'t [f32],
}

impl<'t> LevelView<'t> {
    #[inline(always)]
    fn offset(&self, block: usize) -> usize {
        self.offsets
            .get(block)
            .map_or(usize::MAX, |&offset| offset as usize)
    }

    /// One of its blocks.
    #[inline(always)]
    pub(super) fn block(&self, block: usize) -> Block<'t> {
        let words = self.blocks.get(self.offset(block)..);
        Block::new(words.unwrap_or(&[]), self.shape)
    }

    /// The block of a place, and which of its 64 it is.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> (Block<'t>, usize) {
        (self.block(place / COUNT), place % COUNT)
    }

    /// The place of the n-gram of some rank, among those of one context.
    #[inline(always)]
    pub(super) fn find(&self, places: Range<usize>, rank: u32) -> Option<usize> {
        if places.is_empty() {
            return None;
        }
        let (mut block, last) = (places.start / COUNT, (places.end - 1) / COUNT);
        if let Some(later) = self.firsts.get(block + 1..last + 1) {
            block += later.partition_point(|&first| first <= rank);
        }
        let start = block * COUNT;
        let (from, to) = (
            places.start.saturating_sub(start),
            (places.end - start).min(COUNT),
        );
        let found = self.block(block).ranks()?.find(rank, from, to)?;
        Some(start + found)
    }

    /// The rank of an n-gram.
    #[inline(always)]
    pub(super) fn rank(&self, place: usize) -> u32 {
        let (block, index) = self.at(place);
        block.ranks().map_or(0, |ranks| ranks.get(index))
    }

    /// The rank of every n-gram, on all threads; none at order 1.
    pub(super) fn ranks(&self) -> Vec<u32> {
        if self.shape.classes.is_none() {
            return Vec::new();
        }
        let mut ranks = vec![0; self.len];
        self.fill(&mut ranks, |block| {
            block.ranks().map_or([0; COUNT], |ranks| ranks.all())
        });
        ranks
    }

    /// Where the children of every n-gram begin, one level up, and where the last end, on all
    /// threads; none at the highest order.
    pub(super) fn children(&self) -> Vec<u32> {
        if !self.shape.has_children {
            return Vec::new();
        }
        let mut children = vec![0; self.len + 1];
        self.fill(&mut children[1..], |block| block.child_ends());
        children
    }

    fn fill(&self, column: &mut [u32], of_block: impl Fn(Block) -> [u32; COUNT] + Sync) {
        let blocks = column.par_chunks_mut(COUNT).enumerate();
        blocks.for_each(|(index, own)| {
            own.copy_from_slice(&of_block(self.block(index))[..own.len()]);
        });
    }

    /// The number a code of probability stands for.
    #[inline(always)]
    pub(super) fn prob_of(&self, code: u32) -> f32 {
        value(self.probs, code)
    }

    /// The probability or share of an n-gram.
    #[inline(always)]
    pub(super) fn prob(&self, place: usize) -> f32 {
        let (block, index) = self.at(place);
        self.prob_of(block.prob_code(index))
    }

    /// The number a code of back-off stands for.
    #[inline(always)]
    pub(super) fn backoff_of(&self, code: u32) -> f32 {
        value(self.backoffs, code)
    }

    /// The back-off of an n-gram.
    #[inline(always)]
    pub(super) fn backoff(&self, place: usize) -> f32 {
        let (block, index) = self.at(place);
        self.backoff_of(block.backoff_code(index))
    }

    /// The sum of the shares of some neighbouring n-grams, in their order.
    #[inline(always)]
    pub(super) fn sum_of_shares(&self, places: Range<usize>) -> f64 {
        let (mut sum, mut place) = (0.0, places.start);
        while place < places.end {
            let (block, index) = self.at(place);
            let end = (index + (places.end - place)).min(COUNT);
            for code in block.prob_codes(index..end) {
                sum += f64::from(self.prob_of(code));
            }
            place += end - index;
        }
        sum
    }

    /// Says that a place will be sent for.
    #[inline(always)]
    pub(super) fn expect(&self, place: usize) {
        prefetch(self.offsets, place / COUNT);
    }

    /// Sends for what a question about the n-gram at some place will look at.
    #[inline(always)]
    pub(super) fn send_for(&self, place: usize) {
        const WORDS_A_LINE: usize = 8;
        let block = place / COUNT;
        let Some(&[start, end]) = self.offsets.get(block..block + 2) else {
            return;
        };
        let (start, end) = (start as usize, end as usize);
        for word in (start..end).step_by(WORDS_A_LINE).take(LINES) {
            prefetch(self.blocks, word);
        }
        // Codes of whole numbers lie further off, at the block's end.
        let bits = usize::from(self.shape.prob_bits);
        if bits > 16 {
            let probs = end.wrapping_sub(bits);
            prefetch(self.blocks, probs + place % COUNT * bits / 64);
        }
    }
}

#[inline(always)]
fn value(codebook: &[f32], code: u32) -> f32 {
    match codebook {
        [] => f32::from_bits(code),
        _ => codebook.get(code as usize).copied().unwrap_or(f32::NAN),
    }
}
