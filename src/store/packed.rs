//! Here is a name and bytes; the file will hold them, compressed as its name ends, or not be.
//!
//! A name that ends in `.gz` or `.zst` says how to compress. Compressing costs
//! more than all else that is done with most bytes, so it is cut into pieces of
//! one length, each compressed on whichever thread is free and written in its
//! turn. Both formats allow several compressed pieces in one file. The pieces
//! depend on the bytes alone, and so does the file.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use super::AtomicFile;
use crate::error::{Error, ErrorKind, Result};

/// So many bytes are compressed at a time.
const PIECE: usize = if cfg!(test) { 1 << 10 } else { 1 << 20 };

/// Zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// A file being written, which takes its name when it is committed and vanishes otherwise.
pub struct PackedFile {
    file: AtomicFile,
    packing: Packing,
    /// Bytes that are no whole piece yet.
    begun: Vec<u8>,
    /// Pieces that are being compressed, in order.
    pieces: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    is_packed: bool,
}

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl PackedFile {
    /// Begins a file that will be `target`.
    ///
    /// # Errors
    /// If it cannot be written, or its ending asks for a compression that is only read here.
    pub fn create(target: &Path) -> Result<Self> {
        Ok(PackedFile {
            packing: Packing::of(target)?,
            file: AtomicFile::create(target)?,
            begun: Vec::new(),
            pieces: VecDeque::new(),
            is_packed: false,
        })
    }

    /// Adds bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        if self.packing == Packing::None {
            let written = self.file.write_all(bytes);
            return written.map_err(|error| self.file.failure(error));
        }
        while self.begun.len() + bytes.len() >= PIECE {
            let (now, later) = bytes.split_at(PIECE - self.begun.len());
            self.begun.extend_from_slice(now);
            self.pack()?;
            bytes = later;
        }
        self.begun.extend_from_slice(bytes);
        Ok(())
    }

    /// Puts files in the places of their targets: all of them, unless one cannot be written whole.
    pub fn commit_all(mut files: Vec<PackedFile>) -> Result<()> {
        files.iter_mut().try_for_each(PackedFile::finish)?;
        let commit = |file: PackedFile| file.file.commit_in_time();
        files.into_iter().try_for_each(commit)
    }

    /// Writes all that was added.
    fn finish(&mut self) -> Result<()> {
        // A file of no piece at all is none that the programs would unpack.
        let is_bare = !self.is_packed && self.packing != Packing::None;
        if is_bare || !self.begun.is_empty() {
            self.pack()?;
        }
        while !self.pieces.is_empty() {
            self.write_first()?;
        }
        self.file.flush().map_err(|error| self.file.failure(error))
    }

    /// Has the begun piece compressed, and waits for the first if many are on their way.
    fn pack(&mut self) -> Result<()> {
        let (piece, packing) = (mem::take(&mut self.begun), self.packing);
        let (sender, receiver) = channel();
        // Nobody listens any more if another file failed.
        rayon::spawn(move || _ = sender.send(packing.pack(&piece)));
        self.pieces.push_back(receiver);
        self.is_packed = true;
        match self.pieces.len() > rayon::current_num_threads() {
            true => self.write_first(),
            false => Ok(()),
        }
    }

    fn write_first(&mut self) -> Result<()> {
        let Some(first) = self.pieces.pop_front() else {
            return Ok(());
        };
        let packed = first.recv().map_err(io::Error::other).flatten();
        let written = packed.and_then(|packed| self.file.write_all(&packed));
        written.map_err(|error| self.file.failure(error))
    }
}

impl Packing {
    fn of(target: &Path) -> Result<Self> {
        match target.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Ok(Packing::Gzip),
            Some("zst") => Ok(Packing::Zstd),
            Some(ending @ ("xz" | "bz2")) => {
                let what = format!("files are not compressed as .{ending} here, only read");
                Err(Error::new(ErrorKind::Usage, what)
                    .at(target.display().to_string())
                    .way_out("let the name end in .gz or .zst"))
            }
            _ => Ok(Packing::None),
        }
    }

    fn pack(self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Packing::None => Ok(piece.to_vec()),
            Packing::Gzip => {
                let level = flate2::Compression::default();
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), level);
                packed.write_all(piece)?;
                packed.finish()
            }
            Packing::Zstd => zstd::bulk::compress(piece, ZSTD_LEVEL),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use super::*;

    fn text() -> Vec<u8> {
        (0..2000)
            .flat_map(|i| format!("line {i}\n").into_bytes())
            .collect()
    }

    fn unpacked(path: &Path) -> Vec<u8> {
        let (bytes, mut text) = (fs::read(path).unwrap(), Vec::new());
        match Packing::of(path).unwrap() {
            Packing::None => text = bytes,
            Packing::Gzip => {
                let mut decoder = flate2::read::MultiGzDecoder::new(&bytes[..]);
                decoder.read_to_end(&mut text).unwrap();
            }
            Packing::Zstd => text = zstd::decode_all(&bytes[..]).unwrap(),
        }
        text
    }

    #[test]
    fn what_is_written_comes_back_and_depends_on_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.txt", "a.gz", "a.zst"] {
            let path = folder.path().join(name);
            let mut found: Vec<Vec<u8>> = Vec::new();
            for step in [1, 700, 1 << 20] {
                let mut file = PackedFile::create(&path).unwrap();
                text()
                    .chunks(step)
                    .for_each(|part| file.write(part).unwrap());
                PackedFile::commit_all(vec![file]).unwrap();
                assert_eq!(unpacked(&path), text(), "{name}");
                found.push(fs::read(&path).unwrap());
            }
            assert!(found.iter().all(|bytes| *bytes == found[0]), "{name}");
        }
    }

    #[test]
    fn an_empty_file_can_be_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.txt", "a.gz", "a.zst"] {
            let path = folder.path().join(name);
            PackedFile::commit_all(vec![PackedFile::create(&path).unwrap()]).unwrap();
            assert_eq!(unpacked(&path), b"", "{name}");
            assert_eq!(fs::read(&path).unwrap().is_empty(), name == "a.txt");
        }
    }

    #[test]
    fn what_is_not_committed_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gz");
        let mut file = PackedFile::create(&path).unwrap();
        file.write(&text()).unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let refused = PackedFile::create(&folder.path().join("a.xz"))
            .err()
            .unwrap();
        assert!(refused.advice().unwrap().contains(".zst"), "{refused}");
    }
}
