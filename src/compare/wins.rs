//! Here is what two voices made of a text; where did each do best against the other?

use serde::Serialize;

use super::excerpt::{Excerpt, Writer};
use super::held_out::HeldOut;
use super::places::Places;

/// Where each of two voices foresaw best what the other did not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wins {
    /// The name of the other voice.
    pub voice: String,
    /// Of how many places the first foresaw better.
    pub first_better: u64,
    /// Of how many the other did.
    pub other_better: u64,
    /// The first's largest wins, the largest first.
    pub first: Vec<Win>,
    /// The other's.
    pub other: Vec<Win>,
}

/// A place that one voice foresaw far better than another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Win {
    /// How many bits it took less.
    pub bits: f64,
    /// How probable what came was for the first voice.
    pub first_p: f64,
    /// And for the other.
    pub other_p: f64,
    /// What stands there.
    pub text: Excerpt,
}

/// The wins of the first voice and of another, at most `shown` each way, no two of one sentence.
pub fn wins(
    name: &str,
    first: &HeldOut,
    other: &HeldOut,
    places: &Places,
    writer: &Writer,
    shown: usize,
) -> Wins {
    let gain = |place: usize| other.surprisal_bits(place) - first.surprisal_bits(place);
    let all = 0..places.len();
    let largest = |sign: f64| {
        let sentences = 0..places.sentences().len();
        let mut best: Vec<(f64, usize)> = sentences
            .filter_map(|sentence| {
                let places = places.of_sentence(sentence);
                let gains = places.map(|place| (sign * gain(place), place));
                // The first of equals; what is impossible for both is nobody's win.
                let best = gains.filter(|(gain, _)| *gain > 0.0);
                best.reduce(|best, next| if next.0 > best.0 { next } else { best })
            })
            .collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let win = |&(bits, place): &(f64, usize)| Win {
            bits,
            first_p: first.log_probs[place].probability(),
            other_p: other.log_probs[place].probability(),
            text: writer.excerpt(&places.place(place)),
        };
        best.iter().take(shown).map(win).collect()
    };
    Wins {
        voice: name.to_owned(),
        first_better: all.clone().filter(|&place| gain(place) > 0.0).count() as u64,
        other_better: all.filter(|&place| gain(place) < 0.0).count() as u64,
        first: largest(1.0),
        other: largest(-1.0),
    }
}
