//! Here is a collection, give me its tunes.
//!
//! A tune begins with X and ends with a blank line, or where the next begins.
//! What stands before the first is the collection's head, whose fields hold for
//! every tune; what stands between tunes is for people.

use super::reader::Reader;
use crate::notes::{Malformed, Tune};

/// A tune as it stands in a collection.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'t> {
    /// Which tune it is, from 1.
    pub number: u64,
    /// What stands after its X.
    pub reference: Option<&'t str>,
    /// The line it begins at, from 1.
    pub line: u64,
    /// The byte it begins at.
    pub start: usize,
    text: &'t str,
    head: &'t str,
}

/// The tunes of a collection. Text without any X is one tune, or a part of one, as a whole.
pub fn collection(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let first = starts(text).next();
    let head = &text[..first.map_or(0, |(start, _)| start)];
    let whole = first.is_none() && !text.trim().is_empty();
    let whole = whole.then_some((0, 1)).into_iter();
    let starts: Vec<(usize, u64)> = whole.chain(starts(text)).collect();
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .map(|&(start, _)| start)
        .chain([text.len()])
        .collect();
    let pieces = starts.into_iter().zip(ends).zip(1..);
    pieces.map(move |(((start, line), end), number)| {
        let text = match first {
            Some(_) => until_blank(&text[start..end]),
            None => text,
        };
        let reference = text.strip_prefix("X:").and_then(|rest| rest.lines().next());
        Piece {
            number,
            reference: reference.map(|reference| uncommented(reference).trim()),
            line,
            start,
            text,
            head,
        }
    })
}

/// Where lines with an X begin, and their numbers.
fn starts(text: &str) -> impl Iterator<Item = (usize, u64)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').zip(1..);
    lines.filter_map(move |(line, number)| {
        let here = start;
        start += line.len();
        line.starts_with("X:").then_some((here, number))
    })
}

fn until_blank(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    &text[..end]
}

/// A line without its comment.
pub(super) fn uncommented(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '%' && before != '\\' {
            return &line[..at];
        }
        before = character;
    }
    line
}

impl Piece<'_> {
    /// The tune.
    ///
    /// # Errors
    /// The first line that is not understood; or that there is no K, or no note.
    pub fn read(&self) -> Result<Tune, Malformed> {
        let mut reader = Reader::new(self.head);
        reader.read(self.text, self.line)?;
        reader.finish().map_err(|what| Malformed {
            line: self.line,
            what,
        })
    }

    /// A tune or a part of one: it needs neither K nor a note.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn read_part(&self) -> Result<Tune, Malformed> {
        let mut reader = Reader::new(self.head);
        reader.read(self.text, self.line)?;
        Ok(reader.finish_part())
    }
}
