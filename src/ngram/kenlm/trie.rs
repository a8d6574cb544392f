//! Here is a KenLM binary of the kind `trie`, give me its n-grams.
//!
//! The trie is read backwards: below an n-gram hang those that have one word more
//! before it, sorted by that word. Order n lies as packed bits, for each n-gram its
//! first word, its [numbers](super::quantised) and, below the highest order, where
//! its [children](super::pointers) begin.

use super::pointers::Pointers;
use super::quantised::Numbers;
use super::vocabulary::Words;
use super::{Cutter, Header, Ids, bits, checked, damaged, hash};
use crate::error::Result;
use crate::ngram::assemble::{Entry, Key, Packing, Source, Unigram};
use crate::progress::{Progress, Stage};
use crate::token::TokenId;

/// A unigram: probability, back-off, and where its children begin.
const UNIGRAM: usize = 16;

/// Where everything is.
pub(super) struct Layout<'f> {
    hashes: &'f [[u8; 8]],
    unigrams: &'f [[u8; UNIGRAM]],
    /// Order 2 first.
    levels: Vec<Level<'f>>,
    words: &'f [u8],
}

/// One order, from 2.
struct Level<'f> {
    count: u64,
    bytes: &'f [u8],
    /// How many bits a word has, and an n-gram in all.
    word_bits: u32,
    total_bits: u32,
    numbers: Numbers<'f>,
    /// None at the highest order.
    pointers: Option<Pointers<'f>>,
}

impl<'f> Layout<'f> {
    pub(super) fn of(
        file: &'f [u8],
        header: &Header,
        quantised: bool,
        array: bool,
    ) -> Result<Self> {
        let (counts, order) = (&header.counts, header.counts.len());
        let types = counts[0];
        let mut cutter = Cutter {
            file,
            at: header.length,
        };
        let hashes = cutter.cut(Some(8 * (types + 1)))?.as_chunks().0;
        let (hash_count, hashes) = hashes.split_first().expect("one at least");
        if u64::from_le_bytes(*hash_count).checked_add(1) != Some(types) {
            return Err(damaged("it has another number of words than of unigrams"));
        }
        let hashes = &hashes[..types as usize - 1];
        let numbers = match quantised {
            true => Numbers::tables(&mut cutter, order)?,
            false => vec![Numbers::Plain; order - 1],
        };
        let unigrams = cutter
            .cut(Some((types + 2) * UNIGRAM as u64))?
            .as_chunks()
            .0;
        // The first array tells how all are made.
        let bits_to_cut = match array && order > 2 {
            true => Pointers::bits_to_cut(cutter.rest())?,
            false => 0,
        };
        let word_bits = bits::required(types);
        let mut levels = Vec::new();
        for (numbers, n) in numbers.into_iter().zip(2..) {
            let count = counts[n - 1];
            let pointers = match counts.get(n) {
                Some(&most) if array => {
                    Some(Pointers::array(&mut cutter, count, most, bits_to_cut)?)
                }
                Some(&most) => Some(Pointers::whole(most)),
                None => None,
            };
            let pointer_bits = pointers.as_ref().map_or(0, |pointers| pointers.bits);
            let total_bits = word_bits + numbers.bits(n == order) + pointer_bits;
            let bits = (count + 1).checked_mul(total_bits.into());
            let bytes = cutter.cut(bits.map(|bits| bits.div_ceil(8) + 8))?;
            levels.push(Level {
                count,
                bytes,
                word_bits,
                total_bits,
                numbers,
                pointers,
            });
        }
        Ok(Layout {
            hashes,
            unigrams: &unigrams[..types as usize + 1],
            levels,
            words: cutter.rest(),
        })
    }

    /// The words, whose hashes ascend.
    pub(super) fn words(&self) -> Result<Words> {
        let ascend = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) < u64::from_le_bytes(*b);
        if !self.hashes.is_sorted_by(ascend) {
            return Err(damaged("the hashes of its words are out of order"));
        }
        Words::read(self.words, self.types() as u64, |word, spelling| {
            let hash = self.hashes.get(word - 1).copied();
            hash.map(u64::from_le_bytes) == Some(hash::of_word(spelling))
        })
    }

    /// By KenLM's id.
    pub(super) fn unigrams(&self) -> impl Iterator<Item = Unigram> {
        self.unigrams[..self.types()].iter().map(|unigram| {
            let four = |at| f32::from_bits(bits::get(unigram, at, 32) as u32);
            (four(0), four(32))
        })
    }

    fn types(&self) -> usize {
        self.unigrams.len() - 1
    }
}

/// Goes through a trie, order by order.
pub(super) struct Walk<'w> {
    layout: &'w Layout<'w>,
    ids: &'w Ids,
    /// Of each n-gram of the order before, its tokens.
    spelled: Vec<TokenId>,
    /// Where the children of each begin, and where the last end.
    children: Vec<u64>,
    progress: &'w dyn Progress,
}

impl<'w> Walk<'w> {
    pub(super) fn of(
        layout: &'w Layout<'w>,
        ids: &'w Ids,
        progress: &'w dyn Progress,
    ) -> Result<Self> {
        let counts = layout.levels.iter().map(|level| level.count);
        progress.stage(Stage {
            number: 1,
            of: 1,
            name: "read",
            unit: "n-grams",
            total: counts.reduce(u64::saturating_add),
        });
        let children = layout.unigrams.iter();
        let children = children.map(|unigram| u64::from_le_bytes(unigram.as_chunks().0[1]));
        let walk = Walk {
            layout,
            ids,
            spelled: ids.to_vec(),
            children: children.collect(),
            progress,
        };
        walk.check_children(0)?;
        Ok(walk)
    }

    /// The children of the order before cover a level.
    fn check_children(&self, position: usize) -> Result<()> {
        let count = self.layout.levels[position].count;
        let covers = self.children.first() == Some(&0) && self.children.last() == Some(&count);
        match covers && self.children.is_sorted() {
            true => Ok(()),
            false => Err(damaged(format!(
                "the pointers to its {}-grams are out of order",
                position + 2
            ))),
        }
    }
}

impl Source for Walk<'_> {
    fn ngrams<const W: usize>(&mut self, n: usize, packing: Packing) -> Result<Vec<Entry<W>>> {
        let level = &self.layout.levels[n - 2];
        let highest = level.pointers.is_none();
        // Every n-gram has bits of its own in the file.
        let mut entries = Vec::with_capacity(level.count as usize);
        let mut spelled = Vec::new();
        let parents = self.spelled.chunks_exact(n - 1);
        for (suffix, children) in parents.zip(self.children.windows(2)) {
            let mut least = 0;
            for node in children[0]..children[1] {
                let bit = node * u64::from(level.total_bits);
                let word = bits::get(level.bytes, bit, level.word_bits);
                if word < least || word >= self.ids.len() as u64 {
                    return Err(damaged(format!(
                        "the words of its {n}-grams are out of order"
                    )));
                }
                least = word + 1;
                let first = self.ids[word as usize];
                let numbers = bit + u64::from(level.word_bits);
                let numbers = checked(level.numbers.get(level.bytes, numbers, highest))?;
                let push = |key, &token: &TokenId| packing.push(key, token);
                entries.push(Entry {
                    key: suffix.iter().fold(packing.push(Key::EMPTY, first), push),
                    log10_prob: numbers.0,
                    log10_backoff: numbers.1,
                });
                if !highest {
                    spelled.push(first);
                    spelled.extend_from_slice(suffix);
                }
            }
        }
        if let Some(pointers) = &level.pointers {
            let mut reader = pointers.reader();
            let behind = u64::from(level.total_bits - pointers.bits);
            let child = |node: u64| {
                let bit = node * u64::from(level.total_bits) + behind;
                reader.next(node, bits::get(level.bytes, bit, pointers.bits))
            };
            self.children = (0..=level.count).map(child).collect();
            self.spelled = spelled;
            self.check_children(n - 1)?;
        }
        self.progress.advance(level.count);
        Ok(entries)
    }
}
