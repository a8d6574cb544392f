//! Here is an ARPA file, give me its lines with their numbers.
//!
//! Names are mixed up easily, so what is no text at all is refused by what it is.

use std::io::BufRead;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::store;
use crate::token::readable;

/// A line longer than this is no ARPA entry: an order of 255 with long words stays below it.
const LONGEST_LINE: u64 = 1 << 20;

/// The lines of one file.
pub(super) struct Lines<'r> {
    input: &'r mut dyn BufRead,
    name: String,
    number: u64,
    line: Vec<u8>,
}

impl<'r> Lines<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead, name: &str) -> Self {
        Lines {
            input,
            name: name.into(),
            number: 0,
            line: Vec::new(),
        }
    }

    /// Reads the next line, without its end; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.line.clear();
        let mut limited = std::io::Read::take(&mut *self.input, LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.line);
        let read = read.map_err(|e| Error::io("read", Path::new(&self.name), e))?;
        self.number += 1;
        if self.number == 1 {
            self.begin()?;
        }
        if read as u64 == LONGEST_LINE {
            self.refuse_binary()?;
            return Err(self.wrong("the line is longer than any n-gram"));
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let kept = self
            .line
            .iter()
            .rposition(|byte| !blank(byte))
            .map_or(0, |last| last + 1);
        self.line.truncate(kept);
        Ok(read > 0)
    }

    /// The first line shows what the file is: a byte order mark is taken off, and what is another
    /// kind of file is refused by its name.
    fn begin(&mut self) -> Result<()> {
        if self.line.starts_with(b"\xEF\xBB\xBF") {
            self.line.drain(..3);
        }
        if let Some(name) = store::foreign_model(&self.line) {
            return Err(self.no_arpa(name).way_out(store::ITS_ARPA));
        }
        if self
            .line
            .starts_with(&store::MAGIC[..store::MAGIC.len() / 2])
        {
            let refusal = self.no_arpa("a counterpoint model");
            return Err(refusal.way_out("it needs no import: name it with --model"));
        }
        if self.line.starts_with(b"\xFF\xFE") || self.line.starts_with(b"\xFE\xFF") {
            let refusal = self.no_arpa("UTF-16 or UTF-32 text");
            return Err(refusal.way_out("convert it to UTF-8, as with iconv"));
        }
        Ok(())
    }

    /// Refuses the present line if text cannot hold it.
    pub(super) fn refuse_binary(&self) -> Result<()> {
        match self.line.contains(&0) {
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
        &self.line
    }

    /// The fields of the present line.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let separates = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        self.line.split(separates).filter(|field| !field.is_empty())
    }

    /// "model.arpa, line 7".
    pub(super) fn place(&self) -> String {
        format!("{}, line {}", self.name, self.number)
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// An error about the present line.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Error {
        Error::new(ErrorKind::Format, what).at(self.place())
    }

    /// A field as a number.
    pub(super) fn number(&self, field: &[u8], what: &str) -> Result<f32> {
        let parsed = std::str::from_utf8(field)
            .ok()
            .and_then(|text| text.parse::<f32>().ok());
        match parsed {
            Some(number) if number.is_finite() => Ok(number),
            Some(_) => Err(self
                .wrong(format!("the {what} is {}", readable(field)))
                .way_out("ARPA writes a probability of 0 as -99")),
            None => Err(self.wrong(format!("'{}' is no {what}", readable(field)))),
        }
    }
}
