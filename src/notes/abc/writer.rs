//! Here are events, give me ABC.
//!
//! Any events will do, those of a model that lost its way as well: what ABC
//! cannot say, such as grace notes that never end, is left out or closed. An
//! accidental is written wherever readers could differ on what the notes before
//! it imply.

use std::fmt::Write;

use super::accidentals::Accidentals;
use super::letters::letter;
use super::measure::default_time;
use crate::notes::key::accidental;
use crate::notes::{Event, Key, Length, Letter, Metre, Note, Pitch, Tune, Tuplet};

/// So many bars stand on a line.
const BARS_A_LINE: u32 = 4;

/// ABC of a tune that ends without a line end; with a key among its events it is a whole tune,
/// without one it is a part of one.
pub fn write(tune: &Tune) -> String {
    let mut writer = Writer::new();
    let body = writer.head(tune);
    for event in body {
        writer.event(event);
    }
    writer.end_grace();
    writer.out.truncate(writer.out.trim_end().len());
    writer.out
}

struct Writer {
    out: String,
    unit: Length,
    voices: Vec<Voice>,
    current: usize,
    grace: bool,
    /// The last thing written was a note, and a tie may follow.
    after_note: bool,
    /// What was written last belongs to the next note.
    glued: bool,
    bars_on_line: u32,
}

struct Voice {
    accidentals: Accidentals,
    /// Readers differ on what holds here, so that every accidental is written.
    uncertain: bool,
    metre: Metre,
    /// How far the bar came.
    position: Option<Length>,
    /// The tuplet that goes on, and how many notes it still wants.
    tuplet: Option<(Tuplet, u8)>,
    /// The last notes, to be tied.
    last: Vec<Pitch>,
}

impl Voice {
    fn new(key: [i8; 7], metre: &Metre) -> Self {
        Voice {
            accidentals: Accidentals::of_key(key),
            uncertain: false,
            metre: metre.clone(),
            position: Some(Length::ZERO),
            tuplet: None,
            last: Vec::new(),
        }
    }

    fn pass(&mut self, length: Length) {
        let factor = match &mut self.tuplet {
            Some((tuplet, left)) => {
                let factor = tuplet.factor();
                *left -= 1;
                if *left == 0 {
                    self.tuplet = None;
                }
                factor
            }
            None => Length::new(1, 1).unwrap_or(Length::ZERO),
        };
        let position = self.position.and_then(|p| p.plus(length.times(factor)?));
        self.position = position;
    }

    fn on_beat(&self) -> bool {
        let position = self.position.unwrap_or(Length::ZERO);
        position.in_units_of(self.metre.beat()).is_some()
    }
}

impl Writer {
    fn new() -> Self {
        Writer {
            out: String::new(),
            unit: Length::EIGHTH,
            voices: Vec::new(),
            current: 0,
            grace: false,
            after_note: false,
            glued: true,
            bars_on_line: 0,
        }
    }

    /// Writes the fields that stand before all music; gives the events after them.
    fn head<'t>(&mut self, tune: &'t Tune) -> &'t [Event] {
        let heads = |event: &&Event| {
            matches!(
                event,
                Event::Rhythm(_) | Event::Metre(_) | Event::Unit(_) | Event::Part(_)
            )
        };
        let mut length = tune.events.iter().take_while(heads).count();
        let (mut metre, mut key) = (Metre::free(), Key::none());
        let mut unit = None;
        let whole = matches!(tune.events.get(length), Some(Event::Key(_)));
        if whole {
            let reference = tune.reference.as_deref().unwrap_or("1");
            let _ = write!(self.out, "X:{reference}\nT:{}\n", tune.titles.join("\nT:"));
        }
        for event in &tune.events[..length] {
            match event {
                Event::Rhythm(name) => self.field("R", &name.replace('_', " ")),
                Event::Part(name) => self.field("P", &name.replace('_', " ")),
                Event::Metre(given) => {
                    metre = given.clone();
                    self.field("M", &metre.to_string());
                }
                Event::Unit(given) => unit = Some(*given),
                _ => {}
            }
        }
        self.unit = unit.unwrap_or_else(|| metre.unit());
        if whole || unit.is_some() {
            let unit = self.unit.to_string();
            self.field("L", &unit);
        }
        let voice = |event: &Event| match event {
            Event::Voice(number) => Some(*number),
            _ => None,
        };
        let voices = tune
            .events
            .iter()
            .filter_map(voice)
            .max()
            .unwrap_or(0)
            .min(64);
        for number in 1..=voices {
            self.field("V", &number.to_string());
        }
        if let Some(Event::Key(given)) = tune.events.get(length) {
            key = given.clone();
            self.field("K", &key.field());
            length += 1;
        }
        let fresh = || Voice::new(key.alterations(), &metre);
        self.voices = std::iter::repeat_with(fresh)
            .take(usize::from(voices.max(1)))
            .collect();
        &tune.events[length..]
    }

    /// A field on a line of its own.
    fn field(&mut self, name: &str, value: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        let _ = writeln!(self.out, "{name}:{value}");
        self.bars_on_line = 0;
    }

    fn event(&mut self, event: &Event) {
        let in_grace = matches!(
            event,
            Event::Notes(_)
                | Event::Rest { .. }
                | Event::Slur
                | Event::SlurEnd
                | Event::Harmony(_)
                | Event::Decoration(_)
                | Event::Tuplet(_)
        );
        if !in_grace {
            self.end_grace();
        }
        let after_note = std::mem::take(&mut self.after_note);
        match event {
            Event::Notes(notes) => self.notes(notes),
            Event::Rest { length, shown } => {
                self.gap();
                self.out.push(if *shown { 'z' } else { 'x' });
                self.length(*length);
                if !self.grace {
                    self.voice().accidentals.untie();
                }
                self.pass(*length);
            }
            Event::BarsRest(bars) => {
                self.gap();
                let _ = write!(self.out, "Z{bars}");
                self.glued = false;
            }
            Event::Tie if after_note => self.tie(),
            Event::Bar(bar) => {
                self.bar(&bar.to_string(), bar.parts_sections());
            }
            Event::Ending(rounds) => {
                self.space();
                let _ = write!(self.out, "[{rounds} ");
                self.glued = true;
            }
            Event::Tuplet(tuplet) => self.tuplet(*tuplet),
            Event::Grace { crushed } => {
                self.prefix(if *crushed { "{/" } else { "{" });
                self.grace = true;
            }
            Event::Overlay => {
                self.bar("&", false);
                self.voice().uncertain = true;
            }
            Event::Slur => self.prefix("("),
            Event::SlurEnd => {
                self.out.push(')');
                self.after_note = after_note;
            }
            Event::Harmony(name) => self.prefix(&format!("\"{}\"", name.replace('_', " "))),
            Event::Decoration(name) => match letter(name) {
                Some(letter) => self.prefix(letter.encode_utf8(&mut [0; 4])),
                None => self.prefix(&format!("!{name}!")),
            },
            Event::Metre(metre) => {
                self.inline("M", &metre.to_string());
                self.voice().metre = metre.clone();
            }
            Event::Key(key) => {
                self.inline("K", &key.field());
                let voice = self.voice();
                voice.uncertain |= voice.accidentals.any();
                voice.accidentals.set_key(key.alterations());
            }
            Event::Unit(unit) => {
                self.inline("L", &unit.to_string());
                self.unit = *unit;
            }
            Event::Voice(number) => {
                self.current = usize::from(*number).clamp(1, self.voices.len()) - 1;
                self.field("V", &(self.current + 1).to_string());
                self.glued = true;
            }
            Event::Part(name) => {
                self.field("P", &name.replace('_', " "));
                self.glued = true;
            }
            // The sort of tune is said at its head or not at all.
            Event::Tie | Event::GraceEnd | Event::Rhythm(_) => {}
        }
    }

    fn voice(&mut self) -> &mut Voice {
        &mut self.voices[self.current]
    }

    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
            self.out.push(' ');
        }
    }

    /// A space, where the next note is on the beat.
    fn gap(&mut self) {
        if !self.glued && !self.grace && self.voices[self.current].on_beat() {
            self.space();
        }
    }

    /// What belongs to the note after it.
    fn prefix(&mut self, text: &str) {
        self.gap();
        self.out.push_str(text);
        self.glued = true;
    }

    fn inline(&mut self, name: &str, value: &str) {
        self.space();
        let _ = write!(self.out, "[{name}:{value}] ");
        self.glued = true;
    }

    fn end_grace(&mut self) {
        if !std::mem::take(&mut self.grace) {
            return;
        }
        for empty in ["{/", "{"] {
            if self.out.ends_with(empty) {
                self.out.truncate(self.out.len() - empty.len());
                return;
            }
        }
        self.out.push('}');
    }

    fn notes(&mut self, notes: &[Note]) {
        self.gap();
        let [first, ..] = notes else {
            return;
        };
        let together = notes.len() > 1;
        let same = notes.iter().all(|note| note.length == first.length);
        if together {
            self.out.push('[');
        }
        for note in notes {
            self.pitch(note.pitch);
            if !same {
                self.length(note.length);
            }
            if note.tied && together {
                self.out.push('-');
            }
        }
        if together {
            self.out.push(']');
        }
        if same {
            self.length(first.length);
        }
        self.pass(first.length);
        if self.grace {
            return;
        }
        self.after_note = true;
        let voice = self.voice();
        voice.accidentals.untie();
        voice.last.clear();
        for note in notes {
            voice.last.push(note.pitch);
            if note.tied {
                let Pitch { class, octave } = note.pitch;
                voice
                    .accidentals
                    .tie(class.letter, octave.into(), class.alteration);
            }
        }
    }

    fn pass(&mut self, length: Length) {
        if !self.grace {
            self.voice().pass(length);
            self.glued = false;
        }
    }

    fn pitch(&mut self, pitch: Pitch) {
        let (letter, octave) = (pitch.class.letter, i32::from(pitch.octave));
        let alteration = pitch.class.alteration;
        let grace = self.grace;
        let voice = self.voice();
        let implied = voice.accidentals.implied_by_all(letter, octave);
        if voice.uncertain || implied != Some(alteration) {
            voice.accidentals.mark(letter, octave, alteration, grace);
            self.out.push_str(accidental(alteration));
        }
        self.letter(letter, octave);
    }

    fn letter(&mut self, letter: Letter, octave: i32) {
        let name = letter.to_string();
        match octave {
            5.. => {
                self.out.push_str(&name.to_ascii_lowercase());
                self.out.push_str(&"'".repeat(octave as usize - 5));
            }
            _ => {
                self.out.push_str(&name);
                self.out.push_str(&",".repeat((4 - octave) as usize));
            }
        }
    }

    /// A length in units; one unit is not said.
    fn length(&mut self, length: Length) {
        let units = length.over(self.unit).unwrap_or(Length::ZERO);
        let (above, below) = (units.numerator(), units.denominator());
        let _ = match (above, below) {
            (1, 1) => Ok(()),
            (_, 1) => write!(self.out, "{above}"),
            (1, _) => write!(self.out, "/{below}"),
            _ => write!(self.out, "{above}/{below}"),
        };
    }

    fn tie(&mut self) {
        let voice = self.voice();
        for Pitch { class, octave } in std::mem::take(&mut voice.last) {
            voice
                .accidentals
                .tie(class.letter, octave.into(), class.alteration);
        }
        self.out.push('-');
    }

    fn tuplet(&mut self, tuplet: Tuplet) {
        let Tuplet { p, q, notes } = tuplet;
        let said_by_p = matches!(p, 2 | 3 | 4 | 6 | 8)
            && default_time(p.into(), false) == Some(q.into())
            && notes == p;
        match said_by_p {
            true => self.prefix(&format!("({p}")),
            false => self.prefix(&format!("({p}:{q}:{notes}")),
        }
        if !self.grace {
            self.voice().tuplet = Some((tuplet, notes));
        }
    }

    fn bar(&mut self, line: &str, ends_section: bool) {
        self.space();
        self.out.push_str(line);
        let voice = self.voice();
        voice.accidentals.end_bar();
        voice.uncertain = false;
        voice.position = Some(Length::ZERO);
        self.bars_on_line += 1;
        let full = self.bars_on_line >= BARS_A_LINE;
        let end = full || ends_section && self.bars_on_line > 1;
        self.out.push(if end { '\n' } else { ' ' });
        if end {
            self.bars_on_line = 0;
        }
        self.glued = true;
    }
}
