//! Here are the n-grams of one length as they lie in the table, give me them in suffix order.
//!
//! The table's order ascends by first token, so the suffix order is a stable sort by
//! the rank of the suffix: count, and put in place. Straight away that would be a
//! leap through memory for each count and each place. So the n-grams are cut
//! twice: a run of the table, which is sorted into parts of the suffixes while it is in the
//! cache; then a part, gathered from all runs, put in place while that is in the cache.

use rayon::prelude::*;

use super::level::{Piece, Stretch};
use super::ranks::Ranks;
use super::reversed::Columns;

/// How many n-grams are a run. Tests cut small tables as often as large ones are cut.
const RUN: usize = if cfg!(test) { 7 } else { 1 << 16 };

/// About how many n-grams are a part.
const PART: usize = if cfg!(test) { 3 } else { 1 << 15 };

/// Of more parts than this a run would hold too few n-grams each.
const MOST_PARTS: usize = 1 << 11;

/// How many n-grams ahead ranks are asked for.
const LOOK_AHEAD: usize = 16;

/// The n-grams of one length, in the table's order.
pub(super) struct Unsorted<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
    /// Where those that start with each token begin, and where the last end.
    pub(super) starts: &'t [u32],
}

/// The n-grams of one length, in suffix order.
pub(super) struct Sorted {
    /// The first token of each.
    pub(super) firsts: Vec<u32>,
    /// By suffix, where the group of those that end with it ends.
    pub(super) ends: Vec<u32>,
    /// By node, its place.
    pub(super) ranks: Ranks,
    pub(super) columns: Columns,
}

/// An n-gram on the way to its place: the rank of its suffix, its first token, its probability; and
/// below the highest order its node and its back-off.
type Entry<const WIDTH: usize> = [u32; WIDTH];
const HIGHEST: usize = 3;
const LOWER: usize = 5;

/// Sorts level after level in the same memory: to get new memory takes as long as to fill it.
pub(super) struct Sorter {
    /// For the entries of all runs.
    room: Vec<u32>,
}

impl Sorter {
    /// With room for levels of these sizes, order 1 first.
    pub(super) fn new(sizes: &[usize]) -> Self {
        let (highest, lower) = sizes.split_last().unwrap_or((&0, &[]));
        let lower = lower.iter().map(|size| LOWER * size);
        let room = lower.fold(HIGHEST * highest, usize::max);
        // Zeros cost nothing before they are looked at.
        Sorter {
            room: vec![0; room],
        }
    }

    /// The ranks given are those of the suffixes, those of the sorted are found if there are longer
    /// n-grams; the columns given are overwritten.
    pub(super) fn sort(
        &mut self,
        unsorted: Unsorted,
        suffixes: Ranks,
        highest: bool,
        columns: Columns,
    ) -> Sorted {
        match highest {
            true => self.sort_entries::<HIGHEST>(unsorted, suffixes, columns),
            false => self.sort_entries::<LOWER>(unsorted, suffixes, columns),
        }
    }

    fn sort_entries<const WIDTH: usize>(
        &mut self,
        unsorted: Unsorted,
        suffixes: Ranks,
        columns: Columns,
    ) -> Sorted {
        let stretches = Stretch::cut(&unsorted.pieces, RUN);
        let size = stretches.iter().map(Stretch::len).sum();
        let parts = Parts::new(suffixes.len(), size);
        let mut room = &mut self.room.as_chunks_mut::<WIDTH>().0[..size];
        let rooms = stretches.iter().map(|run| split_off(&mut room, run.len()));
        let rooms: Vec<_> = rooms.collect();
        let runs = stretches.par_iter().zip(rooms).map(|(stretch, entries)| {
            let mut run = Run {
                entries,
                ends: vec![0; parts.count],
            };
            run.fill(stretch, unsorted.starts, &suffixes, parts);
            run
        });
        let runs: Vec<Run<WIDTH>> = runs.collect();
        // What the runs hold is needed no more where it came from.
        drop(unsorted);
        let ends = vec![0; suffixes.len()];
        let ranks = match WIDTH {
            LOWER => suffixes.resized(size),
            _ => Ranks::default(),
        };
        let mut sorted = Sorted {
            firsts: vec![0; size],
            ends,
            ranks,
            columns,
        };
        let (places, ranks) = Place::cut(&mut sorted, &runs, parts);
        let places = places.into_par_iter();
        places.for_each(|place| place.fill(&runs, ranks));
        sorted
    }
}

/// How the suffixes are cut: those of a part share the upper bits of their rank.
#[derive(Clone, Copy)]
struct Parts {
    count: usize,
    shift: u32,
}

impl Parts {
    fn new(suffixes: usize, size: usize) -> Self {
        let wanted = (size / PART).clamp(1, MOST_PARTS);
        let width = suffixes.div_ceil(wanted).next_power_of_two();
        Parts {
            count: suffixes.div_ceil(width),
            shift: width.trailing_zeros(),
        }
    }

    #[inline]
    fn of(self, suffix: u32) -> usize {
        (suffix >> self.shift) as usize
    }
}

/// A run of the table, sorted into parts.
struct Run<'s, const WIDTH: usize> {
    entries: &'s mut [Entry<WIDTH>],
    /// Where each part ends.
    ends: Vec<u32>,
}

impl<const WIDTH: usize> Run<'_, WIDTH> {
    fn fill(&mut self, stretch: &Stretch, starts: &[u32], suffixes: &Ranks, parts: Parts) {
        let rank = |(at, &suffix): (usize, &u32)| {
            if let Some(&ahead) = stretch.suffix.get(at + LOOK_AHEAD) {
                suffixes.expect(ahead);
            }
            suffixes.get(suffix)
        };
        let keys: Vec<u32> = stretch.suffix.iter().enumerate().map(rank).collect();
        for &key in &keys {
            self.ends[parts.of(key)] += 1;
        }
        begin_groups(&mut self.ends);
        let first_node = stretch.first_node;
        let mut first = starts.partition_point(|&start| start as usize <= first_node) - 1;
        for ((at, suffix), log10_prob) in keys.into_iter().enumerate().zip(stretch.log10_prob) {
            let node = first_node + at;
            while starts[first + 1] as usize <= node {
                first += 1;
            }
            let log10_backoff = stretch.log10_backoff.get(at).copied().unwrap_or(0.0);
            let entry = [
                suffix,
                first as u32,
                log10_prob.to_bits(),
                node as u32,
                log10_backoff.to_bits(),
            ];
            let place = take_place(&mut self.ends[parts.of(suffix)]);
            self.entries[place].copy_from_slice(&entry[..WIDTH]);
        }
    }

    fn part(&self, part: usize) -> &[Entry<WIDTH>] {
        let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[part] as usize]
    }
}

/// Makes the sizes of groups the places where they begin.
fn begin_groups(sizes: &mut [u32]) {
    let mut begin = 0;
    for size in sizes {
        begin += std::mem::replace(size, begin);
    }
}

/// Takes the next place of a group: once all are taken, its begin has become its end.
#[inline]
fn take_place(next: &mut u32) -> usize {
    *next += 1;
    *next as usize - 1
}

/// Where the n-grams of one part belong.
struct Place<'s> {
    part: usize,
    /// The lowest rank of its suffixes.
    suffix: u32,
    /// Its first place.
    start: u32,
    firsts: &'s mut [u32],
    ends: &'s mut [u32],
    log10_prob: &'s mut [f32],
    log10_backoff: &'s mut [f32],
}

impl<'s> Place<'s> {
    /// Cuts what is to be filled into parts.
    fn cut<const WIDTH: usize>(
        sorted: &'s mut Sorted,
        runs: &[Run<WIDTH>],
        parts: Parts,
    ) -> (Vec<Self>, &'s Ranks) {
        let mut firsts = &mut sorted.firsts[..];
        let mut ends = &mut sorted.ends[..];
        let mut log10_prob = &mut sorted.columns.log10_prob[..];
        let mut log10_backoff = &mut sorted.columns.log10_backoff[..];
        let mut start = 0;
        let place = |part| {
            let size: usize = runs.iter().map(|run| run.part(part).len()).sum();
            let place = Place {
                part,
                suffix: (part << parts.shift) as u32,
                start: start as u32,
                firsts: split_off(&mut firsts, size),
                ends: split_off(&mut ends, 1 << parts.shift),
                log10_prob: split_off(&mut log10_prob, size),
                log10_backoff: split_off(&mut log10_backoff, size),
            };
            start += size;
            place
        };
        ((0..parts.count).map(place).collect(), &sorted.ranks)
    }

    fn fill<const WIDTH: usize>(self, runs: &[Run<WIDTH>], ranks: &Ranks) {
        for entry in runs.iter().flat_map(|run| run.part(self.part)) {
            self.ends[(entry[0] - self.suffix) as usize] += 1;
        }
        begin_groups(self.ends);
        for run in runs {
            let entries = run.part(self.part);
            for (at, entry) in entries.iter().enumerate() {
                let place = take_place(&mut self.ends[(entry[0] - self.suffix) as usize]);
                self.firsts[place] = entry[1];
                self.log10_prob[place] = f32::from_bits(entry[2]);
                if let [_, _, _, node, log10_backoff] = entry[..] {
                    self.log10_backoff[place] = f32::from_bits(log10_backoff);
                    if let Some(ahead) = entries.get(at + LOOK_AHEAD) {
                        ranks.expect(ahead[WIDTH - 2]);
                    }
                    ranks.set(node, self.start + place as u32);
                }
            }
        }
        self.ends.iter_mut().for_each(|end| *end += self.start);
    }
}

/// The first `length` of what is left, or all of it.
fn split_off<'s, T>(left: &mut &'s mut [T], length: usize) -> &'s mut [T] {
    let length = length.min(left.len());
    left.split_off_mut(..length).expect("no more than is left")
}
