//! Here is a binary file of KenLM's `build_binary`, give me its n-grams back.
//!
//! ```text
//! header       magic · test values · order · kind · n-grams of each order
//! vocabulary   a hash of each word, as the kind wants it
//! search       trie: (tables of quantised numbers) · unigrams · order 2 · … · order n
//!              probing: unigrams · a hash table for each order from 2
//! words        all words, each with a zero byte behind it, in the order of their ids
//! ```
//!
//! The file has no checksum, so nothing in it is believed before it fits the
//! rest: every length the file's own length, every pointer its order, every word
//! its hash. What is left is accounted for n-gram by n-gram, or refused.
//!
//! The trie spells its n-grams, from the last word to the first. The probing kind
//! holds only a 64-bit number for each: `recover` says how they are found out.
//! The layout is that of KenLM's format 5 (Heafield, *KenLM: Faster and Smaller
//! Language Model Queries*, WMT 2011), read from its documentation and its files.

mod bits;
mod hash;
mod header;
mod pointers;
mod probing;
mod quantised;
mod recover;
#[cfg(test)]
mod tests;
mod trie;
mod vocabulary;

use std::io::BufRead;
use std::path::Path;

use header::{Header, Kind};
use vocabulary::Words;

use super::arpa::{Imported, log_zero};
use super::assemble::{Assembled, Source, Unigram, assemble, supply_specials};
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::token::{TokenId, Vocabulary};

/// What every KenLM binary begins with, whole or not, of whatever version.
pub const MAGIC: &[u8] = header::MAGIC_OF_ANY;

/// Reads a binary; `name` is for messages. It takes memory for the file beside the model.
///
/// # Errors
/// If it is another kind than `probing` and `trie`, or of another version; if it holds no words; if
/// it is damaged; if the n-grams of a `probing` one cannot be found out.
pub fn read(input: &mut dyn BufRead, name: &str, progress: &dyn Progress) -> Result<Imported> {
    let mut file = Vec::new();
    let read = input.read_to_end(&mut file);
    read.map_err(|error| Error::io("read", Path::new(name), error))?;
    take_apart(&file, name, progress).map_err(|error| error.at_least(name))
}

fn take_apart(file: &[u8], name: &str, progress: &dyn Progress) -> Result<Imported> {
    let header = Header::read(file)?;
    match header.kind {
        Kind::Probing => {
            let probing = probing::Layout::of(file, &header)?;
            let words = probing.words()?;
            let unigrams = named(&words, probing.unigrams(), name, progress)?;
            let mut source = recover::Recovery::of(&probing, &words.ids, progress)?;
            finish(&mut source, &header, unigrams, words.vocabulary)
        }
        Kind::Trie { quantised, array } => {
            let trie = trie::Layout::of(file, &header, quantised, array)?;
            let words = trie.words()?;
            let unigrams = named(&words, trie.unigrams(), name, progress)?;
            let mut source = trie::Walk::of(&trie, &words.ids, progress)?;
            finish(&mut source, &header, unigrams, words.vocabulary)
        }
    }
}

fn finish(
    source: &mut impl Source,
    header: &Header,
    unigrams: Vec<Unigram>,
    vocabulary: Vocabulary,
) -> Result<Imported> {
    let order = header.counts.len();
    let Assembled { levels, .. } = assemble(source, order, unigrams, &vocabulary)?;
    Ok(Imported {
        vocabulary,
        table: Table::of_own(levels),
    })
}

/// The unigrams by our ids, from those by KenLM's.
fn named(
    words: &Words,
    by_word: impl Iterator<Item = Unigram>,
    name: &str,
    progress: &dyn Progress,
) -> Result<Vec<Unigram>> {
    let mut unigrams = vec![None; words.vocabulary.len()];
    for (unigram, id) in by_word.zip(&words.ids) {
        unigrams[id.index()] = Some(checked(unigram)?);
    }
    // Nobody looks at what stands at the start of a sentence, and toolkits put anything there.
    Ok(supply_specials(unigrams, name, progress))
}

/// Numbers that a model can have, with −99 and −0 as they are meant.
fn checked((log10_prob, log10_backoff): Unigram) -> Result<Unigram> {
    if log10_prob.is_nan() || log10_prob > 0.0 {
        return Err(damaged("a probability is not between 0 and 1"));
    }
    if log10_backoff.is_nan() || log10_backoff == f32::INFINITY {
        return Err(damaged("a back-off is not a number"));
    }
    // Adding 0 turns −0, which says that nothing follows, into 0.
    Ok((log_zero(log10_prob) + 0.0, log_zero(log10_backoff) + 0.0))
}

/// Our ids of KenLM's words.
type Ids = [TokenId];

const OTHER_WAYS: &str =
    "copy the file from its source again, or import the ARPA file it was built from";

fn damaged(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, format!("KenLM binary: {}", what.into())).way_out(OTHER_WAYS)
}

/// A file, and how far it was cut into parts.
struct Cutter<'f> {
    file: &'f [u8],
    at: usize,
}

impl<'f> Cutter<'f> {
    /// The next so many bytes; none if a damaged header asks for more than can be counted.
    fn cut(&mut self, bytes: Option<u64>) -> Result<&'f [u8]> {
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let end = bytes.and_then(|bytes| self.at.checked_add(bytes));
        let part = end.and_then(|end| self.file.get(self.at..end));
        let part = part.ok_or_else(|| damaged("the file is shorter than its header says"))?;
        self.at += part.len();
        Ok(part)
    }

    /// All that is left.
    fn rest(&self) -> &'f [u8] {
        &self.file[self.at..]
    }
}
