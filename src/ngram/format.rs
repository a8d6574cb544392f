//! Here is a table, give me its file, and back.
//!
//! A model file of kind `ngram` holds, beside its header, the vocabulary and for
//! every order n the columns of [`TableLevel`]:
//!
//! | section | type | entries |
//! |---|---|---|
//! | `vocabulary.bytes` | u8 | all surfaces, end to end |
//! | `vocabulary.ends` | u64 | where each surface ends |
//! | `n.tokens` | u32 | n-grams of order n |
//! | `n.log10-prob` | f32 | the same |
//! | `n.log10-backoff` | f32 | the same; none at the top |
//! | `n.suffix` | u32 | the same; none at order 1 |
//! | `n.children` | u32 | one more; none at the top |
//! | `n.times-seen` | u64 | the same; none if imported |

use std::path::Path;

use super::header::NgramHeader;
use super::table::{Table, TableLevel};
use crate::count::Order;
use crate::error::Result;
use crate::store::{ModelFile, Writer};
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
    vocabulary.save(&mut writer)?;
    for (level, n) in table.levels().iter().zip(1..) {
        writer.column(&format!("{n}.tokens"), &level.tokens)?;
        writer.column(&format!("{n}.log10-prob"), &level.log10_prob)?;
        writer.column(&format!("{n}.log10-backoff"), &level.log10_backoff)?;
        writer.column(&format!("{n}.suffix"), &level.suffix)?;
        writer.column(&format!("{n}.children"), &level.children)?;
        writer.column(&format!("{n}.times-seen"), &level.times_seen)?;
    }
    writer.finish(&(order(table)?, header))
}

/// Reads a model's parts; the table stays in the file.
pub fn load(file: &ModelFile) -> Result<(NgramHeader, Vocabulary, Table)> {
    let (order, header): (Order, NgramHeader) = file.header()?;
    let levels = (1..=order.get()).map(|n| {
        Ok(TableLevel {
            tokens: file.column(&format!("{n}.tokens"))?,
            log10_prob: file.column(&format!("{n}.log10-prob"))?,
            log10_backoff: file.column(&format!("{n}.log10-backoff"))?,
            suffix: file.column(&format!("{n}.suffix"))?,
            children: file.column(&format!("{n}.children"))?,
            times_seen: file.column(&format!("{n}.times-seen"))?,
        })
    });
    let table = Table::from_levels(levels.collect::<Result<_>>()?)?;
    Ok((header, Vocabulary::load(file)?, table))
}

fn order(table: &Table) -> Result<Order> {
    Order::new(table.order())
}
