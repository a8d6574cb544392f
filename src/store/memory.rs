//! Here is an open file, give me its bytes.
//!
//! Either the file is mapped, or it is read into pages of our own; both are a
//! read-only [`Mmap`], aligned to pages. The second way costs a read of the
//! whole file and is immune to whatever happens to it later.

use std::fs::File;
use std::io::{self, Read};

use memmap2::{Mmap, MmapMut};

/// Maps the file.
pub(super) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: what must hold is that the bytes do not change while we look at them. No program of
    // this house ever writes into a finished model: a new one is another file that takes over the
    // name (see `AtomicFile`), and this mapping keeps the old. Should a stranger write into the
    // file nevertheless, we read other numbers than before: the bytes are only ever seen as types
    // for which any pattern is a value (`Pod`), and every index taken from them is bounds-checked.
    // Should a stranger cut it short, the system ends the process with SIGBUS: no wrong answer, and
    // `OpenOptions { map: false, .. }` is the way out.
    unsafe { Mmap::map(file) }
}

/// Reads `length` bytes, no more and no less, into huge pages where there are any: a table that is
/// looked at in random places then misses the table of pages less often than a mapped file does.
pub(super) fn read(mut file: impl Read, length: usize) -> io::Result<Mmap> {
    let mut pages = MmapMut::map_anon(length)?;
    #[cfg(target_os = "linux")]
    // A kernel that has none refuses, which is no harm.
    let _ = pages.advise(memmap2::Advice::HugePage);
    file.read_exact(&mut pages)?;
    pages.make_read_only()
}

/// Copies bytes that are in memory already.
pub(super) fn copy(bytes: &[u8]) -> io::Result<Mmap> {
    read(bytes, bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrank_is_an_error() {
        assert_eq!(&copy(b"abc").unwrap()[..], b"abc");
        let error = read(&b"ab"[..], 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
