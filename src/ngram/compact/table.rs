//! Here are the levels of a compact table.

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::state::LONGEST;
use super::walk::Walk;

/// The highest order of a compact table: a state holds every context there is, and should be small.
pub const HIGHEST_ORDER: usize = LONGEST + 1;

/// How exactly a compact table keeps its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// Every probability and every back-off as it is, to the bit.
    Exact,
    /// Each n-gram's share of its probability in so many bits, 2 to 16; back-offs are what shares
    /// leave.
    Quantised {
        /// How many bits.
        bits: u8,
    },
}

/// The n-grams of every order, in few bytes.
#[derive(Clone)]
pub struct CompactTable {
    pub(super) precision: Precision,
    /// Order 1 first.
    pub(super) levels: Vec<Level>,
}

impl CompactTable {
    /// From levels as they are made or stored, order 1 first.
    pub(super) fn of(precision: Precision, levels: Vec<Level>) -> Self {
        let levels = levels.into_iter().map(Level::with_signposts);
        CompactTable {
            precision,
            levels: levels.collect(),
        }
    }

    /// How exactly it keeps its numbers.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The highest order.
    pub fn order(&self) -> usize {
        self.levels.len()
    }

    /// How many n-grams each order has, order 1 first.
    pub fn sizes(&self) -> Vec<usize> {
        self.levels.iter().map(|level| level.len).collect()
    }

    /// How many bytes each order takes, order 1 first.
    pub fn bytes(&self) -> Vec<usize> {
        self.levels.iter().map(Level::bytes).collect()
    }

    /// The table, borrowed for many questions.
    pub fn walk(&self) -> Walk<'_> {
        Walk::new(
            self.precision,
            self.levels.iter().map(Level::view).collect(),
        )
    }
}
