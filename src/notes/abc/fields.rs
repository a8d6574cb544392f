//! Here is a field of a tune, tell the reader what it says.

use super::reader::{Reader, Voice, Wrong};
use crate::notes::{Event, Key, Length, Metre};

/// The most voices a tune may have.
const MOST_VOICES: usize = 64;

impl Reader {
    /// A field on a line of its own, or within music between brackets.
    pub(super) fn field(&mut self, name: char, value: &str) -> Result<(), Wrong> {
        match name {
            'X' => self.tune.reference = Some(value.to_owned()),
            'T' => self.tune.titles.push(value.to_owned()),
            'I' => self.directive(value),
            'K' => self.key(value)?,
            'L' => self.unit(value)?,
            'M' => self.metre(value)?,
            'P' => self.part(value),
            'R' if !self.in_body => {
                let name = token_text(&value.to_lowercase());
                self.head.rhythm = (!name.is_empty()).then_some(name);
            }
            'U' => self.letter(value),
            'V' => self.voice_field(value)?,
            'm' => return Err("macros (m:) are not supported".into()),
            // They tell about the tune, or how it looks.
            _ => {}
        }
        Ok(())
    }

    fn key(&mut self, value: &str) -> Result<(), Wrong> {
        let (words, octave) = without_clef(value)?;
        if let Some(octave) = octave {
            self.voice().octave = octave;
        }
        let only_clef = words.is_empty() && !value.is_empty();
        if only_clef && self.in_body {
            return Ok(());
        }
        let key = Key::parse(&words).map_err(|word| format!("'{word}' is no key"))?;
        if !self.in_body {
            self.put_head(Some(key));
            self.in_body = true;
            return Ok(());
        }
        self.voice().accidentals.set_key(key.alterations());
        self.tune.events.push(Event::Key(key));
        Ok(())
    }

    fn unit(&mut self, value: &str) -> Result<(), Wrong> {
        let unit = Length::parse(value).filter(|unit| !unit.is_zero());
        let unit = unit.ok_or_else(|| format!("'{value}' is no unit length"))?;
        match self.in_body {
            true => self.voice().unit = unit,
            false => self.head.unit = Some(unit),
        }
        Ok(())
    }

    fn metre(&mut self, value: &str) -> Result<(), Wrong> {
        let metre = Metre::parse(value).ok_or_else(|| format!("'{value}' is no metre"))?;
        if !self.in_body {
            self.head.metre = Some(metre);
            return Ok(());
        }
        self.voice().metre = metre.clone();
        self.tune.events.push(Event::Metre(metre));
        Ok(())
    }

    fn part(&mut self, value: &str) {
        let part = token_text(value);
        if part.is_empty() {
            return;
        }
        match self.in_body {
            true => self.tune.events.push(Event::Part(part)),
            false => self.head.part = Some(part),
        }
    }

    /// `U: T = !trill!` gives a letter its meaning; what is no decoration has none here.
    fn letter(&mut self, value: &str) {
        let Some((letter, meaning)) = value.split_once('=') else {
            return;
        };
        let meaning = meaning.trim();
        let inner = |mark| meaning.strip_prefix(mark)?.strip_suffix(mark);
        let name = inner('!').or_else(|| inner('+')).map(token_text);
        let name = name.filter(|name| !name.is_empty() && name != "nil" && name != "none");
        if let Some(letter) = letter.trim().chars().next() {
            self.letters.insert(letter, name);
        }
    }

    fn voice_field(&mut self, value: &str) -> Result<(), Wrong> {
        let (name, properties) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
        let known = self.names.iter().position(|known| known == name);
        let number = match known {
            Some(number) => number,
            None => self.add_voice(name)?,
        };
        let before = std::mem::replace(&mut self.current, number);
        if let (_, Some(octave)) = without_clef(properties)? {
            self.voice().octave = octave;
        }
        if self.in_body {
            // The first to be named in the music says so too, or its notes would be nobody's.
            let said = self
                .tune
                .events
                .iter()
                .any(|event| matches!(event, Event::Voice(_)));
            if before != number || !said {
                self.tune.events.push(Event::Voice(number as u16 + 1));
            }
        } else {
            self.current = 0;
        }
        Ok(())
    }

    fn add_voice(&mut self, name: &str) -> Result<usize, Wrong> {
        let number = self.names.len();
        if number == MOST_VOICES {
            return Err(format!("there are more than {MOST_VOICES} voices"));
        }
        self.names.push(name.to_owned());
        if number >= self.voices.len() {
            let first = &self.voices[0];
            let fresh = Voice {
                octave: 0,
                last_timed: None,
                next_factor: None,
                ..first.clone()
            };
            self.voices.push(fresh);
        }
        Ok(number)
    }
}

const CLEFS: [&str; 7] = ["treble", "alto", "tenor", "bass", "perc", "none", "auto"];

/// The words that are about the key, and by how many octaves a clef or `octave=` moves the notes.
fn without_clef(value: &str) -> Result<(Vec<&str>, Option<i32>), Wrong> {
    let mut words = Vec::new();
    let mut octave = None;
    let mut in_quotes = false;
    for word in value.split_whitespace() {
        let was_in_quotes = in_quotes;
        in_quotes ^= word.matches('"').count() % 2 == 1;
        if was_in_quotes {
            continue;
        }
        match word
            .split_once('=')
            .filter(|(name, _)| !name.is_empty() && name.chars().all(char::is_alphabetic))
        {
            Some(("octave", by)) => {
                let by: i32 = by
                    .parse()
                    .ok()
                    .filter(|by| (-9..=9).contains(by))
                    .ok_or_else(|| format!("'{word}' is no octave"))?;
                octave = Some(octave.unwrap_or(0) + by);
            }
            Some(("transpose" | "t" | "shift" | "sound", by)) if by != "0" => {
                return Err(format!(
                    "'{word}' is not supported: write the tune as it sounds"
                ));
            }
            Some(("clef", clef)) => octave = by_clef(clef).or(octave),
            Some(_) => {}
            None if is_clef(word) => octave = by_clef(word).or(octave),
            None if was_in_quotes || word.starts_with('"') => {}
            None => words.push(word),
        }
    }
    Ok((words, octave))
}

fn is_clef(word: &str) -> bool {
    // "none" alone is a key first of all.
    word != "none" && CLEFS.iter().any(|clef| word.starts_with(clef))
}

fn by_clef(clef: &str) -> Option<i32> {
    let clef = clef.trim_matches('"');
    match clef {
        _ if clef.ends_with("+8") => Some(1),
        _ if clef.ends_with("-8") => Some(-1),
        _ => None,
    }
}

/// Without white space, as a token must be.
pub(super) fn token_text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join("_")
}
