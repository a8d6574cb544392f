//! Here is a key, tell me which notes it alters.

use std::fmt;

use super::pitch::{Letter, PitchClass};

/// A mode of the diatonic scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the modes name themselves")]
pub enum Mode {
    Major,
    Minor,
    Mixolydian,
    Dorian,
    Phrygian,
    Lydian,
    Locrian,
}

impl Mode {
    const ALL: [(Mode, &str); 10] = [
        (Mode::Major, "maj"),
        (Mode::Minor, "min"),
        (Mode::Mixolydian, "mix"),
        (Mode::Dorian, "dor"),
        (Mode::Phrygian, "phr"),
        (Mode::Lydian, "lyd"),
        (Mode::Locrian, "loc"),
        (Mode::Major, "ion"),
        (Mode::Minor, "aeo"),
        (Mode::Minor, "m"),
    ];

    /// By its first three letters, large or small; `m` alone is minor.
    fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let named = |&&(_, name): &&(Mode, &str)| match name {
            "m" => word == "m",
            _ => word.starts_with(name),
        };
        Self::ALL.iter().find(named).map(|&(mode, _)| mode)
    }

    fn name(self) -> &'static str {
        match self {
            Mode::Major => "",
            Mode::Minor => "m",
            Mode::Mixolydian => "mix",
            Mode::Dorian => "dor",
            Mode::Phrygian => "phr",
            Mode::Lydian => "lyd",
            Mode::Locrian => "loc",
        }
    }

    /// How many sharps it has more than the major key of the same tonic.
    fn sharps(self) -> i32 {
        match self {
            Mode::Lydian => 1,
            Mode::Major => 0,
            Mode::Mixolydian => -1,
            Mode::Dorian => -2,
            Mode::Minor => -3,
            Mode::Phrygian => -4,
            Mode::Locrian => -5,
        }
    }
}

/// What the notes of a key are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// No key: nothing is altered.
    None,
    /// The Highland pipes' scale: F and C are sharp; said aloud (`Hp`) or not (`HP`).
    Pipes { aloud: bool },
    /// A tonic and a mode.
    Of(PitchClass, Mode),
    /// A tonic of which nothing follows (`exp`): only the accidentals that are listed hold.
    Explicit(PitchClass),
}

/// A key: a tonic, a mode, and accidentals beyond those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    scale: Scale,
    accidentals: Vec<PitchClass>,
}

impl Key {
    /// No key at all.
    pub fn none() -> Self {
        Key {
            scale: Scale::None,
            accidentals: Vec::new(),
        }
    }

    /// The major or minor key of so many sharps; flats are negative.
    pub fn of_sharps(sharps: i32, minor: bool) -> Self {
        let mode = if minor { Mode::Minor } else { Mode::Major };
        Key {
            scale: Scale::Of(PitchClass::at_fifths(sharps - mode.sharps()), mode),
            accidentals: Vec::new(),
        }
    }

    /// From words such as `G`, `A dorian`, `Bbm`, `D phr ^f`, `Dphr^f`, `D exp _b _e ^f`, `HP`.
    ///
    /// # Errors
    /// The word that is no part of a key.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let Some((first, rest)) = words.split_first() else {
            return Ok(Key::none());
        };
        let mut key = Key::none();
        match *first {
            "none" => {}
            "HP" => key.scale = Scale::Pipes { aloud: false },
            "Hp" => key.scale = Scale::Pipes { aloud: true },
            word if word.starts_with(['^', '_', '=']) => key.add(word)?,
            word => key.tonic(word)?,
        }
        for word in rest {
            key.add(word)?;
        }
        Ok(key)
    }

    fn tonic(&mut self, word: &str) -> Result<(), String> {
        let wrong = || word.to_owned();
        let (tonic, rest) = PitchClass::parse(word).ok_or_else(wrong)?;
        if tonic.alteration.abs() > 1 {
            return Err(wrong());
        }
        self.scale = Scale::Of(tonic, Mode::Major);
        let accidentals = rest.find(['^', '_', '=']).unwrap_or(rest.len());
        let (mode, accidentals) = rest.split_at(accidentals);
        if !mode.is_empty() {
            self.mode(mode).ok_or_else(wrong)?;
        }
        match accidentals {
            "" => Ok(()),
            accidentals => self.add(accidentals),
        }
    }

    fn mode(&mut self, word: &str) -> Option<()> {
        let (Scale::Of(tonic, _) | Scale::Explicit(tonic)) = self.scale else {
            return None;
        };
        self.scale = match word.to_ascii_lowercase().starts_with("exp") {
            true => Scale::Explicit(tonic),
            false => Scale::Of(tonic, Mode::parse(word)?),
        };
        Some(())
    }

    /// A mode, or accidentals: `^f`, `_b_e`.
    fn add(&mut self, word: &str) -> Result<(), String> {
        let wrong = || word.to_owned();
        if !word.starts_with(['^', '_', '=']) {
            let (mode, accidentals) =
                word.split_at(word.find(['^', '_', '=']).unwrap_or(word.len()));
            self.mode(mode).ok_or_else(wrong)?;
            return if accidentals.is_empty() {
                Ok(())
            } else {
                self.add(accidentals)
            };
        }
        let mut rest = word;
        while !rest.is_empty() {
            let signs = rest.find(|c| !"^_=".contains(c)).ok_or_else(wrong)?;
            let alteration = alteration(&rest[..signs]).ok_or_else(wrong)?;
            let mut characters = rest[signs..].chars();
            let letter = characters
                .next()
                .and_then(Letter::parse)
                .ok_or_else(wrong)?;
            self.accidentals.retain(|class| class.letter != letter);
            self.accidentals.push(PitchClass { letter, alteration });
            rest = characters.as_str();
        }
        Ok(())
    }

    /// How many sharps its signature has without further accidentals; flats are negative.
    pub fn sharps(&self) -> i32 {
        match self.scale {
            Scale::Of(tonic, mode) => tonic.fifths() + mode.sharps(),
            Scale::Pipes { .. } => 2,
            Scale::None | Scale::Explicit(_) => 0,
        }
    }

    /// True if its mode is minor.
    pub fn is_minor(&self) -> bool {
        matches!(self.scale, Scale::Of(_, Mode::Minor))
    }

    /// How it alters every letter, from C up.
    pub fn alterations(&self) -> [i8; 7] {
        let sharps = self.sharps();
        let mut all = Letter::ALL.map(|letter| {
            // F is the first to become sharp and B the first to become flat.
            (sharps + 5 - letter.fifths()).div_euclid(7) as i8
        });
        for class in &self.accidentals {
            all[class.letter as usize] = class.alteration;
        }
        all
    }

    /// So many fifths up, spelt with the fewest signs.
    pub fn transposed(&self, fifths: i32) -> Self {
        let moved = |class: PitchClass| PitchClass::at_fifths(class.fifths() + fifths);
        let scale = match self.scale {
            Scale::None => Scale::None,
            _ if fifths == 0 => self.scale,
            // The pipes' scale is A mixolydian.
            Scale::Pipes { .. } => Scale::Of(PitchClass::at_fifths(3 + fifths), Mode::Mixolydian),
            Scale::Of(tonic, mode) => Scale::Of(moved(tonic), mode),
            Scale::Explicit(tonic) => Scale::Explicit(moved(tonic)),
        };
        Key {
            scale,
            accidentals: self.accidentals.iter().copied().map(moved).collect(),
        }
    }

    /// The words that say it: `D`, `exp`, `_b`, `^f`.
    fn words(&self) -> Vec<String> {
        let mut words = vec![match self.scale {
            Scale::None => "none".to_owned(),
            Scale::Pipes { aloud: true } => "Hp".to_owned(),
            Scale::Pipes { aloud: false } => "HP".to_owned(),
            Scale::Of(tonic, mode) => format!("{tonic}{}", mode.name()),
            Scale::Explicit(tonic) => tonic.to_string(),
        }];
        if let Scale::Explicit(_) = self.scale {
            words.push("exp".to_owned());
        }
        words.extend(self.accidentals.iter().map(|class| {
            let letter = class.letter.to_string().to_ascii_lowercase();
            format!("{}{letter}", accidental(class.alteration))
        }));
        words
    }

    /// As a field has it: `D exp _b ^f`.
    pub fn field(&self) -> String {
        self.words().join(" ")
    }

    /// From a token; nothing if it is none.
    pub fn from_token(token: &str) -> Option<Self> {
        let words: Vec<&str> = token.split(',').collect();
        Key::parse(&words).ok()
    }
}

impl fmt::Display for Key {
    /// Without white space: `D,exp,_b,^f`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(","))
    }
}

/// How many semitones `^`, `_` and `=` raise, written as ABC has it.
pub(super) fn alteration(signs: &str) -> Option<i8> {
    match signs {
        "^^" => Some(2),
        "^" => Some(1),
        "=" => Some(0),
        "_" => Some(-1),
        "__" => Some(-2),
        _ => None,
    }
}

/// The signs that raise by so many semitones.
pub(super) fn accidental(alteration: i8) -> &'static str {
    match alteration {
        2.. => "^^",
        1 => "^",
        0 => "=",
        -1 => "_",
        ..-1 => "__",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(&text.split(' ').collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_circle_of_fifths() {
        let cases = [
            ("C", "C", 0),
            ("G", "G", 1),
            ("Am", "Am", 0),
            ("A minor", "Am", 0),
            ("Edor", "Edor", 2),
            ("E Dorian", "Edor", 2),
            ("AMix", "Amix", 2),
            ("Bb", "Bb", -2),
            ("F#m", "F#m", 3),
            ("C# Lydian", "C#lyd", 8),
            ("Dmixm", "Dmix", 1),
            ("HP", "HP", 2),
            ("none", "none", 0),
        ];
        for (text, spelling, sharps) in cases {
            assert_eq!(key(text).to_string(), spelling);
            assert_eq!(key(text).sharps(), sharps, "{text}");
            assert_eq!(Key::from_token(spelling), Some(key(text)));
        }
        assert_eq!(key("D").alterations(), [1, 0, 0, 1, 0, 0, 0]);
        assert_eq!(key("Eb").alterations(), [0, 0, -1, 0, 0, -1, -1]);
    }

    #[test]
    fn accidentals_come_on_top() {
        let freygish = key("D Phr ^f");
        assert_eq!(freygish, key("Dphr^f"));
        assert_eq!(freygish.to_string(), "Dphr,^f");
        assert_eq!(freygish.field(), "Dphr ^f");
        assert_eq!(freygish.alterations(), [0, 0, -1, 1, 0, 0, -1]);
        let explicit = key("D exp _b _e ^f");
        assert_eq!(explicit.alterations(), freygish.alterations());
        assert_eq!(Key::from_token(&explicit.to_string()), Some(explicit));
    }

    #[test]
    fn transposing_moves_the_tonic_and_the_accidentals() {
        assert_eq!(key("Edor").transposed(-2).to_string(), "Ddor");
        assert_eq!(key("Dphr ^f").transposed(2).to_string(), "Ephr,^g");
        assert_eq!(key("HP").transposed(-2).to_string(), "Gmix");
        assert_eq!(key("Bb").transposed(2).to_string(), "C");
    }

    #[test]
    fn what_is_no_key_is_named() {
        for text in ["Bn", "H", "G foo", "G ^", "G ^h", "^^^f", "Cbb"] {
            let words: Vec<&str> = text.split(' ').collect();
            assert!(Key::parse(&words).is_err(), "{text}");
        }
    }
}
