//! Here are the lines of a tune, give me its events.

use std::collections::HashMap;

use super::accidentals::{Accidentals, Reach};
use super::collection::uncommented;
use super::letters::LETTERS;
use crate::notes::event::share_bars;
use crate::notes::{Event, Key, Length, Malformed, Metre, Tune};

/// A tune being read.
pub(super) struct Reader {
    pub(super) tune: Tune,
    pub(super) head: Head,
    pub(super) in_body: bool,
    /// Each voice as far as it came; there is always one.
    pub(super) voices: Vec<Voice>,
    /// The names of the voices, in the same order; empty until one is named.
    pub(super) names: Vec<String>,
    /// The voice that is being read.
    pub(super) current: usize,
    /// What letters mean as decorations; nothing if they are to be passed over.
    pub(super) letters: HashMap<char, Option<String>>,
    pub(super) reach: Reach,
    /// Between `%%begintext` and `%%endtext`, or the like.
    aside: bool,
}

/// What the fields before K said.
#[derive(Default)]
pub(super) struct Head {
    pub(super) rhythm: Option<String>,
    pub(super) metre: Option<Metre>,
    pub(super) part: Option<String>,
    pub(super) unit: Option<Length>,
}

/// The state of one voice.
#[derive(Clone)]
pub(super) struct Voice {
    pub(super) unit: Length,
    pub(super) metre: Metre,
    pub(super) accidentals: Accidentals,
    /// So many octaves higher than written.
    pub(super) octave: i32,
    /// The last event that takes time, unless a bar ended since.
    pub(super) last_timed: Option<usize>,
    /// Broken rhythm makes the next note so long.
    pub(super) next_factor: Option<Length>,
}

impl Voice {
    fn new() -> Self {
        Voice {
            unit: Length::EIGHTH,
            metre: Metre::free(),
            accidentals: Accidentals::of_key([0; 7]),
            octave: 0,
            last_timed: None,
            next_factor: None,
        }
    }
}

/// What is wrong with a line.
pub(super) type Wrong = String;

impl Reader {
    /// Begins with the head of the collection, of which only fields count.
    pub(super) fn new(head: &str) -> Self {
        let letters = LETTERS.map(|(letter, name)| (letter, Some(name.to_owned())));
        let mut reader = Reader {
            tune: Tune::default(),
            head: Head::default(),
            in_body: false,
            voices: vec![Voice::new()],
            names: Vec::new(),
            current: 0,
            letters: HashMap::from(letters),
            reach: Reach::Bar,
            aside: false,
        };
        for line in head.lines() {
            // What people wrote above their tunes is not held against the tunes.
            if let Some(('L' | 'M' | 'R' | 'U' | 'I' | 'm', _)) = field(line) {
                let _ = reader.line(line);
            }
            if line.starts_with("%%") {
                let _ = reader.line(line);
            }
        }
        reader.aside = false;
        reader
    }

    pub(super) fn read(&mut self, text: &str, first: u64) -> Result<(), Malformed> {
        for (line, number) in text.lines().zip(first..) {
            let read = self.line(line);
            read.map_err(|what| Malformed { line: number, what })?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<(), Wrong> {
        if let Some(directive) = line.strip_prefix("%%") {
            self.directive(directive.trim());
            return Ok(());
        }
        let line = uncommented(line).trim();
        if self.aside || line.is_empty() || line.starts_with("+:") {
            return Ok(());
        }
        let in_head = !self.in_body && self.tune.reference.is_some();
        let found = field(line).or_else(|| in_head.then(|| head_field(line)).flatten());
        if let Some((name, value)) = found {
            return self.field(name, value);
        }
        if in_head && !line.starts_with("[K:") {
            return Err("music stands before the field K that begins it".into());
        }
        let mut line = line;
        while let (false, Some((name, value, rest))) = (self.in_body, inline_field(line)) {
            self.field(name, value)?;
            line = rest.trim_start();
        }
        if line.is_empty() {
            return Ok(());
        }
        self.begin_part();
        self.music(line)
    }

    /// A directive that says how music is to be read; others are about its looks.
    pub(super) fn directive(&mut self, directive: &str) {
        let mut words = directive.split_whitespace();
        match (words.next().unwrap_or_default(), words.next()) {
            ("propagate-accidentals", Some(reach)) => {
                self.reach = match reach {
                    "not" => Reach::Note,
                    "octave" => Reach::Octave,
                    _ => Reach::Bar,
                }
            }
            (word, _) if word.starts_with("begin") => self.aside = true,
            (word, _) if word.starts_with("end") => self.aside = false,
            _ => {}
        }
    }

    /// A part of a tune may begin with music; its fields so far stand before it.
    fn begin_part(&mut self) {
        if !self.in_body {
            self.put_head(None);
            self.in_body = true;
        }
    }

    /// Puts what the head said; the unit comes before a key, whether it was said or not.
    pub(super) fn put_head(&mut self, key: Option<Key>) {
        let head = std::mem::take(&mut self.head);
        let metre = head.metre.clone().unwrap_or_else(Metre::free);
        let unit = head.unit.unwrap_or_else(|| metre.unit());
        let events = &mut self.tune.events;
        events.extend(head.rhythm.map(Event::Rhythm));
        events.extend(head.metre.map(Event::Metre));
        events.extend(head.part.map(Event::Part));
        if head.unit.is_some() || key.is_some() {
            events.push(Event::Unit(unit));
        }
        let alterations = key.as_ref().map_or([0; 7], Key::alterations);
        events.extend(key.map(Event::Key));
        for voice in &mut self.voices {
            voice.unit = unit;
            voice.metre = metre.clone();
            voice.accidentals = Accidentals::of_key(alterations);
        }
    }

    pub(super) fn voice(&mut self) -> &mut Voice {
        &mut self.voices[self.current]
    }

    /// The tune, if it is a whole one.
    pub(super) fn finish(self) -> Result<Tune, Wrong> {
        if !self.in_body {
            return Err("the tune has no field K, which begins the music".into());
        }
        let tune = self.finish_part();
        let music = |event: &Event| matches!(event, Event::Notes(_));
        match tune.events.iter().any(music) {
            true => Ok(tune),
            false => Err("the tune has no notes".into()),
        }
    }

    /// What was read.
    pub(super) fn finish_part(mut self) -> Tune {
        if !self.in_body {
            self.put_head(None);
        }
        let events = &mut self.tune.events;
        let voice = |event: &Event| match event {
            Event::Voice(number) => Some(*number),
            _ => None,
        };
        let first = events.iter().find_map(voice);
        if events
            .iter()
            .filter_map(voice)
            .all(|number| Some(number) == first)
        {
            events.retain(|event| voice(event).is_none());
        }
        share_bars(events);
        self.tune
    }
}

/// The letter and the value of a field, if a line is one. `A:|` is music.
pub(super) fn field(line: &str) -> Option<(char, &str)> {
    head_field(line).filter(|(_, value)| !value.starts_with(['|', ':']))
}

/// The same where music cannot stand.
fn head_field(line: &str) -> Option<(char, &str)> {
    let mut characters = line.chars();
    let name = characters.next().filter(char::is_ascii_alphabetic)?;
    let value = characters.as_str().strip_prefix(':')?;
    Some((name, value.trim()))
}

/// A field between brackets at the beginning of a line, and what follows it.
fn inline_field(line: &str) -> Option<(char, &str, &str)> {
    let (inner, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (name, value) = field(inner)?;
    Some((name, value, rest))
}
