//! Here are parts, write them down: in bars, with rests, ties and tuplets.
//!
//! Bars are drawn from the metre. A first bar that is shorter than the metre after it
//! is an upbeat. A note that goes on over a bar line, or is no plain, dotted or
//! doubly dotted note, is tied. Notes whose lengths are no powers of two are gathered
//! until they come to one, and are a tuplet.

use super::parts::Sounding;
use super::{Recording, Unreadable};
use crate::notes::length::greatest_common_divisor;
use crate::notes::{Bar, Event, Key, Length, Line, Metre, Note, Pitch, Tune, Tuplet};

/// A tune of more bars than this is none.
const MOST_BARS: usize = 1 << 16;

/// ABC has no more voices than this.
const MOST_VOICES: usize = 64;

/// For each note that was played, so many may be written; those that are held over bars are several.
const WRITTEN_FOR_ONE: usize = 64;

/// The tune of these parts.
pub(super) fn score(recording: &Recording, parts: &[Vec<Sounding>]) -> Result<Tune, Unreadable> {
    let ends = parts.iter().filter_map(|part| part.last());
    let Some(end) = ends.map(|last| last.end).max() else {
        let what = "it has no notes; drums, on channel 10, are left out";
        return Err(Unreadable::whole(what));
    };
    if parts.len() > MOST_VOICES {
        let what = format!("it has {} parts; {MOST_VOICES} are the most", parts.len());
        return Err(Unreadable::whole(what));
    }
    let sheet = Sheet::of(recording, end)?;
    let mut writer = Writer {
        sheet: &sheet,
        events: sheet.head(),
        sharps: 0,
        left: WRITTEN_FOR_ONE * (recording.strokes.len() + MOST_BARS / WRITTEN_FOR_ONE),
    };
    for (part, number) in parts.iter().zip(1..) {
        if parts.len() > 1 {
            writer.events.push(Event::Voice(number));
        }
        writer.part(part)?;
    }
    Ok(Tune {
        events: writer.events,
        reference: None,
        titles: recording.titles.clone(),
    })
}

/// What is the same for all parts.
struct Sheet {
    whole: u64,
    /// Each metre where it begins, the first at 0; no two neighbours are the same.
    metres: Vec<(u64, Metre)>,
    keys: Vec<(u64, Key)>,
    bars: Vec<Measure>,
}

/// The time of a bar.
#[derive(Clone, Copy)]
struct Measure {
    start: u64,
    end: u64,
    /// It is as long as the metre says.
    is_full: bool,
}

impl Sheet {
    fn of(recording: &Recording, end: u64) -> Result<Self, Unreadable> {
        let common = Metre::parse("4/4").unwrap_or_else(Metre::free);
        let mut sheet = Sheet {
            whole: recording.whole,
            metres: changes(&recording.metres, common),
            keys: changes(&recording.keys, Key::of_sharps(0, false)),
            bars: Vec::new(),
        };
        let upbeat = sheet.take_upbeat();
        sheet.draw_bars(upbeat, end)?;
        Ok(sheet)
    }

    fn bar(&self, metre: &Metre) -> u64 {
        let bar = metre.bar().unwrap_or(Length::ZERO);
        let units = u64::from(bar.numerator()) * self.whole / u64::from(bar.denominator());
        units.max(1)
    }

    /// A metre that holds for one bar, and is shorter than the next, is how an upbeat is written;
    /// gives how long it is.
    fn take_upbeat(&mut self) -> Option<u64> {
        let [(_, first), (at, second), ..] = &self.metres[..] else {
            return None;
        };
        let (length, full) = (self.bar(first), self.bar(second));
        let is_upbeat = *at == length && length < full;
        if is_upbeat {
            self.metres.remove(0);
            self.metres[0].0 = 0;
        }
        is_upbeat.then_some(length)
    }

    fn draw_bars(&mut self, upbeat: Option<u64>, end: u64) -> Result<(), Unreadable> {
        let mut start = 0;
        let mut metre = 0;
        while start < end {
            let full = start + self.bar(&self.metres[metre].1);
            let next = self.metres.get(metre + 1).map(|(at, _)| *at);
            let mut stop = next.map_or(full, |next| full.min(next));
            if let (0, Some(upbeat)) = (start, upbeat) {
                stop = stop.min(upbeat);
            }
            self.bars.push(Measure {
                start,
                end: stop,
                is_full: stop == full,
            });
            if self.bars.len() > MOST_BARS {
                let what = format!("it has more than {MOST_BARS} bars");
                return Err(Unreadable::whole(what));
            }
            metre += usize::from(next == Some(stop));
            start = stop;
        }
        Ok(())
    }

    fn head(&self) -> Vec<Event> {
        let (metre, key) = (&self.metres[0].1, &self.keys[0].1);
        vec![
            Event::Metre(metre.clone()),
            Event::Unit(metre.unit()),
            Event::Key(key.clone()),
        ]
    }
}

/// Each value where it begins, from 0 on, where there is a `first` if nothing else is; of several
/// at one time the last, and no value again that holds already.
fn changes<T: Clone + PartialEq>(said: &[(u64, T)], first: T) -> Vec<(u64, T)> {
    let mut changes = vec![(0, first)];
    for (at, value) in said {
        match changes.last_mut() {
            Some(last) if last.0 == *at => last.1 = value.clone(),
            _ => changes.push((*at, value.clone())),
        }
    }
    changes.dedup_by(|later, earlier| later.1 == earlier.1);
    changes
}

/// What is written with one sign, but for its length's name: keys, or none for a rest.
struct Item {
    length: Length,
    notes: Vec<(Pitch, bool)>,
}

struct Writer<'s> {
    sheet: &'s Sheet,
    events: Vec<Event>,
    /// Those of the key that holds.
    sharps: i32,
    /// So many notes may be written yet.
    left: usize,
}

impl Writer<'_> {
    fn part(&mut self, part: &[Sounding]) -> Result<(), Unreadable> {
        let sheet = self.sheet;
        let mut metres = sheet.metres[1..].iter().peekable();
        let mut keys = sheet.keys[1..].iter().peekable();
        self.sharps = sheet.keys[0].1.sharps();
        let last = part.last().map_or(0, |sounding| sounding.end);
        let mut sounding = part.iter().peekable();
        let mut empty = 0;
        for bar in sheet.bars.iter().take_while(|bar| bar.start < last) {
            let metre = metres.next_if(|(at, _)| *at == bar.start);
            let is_empty = sounding.peek().is_none_or(|next| next.start >= bar.end);
            if metre.is_some() || !is_empty || !bar.is_full {
                self.rest_bars(&mut empty);
            }
            if let Some((_, metre)) = metre {
                self.events.push(Event::Metre(metre.clone()));
            }
            if is_empty && bar.is_full {
                empty += 1;
                continue;
            }
            let mut now = bar.start;
            let mut items = Vec::new();
            while now < bar.end {
                if let Some((_, key)) = keys.next_if(|(at, _)| *at <= now) {
                    self.items(&std::mem::take(&mut items));
                    self.sharps = key.sharps();
                    self.events.push(Event::Key(key.clone()));
                    continue;
                }
                let (stop, sounds) = match sounding.peek() {
                    Some(next) if next.start <= now => (
                        next.end.min(bar.end),
                        Some((&next.keys, next.end > bar.end)),
                    ),
                    Some(next) => (next.start.min(bar.end), None),
                    None => (bar.end, None),
                };
                items.push(self.item(stop - now, sounds)?);
                now = stop;
                sounding.next_if(|next| next.end <= now);
            }
            self.items(&items);
            let line = if bar.end >= last {
                Line::Final
            } else {
                Line::Plain
            };
            self.events.push(Event::Bar(Bar::line(line)));
        }
        Ok(())
    }

    fn rest_bars(&mut self, bars: &mut usize) {
        let mut left = std::mem::take(bars);
        while left > 0 {
            let some = u16::try_from(left).unwrap_or(u16::MAX);
            self.events.push(Event::BarsRest(some));
            self.events.push(Event::Bar(Bar::line(Line::Plain)));
            left -= usize::from(some);
        }
    }

    /// What sounds for so long; all of it goes on if it does over the bar's end.
    fn item(
        &mut self,
        length: u64,
        sounds: Option<(&Vec<(u8, bool)>, bool)>,
    ) -> Result<Item, Unreadable> {
        let notes = sounds.into_iter().flat_map(|(keys, over_bar)| {
            let sharps = self.sharps;
            keys.iter()
                .map(move |&(key, tied)| (Pitch::of_midi(key, sharps), tied || over_bar))
        });
        let notes: Vec<(Pitch, bool)> = notes.collect();
        let left = self.left.checked_sub(notes.len());
        self.left =
            left.ok_or_else(|| Unreadable::whole("its notes are held over too many bars"))?;
        let length = Length::new(length, self.sheet.whole);
        let length = length.ok_or_else(|| Unreadable::whole("its bars have no lengths"))?;
        Ok(Item { length, notes })
    }

    fn items(&mut self, mut items: &[Item]) {
        while let Some(first) = items.first() {
            match tuplet(items) {
                Some((tuplet, taken)) => {
                    self.events.push(Event::Tuplet(tuplet));
                    for item in &items[..taken] {
                        let written = item.length.over(tuplet.factor());
                        self.write(item, &written.map(signs).unwrap_or_default());
                    }
                    items = &items[taken..];
                }
                None => {
                    self.write(first, &signs(first.length));
                    items = &items[1..];
                }
            }
        }
    }

    /// An item as notes or rests of these lengths, tied.
    fn write(&mut self, item: &Item, lengths: &[Length]) {
        for (number, &length) in (1..).zip(lengths) {
            if item.notes.is_empty() {
                self.events.push(Event::Rest {
                    length,
                    shown: true,
                });
                continue;
            }
            let goes_on = number < lengths.len() || item.notes.iter().all(|(_, tied)| *tied);
            let notes = item.notes.iter().map(|&(pitch, tied)| Note {
                pitch,
                length,
                tied: tied && !goes_on,
            });
            self.events.push(Event::Notes(notes.collect()));
            if goes_on {
                self.events.push(Event::Tie);
            }
        }
    }
}

/// The tuplet that these items begin with, and how many of them are in it.
fn tuplet(items: &[Item]) -> Option<(Tuplet, usize)> {
    if is_binary(items.first()?.length) {
        return None;
    }
    let (mut sum, mut p) = (Length::ZERO, 1);
    for (taken, item) in (1..=usize::from(Tuplet::MOST)).zip(items) {
        sum = sum.plus(item.length)?;
        let odd = odd_part(item.length);
        p = p / greatest_common_divisor(p, odd) * odd;
        if p > u64::from(Tuplet::MOST) {
            return None;
        }
        if is_binary(sum) {
            // The largest power of two below p, which is odd.
            let q = p.next_power_of_two() / 2;
            let factor = Length::new(q, p)?;
            let written = items[..taken].iter().map(|item| item.length.over(factor));
            let written = written.map(|length| Some(signs(length?).len() as u64));
            let notes = written.sum::<Option<u64>>()?;
            return Some((Tuplet::new(p, q, notes)?, taken));
        }
    }
    None
}

/// What is left of the number below the line when it is halved as often as it can be.
fn odd_part(length: Length) -> u64 {
    let below = length.denominator();
    u64::from(below >> below.trailing_zeros())
}

fn is_binary(length: Length) -> bool {
    length.denominator().is_power_of_two()
}

/// A length as the lengths of single notes: plain, dotted or doubly dotted, the longest first. One that
/// is no power of two has no such notes and stays as it is.
fn signs(length: Length) -> Vec<Length> {
    if !is_binary(length) {
        return vec![length];
    }
    let mut left = u64::from(length.numerator());
    let mut signs = Vec::new();
    while left > 0 {
        let top = left.ilog2();
        let ones = (left << (63 - top)).leading_ones().min(3);
        let sign = ((1 << ones) - 1) << (top + 1 - ones);
        left -= sign;
        signs.extend(Length::new(sign, length.denominator().into()));
    }
    signs
}
