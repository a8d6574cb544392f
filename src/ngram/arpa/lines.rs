//! Here is an ARPA file, give me its lines with their numbers, one by one or in blocks.
//!
//! Names are mixed up easily, so what is no text at all is refused by what it is.

use std::io::{BufRead, Read};
use std::ops::Range;
use std::path::Path;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use crate::error::{Error, ErrorKind, Result};
use crate::store;

/// A line longer than this is no ARPA entry: an order of 255 with long words stays below it.
const LONGEST_LINE: usize = 1 << 20;

/// How much is read at once.
const READ: usize = 256 << 10;

/// About how many bytes a block has.
const BLOCK: usize = if cfg!(test) { 48 } else { 512 << 10 };

/// What an ARPA file is read from.
pub(super) type Input<'r> = &'r mut (dyn BufRead + Send);

/// The lines of one file.
pub(super) struct Lines<'r> {
    input: Input<'r>,
    name: String,
    /// What was read and not yet left behind.
    text: Vec<u8>,
    /// Where in that the next line begins.
    next: usize,
    over: bool,
    /// The number of the present line, and where that is.
    number: u64,
    line: Range<usize>,
}

/// Whole lines.
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    /// The number of the first.
    pub(super) first_line: u64,
}

impl<'r> Lines<'r> {
    pub(super) fn new(input: Input<'r>, name: &str) -> Self {
        Lines {
            input,
            name: name.into(),
            text: Vec::new(),
            next: 0,
            over: false,
            number: 0,
            line: 0..0,
        }
    }

    /// Reads the next line, without its end; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.line = self.next..self.next;
        let mut looked = 0;
        let end = loop {
            if let Some(end) = memchr(b'\n', &self.text[self.next + looked..]) {
                break self.next + looked + end + 1;
            }
            looked = self.text.len() - self.next;
            if looked >= LONGEST_LINE {
                self.number += 1;
                return Err(self.too_long());
            }
            if self.over {
                break self.text.len();
            }
            self.read()?;
        };
        let read = self.next < end;
        self.number += 1;
        self.line = self.next..end;
        self.next = end;
        if self.number == 1 {
            self.begin()?;
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let line = &self.text[self.line.clone()];
        let kept = line.iter().rposition(|byte| !blank(byte));
        self.line.end = self.line.start + kept.map_or(0, |last| last + 1);
        Ok(read)
    }

    /// Reads on to the next block of lines, before any that begins with a backslash; nothing if such
    /// a line is next, or none. The block takes the place of another that is done with.
    pub(super) fn block(&mut self, mut done: Vec<u8>) -> Result<Option<Block>> {
        self.line = self.next..self.next;
        while !self.over && self.text.len() - self.next < BLOCK {
            self.read()?;
        }
        let mut most = BLOCK;
        let end = loop {
            let rest = &self.text[self.next..];
            let rest = &rest[..most.min(rest.len())];
            let all_is_read = self.over && self.next + rest.len() == self.text.len();
            if rest.first() == Some(&b'\\') {
                break 0;
            }
            if let Some(end) = memmem::find(rest, b"\n\\") {
                break end + 1;
            }
            if all_is_read {
                break rest.len();
            }
            // A backslash may follow.
            let whole = rest.split_last().and_then(|(_, rest)| memrchr(b'\n', rest));
            if let Some(end) = whole {
                break end + 1;
            }
            if rest.len() >= LONGEST_LINE {
                self.number += 1;
                return Err(self.too_long());
            }
            most *= 2;
            if !self.over {
                self.read()?;
            }
        };
        if end == 0 {
            return Ok(None);
        }
        let text = &self.text[self.next..self.next + end];
        done.clear();
        done.extend_from_slice(text);
        let first_line = self.number + 1;
        self.number += memchr_iter(b'\n', text).count() as u64 + u64::from(!text.ends_with(b"\n"));
        self.next += end;
        self.line = self.next..self.next;
        Ok(Some(Block {
            text: done,
            first_line,
        }))
    }

    /// Reads more, after leaving behind what lies before the present line.
    fn read(&mut self) -> Result<()> {
        self.text.drain(..self.line.start);
        self.next -= self.line.start;
        self.line = 0..self.line.len();
        let read = (&mut *self.input)
            .take(READ as u64)
            .read_to_end(&mut self.text);
        let read = read.map_err(|e| Error::io("read", Path::new(&self.name), e))?;
        self.over = read == 0;
        Ok(())
    }

    /// The first line shows what the file is: a byte order mark is taken off, and what is another
    /// kind of file is refused by its name.
    fn begin(&mut self) -> Result<()> {
        if self.line().starts_with(b"\xEF\xBB\xBF") {
            self.line.start += 3;
        }
        let line = self.line();
        if let Some(name) = store::foreign_model(line) {
            return Err(self.no_arpa(name).way_out(store::ITS_ARPA));
        }
        if line.starts_with(&store::MAGIC[..store::MAGIC.len() / 2]) {
            let refusal = self.no_arpa("a counterpoint model");
            return Err(refusal.way_out("it needs no import: name it with --model"));
        }
        if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") {
            let refusal = self.no_arpa("UTF-16 or UTF-32 text");
            return Err(refusal.way_out("convert it to UTF-8, as with iconv"));
        }
        Ok(())
    }

    fn too_long(&mut self) -> Error {
        self.line = self.next..self.text.len();
        match self.refuse_binary() {
            Err(binary) => binary,
            Ok(()) => self.wrong("the line is longer than any n-gram"),
        }
    }

    /// Refuses the present line if text cannot hold it.
    pub(super) fn refuse_binary(&self) -> Result<()> {
        match self.line().contains(&0) {
            true => Err(self
                .no_arpa("binary data")
                .way_out("name the ARPA file, which is text and has a \\data\\ line")),
            false => Ok(()),
        }
    }

    fn no_arpa(&self, what: &str) -> Error {
        Error::new(ErrorKind::Format, format!("this is {what}, not ARPA")).at(self.name())
    }

    /// The present line, without white space at its end.
    pub(super) fn line(&self) -> &[u8] {
        &self.text[self.line.clone()]
    }

    /// "model.arpa, line 7", of the present line.
    pub(super) fn place(&self) -> String {
        self.place_of(self.number)
    }

    /// "model.arpa, line 7".
    pub(super) fn place_of(&self, line: u64) -> String {
        format!("{}, line {line}", self.name)
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// An error about the present line.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Error {
        Error::new(ErrorKind::Format, what).at(self.place())
    }
}
