//! Here is a stream, give me its sentences.
//!
//! Each sentence is read straight into the batch it will belong to, then made
//! valid, folded and kept or dropped in place: text that needs nothing is copied
//! once, out of the read buffer.

use bstr::ByteSlice;

use super::batch::{Batch, WHOLE_FILE, place};
use super::jsonl;
use super::options::{BlankLines, CorpusOptions, InvalidUtf8, Unit};
use super::stream::Stream;
use crate::error::{Error, ErrorKind, Result};

/// A batch is complete once it took so much text.
const BATCH: u64 = 4 << 20;

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// The reader of one file.
pub(super) struct Reader<'c> {
    stream: Stream,
    options: &'c CorpusOptions,
    /// The line last read, from 1.
    line: u64,
    finished: bool,
    /// How many bytes from the disk have been reported already.
    reported: u64,
    record: Vec<u8>,
}

/// The invalid sequences that were replaced so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaced {
    pub(super) sequences: u64,
    pub(super) first: String,
}

impl<'c> Reader<'c> {
    pub(super) fn new(stream: Stream, options: &'c CorpusOptions) -> Self {
        Reader {
            stream,
            options,
            line: 0,
            finished: false,
            reported: 0,
            record: Vec::new(),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// The next batch; it may be empty.
    pub(super) fn batch(&mut self, replaced: &mut Replaced) -> Result<Batch> {
        let mut batch = Batch::new(self.stream.name().clone());
        let end = self.stream.offset() + BATCH;
        while !self.finished && self.stream.offset() < end {
            let more = match (&self.options.jsonl_field, self.options.unit) {
                (Some(field), _) => self.next_record(field, &mut batch, replaced)?,
                (None, Unit::Line) => self.next_line(&mut batch, replaced)?,
                (None, Unit::Document) => self.whole_file(&mut batch, replaced)?,
            };
            self.finished = !more;
        }
        let taken = self.stream.taken();
        batch.add_bytes_read(taken - self.reported);
        self.reported = taken;
        Ok(batch)
    }

    fn next_line(&mut self, batch: &mut Batch, replaced: &mut Replaced) -> Result<bool> {
        let offset = self.stream.offset();
        if self.stream.line(batch.text_mut())? == 0 {
            return Ok(false);
        }
        self.line += 1;
        cut_line_end(batch.text_mut());
        let start = batch.unfinished_start();
        self.make_valid(batch.text_mut(), start, offset, replaced)?;
        self.finish(batch, self.line);
        Ok(true)
    }

    fn whole_file(&mut self, batch: &mut Batch, replaced: &mut Replaced) -> Result<bool> {
        let offset = self.stream.offset();
        // A file without a byte holds no sentence, as it holds no line.
        if self.stream.rest(batch.text_mut())? > 0 {
            let start = batch.unfinished_start();
            self.make_valid(batch.text_mut(), start, offset, replaced)?;
            self.finish(batch, WHOLE_FILE);
        }
        Ok(false)
    }

    fn next_record(
        &mut self,
        field: &str,
        batch: &mut Batch,
        replaced: &mut Replaced,
    ) -> Result<bool> {
        let offset = self.stream.offset();
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        if self.stream.line(&mut record)? == 0 {
            return Ok(false);
        }
        self.line += 1;
        // A line of white space, as at the end of many files, is no record.
        if !record.trim_ascii().is_empty() {
            self.make_valid(&mut record, 0, offset, replaced)?;
            let text = jsonl::text(&record, field)
                .map_err(|error| error.at(place(self.stream.name(), self.line)))?;
            self.add_text(&text, batch);
        }
        self.record = record;
        Ok(true)
    }

    fn add_text(&self, text: &str, batch: &mut Batch) {
        if self.options.unit == Unit::Document {
            batch.text_mut().extend_from_slice(text.as_bytes());
            return self.finish(batch, self.line);
        }
        for line in text.as_bytes().split_inclusive(|&byte| byte == b'\n') {
            batch.text_mut().extend_from_slice(line);
            cut_line_end(batch.text_mut());
            self.finish(batch, self.line);
        }
    }

    /// Folds what was appended and makes it a sentence, unless it is blank and blanks are skipped.
    fn finish(&self, batch: &mut Batch, line: u64) {
        if !self.options.folds_nothing() {
            let folded = self.options.fold_bytes(batch.unfinished());
            batch.discard();
            batch.text_mut().extend_from_slice(&folded);
        }
        let skip = self.options.blank == BlankLines::Skip;
        if skip && batch.unfinished().trim().is_empty() {
            batch.discard();
        } else {
            batch.keep(line);
        }
    }

    /// Deals with bytes from `start` that are not UTF-8; `offset` is where those began in the file.
    fn make_valid(
        &self,
        text: &mut Vec<u8>,
        start: usize,
        offset: u64,
        replaced: &mut Replaced,
    ) -> Result<()> {
        let Err(invalid) = std::str::from_utf8(&text[start..]) else {
            return Ok(());
        };
        let at = invalid.valid_up_to();
        let place = || format!("{}, byte {}", self.stream.name(), offset + at as u64);
        match self.options.invalid {
            InvalidUtf8::Keep => Ok(()),
            InvalidUtf8::Refuse => Err(self.not_utf8(text[start + at]).at(place())),
            InvalidUtf8::Replace => {
                if replaced.sequences == 0 {
                    replaced.first = place();
                }
                let (valid, sequences) = replace_invalid(&text[start..]);
                replaced.sequences += sequences;
                text.truncate(start);
                text.extend_from_slice(&valid);
                Ok(())
            }
        }
    }

    fn not_utf8(&self, byte: u8) -> Error {
        let line = match self.line {
            0 => String::new(),
            line => format!(" in line {line}"),
        };
        let what = format!("this is not UTF-8: byte 0x{byte:02X}{line}");
        Error::new(ErrorKind::Input, what).way_out(
            "--lossy replaces such bytes by U+FFFD; iconv converts other encodings; --tokenizer bytes takes any bytes",
        )
    }
}

fn cut_line_end(text: &mut Vec<u8>) {
    if text.ends_with(b"\n") {
        text.pop();
        if text.ends_with(b"\r") {
            text.pop();
        }
    }
}

fn replace_invalid(bytes: &[u8]) -> (Vec<u8>, u64) {
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
