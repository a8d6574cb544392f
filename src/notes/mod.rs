//! Here is a tune, give me its notes, and back.
//!
//! In comes a tune as people write it down, ABC; out comes a [`Tune`]: a list of
//! [`Event`]s, each of which spells one token. Events go back to ABC
//! ([`abc::write`]). What is between is the music as it sounds: a pitch with the
//! accidental that key and bar give it, a length as a fraction of a whole note.
//!
//! What is known of a tune is had from its events: which [`bars`] sum to the
//! metre, and what sounds and when ([`perform`]), which goes into a MIDI file
//! ([`midi`]) or a [`picture`].
//!
//! # What is kept and what is not
//!
//! | of a tune | [`Detail::Melody`] | [`Detail::Full`] |
//! |---|---|---|
//! | R, M, L, K at its head; M and K inside it; voices (V) | kept | kept |
//! | notes, chords of notes, rests, ties, tuplets, grace notes | kept | kept |
//! | bar lines, repeats, endings, overlays | kept | kept |
//! | parts (P), chord symbols, slurs, decorations | dropped | kept |
//!
//! Broken rhythm (`A>B`) becomes the lengths it means, and so do L inside a tune
//! and `octave=`; a decoration's letter becomes its name. Titles and the number
//! stand aside in the [`Tune`]. Dropped are annotations (`"^slowly"`), lyrics,
//! tempo, symbol lines, layout, comments, `%%` directives and the fields that
//! only tell about a tune. Refused by name are macros (`m:`), microtones,
//! `transpose=`, and overlays of several bars (`(&`).
//!
//! The standard followed is ABC 2.1; what is older and still common is read as
//! well, such as `+trill+` and a lone `!` that breaks a line.

pub mod abc;
mod bars;
mod event;
mod key;
mod length;
mod metre;
pub mod midi;
mod performance;
pub mod picture;
mod pitch;
mod spelling;

pub use bars::{Bars, bars};
pub use event::{Bar, Event, Line, Note, Tuplet};
pub use key::{Key, Mode};
pub use length::Length;
pub use metre::Metre;
pub use performance::{Performance, QUARTER, Sound, WHOLE, perform};
pub use pitch::{Letter, Pitch, PitchClass};
pub use spelling::{Detail, Spelling};

/// A tune: what happens in it, and what is told about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tune {
    /// What happens, in the order of the text.
    pub events: Vec<Event>,
    /// Its number in the collection, as written after X.
    pub reference: Option<String>,
    /// Its titles.
    pub titles: Vec<String>,
}

/// Why a tune cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the text, from 1.
    pub line: u64,
    /// What is wrong, in one clause.
    pub what: String,
}
