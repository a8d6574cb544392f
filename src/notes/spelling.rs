//! Here is a tune, give me the line of tokens that a model reads, and back.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::event::share_bars;
use super::{Event, Tune, abc};

/// Which of a tune's tokens a model reads, and in which key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spelling {
    /// How much of a tune is kept.
    pub detail: Detail,
    /// Every tune is transposed, by six semitones at most, to where the key it begins in has
    /// neither sharps nor flats: major to C, minor to A minor, dorian to D dorian.
    pub common_key: bool,
}

/// How much of a tune is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Detail {
    /// What sounds, and the bars.
    #[default]
    Melody,
    /// Parts, chord symbols, slurs and decorations as well.
    Full,
}

impl Spelling {
    /// All there are, the usual one first.
    pub const ALL: [Spelling; 4] = [
        Spelling::new(Detail::Melody, false),
        Spelling::new(Detail::Melody, true),
        Spelling::new(Detail::Full, false),
        Spelling::new(Detail::Full, true),
    ];

    const fn new(detail: Detail, common_key: bool) -> Self {
        Spelling { detail, common_key }
    }

    /// The name it goes by: `notes` and what is not as usual.
    pub const fn name(self) -> &'static str {
        match (self.detail, self.common_key) {
            (Detail::Melody, false) => "notes",
            (Detail::Melody, true) => "notes:common-key",
            (Detail::Full, false) => "notes:full",
            (Detail::Full, true) => "notes:full,common-key",
        }
    }

    /// The tokens of a tune, with a space between them.
    pub fn spell(self, tune: &Tune) -> String {
        let fifths = self.fifths(&tune.events);
        let kept = tune.events.iter().filter(|event| self.keeps(event));
        let mut events: Vec<Event> = kept.cloned().collect();
        share_bars(&mut events);
        let mut line = String::new();
        for event in &events {
            let space = if line.is_empty() { "" } else { " " };
            // Writing to a string does not fail.
            let _ = match fifths {
                0 => write!(line, "{space}{event}"),
                fifths => write!(line, "{space}{}", event.transposed(fifths)),
            };
        }
        line
    }

    /// How far to go, in fifths up.
    fn fifths(self, events: &[Event]) -> i32 {
        let first = events.iter().find_map(|event| match event {
            Event::Key(key) => Some(key.sharps()),
            _ => None,
        });
        match self.common_key {
            true => -first.unwrap_or(0),
            false => 0,
        }
    }

    fn keeps(self, event: &Event) -> bool {
        let extra = matches!(
            event,
            Event::Part(_)
                | Event::Harmony(_)
                | Event::Slur
                | Event::SlurEnd
                | Event::Decoration(_)
        );
        !extra || self.detail == Detail::Full
    }

    /// ABC of tokens; those that are none, as `<unk>`, are left out.
    pub fn unspell<'t>(tokens: impl IntoIterator<Item = &'t [u8]>) -> String {
        let tokens = tokens.into_iter();
        let events = tokens.filter_map(|token| Event::parse(str::from_utf8(token).ok()?));
        abc::write(&Tune {
            events: events.collect(),
            ..Tune::default()
        })
    }
}
