//! Here is a phrase, give me how often it stands in the text, where, and what follows it.
//!
//! All places of the text are kept in the order of what is read from them, so
//! the places of a phrase, of any length, lie together: they are found by two
//! binary searches, and what follows the phrase ascends among them. Where the
//! places of each token begin is kept besides, which spares a search among all
//! of them; the counts of single tokens come with it.
//!
//! Every sentence stands between its `<s>` and `</s>`. No phrase goes beyond a
//! sentence's end, so what is read after that is of no meaning.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;

use super::sort::sorted_places;
use crate::error::{Error, ErrorKind, Result};
use crate::store::Column;
use crate::token::{TokenId, TokenText};

/// The counts, followers and places of every phrase of a text.
#[derive(Clone, Debug)]
pub struct SuffixArray {
    /// The sentences end to end, each with its `<s>` and `</s>`.
    pub(super) text: Column<TokenId>,
    /// The places of the text, ordered by what is read from each.
    pub(super) places: Column<u32>,
    /// Where, among those, the ones of each token begin, and where the last end.
    pub(super) begins: Column<u32>,
}

/// The places of one phrase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many tokens the phrase has.
    pub length: usize,
    /// Its places, as numbers in their order.
    pub(super) range: Range<usize>,
}

impl Found {
    /// How often the phrase stands in the text.
    pub fn count(&self) -> u64 {
        self.range.len() as u64
    }
}

impl SuffixArray {
    /// Sorts the places of a text.
    ///
    /// # Errors
    /// If the text is too long (2³¹ positions), or memory runs out.
    pub fn new(text: TokenText, vocabulary_len: usize) -> Result<Self> {
        let mut text = text.into_padded();
        let places = sorted_places(&mut text)?;
        let begins = begins(&text, &places, vocabulary_len);
        Ok(SuffixArray {
            text: text.into(),
            places: places.into(),
            begins: begins.into(),
        })
    }

    /// From stored columns; whatever is asked later stays inside them.
    ///
    /// # Errors
    /// If a column does not fit the others.
    pub fn from_columns(
        text: Column<TokenId>,
        places: Column<u32>,
        begins: Column<u32>,
    ) -> Result<Self> {
        let (len, types) = (text.len(), begins.len().saturating_sub(1));
        let broken = |what: &str| {
            let what = format!("suffix array: {what}");
            Err(Error::new(ErrorKind::Corrupt, what).way_out("index the corpus again"))
        };
        if places.len() != len {
            return broken("not every position has its place in the order");
        }
        if !begins.is_sorted() || begins.last().map(|&end| end as usize) != Some(len) {
            return broken("the places of its tokens do not cover it");
        }
        if types < TokenId::SPECIALS || text.par_iter().any(|token| token.index() >= types) {
            return broken("a token is not in the vocabulary");
        }
        if text.first().is_some_and(|&first| first != TokenId::START)
            || text.last().is_some_and(|&last| last != TokenId::END)
        {
            return broken("it does not begin and end with a sentence");
        }
        let ids = &*text;
        let begun = begins.par_windows(2).enumerate();
        let in_place = |(token, span): (usize, &[u32])| {
            let mut span = places[span[0] as usize..span[1] as usize].iter();
            span.all(|&place| ids.get(place as usize) == Some(&TokenId(token as u32)))
        };
        if !begun.into_par_iter().all(in_place) {
            return broken("a place is not among those of its token");
        }
        Ok(SuffixArray {
            text,
            places,
            begins,
        })
    }

    /// The sentences end to end, each with its `<s>` and `</s>`.
    pub fn text(&self) -> &[TokenId] {
        &self.text
    }

    /// How many tokens its vocabulary has.
    pub fn types(&self) -> usize {
        self.begins.len() - 1
    }

    /// How often a token stands in the text.
    pub fn count_of(&self, token: TokenId) -> u64 {
        self.of_token(token).len() as u64
    }

    /// The places of a phrase; the empty one is everywhere.
    pub fn find(&self, phrase: &[TokenId]) -> Found {
        let length = phrase.len();
        let Some((&first, rest)) = phrase.split_first() else {
            return Found {
                length,
                range: 0..self.places.len(),
            };
        };
        let (text, places) = (&*self.text, &*self.places);
        let range = equal(self.of_token(first), |at| {
            let start = places[at] as usize + 1;
            text[start..text.len().min(start + rest.len())].cmp(rest)
        });
        Found { length, range }
    }

    /// The places of a phrase that are followed by a token.
    pub fn followed_by(&self, found: &Found, token: TokenId) -> Found {
        let length = found.length + 1;
        if found.length == 0 {
            let range = self.of_token(token);
            return Found { length, range };
        }
        let (text, places) = (&*self.text, &*self.places);
        let range = equal(found.range.clone(), |at| {
            let next = text.get(places[at] as usize + found.length);
            next.cmp(&Some(&token))
        });
        Found { length, range }
    }

    /// What follows a phrase, by id, each with its places (those of the phrase with it). Nothing
    /// follows the end of a sentence.
    pub fn followers(&self, found: &Found) -> Followers<'_> {
        let last = |&place: &u32| (place as usize + found.length).checked_sub(1);
        let last = self.positions(found).first().and_then(last);
        let ends = found.length > 0 && last.and_then(|at| self.text.get(at)) == Some(&TokenId::END);
        Followers {
            text: &self.text,
            places: &self.places[..found.range.end],
            at: if ends {
                found.range.end
            } else {
                found.range.start
            },
            length: found.length,
        }
    }

    /// The positions of a phrase in the text, in the order of what follows it.
    pub fn positions(&self, found: &Found) -> &[u32] {
        &self.places[found.range.clone()]
    }

    /// The first positions of a phrase in the text, in the text's order, at most so many.
    pub fn first_positions(&self, found: &Found, most: usize) -> Vec<u32> {
        let mut positions = self.positions(found).to_vec();
        if most < positions.len() {
            positions.select_nth_unstable(most);
            positions.truncate(most);
        }
        positions.sort_unstable();
        positions
    }

    /// The longest end of a context that stands in the text at least so often.
    ///
    /// What holds of an end holds of all shorter ones, so their lengths are tried by doubling and
    /// halving.
    pub fn longest_end(&self, context: &[TokenId], times: u64) -> Found {
        let found = |length| self.find(&context[context.len() - length..]);
        let length = longest(context.len(), |length| found(length).count() >= times);
        found(length)
    }

    /// The longest beginning of a phrase that stands in the text; that so many tokens of it do is
    /// known already.
    pub fn longest_beginning(&self, phrase: &[TokenId], known: usize) -> Found {
        let found = |further| self.find(&phrase[..known + further]);
        let most = phrase.len() - known;
        found(longest(most, |further| found(further).count() > 0))
    }

    fn of_token(&self, token: TokenId) -> Range<usize> {
        match self.begins.get(token.index()..token.index() + 2) {
            Some(span) => span[0] as usize..span[1] as usize,
            None => 0..0,
        }
    }
}

/// Where, in a range whose order it tells, `compare` finds what is equal.
///
/// Both ends of what is rare are looked for together as long as nothing equal was met: each look
/// waits for memory twice.
fn equal(range: Range<usize>, compare: impl Fn(usize) -> Ordering) -> Range<usize> {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        match compare(middle) {
            Ordering::Less => start = middle + 1,
            Ordering::Greater => end = middle,
            Ordering::Equal => {
                let from = first(start..middle, |at| compare(at).is_ge());
                return from..first(middle + 1..end, |at| compare(at).is_gt());
            }
        }
    }
    start..start
}

/// The first of a range from which on it holds, or its end.
fn first(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        match holds(middle) {
            true => end = middle,
            false => start = middle + 1,
        }
    }
    start
}

/// The greatest number up to `most` that holds, if 0 does and each that holds makes all before it
/// hold.
fn longest(most: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut good, mut step) = (0, 1);
    let mut bad = most + 1;
    while good + step < bad {
        match holds(good + step) {
            true => (good, step) = (good + step, 2 * step),
            false => bad = good + step,
        }
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match holds(middle) {
            true => good = middle,
            false => bad = middle,
        }
    }
    good
}

/// Tokens that follow a phrase, by id, each with its places.
pub struct Followers<'a> {
    text: &'a [TokenId],
    /// The places up to the phrase's last.
    places: &'a [u32],
    at: usize,
    length: usize,
}

impl Followers<'_> {
    fn token(&self, at: usize) -> TokenId {
        let next = self.text.get(self.places[at] as usize + self.length);
        next.copied().unwrap_or(TokenId::END)
    }
}

impl Iterator for Followers<'_> {
    type Item = (TokenId, Found);

    fn next(&mut self) -> Option<(TokenId, Found)> {
        let start = self.at;
        if start >= self.places.len() {
            return None;
        }
        let token = self.token(start);
        // Most followers are few: the end of each is looked for near its beginning first.
        let rest = self.places.len() - start - 1;
        let same = longest(rest, |further| self.token(start + further) == token);
        self.at = start + same + 1;
        let found = Found {
            length: self.length + 1,
            range: start..self.at,
        };
        Some((token, found))
    }
}

/// Where the places of each token begin, and where the last end.
fn begins(text: &[TokenId], places: &[u32], vocabulary_len: usize) -> Vec<u32> {
    let of_token = |token: usize| {
        let before = |&place: &u32| text[place as usize].index() < token;
        places.partition_point(before) as u32
    };
    (0..=vocabulary_len).into_par_iter().map(of_token).collect()
}
