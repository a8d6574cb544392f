//! Here is a compact table, give me its file, and back.
//!
//! A model file of kind `ngram-compact` holds, beside its header, the vocabulary and for every
//! order n the sections
//!
//! | section | type | entries |
//! |---|---|---|
//! | `vocabulary.bytes` | u8 | all surfaces, end to end |
//! | `vocabulary.lengths` | u8 | how long each is: seven bits a byte, the lowest first, the top bit set while more follow |
//! | `n.offsets` | u32 | for each block of 64 n-grams, the word where it begins; and where the last ends |
//! | `n.firsts` | u32 | for each block, the rank of its first n-gram; none at order 1 |
//! | `n.blocks` | u64 | the blocks (see `block.rs` for every bit of one), and one word of zeros |
//! | `n.values` | f32 | what the codes of probabilities stand for, by code; none if a code is the number's own 32 bits |
//! | `n.backoff-values` | f32 | the same of back-offs; none at the highest order or if there are only shares |
//!
//! and the header: the order, the precision, what is known of the model besides its numbers, and
//! for every order how many n-grams it has and what its blocks hold. Probabilities and back-offs
//! are log10; shares, the numbers of a quantised table from order 2 on, are what they are.

use std::path::Path;

use bytemuck::Pod;
use serde::{Deserialize, Serialize};

use super::block::Shape;
use super::level::Level;
use super::table::{CompactTable, HIGHEST_ORDER, Precision};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::header::NgramHeader;
use crate::store::{Column, ModelFile, Writer};
use crate::token::Vocabulary;

/// The kind of model file that a compact n-gram model is.
pub const KIND: &str = "ngram-compact";

/// What the file's header says of its table.
#[derive(Serialize, Deserialize)]
struct Outline {
    precision: Precision,
    /// How many n-grams each order has, and what its blocks hold.
    levels: Vec<(u64, Shape)>,
}

/// Writes a model, all or nothing; returns the file's length in bytes.
///
/// # Errors
/// If it cannot be written.
pub fn save(
    path: &Path,
    header: &NgramHeader,
    vocabulary: &Vocabulary,
    table: &CompactTable,
) -> Result<u64> {
    let mut writer = Writer::create(path, KIND)?;
    for (level, n) in table.levels.iter().zip(1..) {
        writer.column(&format!("{n}.offsets"), &level.offsets)?;
        writer.column(&format!("{n}.firsts"), &level.firsts)?;
        writer.column(&format!("{n}.blocks"), &level.blocks)?;
        writer.column(&format!("{n}.values"), &level.probs)?;
        writer.column(&format!("{n}.backoff-values"), &level.backoffs)?;
    }
    let (bytes, ends) = vocabulary.parts();
    writer.section("vocabulary.bytes", bytes)?;
    writer.section("vocabulary.lengths", &lengths(ends))?;
    let levels = table.levels.iter();
    let outline = Outline {
        precision: table.precision,
        levels: levels
            .map(|level| (level.len as u64, level.shape))
            .collect(),
    };
    writer.finish(&(outline, header))
}

/// Reads a model's parts; the table stays in the file.
///
/// # Errors
/// If anything in it is not as it should be.
pub fn load(file: &ModelFile) -> Result<(NgramHeader, Vocabulary, CompactTable)> {
    let (outline, header): (Outline, NgramHeader) = file.header()?;
    if outline.levels.is_empty() || outline.levels.len() > HIGHEST_ORDER {
        return Err(broken("its order is none that a compact table can have"));
    }
    let levels = outline.levels.into_iter().zip(1..);
    let levels = levels.map(|((len, shape), n)| {
        let len = usize::try_from(len)
            .ok()
            .filter(|&len| len <= u32::MAX as usize);
        Ok(Level {
            len: len.ok_or_else(|| broken("it has more n-grams than can be numbered"))?,
            shape,
            offsets: column(file, n, "offsets")?,
            firsts: column(file, n, "firsts")?,
            blocks: column(file, n, "blocks")?,
            probs: column(file, n, "values")?,
            backoffs: column(file, n, "backoff-values")?,
            ..Level::default()
        })
    });
    let table = CompactTable::from_levels(outline.precision, levels.collect::<Result<_>>()?)?;
    let bytes = file.bytes("vocabulary.bytes")?.to_vec();
    let ends = ends(file.bytes("vocabulary.lengths")?);
    let ends = ends.ok_or_else(|| broken("the lengths of its vocabulary are broken"))?;
    Ok((header, Vocabulary::from_parts(bytes, ends)?, table))
}

fn column<T: Pod>(file: &ModelFile, order: usize, name: &str) -> Result<Column<T>> {
    file.column(&format!("{order}.{name}"))
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, what).way_out("build or import the model again")
}

/// The length of each surface, from where each ends.
fn lengths(ends: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ends.len());
    let mut start = 0;
    for &end in ends {
        let mut length = end - start;
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        start = end;
    }
    bytes
}

/// Where each surface ends; `None` if a length does not, or none could be so long.
fn ends(bytes: &[u8]) -> Option<Vec<u64>> {
    let mut ends = Vec::with_capacity(bytes.len());
    let (mut end, mut length, mut shift) = (0u64, 0u64, 0);
    for &byte in bytes {
        length |= u64::from(byte & 0x7F)
            .checked_shl(shift)
            .filter(|_| shift < 57)?;
        shift += 7;
        if byte < 0x80 {
            end = end.checked_add(length)?;
            ends.push(end);
            (length, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(ends)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lengths_go_round(lengths_given in prop::collection::vec(prop_oneof![0u64..9, 0u64..1 << 40], 0..50)) {
            let mut end = 0;
            let given: Vec<u64> = lengths_given.iter().map(|length| { end += length; end }).collect();
            prop_assert_eq!(ends(&lengths(&given)), Some(given));
        }

        #[test]
        fn any_lengths_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            ends(&bytes);
        }
    }
}
