//! Here are the blocks of one order, ask for an n-gram by its place; and find places.

use std::ops::Range;

use rayon::prelude::*;

use super::block::{Block, Shape};
use super::elias_fano::COUNT;
use crate::pages::prefetch;
use crate::store::Column;

/// So many lines of a block are sent for: all of most blocks.
const LINES: usize = 4;

/// The first ranks of so many blocks, a line of the cache, have one signpost.
const STRIDE: usize = if cfg!(test) { 2 } else { 16 };

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
    /// Every [`STRIDE`]th of the first ranks: few enough to stay in cache, and not in the file.
    pub(super) signposts: Column<u32>,
}

impl Level {
    /// The same with its signposts, which follow from the first ranks.
    pub(super) fn with_signposts(self) -> Self {
        let signposts: Vec<u32> = self.firsts.iter().step_by(STRIDE).copied().collect();
        Level {
            signposts: signposts.into(),
            ..self
        }
    }

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
            signposts: &self.signposts,
        }
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let directory = self.offsets.len() + self.firsts.len() + self.signposts.len();
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
    pub(super) signposts: &'t [u32],
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
        let blocks = self.sign(blocks(places.clone())?, rank);
        self.find_in(self.sift(blocks, rank), places, rank)
    }

    /// Those of some neighbouring blocks in which a rank must be, if it is in one: at most
    /// [`STRIDE`].
    #[inline(always)]
    pub(super) fn sign(&self, blocks: Range<usize>, rank: u32) -> Range<usize> {
        // The first block can begin with what belongs to another context.
        let inner = blocks.start / STRIDE + 1..blocks.end.div_ceil(STRIDE);
        let Some(inner_posts) = self.signposts.get(inner.clone()) else {
            return blocks;
        };
        let passed = inner_posts.partition_point(|&first| first <= rank);
        let next = (inner.start + passed) * STRIDE;
        let start = match passed {
            0 => blocks.start,
            _ => next - STRIDE,
        };
        start..next.min(blocks.end)
    }

    /// The one of some neighbouring blocks in which a rank must be, if it is in one.
    #[inline(always)]
    pub(super) fn sift(&self, blocks: Range<usize>, rank: u32) -> usize {
        let later = self.firsts.get(blocks.start + 1..blocks.end);
        let passed = |later: &[u32]| later.iter().filter(|first| **first <= rank).count();
        blocks.start + later.map_or(0, passed)
    }

    /// The place of the n-gram of some rank, among those of one context that lie in a block.
    #[inline(always)]
    pub(super) fn find_in(&self, block: usize, places: Range<usize>, rank: u32) -> Option<usize> {
        let start = block * COUNT;
        let (from, to) = (
            places.start.saturating_sub(start),
            places.end.saturating_sub(start).min(COUNT),
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

    /// Says that one of some neighbouring blocks will be sought, at most [`STRIDE`].
    #[inline(always)]
    pub(super) fn expect_blocks(&self, blocks: Range<usize>) {
        prefetch(self.firsts, blocks.start + 1);
        prefetch(self.firsts, blocks.end - 1);
        prefetch(self.offsets, blocks.start);
        prefetch(self.offsets, blocks.end);
    }

    /// Sends for what a question about the n-gram at some place will look at.
    #[inline(always)]
    pub(super) fn send_for(&self, place: usize) {
        let Some(end) = self.send_for_block(place / COUNT) else {
            return;
        };
        // Codes of whole numbers lie further off, at the block's end.
        let bits = usize::from(self.shape.prob_bits);
        if bits > 16 {
            let probs = end.wrapping_sub(bits);
            prefetch(self.blocks, probs + place % COUNT * bits / 64);
        }
    }

    /// Sends for a block; returns the word where it ends.
    #[inline(always)]
    pub(super) fn send_for_block(&self, block: usize) -> Option<usize> {
        const WORDS_A_LINE: usize = 8;
        let &[start, end] = self.offsets.get(block..block + 2)? else {
            return None;
        };
        let (start, end) = (start as usize, end as usize);
        for word in (start..end).step_by(WORDS_A_LINE).take(LINES) {
            prefetch(self.blocks, word);
        }
        Some(end)
    }
}

/// The blocks in which some places lie; `None` if there are none.
#[inline(always)]
pub(super) fn blocks(places: Range<usize>) -> Option<Range<usize>> {
    let last = places.end.checked_sub(1).filter(|_| !places.is_empty())?;
    Some(places.start / COUNT..last / COUNT + 1)
}

#[inline(always)]
fn value(codebook: &[f32], code: u32) -> f32 {
    match codebook {
        [] => f32::from_bits(code),
        _ => codebook.get(code as usize).copied().unwrap_or(f32::NAN),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn signs_lead_to_the_block_that_a_search_finds(
            firsts in prop::collection::vec(0u32..60, 1..40), cuts in any::<[u8; 2]>(), rank in 0u32..60
        ) {
            let cuts = cuts.map(|cut| usize::from(cut) % firsts.len());
            let blocks = cuts[0].min(cuts[1])..cuts[0].max(cuts[1]) + 1;
            let mut firsts = firsts;
            // One context's ranks ascend; the first block can begin in another's.
            firsts[blocks.start + 1..blocks.end].sort_unstable();
            let later = &firsts[blocks.start + 1..blocks.end];
            let found = blocks.start + later.partition_point(|&first| first <= rank);
            let level = Level { firsts: firsts.into(), ..Level::default() }.with_signposts();
            let signed = level.view().sign(blocks.clone(), rank);
            prop_assert!(signed.len() <= STRIDE && signed.contains(&found));
            prop_assert!(blocks.start <= signed.start && signed.end <= blocks.end);
            prop_assert_eq!(level.view().sift(signed, rank), found);
        }
    }
}
