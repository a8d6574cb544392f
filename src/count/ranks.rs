//! Here is which rows begin a new n-gram; give me the n-gram at the start of any row.
//!
//! Rows are sorted, so the n-grams of one order begin at some rows and last until
//! the next begins: the n-gram a row starts with is the number of such rows up to
//! it, less one. One bit a row and order, with a running count for every 64 rows,
//! answers in one look: bits and counts of all orders lie side by side, on one
//! cache line at order 5.
//!
//! ```text
//! block of 64 rows: │ bits, before │ bits, before │ …     orders 2, 3, …
//! n-gram of row r   = before + ones among bits 0..=r − 1
//! ```

use crate::pages::prefetch;

/// A bit for each of 64 rows, and how many were set in all the rows before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) bits: u64,
    pub(super) before: u64,
}

/// How many rows a block has.
pub(super) const ROWS_A_BLOCK: usize = u64::BITS as usize;

/// The marks of all rows.
#[derive(Debug)]
pub(super) struct Ranks {
    /// How many orders are marked, from 2.
    orders: usize,
    marks: Vec<Marks>,
}

/// The marks of some rows, to be set; the first of them is row 0 here.
pub(super) struct Marking<'m> {
    orders: usize,
    marks: &'m mut [Marks],
}

impl Ranks {
    /// Room for so many blocks of rows, none of them marked; orders 2 to `order` can be.
    pub(super) fn new(order: usize, blocks: usize) -> Self {
        Ranks {
            orders: order - 1,
            marks: vec![Marks::default(); blocks * (order - 1)],
        }
    }

    /// Stretches of so many blocks each, one after another, to be marked side by side.
    pub(super) fn stretches(&mut self, blocks: impl Iterator<Item = usize>) -> Vec<Marking<'_>> {
        let orders = self.orders;
        let mut rest = &mut self.marks[..];
        let stretch = |blocks: usize| {
            let marks = rest.split_off_mut(..blocks * orders);
            Marking {
                orders,
                marks: marks.expect("there are as many blocks as the stretches have"),
            }
        };
        blocks.map(stretch).collect()
    }

    /// The marks of one block, order 2 first.
    pub(super) fn block(&self, block: usize) -> &[Marks] {
        &self.marks[block * self.orders..(block + 1) * self.orders]
    }

    /// Says that a row will soon be asked for.
    pub(super) fn prefetch(&self, row: u32) {
        prefetch(&self.marks, row as usize / ROWS_A_BLOCK * self.orders);
    }

    /// The n-gram of this order, from 2, that a row starts with; the row must be as long.
    pub(super) fn ngram(&self, order: usize, row: u32) -> u32 {
        let block = row as usize / ROWS_A_BLOCK;
        let marks = self.marks[block * self.orders + order - 2];
        let up_to = u64::MAX >> (ROWS_A_BLOCK as u32 - 1 - row % ROWS_A_BLOCK as u32);
        (marks.before + u64::from((marks.bits & up_to).count_ones())) as u32 - 1
    }
}

impl Marking<'_> {
    /// Says that n-grams of orders `shortest` to `longest` begin at this row; order 1 is not kept.
    pub(super) fn mark(&mut self, row: usize, shortest: usize, longest: usize) {
        let block = row / ROWS_A_BLOCK * self.orders;
        for order in shortest.max(2)..=longest {
            self.marks[block + order - 2].bits |= 1 << (row % ROWS_A_BLOCK);
        }
    }

    /// Fills in the running counts; `before[order - 1]` n-grams were begun before these rows.
    pub(super) fn count_up(&mut self, before: impl Fn(usize) -> u64) {
        let mut before: Vec<u64> = (0..self.orders).map(|place| before(place + 2)).collect();
        for block in self.marks.chunks_exact_mut(self.orders.max(1)) {
            for (marks, before) in block.iter_mut().zip(&mut before) {
                marks.before = *before;
                *before += u64::from(marks.bits.count_ones());
            }
        }
    }
}
