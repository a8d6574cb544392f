//! Here is a table, give me another that answers at the speed of the memory.
//!
//! A walk through the trie is a chain: each look at memory says where to look next. Here an n-gram
//! lies where its hash says, and the hashes of all orders follow from the tokens alone: all that a
//! token needs is sent for at once, and long before its turn where the tokens to come are known.
//!
//! It is made in memory from an open [`Table`](super::Table), whose columns are left alone from then
//! on: what stays resident while scoring is about 13 bytes an n-gram, beside the file on the disk with
//! its 18. It answers two questions, the score of whole sentences ([`HashedTable::score`]) and of a
//! token after a [`HashedState`]; listings, counts and all else stay with the table.
//!
//! # How sure it is
//! The tokens of an n-gram are not kept: it is told from others by 32 bits of its hash, beside those
//! that name its line. Listed n-grams are all told apart, which is checked when it is made. One that is
//! not listed, though its context and its end without the first token are, is taken for a listed one
//! with a probability of about one in a billion; everywhere else the answers are those of the table to
//! the last bit.

mod demand;
mod fill;
mod hash;
mod line;
mod make;
mod score;
mod state;
#[cfg(test)]
mod tests;

use self::hash::Seed;
use self::line::{INNER, Line, Look, Numbers, TOP, home};
use crate::pages::Zeroed;

pub(super) use demand::OnDemand;
pub use state::{HashedState, HashedStep};

/// The highest order that can be hashed.
pub const HIGHEST_ORDER: usize = 8;

/// How many orders have lines: all but the unigrams.
const MOST: usize = HIGHEST_ORDER - 1;

/// A table by hashes.
pub struct HashedTable {
    seed: Seed,
    /// By id.
    unigrams: Zeroed<Numbers>,
    /// The lines of order 2 and on.
    orders: Vec<Zeroed<Line>>,
}

/// What stands for the back-off of a context that charges none and that nothing continues: it adds
/// as 0 does, and a state need not know the context.
const NO_MATTER: f32 = -0.0;

/// False if a context is of no consequence: whatever it is followed by, its end answers alike.
fn matters(log10_backoff: f32) -> bool {
    log10_backoff.to_bits() != NO_MATTER.to_bits()
}

impl HashedTable {
    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let orders = self.orders.iter().map(|lines| size_of_val(&lines[..]));
        size_of_val(&self.unigrams[..]) + orders.sum::<usize>()
    }

    /// The highest order.
    pub fn order(&self) -> usize {
        self.orders.len() + 1
    }

    /// What the home of an n-gram of this order, from 2 on, tells.
    #[inline(always)]
    fn look(&self, order: usize, lines: &[Line], hash: u64) -> Look {
        let home = home(hash, lines.len());
        match order < self.order() {
            true => line::look::<INNER>(lines, home, hash),
            false => line::look::<TOP>(lines, home, hash),
        }
    }

    /// The numbers of an n-gram of this order, from 2 on, if it is listed.
    #[inline(always)]
    fn find(&self, order: usize, hash: u64) -> Option<Numbers> {
        let lines = &self.orders[order - 2][..];
        let home = home(hash, lines.len());
        match order < self.order() {
            true => line::find::<INNER>(lines, home, hash),
            false => line::find::<TOP>(lines, home, hash),
        }
    }
}
