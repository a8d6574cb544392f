//! Here is a tune as what happens in it, and each event as a token.
//!
//! A token says all of its event and nothing of its surroundings: `F#5:1/8` is
//! that note in any key, after any accidental, whatever the unit length. So the
//! same music is the same tokens however it was written, and what a model learns
//! of a note holds wherever the note stands. Tokens have no white space in them.

use std::fmt;

use super::key::Key;
use super::length::{Length, number};
use super::metre::Metre;
use super::pitch::{Pitch, PitchClass};

/// One thing that happens in a tune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The sort of tune, in small letters: `R:slip_jig`.
    Rhythm(String),
    /// The metre from here on: `M:6/8`.
    Metre(Metre),
    /// What the tune was written in; lengths do not depend on it: `L:1/8`.
    Unit(Length),
    /// The key from here on: `K:Edor`.
    Key(Key),
    /// What follows belongs to this voice, from 1: `V:2`.
    Voice(u16),
    /// A part begins, or in the head the order of parts: `P:A`.
    Part(String),
    /// Notes that begin together; one as a rule: `F#5:1/8`, `C4+E4:1/4`.
    Notes(Vec<Note>),
    /// Silence, `z:1/4`, or silence that is not shown, `x:1/4`.
    Rest {
        /// How long as written.
        length: Length,
        /// Whether a reader is shown it.
        shown: bool,
    },
    /// Silence for whole bars: `Z:2`.
    BarsRest(u16),
    /// The notes before go on into the next ones: `-`.
    Tie,
    /// A bar ends or begins: `|`, `||`, `:|` and so on.
    Bar(Bar),
    /// What follows is played in these rounds only: `[1`, `[1,3`.
    Ending(String),
    /// The next `notes` notes sound as `p` in the time of `q`: `(3:2:3`.
    Tuplet(Tuplet),
    /// Grace notes begin, `{`, or one that is crushed, `{/`.
    Grace {
        /// Whether it is crushed (an acciaccatura).
        crushed: bool,
    },
    /// Grace notes end: `}`.
    GraceEnd,
    /// What follows sounds together with the bar so far: `&`.
    Overlay,
    /// A slur begins: `(`.
    Slur,
    /// A slur ends: `)`.
    SlurEnd,
    /// A chord is named: `"Am7"`.
    Harmony(String),
    /// A decoration: `!trill!`.
    Decoration(String),
}

/// A note, or one of several that begin together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// How high.
    pub pitch: Pitch,
    /// How long as written: a tuplet makes it shorter, and in grace notes it takes no time.
    pub length: Length,
    /// Whether it alone of several goes on; where all do, a [`Event::Tie`] says so.
    pub tied: bool,
}

/// A bar line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// How often what is before it is repeated.
    pub repeats_before: u8,
    /// How often what is after it is repeated.
    pub repeats_after: u8,
    /// Its shape where nothing is repeated.
    pub line: Line,
}

/// The shape of a bar line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// `|`
    Plain,
    /// `||`
    Double,
    /// `|]`
    Final,
    /// `[|`
    Opening,
    /// `.|`
    Dotted,
    /// `[|]`
    Hidden,
}

impl Bar {
    /// A bar line of this shape.
    pub fn line(line: Line) -> Self {
        Bar {
            repeats_before: 0,
            repeats_after: 0,
            line,
        }
    }

    /// True if it parts sections: a repeat, a double bar, an end.
    pub fn parts_sections(self) -> bool {
        self.repeats_before + self.repeats_after > 0
            || matches!(self.line, Line::Double | Line::Final | Line::Opening)
    }

    fn parse(text: &str) -> Option<Self> {
        let line = match text {
            "|" => Line::Plain,
            "||" => Line::Double,
            "|]" => Line::Final,
            "[|" => Line::Opening,
            ".|" => Line::Dotted,
            "[|]" => Line::Hidden,
            _ => {
                let colons = |part: &str| part.bytes().all(|b| b == b':') && part.len() < 10;
                let (before, after) = match text {
                    "::" => (":", ":"),
                    _ => text.split_once('|')?,
                };
                return (colons(before) && colons(after)).then_some(Bar {
                    repeats_before: before.len() as u8,
                    repeats_after: after.len() as u8,
                    line: Line::Plain,
                });
            }
        };
        Some(Bar::line(line))
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colons = |times: u8| ":".repeat(times.into());
        match (self.repeats_before, self.repeats_after) {
            (0, 0) => f.write_str(match self.line {
                Line::Plain => "|",
                Line::Double => "||",
                Line::Final => "|]",
                Line::Opening => "[|",
                Line::Dotted => ".|",
                Line::Hidden => "[|]",
            }),
            (1, 1) => f.write_str("::"),
            (before, after) => write!(f, "{}|{}", colons(before), colons(after)),
        }
    }
}

/// So many notes sound as `p` in the time of `q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuplet {
    /// As many notes …
    pub p: u8,
    /// … in the time of so many …
    pub q: u8,
    /// … for the next so many.
    pub notes: u8,
}

impl Tuplet {
    /// The most notes a tuplet may have.
    pub const MOST: u8 = 64;

    /// The tuplet, unless one of its numbers is none.
    pub fn new(p: u64, q: u64, notes: u64) -> Option<Self> {
        let small = |n: u64| {
            u8::try_from(n)
                .ok()
                .filter(|n| (1..=Self::MOST).contains(n))
        };
        Some(Tuplet {
            p: small(p)?,
            q: small(q)?,
            notes: small(notes)?,
        })
    }

    /// What a written length is to be multiplied by.
    pub fn factor(self) -> Length {
        Length::new(self.q.into(), self.p.into()).unwrap_or(Length::ZERO)
    }
}

impl Event {
    /// From a token; nothing if it is none, as `<unk>`.
    pub fn parse(token: &str) -> Option<Self> {
        Some(match token {
            "-" => Event::Tie,
            "{" => Event::Grace { crushed: false },
            "{/" => Event::Grace { crushed: true },
            "}" => Event::GraceEnd,
            "&" => Event::Overlay,
            "(" => Event::Slur,
            ")" => Event::SlurEnd,
            _ => return Event::field(token).or_else(|| Event::other(token)),
        })
    }

    /// So many fifths up; a pitch that would leave MIDI's range stays where it is.
    #[must_use]
    pub fn transposed(&self, fifths: i32) -> Self {
        match self {
            Event::Key(key) => Event::Key(key.transposed(fifths)),
            Event::Harmony(name) => Event::Harmony(transposed_harmony(name, fifths)),
            Event::Notes(notes) => {
                let moved = |note: &Note| Note {
                    pitch: note.pitch.transposed(fifths).unwrap_or(note.pitch),
                    ..*note
                };
                Event::Notes(notes.iter().map(moved).collect())
            }
            other => other.clone(),
        }
    }

    fn field(token: &str) -> Option<Self> {
        let (name, value) = token.split_once(':')?;
        Some(match name {
            "R" => Event::Rhythm(value.to_owned()),
            "M" => Event::Metre(Metre::parse(value)?),
            "L" => Event::Unit(Length::parse(value).filter(|unit| !unit.is_zero())?),
            "K" => Event::Key(Key::from_token(value)?),
            "V" => Event::Voice(value.parse().ok()?),
            "P" => Event::Part(value.to_owned()),
            "Z" => Event::BarsRest(value.parse().ok().filter(|&bars| bars > 0)?),
            "z" | "x" => Event::Rest {
                length: Length::parse(value).filter(|length| !length.is_zero())?,
                shown: name == "z",
            },
            _ => return None,
        })
    }

    fn other(token: &str) -> Option<Self> {
        if let Some(bar) = Bar::parse(token) {
            return Some(Event::Bar(bar));
        }
        if let Some(rounds) = token.strip_prefix('[') {
            return are_rounds(rounds).then(|| Event::Ending(rounds.to_owned()));
        }
        if let Some(numbers) = token.strip_prefix('(') {
            let mut numbers = numbers.split(':').map(number);
            let mut next = || numbers.next().flatten();
            return Tuplet::new(next()?, next()?, next()?).map(Event::Tuplet);
        }
        let between = |mark| {
            let inner = token.strip_prefix(mark)?.strip_suffix(mark)?;
            (!inner.is_empty() && !inner.contains(['"', '!', '|', '['])).then_some(inner)
        };
        if let Some(name) = between('"') {
            return Some(Event::Harmony(name.to_owned()));
        }
        if let Some(name) = between('!') {
            return Some(Event::Decoration(name.to_owned()));
        }
        parse_notes(token).map(Event::Notes)
    }
}

/// `1`, `1,3`, `1-3`, or words between quotation marks.
fn are_rounds(text: &str) -> bool {
    let words = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match words {
        Some(words) => !words.contains('"'),
        None => {
            text.starts_with(|c: char| c.is_ascii_digit())
                && text
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == ',' || c == '-')
        }
    }
}

/// `C4+E4:1/4`; who has no length has that of the next.
fn parse_notes(token: &str) -> Option<Vec<Note>> {
    let mut notes: Vec<Note> = Vec::new();
    let mut length = None;
    for part in token.rsplit('+') {
        let (pitch, rest) = Pitch::parse(part)?;
        let (tied, rest) = match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !rest.is_empty() {
            let given = Length::parse(rest.strip_prefix(':')?)?;
            length = Some(given).filter(|length| !length.is_zero());
        }
        notes.push(Note {
            pitch,
            length: length?,
            tied,
        });
    }
    notes.reverse();
    Some(notes)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Rhythm(name) => write!(f, "R:{name}"),
            Event::Metre(metre) => write!(f, "M:{metre}"),
            Event::Unit(unit) => write!(f, "L:{unit}"),
            Event::Key(key) => write!(f, "K:{key}"),
            Event::Voice(number) => write!(f, "V:{number}"),
            Event::Part(name) => write!(f, "P:{name}"),
            Event::Notes(notes) => spell_notes(notes, f),
            Event::Rest { length, shown } => {
                write!(f, "{}:{length}", if *shown { 'z' } else { 'x' })
            }
            Event::BarsRest(bars) => write!(f, "Z:{bars}"),
            Event::Tie => f.write_str("-"),
            Event::Bar(bar) => bar.fmt(f),
            Event::Ending(rounds) => write!(f, "[{rounds}"),
            Event::Tuplet(Tuplet { p, q, notes }) => write!(f, "({p}:{q}:{notes}"),
            Event::Grace { crushed } => f.write_str(if *crushed { "{/" } else { "{" }),
            Event::GraceEnd => f.write_str("}"),
            Event::Overlay => f.write_str("&"),
            Event::Slur => f.write_str("("),
            Event::SlurEnd => f.write_str(")"),
            Event::Harmony(name) => write!(f, "\"{name}\""),
            Event::Decoration(name) => write!(f, "!{name}!"),
        }
    }
}

/// A chord's root moves, and its bass, which stands after a stroke.
fn transposed_harmony(name: &str, fifths: i32) -> String {
    let moved = |part: &str| match PitchClass::parse(part) {
        Some((root, rest)) => format!("{}{rest}", PitchClass::at_fifths(root.fifths() + fifths)),
        None => part.to_owned(),
    };
    let parts: Vec<String> = name.split('/').map(moved).collect();
    parts.join("/")
}

fn spell_notes(notes: &[Note], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, note) in notes.iter().enumerate() {
        let tie = if note.tied { "-" } else { "" };
        let plus = if place > 0 { "+" } else { "" };
        write!(f, "{plus}{}{tie}", note.pitch)?;
        let next = notes.get(place + 1);
        if next.is_none_or(|next| next.length != note.length) {
            write!(f, ":{}", note.length)?;
        }
    }
    Ok(())
}

/// A line of music that ends with a plain bar, and the next that begins with one, have it in common; so
/// do two between which everything was left out.
pub(super) fn share_bars(events: &mut Vec<Event>) {
    let plain = Bar::line(Line::Plain);
    events.dedup_by(|later, earlier| match (earlier, later) {
        (Event::Bar(_), Event::Bar(later)) if *later == plain => true,
        (Event::Bar(earlier), Event::Bar(later)) if *earlier == plain => {
            *earlier = *later;
            true
        }
        _ => false,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_its_event_and_back() {
        let tokens = "R:slip_jig M:6/8 M:none L:1/8 K:Edor K:Dphr,^f V:2 P:AABB F#5:1/8 Bb-1:3 \
            C4+E4:1/4 C4-+E4:1/4 C4:1/4+E4:1/2 z:1/4 x:3/8 Z:12 - | || |] [| |: :| :: .| [|] ::| |:: \
            [1 [1,3 (3:2:3 (5:3:5 { {/ } & ( ) \"Am7\" \"F#/A\" !trill!";
        for token in tokens.split_whitespace() {
            let event = Event::parse(token).unwrap_or_else(|| panic!("{token} is an event"));
            assert_eq!(event.to_string(), token);
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        for token in [
            "",
            "<unk>",
            "C4",
            "C4:",
            "C4:1/0",
            "H4:1/8",
            "(3",
            "(0:2:3",
            "[",
            "K:",
            "Q:120",
            ":",
            "L:0",
            "Z:0",
            "V:x",
            "\"",
            "+C4:1/8",
            "C4+:1/8",
            "|::::::::::",
        ] {
            assert_eq!(Event::parse(token), None, "{token}");
        }
    }
}
