//! Here is where a trie's numbers are, say how they read.
//!
//! ```text
//! unquantised  31 bits of a probability, which has no sign but −, and 32 of a back-off
//! quantised    the place of a back-off and that of a probability, each in its order's table
//!
//! tables       version 2: u8 · bits of a probability · bits of a back-off · 5 unused
//!              orders from 2: probabilities, back-offs, as f32 · the highest: probabilities
//! ```

use super::bits;
use super::{Cutter, OTHER_WAYS, damaged};
use crate::error::{Error, ErrorKind, Result};

const VERSION: u8 = 2;
const HEADER: u64 = 8;

/// More bits than this build_binary does not take.
const MOST_BITS: u32 = 25;

/// How the numbers of one order are spelled.
#[derive(Clone, Copy)]
pub(super) enum Numbers<'f> {
    /// As they are.
    Plain,
    /// As places in tables of `f32`; no back-offs at the highest order.
    Places {
        probabilities: &'f [[u8; 4]],
        backoffs: &'f [[u8; 4]],
    },
}

impl<'f> Numbers<'f> {
    /// Those of every order from 2, by tables.
    pub(super) fn tables(cutter: &mut Cutter<'f>, order: usize) -> Result<Vec<Self>> {
        let header = cutter.cut(Some(HEADER))?;
        let [version, probability_bits, backoff_bits] = [0, 1, 2].map(|at| u32::from(header[at]));
        if version != u32::from(VERSION) {
            let what = format!("KenLM binary: quantised in version {version}, not {VERSION}");
            return Err(Error::new(ErrorKind::Format, what).way_out(OTHER_WAYS));
        }
        let known = 1..=MOST_BITS;
        if !known.contains(&probability_bits) || !known.contains(&backoff_bits) {
            return Err(damaged("it is quantised to an impossible number of bits"));
        }
        let mut table =
            |bits: u32| -> Result<&'f [[u8; 4]]> { Ok(cutter.cut(Some(4 << bits))?.as_chunks().0) };
        let mut numbers = Vec::new();
        for n in 2..=order {
            let probabilities = table(probability_bits)?;
            let backoffs = if n < order { table(backoff_bits)? } else { &[] };
            numbers.push(Numbers::Places {
                probabilities,
                backoffs,
            });
        }
        Ok(numbers)
    }

    /// How many bits an n-gram's numbers take.
    pub(super) fn bits(&self, highest: bool) -> u32 {
        match self {
            Numbers::Plain if highest => 31,
            Numbers::Plain => 63,
            Numbers::Places {
                probabilities,
                backoffs,
            } => [probabilities, backoffs]
                .iter()
                .map(|table| width(table))
                .sum(),
        }
    }

    /// log10 probability and back-off, which begin at a bit.
    pub(super) fn get(&self, bytes: &[u8], bit: u64, highest: bool) -> (f32, f32) {
        match self {
            Numbers::Plain => {
                let sign = 1 << 31;
                let log10_prob = f32::from_bits(bits::get(bytes, bit, 31) as u32 | sign);
                let log10_backoff = match highest {
                    true => 0.0,
                    false => f32::from_bits(bits::get(bytes, bit + 31, 32) as u32),
                };
                (log10_prob, log10_backoff)
            }
            Numbers::Places {
                probabilities,
                backoffs,
            } => {
                let at = |table: &[[u8; 4]], bit| {
                    let place = bits::get(bytes, bit, width(table)) as usize;
                    table.get(place).copied().map_or(0.0, f32::from_le_bytes)
                };
                let behind = bit + u64::from(width(backoffs));
                (at(probabilities, behind), at(backoffs, bit))
            }
        }
    }
}

/// The bits of a place in a table, whose length is a power of two; 0 if there is none.
fn width(table: &[[u8; 4]]) -> u32 {
    table.len().checked_ilog2().unwrap_or(0)
}
