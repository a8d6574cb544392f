//! Here is a block as it was read, give me its sentences.
//!
//! The block is made valid and folded as a whole, so that lines that need
//! neither are cut without being moved; only records of JSON Lines are taken
//! one by one, because their text has to be dug out.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bstr::ByteSlice;
use memchr::{memchr, memchr_iter};

use super::batch::{Batch, Place, WHOLE_FILE, place};
use super::blocks::Block;
use super::jsonl;
use super::options::{BlankLines, CorpusOptions, Unit};
use super::records::{RecordPlace, Skipped};
use super::tunes::LeftOut;
use super::valid::{Origin, Replaced, validate};
use crate::error::Result;

impl Batch {
    /// The sentences of a block.
    pub(super) fn of(block: Block, options: &CorpusOptions) -> Result<Batch> {
        let file = Arc::clone(&block.file);
        let mut origin = Origin {
            file: &file,
            offset: block.offset,
            line: block.line,
        };
        let mut batch = Batch {
            file: block.file,
            text: block.text,
            sentences: Vec::new(),
            bytes_read: block.bytes_read,
            replaced: Replaced::default(),
            block: Vec::new(),
            records: Vec::new(),
            skipped: Skipped::default(),
            left_out: LeftOut::default(),
        };
        match (&options.jsonl_field, options.unit) {
            (Some(field), _) => batch.cut_records(origin, field, options)?,
            (None, Unit::Line) => {
                if options.keep_records {
                    batch.block = batch.text.clone();
                }
                let moved = batch.mend(origin, options)?;
                batch.add_lines(0, options, |number, at| {
                    let at = moved.as_ref().map_or(at, |lines| lines[number as usize]);
                    (block.line + number, block.offset + at as u64)
                });
                if options.keep_records {
                    batch.take_lines_for_records(block.line);
                }
            }
            (None, Unit::Document) => {
                origin.line = WHOLE_FILE;
                let _ = batch.mend(origin, options)?;
                // A file without a byte holds no sentence, as it holds no line.
                if !batch.text.is_empty() {
                    batch.add(0..batch.text.len(), (WHOLE_FILE, block.offset), options);
                }
            }
            (None, Unit::Tune(spelling)) => batch.cut_collection(origin, spelling, options)?,
        }
        Ok(batch)
    }

    /// Makes the whole text valid, and folds it. If that changes it, the lines are no longer where
    /// they were, and where they were is returned.
    fn mend(&mut self, origin: Origin, options: &CorpusOptions) -> Result<Option<Vec<usize>>> {
        let valid = validate(&self.text, options.invalid, origin, &mut self.replaced)?;
        let mended = match options.fold_lines(&valid) {
            Cow::Owned(folded) => Some(folded),
            Cow::Borrowed(_) => match valid {
                Cow::Owned(valid) => Some(valid),
                Cow::Borrowed(_) => None,
            },
        };
        let Some(mended) = mended else {
            return Ok(None);
        };
        let text = std::mem::replace(&mut self.text, mended);
        let ends = memchr_iter(b'\n', &text).map(|end| end + 1);
        Ok(Some(std::iter::once(0).chain(ends).collect()))
    }

    fn cut_records(
        &mut self,
        mut origin: Origin,
        field: &str,
        options: &CorpusOptions,
    ) -> Result<()> {
        let block = std::mem::take(&mut self.text);
        let mut begin = 0;
        for line in block.split_inclusive(|&byte| byte == b'\n') {
            let record = line.strip_suffix(b"\n").unwrap_or(line);
            // A line of white space, as at the end of many files, is no record.
            if !record.trim_ascii().is_empty() {
                let first = self.sentences.len();
                match self.add_record(record, origin, field, options) {
                    Ok(()) => self.records.push(RecordPlace {
                        bytes: begin..begin + record.len(),
                        sentences: first..self.sentences.len(),
                        line: origin.line,
                    }),
                    Err(error) if options.skips_records() => {
                        self.skipped.add(Skipped::one(&error));
                    }
                    Err(error) => return Err(error),
                }
            }
            begin += line.len();
            origin.offset += line.len() as u64;
            origin.line += 1;
        }
        if options.keep_records {
            self.block = block;
        }
        Ok(())
    }

    /// Takes every line of the block for a record; a line has one sentence, or none if blank lines
    /// are skipped.
    fn take_lines_for_records(&mut self, first_line: u64) {
        let mut begin = 0;
        let mut sentence = 0;
        for (number, line) in self
            .block
            .split_inclusive(|&byte| byte == b'\n')
            .enumerate()
        {
            let line_number = first_line + number as u64;
            let next = self.sentences.get(sentence);
            let own = usize::from(next.is_some_and(|place| place.line == line_number));
            let end = begin + line.strip_suffix(b"\n").unwrap_or(line).len();
            self.records.push(RecordPlace {
                bytes: begin..end,
                sentences: sentence..sentence + own,
                line: line_number,
            });
            sentence += own;
            begin += line.len();
        }
    }

    fn add_record(
        &mut self,
        record: &[u8],
        origin: Origin,
        field: &str,
        options: &CorpusOptions,
    ) -> Result<()> {
        let record = validate(record, options.invalid, origin, &mut self.replaced)?;
        let text = jsonl::text(&record, field)
            .map_err(|error| error.at(place(origin.file, origin.line)))?;
        if let Unit::Tune(spelling) = options.unit {
            return self.add_tunes(&text, spelling, options, |_, _| {
                (origin.line, origin.offset)
            });
        }
        let start = self.text.len();
        self.text
            .extend_from_slice(&options.fold_lines(text.as_bytes()));
        match options.unit {
            Unit::Line => self.add_lines(start, options, |_, _| (origin.line, origin.offset)),
            Unit::Document | Unit::Tune(_) => {
                self.add(
                    start..self.text.len(),
                    (origin.line, origin.offset),
                    options,
                );
            }
        }
        Ok(())
    }

    /// Makes sentences of the lines from `begin` on; `origin` says where the n-th, which begins at a
    /// place in the text, came from: its line, and where that is in the file.
    fn add_lines(
        &mut self,
        mut begin: usize,
        options: &CorpusOptions,
        origin: impl Fn(u64, usize) -> (u64, u64),
    ) {
        let mut number = 0;
        while begin < self.text.len() {
            let rest = &self.text[begin..];
            let end = memchr(b'\n', rest);
            let mut bytes = begin..begin + end.unwrap_or(rest.len());
            let origin = origin(number, begin);
            begin = bytes.end + 1;
            if end.is_some() && self.text[bytes.clone()].ends_with(b"\r") {
                bytes.end -= 1;
            }
            self.add(bytes, origin, options);
            number += 1;
        }
    }

    /// Makes a sentence of these bytes, unless it is blank and blanks are skipped.
    pub(super) fn add(
        &mut self,
        bytes: Range<usize>,
        (line, offset): (u64, u64),
        options: &CorpusOptions,
    ) {
        let skip = options.blank == BlankLines::Skip;
        if !(skip && self.text[bytes.clone()].trim().is_empty()) {
            self.sentences.push(Place {
                bytes,
                line,
                offset,
            });
        }
    }
}
