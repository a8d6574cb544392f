//! Here is a position of the text, tell me where it came from.

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, ErrorKind, Result};
use crate::store::{Column, ModelFile, Writer};
use crate::text::Batch;
use crate::token::TokenId;

/// Where a sentence came from, as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Origin {
    /// Where in its file's text, uncompressed, its line or its record begins.
    pub byte: u64,
    /// Its line, from 1; 0 if it is a whole file.
    pub line: u32,
    /// The number of its file.
    pub file: u32,
}

/// Where all sentences came from.
#[derive(Clone, Debug)]
pub struct Origins {
    files: Vec<String>,
    origins: Column<Origin>,
    /// Where each sentence begins in the text.
    begins: Column<u32>,
}

/// Where a position came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'o> {
    /// The name of the file, as it was given.
    pub file: &'o str,
    /// The line, from 1; `None` if the sentence is a whole file.
    pub line: Option<u32>,
    /// Where in the file's text, uncompressed, that line begins.
    pub byte: u64,
    /// How many tokens of the sentence are before it; its `<s>` is none.
    pub token: usize,
    /// Which sentence of the text it is, from 0.
    pub sentence: usize,
    /// Where in the text the sentence begins, with its `<s>`.
    pub begin: usize,
}

/// Takes down where sentences come from while a corpus is read.
///
/// Memory is scarce while the text is sorted, so what is noted is how far each sentence is from the
/// one before, in a few bytes, and [`Origin`]s are made of it at the end.
#[derive(Default)]
pub struct Noted {
    files: Vec<String>,
    steps: Vec<u8>,
    sentences: usize,
    last: Origin,
    too_many_lines: bool,
}

/// Where the sentences of one batch came from.
pub struct BatchNote {
    file: String,
    /// Lines and bytes, see [`Batch::lines`].
    lines: Vec<(u64, u64)>,
}

impl BatchNote {
    /// What there is to note of a batch.
    pub fn of(batch: &Batch) -> Self {
        BatchNote {
            file: batch.file().to_owned(),
            lines: batch.lines().collect(),
        }
    }
}

impl Noted {
    /// Keeps what was noted of the next batch.
    pub fn keep(&mut self, note: BatchNote) {
        if self.files.last() != Some(&note.file) {
            self.files.push(note.file);
        }
        let file = self.files.len() as u32 - 1;
        for (line, byte) in note.lines {
            self.too_many_lines |= line > u64::from(u32::MAX);
            let line = line as u32;
            self.step_to(Origin { byte, line, file });
        }
    }

    fn step_to(&mut self, next: Origin) {
        let last = self.last;
        put(
            &mut self.steps,
            u64::from(next.file.wrapping_sub(last.file)),
        );
        put(
            &mut self.steps,
            u64::from(next.line.wrapping_sub(last.line)),
        );
        put(&mut self.steps, next.byte.wrapping_sub(last.byte));
        self.sentences += 1;
        self.last = next;
    }

    fn origins(&self) -> Vec<Origin> {
        let mut steps = &self.steps[..];
        let mut last = Origin::default();
        let next = |_| {
            last = Origin {
                file: last.file.wrapping_add(take(&mut steps) as u32),
                line: last.line.wrapping_add(take(&mut steps) as u32),
                byte: last.byte.wrapping_add(take(&mut steps)),
            };
            last
        };
        (0..self.sentences).map(next).collect()
    }

    /// The origins of the sentences of a text.
    ///
    /// # Errors
    /// If a file has more lines than can be numbered.
    pub fn finish(self, text: &[TokenId]) -> Result<Origins> {
        if self.too_many_lines {
            let what = "a file has more than 4,294,967,295 lines";
            return Err(Error::new(ErrorKind::Input, what).way_out("split it"));
        }
        let starts = (0..)
            .zip(text)
            .filter(|(_, token)| **token == TokenId::START);
        let mut begins = Vec::with_capacity(self.sentences);
        begins.extend(starts.map(|(at, _)| at));
        let origins = self.origins();
        Origins::new(self.files, origins.into(), begins.into(), text)
    }
}

/// Puts a number down, seven bits a byte, the lowest first; the top bit says that more come.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 1 << 7 {
        bytes.push(number as u8 | 1 << 7);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes up the next number.
fn take(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte < 1 << 7 {
            break;
        }
    }
    number
}

impl Origins {
    fn new(
        files: Vec<String>,
        origins: Column<Origin>,
        begins: Column<u32>,
        text: &[TokenId],
    ) -> Result<Self> {
        let broken = |what: &str| {
            let what = format!("origins: {what}");
            Err(Error::new(ErrorKind::Corrupt, what).way_out("index the corpus again"))
        };
        if origins.len() != begins.len() {
            return broken("not every sentence has one");
        }
        if origins
            .iter()
            .any(|origin| origin.file as usize >= files.len())
        {
            return broken("one is in no file");
        }
        let starts = |&begin: &u32| text.get(begin as usize) == Some(&TokenId::START);
        let ascend = begins.is_sorted_by(|a, b| a < b);
        if begins.first().is_some_and(|&first| first != 0) || !ascend || !begins.iter().all(starts)
        {
            return broken("a sentence does not begin where it should");
        }
        Ok(Origins {
            files,
            origins,
            begins,
        })
    }

    /// The files, in order.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// How many sentences there are.
    pub fn sentences(&self) -> usize {
        self.begins.len()
    }

    /// Where a position of the text came from.
    ///
    /// # Panics
    /// If the text is empty.
    pub fn place(&self, position: u32) -> Place<'_> {
        let sentence = self.begins.partition_point(|&begin| begin <= position) - 1;
        let Origin { byte, line, file } = self.origins[sentence];
        let begin = self.begins[sentence] as usize;
        Place {
            file: &self.files[file as usize],
            line: (line > 0).then_some(line),
            byte,
            token: (position as usize - begin).saturating_sub(1),
            sentence,
            begin,
        }
    }

    pub(super) fn save(&self, writer: &mut Writer) -> Result<()> {
        let ends = self.files.iter().scan(0u64, |end, file| {
            *end += file.len() as u64;
            Some(*end)
        });
        writer.column("files.ends", &ends.collect::<Vec<u64>>())?;
        writer.section("files.bytes", self.files.concat().as_bytes())?;
        writer.column("sentences.origin", &self.origins)?;
        writer.column("sentences.begin", &self.begins)
    }

    pub(super) fn load(file: &ModelFile, text: &[TokenId]) -> Result<Self> {
        let ends = file.column::<u64>("files.ends")?;
        let files = names(file.bytes("files.bytes")?, &ends);
        let files = files.ok_or_else(|| {
            let what = "origins: the names of its files cannot be read";
            Error::new(ErrorKind::Corrupt, what).way_out("index the corpus again")
        })?;
        let (origins, begins) = ("sentences.origin", "sentences.begin");
        Origins::new(files, file.column(origins)?, file.column(begins)?, text)
    }
}

fn names(bytes: &[u8], ends: &[u64]) -> Option<Vec<String>> {
    let mut start = 0;
    let name = |&end: &u64| {
        let end = usize::try_from(end).ok()?;
        let name = bytes.get(start..end)?;
        start = end;
        Some(std::str::from_utf8(name).ok()?.to_owned())
    };
    ends.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_noted_comes_back(
            origins in prop::collection::vec((any::<u64>(), any::<u32>(), any::<u32>()), 0..50),
        ) {
            let of = |(byte, line, file)| Origin { byte, line, file };
            let origins: Vec<Origin> = origins.into_iter().map(of).collect();
            let mut noted = Noted::default();
            origins.iter().for_each(|&origin| noted.step_to(origin));
            prop_assert_eq!(noted.origins(), origins);
        }
    }

    #[test]
    fn the_next_line_takes_three_bytes() {
        let mut noted = Noted::default();
        for line in 1..=100 {
            noted.step_to(Origin {
                byte: 100 * u64::from(line - 1),
                line,
                file: 0,
            });
        }
        assert_eq!(noted.steps.len(), 300);
    }
}
