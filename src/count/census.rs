//! Here is every n-gram with its count, part by part.
//!
//! What the counting engine hands to smoothing: the same trie as
//! [`Counts`](super::Counts), cut into the parts of a [`Division`]. The columns
//! of a part lie in a [`Depot`], in memory or on the disk, and are asked for one
//! at a time.

use std::borrow::Cow;
use std::ops::Range;

use super::Order;
use super::grow::Grown;
use super::part::Division;
use super::tally::{self, LargeCount, Tallies};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Depot, Kept};
use crate::token::TokenId;

/// Every n-gram of orders 1 to n, with its count, divided by first token.
#[derive(Debug)]
pub struct Census {
    order: Order,
    extent: Extent,
    division: Division,
    parts: Vec<Part>,
    /// By level: how many n-grams lie before each part's first, and at the end in all.
    firsts: Vec<Vec<u64>>,
}

/// The n-grams whose first token lies in one range, order 1 first.
#[derive(Debug)]
pub struct Part {
    levels: Vec<PartLevel>,
}

/// The n-grams of one order in one part.
#[derive(Debug)]
pub struct PartLevel {
    len: usize,
    tokens: Kept<TokenId>,
    raw: KeptTallies,
    children: Kept<u32>,
    suffixes: Kept<u32>,
}

/// Counts in a depot.
#[derive(Debug)]
pub(super) struct KeptTallies {
    small: Kept<u8>,
    large: Vec<LargeCount>,
}

/// How much text was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many sentences.
    pub sentences: u64,
    /// How many tokens, without any `<s>` or `</s>`.
    pub tokens: u64,
}

impl Census {
    /// From its parts, whose suffixes are still to be found.
    ///
    /// # Errors
    /// If there are more n-grams of one order than 32-bit nodes can number.
    pub(super) fn new(
        order: Order,
        extent: Extent,
        division: Division,
        parts: Vec<Part>,
    ) -> Result<Self> {
        let firsts: Vec<Vec<u64>> = (0..order.get())
            .map(|level| firsts(&parts, level))
            .collect();
        for (n, firsts) in (1..).zip(&firsts) {
            if firsts.last().is_some_and(|&len| len >= u64::from(u32::MAX)) {
                let what = format!("more than 2^32 n-grams of order {n}");
                return Err(Error::new(ErrorKind::Input, what)
                    .way_out("choose a lower --order, prune the counts, or give less text"));
            }
        }
        Ok(Census {
            order,
            extent,
            division,
            parts,
            firsts,
        })
    }

    /// The highest order.
    pub fn order(&self) -> Order {
        self.order
    }

    /// How much text was counted.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// How the n-grams are divided.
    pub fn division(&self) -> &Division {
        &self.division
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn parts_mut(&mut self) -> &mut [Part] {
        &mut self.parts
    }

    /// How many n-grams of an order there are.
    pub fn len(&self, order: usize) -> usize {
        self.firsts[order - 1][self.parts.len()] as usize
    }

    /// How many tokens the vocabulary has, the specials included.
    pub fn vocabulary_len(&self) -> usize {
        self.len(1)
    }

    /// The last tokens of an order's n-grams, part by part, to be used up; from order 3 on, nothing
    /// but the table needs them once suffixes are found.
    pub fn take_tokens(&mut self, order: usize) -> Vec<Kept<TokenId>> {
        let levels = self.parts.iter_mut().map(|part| part.level_mut(order));
        levels.map(|level| level.tokens.move_out()).collect()
    }

    /// Where the followers of each of a part's n-grams begin among all n-grams of the order above;
    /// and, from the last part, where the last ones end.
    ///
    /// # Errors
    /// If the part cannot be read.
    pub fn child_nodes(&self, part: usize, order: usize) -> Result<Vec<u32>> {
        let first = self.nodes(part, order + 1).start as u32;
        let children = self.parts[part].level(order).children()?;
        let own = match part + 1 == self.parts.len() {
            true => &children[..],
            false => &children[..children.len() - 1],
        };
        Ok(own.iter().map(|child| first + child).collect())
    }

    /// The large counts of a part, by node among all n-grams of the order.
    ///
    /// # Errors
    /// If the part cannot be read.
    pub fn large_counts(&self, part: usize, order: usize) -> Result<Vec<LargeCount>> {
        let first = self.nodes(part, order).start as u64;
        let raw = self.parts[part].level(order).raw()?;
        let moved = raw.columns().1.iter().map(|entry| LargeCount {
            index: first + entry.index,
            count: entry.count,
        });
        Ok(moved.collect())
    }

    /// Runs of parts that hold at most so many n-grams of an order, or one part more.
    pub fn stretches(&self, order: usize, ngrams: usize) -> Vec<Range<usize>> {
        let mut stretches = Vec::new();
        let mut first = 0;
        for part in 1..=self.parts.len() {
            let held = |end| self.nodes(end, order).end - self.nodes(first, order).start;
            if part == self.parts.len() || held(part) > ngrams {
                stretches.push(first..part);
                first = part;
            }
        }
        stretches
    }

    /// The nodes of one part among all n-grams of an order.
    pub fn nodes(&self, part: usize, order: usize) -> Range<usize> {
        let firsts = &self.firsts[order - 1];
        firsts[part] as usize..firsts[part + 1] as usize
    }
}

fn firsts(parts: &[Part], level: usize) -> Vec<u64> {
    let mut before = 0;
    let mut firsts = Vec::with_capacity(parts.len() + 1);
    for part in parts {
        firsts.push(before);
        before += part.levels[level].len as u64;
    }
    firsts.push(before);
    firsts
}

impl Part {
    pub(super) fn keep(levels: Vec<Grown>, depot: &Depot) -> Result<Self> {
        let keep = |level: Grown| {
            Ok(PartLevel {
                len: level.tokens.len(),
                tokens: depot.keep(level.tokens)?,
                raw: KeptTallies::keep(level.raw, depot)?,
                children: depot.keep(level.children)?,
                suffixes: depot.keep(Vec::new())?,
            })
        };
        Ok(Part {
            levels: levels.into_iter().map(keep).collect::<Result<_>>()?,
        })
    }

    /// The n-grams of one order.
    pub fn level(&self, order: usize) -> &PartLevel {
        &self.levels[order - 1]
    }

    pub(super) fn level_mut(&mut self, order: usize) -> &mut PartLevel {
        &mut self.levels[order - 1]
    }
}

impl PartLevel {
    /// How many n-grams there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The last token of each.
    pub fn tokens(&self) -> Result<Cow<'_, [TokenId]>> {
        self.tokens.read()
    }

    /// How often each was seen.
    pub fn raw(&self) -> Result<Read<'_>> {
        self.raw.read()
    }

    /// Where the followers of each begin in the level above, and where the last ones end, counted
    /// from the part's first. Empty at the highest order.
    pub fn children(&self) -> Result<Cow<'_, [u32]>> {
        self.children.read()
    }

    /// The node, one level below and among all parts, of each without its first token. Empty at
    /// orders 1 and 2; at order 2 it is the token itself.
    pub fn suffixes(&self) -> Result<Cow<'_, [u32]>> {
        self.suffixes.read()
    }

    /// The suffixes at order 2 and above: see [`PartLevel::suffixes`].
    pub fn suffix_nodes(&self, order: usize) -> Result<Cow<'_, [u32]>> {
        if order > 2 {
            return self.suffixes();
        }
        Ok(match self.tokens()? {
            Cow::Borrowed(tokens) => Cow::Borrowed(bytemuck::cast_slice(tokens)),
            Cow::Owned(tokens) => Cow::Owned(bytemuck::allocation::cast_vec(tokens)),
        })
    }

    pub(super) fn set_suffixes(&mut self, suffixes: Kept<u32>) {
        self.suffixes = suffixes;
    }
}

impl KeptTallies {
    pub(super) fn keep(tallies: Tallies, depot: &Depot) -> Result<Self> {
        let (small, large) = tallies.into_columns();
        let small = depot.keep(small)?;
        Ok(KeptTallies { small, large })
    }

    pub(super) fn read(&self) -> Result<Read<'_>> {
        Ok(Read {
            small: self.small.read()?,
            large: &self.large,
        })
    }
}

/// The counts of a part's n-grams of one order.
pub struct Read<'p> {
    small: Cow<'p, [u8]>,
    large: &'p [LargeCount],
}

impl Read<'_> {
    /// The count of one.
    pub fn get(&self, index: usize) -> u64 {
        tally::get(&self.small, self.large, index)
    }

    /// The counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.small.len()).map(|index| self.get(index))
    }

    /// The two columns: see [`tally`].
    pub fn columns(&self) -> (&[u8], &[LargeCount]) {
        (&self.small, self.large)
    }
}
