//! Here are the sections of an ARPA file above the unigrams, give me their n-grams, as fast as they
//! come.
//!
//! While all threads read the lines of some blocks, one of them gets the next
//! blocks. A word that stands where it stood in the line before needs no look-up:
//! whatever a file is sorted by, some column hardly changes.

use rayon::prelude::*;

use super::entry::{Shape, split_line};
use super::lines::{Block, Lines};
use super::read::Reader;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::assemble::{Entry, Key, Packing, Source};
use crate::token::{TokenId, Vocabulary, readable};

/// So many blocks a thread are read together.
const BLOCKS_A_THREAD: usize = 4;

/// The sections of order 2 and above.
pub(super) struct Sections<'s, 'r> {
    pub(super) reader: &'s mut Reader<'r>,
    /// How many n-grams each order is said to have.
    pub(super) expected: &'s [u64],
    pub(super) vocabulary: &'s Vocabulary,
}

impl Source for Sections<'_, '_> {
    fn ngrams<const W: usize>(&mut self, n: usize, packing: Packing) -> Result<Vec<Entry<W>>> {
        self.reader.section_title(n)?;
        let top = n == self.expected.len();
        let section = Section {
            shape: Shape {
                n,
                top,
                leniency: self.reader.leniency,
            },
            vocabulary: self.vocabulary,
            unknown_by_capitals: self.vocabulary.id(b"<UNK>").is_none(),
            packing,
        };
        let mut entries = Vec::new();
        let mut blocks = some_blocks(&mut self.reader.lines, Vec::new())?;
        let mut done = Vec::new();
        while !blocks.is_empty() {
            let lines = &mut self.reader.lines;
            let read = || -> Vec<_> {
                let blocks = blocks.par_iter();
                blocks.map(|block| section.read::<W>(block)).collect()
            };
            let (next, read) = rayon::join(|| some_blocks(lines, done), read);
            for read in read {
                let mut read =
                    read.map_err(|(error, line)| error.at(self.reader.lines.place_of(line)))?;
                self.reader.progress.advance(read.len() as u64);
                entries.append(&mut read);
            }
            done = std::mem::replace(&mut blocks, next?);
        }
        // What is next is a title, or the end of the file.
        self.reader.lines.advance()?;
        let found = entries.len() as u64;
        self.reader
            .check_count(n, top, self.expected[n - 1], found)?;
        Ok(entries)
    }

    fn end(&mut self) -> Result<()> {
        self.reader.end()
    }
}

/// The next blocks, in the room of those that are done with.
fn some_blocks(lines: &mut Lines, done: Vec<Block>) -> Result<Vec<Block>> {
    let most = BLOCKS_A_THREAD * rayon::current_num_threads();
    let mut rooms = done.into_iter().map(|block| block.text);
    let mut blocks = Vec::with_capacity(most);
    while blocks.len() < most
        && let Some(block) = lines.block(rooms.next().unwrap_or_default())?
    {
        blocks.push(block);
    }
    Ok(blocks)
}

/// How the lines of one section are read.
struct Section<'s> {
    shape: Shape,
    vocabulary: &'s Vocabulary,
    /// True if `<UNK>` is how this file spells `<unk>`.
    unknown_by_capitals: bool,
    packing: Packing,
}

impl Section<'_> {
    /// The n-grams of a block, or what is wrong with the first wrong line, and its number.
    fn read<const W: usize>(&self, block: &Block) -> Result<Vec<Entry<W>>, (Error, u64)> {
        let n = self.shape.n;
        let mut entries = Vec::new();
        let mut fields = Vec::with_capacity(n + 2);
        let mut before: Vec<(&[u8], TokenId)> = vec![(b"", TokenId::UNKNOWN); n];
        let mut text = &block.text[..];
        let mut line = block.first_line;
        while split_line(&mut text, &mut fields) {
            if !fields.is_empty() {
                let here = |error| (error, line);
                let (log10_prob, log10_backoff) = self.shape.numbers(&fields).map_err(here)?;
                let mut key = Key::EMPTY;
                for (&word, before) in fields[1..].iter().zip(&mut before) {
                    if word != before.0 {
                        *before = (word, self.id(word).map_err(here)?);
                    }
                    key = self.packing.push(key, before.1);
                }
                entries.push(Entry {
                    key,
                    log10_prob,
                    log10_backoff,
                });
            }
            line += 1;
        }
        Ok(entries)
    }

    #[inline]
    fn id(&self, word: &[u8]) -> Result<TokenId> {
        self.vocabulary.id(word).map_or_else(|| self.rare(word), Ok)
    }

    #[cold]
    fn rare(&self, word: &[u8]) -> Result<TokenId> {
        if self.unknown_by_capitals && word == b"<UNK>" {
            return Ok(TokenId::UNKNOWN);
        }
        let what = format!("'{}' is not among the unigrams", readable(word));
        Err(Error::new(ErrorKind::Format, what))
    }
}
