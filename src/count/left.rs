//! Here are suffixes, give me how many different tokens were seen before each n-gram.
//!
//! Every n-gram of order k + 1 is one more left neighbour of its suffix, so the
//! answer is how often each node of order k occurs among the suffixes of the order
//! above. Each thread owns a stretch of nodes, reads all suffixes, and counts
//! those in its stretch: nobody ever counts where another does. With little memory
//! there are more and shorter stretches.

use std::ops::Range;

use rayon::prelude::*;

use super::census::{Census, KeptTallies};
use super::tally::Tallies;
use crate::error::Result;
use crate::store::Depot;
use crate::token::TokenId;

/// Finds Kneser–Ney's counts for every order below the highest, with about so many bytes of memory.
///
/// What begins with `<s>`, and the highest order, keep their raw counts; `<s>` itself gets 0.
pub(super) fn adjust(census: &mut Census, memory: u64, depot: &Depot) -> Result<()> {
    for order in 1..census.order().get() {
        let counted: Vec<Vec<KeptTallies>> = stretches(census, order, memory)
            .into_par_iter()
            .map(|parts| count(census, order, parts, depot))
            .collect::<Result<_>>()?;
        let start = TokenId::START.index();
        let start = census.division().part_of(start as u32);
        for (number, adjusted) in counted.into_iter().flatten().enumerate() {
            if number != start || order == 1 {
                census.parts_mut()[number]
                    .level_mut(order)
                    .set_adjusted(adjusted);
            }
        }
    }
    if census.order().get() == 1 {
        forget_starts(census, depot)?;
    }
    Ok(())
}

/// At order 1 alone the raw counts stay, but for that of `<s>`, which is never predicted.
fn forget_starts(census: &mut Census, depot: &Depot) -> Result<()> {
    let start = census.division().part_of(TokenId::START.0);
    let none = KeptTallies::keep([0].into_iter().collect(), depot)?;
    census.parts_mut()[start].level_mut(1).set_adjusted(none);
    Ok(())
}

/// Runs of parts with about as many n-grams of an order each, one for each thread at least.
fn stretches(census: &Census, order: usize, memory: u64) -> Vec<Range<usize>> {
    let threads = rayon::current_num_threads();
    let nodes = census.len(order);
    let at_once = (memory as usize / size_of::<u32>() / threads).max(1);
    let share = nodes.div_ceil(threads).min(at_once).max(1);
    let mut stretches = Vec::new();
    let mut first = 0;
    for part in 0..census.parts().len() {
        let held = census.nodes(part, order).end - census.nodes(first, order).start;
        if held >= share || part + 1 == census.parts().len() {
            stretches.push(first..part + 1);
            first = part + 1;
        }
    }
    stretches
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
        match order {
            1 => above
                .tokens()?
                .iter()
                .for_each(|token| bump(&mut neighbours, token.0, first)),
            _ => above
                .suffixes()?
                .iter()
                .for_each(|&suffix| bump(&mut neighbours, suffix, first)),
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

fn bump(neighbours: &mut [u32], node: u32, first: usize) {
    if let Some(count) = neighbours.get_mut((node as usize).wrapping_sub(first)) {
        *count += 1;
    }
}
