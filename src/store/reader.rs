//! Here is a file, give me its sections.
//!
//! Opening checks everything there is to check, from the frame inwards: each
//! figure is believed only once it fits the ones before it, and no allocation
//! is larger than the file. After that, a section is a slice.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;
use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::column::Column;
use super::layout::{PAGE, PRELUDE, Prelude, corrupt, is_zero, page_up};
use super::memory;
use super::metadata::{self, Directory, Section};
use crate::error::{Error, ErrorKind, Result};

/// Checksums are taken over pieces of this size, in parallel.
const PIECE: usize = 4 << 20;

/// How to open a model file.
///
/// What is verified is whole: whatever is asked of it stays inside it. Of a file that is opened without,
/// only the frame is known; one that is damaged may answer wrongly, or an answer may panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Check the checksum of every section, and then what it says, which reads the whole file.
    pub verify: bool,
    /// Read the file in place; otherwise it is copied into memory first, and what happens to it
    /// later does not matter.
    pub map: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            verify: true,
            map: true,
        }
    }
}

/// An open model file, checked; a clone shares it.
#[derive(Clone)]
pub struct ModelFile {
    path: PathBuf,
    bytes: Arc<Mmap>,
    directory: Arc<Directory>,
    verified: bool,
}

impl ModelFile {
    /// Opens the file at `path`.
    pub fn open(path: &Path, options: OpenOptions) -> Result<Self> {
        let refused = |error| Error::io("open", path, error);
        let facts = fs::metadata(path).map_err(refused)?;
        if !facts.is_file() {
            return Err(Error::new(ErrorKind::Usage, "this is not a file")
                .at(path.display().to_string())
                .way_out("name the model file itself"));
        }
        let mut file = File::open(path).map_err(refused)?;
        check_frame(&mut file, path)?;
        let unreadable = |error| Error::io("read", path, error);
        let bytes = if options.map {
            memory::map(&file)
        } else {
            let length = file.metadata().map_err(unreadable)?.len();
            memory::read(&file, address(length, path)?)
        };
        Self::check(path, bytes.map_err(unreadable)?, options.verify)
    }

    /// Reads a model file that is in memory already; `name` stands for its path in messages.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let path = Path::new(name);
        let bytes = memory::copy(bytes).map_err(|error| Error::io("read", path, error))?;
        Self::check(path, bytes, true)
    }

    fn check(path: &Path, bytes: Mmap, verify: bool) -> Result<Self> {
        let at = |error: Error| error.at(path.display().to_string());
        let directory = read_directory(&bytes).map_err(at)?;
        check_gaps(&bytes, &directory).map_err(at)?;
        if verify {
            let sections = directory.sections.par_iter();
            let checked = sections.try_for_each(|section| check_section(&bytes, section));
            checked.map_err(at)?;
        }
        Ok(ModelFile {
            path: path.to_path_buf(),
            bytes: Arc::new(bytes),
            directory: Arc::new(directory),
            verified: verify,
        })
    }

    /// True if every section is as its checksum says. What it says is then worth checking too.
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    /// Where the file was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of model it holds.
    pub fn kind(&self) -> &str {
        &self.directory.kind
    }

    /// The header that was given to [`super::Writer::finish`].
    pub fn header<H: DeserializeOwned>(&self) -> Result<H> {
        let header = metadata::decode(&self.directory.header);
        header.map_err(|error| error.at(format!("{}, header", self.path.display())))
    }

    /// Its sections, in order.
    pub fn sections(&self) -> &[Section] {
        &self.directory.sections
    }

    /// The bytes of a section.
    pub fn bytes(&self, name: &str) -> Result<&[u8]> {
        let range = self.range(name)?;
        let bytes = self.bytes.get(range);
        bytes.ok_or_else(|| self.at_section(outside(), name))
    }

    /// A section as a table of numbers, read in place.
    pub fn column<T: Pod>(&self, name: &str) -> Result<Column<T>> {
        let range = self.range(name)?;
        let column = Column::mapped(Arc::clone(&self.bytes), range);
        column.map_err(|error| self.at_section(error, name))
    }

    /// How many bytes the file has.
    #[expect(clippy::len_without_is_empty, reason = "no model file is empty")]
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The BLAKE3 hash of the whole file in hexadecimal digits, to compare with a published one.
    pub fn blake3(&self) -> String {
        blake3::hash(&self.bytes).to_hex().to_string()
    }

    /// The BLAKE3 hash of what the file says about itself: its kind, its header, and the name, place
    /// and checksum of every section. Another model has another one, and reading it costs nothing:
    /// a file that matches it and its own checksums is the same to the byte.
    pub fn fingerprint(&self) -> Result<String> {
        let directory = metadata::encode(&*self.directory)?;
        Ok(blake3::hash(&directory).to_hex().to_string())
    }

    fn range(&self, name: &str) -> Result<Range<usize>> {
        let section = self.sections().iter().find(|section| section.name == name);
        let Some(section) = section else {
            let missing = Error::new(ErrorKind::Format, "the file lacks this section");
            let missing = missing.way_out("build the model again with this counterpoint");
            return Err(self.at_section(missing, name));
        };
        range(section).ok_or_else(|| self.at_section(outside(), name))
    }

    fn at_section(&self, error: Error, name: &str) -> Error {
        error.at(format!("{}, section {name:?}", self.path.display()))
    }
}

impl fmt::Debug for ModelFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelFile")
            .field("path", &self.path)
            .field("kind", &self.kind())
            .field("sections", &self.sections())
            .finish_non_exhaustive()
    }
}

/// Refuses what is no model before anything of the file's size is mapped or read.
fn check_frame(file: &mut File, path: &Path) -> Result<()> {
    let mut head = Vec::with_capacity(PRELUDE);
    let mut read = || {
        (&mut *file).take(PRELUDE as u64).read_to_end(&mut head)?;
        file.rewind()?;
        file.metadata()
    };
    let facts = read().map_err(|error| Error::io("read", path, error))?;
    let prelude = Prelude::decode(&head, facts.len());
    prelude.map_err(|error| error.at(path.display().to_string()))?;
    Ok(())
}

/// A length as this machine counts memory.
fn address(length: u64, path: &Path) -> Result<usize> {
    usize::try_from(length).map_err(|_| {
        Error::new(
            ErrorKind::Io,
            "the file is larger than this machine's memory can be",
        )
        .at(path.display().to_string())
    })
}

fn read_directory(bytes: &[u8]) -> Result<Directory> {
    let head = &bytes[..bytes.len().min(PRELUDE)];
    let prelude = Prelude::decode(head, bytes.len() as u64)?;
    let start = usize::try_from(prelude.metadata_offset).ok();
    let metadata = start
        .and_then(|start| bytes.get(start..))
        .ok_or_else(|| corrupt("the metadata lies outside the file"))?;
    if crc32fast::hash(metadata) != prelude.metadata_crc {
        return Err(corrupt("the metadata does not match its checksum"));
    }
    let directory: Directory = metadata::decode(metadata)?;
    directory.check(&prelude)?;
    Ok(directory)
}

/// Everything between the prelude, the sections and the metadata must be zero.
fn check_gaps(bytes: &[u8], directory: &Directory) -> Result<()> {
    let ends = directory.sections.iter().map(|section| section.end());
    for end in std::iter::once(Some(PRELUDE as u64)).chain(ends) {
        let gap = end.and_then(|end| Some(usize::try_from(end).ok()?..page_end(end)?));
        let gap = gap.and_then(|gap| bytes.get(gap));
        if !gap.is_some_and(is_zero) {
            return Err(corrupt("the padding between the sections is not zero"));
        }
    }
    Ok(())
}

fn page_end(position: u64) -> Option<usize> {
    usize::try_from(page_up(position)?).ok()
}

fn check_section(bytes: &[u8], section: &Section) -> Result<()> {
    let bytes = range(section).and_then(|range| bytes.get(range));
    if bytes.is_some_and(|bytes| crc(bytes) == section.crc) {
        return Ok(());
    }
    let name = &section.name;
    Err(corrupt(format!(
        "section {name:?} does not match its checksum"
    )))
}

fn crc(bytes: &[u8]) -> u32 {
    let of_piece = |piece: &[u8]| {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(piece);
        hasher
    };
    let join = |mut left: crc32fast::Hasher, right: crc32fast::Hasher| {
        left.combine(&right);
        left
    };
    let pieces = bytes.par_chunks(PIECE).map(of_piece);
    pieces.reduce(crc32fast::Hasher::new, join).finalize()
}

fn outside() -> Error {
    corrupt("it lies outside the file")
}

fn range(section: &Section) -> Option<Range<usize>> {
    let start = usize::try_from(section.offset).ok()?;
    let end = usize::try_from(section.end()?).ok()?;
    Some(start..end)
}

const _: () = assert!(PRELUDE < PAGE as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_in_pieces_is_the_checksum() {
        let bytes: Vec<u8> = (0..2 * PIECE + 3).map(|i| ((i * i) >> 7) as u8).collect();
        for length in [0, 1, PIECE, PIECE + 1, bytes.len()] {
            assert_eq!(crc(&bytes[..length]), crc32fast::hash(&bytes[..length]));
        }
    }
}
