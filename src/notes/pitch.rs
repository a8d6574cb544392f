//! Here is a pitch as it is spelt: letter, accidental, octave.
//!
//! F♯ and G♭ sound alike and are two pitches here, for a writer meant one of
//! them. Spellings lie on the line of fifths (… B♭ F C G D …), on which a
//! transposition is a step to the side: whatever key it leads to, every note
//! keeps its place in the scale.

use std::fmt;

/// The letter of a pitch, from C up, as octaves are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the letters name themselves")]
pub enum Letter {
    C,
    D,
    E,
    F,
    G,
    A,
    B,
}

impl Letter {
    /// From C up.
    pub const ALL: [Letter; 7] = [
        Letter::C,
        Letter::D,
        Letter::E,
        Letter::F,
        Letter::G,
        Letter::A,
        Letter::B,
    ];

    /// Semitones above C.
    pub fn semitones(self) -> i32 {
        [0, 2, 4, 5, 7, 9, 11][self as usize]
    }

    /// Its place on the line of fifths; C is 0.
    pub fn fifths(self) -> i32 {
        [0, 2, 4, -1, 1, 3, 5][self as usize]
    }

    /// From a letter, large or small.
    pub fn parse(character: char) -> Option<Self> {
        let found = "CDEFGAB".find(character.to_ascii_uppercase());
        found.map(|at| Letter::ALL[at])
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A letter and how many semitones its accidental raises it: a pitch in no octave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PitchClass {
    /// The letter.
    pub letter: Letter,
    /// From −2, a double flat, to 2, a double sharp.
    pub alteration: i8,
}

impl PitchClass {
    /// Its place on the line of fifths; C is 0.
    pub fn fifths(self) -> i32 {
        self.letter.fifths() + 7 * i32::from(self.alteration)
    }

    /// The one at a place on the line of fifths, or the one that sounds like it where that would
    /// need a triple accidental.
    pub fn at_fifths(fifths: i32) -> Self {
        let alteration = (fifths + 1).div_euclid(7);
        if alteration > 2 {
            return Self::at_fifths(fifths - 12);
        }
        if alteration < -2 {
            return Self::at_fifths(fifths + 12);
        }
        let place = (fifths + 1).rem_euclid(7);
        let letter = [
            Letter::F,
            Letter::C,
            Letter::G,
            Letter::D,
            Letter::A,
            Letter::E,
            Letter::B,
        ][place as usize];
        PitchClass {
            letter,
            alteration: alteration as i8,
        }
    }

    /// Semitones above the C below its letter; a flat C is below it.
    pub fn semitones(self) -> i32 {
        self.letter.semitones() + i32::from(self.alteration)
    }

    /// From a letter with `#`, `##`, `b` or `bb` after it, and what follows that.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let mut characters = text.chars();
        let letter = Letter::parse(characters.next().filter(char::is_ascii_uppercase)?)?;
        let rest = characters.as_str();
        let signs = |sign| rest.chars().take_while(|&c| c == sign).take(2).count();
        let (sharps, flats) = (signs('#'), signs('b'));
        let class = PitchClass {
            letter,
            alteration: sharps as i8 - flats as i8,
        };
        Some((class, &rest[sharps + flats..]))
    }
}

impl fmt::Display for PitchClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.alteration > 0 { "#" } else { "b" };
        let signs = usize::from(self.alteration.unsigned_abs());
        write!(f, "{}{}", self.letter, sign.repeat(signs))
    }
}

/// A pitch in its octave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pitch {
    /// The letter and its accidental.
    pub class: PitchClass,
    /// Octaves are numbered as scientists do: middle C is C4.
    pub octave: i8,
}

impl Pitch {
    /// The pitch, if it is among the 128 that MIDI knows.
    pub fn new(class: PitchClass, octave: i32) -> Option<Self> {
        let pitch = Pitch {
            class,
            octave: i8::try_from(octave).ok()?,
        };
        (0..128).contains(&pitch.semitones()).then_some(pitch)
    }

    /// MIDI's number for it; middle C is 60.
    pub fn midi(self) -> u8 {
        self.semitones() as u8
    }

    fn semitones(self) -> i32 {
        12 * (i32::from(self.octave) + 1) + self.class.semitones()
    }

    /// So many fifths up and then back by octaves to where it lies nearest, by six semitones at
    /// most.
    pub fn transposed(self, fifths: i32) -> Option<Self> {
        let class = PitchClass::at_fifths(self.class.fifths() + fifths);
        let semitones = (7 * fifths + 6).rem_euclid(12) - 6;
        let from_c = self.semitones() + semitones - class.semitones();
        Pitch::new(class, from_c.div_euclid(12) - 1)
    }

    /// The usual spelling of MIDI's number in a key of so many sharps (flats are negative): the one
    /// among the twelve on the line of fifths that surround the key.
    pub fn of_midi(number: u8, sharps: i32) -> Self {
        let number = i32::from(number.min(127));
        let lowest = sharps - 3;
        // Seven fifths are one semitone more than four octaves, so 7 undoes itself.
        let place = lowest + (7 * number - lowest).rem_euclid(12);
        let class = PitchClass::at_fifths(place);
        let octave = (number - class.semitones()).div_euclid(12) - 1;
        Pitch {
            class,
            octave: octave as i8,
        }
    }

    /// From `F#5` and what follows that.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let (class, rest) = PitchClass::parse(text)?;
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let (octave, rest) = rest.split_at(sign + digits);
        Some((Pitch::new(class, octave.parse().ok()?)?, rest))
    }
}

impl fmt::Display for Pitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.class, self.octave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pitch(text: &str) -> Pitch {
        Pitch::parse(text).unwrap().0
    }

    #[test]
    fn numbers_are_those_of_midi() {
        let cases = [("C4", 60), ("A4", 69), ("B#3", 60), ("Cb4", 59), ("C-1", 0)];
        for (text, number) in cases {
            assert_eq!(pitch(text).midi(), number, "{text}");
            assert_eq!(pitch(text).to_string(), text);
        }
        assert!(Pitch::parse("C99").is_none() && Pitch::parse("Cb-1").is_none());
    }

    #[test]
    fn a_transposition_goes_the_shorter_way_and_keeps_the_spelling() {
        let cases = [
            ("G4", -1, "C5"),
            ("F#5", -1, "B5"),
            ("D5", -2, "C5"),
            ("C#5", -2, "B4"),
            ("Bb4", 2, "C5"),
            ("F4", 1, "C4"),
            ("C4", 6, "F#3"),
        ];
        for (from, fifths, to) in cases {
            let found = pitch(from).transposed(fifths).unwrap();
            assert_eq!(found.to_string(), to, "{from} by {fifths}");
        }
    }

    #[test]
    fn every_number_is_spelt_as_its_key_has_it() {
        for sharps in -7..=7 {
            for number in 0..128 {
                let found = Pitch::of_midi(number, sharps);
                assert_eq!(found.midi(), number, "{found} in {sharps}");
            }
        }
        assert_eq!(Pitch::of_midi(66, 1).to_string(), "F#4");
        assert_eq!(Pitch::of_midi(70, -1).to_string(), "Bb4");
    }
}
