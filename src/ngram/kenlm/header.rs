//! Here is the beginning of a KenLM binary, say what it is.
//!
//! ```text
//!  0  "mmap lm http://kheafield.com/code format version 5\n\0", zeros
//! 56  0.0 · 1.0 · −0.5 as f32, 1 · 2³²−1 · 0 as u32, 1 as u64
//! 88  order: u8 · 3 unused · buckets an n-gram: f32 · kind: u32 · words: u8 · 3 unused · version: u32
//! 108 n-grams of each order: u64 · zeros up to a multiple of 8
//! ```

use super::{OTHER_WAYS, damaged};
use crate::count::Order;
use crate::error::{Error, ErrorKind, Result};

/// What every binary begins with, of any version, finished or not.
pub(super) const MAGIC_OF_ANY: &[u8] = b"mmap lm http://kheafield.com/code";

const MAGIC: &[u8; 56] = b"mmap lm http://kheafield.com/code format version 5\n\0\0\0\0\0";
const INCOMPLETE: &[u8] = b"mmap lm http://kheafield.com/code incomplete\n";

/// The test values as bytes on a machine with the lowest byte first.
const TEST_VALUES: [u8; 32] = [
    0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xBF, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1,
    0, 0, 0, 0, 0, 0, 0,
];

const FIXED: usize = MAGIC.len() + TEST_VALUES.len();
const COUNTS: usize = FIXED + 20;

/// How a file holds its n-grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Probing,
    Trie {
        /// Numbers are places in tables.
        quantised: bool,
        /// The high bits of pointers lie in an array of their own.
        array: bool,
    },
}

/// What a file says of itself.
pub(super) struct Header {
    pub(super) kind: Kind,
    /// How many buckets a hash table has for each of its entries.
    pub(super) multiplier: f32,
    /// How many n-grams each order has, 1 first; two orders at least.
    pub(super) counts: Vec<u64>,
    /// How many bytes the header has.
    pub(super) length: usize,
}

impl Header {
    pub(super) fn read(file: &[u8]) -> Result<Self> {
        check_magic(file)?;
        let Some(fixed) = file.get(FIXED..).and_then(<[u8]>::first_chunk::<20>) else {
            return Err(damaged("it ends within its header"));
        };
        let four = |at: usize| [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
        let order = usize::from(fixed[0]);
        let (kind, version) = kind(u32::from_le_bytes(four(8)))?;
        let found = u32::from_le_bytes(four(16));
        if found != version {
            let what = format!("KenLM binary: version {found} of its kind, not {version}");
            return Err(refuse(what).way_out("import the ARPA file it was built from"));
        }
        if fixed[12] == 0 {
            return Err(
                refuse("it holds no words, only their hashes (build_binary -v)".into()).way_out(
                    "import the ARPA file it was built from, or build it again without -v",
                ),
            );
        }
        let multiplier = f32::from_le_bytes(four(4));
        let scaled = multiplier >= 1.0 && multiplier.is_finite();
        if !(2..=Order::MAX).contains(&order) || !scaled {
            return Err(damaged("its header makes no sense"));
        }
        let length = (COUNTS + 8 * order).next_multiple_of(8);
        let counts = file
            .get(COUNTS..length)
            .unwrap_or_default()
            .as_chunks::<8>()
            .0;
        if counts.len() < order {
            return Err(damaged("it ends within its header"));
        }
        let counts = counts[..order].iter().copied().map(u64::from_le_bytes);
        let counts: Vec<u64> = counts.collect();
        // An n-gram takes a bit at least, and ids are of 32 bits.
        let most = u64::from(u32::MAX).min(8 * file.len() as u64);
        if counts.iter().any(|&count| count >= most) || counts[0] == 0 {
            return Err(damaged("its header tells of more n-grams than it can hold"));
        }
        Ok(Header {
            kind,
            multiplier,
            counts,
            length,
        })
    }
}

fn check_magic(file: &[u8]) -> Result<()> {
    if file.starts_with(INCOMPLETE) {
        return Err(
            refuse("a KenLM binary that build_binary did not finish".into())
                .way_out("build it again, or import the ARPA file"),
        );
    }
    if !file.starts_with(MAGIC) {
        return Err(
            match MAGIC.starts_with(&file[..file.len().min(MAGIC.len())]) {
                true => damaged("it ends within its header"),
                false => refuse("a KenLM binary of another version than 5".into())
                    .way_out("import the ARPA file it was built from"),
            },
        );
    }
    let values = file.get(MAGIC.len()..FIXED);
    if values.is_some_and(|values| values != TEST_VALUES) {
        let what = "a KenLM binary of a machine that writes numbers differently, or a damaged one";
        return Err(refuse(what.into()).way_out(OTHER_WAYS));
    }
    Ok(())
}

/// The kind of this number, and the version that there is of it.
fn kind(number: u32) -> Result<(Kind, u32)> {
    let trie = |quantised, array| Ok((Kind::Trie { quantised, array }, 1));
    match number {
        0 => Ok((Kind::Probing, 0)),
        1 => Err(
            refuse("a KenLM binary with rest costs (build_binary -r)".into())
                .way_out("import the ARPA file it was built from, or build it again without -r"),
        ),
        2 => trie(false, false),
        3 => trie(true, false),
        4 => trie(false, true),
        5 => trie(true, true),
        other => Err(damaged(format!("there is no kind {other} of it"))),
    }
}

fn refuse(what: String) -> Error {
    Error::new(ErrorKind::Format, what)
}
