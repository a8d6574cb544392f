//! Here is a normalised text, give me its parts, each to be encoded by itself.
//!
//! Every step cuts the parts that the step before left, or rewrites them.

use std::borrow::Cow;
use std::ops::Range;

use bstr::ByteSlice;
use unicode_categories::UnicodeCategories;

use super::split::Matcher;
use crate::error::Result;

/// One step.
pub(super) enum Step {
    /// Parts are cut where a pattern matches; if inverted, where it does not.
    Match {
        matcher: Matcher,
        behaviour: Behaviour,
        inverted: bool,
    },
    /// Parts are cut at characters of a kind.
    At(Kind, Behaviour),
    /// Blanks become a visible character, one is put before the text, and parts begin at it.
    Visible {
        blank: char,
        prepended: Prepended,
        cut: bool,
    },
    /// A blank is put before what begins with none.
    BlankFirst,
    /// Parts begin where a run of a character does.
    BeforeRuns(char),
}

/// Characters of a kind.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Blank,
    Punctuation,
    Numeric,
    One(char),
}

/// When a visible blank is put first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prepended {
    Always,
    /// Only where the whole text begins.
    First,
    Never,
}

/// What becomes of that at which parts are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// A text and the places of its parts.
pub(super) struct Parts<'t> {
    pub(super) text: Cow<'t, [u8]>,
    pub(super) places: Vec<Range<usize>>,
    /// The first part begins where the whole text does.
    pub(super) at_beginning: bool,
}

impl Kind {
    fn is(self, character: char) -> bool {
        match self {
            Kind::Blank => character.is_whitespace(),
            Kind::Punctuation => character.is_ascii_punctuation() || character.is_punctuation(),
            Kind::Numeric => character.is_numeric(),
            Kind::One(one) => character == one,
        }
    }
}

impl Step {
    pub(super) fn apply(&self, parts: &mut Parts) -> Result<()> {
        match self {
            Step::Match {
                matcher,
                behaviour,
                inverted,
            } => parts.cut(*behaviour, |text, place, each| {
                matcher.each(text, place, |place, is_match| {
                    each(place, is_match != *inverted);
                    Ok(())
                })
            }),
            Step::At(kind, behaviour) => parts.cut(*behaviour, |text, place, each| {
                each_at(*kind, text, place, each);
                Ok(())
            }),
            Step::BlankFirst => {
                parts.rewrite(|part, _, out| {
                    if !part.starts_with(b" ") {
                        out.push(b' ');
                    }
                    out.extend_from_slice(part);
                });
                Ok(())
            }
            Step::BeforeRuns(character) => {
                let mut spelled = [0; 4];
                let spelled = character.encode_utf8(&mut spelled).as_bytes();
                parts.cut(Behaviour::Isolated, |text, place, each| {
                    each_run(spelled, text, place, each);
                    Ok(())
                })
            }
            Step::Visible {
                blank,
                prepended,
                cut,
            } => {
                let mut spelled = [0; 4];
                let spelled = blank.encode_utf8(&mut spelled).as_bytes();
                parts.rewrite(|part, is_first, out| {
                    let is_to_be = match prepended {
                        Prepended::Always => true,
                        Prepended::First => is_first,
                        Prepended::Never => false,
                    };
                    if is_to_be && !part.starts_with(b" ") && !part.starts_with(spelled) {
                        out.extend_from_slice(spelled);
                    }
                    for (number, between) in part.split_str(b" ").enumerate() {
                        if number > 0 {
                            out.extend_from_slice(spelled);
                        }
                        out.extend_from_slice(between);
                    }
                });
                match cut {
                    true => Step::At(Kind::One(*blank), Behaviour::MergedWithNext).apply(parts),
                    false => Ok(()),
                }
            }
        }
    }
}

fn each_at(kind: Kind, text: &[u8], place: Range<usize>, each: &mut dyn FnMut(Range<usize>, bool)) {
    let mut done = place.start;
    for (start, end, character) in text[place.clone()].char_indices() {
        if kind.is(character) {
            let (start, end) = (place.start + start, place.start + end);
            if done < start {
                each(done..start, false);
            }
            each(start..end, true);
            done = end;
        }
    }
    if done < place.end {
        each(done..place.end, false);
    }
}

/// Calls `each` with stretches that begin with a run, and go on to the next.
fn each_run(
    run: &[u8],
    text: &[u8],
    place: Range<usize>,
    each: &mut dyn FnMut(Range<usize>, bool),
) {
    let mut start = place.start;
    let mut last_end = place.start;
    for found in text[place.clone()].find_iter(run) {
        let found = place.start + found;
        if found > last_end {
            each(start..found, true);
            start = found;
        }
        last_end = found + run.len();
    }
    if start < place.end {
        each(start..place.end, true);
    }
}

impl<'t> Parts<'t> {
    /// The whole of a text.
    pub(super) fn whole(text: Cow<'t, [u8]>, at_beginning: bool) -> Self {
        let whole = 0..text.len();
        Parts {
            text,
            places: if whole.is_empty() {
                vec![]
            } else {
                vec![whole]
            },
            at_beginning,
        }
    }

    /// Cuts every part; `find` tells the stretches of one and which of them are matches.
    fn cut(
        &mut self,
        behaviour: Behaviour,
        find: impl Fn(&[u8], Range<usize>, &mut dyn FnMut(Range<usize>, bool)) -> Result<()>,
    ) -> Result<()> {
        let mut cut = Vec::with_capacity(self.places.len());
        let mut found = Vec::new();
        let first = self.places.first().map(|place| place.start);
        for place in self.places.drain(..) {
            found.clear();
            find(&self.text, place, &mut |place, is_match| {
                found.push((place, is_match))
            })?;
            settle(behaviour, &found, &mut cut);
        }
        self.places = cut;
        self.at_beginning &= self.places.first().map(|place| place.start) == first;
        Ok(())
    }

    /// Writes every part anew; `write` is told whether the whole text begins with it.
    fn rewrite(&mut self, write: impl Fn(&[u8], bool, &mut Vec<u8>)) {
        let mut text = Vec::with_capacity(self.text.len() + 3 * self.places.len());
        for (number, place) in self.places.iter_mut().enumerate() {
            let start = text.len();
            let part = &self.text[place.clone()];
            write(part, number == 0 && self.at_beginning, &mut text);
            *place = start..text.len();
        }
        self.text = Cow::Owned(text);
    }
}

/// Puts stretches together as a behaviour wants it.
fn settle(behaviour: Behaviour, found: &[(Range<usize>, bool)], cut: &mut Vec<Range<usize>>) {
    let before = cut.len();
    let mut last_matched = false;
    match behaviour {
        Behaviour::Removed => {
            let kept = found.iter().filter(|(_, is_match)| !is_match);
            cut.extend(kept.map(|(place, _)| place.clone()));
        }
        Behaviour::Isolated => cut.extend(found.iter().map(|(place, _)| place.clone())),
        Behaviour::Contiguous | Behaviour::MergedWithPrevious => {
            for (place, is_match) in found {
                let joins = match behaviour {
                    Behaviour::Contiguous => *is_match == last_matched,
                    _ => *is_match && !last_matched,
                };
                match cut[before..].last_mut().filter(|_| joins) {
                    Some(last) => last.end = place.end,
                    None => cut.push(place.clone()),
                }
                last_matched = *is_match;
            }
        }
        Behaviour::MergedWithNext => {
            for (place, is_match) in found.iter().rev() {
                let joins = *is_match && !last_matched;
                match cut[before..].last_mut().filter(|_| joins) {
                    Some(last) => last.start = place.start,
                    None => cut.push(place.clone()),
                }
                last_matched = *is_match;
            }
            cut[before..].reverse();
        }
    }
}
