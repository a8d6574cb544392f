//! Here is a table, give me its file, and back.
//!
//! A model file of kind `ngram` holds, beside its header, the vocabulary and for
//! every order n the columns of [`TableLevel`]:
//!
//! | section | type | entries |
//! |---|---|---|
//! | `vocabulary.bytes` | u8 | all surfaces, end to end |
//! | `vocabulary.ends` | u64 | where each surface ends |
//! | `tokenizer.…` | u8 | what the tokenizer is made of, if it needs data |
//! | `n.tokens` | u32 | n-grams of order n |
//! | `n.log10-prob` | f32 | the same |
//! | `n.log10-backoff` | f32 | the same; none at the top |
//! | `n.suffix` | u32 | the same; none at order 1 |
//! | `n.children` | u32 | one more; none at the top |
//! | `n.times-seen` | u8 | the same; 255 if it is among the large ones; none if imported |
//! | `n.times-seen-large` | u64, u64 | node and count of each that is 255 or more |

use std::path::Path;

use bytemuck::Pod;

use super::columns::Name;
use super::header::NgramHeader;
use super::table::{Table, TableLevel};
use crate::count::Order;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Column, ModelFile, Writer};
use crate::token::Vocabulary;

/// The kind of model file that an n-gram model is.
pub const KIND: &str = "ngram";

/// Writes a model, all or nothing; returns the file's length in bytes.
pub fn save(
    path: &Path,
    header: &NgramHeader,
    vocabulary: &Vocabulary,
    table: &Table,
) -> Result<u64> {
    let mut writer = Writer::create(path, KIND)?;
    for (level, n) in table.levels().iter().zip(1..) {
        writer.column(&Name::Tokens.section(n), &level.tokens)?;
        writer.column(&Name::Log10Prob.section(n), &level.log10_prob)?;
        writer.column(&Name::Log10Backoff.section(n), &level.log10_backoff)?;
        writer.column(&Name::Suffix.section(n), &level.suffix)?;
        writer.column(&Name::Children.section(n), &level.children)?;
        writer.column(&Name::TimesSeen.section(n), &level.times_seen)?;
        writer.column(&Name::TimesSeenLarge.section(n), &level.times_seen_large)?;
    }
    finish(writer, Order::new(table.order())?, vocabulary, header)
}

/// Completes a file whose columns are written; returns its length in bytes.
pub(super) fn finish(
    mut writer: Writer,
    order: Order,
    vocabulary: &Vocabulary,
    header: &NgramHeader,
) -> Result<u64> {
    vocabulary.save(&mut writer)?;
    header.reading.save(&mut writer)?;
    writer.finish(&(order, header))
}

/// Reads a model's parts; the table stays in the file.
///
/// A column that is not in the file is empty.
pub fn load(file: &ModelFile) -> Result<(NgramHeader, Vocabulary, Table)> {
    let (header, vocabulary, levels) = parts(file)?;
    let table = match file.is_verified() {
        true => Table::from_levels(levels),
        false => Table::from_unverified(levels),
    };
    Ok((header, vocabulary, table?))
}

/// Reads the parts of a model that this program wrote just now, and need not check.
pub(crate) fn load_own(file: &ModelFile) -> Result<(NgramHeader, Vocabulary, Table)> {
    let (header, vocabulary, levels) = parts(file)?;
    Ok((header, vocabulary, Table::of_own(levels)))
}

fn parts(file: &ModelFile) -> Result<(NgramHeader, Vocabulary, Vec<TableLevel>)> {
    if !has(file, &Name::TimesSeenLarge.section(1)) {
        let what = "it was built before counts took one byte each";
        return Err(Error::new(ErrorKind::Format, what)
            .way_out("build the model again with this counterpoint"));
    }
    let (order, mut header): (Order, NgramHeader) = file.header()?;
    header.reading.complete(file)?;
    let levels = (1..=order.get()).map(|n| {
        Ok(TableLevel {
            tokens: column(file, Name::Tokens, n)?,
            log10_prob: column(file, Name::Log10Prob, n)?,
            log10_backoff: column(file, Name::Log10Backoff, n)?,
            suffix: column(file, Name::Suffix, n)?,
            children: column(file, Name::Children, n)?,
            times_seen: column(file, Name::TimesSeen, n)?,
            times_seen_large: column(file, Name::TimesSeenLarge, n)?,
        })
    });
    let levels = levels.collect::<Result<_>>()?;
    Ok((header, Vocabulary::load(file)?, levels))
}

fn column<T: Pod>(file: &ModelFile, name: Name, order: usize) -> Result<Column<T>> {
    let section = name.section(order);
    match has(file, &section) {
        true => file.column(&section),
        false => Ok(Column::default()),
    }
}

fn has(file: &ModelFile, section: &str) -> bool {
    file.sections().iter().any(|other| other.name == section)
}
