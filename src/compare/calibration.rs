//! Here is what a voice thought at places of a text; did it promise what it kept?
//!
//! A voice that says "90 %" should be right nine times in ten. Its most probable
//! tokens are parted by the probability it gave them, in ten bins, and in each what
//! it promised is set beside how often it was right: the reliability diagram, and
//! the expected calibration error, Σ share · |right − promised| (Naeini et al.
//! 2015; Guo et al. 2017). The same question in bits: the entropy is the surprisal
//! it expected, and what it met tells whether it was too sure of itself.

use serde::Serialize;

use super::mean::{Clusters, Mean};
use super::probe::{Probe, mean};

/// So many bins of equal width part the probabilities.
pub const BINS: usize = 10;

/// How well a voice knows how sure it may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The name of the voice.
    pub voice: String,
    /// The expected calibration error, from 0 to 1.
    pub error: f64,
    /// How often its most probable token came.
    pub right: Mean,
    /// The surprisal it expected: its mean entropy, in bits.
    pub expected_bits: Mean,
    /// The surprisal it met, in bits.
    pub met_bits: Mean,
    /// The bins that hold any place, from the lowest probability on.
    pub bins: Vec<Bin>,
}

/// Places at which a voice gave its most probable token about the same probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The lowest probability it holds.
    pub from: f64,
    /// The lowest it no longer holds; 1 belongs to the last.
    pub to: f64,
    /// How many places it holds.
    pub places: usize,
    /// The mean probability given.
    pub promised: f64,
    /// How often the token came.
    pub right: Mean,
}

/// The calibration of voice `number` at these places.
pub fn calibration(name: &str, number: usize, probes: &[Probe]) -> Calibration {
    let all = probes.len() as f64;
    let bins: Vec<Bin> = (0..BINS).filter_map(|at| bin(at, number, probes)).collect();
    let off = bins.iter().map(|bin| {
        let share = bin.places as f64 / all;
        share * (bin.right.value - bin.promised).abs()
    });
    Calibration {
        voice: name.to_owned(),
        error: off.sum(),
        right: mean(probes, |probe| {
            f64::from(u8::from(probe.thoughts[number].hit))
        }),
        expected_bits: mean(probes, |probe| probe.thoughts[number].entropy_bits),
        met_bits: mean(probes, |probe| probe.thoughts[number].surprisal_bits),
        bins,
    }
}

fn bin(at: usize, number: usize, probes: &[Probe]) -> Option<Bin> {
    let of =
        |probe: &&Probe| ((probe.thoughts[number].confidence * BINS as f64) as usize).min(BINS - 1);
    let held: Vec<&Probe> = probes.iter().filter(|probe| of(probe) == at).collect();
    let places = held.len();
    let promised: f64 = held
        .iter()
        .map(|probe| probe.thoughts[number].confidence)
        .sum();
    let sentences = held.chunk_by(|a, b| a.sentence == b.sentence);
    let right = sentences.map(|probes| {
        let right = probes.iter().filter(|probe| probe.thoughts[number].hit);
        (right.count() as f64, probes.len() as f64)
    });
    (places > 0).then(|| Bin {
        from: at as f64 / BINS as f64,
        to: (at + 1) as f64 / BINS as f64,
        places,
        promised: promised / places as f64,
        right: right.collect::<Clusters>().mean(),
    })
}
