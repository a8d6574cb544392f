//! Here are voices of one vocabulary and what they made of a text; where and why do they differ?

use serde::Serialize;

use super::buckets::{Table, Witness, tables};
use super::calibration::{Calibration, calibration};
use super::excerpt::Writer;
use super::held_out::HeldOut;
use super::places::Places;
use super::probe::{Divergence, divergence, probe};
use super::wins::{Wins, wins};
use crate::model::LanguageModel;
use crate::progress::Progress;

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closeness {
    /// At how many places every voice is asked for its whole distribution.
    pub sample: usize,
    /// How many places are shown of each kind.
    pub shown: usize,
}

/// Where and why voices differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Details {
    /// The names of the voices; all are measured against the first.
    pub voices: Vec<String>,
    /// The voice whose counts the tables go by, if any has counts.
    pub counts_of: Option<String>,
    /// The places parted in several ways.
    pub tables: Vec<Table>,
    /// At how many places, evenly spread, whole distributions were asked for.
    pub sample: usize,
    /// Of so many.
    pub places: usize,
    /// How far every voice but the first is from the first.
    pub divergences: Vec<Divergence>,
    /// How well each voice knows how sure it may be.
    pub calibrations: Vec<Calibration>,
    /// Where every voice but the first does best against the first, and the first against it.
    pub wins: Vec<Wins>,
}

/// A voice, its name, and what it made of the text.
pub struct Judged<'a> {
    /// Its name.
    pub name: &'a str,
    /// The voice.
    pub model: &'a dyn LanguageModel,
}

/// Looks closely. `held_out` is what each voice made of the text, in the same order; `progress`
/// advances by the sampled places.
pub fn details(
    voices: &[Judged],
    held_out: &[HeldOut],
    places: &Places,
    writer: &Writer,
    closeness: Closeness,
    progress: &dyn Progress,
) -> Details {
    let witness = witness(voices);
    let models: Vec<&dyn LanguageModel> = voices.iter().map(|voice| voice.model).collect();
    let probes = probe(places, &models, closeness.sample, writer, progress);
    let others = || voices.iter().enumerate().skip(1);
    Details {
        voices: voices.iter().map(|voice| voice.name.to_owned()).collect(),
        tables: tables(
            places,
            held_out,
            witness.as_ref().map(|(_, witness)| witness),
        ),
        counts_of: witness.map(|(name, _)| name.to_owned()),
        sample: probes.len(),
        places: places.len(),
        divergences: others()
            .map(|(number, voice)| {
                divergence(voice.name, number, &probes, places, writer, closeness.shown)
            })
            .collect(),
        calibrations: voices
            .iter()
            .enumerate()
            .map(|(number, voice)| calibration(voice.name, number, &probes))
            .collect(),
        wins: others()
            .map(|(number, voice)| {
                let (first, other) = (&held_out[0], &held_out[number]);
                wins(voice.name, first, other, places, writer, closeness.shown)
            })
            .collect(),
    }
}

/// The first voice that has counts; one with a bound to its contexts, if there is any, for then it
/// is plain what a whole context is.
fn witness<'a>(voices: &[Judged<'a>]) -> Option<(&'a str, Witness<'a>)> {
    let bounded = voices
        .iter()
        .filter(|voice| voice.model.context_len().is_some());
    let all = bounded.chain(voices);
    all.filter_map(|voice| Some((voice.name, Witness::of(voice.model)?)))
        .next()
}
