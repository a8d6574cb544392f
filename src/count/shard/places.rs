//! Here is a file, give me any bytes of it.
//!
//! Tasks that decode columns side by side must not share a cursor, so the file is
//! read at places. It is never mapped: a file that somebody shortens meanwhile
//! must be an error, not the end of the process.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{Error, ErrorKind, Result};
use crate::store;

/// What every Parquet file begins and ends with.
const MAGIC: [u8; 4] = *b"PAR1";

/// True if a file begins as Parquet does, and so is no text.
pub fn is_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == MAGIC
}

/// What to do about a damaged file.
pub(super) const AGAIN: &str = "make the file again, or fetch it again from where it came from";

/// A file that is read at places.
#[derive(Clone)]
pub(super) struct Places {
    file: Arc<File>,
    pub(super) len: u64,
}

impl Places {
    /// Opens a file that can be read at any place.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error| Error::io("read", path, error);
        let file = File::open(path).map_err(failed)?;
        let facts = file.metadata().map_err(failed)?;
        if !facts.is_file() {
            let what = "this is no file that can be read at any place";
            return Err(Error::new(ErrorKind::Usage, what)
                .at(path.display().to_string())
                .way_out("name a regular file"));
        }
        Ok(Places {
            file: Arc::new(file),
            len: facts.len(),
        })
    }

    /// Says it plainly if this is something else, or was cut off.
    pub(super) fn check_ends(&self) -> Result<()> {
        let (mut first, mut last) = ([0; 4], [0; 4]);
        let read = |bytes: &mut [u8], at| store::read_at(&self.file, bytes, at).is_ok();
        if !read(&mut first, 0) || first != MAGIC {
            return Err(Error::new(ErrorKind::Format, "this is no Parquet file")
                .way_out("name a file that `counterpoint count`, `merge` or `vocabulary` wrote"));
        }
        if !read(&mut last, self.len.saturating_sub(4)) || last != MAGIC || self.len < 12 {
            let what = "this Parquet file was cut off: its end is missing";
            return Err(Error::new(ErrorKind::Corrupt, what).way_out(AGAIN));
        }
        Ok(())
    }

    /// Adds what lies between the first magic and the footer to a digest.
    pub(super) fn hash(&self, hasher: &mut blake3::Hasher) -> io::Result<()> {
        let mut length = [0; 4];
        store::read_at(&self.file, &mut length, self.len - 8)?;
        let footer = u64::from(u32::from_le_bytes(length)) + 8;
        let start = MAGIC.len() as u64;
        let bytes = (self.len - start).saturating_sub(footer);
        hasher.update_reader(self.reader(start).take(bytes))?;
        Ok(())
    }

    fn reader(&self, at: u64) -> Behind {
        Behind {
            places: self.clone(),
            at,
        }
    }
}

/// What lies behind a place.
pub(super) struct Behind {
    places: Places,
    at: u64,
}

impl Read for Behind {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.places.len.saturating_sub(self.at);
        let len = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        store::read_at(&self.places.file, &mut bytes[..len], self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Length for Places {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Places {
    type T = BufReader<Behind>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.reader(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.len) {
            let what = format!("{length} bytes at {start} lie beyond its end");
            return Err(ParquetError::EOF(what));
        }
        let mut bytes = vec![0; length];
        store::read_at(&self.file, &mut bytes, start)?;
        Ok(bytes.into())
    }
}
