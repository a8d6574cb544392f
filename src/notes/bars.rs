//! Here is a tune, tell me which of its bars do not sum to the metre.
//!
//! A bar is complete if its notes and rests sum to the metre. Two sorts of short
//! bars are complete as well, for players count them together: the first bar of a
//! section (an upbeat), and the last of one if it and the upbeat make a bar, or
//! it and the first bar of the next section do. Sections are parted by repeats,
//! double bars and the tune's ends. Grace notes take no time; a second ending
//! goes on where the first began.

use std::collections::BTreeMap;

use super::{Event, Length, Metre};

/// How the bars of a tune sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    /// How many bars hold music, upbeats included.
    pub all: usize,
    /// The numbers, from 1, of those that do not sum to the metre.
    pub incomplete: Vec<usize>,
}

/// How the bars of these events sum, voice by voice.
pub fn bars(events: &[Event]) -> Bars {
    let mut voices: BTreeMap<u16, Count> = BTreeMap::new();
    let mut head = Count::default();
    let mut current = None;
    let mut found = Bars::default();
    for event in events {
        match event {
            Event::Voice(number) => {
                voices.entry(*number).or_insert_with(|| head.beginning());
                current = Some(*number);
            }
            event => match current.and_then(|number| voices.get_mut(&number)) {
                Some(voice) => voice.take(event, &mut found),
                None => head.take(event, &mut found),
            },
        }
    }
    let all = std::iter::once(&mut head).chain(voices.values_mut());
    all.for_each(|voice| voice.end(&mut found));
    found.incomplete.sort_unstable();
    found.incomplete.dedup();
    found
}

/// A voice as far as it came.
#[derive(Clone)]
struct Count {
    bar: Option<Length>,
    /// What the bar came to; none if that is beyond all numbers.
    filled: Option<Length>,
    /// What the bar had come to where its first ending began.
    ending: Option<Length>,
    tuplet: Option<(Length, u8)>,
    grace: bool,
    begins_section: bool,
    upbeat: Option<Length>,
    /// A short bar that ended a section, and what would complete it.
    owed: Option<(usize, Length)>,
}

impl Default for Count {
    fn default() -> Self {
        Count {
            bar: None,
            filled: Some(Length::ZERO),
            ending: None,
            tuplet: None,
            grace: false,
            begins_section: true,
            upbeat: None,
            owed: None,
        }
    }
}

impl Count {
    /// A voice that begins with what the head of the tune said.
    fn beginning(&self) -> Self {
        Count {
            bar: self.bar,
            ..Count::default()
        }
    }

    fn end(&mut self, found: &mut Bars) {
        self.end_bar(true, found);
        found
            .incomplete
            .extend(self.owed.take().map(|(number, _)| number));
    }

    fn take(&mut self, event: &Event, found: &mut Bars) {
        match event {
            Event::Metre(metre) => self.bar = Metre::bar(metre),
            Event::Notes(notes) if !self.grace => {
                self.pass(notes.first().map_or(Length::ZERO, |note| note.length));
            }
            Event::Rest { length, .. } if !self.grace => self.pass(*length),
            Event::BarsRest(_) => self.filled = self.bar.or(self.filled),
            Event::Tuplet(tuplet) if !self.grace => {
                self.tuplet = Some((tuplet.factor(), tuplet.notes));
            }
            Event::Grace { .. } => self.grace = true,
            Event::GraceEnd => self.grace = false,
            Event::Overlay => self.end_bar(false, found),
            Event::Bar(bar) => {
                self.end_bar(bar.parts_sections(), found);
                self.begins_section |= bar.parts_sections();
            }
            Event::Ending(_) => {
                match self.ending {
                    Some(begun) if self.filled == Some(Length::ZERO) => self.filled = Some(begun),
                    _ => self.ending = self.filled,
                }
                self.begins_section = false;
            }
            _ => {}
        }
    }

    fn pass(&mut self, length: Length) {
        let mut factor = Length::new(1, 1);
        if let Some((of_tuplet, left)) = self.tuplet.take() {
            factor = Some(of_tuplet);
            self.tuplet = (left > 1).then(|| (of_tuplet, left - 1));
        }
        let sounding = factor.and_then(|factor| length.times(factor));
        let filled = self.filled.zip(sounding);
        self.filled = filled.and_then(|(filled, sounding)| filled.plus(sounding));
    }

    fn end_bar(&mut self, ends_section: bool, found: &mut Bars) {
        self.grace = false;
        let filled = self.filled.replace(Length::ZERO);
        if filled == Some(Length::ZERO) {
            return;
        }
        found.all += 1;
        let begins_section = std::mem::take(&mut self.begins_section);
        let Some(bar) = self.bar else {
            return;
        };
        let missing = filled.and_then(|filled| bar.minus(filled));
        let is = |length: Option<Length>| length.is_some() && missing == length;
        if let Some((number, owed)) = self.owed.take()
            && filled != Some(owed)
        {
            found.incomplete.push(number);
        }
        if missing == Some(Length::ZERO) || ends_section && is(self.upbeat) {
            return;
        }
        match missing {
            Some(_) if begins_section => self.upbeat = filled,
            Some(missing) if ends_section => self.owed = Some((found.all, missing)),
            _ => found.incomplete.push(found.all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::abc::collection;

    fn incomplete(music: &str) -> Vec<usize> {
        let text = format!("X:1\nM:3/4\nL:1/4\nK:C\n{music}");
        bars(&collection(&text).next().unwrap().read().unwrap().events).incomplete
    }

    #[test]
    fn bars_sum_to_the_metre_or_are_named() {
        let cases: [(&str, &[usize]); 14] = [
            ("ABc|ABc|]", &[]),
            ("ABc|AB|ABc|", &[2]),
            ("ABc|ABcd|ABc|", &[2]),
            ("A|ABc|Bc:|", &[]),
            ("A|ABc|B:|", &[3]),
            ("ABc|AB:|A|ABc|]", &[]),
            ("ABc|AB", &[2]),
            ("(3ABc d|{gf}A2 [ce]2/2|", &[]),
            ("A|ABc|AB|1 c/ A//:|2 B A|]", &[3, 4]),
            ("A|ABc|1 AB:|2 AB|]", &[]),
            ("AB [1 c:| [2 d|]", &[]),
            ("Z4|ABc|", &[]),
            ("ABc|[M:2/4]AB|ABc|", &[3]),
            ("V:1\nABc|ABc|\nV:2\nz3|AB|C3|\n", &[4]),
        ];
        for (music, expected) in cases {
            assert_eq!(incomplete(music), expected, "{music}");
        }
    }
}
