//! Here are several sequences of rows, each in order; give me one, equal rows added up.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::grow::Rows;
use crate::error::Result;
use crate::token::TokenId;

/// Rows with their counts, one after another in the order in which they read.
pub(super) trait SortedRows {
    /// Goes to the next row; false at the end.
    fn advance(&mut self) -> Result<bool>;
    /// The present row.
    fn row(&self) -> &[TokenId];
    /// How many rows the present one stands for.
    fn count(&self) -> u64;
}

/// Hands on every row that is in any of the sequences, in order, with the sum of its counts.
pub(super) fn merge<S: SortedRows>(
    sequences: impl IntoIterator<Item = S>,
    mut take: impl FnMut(&[TokenId], u64) -> Result<()>,
) -> Result<()> {
    let mut heads = BinaryHeap::new();
    for mut rows in sequences {
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

/// Whole rows on their way to something that wants to know what they share.
pub(super) struct Shared<'r, R> {
    before: Vec<TokenId>,
    rows: &'r mut R,
}

impl<'r, R: Rows> Shared<'r, R> {
    pub(super) fn new(rows: &'r mut R) -> Self {
        Shared {
            before: Vec::new(),
            rows,
        }
    }

    /// The next row.
    pub(super) fn take(&mut self, row: &[TokenId], count: u64) {
        let both = self.before.iter().zip(row);
        let shared = both.take_while(|(before, now)| before == now).count();
        self.before.truncate(shared);
        self.before.extend_from_slice(&row[shared..]);
        self.rows.row(shared, &row[shared..], count);
    }
}

/// A sequence at its present row; the least row is the greatest head, for the heap gives that first.
struct Head<S>(S);

impl<S: SortedRows> Ord for Head<S> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.row().cmp(self.0.row())
    }
}

impl<S: SortedRows> PartialOrd for Head<S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S: SortedRows> PartialEq for Head<S> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<S: SortedRows> Eq for Head<S> {}
