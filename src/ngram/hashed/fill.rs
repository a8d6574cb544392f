//! Here are the n-grams of one order as hashes and numbers, give me lines that hold them.
//!
//! In parallel: n-grams are parted by where their homes lie, and each part fills lines of its own.

use rayon::prelude::*;

use super::line::{GROUP, Line, Numbers, find, home};
use crate::pages::Zeroed;

/// Of all slots so many are taken, in percent.
const LOAD: usize = 85;

/// N-grams that are parted at a time, small enough to stay in cache.
const AT_A_TIME: usize = 1 << 17;

/// About so many groups are a part, whose lines stay in cache too; a power of two.
const GROUPS_A_PART: usize = 32;

/// An n-gram on its way to its line.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) numbers: Numbers,
}

/// How many lines so many n-grams take.
fn lines_for<const SLOTS: usize>(ngrams: usize) -> usize {
    let slots = ngrams * 100 / LOAD;
    (slots / (SLOTS * GROUP) + 1) * GROUP
}

/// Puts n-grams where they are found by their hashes.
///
/// `None` if two of them cannot be told apart, or a group overflows: another seed will do.
pub(super) fn fill<const SLOTS: usize>(
    ngrams: usize,
    entry: impl Fn(usize) -> Entry + Sync,
) -> std::io::Result<Option<Zeroed<Line>>> {
    let count = lines_for::<SLOTS>(ngrams);
    let mut lines: Zeroed<Line> = Zeroed::new(count)?;
    let parted: Vec<Parted> = (0..ngrams.div_ceil(AT_A_TIME))
        .into_par_iter()
        .map(|piece| {
            let range = piece * AT_A_TIME..ngrams.min((piece + 1) * AT_A_TIME);
            Parted::new(range.map(&entry), count)
        })
        .collect();
    let parts = lines.par_chunks_mut(LINES_A_PART).enumerate();
    let filled = parts.all(|(part, lines)| {
        let first = part * LINES_A_PART;
        let pieces: Vec<&[Entry]> = parted.iter().map(|parted| parted.part(part)).collect();
        put_all::<SLOTS>(lines, first, count, &pieces)
    });
    Ok(filled.then_some(lines))
}

const LINES_A_PART: usize = GROUP * GROUPS_A_PART;

/// N-grams in the order of their parts.
struct Parted {
    entries: Vec<Entry>,
    /// Where each part ends.
    ends: Vec<u32>,
}

impl Parted {
    fn new(entries: impl Iterator<Item = Entry> + Clone, lines: usize) -> Self {
        let part = |entry: &Entry| home(entry.hash, lines) / LINES_A_PART;
        let mut ends = vec![0; lines.div_ceil(LINES_A_PART)];
        for entry in entries.clone() {
            ends[part(&entry)] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let none = Entry {
            hash: 0,
            numbers: Numbers::NONE,
        };
        let mut parted = vec![none; total as usize];
        // Each begin moves on as entries come, and so becomes an end.
        for entry in entries {
            let place = &mut ends[part(&entry)];
            parted[*place as usize] = entry;
            *place += 1;
        }
        Parted {
            entries: parted,
            ends,
        }
    }

    fn part(&self, part: usize) -> &[Entry] {
        let begin = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[begin as usize..self.ends[part] as usize]
    }
}

/// Puts the n-grams of one part, whose lines are those from `first` on of `count`; false if one
/// would not be found.
fn put_all<const SLOTS: usize>(
    lines: &mut [Line],
    first: usize,
    count: usize,
    pieces: &[&[Entry]],
) -> bool {
    let entries = || pieces.iter().copied().flatten();
    let mut strays = Vec::new();
    for entry in entries() {
        let home = home(entry.hash, count) - first;
        if !lines[home].put::<SLOTS>(entry.hash, entry.numbers) {
            strays.push(entry);
        }
    }
    // Once all that can be at home are.
    for entry in strays {
        let home = home(entry.hash, count) - first;
        lines[home].note_stray(entry.hash);
        let mut neighbours = (1..GROUP).map(|neighbour| home ^ neighbour);
        if !neighbours.any(|line| lines[line].put::<SLOTS>(entry.hash, entry.numbers)) {
            return false;
        }
    }
    entries().all(|entry| {
        let home = home(entry.hash, count) - first;
        let found = find::<SLOTS>(lines, home, entry.hash);
        found.is_some_and(|found| found.same::<SLOTS>(entry.numbers))
    })
}
