//! Here are sentences of ids, give me a census, by narrowing.
//!
//! Take all positions of the text, sorted by the token that stands there: each
//! group is a unigram, and its size is its count. Now let every position look
//! further. Within a group the positions part by the tokens that follow, and
//! those that are equal for n tokens are one n-gram. The groups of each order only
//! split the groups of the order before.
//!
//! ```text
//! text       0 a   1 b   2 a   3 c   4 a   5 b   6 c
//! order 1    [ a: 0 2 4            | b: 1 5        | c: 3 6 ]
//! order 2    [ a b: 0 4 | a c: 2   ‖ b a: 1 | b c: 5 ‖ … ]     rows, sorted
//! ```
//!
//! A suffix is the n-gram without its first token, and so it is what begins one
//! position later: whoever knows the row of every position finds it by one look,
//! without spelling anything. Contexts need no look at all, for the followers of
//! a context lie behind it.
//!
//! [`plain`](super::plain) counts the same by hash tables; tests hold the two
//! equal.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::Order;
use super::census::{Census, Extent, Part};
use super::grow::{Growth, Rows};
use super::part::Division;
use super::partition::{self, Layout};
use super::ranks::{Marking, Marks, ROWS_A_BLOCK, Ranks};
use super::sort::RowSorter;
use crate::error::{Error, ErrorKind, Result};
use crate::pages::prefetch;
use crate::progress::Progress;
use crate::store::Depot;
use crate::token::{TokenId, TokenText};

/// Counts every n-gram of orders 1 to `order`.
///
/// A sentence is read as `<s> w1 … wm </s>`; no n-gram reaches past its ends. `progress` advances
/// by the padded text's length twice: when rows are sorted and when suffixes are found.
///
/// # Errors
/// If the text has no sentences, or more positions than 32 bits can number; if the depot's disk
/// fails.
pub fn count(
    text: TokenText,
    vocabulary_len: usize,
    order: Order,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Census> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there is no text to count")
            .way_out("give a corpus with at least one sentence"));
    }
    let extent = Extent {
        sentences: text.len() as u64,
        tokens: text.tokens() as u64,
    };
    let mut padded = text.into_padded();
    let positions = padded.len();
    if u32::try_from(positions + ROWS_A_BLOCK * vocabulary_len.min(positions)).is_err() {
        let what = format!("a text of {positions} positions is more than 2^32");
        return Err(Error::new(ErrorKind::Input, what).way_out("count less text at a time"));
    }
    let rows = partition::rows_by_token(&padded, vocabulary_len);
    let division = Division::of(&rows);
    // Each part begins at a block of its own, so that parts can be marked side by side.
    let layout = Layout::new(&division, &rows, ROWS_A_BLOCK);
    let mut sorted = partition::positions(&padded, &division, &rows, &layout);
    // Rows are read a few tokens beyond the last sentence.
    padded.resize(positions + order.get(), TokenId::UNKNOWN);
    let sorting = Sorting {
        text: &padded,
        order: order.get(),
        rows: &rows,
        row_of: (0..positions + 1)
            .into_par_iter()
            .map(|_| AtomicU32::new(0))
            .collect(),
    };
    let mut ranks = Ranks::new(order.get(), layout.len / ROWS_A_BLOCK);
    let parts = sorting.parts(&division, &layout, &mut sorted, &mut ranks, depot, progress)?;
    let row_of = sorting.row_of;
    drop(padded);
    let mut census = Census::new(order, extent, division, parts)?;
    count_up(&layout, &mut ranks, &census);
    let finding = Finding {
        order: order.get(),
        layout: &layout,
        sorted: &sorted,
        row_of: &row_of,
        ranks: &ranks,
    };
    let parts = census.parts_mut().par_iter_mut().enumerate();
    parts.try_for_each(|(number, part)| finding.suffixes(number, part, depot, progress))?;
    Ok(census)
}

/// How many blocks of rows each part takes.
fn blocks(layout: &Layout) -> impl Iterator<Item = usize> {
    layout.held.iter().map(|held| held.div_ceil(ROWS_A_BLOCK))
}

/// Numbers the n-grams of all parts.
fn count_up(layout: &Layout, ranks: &mut Ranks, census: &Census) {
    let stretches = ranks.stretches(blocks(layout)).into_par_iter().enumerate();
    stretches.for_each(|(part, mut marking)| {
        marking.count_up(|order| census.nodes(part, order).start as u64);
    });
}

/// What sorting a part needs to know, and the row of every position, which it finds out.
struct Sorting<'t> {
    text: &'t [TokenId],
    order: usize,
    /// How many positions hold each token.
    rows: &'t [u64],
    row_of: Vec<AtomicU32>,
}

impl Sorting<'_> {
    /// Sorts the positions of every part, and grows its trie.
    fn parts(
        &self,
        division: &Division,
        layout: &Layout,
        sorted: &mut [u32],
        ranks: &mut Ranks,
        depot: &Depot,
        progress: &dyn Progress,
    ) -> Result<Vec<Part>> {
        let tasks = layout
            .split(sorted)
            .into_iter()
            .zip(ranks.stretches(blocks(layout)));
        let tasks: Vec<_> = tasks.collect();
        let new_sorter = || RowSorter::new(self.text, self.rows.len(), self.order);
        tasks
            .into_par_iter()
            .enumerate()
            .map_init(new_sorter, |sorter, (part, (positions, marking))| {
                let mut rows = MarkedRows {
                    growth: Growth::new(self.order, division.tokens(part)),
                    marking,
                };
                sorter.sort_all(division.tokens(part), self.rows, positions, &mut rows);
                for (row, &position) in (layout.starts[part] as u32..).zip(positions.iter()) {
                    self.row_of[position as usize].store(row, Ordering::Relaxed);
                }
                progress.advance(positions.len() as u64);
                Part::keep(rows.growth.finish(), depot)
            })
            .collect()
    }
}

/// Rows on their way into a trie; those at which an n-gram begins are marked.
struct MarkedRows<'m> {
    growth: Growth,
    marking: Marking<'m>,
}

impl Rows for MarkedRows<'_> {
    fn row(&mut self, shared: usize, new: &[TokenId], count: u64) {
        let row = self.growth.seen() as usize;
        self.marking.mark(row, shared + 1, shared + new.len());
        self.growth.row(shared, new, count);
    }
}

/// How many looks ahead a place is asked for.
const LOOK_AHEAD: usize = 16;

/// What finding suffixes needs to know.
struct Finding<'r> {
    order: usize,
    layout: &'r Layout,
    sorted: &'r [u32],
    row_of: &'r [AtomicU32],
    ranks: &'r Ranks,
}

impl Finding<'_> {
    /// The suffixes of every n-gram of a part. A row at which n-grams begin has one position; their
    /// suffixes are what the row of the next position starts with.
    fn suffixes(
        &self,
        number: usize,
        part: &mut Part,
        depot: &Depot,
        progress: &dyn Progress,
    ) -> Result<()> {
        let orders = 3..=self.order;
        let (start, held) = (self.layout.starts[number], self.layout.held[number]);
        let blocks = start / ROWS_A_BLOCK..(start + held).div_ceil(ROWS_A_BLOCK);
        let next_rows = self.next_rows(blocks.clone());
        let mut next = next_rows.iter().enumerate();
        let room = |order| Vec::with_capacity(part.level(order).len());
        let mut suffixes: Vec<Vec<u32>> = orders.clone().map(room).collect();
        let mut row_of_bit = [0; ROWS_A_BLOCK];
        for block in blocks {
            let (marks, any) = self.marks(block);
            for (bit, (at, &row)) in ones(any).zip(&mut next) {
                row_of_bit[bit] = row;
                if let Some(&ahead) = next_rows.get(at + LOOK_AHEAD) {
                    self.ranks.prefetch(ahead);
                }
            }
            for ((order, marks), suffixes) in orders.clone().zip(marks).zip(&mut suffixes) {
                let suffix = |bit: usize| self.ranks.ngram(order - 1, row_of_bit[bit]);
                suffixes.extend(ones(marks.bits).map(suffix));
            }
        }
        for (order, suffixes) in orders.zip(suffixes) {
            part.level_mut(order).set_suffixes(depot.keep(suffixes)?);
        }
        progress.advance(held as u64);
        Ok(())
    }

    /// For each row at which an n-gram begins, the row of the next position.
    fn next_rows(&self, blocks: Range<usize>) -> Vec<u32> {
        let mut next_rows = Vec::with_capacity(blocks.len() * ROWS_A_BLOCK);
        for block in blocks {
            let first = block * ROWS_A_BLOCK;
            for bit in ones(self.marks(block).1) {
                if let Some(&ahead) = self.sorted.get(first + bit + LOOK_AHEAD) {
                    prefetch(self.row_of, ahead as usize + 1);
                }
                let position = self.sorted[first + bit] as usize;
                next_rows.push(self.row_of[position + 1].load(Ordering::Relaxed));
            }
        }
        next_rows
    }

    /// The marks of a block, and where any n-gram begins. Order 2 needs no look: there, the suffix
    /// is the token.
    fn marks(&self, block: usize) -> (&[Marks], u64) {
        let marks = self.ranks.block(block).get(1..).unwrap_or_default();
        let any = marks.iter().fold(0, |any, marks| any | marks.bits);
        (marks, any)
    }
}

/// The places of the ones, lowest first.
fn ones(bits: u64) -> impl Iterator<Item = usize> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let lowest = left.trailing_zeros() as usize;
        (left != 0).then(|| {
            left &= left - 1;
            lowest
        })
    })
}
