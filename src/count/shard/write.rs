//! Here are the rows of a shard in order, give me its file.

use std::path::Path;

use rayon::prelude::*;

use super::encode::{ROWS_A_GROUP, TableWriter, Values};
use super::facts::{Facts, MOST};
use super::read::columns;
use super::spell::each_row;
use crate::count::{Census, Order};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::token::{Reading, TokenId};

/// How many hexadecimal digits name a shard: a chance of 2^-64 that two have one name.
const DIGITS_OF_ID: usize = 32;

/// What is to be said about a new shard that its counts do not say.
#[derive(Clone, Debug)]
pub struct Origin {
    /// How text became tokens.
    pub reading: Reading,
    /// The hash of the vocabulary.
    pub vocabulary: String,
    /// The shard's id; without one it follows from the content.
    pub id: Option<String>,
}

/// A shard, written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What is known about it.
    pub facts: Facts,
    /// How many rows it has.
    pub rows: u64,
    /// The length of its file.
    pub bytes: u64,
}

/// Writes a census as a shard, all or nothing; `progress` advances by the rows' counts.
///
/// # Errors
/// If the vocabulary is larger than the ids of a shard, or writing fails.
pub fn write(
    census: &Census,
    origin: &Origin,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Written> {
    let vocabulary_len = census.vocabulary_len();
    if i32::try_from(vocabulary_len).is_err() {
        let what =
            "the vocabulary has more than 2^31 tokens, and a shard's ids are 32-bit integers";
        return Err(Error::new(ErrorKind::Input, what)
            .way_out("leave rare tokens out with --min-count or --vocabulary N"));
    }
    let mut writer = ShardWriter::create(path, census.order())?;
    each_row(census, |row, count| writer.row(row, count, progress))?;
    let extent = census.extent();
    let facts = Facts {
        order: census.order(),
        reading: origin.reading.clone(),
        vocabulary: origin.vocabulary.clone(),
        vocabulary_len,
        shards: origin.id.iter().cloned().collect(),
        total: extent.tokens + extent.sentences,
        sentences: extent.sentences,
    };
    writer.finish(facts, progress)
}

/// The file of a shard, growing row by row.
pub(super) struct ShardWriter {
    table: TableWriter,
    columns: Vec<Values>,
    /// Of each column's values, whatever groups they are in.
    content: Vec<blake3::Hasher>,
    rows: u64,
    total: u64,
    unreported: u64,
}

impl ShardWriter {
    /// Begins a shard.
    pub(super) fn create(path: &Path, order: Order) -> Result<Self> {
        let columns: Vec<(String, Values)> = columns(order.get());
        let declared = columns.iter().map(|(name, values)| match values {
            Values::Counts(_) => format!("required int64 {name}; "),
            _ => format!("required int32 {name}; "),
        });
        Ok(ShardWriter {
            table: TableWriter::create(path, &declared.collect::<String>(), order.get())?,
            content: vec![blake3::Hasher::new(); columns.len()],
            columns: columns.into_iter().map(|(_, values)| values).collect(),
            rows: 0,
            total: 0,
            unreported: 0,
        })
    }

    /// The next row.
    pub(super) fn row(
        &mut self,
        row: &[TokenId],
        count: u64,
        progress: &dyn Progress,
    ) -> Result<()> {
        for (values, token) in self.columns.iter_mut().zip(row) {
            if let Values::Ids(ids) = values {
                ids.push(token.0 as i32);
            }
        }
        if let Some(Values::Counts(counts)) = self.columns.last_mut() {
            counts.push(count as i64);
        }
        self.rows += 1;
        self.total = self.total.saturating_add(count);
        self.unreported += count;
        match self.columns[0].len() == ROWS_A_GROUP {
            true => self.end_group(progress),
            false => Ok(()),
        }
    }

    /// Completes the shard, whose rows must add up to what is known about it. If it is not said which
    /// shards are in it, it is a new one, named by its content.
    pub(super) fn finish(mut self, mut facts: Facts, progress: &dyn Progress) -> Result<Written> {
        self.end_group(progress)?;
        if self.total != facts.total || self.total > MOST {
            let (total, said) = (self.total, facts.total);
            let what = format!("the rows add up to {total}, and there are {said} tokens");
            return Err(Error::new(ErrorKind::Model, what)
                .way_out("this is a fault of the program; please report it"));
        }
        if facts.shards.is_empty() {
            facts.shards.push(self.id(&facts));
        }
        let bytes = self.table.finish(facts.keys())?;
        Ok(Written {
            facts,
            rows: self.rows,
            bytes,
        })
    }

    fn end_group(&mut self, progress: &dyn Progress) -> Result<()> {
        let (table, columns) = (&mut self.table, &self.columns);
        if columns[0].len() > 0 {
            let hashed = self.content.par_iter_mut().zip(columns);
            let hash = || {
                hashed.for_each(|(hasher, values)| {
                    hasher.update(match values {
                        Values::Ids(ids) => bytemuck::cast_slice(ids),
                        Values::Counts(counts) => bytemuck::cast_slice(counts),
                        Values::Surfaces(_) => &[],
                    });
                })
            };
            rayon::join(|| table.group(columns), hash).0?;
        }
        self.columns.iter_mut().for_each(Values::clear);
        progress.advance(std::mem::take(&mut self.unreported));
        Ok(())
    }

    /// The name of a new shard.
    fn id(&self, facts: &Facts) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(facts.vocabulary.as_bytes());
        for column in &self.content {
            hasher.update(column.finalize().as_bytes());
        }
        hasher.finalize().to_hex()[..DIGITS_OF_ID].to_owned()
    }
}
