//! Here is a line of music, give its events to the reader.

use super::fields::token_text;
use super::measure::{default_time, written_length};
use super::reader::{Reader, Wrong, field};
use crate::notes::key::alteration;
use crate::notes::{Bar, Event, Length, Letter, Line, Note, Pitch, PitchClass, Tuplet};

/// The most notes that may begin together.
const MOST_TOGETHER: usize = 32;

/// A line of music, as far as it was read.
pub(super) struct Music<'t> {
    pub(super) rest: &'t str,
    /// Between `{` and `}`.
    grace: bool,
}

impl<'t> Music<'t> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes so many characters, all of one byte.
    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    /// Takes this, if it is next.
    pub(super) fn takes(&mut self, what: &str) -> bool {
        let rest = self.rest.strip_prefix(what);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes all that are next and among these.
    pub(super) fn take_while(&mut self, among: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !among(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes what is up to the mark, and the mark.
    fn up_to(&mut self, mark: char) -> Option<&'t str> {
        let (inner, rest) = self.rest.split_once(mark)?;
        self.rest = rest;
        Some(inner)
    }
}

impl Reader {
    pub(super) fn music(&mut self, line: &str) -> Result<(), Wrong> {
        let mut music = Music {
            rest: line,
            grace: false,
        };
        while let Some(character) = music.peek() {
            self.symbol(character, &mut music)?;
        }
        match music.grace {
            true => Err("grace notes are not closed with }".into()),
            false => Ok(()),
        }
    }

    fn symbol(&mut self, character: char, music: &mut Music) -> Result<(), Wrong> {
        match character {
            'A'..='G' | 'a'..='g' | '^' | '_' | '=' => self.note(music),
            'z' | 'x' => self.rest(character, music),
            'Z' | 'X' if !music.grace => self.bars_rest(music),
            '"' => self.text(music),
            '!' | '+' => self.decoration(character, music),
            '|' | ':' => self.bar(music),
            '[' => self.bracket(music),
            '.' if music.rest.starts_with(".|") => self.bar(music),
            // A dotted slur or tie is one.
            '.' if music.rest.starts_with(".(") || music.rest.starts_with(".-") => {
                music.skip(1);
                Ok(())
            }
            '(' => self.parenthesis(music),
            ')' => self.put(music, Event::SlurEnd),
            '-' => self.tie(music),
            '<' | '>' => self.broken(character, music),
            '{' if !music.grace => {
                music.skip(1);
                music.grace = true;
                let crushed = music.takes("/");
                self.tune.events.push(Event::Grace { crushed });
                Ok(())
            }
            '}' if music.grace => {
                music.grace = false;
                self.put(music, Event::GraceEnd)
            }
            '&' if !music.rest.starts_with("&)") && !music.grace => {
                let voice = self.voice();
                voice.accidentals.end_bar();
                voice.last_timed = None;
                self.put(music, Event::Overlay)
            }
            // Space, beams, line breaks, and what the standard reserves.
            ' ' | '\t' | '\\' | '`' | '$' | '*' | ';' | '?' | '@' | '#' => {
                music.skip(1);
                Ok(())
            }
            'y' => {
                music.skip(1);
                music.take_while(|c| c.is_ascii_digit());
                Ok(())
            }
            _ => self.letter_symbol(character, music),
        }
    }

    fn put(&mut self, music: &mut Music, event: Event) -> Result<(), Wrong> {
        music.skip(1);
        self.tune.events.push(event);
        Ok(())
    }

    /// A letter that stands for a decoration.
    fn letter_symbol(&mut self, character: char, music: &mut Music) -> Result<(), Wrong> {
        match self.letters.get(&character) {
            Some(Some(name)) => self.tune.events.push(Event::Decoration(name.clone())),
            Some(None) => {}
            None if is_nobodys(&mut music.rest.chars()) => {}
            None => return Err(unknown(character, music.rest)),
        }
        music.skip(character.len_utf8());
        Ok(())
    }

    fn note(&mut self, music: &mut Music) -> Result<(), Wrong> {
        let pitch = self.pitch(music)?;
        let length = self.timed(written_length(music)?, music.grace)?;
        self.put_notes(
            vec![Note {
                pitch,
                length,
                tied: false,
            }],
            music.grace,
        );
        Ok(())
    }

    fn put_notes(&mut self, notes: Vec<Note>, grace: bool) {
        let place = self.tune.events.len();
        let voice = self.voice();
        if !grace {
            voice.last_timed = Some(place);
            voice.accidentals.untie();
            for note in notes.iter().filter(|note| note.tied) {
                let Pitch { class, octave } = note.pitch;
                voice
                    .accidentals
                    .tie(class.letter, octave.into(), class.alteration);
            }
        }
        self.tune.events.push(Event::Notes(notes));
    }

    /// A pitch as it sounds; its accidental counts for those after it.
    fn pitch(&mut self, music: &mut Music) -> Result<Pitch, Wrong> {
        let text = music.rest;
        let signs = music.take_while(|c| "^_=".contains(c));
        if !signs.is_empty()
            && music
                .rest
                .starts_with(|c: char| c == '/' || c.is_ascii_digit())
        {
            return Err("microtones are not supported".into());
        }
        let character = music.peek().unwrap_or(' ');
        let letter = Letter::parse(character).ok_or_else(|| unknown(character, text))?;
        music.skip(1);
        let marks = music.take_while(|c| c == '\'' || c == ',');
        let up = marks.bytes().filter(|&mark| mark == b'\'').count() as i32;
        let down = marks.len() as i32 - up;
        let (reach, grace) = (self.reach, music.grace);
        let voice = self.voice();
        let octave = 4 + i32::from(character.is_ascii_lowercase()) + up - down + voice.octave;
        let alteration = match signs {
            "" => voice.accidentals.implied(letter, octave, reach),
            signs => {
                let own = alteration(signs).ok_or_else(|| format!("'{signs}' is no accidental"))?;
                voice.accidentals.mark(letter, octave, own, grace);
                own
            }
        };
        let pitch = Pitch::new(PitchClass { letter, alteration }, octave);
        pitch.ok_or_else(|| format!("'{letter}' in octave {octave} is out of range"))
    }

    /// How long something is: so many units, and as broken rhythm has it.
    fn timed(&mut self, units: Length, grace: bool) -> Result<Length, Wrong> {
        let voice = self.voice();
        let factor = match grace {
            true => None,
            false => voice.next_factor.take(),
        };
        let length = voice.unit.times(units);
        let length = match factor {
            Some(factor) => length.and_then(|length| length.times(factor)),
            None => length,
        };
        length.ok_or_else(|| "a length is out of range".into())
    }

    fn rest(&mut self, character: char, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        let length = self.timed(written_length(music)?, music.grace)?;
        let place = self.tune.events.len();
        let voice = self.voice();
        if !music.grace {
            voice.last_timed = Some(place);
            voice.accidentals.untie();
        }
        self.tune.events.push(Event::Rest {
            length,
            shown: character == 'z',
        });
        Ok(())
    }

    fn bars_rest(&mut self, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        let bars = match music.take_while(|c| c.is_ascii_digit()) {
            "" => 1,
            digits => digits
                .parse()
                .ok()
                .filter(|&bars| bars > 0)
                .ok_or_else(|| format!("'{digits}' is no number of bars"))?,
        };
        self.tune.events.push(Event::BarsRest(bars));
        Ok(())
    }

    /// A chord symbol; other text is for people.
    fn text(&mut self, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        let text = music.up_to('"').ok_or("text is not closed with \"")?;
        let name = token_text(text);
        if name.starts_with(|c| ('A'..='G').contains(&c)) {
            self.tune.events.push(Event::Harmony(name));
        }
        Ok(())
    }

    /// `!name!` or `+name+`; a lone `!` once broke lines.
    fn decoration(&mut self, mark: char, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        let end = music.rest.find(mark);
        let name = end.map(|end| &music.rest[..end]);
        match name.filter(|name| !name.contains([' ', '|', '[']) && !name.is_empty()) {
            Some(name) => {
                self.tune.events.push(Event::Decoration(name.to_owned()));
                music.skip(name.len() + 1);
                Ok(())
            }
            None if mark == '!' => Ok(()),
            None => Err("a + begins no decoration".into()),
        }
    }

    fn tie(&mut self, music: &mut Music) -> Result<(), Wrong> {
        let last = self
            .tune
            .events
            .iter()
            .rposition(|event| *event != Event::SlurEnd);
        if let (Some(place), false) = (self.voice().last_timed, music.grace)
            && let Event::Notes(notes) = &self.tune.events[place]
            && last == Some(place)
        {
            let pitches: Vec<Pitch> = notes.iter().map(|note| note.pitch).collect();
            for Pitch { class, octave } in pitches {
                let accidentals = &mut self.voice().accidentals;
                accidentals.tie(class.letter, octave.into(), class.alteration);
            }
            return self.put(music, Event::Tie);
        }
        // There is nothing to go on: a tie after a bar line, a rest or a grace note.
        music.skip(1);
        Ok(())
    }

    fn broken(&mut self, direction: char, music: &mut Music) -> Result<(), Wrong> {
        not_in_grace(music)?;
        let marks = music.take_while(|c| c == direction).len();
        let nothing = || "broken rhythm has no note before it".to_owned();
        let place = self.voice().last_timed.ok_or_else(nothing)?;
        if marks > 3 {
            return Err("broken rhythm has at most three marks".into());
        }
        // Dots: 3/2, 7/4, 15/8 for the long one, and what is left for the short one.
        let halves = 1u64 << marks;
        let (long, short) = (Length::new(2 * halves - 1, halves), Length::new(1, halves));
        let (before, after) = if direction == '>' {
            (long, short)
        } else {
            (short, long)
        };
        let stretch = |length: &mut Length| {
            let stretched = before.and_then(|factor| length.times(factor));
            stretched
                .map(|stretched| *length = stretched)
                .ok_or("a length is out of range")
        };
        match &mut self.tune.events[place] {
            Event::Notes(notes) => notes.iter_mut().try_for_each(|n| stretch(&mut n.length))?,
            Event::Rest { length, .. } => stretch(length)?,
            _ => return Err(nothing()),
        }
        self.voice().next_factor = after;
        Ok(())
    }

    fn parenthesis(&mut self, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        if music.rest.starts_with('&') {
            return Err("overlays of several bars, (& and &), are not supported".into());
        }
        if !music.rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.tune.events.push(Event::Slur);
            return Ok(());
        }
        let text = music.rest;
        let wrong = || format!("'({}' is no tuplet", first_characters(text));
        let mut number = |or: Option<u64>| match music.take_while(|c| c.is_ascii_digit()) {
            "" => or,
            digits => digits.parse().ok(),
        };
        let p = number(None).ok_or_else(wrong)?;
        let compound = self.voices[self.current].metre.is_compound();
        let (mut q, mut notes) = (None, None);
        if music.takes(":") {
            q = Some(music.take_while(|c| c.is_ascii_digit())).filter(|digits| !digits.is_empty());
            if music.takes(":") {
                notes = Some(music.take_while(|c| c.is_ascii_digit()));
            }
        }
        let notes = notes.filter(|digits| !digits.is_empty());
        let number = |digits: Option<&str>, or: Option<u64>| match digits {
            Some(digits) => digits.parse().ok(),
            None => or,
        };
        let q = number(q, default_time(p, compound)).ok_or_else(wrong)?;
        let notes = number(notes, Some(p)).ok_or_else(wrong)?;
        let tuplet = Tuplet::new(p, q, notes).ok_or_else(wrong)?;
        self.tune.events.push(Event::Tuplet(tuplet));
        Ok(())
    }

    fn bracket(&mut self, music: &mut Music) -> Result<(), Wrong> {
        let inner = &music.rest[1..];
        if inner.starts_with(['|', ']']) {
            return self.bar(music);
        }
        if inner.starts_with(|c: char| c.is_ascii_digit() || c == '"') {
            music.skip(1);
            not_in_grace(music)?;
            return self.ending(music);
        }
        if field(inner).is_some() {
            not_in_grace(music)?;
            music.skip(1);
            let inner = music.up_to(']').ok_or("a field is not closed with ]")?;
            let (name, value) = field(inner).ok_or("a field is not closed with ]")?;
            return self.field(name, value);
        }
        self.chord(music)
    }

    fn chord(&mut self, music: &mut Music) -> Result<(), Wrong> {
        music.skip(1);
        let mut notes: Vec<(Pitch, Length, bool)> = Vec::new();
        loop {
            match music.peek() {
                None => return Err("a chord is not closed with ]".into()),
                Some(']') => break,
                Some('A'..='G' | 'a'..='g' | '^' | '_' | '=') => {
                    let pitch = self.pitch(music)?;
                    let units = written_length(music)?;
                    notes.push((pitch, units, music.takes("-")));
                }
                Some('"') => self.text(music)?,
                Some(mark @ ('!' | '+')) => self.decoration(mark, music)?,
                Some('(' | ')' | ' ' | '-') => music.skip(1),
                Some(other) => {
                    let read = self.letter_symbol(other, music);
                    read.map_err(|_| "a chord is not closed with ]")?;
                }
            }
            if notes.len() > MOST_TOGETHER {
                return Err(format!("a chord has more than {MOST_TOGETHER} notes"));
            }
        }
        music.skip(1);
        if notes.is_empty() {
            return Err("a chord has no notes".into());
        }
        self.put_chord(&notes, music)
    }

    fn put_chord(
        &mut self,
        notes: &[(Pitch, Length, bool)],
        music: &mut Music,
    ) -> Result<(), Wrong> {
        let units = self.timed(written_length(music)?, music.grace)?;
        let all_tied = notes.iter().all(|&(.., tied)| tied);
        let mut together = Vec::with_capacity(notes.len());
        for &(pitch, length, tied) in notes {
            let length = units.times(length).ok_or("a length is out of range")?;
            together.push(Note {
                pitch,
                length,
                tied: tied && !all_tied && !music.grace,
            });
        }
        self.put_notes(together, music.grace);
        if all_tied && !music.grace && !music.rest.starts_with('-') {
            let mut tie = Music {
                rest: "-",
                grace: false,
            };
            self.tie(&mut tie)?;
        }
        Ok(())
    }

    /// A bar line in any of its many spellings.
    fn bar(&mut self, music: &mut Music) -> Result<(), Wrong> {
        let text = music.rest;
        not_in_grace(music)?;
        let dotted = music.takes(".");
        let before = music.take_while(|c| c == ':').len();
        let opening = music.rest.starts_with("[|") || music.rest.starts_with("[]");
        music.takes(if opening { "[" } else { "" });
        let lines = music.take_while(|c| c == '|').len();
        let closing = (lines > 0 || opening) && music.takes("]");
        let more = closing && lines > 0 && music.takes("|");
        let after = if lines > 0 {
            music.take_while(|c| c == ':').len()
        } else {
            0
        };
        let (before, after) = match lines {
            0 if before > 1 => (before / 2, before - before / 2),
            0 if !opening => return Err(format!("'{}' is no bar line", first_characters(text))),
            _ => (before, after),
        };
        if before > 9 || after > 9 {
            return Err("a repeat has at most nine colons".into());
        }
        let line = match (dotted, opening, closing, lines) {
            (true, ..) => Line::Dotted,
            (_, true, true, _) => Line::Hidden,
            (_, true, ..) => Line::Opening,
            (_, _, true, _) if !more => Line::Final,
            (_, _, _, 2..) => Line::Double,
            _ if more => Line::Double,
            _ => Line::Plain,
        };
        self.put_bar(Bar {
            repeats_before: before as u8,
            repeats_after: after as u8,
            line: if before + after > 0 {
                Line::Plain
            } else {
                line
            },
        })?;
        match music.rest.starts_with(|c: char| c.is_ascii_digit()) {
            true => self.ending(music),
            false => Ok(()),
        }
    }

    fn put_bar(&mut self, bar: Bar) -> Result<(), Wrong> {
        let voice = self.voice();
        voice.accidentals.end_bar();
        voice.last_timed = None;
        if voice.next_factor.is_some() {
            return Err("broken rhythm has no note after it".into());
        }
        self.tune.events.push(Event::Bar(bar));
        Ok(())
    }

    fn ending(&mut self, music: &mut Music) -> Result<(), Wrong> {
        let rounds = match music.takes("\"") {
            true => {
                let text = music.up_to('"').ok_or("text is not closed with \"")?;
                format!("\"{}\"", token_text(text))
            }
            false => {
                let rounds = music.take_while(|c| c.is_ascii_digit() || c == ',' || c == '-');
                rounds.trim_end_matches([',', '-']).to_owned()
            }
        };
        self.tune.events.push(Event::Ending(rounds));
        Ok(())
    }
}

/// A letter that a tune could give a meaning, and did not, is passed over; words of such letters
/// are no music.
fn is_nobodys(characters: &mut std::str::Chars) -> bool {
    let may_mean = |c: char| matches!(c, 'H'..='W' | 'h'..='w');
    characters.next().is_some_and(may_mean) && !characters.next().is_some_and(may_mean)
}

fn not_in_grace(music: &Music) -> Result<(), Wrong> {
    match music.grace {
        true => Err(format!(
            "'{}' stands within grace notes",
            first_characters(music.rest)
        )),
        false => Ok(()),
    }
}

fn unknown(character: char, rest: &str) -> Wrong {
    format!(
        "'{character}' is not understood, before '{}'",
        first_characters(rest)
    )
}

fn first_characters(text: &str) -> String {
    text.chars().take(12).collect()
}
