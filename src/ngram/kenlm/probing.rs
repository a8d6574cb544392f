//! Here is a KenLM binary of the kind `probing`, give me its tables.
//!
//! ```text
//! vocabulary  version 0: u32 · words: u32 · buckets: hash u64, id u32
//! unigrams    one more than there are: probability f32, back-off f32
//! order n     buckets: number of the n-gram u64, probability f32, back-off f32
//! the highest buckets: number u64, probability f32
//! ```
//!
//! A bucket without a number is empty. Signs are flags: a probability is negative
//! in any case, and one that is stored so belongs to an n-gram that no longer one
//! ends with; a back-off of −0 belongs to one that no longer one begins with.

use std::collections::HashMap;

use super::vocabulary::Words;
use super::{Cutter, Header, OTHER_WAYS, checked, damaged, hash};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::assemble::Unigram;

const VERSION: u32 = 0;
const WORD: u64 = 12;
const MIDDLE: u64 = 16;
const HIGHEST: u64 = 12;

/// Where everything is.
pub(super) struct Layout<'f> {
    vocabulary: &'f [[u8; WORD as usize]],
    /// How many words there are.
    types: u32,
    unigrams: &'f [[u8; 8]],
    /// Of each order from 2 its buckets.
    tables: Vec<&'f [u8]>,
    words: &'f [u8],
}

/// The numbers of an n-gram, and whether longer ones are made of it.
#[derive(Clone, Copy)]
pub(super) struct Values {
    pub(super) numbers: Unigram,
    /// Some begin with it.
    pub(super) is_context: bool,
    /// Some end with it.
    pub(super) is_suffix: bool,
}

/// The n-grams of one order, by their numbers.
pub(super) struct Table {
    pub(super) numbers: Vec<u64>,
    pub(super) values: Vec<Values>,
}

impl<'f> Layout<'f> {
    pub(super) fn of(file: &'f [u8], header: &Header) -> Result<Self> {
        let (counts, order) = (&header.counts, header.counts.len());
        let mut cutter = Cutter {
            file,
            at: header.length,
        };
        // As KenLM computes it, in f32.
        let buckets = |count: u64| (count + 1).max((header.multiplier * count as f32) as u64);
        let table = |count: u64, bucket: u64| buckets(count).checked_mul(bucket);
        let head = cutter.cut(Some(8))?.as_chunks::<4>().0;
        let [version, types] = [head[0], head[1]].map(u32::from_le_bytes);
        if version != VERSION {
            let what = format!("KenLM binary: words of version {version}, not {VERSION}");
            return Err(Error::new(ErrorKind::Format, what).way_out(OTHER_WAYS));
        }
        let vocabulary = cutter.cut(table(counts[0], WORD))?.as_chunks().0;
        let unigrams = cutter.cut(Some(8 * (counts[0] + 1)))?.as_chunks().0;
        if types as usize > unigrams.len() || types == 0 {
            return Err(damaged("it has another number of words than of unigrams"));
        }
        let mut tables = Vec::new();
        for n in 2..=order {
            let bucket = if n < order { MIDDLE } else { HIGHEST };
            tables.push(cutter.cut(table(counts[n - 1], bucket))?);
        }
        Ok(Layout {
            vocabulary,
            types,
            unigrams: &unigrams[..types as usize],
            tables,
            words: cutter.rest(),
        })
    }

    /// The highest order.
    pub(super) fn order(&self) -> usize {
        self.tables.len() + 1
    }

    /// The words; the vocabulary has the hash of each once.
    pub(super) fn words(&self) -> Result<Words> {
        let mut hashes = HashMap::new();
        for bucket in self.vocabulary {
            let (hash, id) = bucket.split_first_chunk().expect("twelve bytes");
            let id = u32::from_le_bytes(*id.first_chunk().expect("four bytes"));
            let hash = u64::from_le_bytes(*hash);
            if hash != 0 && hashes.insert(hash, id).is_some() {
                return Err(damaged("two of its words have one hash"));
            }
        }
        let types = u64::from(self.types);
        if hashes.len() as u64 + 1 != types {
            return Err(damaged("it has another number of words than of hashes"));
        }
        Words::read(self.words, types, |word, spelling| {
            hashes.get(&hash::of_word(spelling)).map(|&id| id as usize) == Some(word)
        })
    }

    /// By KenLM's id.
    pub(super) fn unigrams(&self) -> impl Iterator<Item = Unigram> {
        let unigram = |bytes: &[u8; 8]| {
            let [log10_prob, log10_backoff] = floats(bytes);
            (-log10_prob.abs(), log10_backoff)
        };
        self.unigrams.iter().map(unigram)
    }

    /// Of each word, by KenLM's id, what is known of its unigram.
    pub(super) fn words_as_ngrams(&self) -> Result<Vec<Values>> {
        let values = |bytes: &[u8; 8]| values(floats(bytes), true);
        self.unigrams.iter().map(values).collect()
    }

    /// The n-grams of an order from 2 on, in no order.
    pub(super) fn table(&self, n: usize) -> Result<Table> {
        let highest = n == self.order();
        let bucket = if highest { HIGHEST } else { MIDDLE } as usize;
        let mut table = Table {
            numbers: Vec::new(),
            values: Vec::new(),
        };
        for bucket in self.tables[n - 2].chunks_exact(bucket) {
            let (number, rest) = bucket.split_first_chunk().expect("twelve bytes at least");
            let number = u64::from_le_bytes(*number);
            if number != 0 {
                let floats = match rest.first_chunk::<8>() {
                    Some(both) => floats(both),
                    None => [floats(rest.first_chunk::<4>().expect("four bytes"))[0], 0.0],
                };
                table.numbers.push(number);
                table.values.push(values(floats, !highest)?);
            }
        }
        Ok(table)
    }
}

fn floats<const BYTES: usize>(bytes: &[u8; BYTES]) -> [f32; 2] {
    let mut floats = [0.0; 2];
    for (float, four) in floats.iter_mut().zip(bytes.as_chunks().0) {
        *float = f32::from_le_bytes(*four);
    }
    floats
}

fn values([log10_prob, log10_backoff]: [f32; 2], below_highest: bool) -> Result<Values> {
    Ok(Values {
        numbers: checked((-log10_prob.abs(), log10_backoff))?,
        is_context: below_highest && log10_backoff.to_bits() != (-0.0_f32).to_bits(),
        is_suffix: below_highest && log10_prob.is_sign_positive(),
    })
}
