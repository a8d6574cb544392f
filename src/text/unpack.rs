//! Here are the bytes of a file, give me what is in the wrapping, and tell me what it looks like.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use super::compression::{Compression, MAGIC_LEN};
use crate::error::{Error, Result};

const BUFFER: usize = 256 << 10;

const UTF32_MARKS: [&[u8]; 2] = [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"];
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
pub(super) const LONGEST_MARK: usize = 4;

/// True if what begins here, once unpacked, looks like text, in whatever encoding, or is what `also`
/// takes by its first bytes.
pub(super) fn looks_like_text(
    bytes: impl Read + Send + 'static,
    also: fn(&[u8]) -> bool,
) -> io::Result<bool> {
    let (compression, mut text) = unpack(bytes)?;
    match peek(&mut text, 8 << 10) {
        Ok(head) => Ok(foreign_encoding(&head).is_some() || !head.contains(&0) || also(&head)),
        // Damage is for the reader to report, not for the folder to pass over.
        Err(_) if compression.is_some() => Ok(true),
        Err(error) => Err(error),
    }
}

/// Opens a file and undoes its compression, if it has any.
///
/// # Errors
/// If the file cannot be read.
pub fn open_decompressed(path: &Path) -> Result<BufReader<Box<dyn Read + Send>>> {
    let failure = |error| Error::io("read", path, error);
    let file = File::open(path).map_err(failure)?;
    let (_, text) = unpack(file).map_err(failure)?;
    Ok(BufReader::with_capacity(BUFFER, text))
}

pub(super) type Unpacked = (Option<Compression>, Box<dyn Read + Send>);

/// Undoes the compression, if there is any.
pub(super) fn unpack(mut bytes: impl Read + Send + 'static) -> io::Result<Unpacked> {
    let head = peek(&mut bytes, MAGIC_LEN)?;
    let compression = Compression::of(&head);
    let whole = Cursor::new(head).chain(bytes);
    let text = match compression {
        None => Box::new(whole),
        Some(how) => how.decoder(BufReader::with_capacity(BUFFER, whole))?,
    };
    Ok((compression, text))
}

/// The first bytes, at most so many.
pub(super) fn peek(bytes: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    bytes.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The encoding that a file which begins like this is in, if that is not UTF-8.
pub(super) fn foreign_encoding(head: &[u8]) -> Option<&'static str> {
    let begins_with = |marks: [&[u8]; 2]| marks.iter().any(|mark| head.starts_with(mark));
    if begins_with(UTF32_MARKS) {
        Some("UTF-32")
    } else if begins_with(UTF16_MARKS) {
        Some("UTF-16")
    } else {
        None
    }
}
