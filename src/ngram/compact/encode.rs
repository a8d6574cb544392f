//! Here is a table, give me the same in few bytes.
//!
//! Orders are laid down from the highest to the lowest, for what a context leaves follows from its
//! followers; blocks in chunks of fixed size on all threads, put together in their order, so that
//! the bytes are the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::bits::BitWriter;
use super::block::{Entries, Shape};
use super::codes::Codes;
use super::contexts;
use super::elias_fano::COUNT;
use super::level::Level;
use super::ranks::{self, Classes};
use super::shares::{self, Shares};
use super::table::{CompactTable, HIGHEST_ORDER, Precision};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::table::Table;
use crate::progress::{Progress, Stage};
use crate::warning::Warning;

/// How many blocks a thread lays down at once.
const BLOCKS_A_CHUNK: usize = if cfg!(test) { 2 } else { 1 << 10 };

impl CompactTable {
    /// From a table whose unlisted tokens are backed off.
    ///
    /// # Errors
    /// If its order is above [`HIGHEST_ORDER`], or a level takes more words than 32 bits can count.
    pub fn new(
        table: &Table,
        precision: Precision,
        stage: Stage,
        progress: &dyn Progress,
    ) -> Result<Self> {
        check_order(table.order())?;
        progress.stage(Stage {
            total: Some(table.sizes().iter().sum::<usize>() as u64),
            ..stage
        });
        let mut levels = Vec::new();
        let mut above: Option<Shares> = None;
        for order in (1..=table.order()).rev() {
            let level = match precision {
                Precision::Exact => exact(table, order),
                Precision::Quantised { bits } => {
                    let shares = (order > 1).then(|| Shares::of(table, order, bits));
                    warn_of_negative(shares.as_ref(), order, progress);
                    let level = quantised(table, order, shares.as_ref(), above.as_ref());
                    above = shares;
                    level
                }
            };
            levels.push(level?);
            progress.advance(table.sizes()[order - 1] as u64);
        }
        levels.reverse();
        Ok(CompactTable::of(precision, levels))
    }
}

/// Refuses an order that a compact table cannot have.
pub(super) fn check_order(order: usize) -> Result<()> {
    if order <= HIGHEST_ORDER {
        return Ok(());
    }
    let what = format!("a compact table has at most order {HIGHEST_ORDER}, and this is {order}");
    Err(Error::new(ErrorKind::Model, what).way_out("keep the fast table, or build a lower --order"))
}

fn warn_of_negative(shares: Option<&Shares>, order: usize, progress: &dyn Progress) {
    let negative = shares.map_or(0, |shares| shares.negative);
    if negative > 0 {
        progress.warn(Warning::Other(format!(
            "order {order}: {negative} n-grams are less probable than the shorter context makes \
             them, as only models that are not interpolated have it; they are raised to that"
        )));
    }
}

/// A level with every number as it is.
fn exact(table: &Table, order: usize) -> Result<Level> {
    let level = &table.levels()[order - 1];
    let probs = Codes::fewest_bytes(&level.log10_prob);
    let backoffs = Codes::fewest_bytes(&level.log10_backoff);
    let is_top = order == table.order();
    let source = Source {
        ranks: ranks(table, order),
        children: &level.children,
        prob_bits: probs.bits(),
        prob_code: &|place| probs.code(place),
        backoff_bits: backoffs.bits(),
        backoff_code: &|place| if is_top { 0 } else { backoffs.code(place) },
        stored: &|_| None,
    };
    let made = source.level(order, level.tokens.len())?;
    Ok(Level {
        probs: probs.into_values().into(),
        backoffs: backoffs.into_values().into(),
        ..made
    })
}

/// A level of shares, and at order 1 of probabilities.
fn quantised(
    table: &Table,
    order: usize,
    shares: Option<&Shares>,
    above: Option<&Shares>,
) -> Result<Level> {
    let level = &table.levels()[order - 1];
    let unigrams = match shares {
        Some(_) => Vec::new(),
        None => shares::unigrams(table),
    };
    let source = Source {
        ranks: ranks(table, order),
        children: &level.children,
        prob_bits: shares.map_or(32, |shares| shares.bits),
        prob_code: &|place| match shares {
            Some(shares) => shares.codes[place].into(),
            None => unigrams[place].to_bits(),
        },
        backoff_bits: 0,
        backoff_code: &|_| 0,
        stored: &|followers| above.and_then(|above| above.left_by(followers)),
    };
    let made = source.level(order, level.tokens.len())?;
    let values = shares.map(|shares| shares.quantiser.values().to_vec());
    Ok(Level {
        probs: values.unwrap_or_default().into(),
        ..made
    })
}

/// The rank of each n-gram among the followers of its context's suffix; none at order 1.
fn ranks(table: &Table, order: usize) -> Vec<u32> {
    if order == 1 {
        return Vec::new();
    }
    let (level, below) = (&table.levels()[order - 1], &table.levels()[order - 2]);
    let (tokens, suffix) = (&level.tokens[..], &level.suffix[..]);
    if order == 2 {
        return tokens.iter().map(|token| token.0).collect();
    }
    let (context_suffix, begins) = (&below.suffix[..], &table.levels()[order - 3].children[..]);
    contexts::fill(&below.children, |context, place| {
        suffix[place] - begins[context_suffix[context] as usize]
    })
}

/// What a level is made of.
struct Source<'s> {
    /// None at order 1.
    ranks: Vec<u32>,
    /// None at the highest order.
    children: &'s [u32],
    prob_bits: u8,
    prob_code: &'s (dyn Fn(usize) -> u32 + Sync),
    backoff_bits: u8,
    backoff_code: &'s (dyn Fn(usize) -> u32 + Sync),
    /// The weight of a context, if it has to be stored.
    stored: &'s (dyn Fn(Range<usize>) -> Option<f32> + Sync),
}

impl Source<'_> {
    fn level(&self, order: usize, len: usize) -> Result<Level> {
        let shape = Shape {
            classes: (order > 1).then(|| self.classes()),
            has_children: !self.children.is_empty(),
            backoff_bits: self.backoff_bits,
            prob_bits: self.prob_bits,
        };
        let blocks = len.div_ceil(COUNT);
        let chunks: Vec<usize> = (0..blocks).step_by(BLOCKS_A_CHUNK).collect();
        let chunks = chunks.into_par_iter().map(|first| {
            let mut writer = BitWriter::default();
            let block = |block: usize| {
                let start = writer.words();
                self.entries(block * COUNT..len.min((block + 1) * COUNT))
                    .put(&shape, &mut writer);
                writer.words() - start
            };
            let sizes: Vec<usize> = (first..blocks.min(first + BLOCKS_A_CHUNK))
                .map(block)
                .collect();
            (sizes, writer.into_words())
        });
        let chunks: Vec<(Vec<usize>, Vec<u64>)> = chunks.collect();
        let total: usize = chunks.iter().map(|(_, words)| words.len()).sum();
        let (mut offsets, mut words) = (
            Vec::with_capacity(blocks + 1),
            Vec::with_capacity(total + 1),
        );
        let mut offset = 0;
        for (sizes, chunk) in chunks {
            for size in sizes {
                offsets.push(word_number(offset)?);
                offset += size;
            }
            words.extend(chunk);
        }
        offsets.push(word_number(offset)?);
        words.push(0);
        Ok(Level {
            len,
            shape,
            offsets: offsets.into(),
            firsts: self.firsts().into(),
            blocks: words.into(),
            ..Level::default()
        })
    }

    fn firsts(&self) -> Vec<u32> {
        self.ranks.iter().step_by(COUNT).copied().collect()
    }

    fn classes(&self) -> Classes {
        let tally = |histogram, &rank: &u32| ranks::tally(histogram, rank);
        let histograms = self.ranks.par_iter().fold(|| [0; 33], tally);
        Classes::fitting(&histograms.reduce(|| [0; 33], ranks::join))
    }

    fn entries(&self, places: Range<usize>) -> Entries {
        let child = |place: usize| self.children.get(place).copied().unwrap_or(0);
        let mut entries = Entries::new(child(places.start));
        // Those beyond the level's end have no children.
        entries.child_ends[places.len()..].fill(child(places.end) - entries.first_child);
        for (index, place) in places.enumerate() {
            if let Some(&rank) = self.ranks.get(place) {
                entries.ranks[index] = rank;
            }
            entries.prob_codes[index] = (self.prob_code)(place);
            entries.backoff_codes[index] = (self.backoff_code)(place);
            let followers = child(place)..child(place + 1);
            entries.child_ends[index] = followers.end - entries.first_child;
            if let Some(weight) = (self.stored)(followers.start as usize..followers.end as usize) {
                entries.stored.push((index, weight));
            }
        }
        entries
    }
}

/// The number of a word, in 32 bits.
fn word_number(offset: usize) -> Result<u32> {
    u32::try_from(offset).map_err(|_| {
        let what = "an order of this model takes more than 32 GB as a compact table";
        Error::new(ErrorKind::Model, what).way_out("keep the fast table, or quantise to fewer bits")
    })
}
