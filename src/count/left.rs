//! Here are suffixes, give me how many different tokens were seen before each n-gram.
//!
//! Every n-gram of order k + 1 is one more left neighbour of its suffix, so the
//! answer is how often each node of order k occurs among the suffixes of the order
//! above. Each thread owns a stretch of nodes, reads all suffixes, and counts
//! those in its stretch: nobody ever counts where another does. With little memory
//! there are more and shorter stretches.

use std::ops::Range;

use rayon::prelude::*;

use super::census::{Census, KeptTallies, Read};
use super::tally::Tallies;
use crate::error::Result;
use crate::store::Depot;
use crate::token::TokenId;

/// Kneser–Ney's counts of every n-gram of a census: see [`adjusted`](super::adjusted).
#[derive(Debug)]
pub struct Adjusted {
    /// By order below the highest, then by part; none where the raw counts stay.
    counts: Vec<Vec<Option<KeptTallies>>>,
}

impl Adjusted {
    /// Finds the counts of every order, with about so many bytes of memory.
    ///
    /// # Errors
    /// If the depot's disk fails.
    pub fn of(census: &Census, memory: u64, depot: &Depot) -> Result<Self> {
        let below = 1..census.order().get().max(2);
        let counts = below.map(|order| of_order(census, order, memory, depot));
        Ok(Adjusted {
            counts: counts.collect::<Result<_>>()?,
        })
    }

    /// The counts of one part's n-grams of an order.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read<'a>(&'a self, census: &'a Census, part: usize, order: usize) -> Result<Read<'a>> {
        match self
            .counts
            .get(order - 1)
            .and_then(|parts| parts[part].as_ref())
        {
            Some(adjusted) => adjusted.read(),
            None => census.parts()[part].level(order).raw(),
        }
    }
}

/// The counts of one order. What begins with `<s>` keeps its raw count; `<s>` itself gets 0.
fn of_order(
    census: &Census,
    order: usize,
    memory: u64,
    depot: &Depot,
) -> Result<Vec<Option<KeptTallies>>> {
    let start = census.division().part_of(TokenId::START.0);
    let mut counts: Vec<Option<KeptTallies>> = if order < census.order().get() {
        let stretches = stretches(census, order, memory).into_par_iter();
        let counted = stretches.map(|parts| count(census, order, parts, depot));
        counted
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .map(Some)
            .collect()
    } else {
        census.parts().iter().map(|_| None).collect()
    };
    counts[start] = match order {
        1 => Some(KeptTallies::keep([0].into_iter().collect(), depot)?),
        _ => None,
    };
    Ok(counts)
}

/// Runs of parts with about as many n-grams of an order each, one for each thread at least.
fn stretches(census: &Census, order: usize, memory: u64) -> Vec<Range<usize>> {
    let threads = rayon::current_num_threads();
    let at_once = memory as usize / size_of::<u32>() / threads;
    census.stretches(order, census.len(order).div_ceil(threads).min(at_once))
}

/// The left neighbours of each n-gram of these parts.
fn count(
    census: &Census,
    order: usize,
    parts: Range<usize>,
    depot: &Depot,
) -> Result<Vec<KeptTallies>> {
    let first = census.nodes(parts.start, order).start;
    let mut neighbours = vec![0u32; census.nodes(parts.end - 1, order).end - first];
    for part in census.parts() {
        let above = part.level(order + 1);
        for &suffix in above.suffix_nodes(order + 1)?.iter() {
            if let Some(count) = neighbours.get_mut((suffix as usize).wrapping_sub(first)) {
                *count += 1;
            }
        }
    }
    let of_part = |part| {
        let nodes = census.nodes(part, order);
        let neighbours = &neighbours[nodes.start - first..nodes.end - first];
        let tallies: Tallies = neighbours.iter().map(|&count| u64::from(count)).collect();
        KeptTallies::keep(tallies, depot)
    };
    parts.map(of_part).collect()
}
