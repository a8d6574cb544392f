//! Here is a text, give me the stretches across which no tokens are merged.
//!
//! A [`Matcher`] is a regular expression as tokenizers have it, with look-ahead.
//! Those of GPT-2 and its heirs are matched by hand (see [`pattern`]), all others
//! by a backtracking engine.

mod classes;
mod pattern;
#[cfg(test)]
mod tests;

use std::ops::Range;

use classes::Classified;
use fancy_regex::Regex;
use pattern::Pattern;

use crate::error::{Error, ErrorKind, Result};

/// A regular expression, ready to match.
#[derive(Debug)]
pub(super) struct Matcher(Kind);

#[derive(Debug)]
enum Kind {
    ByHand(Pattern),
    ByEngine(Box<Regex>),
}

impl Matcher {
    /// Of a regular expression as it is written in tokenizer files.
    pub(super) fn of(regex: &str) -> Result<Self> {
        match Pattern::of(regex) {
            Some(pattern) => Ok(Matcher(Kind::ByHand(pattern))),
            None => Matcher::by_engine(regex),
        }
    }

    /// The same, and never by hand.
    pub(super) fn by_engine(regex: &str) -> Result<Self> {
        // About a second for one match: no pattern that is meant well needs so many steps.
        let built = fancy_regex::RegexBuilder::new(regex)
            .backtrack_limit(100_000_000)
            .build();
        let regex = built.map_err(|error| {
            let what = format!("the pattern {regex:?} is not understood: {error}");
            Error::new(ErrorKind::Format, what)
                .way_out("use a tokenizer whose pattern is a regular expression without extensions")
        })?;
        Ok(Matcher(Kind::ByEngine(Box::new(regex))))
    }

    /// Calls `each` with the places of the matches within a range, and says of each whether it is a
    /// match or what stands between two of them. Bytes that are no text stand between.
    ///
    /// # Errors
    /// If the backtracking engine takes too many steps for one match.
    #[inline]
    pub(super) fn each(
        &self,
        text: &[u8],
        range: Range<usize>,
        mut each: impl FnMut(Range<usize>, bool) -> Result<()>,
    ) -> Result<()> {
        match &self.0 {
            Kind::ByHand(pattern) => {
                let section = Classified::new(&text[..range.end]);
                let mut at = range.start;
                while at < range.end {
                    let end = pattern.end(section, at);
                    each(at..end, true)?;
                    at = end;
                }
                Ok(())
            }
            Kind::ByEngine(regex) => each_by_engine(regex, text, range, &mut each),
        }
    }
}

fn each_by_engine(
    regex: &Regex,
    text: &[u8],
    range: Range<usize>,
    each: &mut dyn FnMut(Range<usize>, bool) -> Result<()>,
) -> Result<()> {
    let mut start = range.start;
    for chunk in text[range].utf8_chunks() {
        let mut done = 0;
        for found in regex.find_iter(chunk.valid()) {
            let found = found.map_err(|error| {
                let what = format!("the tokenizer's pattern fails on this text: {error}");
                Error::new(ErrorKind::Input, what).way_out("cut the text into shorter lines")
            })?;
            if found.start() > done {
                each(start + done..start + found.start(), false)?;
            }
            if found.end() > found.start() {
                each(start + found.start()..start + found.end(), true)?;
            }
            done = found.end();
        }
        let valid = chunk.valid().len();
        if valid > done {
            each(start + done..start + valid, false)?;
        }
        start += valid;
        if !chunk.invalid().is_empty() {
            each(start..start + chunk.invalid().len(), false)?;
        }
        start += chunk.invalid().len();
    }
    Ok(())
}
