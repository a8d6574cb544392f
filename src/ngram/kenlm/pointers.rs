//! Here is where the children of a trie's nodes begin; how does that read?
//!
//! Each node holds where its children begin, and the node behind the last where
//! they end. As these numbers ascend, `build_binary -a` stores their high bits by
//! the node at which each is reached (Raj & Whittaker 2003):
//!
//! ```text
//! version 0: u8 · the most bits to cut off: u8 · up to 8 bytes unused, to a multiple of 8
//! by high bits, the first node whose children begin there: u64
//! up to a multiple of 8 and 7 more
//! ```

use super::bits::required;
use super::{Cutter, OTHER_WAYS, damaged};
use crate::error::{Error, ErrorKind, Result};

const VERSION: u8 = 0;

/// Where the children of one order's nodes begin.
pub(super) struct Pointers<'f> {
    /// How many low bits each node holds.
    pub(super) bits: u32,
    /// By high bits, the first node; empty if the low bits are all.
    firsts: &'f [[u8; 8]],
}

impl<'f> Pointers<'f> {
    /// Those of nodes that hold them whole; none is greater than `most`.
    pub(super) fn whole(most: u64) -> Self {
        Pointers {
            bits: required(most),
            firsts: &[],
        }
    }

    /// Those of so many nodes whose high bits lie in an array, which is next in the file.
    pub(super) fn array(
        cutter: &mut Cutter<'f>,
        nodes: u64,
        most: u64,
        bits_to_cut: u32,
    ) -> Result<Self> {
        let cut = best_cut(nodes + 1, most, bits_to_cut);
        let bits = required(most) - cut;
        let count = most.checked_shr(bits).unwrap_or(0) + 1;
        let before = cutter.at.next_multiple_of(8) - cutter.at + 8;
        let array = cutter.cut((8 * count).checked_add(8 + 7))?;
        let array = &array[before..before + 8 * count as usize];
        let firsts = array.as_chunks().0;
        Ok(Pointers { bits, firsts })
    }

    /// The most bits to cut off, as the first array tells.
    pub(super) fn bits_to_cut(first_array: &[u8]) -> Result<u32> {
        let &[version, bits, ..] = first_array else {
            return Err(damaged("the file is shorter than its header says"));
        };
        if version != VERSION {
            let what = format!("KenLM binary: pointers of version {version}, not {VERSION}");
            return Err(Error::new(ErrorKind::Format, what).way_out(OTHER_WAYS));
        }
        Ok(u32::from(bits))
    }

    /// Reads all pointers in order.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            pointers: self,
            high: 0,
        }
    }
}

/// Reads pointers in the order of their nodes.
pub(super) struct Reader<'p> {
    pointers: &'p Pointers<'p>,
    high: usize,
}

impl Reader<'_> {
    /// The pointer of the next node, which holds these low bits.
    pub(super) fn next(&mut self, node: u64, low: u64) -> u64 {
        let firsts = self.pointers.firsts;
        let is_reached = |first: &[u8; 8]| u64::from_le_bytes(*first) <= node;
        while firsts.get(self.high + 1).is_some_and(is_reached) {
            self.high += 1;
        }
        // Of damaged bits the pointers' order will tell.
        (self.high as u64)
            .checked_shl(self.pointers.bits)
            .unwrap_or(0)
            | low
    }
}

/// How many high bits to cut off for the least memory: each costs an array twice as long, and saves
/// a bit in each node.
fn best_cut(nodes: u64, most: u64, bits_to_cut: u32) -> u32 {
    let required = required(most);
    let cost = |cut: u32| {
        let array = most.checked_shr(required - cut).unwrap_or(0);
        i128::from(array) * 64 - i128::from(nodes) * i128::from(cut)
    };
    // The first of equals.
    (0..=required.min(bits_to_cut))
        .min_by_key(|&cut| cost(cut))
        .unwrap_or(0)
}
