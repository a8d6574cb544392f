//! Here are figures of voices by sentence; tell me how sure their differences are.
//!
//! The paired bootstrap (Efron & Tibshirani 1993; Koehn 2004): sentences are
//! drawn with replacement as often as there are sentences, the same ones for all
//! voices, and the figures are computed anew; what 95 of a hundred such
//! repetitions give is the interval. Voices find the same sentences hard, so the
//! difference is surer than either figure.
//!
//! Repetition r throws dice of its own, stream r of the seed, so the outcome is
//! the same on any number of threads. Where there are more than
//! [`MOST_BLOCKS`] sentences, neighbours are drawn together: that costs no more
//! however long the text, and neighbours that resemble one another are not taken
//! for independent.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::held_out::HeldOut;
use super::places::Places;

/// So many blocks of sentences are drawn from at most.
pub const MOST_BLOCKS: usize = 10_000;

/// The ends of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower one.
    pub low: f64,
    /// The upper one.
    pub high: f64,
}

/// How often the figures are computed anew, and by which dice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Resampling {
    /// How often.
    pub times: usize,
    /// Decides the dice.
    pub seed: u64,
}

/// By how much a voice differs from the first, in bits per byte.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The name of the voice.
    pub voice: String,
    /// What it needs more than the first; less, if negative.
    pub bits_per_byte: f64,
    /// The 95 % interval of that; `None` if there is nothing to draw from.
    pub interval: Option<Interval>,
    /// The share of the repetitions in which it needs less than the first.
    pub better: f64,
}

/// What the repetitions gave.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// How many sentences are drawn together.
    pub sentences_a_block: usize,
    /// The 95 % interval of the bits per byte of every voice.
    pub intervals: Vec<Option<Interval>>,
    /// What every voice but the first differs by, from the first.
    pub differences: Vec<Difference>,
}

/// The bits that every voice took for a block of sentences, and the bytes it read.
struct Block(Vec<(f64, f64)>);

/// Resamples the text. Voices may have tokens of their own: `places` are each one's.
///
/// # Panics
/// If the voices read different numbers of sentences.
pub fn bootstrap(voices: &[(&str, &Places, &HeldOut)], resampling: Resampling) -> Bootstrap {
    let sentences = voices[0].1.sentences().len();
    let sentences_a_block = sentences.div_ceil(MOST_BLOCKS).max(1);
    let blocks = blocks(voices, sentences_a_block);
    let again: Vec<Vec<f64>> = (0..resampling.times as u64)
        .into_par_iter()
        .map(|number| repetition(&blocks, resampling.seed, number, voices.len()))
        .collect();
    let enough = blocks.len() >= 2 && !again.is_empty();
    let of = |figure: &dyn Fn(&[f64]) -> f64| {
        let mut figures: Vec<f64> = again.iter().map(|bits| figure(bits)).collect();
        figures.sort_unstable_by(f64::total_cmp);
        let whole = enough && figures.iter().all(|figure| figure.is_finite());
        whole.then(|| Interval {
            low: quantile(&figures, 0.025),
            high: quantile(&figures, 0.975),
        })
    };
    let bits_per_byte = |voice: usize| voices[voice].2.totals.bits_per_byte();
    let difference = |voice: usize| Difference {
        voice: voices[voice].0.to_owned(),
        bits_per_byte: bits_per_byte(voice) - bits_per_byte(0),
        interval: of(&|bits| bits[voice] - bits[0]),
        better: again.iter().filter(|bits| bits[voice] < bits[0]).count() as f64
            / again.len() as f64,
    };
    Bootstrap {
        sentences_a_block,
        intervals: (0..voices.len())
            .map(|voice| of(&|bits| bits[voice]))
            .collect(),
        differences: (1..voices.len()).map(difference).collect(),
    }
}

fn blocks(voices: &[(&str, &Places, &HeldOut)], sentences_a_block: usize) -> Vec<Block> {
    let sentences = voices[0].1.sentences().len();
    for (name, places, _) in voices {
        let theirs = places.sentences().len();
        assert_eq!(theirs, sentences, "{name} has other sentences");
    }
    let block = |first: usize| {
        let within = first..sentences.min(first + sentences_a_block);
        let of_voice = voices.iter().map(|(_, places, held_out)| {
            let own = within
                .clone()
                .flat_map(|sentence| places.of_sentence(sentence));
            let bits = own.map(|place| held_out.surprisal_bits(place)).sum();
            let bytes = places.sentences()[within.clone()].iter();
            let bytes: usize = bytes.map(|sentence| sentence.bytes + 1).sum();
            (bits, bytes as f64)
        });
        Block(of_voice.collect())
    };
    (0..sentences)
        .step_by(sentences_a_block)
        .map(block)
        .collect()
}

/// The bits per byte of every voice over blocks drawn with replacement.
fn repetition(blocks: &[Block], seed: u64, number: u64, voices: usize) -> Vec<f64> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    dice.set_stream(number);
    let mut sums = vec![(0.0, 0.0); voices];
    for _ in blocks {
        // The high half of a product is a number below the length, as even as 2⁻⁵⁰ allows.
        let drawn = u128::from(dice.next_u64()) * blocks.len() as u128;
        let block = &blocks[(drawn >> 64) as usize];
        for ((bits, bytes), more) in sums.iter_mut().zip(&block.0) {
            *bits += more.0;
            *bytes += more.1;
        }
    }
    sums.iter().map(|(bits, bytes)| bits / bytes).collect()
}

/// The value below which this share lies, of values in order.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[(share * last as f64).round() as usize]
}
