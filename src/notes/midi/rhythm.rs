//! Here is when keys were struck, tell me when notes begin and end.
//!
//! A file that was written from notes has them on a regular grid, and there they
//! stay. Who plays is early or late, and who writes often lets go of a key a little
//! before the note ends: such times are moved to the nearest sixteenth or triplet
//! eighth. Beginnings and ends are judged by themselves.

use serde::{Deserialize, Serialize};

use super::Recording;
use crate::notes::length::greatest_common_divisor;

/// To what times notes are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grid {
    /// A regular file stays as it is; other times are moved to sixteenths and triplet eighths.
    #[default]
    AsWritten,
    /// The nearest multiple of a whole note divided by so much.
    Of(u16),
}

/// A file whose times are all multiples of a whole note divided by so much, or by less, is regular.
const FINEST: u64 = 256;

/// Both sixteenths and triplet eighths are multiples of a whole note divided by this.
const COMMON: u64 = 48;

/// Moves all times of a recording; its unit may become a finer one.
pub(super) fn even(recording: &mut Recording, grid: Grid) {
    let of = match grid {
        Grid::AsWritten => COMMON,
        Grid::Of(of) => u64::from(of.max(1)),
    };
    refine(recording, of);
    let whole = recording.whole;
    let round = |regular: bool| {
        move |time: u64| match grid {
            Grid::Of(of) => nearest(time, whole / u64::from(of.max(1))),
            Grid::AsWritten if regular => time,
            Grid::AsWritten => nearest_common(time, whole),
        }
    };
    let strokes = &recording.strokes;
    let begin = round(is_regular(strokes.iter().map(|stroke| stroke.start), whole));
    let end = round(is_regular(strokes.iter().map(|stroke| stroke.end), whole));
    let shortest = match grid {
        Grid::Of(of) => whole / u64::from(of.max(1)),
        Grid::AsWritten => whole / 16,
    };
    for stroke in &mut recording.strokes {
        stroke.start = begin(stroke.start);
        stroke.end = end(stroke.end);
        if stroke.end <= stroke.start {
            stroke.end = stroke.start + shortest;
        }
    }
    recording
        .metres
        .iter_mut()
        .for_each(|(at, _)| *at = begin(*at));
    recording
        .keys
        .iter_mut()
        .for_each(|(at, _)| *at = begin(*at));
}

/// Takes a unit of which a whole note divided by `of` is a multiple.
fn refine(recording: &mut Recording, of: u64) {
    let times = of / greatest_common_divisor(of, recording.whole);
    recording.whole *= times;
    for stroke in &mut recording.strokes {
        stroke.start *= times;
        stroke.end *= times;
    }
    recording.metres.iter_mut().for_each(|(at, _)| *at *= times);
    recording.keys.iter_mut().for_each(|(at, _)| *at *= times);
}

fn is_regular(times: impl Iterator<Item = u64>, whole: u64) -> bool {
    let step = times.fold(whole, greatest_common_divisor);
    whole / step <= FINEST
}

fn nearest(time: u64, step: u64) -> u64 {
    (time + step / 2) / step * step
}

/// The nearest sixteenth or triplet eighth; a sixteenth, if both are as near.
fn nearest_common(time: u64, whole: u64) -> u64 {
    let (sixteenth, triplet) = (nearest(time, whole / 16), nearest(time, whole / 12));
    match time.abs_diff(triplet) < time.abs_diff(sixteenth) {
        true => triplet,
        false => sixteenth,
    }
}
