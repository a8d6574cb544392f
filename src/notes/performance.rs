//! Here is a tune, give me what sounds, and when.
//!
//! Repeats are played out and endings chosen, ties are joined, tuplets are in
//! time. Each voice is played by itself from the beginning. Grace notes take a
//! little from the note after them.

use std::collections::BTreeMap;

use super::{Event, Key, Length, Metre, Note, Pitch};

/// A whole note has so many ticks: enough for tuplets of 3, 5, 7 and 9 of short notes. What no tick
/// fits is rounded.
pub const WHOLE: u64 = 4 * QUARTER;

/// A quarter note has so many ticks.
pub const QUARTER: u64 = 10_080;

/// A grace note is so long, or half of its note is shared among several.
const GRACE: u64 = WHOLE / 32;

/// A tune as it is played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Performance {
    /// What sounds, voice by voice, in the order of time.
    pub sounds: Vec<Sound>,
    /// Where bars of the first voice end.
    pub bars: Vec<u64>,
    /// The metres of the first voice, and where each begins.
    pub metres: Vec<(u64, Metre)>,
    /// Its keys.
    pub keys: Vec<(u64, Key)>,
    /// Where the longest voice ends.
    pub end: u64,
}

/// A note that sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Whose it is, from 1.
    pub voice: u16,
    /// The tick it begins at.
    pub start: u64,
    /// How many ticks it lasts.
    pub length: u64,
    /// How high it is.
    pub pitch: Pitch,
}

/// Plays the events of a tune.
pub fn perform(events: &[Event]) -> Performance {
    let mut voices: BTreeMap<u16, Vec<&Event>> = BTreeMap::new();
    let mut head: Vec<&Event> = Vec::new();
    let mut current = None;
    for event in events {
        match (event, current) {
            (Event::Voice(number), _) => current = Some(*number),
            (event, None) => head.push(event),
            (event, Some(number)) => voices
                .entry(number)
                .or_insert_with(|| fields(&head))
                .push(event),
        }
    }
    let heads_music = head.iter().any(|event| matches!(event, Event::Notes(_)));
    if heads_music || voices.is_empty() {
        let rest = voices.remove(&1).unwrap_or_default();
        let own = rest.len().min(fields(&head).len());
        head.extend_from_slice(&rest[own..]);
        voices.insert(1, head);
    }
    let mut performance = Performance::default();
    for (place, (&number, events)) in voices.iter().enumerate() {
        let mut player = Player::new(number);
        played(events)
            .into_iter()
            .for_each(|event| player.play(event));
        performance.end = performance.end.max(player.now);
        performance.sounds.append(&mut player.sounds);
        if place == 0 {
            performance.bars = player.bars;
            performance.metres = player.metres;
            performance.keys = player.keys;
        }
    }
    performance
}

/// What the head of a tune says to every voice.
fn fields<'t>(head: &[&'t Event]) -> Vec<&'t Event> {
    let said = |event: &&&Event| matches!(event, Event::Metre(_) | Event::Key(_));
    head.iter().filter(said).copied().collect()
}

/// The events in the order in which they are played.
fn played<'t>(events: &[&'t Event]) -> Vec<&'t Event> {
    let mut order = Vec::with_capacity(events.len());
    let (mut at, mut section, mut round) = (0, 0, 1);
    let mut in_ending = false;
    while let Some(&event) = events.get(at) {
        at += 1;
        order.push(event);
        match event {
            Event::Bar(bar) => {
                let last_ending = in_ending && bar.parts_sections();
                if bar.repeats_before > 0 {
                    in_ending = false;
                    if round <= u32::from(bar.repeats_before) {
                        (at, round) = (section, round + 1);
                        continue;
                    }
                    (section, round) = (at, 1);
                } else if last_ending {
                    in_ending = false;
                    (section, round) = (at, 1);
                }
                if bar.repeats_after > 0 && section < at {
                    (section, round) = (at, 1);
                }
            }
            Event::Ending(rounds) if !is_in(rounds, round) => {
                let ends = |event: &&Event| match event {
                    Event::Bar(bar) => bar.repeats_before > 0 || bar.parts_sections(),
                    _ => false,
                };
                let rest = &events[at..];
                at += rest
                    .iter()
                    .position(ends)
                    .map_or(rest.len(), |place| place + 1);
            }
            Event::Ending(_) => in_ending = true,
            _ => {}
        }
    }
    order
}

/// True if an ending, `1,3` or `1-3`, is that of a round.
fn is_in(rounds: &str, round: u32) -> bool {
    let within = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<u32>().ok();
        match number(first).zip(number(last)) {
            Some((first, last)) => (first..=last).contains(&round),
            // Words are for people: "last time".
            None => true,
        }
    };
    rounds.split(',').any(within)
}

struct Player {
    voice: u16,
    now: u64,
    bar_began: u64,
    /// How far the other layers of the bar came.
    layers: u64,
    tuplet: Option<(Length, u8)>,
    /// The pitches of grace notes that wait for their note, while they are read or after.
    graces: Vec<Pitch>,
    in_grace: bool,
    /// The sounds that the next notes may go on with.
    tied: Vec<usize>,
    /// The sounds of the last notes.
    last: Vec<usize>,
    sounds: Vec<Sound>,
    bars: Vec<u64>,
    metres: Vec<(u64, Metre)>,
    keys: Vec<(u64, Key)>,
}

impl Player {
    fn new(voice: u16) -> Self {
        Player {
            voice,
            now: 0,
            bar_began: 0,
            layers: 0,
            tuplet: None,
            graces: Vec::new(),
            in_grace: false,
            tied: Vec::new(),
            last: Vec::new(),
            sounds: Vec::new(),
            bars: Vec::new(),
            metres: Vec::new(),
            keys: Vec::new(),
        }
    }

    fn play(&mut self, event: &Event) {
        match event {
            Event::Metre(metre) => self.metres.push((self.now, metre.clone())),
            Event::Key(key) => self.keys.push((self.now, key.clone())),
            Event::Notes(notes) if self.in_grace => {
                self.graces.extend(notes.iter().map(|note| note.pitch));
            }
            Event::Notes(notes) => self.notes(notes),
            Event::Rest { length, .. } if !self.in_grace => {
                let length = self.ticks(*length);
                self.now += self.passed(length);
                self.tied.clear();
            }
            Event::BarsRest(bars) => {
                let metre = self.metres.last().and_then(|(_, metre)| metre.bar());
                let bar = metre.map_or(WHOLE, |bar| self.ticks(bar));
                self.now += bar * u64::from(*bars);
            }
            Event::Tie => self.tied.clone_from(&self.last),
            Event::Tuplet(tuplet) => self.tuplet = Some((tuplet.factor(), tuplet.notes)),
            Event::Grace { .. } => self.in_grace = true,
            Event::GraceEnd => self.in_grace = false,
            Event::Overlay => {
                self.layers = self.layers.max(self.now);
                self.now = self.bar_began;
            }
            Event::Bar(_) => {
                self.in_grace = false;
                self.now = self.now.max(self.layers);
                if self.now > self.bar_began {
                    self.bars.push(self.now);
                }
                self.bar_began = self.now;
            }
            _ => {}
        }
    }

    fn notes(&mut self, notes: &[Note]) {
        let ticks: Vec<u64> = notes.iter().map(|note| self.ticks(note.length)).collect();
        let Some(&advance) = ticks.first() else {
            return;
        };
        let graces = std::mem::take(&mut self.graces);
        let each = GRACE.min(advance / 2 / graces.len().max(1) as u64);
        for (number, pitch) in (0..).zip(&graces) {
            self.sound(self.now + number * each, each, *pitch);
        }
        let late = each * graces.len() as u64;
        let tied = std::mem::take(&mut self.tied);
        self.last.clear();
        for (note, ticks) in notes.iter().zip(ticks) {
            let goes_on = tied
                .iter()
                .find(|&&at| self.sounds[at].pitch.midi() == note.pitch.midi());
            let at = match goes_on {
                Some(&at) => {
                    self.sounds[at].length += ticks;
                    at
                }
                None => self.sound(self.now + late, ticks.saturating_sub(late), note.pitch),
            };
            self.last.push(at);
            if note.tied {
                self.tied.push(at);
            }
        }
        self.now += self.passed(advance);
    }

    fn sound(&mut self, start: u64, length: u64, pitch: Pitch) -> usize {
        self.sounds.push(Sound {
            voice: self.voice,
            start,
            length,
            pitch,
        });
        self.sounds.len() - 1
    }

    /// A written length in ticks, as a tuplet has it.
    fn ticks(&self, length: Length) -> u64 {
        let factor = self.tuplet.map(|(factor, _)| factor);
        let length = factor
            .and_then(|factor| length.times(factor))
            .unwrap_or(length);
        u64::from(length.numerator()) * WHOLE / u64::from(length.denominator())
    }

    /// A note of a tuplet is over.
    fn passed(&mut self, ticks: u64) -> u64 {
        self.tuplet = self
            .tuplet
            .filter(|&(_, left)| left > 1)
            .map(|(factor, left)| (factor, left - 1));
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::abc::collection;

    /// Each sound as its pitch and its length in quarters.
    fn sounds(music: &str) -> String {
        let text = format!("X:1\nM:4/4\nL:1/4\nK:C\n{music}");
        let performance = perform(&collection(&text).next().unwrap().read().unwrap().events);
        let spelt = performance.sounds.iter().map(|sound| {
            let quarters = Length::new(sound.length, QUARTER).unwrap();
            format!("{}:{quarters}", sound.pitch)
        });
        spelt.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn repeats_are_played_out() {
        let pitches = |music| sounds(music).replace(":1", "").replace('4', "");
        let cases = [
            ("A|:B:|C", "A B B C"),
            ("A B:|C", "A B A B C"),
            ("|:A::B:|C", "A A B B C"),
            ("|:A|1 B:|2 C|] D", "A B A C D"),
            ("|::A::|B", "A A A B"),
            ("|:A|1 B:|2 C|]D:|", "A B A C D D"),
        ];
        for (music, expected) in cases {
            assert_eq!(pitches(music), expected, "{music}");
        }
    }

    #[test]
    fn ties_tuplets_chords_and_graces_take_their_time() {
        assert_eq!(sounds("A2-|A B"), "A4:3 B4:1");
        assert_eq!(sounds("(3ABC z D"), "A4:2/3 B4:2/3 C4:2/3 D4:1");
        assert_eq!(sounds("[CE]2 [C-E] [CE]"), "C4:2 E4:2 C4:2 E4:1 E4:1");
        assert_eq!(sounds("{B}A"), "B4:1/8 A4:7/8");
    }

    #[test]
    fn voices_and_overlays_begin_together() {
        let text = "X:1\nL:1/4\nK:C\nV:1\nA B|\nV:2\nC2|\nV:1\nc & E2|";
        let performance = perform(&collection(text).next().unwrap().read().unwrap().events);
        let starts: Vec<_> = performance
            .sounds
            .iter()
            .map(|s| (s.voice, s.start / QUARTER))
            .collect();
        assert_eq!(starts, [(1, 0), (1, 1), (1, 2), (1, 2), (2, 0)]);
        assert_eq!(performance.end, 4 * QUARTER);
    }
}
