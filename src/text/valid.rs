//! Here are bytes that should be UTF-8; give me text, or say where it is none.

use std::borrow::Cow;

use memchr::memchr_iter;

use super::options::InvalidUtf8;
use crate::error::{Error, ErrorKind, Result};

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Where bytes began.
#[derive(Clone, Copy)]
pub(super) struct Origin<'f> {
    pub(super) file: &'f str,
    /// So many bytes into the file's text.
    pub(super) offset: u64,
    /// The line, from 1, or 0 where lines are not counted.
    pub(super) line: u64,
}

/// The invalid sequences that were replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaced {
    pub(super) sequences: u64,
    /// Where the first of them was.
    pub(super) first: String,
}

impl Replaced {
    /// Adds what was replaced further on.
    pub(super) fn add(&mut self, later: Replaced) {
        if self.sequences == 0 {
            self.first = later.first;
        }
        self.sequences += later.sequences;
    }
}

/// Deals with bytes that are not UTF-8; text is not copied.
pub(super) fn validate<'t>(
    text: &'t [u8],
    how: InvalidUtf8,
    origin: Origin,
    replaced: &mut Replaced,
) -> Result<Cow<'t, [u8]>> {
    if how == InvalidUtf8::Keep {
        return Ok(Cow::Borrowed(text));
    }
    let Err(invalid) = std::str::from_utf8(text) else {
        return Ok(Cow::Borrowed(text));
    };
    let at = invalid.valid_up_to();
    let first = format!("{}, byte {}", origin.file, origin.offset + at as u64);
    if how == InvalidUtf8::Refuse {
        return Err(not_utf8(text, at, origin.line).at(first));
    }
    let (valid, sequences) = replace(text);
    replaced.add(Replaced { sequences, first });
    Ok(Cow::Owned(valid))
}

fn not_utf8(text: &[u8], at: usize, line: u64) -> Error {
    let line = match line {
        0 => String::new(),
        line => {
            let further = memchr_iter(b'\n', &text[..at]).count() as u64;
            format!(" in line {}", line + further)
        }
    };
    let what = format!("this is not UTF-8: byte 0x{:02X}{line}", text[at]);
    Error::new(ErrorKind::Input, what).way_out(
        "--lossy replaces such bytes by U+FFFD; iconv converts other encodings; --tokenizer bytes takes any bytes",
    )
}

fn replace(bytes: &[u8]) -> (Vec<u8>, u64) {
    let mut valid = Vec::with_capacity(bytes.len() + REPLACEMENT.len());
    let mut sequences = 0;
    for chunk in bytes.utf8_chunks() {
        valid.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            valid.extend_from_slice(REPLACEMENT);
            sequences += 1;
        }
    }
    (valid, sequences)
}
