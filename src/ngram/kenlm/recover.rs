//! Here are the numbers of n-grams, find out which n-grams they are.
//!
//! The number of an n-gram is an exclusive or of two gifts: its suffix's, and its
//! first word's. So the n-grams of one order are found from those of the order below:
//! every n-gram `a … c` has a context `a …` and a suffix `… c` there, which share
//! their middle. For each middle all contexts that continue are tried with all
//! suffixes that are continued, and a pair whose number is in the table is one of
//! its n-grams. Of bigrams the middle is empty, and each word is tried with each.
//!
//! A pair that happens to have the number of another, one of 2⁶⁴, would make that
//! doubtful. So the search goes on to its end, and each number of the table
//! must have been found exactly once; otherwise the import is refused. How many
//! pairs there are is known before they are tried, and too many are refused.

use std::ops::Range;

use rayon::prelude::*;

use super::probing::{Layout, Table, Values};
use super::{Ids, damaged, hash};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::assemble::{Entry, Key, Packing, Source};
use crate::progress::{Progress, Stage};
use crate::token::TokenId;

/// More pairs than this are not tried: some minutes' work of one thread for each tenth of it.
const MOST_PAIRS: u64 = 1 << 40;

const WAYS_OUT: &str = "import the ARPA file it was built from, or build it as `build_binary trie`";

/// Finds out the n-grams of one order after another.
pub(super) struct Recovery<'r> {
    layout: &'r Layout<'r>,
    ids: &'r Ids,
    progress: &'r dyn Progress,
    /// Those of the order before.
    known: Known,
}

/// N-grams of one length that were found out.
#[derive(Default)]
struct Known {
    numbers: Vec<u64>,
    values: Vec<Values>,
    /// KenLM's id of the first word of each.
    firsts: Vec<u32>,
    /// The context and the suffix of each, one length below.
    contexts: Vec<u32>,
    suffixes: Vec<u32>,
    /// All tokens of each.
    spelled: Vec<TokenId>,
}

impl<'r> Recovery<'r> {
    pub(super) fn of(
        layout: &'r Layout<'r>,
        ids: &'r Ids,
        progress: &'r dyn Progress,
    ) -> Result<Self> {
        let types = ids.len();
        Ok(Recovery {
            layout,
            ids,
            progress,
            known: Known {
                numbers: (0..types as u64).collect(),
                values: layout.words_as_ngrams()?,
                firsts: (0..types as u32).collect(),
                // The middle of a bigram is empty, and there is one empty n-gram.
                contexts: vec![0; types],
                suffixes: vec![0; types],
                spelled: ids.to_vec(),
            },
        })
    }
}

impl Source for Recovery<'_> {
    fn ngrams<const W: usize>(&mut self, n: usize, packing: Packing) -> Result<Vec<Entry<W>>> {
        let table = self.layout.table(n)?;
        let pairing = Pairing::of(&self.known);
        let pairs = pairing.middles.iter().map(Middle::pairs);
        let pairs = pairs.fold(0, u64::saturating_add);
        if pairs > MOST_PAIRS {
            let what = format!(
                "its {n}-grams are stored as numbers only, and to find them out takes {pairs} trials"
            );
            return Err(Error::new(ErrorKind::Model, what).way_out(WAYS_OUT));
        }
        self.progress.stage(Stage {
            number: n - 1,
            of: self.layout.order() - 1,
            name: "find out",
            unit: "pairs",
            total: Some(pairs),
        });
        let wanted = Wanted::of(&table.numbers);
        let middles = pairing.middles.par_iter();
        let search = |middle: &Middle| pairing.search(middle, &wanted, self.progress);
        let found: Vec<Found> = middles.flat_map(search).collect();
        let found = each_once(&found, table.numbers.len(), n)?;
        self.known = self.known.longer(table, &found, self.ids);
        let spelled = self.known.spelled.par_chunks_exact(n);
        let entry = |(tokens, values): (&[TokenId], &Values)| {
            let push = |key, &token: &TokenId| packing.push(key, token);
            Entry {
                key: tokens.iter().fold(Key::EMPTY, push),
                log10_prob: values.numbers.0,
                log10_backoff: values.numbers.1,
            }
        };
        Ok(spelled.zip(&self.known.values).map(entry).collect())
    }
}

/// An n-gram that has a number of the table.
#[derive(Clone, Copy)]
struct Found {
    context: u32,
    suffix: u32,
    /// The number's place in the table.
    place: u32,
}

/// Of each number the n-gram that has it.
fn each_once(found: &[Found], numbers: usize, n: usize) -> Result<Vec<Found>> {
    let mut by_place = vec![None; numbers];
    for &found in found {
        if by_place[found.place as usize].replace(found).is_some() {
            let what = format!("two {n}-grams have one number, and it holds only one of them");
            return Err(Error::new(ErrorKind::Model, what).way_out(WAYS_OUT));
        }
    }
    let all: Option<Vec<Found>> = by_place.into_iter().collect();
    all.ok_or_else(|| damaged(format!("no {n}-gram has one of its numbers")))
}

impl Known {
    /// The n-grams of a table, which were found in these.
    fn longer(&self, table: Table, found: &[Found], ids: &Ids) -> Known {
        let length = self.spelled.len() / self.numbers.len().max(1);
        let mut longer = Known {
            numbers: table.numbers,
            values: table.values,
            ..Known::default()
        };
        for found in found {
            let (context, suffix) = (found.context as usize, found.suffix as usize);
            let first = self.firsts[context];
            longer.firsts.push(first);
            longer.contexts.push(found.context);
            longer.suffixes.push(found.suffix);
            longer.spelled.push(ids[first as usize]);
            longer
                .spelled
                .extend_from_slice(&self.spelled[suffix * length..][..length]);
        }
        longer
    }
}

/// Half of a number, and whose gift it is.
#[derive(Clone, Copy)]
struct Gift {
    bits: u64,
    of: u32,
}

/// All that continues and is continued, by its middle.
struct Pairing {
    /// What first words give.
    contexts: Vec<Gift>,
    /// What suffixes give.
    suffixes: Vec<Gift>,
    middles: Vec<Middle>,
}

/// Where the gifts of one middle lie.
struct Middle {
    contexts: Range<usize>,
    suffixes: Range<usize>,
}

impl Middle {
    fn pairs(&self) -> u64 {
        self.contexts.len() as u64 * self.suffixes.len() as u64
    }
}

/// So many gifts of each side are tried together: their numbers share their high bits, so that only
/// a small part of the filter is looked at.
const TILE: usize = 512;

impl Pairing {
    fn of(known: &Known) -> Self {
        let all = 0..known.numbers.len() as u32;
        let contexts = all
            .clone()
            .filter(|&node| known.values[node as usize].is_context);
        let contexts = sorted(contexts, |node| {
            (known.suffixes[node], hash::of_first(known.firsts[node]))
        });
        let suffixes = all.filter(|&node| known.values[node as usize].is_suffix);
        let suffixes = sorted(suffixes, |node| {
            (known.contexts[node], hash::of_suffix(known.numbers[node]))
        });
        let mut middles = Vec::new();
        let (mut context, mut suffix) = (0, 0);
        while let (Some(&(a, _)), Some(&(b, _))) = (contexts.get(context), suffixes.get(suffix)) {
            let middle = a.max(b);
            let group = |sorted: &[(u32, Gift)], from: usize| {
                let before = sorted[from..].partition_point(|(other, _)| *other < middle);
                let through = sorted[from..].partition_point(|(other, _)| *other <= middle);
                from + before..from + through
            };
            let both = Middle {
                contexts: group(&contexts, context),
                suffixes: group(&suffixes, suffix),
            };
            (context, suffix) = (both.contexts.end, both.suffixes.end);
            if both.pairs() > 0 {
                middles.push(both);
            }
        }
        let gifts = |sorted: Vec<(u32, Gift)>| sorted.into_iter().map(|(_, gift)| gift).collect();
        Pairing {
            contexts: gifts(contexts),
            suffixes: gifts(suffixes),
            middles,
        }
    }

    /// The pairs of one middle whose number is wanted.
    fn search(&self, middle: &Middle, wanted: &Wanted, progress: &dyn Progress) -> Vec<Found> {
        let suffixes = &self.suffixes[middle.suffixes.clone()];
        let tiles = self.contexts[middle.contexts.clone()].par_chunks(TILE);
        let tiles = tiles.flat_map_iter(|contexts| {
            let mut found = Vec::new();
            for suffixes in suffixes.chunks(TILE) {
                wanted.search(contexts, suffixes, &mut found);
            }
            progress.advance((contexts.len() * suffixes.len()) as u64);
            found
        });
        tiles.collect()
    }
}

/// Nodes by their middle, then by their gift's bits.
fn sorted(nodes: impl Iterator<Item = u32>, of: impl Fn(usize) -> (u32, u64)) -> Vec<(u32, Gift)> {
    let gift = |node: u32| {
        let (middle, bits) = of(node as usize);
        (middle, Gift { bits, of: node })
    };
    let mut gifts: Vec<(u32, Gift)> = nodes.map(gift).collect();
    gifts.par_sort_unstable_by_key(|(middle, gift)| (*middle, gift.bits));
    gifts
}

/// The numbers that are looked for.
struct Wanted {
    /// By the highest bits of a number, whether there may be such.
    filter: Vec<u64>,
    filter_shift: u32,
    /// All numbers with their places, ascending.
    numbers: Vec<(u64, u32)>,
    /// By somewhat fewer bits, where they begin.
    begins: Vec<u32>,
    begins_shift: u32,
}

/// So many bits of the filter a number has for itself, or up to twice as many.
const FILTER_BITS: usize = 16;

impl Wanted {
    fn of(numbers: &[u64]) -> Self {
        let filter_bits = (numbers.len() * FILTER_BITS).next_power_of_two().max(64);
        let filter_shift = u64::BITS - filter_bits.ilog2();
        let mut filter = vec![0; filter_bits / 64];
        for number in numbers {
            let bit = (number >> filter_shift) as usize;
            filter[bit / 64] |= 1 << (bit % 64);
        }
        let mut sorted: Vec<(u64, u32)> = numbers.iter().copied().zip(0..).collect();
        sorted.par_sort_unstable();
        let groups = numbers.len().next_power_of_two().max(2);
        let begins_shift = u64::BITS - groups.ilog2();
        let mut begins = vec![0; groups + 1];
        for (number, _) in &sorted {
            begins[(number >> begins_shift) as usize + 1] += 1;
        }
        let mut begin = 0;
        for group in &mut begins {
            begin += *group;
            *group = begin;
        }
        Wanted {
            filter,
            filter_shift,
            numbers: sorted,
            begins,
            begins_shift,
        }
    }

    /// Tries all pairs.
    fn search(&self, contexts: &[Gift], suffixes: &[Gift], found: &mut Vec<Found>) {
        for suffix in suffixes {
            for context in contexts {
                let number = context.bits ^ suffix.bits;
                let bit = (number >> self.filter_shift) as usize;
                if self.filter[bit / 64] >> (bit % 64) & 1 == 1 {
                    let places = self.places(number);
                    found.extend(places.map(|place| Found {
                        context: context.of,
                        suffix: suffix.of,
                        place,
                    }));
                }
            }
        }
    }

    /// The places of a number: one, none, or in a damaged table several.
    fn places(&self, number: u64) -> impl Iterator<Item = u32> {
        let group = (number >> self.begins_shift) as usize;
        let group = self.begins[group] as usize..self.begins[group + 1] as usize;
        let same = self.numbers[group]
            .iter()
            .filter(move |(other, _)| *other == number);
        same.map(|&(_, place)| place)
    }
}
