//! Here is a table, give me the text that every toolkit reads; and back.
//!
//! ```text
//! \data\
//! ngram 1=5
//! ngram 2=6
//!
//! \1-grams:
//! -1.2041199 ⇥ <unk> ⇥ 0
//! 0 ⇥ <s> ⇥ -0.30103
//! …
//! \2-grams:
//! -0.22184876 ⇥ <s> once
//! …
//! \end\
//! ```
//!
//! With tabs between them (⇥): log10 probability, the n-gram, log10 back-off below the highest order. What
//! is written is what KenLM's `lmplz` writes, entry for entry. Only the order is another,
//! since ARPA prescribes none: n-grams stand as they read, sorted by the ids of
//! their tokens from the first on, where `lmplz` begins with the last. What is
//! read is what is found in the world, each oddity repaired and said, or refused
//! with its line.

mod decimal;
mod entry;
mod lines;
mod number;
mod page;
mod piece;
#[cfg(test)]
mod plain;
mod read;
mod sections;
mod spelling;
#[cfg(test)]
mod tests;
mod walk;
mod write;
#[cfg(test)]
mod write_tests;

pub(super) use entry::log_zero;
pub(super) use piece::{Contexts, Piece};
pub use read::{Imported, Leniency, read};
pub(super) use spelling::Spelling;
pub use write::write;
pub(super) use write::{Arpa, check};

use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::store;
use crate::text;

/// How ARPA files say that a probability is 0.
const LOG_ZERO: f32 = -99.0;

/// How far into a file its `\data\` line is looked for.
const NEAR_THE_BEGINNING: u64 = 1 << 16;

/// True if the file, once decompressed, has a `\data\` line near its beginning.
///
/// # Errors
/// If it cannot be read.
pub fn is_arpa(path: &Path) -> Result<bool> {
    let mut beginning = Vec::new();
    let mut input = text::open_decompressed(path)?.take(NEAR_THE_BEGINNING);
    let read = input.read_to_end(&mut beginning);
    read.map_err(|error| Error::io("read", path, error))?;
    let is_model = beginning.starts_with(&store::MAGIC);
    Ok(!is_model
        && beginning
            .split(|&b| b == b'\n')
            .any(|line| line.trim_ascii() == b"\\data\\"))
}
