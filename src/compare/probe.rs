//! Here are places of a text; ask every voice there for all it thinks possible.
//!
//! A whole distribution is a number for every token of the vocabulary, so it is
//! asked at a sample of places, evenly spread, and only what is made of it is kept:
//! how open the choice was, what was thought most probable, how probable what came
//! was, and how far every voice was from the first. At each of these places all of
//! it is exact; only the averages are of a sample, and have intervals.

use rayon::prelude::*;
use serde::Serialize;

use super::divergence::jensen_shannon_bits;
use super::excerpt::{Excerpt, Writer};
use super::mean::{Clusters, Mean};
use super::places::Places;
use crate::model::{Distribution, LanguageModel};
use crate::progress::Progress;

/// So many of the most probable tokens are kept of each place.
const TOP: usize = 3;

/// What a voice thought at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Thought {
    /// The entropy of its distribution, in bits.
    pub entropy_bits: f64,
    /// The surprisal of what came, in bits.
    pub surprisal_bits: f64,
    /// The probability of what it thought most probable.
    pub confidence: f64,
    /// True if that came.
    pub hit: bool,
    /// What it thought most probable.
    pub top: Vec<Choice>,
}

/// A token, as people read it, and its probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The token.
    pub text: String,
    /// Its probability.
    pub p: f64,
}

/// What all voices thought at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The number of the place in the text.
    pub place: usize,
    /// The number of its sentence.
    pub sentence: usize,
    /// Each voice's thought.
    pub thoughts: Vec<Thought>,
    /// The Jensen–Shannon divergence of every voice but the first from the first, in bits.
    pub divergences: Vec<f64>,
}

/// Asks all voices at so many places. `progress` advances by the places.
pub fn probe(
    places: &Places,
    voices: &[&dyn LanguageModel],
    sample: usize,
    writer: &Writer,
    progress: &dyn Progress,
) -> Vec<Probe> {
    let one = |&number: &usize| {
        let place = places.place(number);
        let ask =
            |voice: &&dyn LanguageModel| voice.distribution(&place.context(voice.context_len()));
        let distributions: Vec<Distribution> = voices.iter().map(ask).collect();
        let first = distributions[0].log_probs();
        let thought = |distribution: &Distribution| {
            let ranked = distribution.top(TOP);
            Thought {
                entropy_bits: distribution.entropy_bits(),
                surprisal_bits: distribution.log_prob(place.token()).surprisal_bits(),
                confidence: ranked[0].log_prob.probability(),
                hit: ranked[0].token == place.token(),
                top: ranked
                    .iter()
                    .map(|candidate| writer.choice(candidate))
                    .collect(),
            }
        };
        progress.advance(1);
        Probe {
            place: number,
            sentence: place.sentence,
            thoughts: distributions.iter().map(thought).collect(),
            divergences: distributions[1..]
                .iter()
                .map(|other| jensen_shannon_bits(first, other.log_probs()))
                .collect(),
        }
    };
    places.spread(sample).par_iter().map(one).collect()
}

/// The mean of something over probes, with sentences as clusters.
pub(super) fn mean(probes: &[Probe], value: impl Fn(&Probe) -> f64) -> Mean {
    let sentences = probes.chunk_by(|a, b| a.sentence == b.sentence);
    let clusters = sentences.map(|probes| {
        let sum: f64 = probes.iter().map(&value).sum();
        (sum, probes.len() as f64)
    });
    clusters.collect::<Clusters>().mean()
}

/// How far a voice is from the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// The name of the voice.
    pub voice: String,
    /// The mean Jensen–Shannon divergence, in bits.
    pub mean_bits: Mean,
    /// Where it is largest, the largest first.
    pub places: Vec<DivergentPlace>,
}

/// A place where two voices think very different things.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DivergentPlace {
    /// The Jensen–Shannon divergence there, in bits.
    pub bits: f64,
    /// What stands there.
    pub text: Excerpt,
    /// What the first thought most probable.
    pub first: Vec<Choice>,
    /// What the other thought most probable.
    pub other: Vec<Choice>,
}

/// The divergence of voice `number` from the first, with the `shown` most different places, no two
/// of one sentence.
pub fn divergence(
    name: &str,
    number: usize,
    probes: &[Probe],
    places: &Places,
    writer: &Writer,
    shown: usize,
) -> Divergence {
    let bits = |probe: &Probe| probe.divergences[number - 1];
    let sentences = probes.chunk_by(|a, b| a.sentence == b.sentence);
    let most = |probes: &'_ [Probe]| {
        let farther = |a: &usize, b: &usize| {
            let by_bits = bits(&probes[*a]).total_cmp(&bits(&probes[*b]));
            by_bits.then(b.cmp(a))
        };
        (0..probes.len()).max_by(farther)
    };
    let mut farthest: Vec<&Probe> = sentences
        .filter_map(|probes| most(probes).map(|at| &probes[at]))
        .collect();
    farthest.sort_by(|a, b| bits(b).total_cmp(&bits(a)).then(a.place.cmp(&b.place)));
    let place = |probe: &&Probe| DivergentPlace {
        bits: bits(probe),
        text: writer.excerpt(&places.place(probe.place)),
        first: probe.thoughts[0].top.clone(),
        other: probe.thoughts[number].top.clone(),
    };
    Divergence {
        voice: name.to_owned(),
        mean_bits: mean(probes, bits),
        places: farthest.iter().take(shown).map(place).collect(),
    }
}
