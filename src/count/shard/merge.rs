//! Here are shards, give me one: their sum, or their sum without one of them.
//!
//! Every shard is read once, row by row, so it takes no more memory than a batch of
//! each. What was added can be taken out again, and leaves nothing behind: the
//! file is then, byte for byte, what it would be without.

use std::path::Path;

use super::read::{RowReader, Shard};
use super::recount::together;
use super::write::{ShardWriter, Written};
use crate::count::merge::{SortedRows, merge as add_up};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::token::TokenId;

/// Merges shards into a new one, all or nothing; `progress` advances by its counts.
///
/// # Errors
/// If they do not fit together, one comes twice or is damaged, or what is subtracted is not in
/// them; if writing fails.
pub fn merge(
    shards: &[Shard],
    subtract: Option<&Shard>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Written> {
    let mut facts = together(shards)?;
    if let Some(shard) = subtract {
        let left = facts.minus(shard.facts());
        facts = left.map_err(|error| error.at_least(shard.path().display().to_string()))?;
    }
    let mut writer = ShardWriter::create(path, facts.order)?;
    let mut less = subtract.map(Less::new).transpose()?;
    add_up(shards.iter().map(Shard::rows), |row, count| {
        let left = match &mut less {
            Some(less) => less.take_from(row, count)?,
            None => count,
        };
        match left {
            0 => Ok(()),
            _ => writer.row(row, left, progress),
        }
    })?;
    if let Some(less) = less {
        less.finish()?;
    }
    writer.finish(facts, progress)
}

/// What is to be subtracted.
struct Less<'s> {
    shard: &'s Shard,
    rows: RowReader<'s>,
    is_over: bool,
}

impl<'s> Less<'s> {
    fn new(shard: &'s Shard) -> Result<Self> {
        let mut rows = shard.rows();
        let is_over = !rows.advance()?;
        Ok(Less {
            shard,
            rows,
            is_over,
        })
    }

    /// What is left of a row's count.
    fn take_from(&mut self, row: &[TokenId], count: u64) -> Result<u64> {
        if self.is_over || self.rows.row() > row {
            return Ok(count);
        }
        let left = count.checked_sub(self.rows.count());
        let (Some(left), true) = (left, self.rows.row() == row) else {
            return Err(self.not_there());
        };
        self.is_over = !self.rows.advance()?;
        Ok(left)
    }

    fn finish(self) -> Result<()> {
        match self.is_over {
            true => Ok(()),
            false => Err(self.not_there()),
        }
    }

    fn not_there(&self) -> Error {
        let what = "it holds n-grams that are to be subtracted and are not there";
        Error::new(ErrorKind::Input, what)
            .at(self.shard.path().display().to_string())
            .way_out("subtract only what was merged before")
    }
}
