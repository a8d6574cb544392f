//! Here is something to read, give me its lines, whatever it is wrapped in.
//!
//! A stream takes off the compression and the byte order mark, keeps count of
//! where it is, on the disk and in the text, and knows its name for errors.
//!
//! It reads many lines at a stroke and looks at no byte but the last line end:
//! one thread reads at a time, so what is done here is what all others wait for.

use std::io::{self, Cursor, ErrorKind as Io, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::{memchr, memrchr};

use super::compression::Compression;
use super::unpack::{LONGEST_MARK, foreign_encoding, peek, unpack};
use crate::error::{Error, ErrorKind, Result};

/// A line or a document longer than this is refused.
const LONGEST: usize = 1 << 30;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

type Text = Box<dyn Read + Send>;

/// A file being read.
pub(super) struct Stream {
    name: Arc<str>,
    compression: Option<Compression>,
    text: Text,
    longest: usize,
    /// Bytes of text passed so far, a byte order mark included.
    offset: u64,
    /// The beginning of a line whose end was not read yet.
    begun: Vec<u8>,
    /// What ended the reading, to be told after the lines before it.
    failed: Option<Error>,
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
            begun: Vec::new(),
            failed: None,
            taken,
        };
        let (compression, text) = unpack(counted).map_err(|error| stream.failure(error))?;
        stream.compression = compression;
        stream.take_mark(text, any_bytes)?;
        Ok(stream)
    }

    fn take_mark(&mut self, mut text: Text, any_bytes: bool) -> Result<()> {
        let mut head = peek(&mut text, LONGEST_MARK).map_err(|error| self.failure(error))?;
        if let Some(encoding) = foreign_encoding(&head).filter(|_| !any_bytes) {
            return Err(self.refuse_encoding(encoding));
        }
        if head.starts_with(UTF8_MARK) {
            head.drain(..UTF8_MARK.len());
            self.offset = UTF8_MARK.len() as u64;
        }
        self.text = Box::new(Cursor::new(head).chain(text));
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

    /// Puts the next lines into `to`, whole and with their line ends: at most `enough` bytes of
    /// them, or one line that is longer. None are left if it stays empty.
    ///
    /// What `to` held is written over, so that the same buffer serves again and again.
    pub(super) fn lines(&mut self, to: &mut Vec<u8>, enough: usize) -> Result<()> {
        let mut filled = self.begun.len();
        to.resize(to.len().max(filled).max(enough), 0);
        to[..filled].copy_from_slice(&self.begun);
        self.begun.clear();
        let mut whole = 0;
        while self.failed.is_none() && (whole == 0 || filled < enough) {
            if filled == to.len() {
                to.resize(2 * filled, 0);
            }
            // Less than the longest line, so that only an unfinished one can be too long.
            let room = (to.len() - filled).min(self.longest);
            let read = match self.read(&mut to[filled..filled + room]) {
                Ok(0) => {
                    whole = filled;
                    break;
                }
                Ok(read) => read,
                Err(error) => {
                    self.failed = Some(self.failure(error));
                    break;
                }
            };
            let new = &to[filled..filled + read];
            let first_end = memchr(b'\n', new).map_or(read, |at| at + 1);
            if filled + first_end - whole > self.longest {
                self.failed = Some(self.refuse_length(whole));
                break;
            }
            whole = memrchr(b'\n', new).map_or(whole, |at| filled + at + 1);
            filled += read;
        }
        self.begun.extend_from_slice(&to[whole..filled]);
        to.truncate(whole);
        self.pass(to)
    }

    /// Puts all the rest into `to`.
    pub(super) fn rest(&mut self, to: &mut Vec<u8>) -> Result<()> {
        to.clear();
        let mut limited = (&mut self.text).take(self.longest as u64 + 1);
        limited
            .read_to_end(to)
            .map_err(|error| self.failure(error))?;
        if to.len() > self.longest {
            return Err(self.refuse_length(0));
        }
        self.pass(to)
    }

    fn pass(&mut self, text: &[u8]) -> Result<()> {
        self.offset += text.len() as u64;
        match text.is_empty() {
            true => self.failed.take().map_or(Ok(()), Err),
            false => Ok(()),
        }
    }

    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.text.read(to) {
                Err(error) if error.kind() == Io::Interrupted => {}
                read => return read,
            }
        }
    }

    /// The line that begins so many bytes further on is too long.
    fn refuse_length(&self, further: usize) -> Error {
        let offset = self.offset + further as u64;
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

    const TEXT: &[u8] = b"short\nlonger than that\n";

    fn stream(bytes: impl Read + Send + 'static) -> Stream {
        Stream::new("a.txt".into(), bytes, false).unwrap()
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let mut stream = stream(TEXT);
        stream.longest = 10;
        let mut lines = Vec::new();
        stream.lines(&mut lines, 8).unwrap();
        assert_eq!(lines, b"short\n");
        let error = stream.lines(&mut lines, 8).unwrap_err();
        assert_eq!(error.place(), Some("a.txt, byte 6"));
        assert!(lines.capacity() <= 64, "{}", lines.capacity());
    }

    #[test]
    fn a_line_may_be_as_long_as_the_longest() {
        for (longest, expected) in [(17, true), (16, false)] {
            let mut stream = stream(TEXT);
            stream.longest = longest;
            let mut lines = Vec::new();
            stream.lines(&mut lines, 1 << 20).unwrap();
            let whole = lines == TEXT || stream.lines(&mut lines, 1 << 20).is_ok();
            assert_eq!(whole, expected, "{longest}");
        }
    }

    #[test]
    fn lines_are_whole_however_few_are_wanted() {
        for enough in 1..30 {
            let mut stream = stream(&b"\xEF\xBB\xBFa\n\nbcdefgh\nijk\nlmnop"[..]);
            let (mut lines, mut all) = (Vec::new(), Vec::new());
            loop {
                let offset = stream.offset();
                stream.lines(&mut lines, enough).unwrap();
                assert_eq!(stream.offset(), offset + lines.len() as u64);
                if lines.is_empty() {
                    break;
                }
                all.extend_from_slice(&lines);
                assert!(lines.ends_with(b"\n") || all.ends_with(b"lmnop"));
            }
            assert_eq!(all, b"a\n\nbcdefgh\nijk\nlmnop", "{enough}");
        }
    }

    #[test]
    fn what_ends_the_reading_is_told_after_the_lines_before_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let text = Cursor::new(&b"one line that is long enough\ntwo li"[..]);
        let mut stream = stream(text.chain(Broken));
        let mut lines = Vec::new();
        stream.lines(&mut lines, 1 << 20).unwrap();
        assert_eq!(lines, b"one line that is long enough\n");
        let error = stream.lines(&mut lines, 1 << 20).unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }

    #[test]
    fn reading_counts_what_it_takes() {
        let mut stream = stream(&b"\xEF\xBB\xBFab\nc"[..]);
        let mut text = Vec::new();
        stream.rest(&mut text).unwrap();
        assert_eq!(text, b"ab\nc");
        assert_eq!((stream.offset(), stream.taken()), (7, 7));
        stream.rest(&mut text).unwrap();
        assert!(text.is_empty());
    }
}
