//! Here is something to read, give me its lines, whatever it is wrapped in.
//!
//! A stream takes off the compression and the byte order mark, keeps count of
//! where it is, on the disk and in the text, and knows its name for errors.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::{Compression, MAGIC_LEN};
use crate::error::{Error, ErrorKind, Result};

const BUFFER: usize = 256 << 10;

/// A line or a document longer than this is refused.
const LONGEST: u64 = 1 << 30;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const UTF32_MARKS: [&[u8]; 2] = [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"];
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
const LONGEST_MARK: usize = 4;

type Text = Box<dyn BufRead + Send>;

/// A file being read.
pub(super) struct Stream {
    name: Arc<str>,
    compression: Option<Compression>,
    text: Text,
    longest: u64,
    /// Bytes of text passed so far, a byte order mark included.
    offset: u64,
    taken: Arc<AtomicU64>,
}

impl Stream {
    /// Begins to read. With `any_bytes` even a foreign encoding is taken as it is.
    pub(super) fn new(
        name: Arc<str>,
        bytes: impl Read + Send + 'static,
        any_bytes: bool,
    ) -> Result<Self> {
        let taken = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            bytes,
            taken: Arc::clone(&taken),
        };
        let mut stream = Stream {
            name,
            compression: None,
            text: Box::new(io::empty()),
            longest: LONGEST,
            offset: 0,
            taken,
        };
        let (compression, text) = unpack(counted).map_err(|error| stream.failure(error))?;
        stream.compression = compression;
        stream.take_mark(text, any_bytes)?;
        Ok(stream)
    }

    fn take_mark(&mut self, mut text: Box<dyn Read + Send>, any_bytes: bool) -> Result<()> {
        let mut head = peek(&mut text, LONGEST_MARK).map_err(|error| self.failure(error))?;
        if let Some(encoding) = foreign_encoding(&head).filter(|_| !any_bytes) {
            return Err(self.refuse_encoding(encoding));
        }
        if head.starts_with(UTF8_MARK) {
            head.drain(..UTF8_MARK.len());
            self.offset = UTF8_MARK.len() as u64;
        }
        let whole = Cursor::new(head).chain(text);
        self.text = Box::new(BufReader::with_capacity(BUFFER, whole));
        Ok(())
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Where in the uncompressed text the next byte is.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were taken from the disk so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Appends the next line with its line end; returns its length, 0 at the end.
    pub(super) fn line(&mut self, to: &mut Vec<u8>) -> Result<usize> {
        self.take(to, |text, to| text.read_until(b'\n', to))
    }

    /// Appends all the rest; returns its length.
    pub(super) fn rest(&mut self, to: &mut Vec<u8>) -> Result<usize> {
        self.take(to, |text, to| text.read_to_end(to))
    }

    fn take(
        &mut self,
        to: &mut Vec<u8>,
        read: impl FnOnce(&mut io::Take<&mut Text>, &mut Vec<u8>) -> io::Result<usize>,
    ) -> Result<usize> {
        let mut limited = (&mut self.text).take(self.longest + 1);
        let length = read(&mut limited, to).map_err(|error| self.failure(error))?;
        if length as u64 > self.longest {
            return Err(self.refuse_length());
        }
        self.offset += length as u64;
        Ok(length)
    }

    fn refuse_length(&self) -> Error {
        let offset = self.offset;
        Error::new(
            ErrorKind::Input,
            "a line or a document is longer than a gibibyte",
        )
        .at(format!("{}, byte {offset}", self.name))
        .way_out("put line ends into the text, or split the file")
    }

    fn refuse_encoding(&self, encoding: &str) -> Error {
        let name = &self.name;
        Error::new(ErrorKind::Input, format!("this is {encoding}, not UTF-8"))
            .at(name.to_string())
            .way_out(format!("convert it: `iconv -f {encoding} -t UTF-8 {name}`"))
    }

    fn failure(&self, error: io::Error) -> Error {
        let Some(compression) = self.compression.filter(|_| error.raw_os_error().is_none()) else {
            return Error::io("read", Path::new(&*self.name), error);
        };
        let program = compression.program();
        let what = format!("the {program} data is damaged or cut short: {error}");
        Error::new(ErrorKind::Input, what)
            .at(self.name.to_string())
            .way_out(format!("`{program} -t` tests such a file; copy it again"))
    }
}

/// True if what begins here, once unpacked, looks like text, in whatever encoding.
pub(super) fn looks_like_text(bytes: impl Read + Send + 'static) -> io::Result<bool> {
    let (compression, mut text) = unpack(bytes)?;
    match peek(&mut text, 8 << 10) {
        Ok(head) => Ok(foreign_encoding(&head).is_some() || !head.contains(&0)),
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

type Unpacked = (Option<Compression>, Box<dyn Read + Send>);

fn unpack(mut bytes: impl Read + Send + 'static) -> io::Result<Unpacked> {
    let head = peek(&mut bytes, MAGIC_LEN)?;
    let compression = Compression::of(&head);
    let whole = Cursor::new(head).chain(bytes);
    let text = match compression {
        None => Box::new(whole),
        Some(how) => how.decoder(BufReader::with_capacity(BUFFER, whole))?,
    };
    Ok((compression, text))
}

fn peek(bytes: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    bytes.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn foreign_encoding(head: &[u8]) -> Option<&'static str> {
    let begins_with = |marks: [&[u8]; 2]| marks.iter().any(|mark| head.starts_with(mark));
    if begins_with(UTF32_MARKS) {
        Some("UTF-32")
    } else if begins_with(UTF16_MARKS) {
        Some("UTF-16")
    } else {
        None
    }
}

struct Counted<R> {
    bytes: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read(to)?;
        self.taken.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let text = &b"short\nlonger than that\n"[..];
        let mut stream = Stream::new("a.txt".into(), text, false).unwrap();
        stream.longest = 10;
        let mut line = Vec::new();
        assert_eq!(stream.line(&mut line).unwrap(), 6);
        let error = stream.line(&mut line).unwrap_err();
        assert_eq!(error.place(), Some("a.txt, byte 6"));
        assert!(line.len() <= 6 + 11);
    }

    #[test]
    fn reading_counts_what_it_takes() {
        let mut stream = Stream::new("a.txt".into(), &b"\xEF\xBB\xBFab\nc"[..], false).unwrap();
        let mut text = Vec::new();
        stream.line(&mut text).unwrap();
        assert_eq!((stream.offset(), &text[..]), (6, &b"ab\n"[..]));
        stream.rest(&mut text).unwrap();
        assert_eq!((stream.offset(), stream.taken()), (7, 7));
        assert_eq!(stream.line(&mut text).unwrap(), 0);
    }
}
