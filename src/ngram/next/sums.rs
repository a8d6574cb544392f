//! Here are probabilities, give me their sums.
//!
//! Sums are taken in [`LANES`] parts that are added at the end: a vector of the processor holds
//! several, and the result is the same for every width of it.

use std::f64::consts::LN_10;

use rayon::prelude::*;

use super::entropy::Openness;
use crate::prob::{CompensatedSum, exp10};
use crate::wide::widest;

/// So many sums go side by side.
const LANES: usize = 8;

/// A thread takes so many numbers of a long list.
const PIECE: usize = if cfg!(test) { 64 } else { 1 << 14 };

/// Below, p is 0 in all that an `f64` can add up; and 0 · −∞ would be NaN.
const NOTHING: f64 = -300.0;

/// p, and p · log10 p.
#[inline(always)]
fn terms(log10_prob: f32) -> (f64, f64) {
    let log10 = f64::from(log10_prob);
    let log10 = if log10 > NOTHING { log10 } else { NOTHING };
    let p = exp10(log10);
    (p, p * log10)
}

/// What one probability adds.
#[inline(always)]
pub(super) fn of_one(log10_prob: f32) -> Openness {
    let (mass, log10) = terms(log10_prob);
    Openness {
        mass,
        mass_log: log10 * LN_10,
    }
}

/// Each of up to `N` probabilities, and zeros after them; `N` is a multiple of [`LANES`].
pub(super) fn probabilities<const N: usize>(log10_prob: &[f32]) -> [f64; N] {
    widest(
        #[inline(always)]
        || probabilities_in_lanes(log10_prob),
    )
}

#[inline(always)]
fn probabilities_in_lanes<const N: usize>(log10_prob: &[f32]) -> [f64; N] {
    let mut probabilities = [0.0; N];
    let (slots, _) = probabilities.as_chunks_mut::<LANES>();
    for (slots, numbers) in slots.iter_mut().zip(log10_prob.chunks(LANES)) {
        let mut whole = [f32::NEG_INFINITY; LANES];
        whole[..numbers.len()].copy_from_slice(numbers);
        *slots = whole.map(|number| terms(number).0);
    }
    probabilities[log10_prob.len()..].fill(0.0);
    probabilities
}

/// The sums of a list.
pub(super) fn of_list(log10_prob: &[f32]) -> Openness {
    // Left to itself the compiler keeps so long a loop outside, in the vectors of any processor:
    // that takes more than twice as long.
    widest(
        #[inline(always)]
        || of_list_in_lanes(log10_prob),
    )
}

#[inline(always)]
fn of_list_in_lanes(log10_prob: &[f32]) -> Openness {
    let (whole, rest) = log10_prob.as_chunks::<LANES>();
    let mut last = [f32::NEG_INFINITY; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let (mut mass, mut log10) = ([0.0; LANES], [0.0; LANES]);
    for numbers in whole {
        add_terms(numbers, &mut mass, &mut log10);
    }
    if !rest.is_empty() {
        add_terms(&last, &mut mass, &mut log10);
    }
    Openness {
        mass: mass.iter().sum(),
        mass_log: log10.iter().sum::<f64>() * LN_10,
    }
}

#[inline(always)]
fn add_terms(numbers: &[f32; LANES], mass: &mut [f64; LANES], log10: &mut [f64; LANES]) {
    let lanes = mass.iter_mut().zip(log10).zip(numbers);
    for ((mass, log10), &number) in lanes {
        let (p, p_log10) = terms(number);
        *mass += p;
        *log10 += p_log10;
    }
}

/// The sums of what stands at some places of a list.
pub(super) fn of_places(log10_prob: &[f32], places: &[u32]) -> Openness {
    /// So many are fetched, and then summed.
    const AT_ONCE: usize = 128;
    let mut sums = Openness::default();
    let mut fetched = [0.0; AT_ONCE];
    for places in places.chunks(AT_ONCE) {
        for (slot, &place) in fetched.iter_mut().zip(places) {
            *slot = log10_prob[place as usize];
        }
        sums.add(of_list(&fetched[..places.len()]));
    }
    sums
}

/// The sums of a list that all threads share if it is long, by a function for its pieces.
pub(super) fn in_pieces(
    len: usize,
    of_piece: impl Fn(std::ops::Range<usize>) -> Openness + Sync,
) -> Openness {
    if len <= PIECE {
        return of_piece(0..len);
    }
    let pieces = (0..len.div_ceil(PIECE)).into_par_iter();
    let pieces = pieces.map(|piece| of_piece(piece * PIECE..len.min((piece + 1) * PIECE)));
    let pieces: Vec<Openness> = pieces.collect();
    let total = |term: fn(&Openness) -> f64| -> f64 {
        let sum: CompensatedSum = pieces.iter().map(term).collect();
        sum.value()
    };
    Openness {
        mass: total(|piece| piece.mass),
        mass_log: total(|piece| piece.mass_log),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(numbers: impl Iterator<Item = f32>) -> Openness {
        let mut sums = Openness::default();
        for number in numbers.filter(|number| *number > f32::NEG_INFINITY) {
            let p = 10f64.powf(number.into());
            sums.mass += p;
            sums.mass_log += p * p.ln();
        }
        sums
    }

    fn assert_close(found: Openness, expected: Openness) {
        for (found, expected) in [
            (found.mass, expected.mass),
            (found.mass_log, expected.mass_log),
        ] {
            let tolerance = 1e-12 * (1.0 + expected.abs());
            assert!(
                (found - expected).abs() < tolerance,
                "{found} for {expected}"
            );
        }
    }

    proptest! {
        #[test]
        fn sums_are_those_of_one_after_another(
            numbers in prop::collection::vec(
                prop_oneof![-9.0f32..0.0, Just(f32::NEG_INFINITY), Just(0.0), Just(-99.0)], 0..400),
            seed in any::<u32>(),
        ) {
            assert_close(of_list(&numbers), plain(numbers.iter().copied()));
            let whole = in_pieces(numbers.len(), |piece| of_list(&numbers[piece]));
            assert_close(whole, plain(numbers.iter().copied()));
            let len = numbers.len() as u32;
            let places: Vec<u32> = (0..len).map(|place| (place ^ seed) % len).collect();
            let there = places.iter().map(|&place| numbers[place as usize]);
            assert_close(of_places(&numbers, &places), plain(there));
            for (&number, p) in numbers.iter().zip(probabilities::<400>(&numbers)) {
                prop_assert!((p - 10f64.powf(number.into())).abs() < 1e-14);
                assert_close(of_one(number), plain(std::iter::once(number)));
            }
        }
    }
}
