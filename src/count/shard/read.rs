//! Here is the file of a shard, give me its rows, every one of them checked.
//!
//! A shard may have come from anywhere, and whoever reads it must not have to
//! think of what it could hold: rows that are no windows of a sentence, ids that
//! the vocabulary does not have, rows out of order, counts of nothing, sums that
//! are not what the footer says, n-grams that no text can have together. Any of
//! these ends the reading.

use std::path::Path;

use super::decode::{Batches, TableReader};
use super::encode::Values;
use super::facts::Facts;
use super::flow::Flow;
use crate::count::merge::SortedRows;
use crate::error::{Error, Result};
use crate::token::TokenId;

/// A shard, opened.
pub struct Shard {
    table: TableReader,
    facts: Facts,
}

impl Shard {
    /// Opens a shard.
    ///
    /// # Errors
    /// If it is no shard, or is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let table = TableReader::open(path)?;
        let facts = Facts::from_keys(table.keys());
        let facts = facts.map_err(|error| error.at_least(path.display().to_string()))?;
        table.expect(&columns(facts.order.get()))?;
        Ok(Shard { table, facts })
    }

    /// What is known about it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.table.path()
    }

    /// Its rows, before the first.
    pub(super) fn rows(&self) -> RowReader<'_> {
        let order = self.facts.order.get();
        let columns = columns(order).into_iter().enumerate();
        let columns = columns.map(|(place, (_, values))| (place, values));
        RowReader {
            shard: self,
            batches: self.table.batches(columns.collect()),
            // Before the first row lies one that is less than any.
            rows: vec![TokenId::UNKNOWN; order],
            counts: vec![0],
            at: 0,
            before: 0,
            flow: Flow::default(),
        }
    }

    /// Adds how often each token is the last of a row, which is how often it was seen.
    pub(super) fn add_tokens(&self, seen: &mut [u64]) -> Result<()> {
        let order = self.facts.order.get();
        let columns = vec![
            (order - 1, Values::Ids(Vec::new())),
            (order, Values::Counts(Vec::new())),
        ];
        let mut batches = self.table.batches(columns);
        let mut total = 0u64;
        while batches.advance()? > 0 {
            let (Values::Ids(ids), Values::Counts(counts)) = (batches.values(0), batches.values(1))
            else {
                unreachable!("columns are of the type that was asked for");
            };
            for (&id, &count) in ids.iter().zip(counts) {
                let count = u64::try_from(count).unwrap_or_default();
                total = total.saturating_add(count);
                match seen.get_mut(id as usize) {
                    Some(seen) if total <= self.facts.total => *seen += count,
                    Some(_) => return Err(self.wrong_total(total)),
                    None => return Err(self.table.broken(format!("there is no token {id}"))),
                }
            }
        }
        match total == self.facts.total {
            true => Ok(()),
            false => Err(self.wrong_total(total)),
        }
    }

    fn wrong_total(&self, total: u64) -> Error {
        let said = self.facts.total;
        let what = format!("its counts add up to {total} or more, and its footer says {said}");
        self.table.broken(what)
    }
}

/// The columns of a shard.
pub(super) fn columns(order: usize) -> Vec<(String, Values)> {
    let ids = (1..=order).map(|n| (format!("w{n}"), Values::Ids(Vec::new())));
    ids.chain([("n".to_owned(), Values::Counts(Vec::new()))])
        .collect()
}

/// The rows of a shard, one after the other.
pub(super) struct RowReader<'s> {
    shard: &'s Shard,
    batches: Batches<'s>,
    /// The rows of a batch, end to end, behind the last one of the batch before.
    rows: Vec<TokenId>,
    counts: Vec<u64>,
    /// Which of them is the present one.
    at: usize,
    /// How many rows came in earlier batches.
    before: u64,
    flow: Flow,
}

impl SortedRows for RowReader<'_> {
    /// At the end, all rows together are checked.
    fn advance(&mut self) -> Result<bool> {
        if self.at + 1 == self.counts.len() && !self.next_batch()? {
            self.check_all()?;
            return Ok(false);
        }
        self.at += 1;
        let order = self.shard.facts.order.get();
        let (before, row) = self.rows[(self.at - 1) * order..][..2 * order].split_at(order);
        let is_first = self.before == 0 && self.at == 1;
        let count = self.counts[self.at];
        if let Some(what) = self.what_is_wrong(row, count) {
            return Err(self.wrong(what));
        }
        if row <= before && !is_first {
            return Err(self.wrong("it is not behind the row before"));
        }
        self.flow.row(row, count);
        Ok(true)
    }

    fn row(&self) -> &[TokenId] {
        let order = self.shard.facts.order.get();
        &self.rows[self.at * order..][..order]
    }

    fn count(&self) -> u64 {
        self.counts[self.at]
    }
}

impl RowReader<'_> {
    fn next_batch(&mut self) -> Result<bool> {
        let order = self.shard.facts.order.get();
        let len = self.batches.advance()?;
        if len == 0 {
            return Ok(false);
        }
        let last = self.at * order..(self.at + 1) * order;
        self.rows.copy_within(last, 0);
        self.rows.resize((len + 1) * order, TokenId::UNKNOWN);
        for column in 0..order {
            if let Values::Ids(ids) = self.batches.values(column) {
                let places = self.rows[order + column..].iter_mut().step_by(order);
                places
                    .zip(ids)
                    .for_each(|(token, &id)| *token = TokenId(id as u32));
            }
        }
        self.before += self.at as u64;
        self.at = 0;
        self.counts.truncate(1);
        if let Values::Counts(counts) = self.batches.values(order) {
            let counts = counts
                .iter()
                .map(|&count| u64::try_from(count).unwrap_or_default());
            self.counts.extend(counts);
        }
        Ok(true)
    }

    fn what_is_wrong(&self, row: &[TokenId], count: u64) -> Option<&'static str> {
        let (last, context) = row.split_last()?;
        let starts = context
            .iter()
            .take_while(|&&token| token == TokenId::START)
            .count();
        let inner = &context[starts..];
        let is_special = |token: &TokenId| *token == TokenId::START || *token == TokenId::END;
        match () {
            () if row
                .iter()
                .any(|token| token.index() >= self.shard.facts.vocabulary_len) =>
            {
                Some("it has an id that the vocabulary does not have")
            }
            () if *last == TokenId::START || inner.iter().any(is_special) => {
                Some("it is no window of a sentence")
            }
            () if count == 0 => Some("its count is not above 0"),
            () => None,
        }
    }

    fn check_all(&self) -> Result<()> {
        let (facts, table) = (&self.shard.facts, &self.shard.table);
        if self.flow.total() != facts.total {
            return Err(self.shard.wrong_total(self.flow.total()));
        }
        if self.flow.sentences() != facts.sentences || facts.sentences == 0 {
            let (found, said) = (self.flow.sentences(), facts.sentences);
            let what = format!("it has {found} sentences, and its footer says {said}");
            return Err(table.broken(what));
        }
        match self.flow.is_even() {
            true => Ok(()),
            false => Err(table
                .broken("no text has such counts: n-grams that continue one another do not agree")),
        }
    }

    fn wrong(&self, what: &str) -> Error {
        let place = format!(
            "{}, row {}",
            self.shard.path().display(),
            self.before + self.at as u64
        );
        self.shard.table.broken(what).at(place)
    }
}
