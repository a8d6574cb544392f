//! Here is a table, give me its n-grams in suffix order: sorted by the last token, then by the one
//! before, and so on.
//!
//! In that order the n-grams of length n lie in groups that share a suffix of length
//! n − 1, the groups in the order of those suffixes, each group ascending by first
//! token. So the whole order is a trie that is read backwards: for each n-gram
//! its first token, for each suffix the end of its group.
//!
//! ```text
//! length n−1     … b c        b d   …
//!                 ╱   ╲        │
//! length n     a b c  x b c   a b d
//! ```
//!
//! It is grown level by level, as levels are written.

use std::ops::Range;

use super::level::Piece;
use super::ranks::Ranks;
use super::sort::{Sorter, Unsorted};
use crate::error::Result;
use crate::token::TokenId;

/// The n-grams of a table up to some length, in suffix order.
pub(super) struct Reversed {
    /// The highest order.
    order: usize,
    /// Length 1 first.
    levels: Vec<Level>,
    /// Of each n-gram of the longest level, by its node in the table, its place.
    ranks: Ranks,
    /// Where the nodes of the longest level that start with each token begin, and where the last end.
    starts: Vec<u32>,
    sorter: Sorter,
    columns: Columns,
}

/// The n-grams of one length.
struct Level {
    firsts: Vec<u32>,
    /// Where the group one level up, of those that end with each, ends.
    ends: Vec<u32>,
}

/// log10 probabilities and back-offs, in suffix order; no back-offs at the highest order.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) log10_prob: Vec<f32>,
    pub(super) log10_backoff: Vec<f32>,
}

impl Columns {
    /// Of order 1, with room for levels of these sizes. What lies beyond a level's own is no one's.
    fn unigrams(sizes: &[usize], pieces: &[Piece]) -> Self {
        // Zeros cost nothing before they are written over, by all threads.
        let mut columns = Columns {
            log10_prob: vec![0.0; largest(sizes)],
            log10_backoff: vec![0.0; largest(&sizes[..sizes.len() - 1])],
        };
        let log10_probs = pieces.iter().flat_map(|piece| piece.log10_prob.iter());
        for (place, &log10_prob) in columns.log10_prob.iter_mut().zip(log10_probs) {
            *place = log10_prob;
        }
        let log10_backoffs = pieces.iter().flat_map(|piece| piece.log10_backoff.iter());
        for (place, &log10_backoff) in columns.log10_backoff.iter_mut().zip(log10_backoffs) {
            *place = log10_backoff;
        }
        // It is never predicted: what stands there is for show.
        columns.log10_prob[TokenId::START.index()] = 0.0;
        columns
    }
}

fn largest(sizes: &[usize]) -> usize {
    sizes.iter().copied().max().unwrap_or(0)
}

impl Reversed {
    /// The n-grams of one token, with their numbers; levels of these sizes are to come.
    pub(super) fn unigrams(sizes: &[usize], pieces: &[Piece]) -> Self {
        let (size, order) = (sizes[0] as u32, sizes.len());
        let tokens = Level {
            firsts: (0..size).collect(),
            ends: Vec::new(),
        };
        Reversed {
            order,
            levels: vec![tokens],
            ranks: Ranks::unchanged(size, largest(&sizes[..order - 1])),
            starts: (0..=size).collect(),
            sorter: Sorter::new(sizes),
            columns: Columns::unigrams(sizes, pieces),
        }
    }

    /// Adds the next level; `children` are those of the level before, a piece as long as one of that
    /// level at a time.
    pub(super) fn grow<C: AsRef<[u32]>>(
        &mut self,
        children: impl Iterator<Item = Result<C>>,
        pieces: Vec<Piece>,
    ) -> Result<()> {
        climb(&mut self.starts, children)?;
        let n = self.levels.len() + 1;
        let unsorted = Unsorted {
            pieces,
            starts: &self.starts,
        };
        let highest = n == self.order;
        let ranks = std::mem::take(&mut self.ranks);
        let mut columns = std::mem::take(&mut self.columns);
        if highest {
            columns.log10_backoff = Vec::new();
        }
        let sorted = self.sorter.sort(unsorted, ranks, highest, columns);
        self.levels[n - 2].ends = sorted.ends;
        self.levels.push(Level {
            firsts: sorted.firsts,
            ends: Vec::new(),
        });
        (self.ranks, self.columns) = (sorted.ranks, sorted.columns);
        Ok(())
    }

    /// The numbers of the longest n-grams.
    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// How long the longest n-grams are.
    pub(super) fn length(&self) -> usize {
        self.levels.len()
    }

    /// How many n-grams there are of the longest.
    pub(super) fn size(&self) -> usize {
        self.levels[self.length() - 1].firsts.len()
    }

    /// The first tokens of the longest n-grams at some places.
    pub(super) fn firsts(&self, places: Range<usize>) -> &[u32] {
        &self.levels[self.length() - 1].firsts[places]
    }

    /// Spells the longest n-grams from some place on.
    pub(super) fn walk(&self, place: usize) -> Walk<'_> {
        Walk::new(&self.levels, place)
    }
}

/// Makes nodes the first children of those nodes; all ascend.
fn climb<C: AsRef<[u32]>>(
    nodes: &mut [u32],
    children: impl Iterator<Item = Result<C>>,
) -> Result<()> {
    let (mut nodes, mut first) = (nodes, 0);
    for piece in children {
        let piece = piece?;
        let piece = piece.as_ref();
        let inside = nodes.partition_point(|&node| ((node - first) as usize) < piece.len());
        let (these, others) = nodes.split_at_mut(inside);
        for node in these {
            *node = piece[(*node - first) as usize];
        }
        nodes = others;
        first += piece.len() as u32;
    }
    Ok(())
}

/// A walk along the n-grams of the longest level.
pub(super) struct Walk<'r> {
    levels: &'r [Level],
    /// The place of the n-gram to be spelled.
    place: usize,
    /// Of each shorter length, the place of the end of that length of the n-gram spelled last.
    ends: Vec<usize>,
    ngram: Vec<TokenId>,
}

impl<'r> Walk<'r> {
    fn new(levels: &'r [Level], place: usize) -> Self {
        let n = levels.len();
        let mut walk = Walk {
            levels,
            place,
            ends: vec![0; n],
            ngram: vec![TokenId(0); n],
        };
        let mut above = place;
        for length in (1..n).rev() {
            let ends = &levels[length - 1].ends;
            above = ends.partition_point(|&end| end as usize <= above);
            walk.arrive(length, above);
        }
        walk
    }

    /// Spells an n-gram; the next call spells the next.
    #[inline]
    pub(super) fn spell_next(&mut self) -> &[TokenId] {
        let n = self.ngram.len();
        let mut above = self.place;
        self.place += 1;
        self.ngram[0] = TokenId(self.levels[n - 1].firsts[above]);
        for length in (1..n).rev() {
            let ends = &self.levels[length - 1].ends[self.ends[length]..];
            if ends[0] as usize > above {
                break;
            }
            // Some suffixes end nothing: their groups are passed by.
            let passed = ends.iter().take_while(|&&end| end as usize <= above);
            above = self.ends[length] + passed.count();
            self.arrive(length, above);
        }
        &self.ngram
    }

    #[inline]
    fn arrive(&mut self, length: usize, place: usize) {
        self.ends[length] = place;
        let first = self.ngram.len() - length;
        self.ngram[first] = TokenId(self.levels[length - 1].firsts[place]);
    }
}
