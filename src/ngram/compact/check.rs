//! Here are levels from outside, give me a compact table that keeps every promise; or say what is
//! wrong.
//!
//! Whatever words there are, asking them stays inside them: that is how they are read. What is
//! checked here is that the answers are those of a table: that every n-gram has its context and its
//! suffix, that followers ascend, that numbers are probabilities and that shares leave what they
//! should. It takes one pass over the file, on all threads, and 12 bytes of memory for each n-gram
//! of two neighbouring orders.

use std::ops::Range;

use rayon::prelude::*;

use super::elias_fano::COUNT;
use super::encode::check_order;
use super::expand::{Links, suffixes};
use super::level::{Level, LevelView};
use super::ranks::Classes;
use super::table::{CompactTable, Precision};
use super::walk::{FEW, Walk};
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// What shares are given back with, and the probabilities of single tokens add up to, may be off
/// by so much: they are rounded to `f32`.
const TOLERANCE: f64 = 1e-5;

type Check = std::result::Result<(), &'static str>;

impl CompactTable {
    /// From stored levels, every invariant checked.
    pub(super) fn from_levels(precision: Precision, levels: Vec<Level>) -> Result<Self> {
        check_order(levels.len())?;
        let table = CompactTable::of(precision, levels);
        table.check().map_err(|(order, what)| {
            Error::new(
                ErrorKind::Corrupt,
                format!("order {order} of its table: {what}"),
            )
            .way_out("build or import the model again")
        })?;
        Ok(table)
    }

    fn check(&self) -> std::result::Result<(), (usize, &'static str)> {
        let walk = self.walk();
        let (mut below, mut lowest) = (Links::default(), Links::default());
        for order in 1..=self.order() {
            let shape = walk.check_shape(order);
            shape
                .and_then(|()| walk.check_blocks(order))
                .map_err(|what| (order, what))?;
            let links = walk.check_followers(order, &below, &lowest);
            let links = links.map_err(|what| (order, what))?;
            let numbers = walk.check_numbers(order, &below);
            numbers.map_err(|what| (order, what))?;
            (lowest, below) = (below, links);
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn check_shape(&self, order: usize) -> Check {
        let level = &self.levels[order - 1];
        let shape = level.shape;
        let is_top = order == self.levels.len();
        let classes = shape.classes;
        if classes.is_some() != (order > 1) || !classes.is_none_or(Classes::is_sound) {
            return Err("its ranks are of no known shape");
        }
        if let Precision::Quantised { bits } = self.precision
            && order > 1
            && !((2..=16).contains(&bits) && shape.prob_bits == bits)
        {
            return Err("its shares are not of as many bits as they are said to be");
        }
        let keeps_backoffs = self.precision == Precision::Exact && !is_top;
        let bits = match keeps_backoffs {
            true => shape.backoff_bits <= 32,
            false => shape.backoff_bits == 0 && level.backoffs.is_empty(),
        };
        if shape.has_children == is_top || !bits || shape.prob_bits > 32 {
            return Err("its blocks are of no known shape");
        }
        let listed = |values: &[f32], bits: u8| !values.is_empty() || bits == 32 || level.len == 0;
        if !listed(level.probs, shape.prob_bits)
            || keeps_backoffs && !listed(level.backoffs, shape.backoff_bits)
        {
            return Err("what its codes stand for is missing");
        }
        let ends = level
            .offsets
            .last()
            .is_some_and(|&end| end as usize + 1 == level.blocks.len());
        if level.offsets.len() != level.len.div_ceil(COUNT) + 1
            || !ends
            || level.offsets[0] != 0
            || !level.offsets.is_sorted()
        {
            return Err("its blocks do not cover it");
        }
        Ok(())
    }

    fn check_blocks(&self, order: usize) -> Check {
        let level = &self.levels[order - 1];
        let blocks = 0..level.len.div_ceil(COUNT);
        if level.firsts.len() != if order == 1 { 0 } else { blocks.len() } {
            return Err("its blocks do not cover it");
        }
        blocks.into_par_iter().try_for_each(|index| {
            let block = level.block(index);
            block.check()?;
            if level
                .firsts
                .get(index)
                .is_some_and(|&first| first != level.rank(index * COUNT))
            {
                return Err("the first rank of a block is not what is said");
            }
            let len = (level.offsets[index + 1] - level.offsets[index]) as usize;
            match block.len_in_words() == len {
                true => Ok(()),
                false => Err("a block is not as long as it should be"),
            }
        })
    }

    /// The links of an order, if they are those of a table.
    fn check_followers(
        &self,
        order: usize,
        below: &Links,
        lowest: &Links,
    ) -> std::result::Result<Links, &'static str> {
        let level = &self.levels[order - 1];
        let begins = &below.children[..];
        if order > 1 && begins[begins.len() - 1] as usize != level.len {
            return Err("its contexts' followers do not cover it");
        }
        let contexts = 0..begins.len().saturating_sub(1);
        let (suffix, shorter) = (&below.suffix[..], &lowest.children[..]);
        let ranks = level.ranks();
        contexts.into_par_iter().try_for_each(|context| {
            let most = match suffix.get(context) {
                Some(&suffix) => span(shorter, suffix as usize).len(),
                None => self.levels[0].len,
            };
            let own = &ranks[span(begins, context)];
            match own.is_sorted_by(|a, b| a < b)
                && own.last().is_none_or(|&last| (last as usize) < most)
            {
                true => Ok(()),
                false => Err("the followers of a context are none of its suffix, or out of order"),
            }
        })?;
        let suffix = match order {
            1 => Vec::new(),
            _ => suffixes(&ranks, below, lowest),
        };
        let links = Links {
            suffix: suffix.into(),
            children: level.children().into(),
        };
        self.check_children(level, &links.children)?;
        Ok(links)
    }

    fn check_children(&self, level: &LevelView, children: &[u32]) -> Check {
        let blocks = 0..level.len.div_ceil(COUNT);
        let joined = |index: usize| {
            let start = level.block(index).children(0).start;
            start == children[index * COUNT]
        };
        let is_sound =
            children.is_empty() || children.is_sorted() && blocks.into_par_iter().all(joined);
        match is_sound {
            true => Ok(()),
            false => Err("its children do not follow one another"),
        }
    }

    fn check_numbers(&self, order: usize, below: &Links) -> Check {
        let level = &self.levels[order - 1];
        match self.precision {
            Precision::Exact => check_logs(level),
            Precision::Quantised { .. } if order == 1 => check_unigrams(level),
            Precision::Quantised { .. } => self.check_shares(order, &below.children),
        }
    }

    /// The shares of the followers of each context one order below.
    fn check_shares(&self, order: usize, children: &[u32]) -> Check {
        let level = &self.levels[order - 1];
        let is_share = |share: &f32| (0.0..=1.0).contains(share);
        if !level.probs.iter().all(is_share) || !codes_are_listed(level) {
            return Err("a share is not between 0 and 1");
        }
        let contexts = (0..children.len() - 1).into_par_iter();
        contexts.try_for_each(|context| {
            let followers = span(children, context);
            let (block, index) = self.levels[order - 2].at(context);
            let stored = block.stored_weight(index);
            if stored.is_some() != (followers.len() > FEW as usize) {
                return Err("what followers leave is stored where it should not be");
            }
            // `<s>` is never predicted.
            let mut first = followers.clone().take(TokenId::SPECIALS);
            if order == 2
                && first
                    .any(|place| level.rank(place) == TokenId::START.0 && level.prob(place) > 0.0)
            {
                return Err("<s> has a share");
            }
            let left = 1.0 - level.sum_of_shares(followers);
            let is_left = |stored: f32| (f64::from(stored) - left).abs() <= TOLERANCE;
            match left >= -TOLERANCE && stored.is_none_or(is_left) {
                true => Ok(()),
                false => Err("what followers leave is not what is stored"),
            }
        })
    }
}

fn span(begins: &[u32], index: usize) -> Range<usize> {
    begins[index] as usize..begins[index + 1] as usize
}

fn codes_are_listed(level: &LevelView) -> bool {
    let listed = |values: &[f32], code: u32| values.is_empty() || (code as usize) < values.len();
    let blocks = (0..level.len.div_ceil(COUNT)).into_par_iter();
    blocks.all(|index| {
        let (block, len) = (level.block(index), COUNT.min(level.len - index * COUNT));
        let mut probs = block.prob_codes(0..len);
        let mut backoffs = block.backoff_codes(0..len);
        probs.all(|code| listed(level.probs, code))
            && (level.backoffs.is_empty() || backoffs.all(|code| listed(level.backoffs, code)))
    })
}

/// Probabilities and back-offs as they are.
fn check_logs(level: &LevelView) -> Check {
    if !codes_are_listed(level) {
        return Err("a code stands for nothing");
    }
    let blocks = (0..level.len.div_ceil(COUNT)).into_par_iter();
    blocks.try_for_each(|index| {
        let (block, len) = (level.block(index), COUNT.min(level.len - index * COUNT));
        let mut probs = block.prob_codes(0..len).map(|code| level.prob_of(code));
        if !probs.all(|log| log <= 0.0) {
            return Err("a probability is not between 0 and 1");
        }
        let mut backoffs = block
            .backoff_codes(0..len)
            .map(|code| level.backoff_of(code));
        match !level.shape.has_children || backoffs.all(|log| log < f32::INFINITY) {
            true => Ok(()),
            false => Err("a back-off is not a number"),
        }
    })
}

/// The probabilities of single tokens, where shares are added to them.
fn check_unigrams(level: &LevelView) -> Check {
    check_logs(level)?;
    let p = |place: usize| 10f64.powf(level.prob(place).into());
    let total: f64 = (0..level.len).map(p).sum();
    match (total - 1.0).abs() <= TOLERANCE && p(TokenId::START.index()) == 0.0 {
        true => Ok(()),
        false => Err("the probabilities of its tokens do not sum to one"),
    }
}
