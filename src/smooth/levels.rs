//! Here is a census, give me log10 p and back-offs, an order at a time.
//!
//! The fast way to what [`interpolate`](super::interpolate) says plainly, to the
//! same bits. Each order needs the one below at random places and nothing else,
//! so only that one is whole in memory; parts are smoothed side by side, each
//! written into a stretch of its own. Tables hold `f32` logarithms, which are made
//! here, while the numbers are in the cache.

use rayon::prelude::*;

use super::{CountKind, Discounts, Estimate, Sharing, Unlisted};
use crate::count::{Census, PartLevel};
use crate::error::Result;
use crate::pages::prefetch;
use crate::prob::log10_f32;
use crate::progress::Progress;
use crate::token::TokenId;

/// The numbers of one order of a part, and of the contexts below it.
#[derive(Debug, Default)]
pub struct SmoothedPart {
    /// log10 p of the part's n-grams of this order.
    pub log10_prob: Vec<f32>,
    /// log10 of the back-off weights of the part's n-grams of the order below.
    pub log10_backoff: Vec<f32>,
}

/// How many n-grams ahead the order below is asked for.
const LOOK_AHEAD: usize = 16;

/// Smoothing on its way up the orders.
pub struct Smoother<'c> {
    census: &'c Census,
    sharing: Box<dyn Sharing>,
    /// p of every n-gram of the order below.
    below: Vec<f64>,
}

impl<'c> Smoother<'c> {
    /// Begins, by estimating what the method needs.
    ///
    /// Where an order's counts cannot give its discounts, fixed ones are used and `progress` gets a
    /// warning.
    ///
    /// # Errors
    /// If the census cannot be read.
    pub fn new(estimate: &Estimate, census: &'c Census, progress: &dyn Progress) -> Result<Self> {
        Ok(Smoother {
            census,
            sharing: estimate.sharing(census, progress)?,
            below: Vec::new(),
        })
    }

    /// The discounts by order, if the method has any.
    pub fn discounts(&self) -> &[Discounts] {
        self.sharing.discounts()
    }

    /// What a token gets after a context that it was not seen after.
    pub fn unlisted(&self) -> Unlisted {
        self.sharing.unlisted()
    }

    /// Order 1: log10 p of every token.
    ///
    /// # Errors
    /// If the census cannot be read.
    pub fn unigrams(&mut self) -> Result<Vec<f32>> {
        let mut seen = Vec::with_capacity(self.census.vocabulary_len());
        for part in self.census.parts() {
            seen.extend(self.counts(part.level(1))?.iter());
        }
        seen[TokenId::START.index()] = 0;
        let mut probability = vec![0.0; seen.len()];
        let reserved = self.sharing.share(1, &seen, &mut probability);
        let uniform = reserved / (seen.len() - 1) as f64;
        probability.iter_mut().for_each(|p| *p += uniform);
        probability[TokenId::START.index()] = 0.0;
        let mut log10_prob = vec![0.0; probability.len()];
        log10_f32(&probability, &mut log10_prob);
        self.below = probability;
        Ok(log10_prob)
    }

    /// A higher order, after the one below it: the numbers of each part.
    ///
    /// # Errors
    /// If the census cannot be read.
    pub fn level(&mut self, order: usize, progress: &dyn Progress) -> Result<Vec<SmoothedPart>> {
        let top = order == self.census.order().get();
        let mut probability = vec![0.0; if top { 0 } else { self.census.len(order) }];
        let mut rest = &mut probability[..];
        let stretches: Vec<&mut [f64]> = (0..self.census.parts().len())
            .map(|part| {
                let len = if top {
                    0
                } else {
                    self.census.nodes(part, order).len()
                };
                rest.split_off_mut(..len).expect("parts cover the level")
            })
            .collect();
        let smoothed = stretches
            .into_par_iter()
            .enumerate()
            .map_init(Vec::new, |scratch, (part, stretch)| {
                let len = self.census.nodes(part, order).len();
                let probability = if top {
                    scratch.resize(len, 0.0);
                    &mut scratch[..]
                } else {
                    stretch
                };
                let smoothed = self.part(part, order, probability);
                progress.advance(len as u64);
                smoothed
            })
            .collect::<Result<_>>()?;
        self.below = probability;
        Ok(smoothed)
    }

    fn part(&self, number: usize, order: usize, probability: &mut [f64]) -> Result<SmoothedPart> {
        let part = &self.census.parts()[number];
        let (contexts, level) = (part.level(order - 1), part.level(order));
        let mut lower = Vec::new();
        self.lower(order, level, &mut lower)?;
        let counts = self.counts(level)?;
        let children = contexts.children()?;
        let mut seen: Vec<u64> = Vec::new();
        let mut backoff = Vec::with_capacity(contexts.len());
        for followers in children.windows(2) {
            let followers = followers[0] as usize..followers[1] as usize;
            if followers.is_empty() {
                backoff.push(self.sharing.backoff(None));
                continue;
            }
            seen.clear();
            seen.extend(followers.clone().map(|follower| counts.get(follower)));
            let shares = &mut probability[followers.clone()];
            let reserved = self.sharing.share(order, &seen, shares);
            for (share, lower) in shares.iter_mut().zip(&lower[followers]) {
                *share += reserved * lower;
            }
            backoff.push(self.sharing.backoff(Some(reserved)));
        }
        let mut smoothed = SmoothedPart {
            log10_prob: vec![0.0; probability.len()],
            log10_backoff: vec![0.0; backoff.len()],
        };
        log10_f32(probability, &mut smoothed.log10_prob);
        log10_f32(&backoff, &mut smoothed.log10_backoff);
        Ok(smoothed)
    }

    fn counts<'p>(&self, level: &'p PartLevel) -> Result<crate::count::Read<'p>> {
        match self.sharing.counts() {
            CountKind::Raw => level.raw(),
            CountKind::Adjusted => level.adjusted(),
        }
    }

    /// What each n-gram of a part is interpolated with. Looks at random places wait for memory, and
    /// wait together where nothing else is done.
    fn lower(&self, order: usize, level: &PartLevel, lower: &mut Vec<f64>) -> Result<()> {
        let below = |suffix: u32| self.below[suffix as usize];
        match (self.sharing.unlisted(), order) {
            (Unlisted::Uniform, _) => {
                let uniform = 1.0 / (self.census.vocabulary_len() - 1) as f64;
                lower.resize(level.len(), uniform);
            }
            (Unlisted::LowerOrder, 2) => {
                lower.extend(level.tokens()?.iter().map(|token| below(token.0)));
            }
            (Unlisted::LowerOrder, _) => {
                let suffixes = level.suffixes()?;
                lower.extend(suffixes.iter().enumerate().map(|(at, &suffix)| {
                    if let Some(&ahead) = suffixes.get(at + LOOK_AHEAD) {
                        prefetch(&self.below, ahead as usize);
                    }
                    below(suffix)
                }));
            }
        }
        Ok(())
    }
}
