//! Here is a Standard MIDI File, give me a tune, and back.
//!
//! What is written ([`write()`]) is a tune as it is played. What is read ([`read`])
//! is first what the file says ([`Recording`]): which key was down from when to when,
//! and where metres and keys changed. A tune is made of that in three steps, each of
//! which adds what a performance does not tell:
//!
//! ```text
//! bytes ─▶ strokes in ticks ─▶ in even time ─▶ in parts ─▶ bars, tuplets, ties: events
//!          recording            rhythm          parts       score
//! ```
//!
//! The events are those that ABC gives: a tune that was written as MIDI and is read
//! again has the same pitches and lengths, though repeats are played out, grace notes
//! are notes, and the mode of a key is major or minor.
//!
//! # What is kept and what is not
//!
//! Kept are notes, metres (4/4 if none is given, as the standard says) and keys (C if
//! none is given); names of the tune become its titles. Notes are spelt as the key has
//! them. Drums, the tenth channel, are left out, and so are tempo, loudness, bends,
//! pedals, instruments and lyrics. Refused by name are files of independent sequences
//! (format 2) and times in SMPTE frames, which have no beats.
//!
//! The standard followed is the MIDI Manufacturers Association's Standard MIDI Files
//! 1.0 (RP-001, 1996).

mod parts;
mod recording;
mod rhythm;
mod score;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

pub use recording::{Recording, Stroke, is_midi};
pub use rhythm::Grid;
pub use write::write;

use super::Tune;

/// How a tune is made of a MIDI file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Listening {
    /// Whose notes are kept.
    pub tracks: Tracks,
    /// To what times notes are moved.
    pub grid: Grid,
}

/// Whose notes are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tracks {
    /// Those of the highest part, a note at a time: where several sound, the highest.
    #[default]
    Melody,
    /// All, each track and channel a voice, with chords.
    All,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where in the file, for people: "track 2, byte 123"; nothing if it is the whole.
    pub place: Option<String>,
    /// What is wrong, in one clause.
    pub what: String,
}

impl Unreadable {
    fn whole(what: impl Into<String>) -> Self {
        Unreadable {
            place: None,
            what: what.into(),
        }
    }
}

/// The tune of a MIDI file.
///
/// # Errors
/// What the file breaks, and where; or that it has no notes, or is of a kind that has no tune.
pub fn read(bytes: &[u8], listening: Listening) -> Result<Tune, Unreadable> {
    let mut recording = Recording::read(bytes)?;
    rhythm::even(&mut recording, listening.grid);
    let parts = parts::parts(&recording, listening.tracks);
    score::score(&recording, &parts)
}
