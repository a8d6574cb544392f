//! Here is a compact table, give me the table it was made of.
//!
//! Of an exact one that is the same to the bit, but for counts; of a quantised one it is the table
//! of the probabilities that its shares add up to.

use rayon::prelude::*;

use super::contexts;
use super::table::{CompactTable, Precision};
use super::walk::Walk;
use crate::ngram::table::{Table, TableLevel};
use crate::store::Column;
use crate::token::TokenId;

/// Which n-grams there are, order by order: the links that a table keeps and a compact one does not.
#[derive(Clone, Default)]
pub(super) struct Links {
    /// The suffix of each, one order below; none at order 1.
    pub(super) suffix: Column<u32>,
    /// Where the children of each begin, and where the last end; none at the highest order.
    pub(super) children: Column<u32>,
}

impl Walk<'_> {
    /// The links of an order, from those of the two orders below.
    pub(super) fn links(&self, order: usize, below: &Links, lowest: &Links) -> Links {
        let level = &self.levels[order - 1];
        let suffix = match order {
            1 => Vec::new(),
            _ => suffixes(&level.ranks(), below, lowest),
        };
        Links {
            suffix: suffix.into(),
            children: level.children().into(),
        }
    }
}

/// The suffix of each n-gram of an order from 2 on, from its ranks and the links of the two orders
/// below.
pub(super) fn suffixes(ranks: &[u32], below: &Links, lowest: &Links) -> Vec<u32> {
    let (suffix, begins) = (&below.suffix[..], &lowest.children[..]);
    contexts::fill(&below.children, |context, place| {
        let rank = ranks[place];
        match suffix.get(context) {
            Some(&suffix) => begins[suffix as usize].wrapping_add(rank),
            None => rank,
        }
    })
}

impl CompactTable {
    /// The table, for whatever needs its columns.
    pub fn expand(&self) -> Table {
        let walk = self.walk();
        let mut levels: Vec<TableLevel> = Vec::new();
        let (mut below, mut lowest) = (Links::default(), Links::default());
        for order in 1..=self.order() {
            let own = walk.links(order, &below, &lowest);
            let shorter = levels.last();
            let level = TableLevel {
                tokens: self.tokens(&own, shorter).into(),
                log10_prob: self.log10_probs(&walk, order, &below, &own, shorter).into(),
                log10_backoff: self.log10_backoffs(&walk, order, &own).into(),
                suffix: own.suffix.clone(),
                children: own.children.clone(),
                ..TableLevel::default()
            };
            levels.push(level);
            (lowest, below) = (below, own);
        }
        Table::of_own(levels)
    }

    fn tokens(&self, own: &Links, shorter: Option<&TableLevel>) -> Vec<TokenId> {
        let Some(shorter) = shorter else {
            return (0..self.levels[0].len as u32).map(TokenId).collect();
        };
        let (suffix, tokens) = (&own.suffix[..], &shorter.tokens[..]);
        let token = |&suffix: &u32| tokens[suffix as usize];
        suffix.par_iter().map(token).collect()
    }

    fn log10_backoffs(&self, walk: &Walk, order: usize, own: &Links) -> Vec<f32> {
        let contexts = own.children.len().saturating_sub(1);
        let backoff = |place: usize| match self.precision {
            Precision::Exact => walk.levels[order - 1].backoff(place),
            Precision::Quantised { .. } => {
                walk.log10_backoff(order, &walk.context(order, place)) as f32
            }
        };
        (0..contexts).into_par_iter().map(backoff).collect()
    }

    fn log10_probs(
        &self,
        walk: &Walk,
        order: usize,
        below: &Links,
        own: &Links,
        shorter: Option<&TableLevel>,
    ) -> Vec<f32> {
        let level = &walk.levels[order - 1];
        let Some(shorter) = shorter else {
            return (0..level.len).map(|place| level.prob(place)).collect();
        };
        let suffix = &own.suffix[..];
        let (backoffs, probs) = (&shorter.log10_backoff[..], &shorter.log10_prob[..]);
        contexts::fill(&below.children, |context, place| match self.precision {
            Precision::Exact => level.prob(place),
            Precision::Quantised { .. } => {
                let lower = f64::from(backoffs[context]) + f64::from(probs[suffix[place] as usize]);
                (f64::from(level.prob(place)) + 10f64.powf(lower)).log10() as f32
            }
        })
    }
}
