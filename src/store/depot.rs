//! Here are columns that may not all fit into memory; keep them, and give them back.
//!
//! A depot has so much room in memory. What is brought while there is room stays
//! there; what comes later goes to temporary files and is read back when it is
//! asked for. Nobody who uses a column can tell which it was, but for the time it
//! takes.
//!
//! The temporary files have no names: they are removed from their folder as soon as
//! they are open, so that whatever ends the process, the system frees their space.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytemuck::Pod;

use crate::error::{Error, ErrorKind, Result};

/// A place for columns: so much memory, and a folder for the rest.
#[derive(Clone, Debug)]
pub struct Depot {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Bytes of memory that are still free; below 0 if a caller insisted.
    room: AtomicI64,
    folder: PathBuf,
    files: [TemporaryFile; FILES],
}

/// The system lets one thread at a time write to a file; so there are several.
const FILES: usize = 8;

#[derive(Debug, Default)]
struct TemporaryFile {
    /// Made when it is first needed.
    file: Mutex<Option<Arc<File>>>,
    written: AtomicU64,
}

/// A column in a depot.
pub struct Kept<T> {
    place: Place<T>,
    depot: Arc<Inner>,
}

enum Place<T> {
    Memory(Vec<T>),
    Disk {
        file: Arc<File>,
        offset: u64,
        len: usize,
        of: PhantomData<T>,
    },
}

impl Depot {
    /// A depot with so many bytes of memory, and this folder for temporary files.
    pub fn new(memory: u64, folder: &Path) -> Self {
        Depot {
            inner: Arc::new(Inner {
                room: AtomicI64::new(i64::try_from(memory).unwrap_or(i64::MAX)),
                folder: folder.to_owned(),
                files: Default::default(),
            }),
        }
    }

    /// A depot that keeps everything in memory.
    pub fn in_memory() -> Self {
        Depot::new(u64::MAX, Path::new(""))
    }

    /// Keeps a column.
    ///
    /// # Errors
    /// If it has to go to the disk, and that fails.
    pub fn keep<T: Pod>(&self, numbers: Vec<T>) -> Result<Kept<T>> {
        let bytes = size_of_val(&numbers[..]) as i64;
        let place = match self.inner.take_room(bytes) {
            true => Place::Memory(numbers),
            false => self.to_disk(&numbers)?,
        };
        let depot = Arc::clone(&self.inner);
        Ok(Kept { place, depot })
    }

    /// How many bytes went to the disk so far.
    pub fn bytes_on_disk(&self) -> u64 {
        self.inner.bytes_on_disk()
    }

    fn to_disk<T: Pod>(&self, numbers: &[T]) -> Result<Place<T>> {
        let bytes: &[u8] = bytemuck::cast_slice(numbers);
        let lane = rayon::current_thread_index().unwrap_or(0) % FILES;
        let file = self.inner.file(lane)?;
        let length = bytes.len() as u64;
        let written = &self.inner.files[lane].written;
        let offset = written.fetch_add(length, Ordering::Relaxed);
        write_at(&file, bytes, offset).map_err(|error| self.inner.failure(error))?;
        Ok(Place::Disk {
            file,
            offset,
            len: numbers.len(),
            of: PhantomData,
        })
    }
}

impl Inner {
    fn take_room(&self, bytes: i64) -> bool {
        let before = self.room.fetch_sub(bytes, Ordering::Relaxed);
        if before < bytes {
            self.room.fetch_add(bytes, Ordering::Relaxed);
        }
        before >= bytes
    }

    fn bytes_on_disk(&self) -> u64 {
        let written = self
            .files
            .iter()
            .map(|file| file.written.load(Ordering::Relaxed));
        written.sum()
    }

    fn file(&self, lane: usize) -> Result<Arc<File>> {
        let mut file = self.files[lane]
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*file {
            return Ok(Arc::clone(file));
        }
        let made = tempfile::tempfile_in(&self.folder).map_err(|error| {
            Error::io("make a temporary file", &self.folder, error)
                .way_out("name a folder that can be written to with --temp")
        })?;
        Ok(Arc::clone(file.insert(Arc::new(made))))
    }

    fn failure(&self, error: io::Error) -> Error {
        let needed = self.bytes_on_disk();
        let full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        let error = Error::io("write a temporary file", &self.folder, error);
        match full {
            true => error.way_out(format!(
                "temporary files need at least {needed} bytes there: make room, choose another folder with --temp, or give more --memory"
            )),
            false => error,
        }
    }
}

impl<T: Pod> Kept<T> {
    /// How many numbers it has.
    pub fn len(&self) -> usize {
        match &self.place {
            Place::Memory(numbers) => numbers.len(),
            Place::Disk { len, .. } => *len,
        }
    }

    /// True if it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, read from the disk if they are there.
    pub fn read(&self) -> Result<Cow<'_, [T]>> {
        match &self.place {
            Place::Memory(numbers) => Ok(Cow::Borrowed(numbers)),
            Place::Disk {
                file, offset, len, ..
            } => {
                let mut numbers = vec![T::zeroed(); *len];
                let bytes = bytemuck::cast_slice_mut(&mut numbers);
                read_at(file, bytes, *offset).map_err(|error| self.unreadable(error))?;
                Ok(Cow::Owned(numbers))
            }
        }
    }

    /// The numbers, which leave the depot; an empty column stays.
    pub fn take(&mut self) -> Result<Vec<T>> {
        let numbers = match &mut self.place {
            Place::Memory(numbers) => std::mem::take(numbers),
            Place::Disk { .. } => self.read()?.into_owned(),
        };
        if let Place::Memory(_) = self.place {
            let bytes = size_of_val(&numbers[..]) as i64;
            self.depot.room.fetch_add(bytes, Ordering::Relaxed);
        }
        self.place = Place::Memory(Vec::new());
        Ok(numbers)
    }

    /// The column as it is; an empty one stays.
    pub fn move_out(&mut self) -> Kept<T> {
        let empty = Kept {
            place: Place::Memory(Vec::new()),
            depot: Arc::clone(&self.depot),
        };
        std::mem::replace(self, empty)
    }

    fn unreadable(&self, error: io::Error) -> Error {
        Error::new(
            ErrorKind::Io,
            format!("cannot read a temporary file again: {error}"),
        )
        .at(self.depot.folder.display().to_string())
        .way_out("check the disk, or choose another folder with --temp")
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if let Place::Memory(numbers) = &self.place {
            let bytes = size_of_val(&numbers[..]) as i64;
            self.depot.room.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Memory(numbers) => write!(f, "{} numbers in memory", numbers.len()),
            Place::Disk { len, .. } => write!(f, "{len} numbers on the disk"),
        }
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// Fills `bytes` from a place of a file, whose cursor does not matter.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

/// Fills `bytes` from a place of a file; its cursor is nobody's.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_comes_back_from_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(16, folder.path());
        let kept: Vec<Kept<u32>> = (0..4u32)
            .map(|n| depot.keep(vec![n, n + 1, n + 2]).unwrap())
            .collect();
        assert_eq!(depot.bytes_on_disk(), 36, "one of them fits");
        for (n, mut column) in (0..).zip(kept) {
            assert_eq!(column.len(), 3);
            assert_eq!(&column.read().unwrap()[..], [n, n + 1, n + 2]);
            assert_eq!(column.take().unwrap(), [n, n + 1, n + 2]);
        }
        let again = depot.keep(vec![1u64, 2]).unwrap();
        assert_eq!(depot.bytes_on_disk(), 36, "taken columns leave room");
        drop(again);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_a_way_out() {
        let depot = Depot::new(0, Path::new("/no/such/folder"));
        let error = depot.keep(vec![1u8]).unwrap_err();
        assert!(error.advice().unwrap().contains("--temp"), "{error}");
    }
}
