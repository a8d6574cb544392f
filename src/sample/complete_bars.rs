//! Here are the tokens so far, tell me which may come next if every bar is to sum to its metre.
//!
//! A note is allowed if what is then left of the bar can still be filled with
//! notes of the vocabulary: there is a set of sums that its lengths can make,
//! and what is left has to be in it. So no bar is ever begun that cannot be
//! ended, and nothing is drawn only to be thrown away. A bar line is allowed
//! where a bar is full, after an upbeat, and where a section's last bar and its
//! upbeat make one bar. What begins a tune is its head, up to the key, for
//! without a metre there is nothing to sum to.

use super::Constraint;
use crate::notes::{Event, Length, Tuplet};
use crate::token::{TokenId, Vocabulary};

/// Lengths that need a finer grid than this are not drawn.
const FINEST: u32 = 1 << 10;

/// Tuplets of more notes are not drawn.
const MOST_IN_TUPLET: u8 = 9;

/// Allows only tokens with which every bar can come to sum to its metre.
///
/// It keeps to one voice: V and overlays are not drawn.
#[derive(Clone)]
pub struct CompleteBars {
    /// What each token is; nothing if it is none of music.
    events: Vec<Option<Event>>,
    /// Lengths are counted in whole notes divided by this.
    grid: u32,
    /// The lengths that a note or rest can have.
    lengths: Vec<usize>,
    /// Whether so much can be filled with notes.
    fillable: Vec<bool>,
    /// `sums[n]` says whether so much can be the sum of n notes.
    sums: Vec<Vec<bool>>,
    place: Place,
}

/// How far the music came.
#[derive(Clone, Copy, Default)]
struct Place {
    /// How long a bar is; nothing if the metre is free or not known.
    bar: Option<usize>,
    filled: usize,
    /// The bar cannot be completed any more, through no fault of what was drawn.
    lost: bool,
    begins_section: bool,
    upbeat: usize,
    tuplet: Option<Within>,
    grace: bool,
    last: Last,
    music: bool,
    /// The tune began, and there was no key yet, which stands before all music.
    in_head: bool,
}

/// A tuplet that goes on.
#[derive(Clone, Copy)]
struct Within {
    tuplet: Tuplet,
    left: u8,
    written: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Last {
    #[default]
    Head,
    Bar,
    Ending,
    Note,
    Tie,
    GraceOpen,
    Other,
}

impl CompleteBars {
    /// For tokens of this vocabulary, before any of them.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let event = |id| Event::parse(str::from_utf8(vocabulary.surface(id)).ok()?);
        let events: Vec<Option<Event>> = vocabulary.ids().map(event).collect();
        let grid = grid(&events);
        let of = |length: Length| in_grid(length, grid);
        let bars = events.iter().flatten().filter_map(|event| match event {
            Event::Metre(metre) => of(metre.bar()?),
            _ => None,
        });
        let longest = bars.max().unwrap_or(0);
        let mut lengths: Vec<usize> = events
            .iter()
            .flatten()
            .filter_map(timed)
            .filter_map(of)
            .collect();
        lengths.sort_unstable();
        lengths.dedup();
        // Written notes of a tuplet may come to more than a bar, but hardly to twice as much.
        let sums = sums(&lengths, 2 * longest);
        CompleteBars {
            fillable: fillable(&lengths, longest),
            events,
            grid,
            lengths,
            sums,
            place: Place {
                begins_section: true,
                ..Place::default()
            },
        }
    }

    fn units(&self, length: Length) -> Option<usize> {
        let units = in_grid(length, self.grid)?;
        self.lengths.binary_search(&units).is_ok().then_some(units)
    }

    /// What is left of the bar, if a bar has an end.
    fn left(&self) -> Option<usize> {
        self.place
            .bar
            .map(|bar| bar.saturating_sub(self.place.filled))
    }

    fn can_fill(&self, units: usize) -> bool {
        self.fillable.get(units).copied().unwrap_or(false)
    }

    /// True if so many more notes can end the tuplet, and then others the bar.
    fn can_end(&self, within: Within) -> bool {
        let Some(left) = self.left() else {
            return true;
        };
        let Within {
            tuplet,
            left: notes,
            written,
        } = within;
        let (p, q) = (usize::from(tuplet.p), usize::from(tuplet.q));
        let sums = &self.sums[usize::from(notes)];
        let fits = |&more: &usize| {
            let sounding = (written + more) * q;
            sums[more]
                && sounding % p == 0
                && sounding / p <= left
                && self.can_fill(left - sounding / p)
        };
        (0..sums.len()).any(|more| fits(&more))
    }

    fn allows_time(&self, length: Length) -> bool {
        let Some(units) = self.units(length) else {
            return self.place.bar.is_none();
        };
        if self.place.grace {
            return true;
        }
        match (self.place.tuplet, self.left()) {
            (Some(within), _) => self.can_end(within.after(units)),
            (None, Some(left)) => units <= left && self.can_fill(left - units),
            (None, None) => true,
        }
    }

    /// True if the bar may end here.
    fn may_end(&self, section: bool) -> bool {
        let Place {
            bar,
            filled,
            lost,
            begins_section,
            ..
        } = self.place;
        if self.place.tuplet.is_some() {
            return false;
        }
        let Some(bar) = bar else {
            return true;
        };
        let upbeat_ends = begins_section && !section && filled > 0 && filled < bar;
        lost || filled == bar || upbeat_ends || section && self.place.completes_upbeat()
    }

    fn allows_event(&self, event: &Event) -> bool {
        let Place {
            filled,
            tuplet,
            grace,
            last,
            music,
            ..
        } = self.place;
        let of_head = matches!(
            event,
            Event::Rhythm(_) | Event::Metre(_) | Event::Unit(_) | Event::Part(_) | Event::Key(_)
        );
        if self.place.in_head && !of_head {
            return false;
        }
        let between_bars = filled == 0
            && tuplet.is_none()
            && matches!(last, Last::Head | Last::Bar | Last::Ending);
        if grace {
            return match event {
                Event::Notes(notes) => notes.iter().all(|note| self.allows_time(note.length)),
                Event::GraceEnd => last != Last::GraceOpen,
                _ => false,
            };
        }
        let room = self.left().is_none_or(|left| left > 0) && !self.place.lost;
        match event {
            Event::Notes(notes) => {
                room && notes
                    .first()
                    .is_some_and(|note| self.allows_time(note.length))
            }
            Event::Rest { length, .. } => room && last != Last::Tie && self.allows_time(*length),
            Event::BarsRest(_) => between_bars && music,
            Event::Tie => last == Last::Note,
            Event::Bar(bar) => match filled {
                0 if tuplet.is_none() => match last {
                    Last::Head => bar.repeats_before == 0,
                    Last::Bar => bar.repeats_after > 0 && bar.repeats_before == 0,
                    _ => self.place.bar.is_none(),
                },
                _ => self.may_end(bar.parts_sections()),
            },
            Event::Ending(_) => last == Last::Bar,
            Event::Tuplet(tuplet) => {
                room && self.place.tuplet.is_none()
                    && tuplet.notes <= MOST_IN_TUPLET
                    && self.can_end(Within::new(*tuplet))
            }
            Event::Grace { .. } => room && last != Last::Tie,
            Event::GraceEnd => false,
            Event::Metre(metre) => {
                between_bars
                    && match metre.bar() {
                        Some(bar) => in_grid(bar, self.grid).is_some_and(|bar| self.can_fill(bar)),
                        None => true,
                    }
            }
            Event::Rhythm(_) | Event::Unit(_) => !music,
            Event::Key(_) | Event::Part(_) => between_bars,
            Event::Voice(_) | Event::Overlay => false,
            Event::Slur | Event::SlurEnd | Event::Harmony(_) | Event::Decoration(_) => true,
        }
    }

    fn take(&mut self, event: &Event) {
        let mut place = self.place;
        place.last = Last::Other;
        match event {
            Event::Metre(metre) => {
                place.bar = metre.bar().and_then(|bar| in_grid(bar, self.grid));
                place.last = self.place.last;
            }
            Event::Key(_) | Event::Unit(_) | Event::Rhythm(_) | Event::Part(_) => {
                place.last = self.place.last;
                place.in_head &= !matches!(event, Event::Key(_));
            }
            Event::Notes(notes) => {
                place.last = Last::Note;
                place.pass(notes.first().and_then(|note| self.units(note.length)));
            }
            Event::Rest { length, .. } => place.pass(self.units(*length)),
            Event::BarsRest(_) => place.filled = place.bar.unwrap_or(1),
            Event::Tie => place.last = Last::Tie,
            Event::Tuplet(tuplet) if !place.grace => place.tuplet = Some(Within::new(*tuplet)),
            Event::Grace { .. } => {
                place.grace = true;
                place.last = Last::GraceOpen;
            }
            Event::GraceEnd => place.grace = false,
            Event::Bar(bar) => place.end_bar(bar.parts_sections()),
            Event::Ending(_) => {
                place.begins_section = false;
                place.last = Last::Ending;
            }
            _ => {
                place.last = if self.place.last == Last::Note {
                    Last::Note
                } else {
                    Last::Other
                }
            }
        }
        self.place = place;
        let too_full = place.bar.is_some_and(|bar| place.filled > bar);
        let stuck = place.tuplet.is_none() && self.left().is_some_and(|left| !self.can_fill(left));
        self.place.lost |= too_full || stuck;
    }
}

impl Constraint for CompleteBars {
    fn allows(&self, token: TokenId) -> bool {
        if token == TokenId::END {
            let Place {
                filled,
                grace,
                last,
                music,
                ..
            } = self.place;
            let over = filled == 0 && last == Last::Bar || filled > 0 && self.may_end(true);
            return music && over && !grace && last != Last::Tie;
        }
        let event = self.events.get(token.index()).and_then(Option::as_ref);
        event.is_some_and(|event| self.allows_event(event))
    }

    fn push(&mut self, token: TokenId) {
        self.place.in_head |= token == TokenId::START;
        if let Some(Some(event)) = self.events.get(token.index()) {
            let event = event.clone();
            self.take(&event);
        }
    }

    fn boxed(&self) -> Box<dyn Constraint> {
        Box::new(self.clone())
    }
}

impl Place {
    fn pass(&mut self, units: Option<usize>) {
        if self.grace {
            return;
        }
        self.music = true;
        self.in_head = false;
        let Some(units) = units else {
            self.lost = self.bar.is_some();
            self.filled += 1;
            return;
        };
        let Some(within) = self.tuplet else {
            self.filled += units;
            return;
        };
        let within = within.after(units);
        self.tuplet = (within.left > 0).then_some(within);
        if self.tuplet.is_none() {
            let sounding = within.written * usize::from(within.tuplet.q);
            self.filled += sounding / usize::from(within.tuplet.p);
            self.lost |= self.bar.is_some() && sounding % usize::from(within.tuplet.p) > 0;
        }
    }

    /// True if the bar and the upbeat of its section make one bar.
    fn completes_upbeat(&self) -> bool {
        self.upbeat > 0 && self.bar == Some(self.filled + self.upbeat)
    }

    fn end_bar(&mut self, section: bool) {
        if self.filled > 0 {
            let short = self.bar.is_some_and(|bar| self.filled < bar);
            // A short bar that completes the upbeat before it is no upbeat of its own.
            if self.begins_section && short && !(section && self.completes_upbeat()) {
                self.upbeat = self.filled;
            }
            self.begins_section = false;
        }
        self.begins_section |= section;
        self.filled = 0;
        self.lost = false;
        self.tuplet = None;
        self.grace = false;
        self.last = Last::Bar;
    }
}

impl Within {
    fn new(tuplet: Tuplet) -> Self {
        Within {
            tuplet,
            left: tuplet.notes,
            written: 0,
        }
    }

    fn after(self, units: usize) -> Self {
        Within {
            left: self.left.saturating_sub(1),
            written: self.written + units,
            ..self
        }
    }
}

/// The length of what takes time; a chord is as long as its first note.
fn timed(event: &Event) -> Option<Length> {
    match event {
        Event::Notes(notes) => notes.first().map(|note| note.length),
        Event::Rest { length, .. } => Some(*length),
        _ => None,
    }
}

/// The coarsest grid on which the lengths of notes lie, but for those that need one too fine.
fn grid(events: &[Option<Event>]) -> u32 {
    let mut lines: Vec<u32> = events
        .iter()
        .flatten()
        .filter_map(timed)
        .map(Length::denominator)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines.into_iter().fold(1, |grid: u32, line| {
        let (mut a, mut b) = (grid, line);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let finer = u64::from(grid) / u64::from(a) * u64::from(line);
        if finer <= u64::from(FINEST) {
            finer as u32
        } else {
            grid
        }
    })
}

fn in_grid(length: Length, grid: u32) -> Option<usize> {
    length
        .in_units_of(Length::new(1, grid.into())?)
        .map(|units| units as usize)
}

/// What can be filled with notes of these lengths, up to a bar of the longest.
fn fillable(lengths: &[usize], longest: usize) -> Vec<bool> {
    let mut can = vec![false; longest + 1];
    can[0] = true;
    for units in 1..=longest {
        can[units] = lengths
            .iter()
            .any(|&length| length <= units && can[units - length]);
    }
    can
}

/// What sums so many notes can have.
fn sums(lengths: &[usize], longest: usize) -> Vec<Vec<bool>> {
    let mut sums = vec![vec![false; longest + 1]];
    sums[0][0] = true;
    for number in 0..usize::from(MOST_IN_TUPLET) {
        let before = &sums[number];
        let can = |units: usize| {
            lengths
                .iter()
                .any(|&length| length <= units && before[units - length])
        };
        let next = (0..=longest).map(can).collect();
        sums.push(next);
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notes::bars;

    const TOKENS: &str = "M:6/8 M:3/4 M:none L:1/8 K:G K:D R:jig V:2 G4:1/8 A4:3/8 B4:1/4 c4:1/12 C4:1/16 E4:1/12 \
        C4+E4:1/2 z:1/8 - | || |: :| :: |] [1 [2 (3:2:3 (2:3:2 (5:2:5 { } & \"Am\" Z:2";

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::new();
        for token in TOKENS.split_whitespace() {
            vocabulary.add(token.as_bytes());
        }
        vocabulary
    }

    /// Draws allowed tokens with equal chances until `</s>`, or so many.
    fn drawn(dice: &[u16], head: &str) -> (Vec<Event>, bool) {
        let vocabulary = vocabulary();
        let mut rule = CompleteBars::new(&vocabulary);
        let mut events = Vec::new();
        let of = |token: &str| vocabulary.id(token.as_bytes()).unwrap();
        for token in head.split_whitespace() {
            rule.push(of(token));
            events.push(Event::parse(token).unwrap());
        }
        for &u in dice {
            let allowed: Vec<TokenId> = vocabulary.ids().filter(|&id| rule.allows(id)).collect();
            assert!(!allowed.is_empty(), "nothing may follow {events:?}");
            let id = allowed[usize::from(u) % allowed.len()];
            if id == TokenId::END {
                return (events, true);
            }
            rule.push(id);
            events.push(rule.events[id.index()].clone().unwrap());
        }
        (events, false)
    }

    proptest! {
        #[test]
        fn whatever_is_drawn_has_complete_bars(
            dice in prop::collection::vec(any::<u16>(), 400),
            head in prop_oneof![Just("M:6/8 K:G"), Just("M:3/4 L:1/8 K:D |:"), Just("M:none K:G"), Just("")],
        ) {
            let (events, ended) = drawn(&dice, head);
            let mut found = bars(&events);
            if !ended {
                // The last bar was cut off.
                let last = found.all;
                found.incomplete.retain(|&bar| bar + 1 < last);
            }
            let line: Vec<String> = events.iter().map(Event::to_string).collect();
            prop_assert!(found.incomplete.is_empty(), "{found:?} of {}", line.join(" "));
        }
    }

    #[test]
    fn a_tune_begins_with_its_head() {
        let vocabulary = vocabulary();
        let mut rule = CompleteBars::new(&vocabulary);
        let of = |token: &str| vocabulary.id(token.as_bytes()).unwrap();
        rule.push(TokenId::START);
        assert!(rule.allows(of("M:6/8")) && rule.allows(of("K:G")));
        assert!(!rule.allows(of("G4:1/8")) && !rule.allows(of("|:")) && !rule.allows(of("-")));
        rule.push(of("K:G"));
        assert!(rule.allows(of("G4:1/8")) && rule.allows(of("|:")));
    }

    #[test]
    fn a_bar_that_completes_an_upbeat_is_none() {
        let vocabulary = vocabulary();
        let mut rule = CompleteBars::new(&vocabulary);
        let of = |token: &str| vocabulary.id(token.as_bytes()).unwrap();
        let mut push = |music: &str| {
            let music = music.split_whitespace().map(|token| match token {
                "B" => "B4:1/4",
                token => token,
            });
            music.for_each(|token| rule.push(of(token)));
            rule.allows(of("||"))
        };
        assert!(push("M:3/4 K:G B | B B"));
        assert!(push("|| B B"), "the same upbeat again");
        assert!(!push("|| B B B | B"), "B B was no upbeat");
        assert!(push("B"));
    }

    #[test]
    fn a_bar_too_full_already_can_still_be_ended() {
        let vocabulary = vocabulary();
        let mut rule = CompleteBars::new(&vocabulary);
        let of = |token: &str| vocabulary.id(token.as_bytes()).unwrap();
        for token in ["M:3/4", "K:G", "B4:1/4", "B4:1/4", "B4:1/4", "B4:1/4"] {
            rule.push(of(token));
        }
        assert!(rule.allows(of("|")) && !rule.allows(of("B4:1/4")));
        rule.push(of("|"));
        assert!(rule.allows(of("B4:1/4")) && !rule.allows(of("|")));
    }
}
