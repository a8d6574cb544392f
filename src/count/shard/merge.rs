//! Here are shards, give me one: their sum, or their sum without one of them.
//!
//! Every shard is read once, row by row, so it takes no more memory than a batch of
//! each. What was added can be taken out again, and leaves nothing behind: the
//! file is then, byte for byte, what it would be without.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;

use super::read::{RowReader, Shard};
use super::recount::together;
use super::write::{ShardWriter, Written};
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
    sum(shards, |row, count| {
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

/// Hands on every row that is in any of the shards, in order, with the sum of its counts.
fn sum(shards: &[Shard], mut take: impl FnMut(&[TokenId], u64) -> Result<()>) -> Result<()> {
    let mut heads = BinaryHeap::new();
    for shard in shards {
        let mut rows = shard.rows();
        if rows.advance()? {
            heads.push(Head(rows));
        }
    }
    let (mut row, mut count) = (Vec::new(), 0);
    while let Some(mut head) = heads.peek_mut() {
        if head.0.row() != row {
            if count > 0 {
                take(&row, count)?;
            }
            row.clear();
            row.extend_from_slice(head.0.row());
            count = 0;
        }
        count += head.0.count();
        if !head.0.advance()? {
            PeekMut::pop(head);
        }
    }
    match count {
        0 => Ok(()),
        _ => take(&row, count),
    }
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

/// A shard at its present row; the least row is the greatest head, for the heap gives that first.
struct Head<'s>(RowReader<'s>);

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.row().cmp(self.0.row())
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head<'_> {}
