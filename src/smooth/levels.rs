//! Here is a census, give me log10 p and back-offs, an order at a time.
//!
//! The fast way to what [`interpolate`](super::interpolate) says plainly, to the
//! same bits. Parts are smoothed side by side. Each order needs the one below, at
//! random places: if that fits into memory it is looked at there; if not, what
//! each n-gram needs of it is gathered beforehand, a stretch of the order below at
//! a time. Tables hold `f32` logarithms, which are made here, while the numbers
//! are in the cache.

use std::ops::Range;

use rayon::prelude::*;

use super::{Counted, Discounts, Estimate, Sharing, Statistics, Unlisted};
use crate::count::{Census, PartLevel};
use crate::error::Result;
use crate::pages::prefetch;
use crate::prob::log10_f32;
use crate::progress::Progress;
use crate::store::{Depot, Kept};
use crate::token::TokenId;

/// How many n-grams ahead the order below is asked for.
const LOOK_AHEAD: usize = 16;

/// The numbers of one order of a part, and of the contexts below it.
#[derive(Debug)]
pub struct SmoothedPart {
    /// log10 p of the part's n-grams of this order.
    pub log10_prob: Kept<f32>,
    /// log10 of the back-off weights of the part's n-grams of the order below; none at order 1.
    pub log10_backoff: Kept<f32>,
}

/// Smoothing on its way up the orders.
pub struct Smoother<'c> {
    counted: Counted<'c>,
    sharing: Box<dyn Sharing>,
    /// How many bytes the order below may take at once.
    memory: u64,
    depot: &'c Depot,
    /// p of every n-gram of the order below, part by part.
    below: Vec<Kept<f64>>,
    loaded: Loaded,
}

impl<'c> Smoother<'c> {
    /// Begins, by estimating what the method needs; about so many bytes of memory are used beside
    /// the depot.
    ///
    /// Where an order's counts cannot give its discounts, fixed ones are used and `progress` gets a
    /// warning.
    ///
    /// # Errors
    /// If the census cannot be read.
    ///
    /// # Panics
    /// If the method needs adjusted counts and there are none.
    pub fn new(
        estimate: &Estimate,
        counted: Counted<'c>,
        memory: u64,
        depot: &'c Depot,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Ok(Smoother {
            sharing: estimate.sharing(&counted, progress)?,
            counted,
            memory,
            depot,
            below: Vec::new(),
            loaded: Loaded::default(),
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

    fn census(&self) -> &'c Census {
        self.counted.census
    }

    /// The next order up, from 1: the numbers of each part.
    ///
    /// # Errors
    /// If the census cannot be read.
    pub fn level(&mut self, order: usize, progress: &dyn Progress) -> Result<Vec<SmoothedPart>> {
        let parts: Vec<(SmoothedPart, Option<Kept<f64>>)> = match order {
            1 => self.unigrams()?,
            _ => {
                // Out of `self` for a while, which is shared among threads meanwhile.
                let mut loaded = std::mem::take(&mut self.loaded);
                let mut below = std::mem::take(&mut self.below);
                let parts = self.higher(order, &mut below, &mut loaded, progress)?;
                self.loaded = loaded;
                parts
            }
        };
        let (smoothed, below): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        self.below = below.into_iter().flatten().collect();
        Ok(smoothed)
    }

    /// Order 1: one context, the empty one, over the uniform distribution.
    fn unigrams(&self) -> Result<Vec<(SmoothedPart, Option<Kept<f64>>)>> {
        let parts = 0..self.census().parts().len();
        let mut seen = Vec::with_capacity(self.census().vocabulary_len());
        for part in parts.clone() {
            seen.extend(self.counted.read(self.sharing.counts(), part, 1)?.iter());
        }
        seen[TokenId::START.index()] = 0;
        let mut probability = vec![0.0; seen.len()];
        let shared = self.sharing.share(1, &seen, &mut probability);
        let reserved = shared + self.given_back(1, 0, &probability);
        let uniform = reserved / self.predicted();
        probability.iter_mut().for_each(|p| *p += uniform);
        probability[TokenId::START.index()] = 0.0;
        let keep = |part| {
            let probability = probability[self.census().nodes(part, 1)].to_vec();
            self.keep(1, part, probability, &[])
        };
        parts.map(keep).collect()
    }

    /// A higher order, from the one below it.
    fn higher(
        &self,
        order: usize,
        below: &mut [Kept<f64>],
        loaded: &mut Loaded,
        progress: &dyn Progress,
    ) -> Result<Vec<(SmoothedPart, Option<Kept<f64>>)>> {
        let stretches = self.stretches(order - 1);
        let gathered = match &stretches[..] {
            [_all] => {
                loaded.load(below, 0, self.largest_below())?;
                Vec::new()
            }
            many => self.gather(order, many, below, loaded)?,
        };
        let loaded = &*loaded;
        let parts = (0..self.census().parts().len()).into_par_iter();
        let smoothed = parts.map(|part| {
            let lower = match gathered.get(part) {
                Some(gathered) => gathered.read()?.into_owned(),
                None => self.look_up(order, part, loaded)?,
            };
            progress.advance(lower.len() as u64);
            self.part(part, order, &lower)
        });
        smoothed.collect()
    }

    /// The logarithms of a part's numbers, and the probabilities for the order above.
    fn keep(
        &self,
        order: usize,
        part: usize,
        probability: Vec<f64>,
        backoff: &[f64],
    ) -> Result<(SmoothedPart, Option<Kept<f64>>)> {
        let smoothed = SmoothedPart {
            log10_prob: self
                .depot
                .keep(self.survivors_log10(order, part, &probability))?,
            log10_backoff: self.depot.keep(match order {
                1 => Vec::new(),
                _ => self.survivors_log10(order - 1, part, backoff),
            })?,
        };
        let is_top = order == self.census().order().get();
        let probability = (!is_top)
            .then(|| self.depot.keep(probability))
            .transpose()?;
        Ok((smoothed, probability))
    }

    fn part(
        &self,
        number: usize,
        order: usize,
        lower: &[f64],
    ) -> Result<(SmoothedPart, Option<Kept<f64>>)> {
        let contexts = self.census().parts()[number].level(order - 1);
        let counts = self.counted.read(self.sharing.counts(), number, order)?;
        let children = contexts.children()?;
        let first = self.census().nodes(number, order).start;
        let mut probability = vec![0.0; lower.len()];
        let mut backoff = Vec::with_capacity(contexts.len());
        let mut seen: Vec<u64> = Vec::new();
        for followers in children.windows(2) {
            let followers = followers[0] as usize..followers[1] as usize;
            if followers.is_empty() {
                backoff.push(self.sharing.backoff(None));
                continue;
            }
            seen.clear();
            seen.extend(followers.clone().map(|follower| counts.get(follower)));
            let shares = &mut probability[followers.clone()];
            let shared = self.sharing.share(order, &seen, shares);
            let reserved = shared + self.given_back(order, first + followers.start, shares);
            for (share, lower) in shares.iter_mut().zip(&lower[followers]) {
                *share += reserved * lower;
            }
            backoff.push(self.sharing.backoff(Some(reserved)));
        }
        self.keep(order, number, probability, &backoff)
    }

    /// The probability of followers that do not stay goes to what was not seen; `first` is the first
    /// of the followers' nodes.
    fn given_back(&self, order: usize, first: usize, shares: &[f64]) -> f64 {
        let Some(survivors) = self.counted.survivors else {
            return 0.0;
        };
        let followers = (first..).zip(shares);
        let pruned = followers.filter(|(node, _)| !survivors.stays(order, *node));
        pruned.map(|(_, share)| share).sum()
    }

    /// V: how many tokens are predicted.
    fn predicted(&self) -> f64 {
        (self.counted.vocabulary_len() - 1) as f64
    }

    /// log10 of those numbers of a part whose n-grams stay.
    fn survivors_log10(&self, order: usize, part: usize, numbers: &[f64]) -> Vec<f32> {
        let first = self.census().nodes(part, order).start;
        match self.counted.survivors {
            Some(survivors) => log10(&survivors.retain(order, first, numbers)),
            None => log10(numbers),
        }
    }

    /// Runs of parts whose n-grams of an order fit into memory together.
    fn stretches(&self, order: usize) -> Vec<Range<usize>> {
        let fit = (self.memory as usize / size_of::<f64>()).max(1);
        self.census().stretches(order, fit)
    }

    /// How many n-grams the largest order has that is ever below another.
    fn largest_below(&self) -> usize {
        let below = 1..self.census().order().get();
        below
            .map(|order| self.census().len(order))
            .max()
            .unwrap_or(0)
    }

    /// What each n-gram of a part is interpolated with, if the order below is in memory.
    /// Looks at random places wait for memory, and wait together where nothing else is done.
    fn look_up(&self, order: usize, part: usize, loaded: &Loaded) -> Result<Vec<f64>> {
        let level = self.census().parts()[part].level(order);
        if self.sharing.unlisted() == Unlisted::Uniform {
            return Ok(vec![1.0 / self.predicted(); level.len()]);
        }
        let suffixes = level.suffix_nodes(order)?;
        let look_up = |(at, &suffix): (usize, &u32)| {
            if let Some(&ahead) = suffixes.get(at + LOOK_AHEAD) {
                prefetch(&loaded.probability, ahead as usize);
            }
            loaded.probability[suffix as usize]
        };
        Ok(suffixes.iter().enumerate().map(look_up).collect())
    }

    /// The same for every part, if not all of the order below fits into memory at once.
    fn gather(
        &self,
        order: usize,
        stretches: &[Range<usize>],
        below: &mut [Kept<f64>],
        loaded: &mut Loaded,
    ) -> Result<Vec<Kept<f64>>> {
        let census = self.census();
        let empty = |level: &PartLevel| self.depot.keep(vec![0.0; level.len()]);
        let mut gathered: Vec<Kept<f64>> = (census.parts().iter())
            .map(|part| empty(part.level(order)))
            .collect::<Result<_>>()?;
        for stretch in stretches {
            let first = census.nodes(stretch.start, order - 1).start;
            let held = census.nodes(stretch.end - 1, order - 1).end - first;
            loaded.load(&mut below[stretch.clone()], first, held)?;
            let loaded = &*loaded;
            let parts = gathered.par_iter_mut().zip(census.parts());
            parts.try_for_each(|(gathered, part)| {
                let mut lower = gathered.take()?;
                let suffixes = part.level(order).suffix_nodes(order)?;
                for (lower, &suffix) in lower.iter_mut().zip(suffixes.iter()) {
                    if let Some(p) = loaded.get(suffix) {
                        *lower = p;
                    }
                }
                *gathered = self.depot.keep(lower)?;
                Ok(())
            })?;
        }
        Ok(gathered)
    }
}

/// p of some n-grams that follow one another, in memory; the room is used again.
#[derive(Default)]
struct Loaded {
    /// The node of the first.
    first: usize,
    len: usize,
    probability: Vec<f64>,
}

impl Loaded {
    /// Takes over what some parts hold, of which `first` is the first node. Room is made for so many.
    fn load(&mut self, parts: &mut [Kept<f64>], first: usize, room: usize) -> Result<()> {
        if self.probability.len() < room {
            self.probability = Vec::new();
            self.probability = vec![0.0; room];
        }
        let lens = parts.iter().map(Kept::len);
        (self.first, self.len) = (first, lens.clone().sum());
        let mut rest = &mut self.probability[..];
        let places = lens.map(|len| rest.split_off_mut(..len).expect("there is room for all"));
        let places: Vec<&mut [f64]> = places.collect();
        let tasks = places.into_par_iter().zip(parts);
        tasks.try_for_each(|(place, part)| {
            place.copy_from_slice(&part.take()?);
            Ok(())
        })
    }

    fn get(&self, node: u32) -> Option<f64> {
        let at = (node as usize).wrapping_sub(self.first);
        (at < self.len).then(|| self.probability[at])
    }
}

fn log10(probabilities: &[f64]) -> Vec<f32> {
    let mut logs = vec![0.0; probabilities.len()];
    log10_f32(probabilities, &mut logs);
    logs
}
