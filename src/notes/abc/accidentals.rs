//! Here is a letter in its octave, tell me what alters it: the key, a note earlier in the bar, or
//! the note that it is tied to.

use crate::notes::Letter;

/// The accidentals in force at one place of one voice.
#[derive(Clone, Debug)]
pub(super) struct Accidentals {
    key: [i8; 7],
    /// Those of this bar, the latest last, one for each letter, octave and sort.
    marks: Vec<Mark>,
    /// The notes that go on into the next.
    tied: Vec<Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    letter: Letter,
    octave: i32,
    alteration: i8,
    grace: bool,
}

/// How far an accidental reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// Its own note alone.
    Note,
    /// The bar, in its octave.
    Octave,
    /// The bar, in all octaves; the standard's default (11.3).
    Bar,
}

impl Accidentals {
    pub(super) fn of_key(key: [i8; 7]) -> Self {
        Accidentals {
            key,
            marks: Vec::new(),
            tied: Vec::new(),
        }
    }

    pub(super) fn set_key(&mut self, key: [i8; 7]) {
        self.key = key;
        self.marks.clear();
    }

    /// A bar line takes all accidentals back, but not those of tied notes.
    pub(super) fn end_bar(&mut self) {
        self.marks.clear();
    }

    pub(super) fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Notes an accidental that was written.
    pub(super) fn mark(&mut self, letter: Letter, octave: i32, alteration: i8, grace: bool) {
        let same = |m: &Mark| (m.letter, m.octave, m.grace) == (letter, octave, grace);
        self.marks.retain(|mark| !same(mark));
        self.marks.push(Mark {
            letter,
            octave,
            alteration,
            grace,
        });
    }

    /// A note goes on into the next.
    pub(super) fn tie(&mut self, letter: Letter, octave: i32, alteration: i8) {
        self.tied.push(Mark {
            letter,
            octave,
            alteration,
            grace: false,
        });
    }

    /// What was tied has been reached.
    pub(super) fn untie(&mut self) {
        self.tied.clear();
    }

    /// What alters a note without an accidental of its own.
    pub(super) fn implied(&self, letter: Letter, octave: i32, reach: Reach) -> i8 {
        self.tied_to(letter, octave)
            .unwrap_or_else(|| self.in_bar(letter, octave, reach, true))
    }

    /// The same if all who might read it would say so: accidentals may reach far or not, those of
    /// grace notes may or may not count, and a tie may or may not carry one over a bar line.
    pub(super) fn implied_by_all(&self, letter: Letter, octave: i32) -> Option<i8> {
        let usual = self.in_bar(letter, octave, Reach::Bar, true);
        let agreed = self.in_bar(letter, octave, Reach::Octave, true) == usual
            && self.in_bar(letter, octave, Reach::Bar, false) == usual
            && self.in_bar(letter, octave, Reach::Octave, false) == usual
            && self
                .tied_to(letter, octave)
                .is_none_or(|tied| tied == usual);
        agreed.then_some(usual)
    }

    fn tied_to(&self, letter: Letter, octave: i32) -> Option<i8> {
        let same = |mark: &&Mark| (mark.letter, mark.octave) == (letter, octave);
        self.tied.iter().find(same).map(|mark| mark.alteration)
    }

    fn in_bar(&self, letter: Letter, octave: i32, reach: Reach, graces: bool) -> i8 {
        let reaches = |mark: &&Mark| {
            mark.letter == letter
                && (graces || !mark.grace)
                && match reach {
                    Reach::Note => false,
                    Reach::Octave => mark.octave == octave,
                    Reach::Bar => true,
                }
        };
        let found = self.marks.iter().rev().find(reaches);
        found.map_or(self.key[letter as usize], |mark| mark.alteration)
    }
}
