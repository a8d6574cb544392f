//! Here is a census that is being smoothed, give me the columns of its table.
//!
//! They come part by part. What is pruned is left out here, and all numbers are those of the
//! n-grams that stay.

use std::borrow::Cow;
use std::sync::mpsc::Receiver;

use crate::count::tally::LargeCount;
use crate::count::{Census, Survivors};
use crate::error::Result;
use crate::smooth::SmoothedPart;
use crate::store::Kept;
use crate::token::{TokenId, Vocabulary};

/// A table in the making.
pub(super) struct Making<'c> {
    /// The tokens that stay.
    pub(super) vocabulary: &'c Vocabulary,
    /// How many n-grams of each order stay.
    pub(super) sizes: &'c [usize],
    /// What counting made, but for what is taken from it.
    pub(super) source: Source<'c>,
    /// The last tokens from order 3 on, part by part: nobody else needs them any more.
    pub(super) from_3: Vec<Vec<Kept<TokenId>>>,
    /// What smoothing makes: order after order, from 1.
    pub(super) smoothed: Receiver<(usize, Vec<SmoothedPart>)>,
}

/// The columns that counting made, part by part.
#[derive(Clone, Copy)]
pub(super) struct Source<'c> {
    pub(super) census: &'c Census,
    pub(super) survivors: Option<&'c Survivors>,
}

impl<'c> Source<'c> {
    /// Those of a part's entries whose n-grams stay.
    fn retain<'n, T: Copy>(self, order: usize, part: usize, column: Cow<'n, [T]>) -> Cow<'n, [T]> {
        let first = self.census.nodes(part, order).start;
        match self.survivors {
            Some(survivors) => Cow::Owned(survivors.retain(order, first, &column)),
            None => column,
        }
    }

    pub(super) fn tokens<'n>(
        self,
        order: usize,
        part: usize,
        tokens: Cow<'n, [TokenId]>,
    ) -> Cow<'n, [TokenId]> {
        let mut tokens = self.retain(order, part, tokens);
        if let Some(survivors) = self.survivors {
            for token in tokens.to_mut() {
                *token = TokenId(survivors.number(1, token.index()));
            }
        }
        tokens
    }

    pub(super) fn suffixes(self, order: usize, part: usize) -> Result<Cow<'c, [u32]>> {
        let level = self.census.parts()[part].level(order);
        let suffixes = level.suffix_nodes(order)?;
        let Some(survivors) = self.survivors else {
            return Ok(suffixes);
        };
        let mut suffixes = self.retain(order, part, suffixes);
        for suffix in suffixes.to_mut() {
            *suffix = survivors.number(order - 1, *suffix as usize);
        }
        Ok(suffixes)
    }

    pub(super) fn children(self, order: usize, part: usize) -> Result<Vec<u32>> {
        let children = self.census.child_nodes(part, order)?;
        let Some(survivors) = self.survivors else {
            return Ok(children);
        };
        let own = self.census.nodes(part, order);
        let (own_children, end) = children.split_at(own.len());
        let kept = survivors.retain(order, own.start, own_children);
        let moved = kept
            .iter()
            .chain(end)
            .map(|&child| survivors.number(order + 1, child as usize));
        Ok(moved.collect())
    }

    /// Where the followers of each of a part's n-grams begin in the part, and where the last ones end.
    pub(super) fn own_children(self, order: usize, part: usize) -> Result<Cow<'c, [u32]>> {
        let children = self.census.parts()[part].level(order).children()?;
        let Some(survivors) = self.survivors else {
            return Ok(children);
        };
        let first = self.census.nodes(part, order + 1).start;
        let number = |child: u32| survivors.number(order + 1, first + child as usize);
        let (own, end) = children.split_at(children.len() - 1);
        let kept = self.retain(order, part, Cow::Borrowed(own));
        let moved = kept
            .iter()
            .chain(end)
            .map(|&child| number(child) - number(0));
        Ok(Cow::Owned(moved.collect()))
    }

    pub(super) fn times_seen(self, order: usize, part: usize) -> Result<Vec<u8>> {
        let raw = self.census.parts()[part].level(order).raw()?;
        let seen = Cow::Borrowed(raw.columns().0);
        Ok(self.retain(order, part, seen).into_owned())
    }

    pub(super) fn large(self, order: usize, part: usize) -> Result<Vec<LargeCount>> {
        let large = self.census.large_counts(part, order)?;
        let Some(survivors) = self.survivors else {
            return Ok(large);
        };
        let kept = large
            .iter()
            .filter(|entry| survivors.stays(order, entry.index as usize));
        let moved = kept.map(|entry| LargeCount {
            index: survivors.number(order, entry.index as usize).into(),
            count: entry.count,
        });
        Ok(moved.collect())
    }
}
