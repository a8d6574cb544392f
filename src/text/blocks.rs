//! Here are the files of a corpus, give me their bytes, as fast as they come.
//!
//! Reading is the one thing that has to happen in order, so here nothing else
//! is done than to find where the last line of a block ends, and to number the
//! lines. What is in a block is for [`Batch::of`](super::Batch) to find out, on
//! whichever thread it likes.

use std::slice;
use std::sync::Arc;

use memchr::memchr_iter;

use super::corpus::Corpus;
use super::options::{CorpusOptions, InvalidUtf8, Unit};
use super::source::Source;
use super::stream::Stream;
use crate::error::Result;

/// About how many bytes a block has: few enough to stay in a processor's own memory.
pub(super) const BLOCK: usize = 512 << 10;

/// Whole lines of one file, or all of it, as they were read.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) file: Arc<str>,
    pub(super) text: Vec<u8>,
    /// Where in the file's text the block begins.
    pub(super) offset: u64,
    /// The number of its first line, from 1.
    pub(super) line: u64,
    /// How far reading came on the disk since the block before.
    pub(super) bytes_read: u64,
}

/// The blocks of a corpus, in order.
pub(super) struct Blocks<'c> {
    options: &'c CorpusOptions,
    sources: slice::Iter<'c, Source>,
    open: Option<Open>,
}

/// The file that is being read.
struct Open {
    stream: Stream,
    /// The line that comes next, from 1.
    line: u64,
    /// How many bytes from the disk have been reported already.
    reported: u64,
}

impl<'c> Blocks<'c> {
    pub(super) fn of(corpus: &'c Corpus) -> Self {
        Blocks {
            options: corpus.options(),
            sources: corpus.sources().iter(),
            open: None,
        }
    }

    /// The next block; its text goes into a buffer that may have been used before.
    ///
    /// After an error there is nothing more.
    pub(super) fn next(&mut self, mut buffer: Vec<u8>) -> Result<Option<Block>> {
        let unit = self.unit();
        loop {
            let Some(open) = &mut self.open else {
                let Some(source) = self.sources.next() else {
                    return Ok(None);
                };
                self.open = Some(self.begin(source)?);
                continue;
            };
            let block = open.block(buffer, unit)?;
            if !block.text.is_empty() || block.bytes_read > 0 {
                return Ok(Some(block));
            }
            buffer = block.text;
            self.open = None;
        }
    }

    fn begin(&self, source: &Source) -> Result<Open> {
        let stream = source.open(self.options.invalid == InvalidUtf8::Keep);
        Ok(Open {
            stream: stream?,
            line: 1,
            reported: 0,
        })
    }

    /// What must not be cut: records are lines, whatever is made of them.
    fn unit(&self) -> Unit {
        match self.options.jsonl_field {
            Some(_) => Unit::Line,
            None => self.options.unit,
        }
    }
}

impl Open {
    fn block(&mut self, mut text: Vec<u8>, unit: Unit) -> Result<Block> {
        let (offset, line) = (self.stream.offset(), self.line);
        match unit {
            Unit::Line => self.stream.lines(&mut text, BLOCK)?,
            Unit::Document | Unit::Tune(_) => self.stream.rest(&mut text)?,
        }
        self.line += memchr_iter(b'\n', &text).count() as u64;
        let taken = self.stream.taken();
        let bytes_read = taken - self.reported;
        self.reported = taken;
        Ok(Block {
            file: Arc::clone(self.stream.name()),
            text,
            offset,
            line,
            bytes_read,
        })
    }
}
