//! Here are sections and a header, give me one file.
//!
//! Sections are written one after the other, each whole or piece by piece,
//! while their checksums are taken. Nothing is readable before `finish`: the
//! prelude is written last, and until then the file has no name of its own.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use bytemuck::Pod;
use serde::Serialize;

use super::AtomicFile;
use super::layout::{PAGE, PRELUDE, Prelude, page_up};
use super::metadata::{self, Directory, Section};
use crate::error::{Error, ErrorKind, Result};

const ZEROS: [u8; PAGE as usize] = [0; PAGE as usize];

/// A model file being written; dropped without [`Writer::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    file: AtomicFile,
    kind: String,
    sections: Vec<Section>,
    /// The next byte to be written.
    position: u64,
    /// A section was begun and not completed: the file can no longer be good.
    broken: bool,
}

impl Writer {
    /// Begins a model file of this kind ("ngram", "neural").
    pub fn create(path: &Path, kind: &str) -> Result<Self> {
        let mut writer = Writer {
            file: AtomicFile::create(path)?,
            kind: kind.to_owned(),
            sections: Vec::new(),
            position: 0,
            broken: false,
        };
        writer.put(&ZEROS)?;
        Ok(writer)
    }

    /// Writes a section of bytes.
    pub fn section(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.section_with(name, |section| section.write(bytes))
    }

    /// Writes a section of numbers.
    pub fn column<T: Pod>(&mut self, name: &str, numbers: &[T]) -> Result<()> {
        self.section(name, bytemuck::cast_slice(numbers))
    }

    /// Writes a section piece by piece, as `fill` gives them.
    pub fn section_with(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut SectionWriter<'_>) -> Result<()>,
    ) -> Result<()> {
        self.check_name(name)?;
        let offset = self.position;
        self.broken = true;
        let mut section = SectionWriter {
            crc: crc32fast::Hasher::new(),
            writer: self,
        };
        fill(&mut section)?;
        let crc = section.crc.finalize();
        let length = self.position - offset;
        self.pad()?;
        self.broken = false;
        self.sections.push(Section {
            name: name.to_owned(),
            offset,
            length,
            crc,
        });
        Ok(())
    }

    /// The file, to be brought to the disk while it is written: what [`Writer::finish`] then waits
    /// for is little.
    ///
    /// An error of syncing this handle is the file's: it must reach [`Writer::failure`], for the
    /// system reports it only once.
    pub fn handle(&self) -> Result<File> {
        self.file.handle()
    }

    /// The error of writing this file, with its path.
    pub fn failure(&self, source: io::Error) -> Error {
        self.file.failure(source)
    }

    /// Passes all that was written so far to the system.
    pub fn flush(&mut self) -> Result<()> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.file.failure(error))
    }

    /// Completes the file and puts it in its place; returns its length.
    pub fn finish(mut self, header: &impl Serialize) -> Result<u64> {
        if self.broken {
            return Err(misuse("a section was left incomplete".to_owned()));
        }
        let directory = Directory {
            kind: std::mem::take(&mut self.kind),
            sections: std::mem::take(&mut self.sections),
            header: metadata::encode(header)?,
        };
        let metadata = metadata::encode(&directory)?;
        let metadata_offset = self.position;
        self.put(&metadata)?;
        let prelude = Prelude {
            metadata_crc: crc32fast::hash(&metadata),
            metadata_offset,
            metadata_length: metadata.len() as u64,
            total_length: self.position,
        };
        self.file.sync()?;
        self.put_prelude(&prelude.encode())?;
        self.file.commit()?;
        Ok(prelude.total_length)
    }

    fn put_prelude(&mut self, bytes: &[u8; PRELUDE]) -> Result<()> {
        let start = self.file.seek(SeekFrom::Start(0));
        let written = start.and_then(|_| self.file.write_all(bytes));
        written.map_err(|error| self.file.failure(error))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.position += bytes.len() as u64;
        self.file.expect_len(self.position);
        let written = self.file.write_all(bytes);
        written.map_err(|error| self.file.failure(error))
    }

    fn pad(&mut self) -> Result<()> {
        let Some(end) = page_up(self.position) else {
            return Err(misuse("the file is longer than any can be".to_owned()));
        };
        let padding = (end - self.position) as usize;
        self.put(&ZEROS[..padding])
    }

    fn check_name(&self, name: &str) -> Result<()> {
        if name.is_empty() || self.sections.iter().any(|section| section.name == name) {
            return Err(misuse(format!("{name:?} is empty or there already")));
        }
        Ok(())
    }
}

/// A section being written.
#[derive(Debug)]
pub struct SectionWriter<'w> {
    writer: &'w mut Writer,
    crc: crc32fast::Hasher,
}

impl SectionWriter<'_> {
    /// Writes the next bytes of the section.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc.update(bytes);
        self.writer.put(bytes)
    }

    /// Writes the next numbers of the section.
    pub fn column<T: Pod>(&mut self, numbers: &[T]) -> Result<()> {
        self.write(bytemuck::cast_slice(numbers))
    }
}

/// A mistake of the caller, not of the user.
fn misuse(what: String) -> Error {
    Error::new(
        ErrorKind::Model,
        format!("cannot write this model file: {what}"),
    )
    .way_out("this is a fault of the program; please report it")
}
