//! Here are the n-grams of one length as they lie in the table, give me them in suffix order.
//!
//! The table's order ascends by first token, so the suffix order is a stable sort by
//! the rank of the suffix: count, and put in place. Straight away that would be a
//! leap through memory for each count and each place. So the n-grams are cut
//! twice: a run of the table, which is sorted into parts of the suffixes while it is in the
//! cache; then a part, gathered from all runs, put in place while that is in the cache.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::reversed::Columns;

/// How many n-grams are a run. Tests cut small tables as often as large ones are cut.
const RUN: usize = if cfg!(test) { 7 } else { 1 << 16 };

/// About how many n-grams are a part.
const PART: usize = if cfg!(test) { 3 } else { 1 << 15 };

/// Of more parts than this a run would hold too few n-grams each.
const MOST_PARTS: usize = 1 << 11;

/// The n-grams of one length, in the table's order.
pub(super) struct Unsorted<'t> {
    /// The node of each one's suffix.
    pub(super) suffix: &'t [u32],
    /// Where those that start with each token begin, and where the last end.
    pub(super) starts: &'t [u32],
    pub(super) log10_prob: &'t [f32],
    pub(super) log10_backoff: &'t [f32],
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

/// The place of each node in suffix order; each is written once, from any thread.
#[derive(Default)]
pub(super) struct Ranks(Vec<AtomicU32>);

impl Ranks {
    /// Of nodes that lie in suffix order.
    pub(super) fn unchanged(size: u32) -> Self {
        Ranks((0..size).map(AtomicU32::new).collect())
    }

    fn unknown(size: usize) -> Self {
        let unknown = (0..size).into_par_iter().map(|_| AtomicU32::new(0));
        Ranks(unknown.collect())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn get(&self, node: u32) -> u32 {
        self.0[node as usize].load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, node: u32, rank: u32) {
        if let Some(place) = self.0.get(node as usize) {
            place.store(rank, Ordering::Relaxed);
        }
    }
}

/// Sorts level after level in the same memory: to get new memory takes as long as to fill it.
#[derive(Default)]
pub(super) struct Sorter {
    runs: Vec<Run>,
}

impl Sorter {
    /// The ranks given are those of the suffixes, those of the sorted are found if they are wanted;
    /// the columns given are overwritten.
    pub(super) fn sort(
        &mut self,
        unsorted: &Unsorted,
        suffixes: Ranks,
        want_ranks: bool,
        columns: Columns,
    ) -> Sorted {
        let size = unsorted.suffix.len();
        let parts = Parts::new(suffixes.len(), size);
        self.runs.resize_with(size.div_ceil(RUN), Run::default);
        let runs = self.runs.par_iter_mut().enumerate();
        runs.for_each(|(index, run)| {
            let nodes = index * RUN..size.min((index + 1) * RUN);
            run.fill(unsorted, &suffixes, parts, nodes);
        });
        let mut sorted = Sorted {
            firsts: vec![0; size],
            ends: vec![0; suffixes.len()],
            ranks: Ranks::default(),
            columns: columns.resized(size, unsorted.log10_backoff.len()),
        };
        drop(suffixes);
        if want_ranks {
            sorted.ranks = Ranks::unknown(size);
        }
        let (places, ranks) = Place::cut(&mut sorted, &self.runs, parts);
        let places = places.into_par_iter();
        places.for_each(|place| place.fill(&self.runs, ranks));
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

/// An n-gram on the way to its place.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// The rank of its suffix.
    suffix: u32,
    first: u32,
    node: u32,
    log10_prob: f32,
    log10_backoff: f32,
}

/// A run of the table, sorted into parts.
#[derive(Default)]
struct Run {
    entries: Vec<Entry>,
    /// Where each part ends.
    ends: Vec<u32>,
}

impl Run {
    fn fill(&mut self, unsorted: &Unsorted, suffixes: &Ranks, parts: Parts, nodes: Range<usize>) {
        let keys = unsorted.suffix[nodes.clone()].iter();
        let keys: Vec<u32> = keys.map(|&suffix| suffixes.get(suffix)).collect();
        self.ends.clear();
        self.ends.resize(parts.count, 0);
        for &key in &keys {
            self.ends[parts.of(key)] += 1;
        }
        begin_groups(&mut self.ends);
        self.entries.resize(keys.len(), Entry::default());
        let before = |start: &u32| *start as usize <= nodes.start;
        let mut first = unsorted.starts.partition_point(before) - 1;
        for (node, suffix) in nodes.zip(keys) {
            while unsorted.starts[first + 1] as usize <= node {
                first += 1;
            }
            let place = take_place(&mut self.ends[parts.of(suffix)]);
            self.entries[place] = Entry {
                suffix,
                first: first as u32,
                node: node as u32,
                log10_prob: unsorted.log10_prob[node],
                log10_backoff: unsorted.log10_backoff.get(node).copied().unwrap_or(0.0),
            };
        }
    }

    fn part(&self, part: usize) -> &[Entry] {
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
    fn cut(sorted: &'s mut Sorted, runs: &[Run], parts: Parts) -> (Vec<Self>, &'s Ranks) {
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

    fn fill(self, runs: &[Run], ranks: &Ranks) {
        for entry in runs.iter().flat_map(|run| run.part(self.part)) {
            self.ends[(entry.suffix - self.suffix) as usize] += 1;
        }
        begin_groups(self.ends);
        for entry in runs.iter().flat_map(|run| run.part(self.part)) {
            let place = take_place(&mut self.ends[(entry.suffix - self.suffix) as usize]);
            self.firsts[place] = entry.first;
            self.log10_prob[place] = entry.log10_prob;
            if let Some(log10_backoff) = self.log10_backoff.get_mut(place) {
                *log10_backoff = entry.log10_backoff;
            }
            ranks.set(entry.node, self.start + place as u32);
        }
        self.ends.iter_mut().for_each(|end| *end += self.start);
    }
}

/// The first `length` of what is left, or all of it.
fn split_off<'s, T>(left: &mut &'s mut [T], length: usize) -> &'s mut [T] {
    let length = length.min(left.len());
    left.split_off_mut(..length).expect("no more than is left")
}
