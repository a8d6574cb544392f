//! Here are n-grams of every order from elsewhere, in any order, give me the levels of a table.
//!
//! Where the n-grams come from, an ARPA file or another toolkit's binary, is the
//! affair of a [`Source`]; here they are sorted as they read and linked, order
//! after order, and what the links need and nobody listed is [inserted](close).
//!
//! An n-gram on the way is one number, its tokens packed from the highest bits
//! down, so to sort numbers is to sort n-grams, the context of one is a shift and
//! its suffix a mask. Only one order is spelled so at a time: once it hangs on the
//! one below, its last tokens are enough.

mod close;
mod key;
mod link;
#[cfg(test)]
pub(super) mod plain;
mod specials;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

pub(super) use key::{Key, Packing};
pub(super) use specials::supply_specials;

use super::table::TableLevel;
use crate::error::{Error, ErrorKind, Result};
use crate::token::{TokenId, Vocabulary};

/// An n-gram with its numbers.
#[derive(Clone, Copy)]
pub(super) struct Entry<const W: usize> {
    pub(super) key: Key<W>,
    pub(super) log10_prob: f32,
    /// 0 at the highest order.
    pub(super) log10_backoff: f32,
}

/// log10 probability and back-off.
pub(super) type Unigram = (f32, f32);

/// Someone who has n-grams.
pub(super) trait Source {
    /// Those of a length from 2 on; it is asked for one length after another.
    ///
    /// # Errors
    /// If they cannot be had.
    fn ngrams<const W: usize>(&mut self, n: usize, packing: Packing) -> Result<Vec<Entry<W>>>;

    /// All lengths were asked for.
    ///
    /// # Errors
    /// If that is not how they should end.
    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The levels of a table.
pub(super) struct Assembled {
    pub(super) levels: Vec<TableLevel>,
    /// How many contexts and suffixes were not listed.
    pub(super) inserted: usize,
}

/// Takes all n-grams of a source, up to an order; there is one unigram for each token.
///
/// # Errors
/// Those of the source, an n-gram that comes twice, or too little listed at the lower orders.
pub(super) fn assemble(
    source: &mut impl Source,
    order: usize,
    unigrams: Vec<Unigram>,
    vocabulary: &Vocabulary,
) -> Result<Assembled> {
    let packing = Packing::new(vocabulary.len());
    match packing.words(order) {
        0..=1 => Assembly::<1>::new(order, packing, unigrams).fill(source, vocabulary),
        2 => Assembly::<2>::new(order, packing, unigrams).fill(source, vocabulary),
        3..=4 => Assembly::<4>::new(order, packing, unigrams).fill(source, vocabulary),
        5..=8 => Assembly::<8>::new(order, packing, unigrams).fill(source, vocabulary),
        9..=32 => Assembly::<32>::new(order, packing, unigrams).fill(source, vocabulary),
        _ => Assembly::<{ Packing::MOST_WORDS }>::new(order, packing, unigrams)
            .fill(source, vocabulary),
    }
}

/// A table as far as it is.
struct Assembly<const W: usize> {
    order: usize,
    packing: Packing,
    /// The levels that hang together, each without its children until there are some.
    levels: Vec<TableLevel>,
    /// The n-grams of the last of them.
    spelled: Vec<Key<W>>,
    /// Sorted levels above, from the first that has nothing to hang on.
    open: Vec<Vec<Entry<W>>>,
}

impl<const W: usize> Assembly<W> {
    fn empty(order: usize, packing: Packing) -> Self {
        Assembly {
            order,
            packing,
            levels: Vec::new(),
            spelled: Vec::new(),
            open: Vec::new(),
        }
    }

    fn new(order: usize, packing: Packing, unigrams: Vec<Unigram>) -> Self {
        let ids = 0..unigrams.len() as u32;
        let entry = |(id, (log10_prob, log10_backoff))| Entry {
            key: packing.push(Key::EMPTY, TokenId(id)),
            log10_prob,
            log10_backoff,
        };
        let mut assembly = Self::empty(order, packing);
        let left = assembly.hang(ids.zip(unigrams).map(entry).collect());
        assert!(left.is_none(), "unigrams need nothing to hang on");
        assembly
    }

    fn fill(mut self, source: &mut impl Source, vocabulary: &Vocabulary) -> Result<Assembled> {
        for n in 2..=self.order {
            let entries = self.sorted(source.ngrams(n, self.packing)?, n, vocabulary)?;
            self.add(entries);
        }
        source.end()?;
        self.finish()
    }

    fn sorted(
        &self,
        mut entries: Vec<Entry<W>>,
        n: usize,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Entry<W>>> {
        if entries.len() >= u32::MAX as usize {
            let what = format!("more n-grams of order {n} than there are 32-bit numbers");
            return Err(Error::new(ErrorKind::Model, what));
        }
        entries.par_sort_unstable_by_key(|entry| entry.key);
        let twice = entries
            .par_windows(2)
            .find_first(|pair| pair[0].key == pair[1].key);
        let Some([twice, _]) = twice else {
            return Ok(entries);
        };
        let tokens = self.packing.tokens(twice.key, n);
        let words: Vec<_> = tokens.iter().map(|&id| vocabulary.display(id)).collect();
        let what = format!("the {n}-gram '{}' is listed twice", words.join(" "));
        Err(Error::new(ErrorKind::Format, what))
    }

    /// Adds the next order, sorted.
    fn add(&mut self, entries: Vec<Entry<W>>) {
        if self.open.is_empty() {
            let left = self.hang(entries);
            self.open.extend(left);
        } else {
            self.open.push(entries);
        }
    }

    /// Hangs the next order on the one below; gives it back if it cannot hang there.
    fn hang(&mut self, entries: Vec<Entry<W>>) -> Option<Vec<Entry<W>>> {
        let n = self.levels.len() + 1;
        let mut level = TableLevel::default();
        if n > 1 {
            let Some(links) = link::links(&self.levels, &self.spelled, &entries, self.packing)
            else {
                return Some(entries);
            };
            self.levels[n - 2].children = links.children.into();
            level.suffix = links.suffix.into();
        }
        let last = |entry: &Entry<W>| self.packing.last(entry.key);
        level.tokens = entries.par_iter().map(last).collect::<Vec<_>>().into();
        let log10_prob = entries.par_iter().map(|entry| entry.log10_prob);
        level.log10_prob = log10_prob.collect::<Vec<_>>().into();
        if n < self.order {
            let log10_backoff = entries.par_iter().map(|entry| entry.log10_backoff);
            level.log10_backoff = log10_backoff.collect::<Vec<_>>().into();
            self.spelled = entries.into_par_iter().map(|entry| entry.key).collect();
        }
        self.levels.push(level);
        None
    }

    fn finish(mut self) -> Result<Assembled> {
        if self.open.is_empty() {
            let levels = self.levels;
            return Ok(Assembled {
                levels,
                inserted: 0,
            });
        }
        let mut all = self.respelled();
        all.append(&mut self.open);
        let inserted = close::close(&mut all, self.packing)?;
        let mut closed = Self::empty(self.order, self.packing);
        for entries in all {
            let left = closed.hang(entries);
            assert!(left.is_none(), "closed levels hang together");
        }
        Ok(Assembled {
            levels: closed.levels,
            inserted,
        })
    }

    /// The levels that hang together, as they were before.
    fn respelled(&self) -> Vec<Vec<Entry<W>>> {
        let mut all: Vec<Vec<Entry<W>>> = Vec::new();
        for (position, level) in self.levels.iter().enumerate() {
            let entry = |context: Key<W>, node: usize| Entry {
                key: self.packing.push(context, level.tokens[node]),
                log10_prob: level.log10_prob[node],
                log10_backoff: level.log10_backoff.get(node).copied().unwrap_or(0.0),
            };
            let entries = match position.checked_sub(1) {
                None => (0..level.tokens.len())
                    .map(|node| entry(Key::EMPTY, node))
                    .collect(),
                Some(below) => {
                    let children = self.levels[below].children.windows(2);
                    let children = children.map(|ends| ends[0] as usize..ends[1] as usize);
                    let families = all[below].iter().zip(children);
                    let family = |(parent, children): (&Entry<W>, std::ops::Range<usize>)| {
                        let context = parent.key;
                        children.map(move |node| (context, node))
                    };
                    families
                        .flat_map(family)
                        .map(|(context, node)| entry(context, node))
                        .collect()
                }
            };
            all.push(entries);
        }
        all
    }
}
