//! Here is a long file on its way out, write it past the system's cache.
//!
//! What is written the usual way is first copied into the page cache: as much memory beside ours as
//! the file is long, and to touch memory for the first time costs more than the disk does (1.8 GB
//! of ARPA: 2.9 s through the cache, 0.5 s past it, on a virtual machine with a fast disk). So the
//! blocks of a long file go from our memory to the disk, which is what Linux calls `O_DIRECT`.
//! The cache also waits for the disk in our place; here a thread of the file's own does, while there
//! are empty blocks to go on with.
//!
//! A short file stays in the cache, as whoever reads it next would like. So does the rest of one that
//! a file system will not take this way, or a disk that is slower than memory.

use std::fs::File;
use std::io::{self, ErrorKind as IoKind, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::AtomicFile;
use crate::error::{Error, Result};

/// How many bytes go to the disk at once, from an address that is a multiple of [`ALIGNED`].
const BLOCK: usize = if cfg!(test) { 2 * ALIGNED } else { 4 << 20 };

/// What disks ask of addresses, places and lengths; none asks for more.
const ALIGNED: usize = 4096;

/// How many blocks there are: one is being filled, the others wait for the disk.
const BLOCKS: usize = 8;

/// How many blocks make a file long.
const SHORT: u64 = if cfg!(test) { 3 } else { 16 };

/// After so many blocks it is seen whether the disk is fast enough.
const TRIED: u32 = 16;

/// What a block may take at a gigabyte a second, about what the cache takes in.
const FAST: Duration = Duration::from_millis(4);

/// A file that replaces its target when it is committed, as [`AtomicFile`], for gigabytes.
pub struct PastCache {
    block: Block,
    /// `None` when nothing more is coming, which ends the writer.
    full: Option<Sender<Block>>,
    /// What was written, to be filled again; after an error there is no more.
    empty: Receiver<io::Result<Block>>,
    /// Gives the file back.
    writer: Option<JoinHandle<AtomicFile>>,
}

impl PastCache {
    /// Begins a file that will be `target`.
    ///
    /// # Errors
    /// As [`AtomicFile::create`], or if there can be no more threads.
    pub fn create(target: &Path) -> Result<Self> {
        let mut blocks = Blocks {
            file: AtomicFile::create(target)?,
            written: 0,
            way: Way::Short,
        };
        let (full, to_write) = channel();
        let (written, empty) = channel();
        for _ in 1..BLOCKS {
            written.send(Ok(Block::new())).expect("it is received here");
        }
        let write = move || {
            // Nobody may wait for an empty block any more: then the result is nobody's.
            let all = to_write.into_iter().try_for_each(|mut block: Block| {
                blocks.write(&block)?;
                block.len = 0;
                let _ = written.send(Ok(block));
                Ok(())
            });
            if let Err(error) = all.and_then(|()| blocks.go_through()) {
                let _ = written.send(Err(error));
            }
            blocks.file
        };
        let writer = thread::Builder::new().spawn(write);
        Ok(PastCache {
            block: Block::new(),
            full: Some(full),
            empty,
            writer: Some(writer.map_err(|error| Error::io("begin to write", target, error))?),
        })
    }

    /// Puts the file in the place of its target, as [`AtomicFile::commit_in_time`].
    ///
    /// # Errors
    /// If not all could be written, or the file not be renamed.
    pub fn commit_in_time(mut self) -> Result<()> {
        let mut file = self.end().expect("it is ended once");
        let failed = self.empty.try_iter().find_map(io::Result::err);
        // The last bytes rarely fill a block, and only whole ones go past the cache.
        let all = match failed {
            Some(error) => Err(error),
            None => file.write_all(self.block.filled()),
        };
        all.map_err(|error| file.failure(error))?;
        file.commit_in_time()
    }

    /// Waits until all blocks are written.
    fn end(&mut self) -> Option<AtomicFile> {
        self.full = None;
        let writer = self.writer.take()?;
        Some(
            writer
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        )
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let over = || io::Error::other("writing it failed before");
        let empty = self.empty.recv().map_err(|_| over())??;
        let block = std::mem::replace(&mut self.block, empty);
        let full = self.full.as_ref().ok_or_else(over)?;
        full.send(block).map_err(|_| over())
    }
}

impl Write for PastCache {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.is_full() {
            self.hand_over()?;
        }
        Ok(self.block.take(bytes))
    }

    /// Nothing: a part of a block cannot go past the cache, and only the whole file is of use.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PastCache {
    /// The file vanishes before whoever gave it up goes on.
    fn drop(&mut self) {
        self.full = None;
        if let Some(writer) = self.writer.take() {
            // A panic was told already, by the thread itself.
            let _ = writer.join();
        }
    }
}

/// Memory for some bytes, which begins where a disk wants it to.
struct Block {
    memory: Vec<u8>,
    begin: usize,
    len: usize,
}

impl Block {
    fn new() -> Self {
        let memory = vec![0; BLOCK + ALIGNED];
        Block {
            begin: memory.as_ptr().align_offset(ALIGNED).min(ALIGNED),
            memory,
            len: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.len == BLOCK
    }

    fn filled(&self) -> &[u8] {
        &self.memory[self.begin..self.begin + self.len]
    }

    /// Takes as many bytes as it has room for, and says how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(BLOCK - self.len);
        let place = self.begin + self.len;
        self.memory[place..place + taken].copy_from_slice(&bytes[..taken]);
        self.len += taken;
        taken
    }
}

/// Whole blocks on their way to the file.
struct Blocks {
    file: AtomicFile,
    written: u64,
    way: Way,
}

/// How blocks reach the file.
#[derive(Clone, Copy)]
enum Way {
    /// Through the cache, until the file is long.
    Short,
    /// Past it: so many since the clock was looked at, which took so long.
    Past { blocks: u32, took: Duration },
    /// Through the cache for good.
    Through,
}

impl Blocks {
    fn write(&mut self, block: &Block) -> io::Result<()> {
        if matches!(self.way, Way::Short) && self.written == SHORT {
            self.go_past()?;
        }
        let began = Instant::now();
        let written = match self.file.write_all(block.filled()) {
            // Some file systems take the flag, and then not what it stands for.
            Err(error) if error.kind() == IoKind::InvalidInput && self.is_past() => {
                self.go_through()?;
                self.file.write_all(block.filled())
            }
            written => written,
        };
        self.written += 1;
        written.and_then(|()| self.time(began.elapsed()))
    }

    fn is_past(&self) -> bool {
        matches!(self.way, Way::Past { .. })
    }

    fn go_past(&mut self) -> io::Result<()> {
        // What is buffered goes through; from here on there are only whole blocks.
        self.file.flush()?;
        self.way = match past_cache(self.file.inner(), true) {
            Ok(()) => Way::Past {
                blocks: 0,
                took: Duration::ZERO,
            },
            Err(_) => Way::Through,
        };
        Ok(())
    }

    fn go_through(&mut self) -> io::Result<()> {
        if self.is_past() {
            past_cache(self.file.inner(), false)?;
        }
        self.way = Way::Through;
        Ok(())
    }

    /// Sees whether the disk keeps up.
    fn time(&mut self, elapsed: Duration) -> io::Result<()> {
        let Way::Past { blocks, took } = self.way else {
            return Ok(());
        };
        let (blocks, took) = (blocks + 1, took + elapsed);
        if blocks == TRIED && took > FAST * TRIED {
            return self.go_through();
        }
        self.way = match blocks {
            TRIED => Way::Past {
                blocks: 0,
                took: Duration::ZERO,
            },
            _ => Way::Past { blocks, took },
        };
        Ok(())
    }
}

/// Has a file be written past the cache, or through it.
#[cfg(target_os = "linux")]
fn past_cache(file: &File, past: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, past);
    Ok(fcntl_setfl(file, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn past_cache(_: &File, past: bool) -> io::Result<()> {
    match past {
        true => Err(IoKind::Unsupported.into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that repeat at no power of two.
    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn a_file_of_any_length_holds_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let blocks = [0, 1, 2, 3, 4, 5, 9];
        let lengths = blocks.map(|n| n * BLOCK);
        let lengths = lengths
            .iter()
            .flat_map(|&whole| [whole.saturating_sub(1), whole, whole + 1]);
        for length in lengths {
            for piece in [1, 1000, BLOCK, 3 * BLOCK + 5] {
                let bytes = bytes(length);
                let mut file = PastCache::create(&path).unwrap();
                for piece in bytes.chunks(piece) {
                    file.write_all(piece).unwrap();
                }
                file.commit_in_time().unwrap();
                assert!(std::fs::read(&path).unwrap() == bytes, "{length} {piece}");
            }
        }
    }

    #[test]
    fn a_slow_disk_gets_the_rest_through_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let mut blocks = Blocks {
            file: AtomicFile::create(&path).unwrap(),
            written: 0,
            way: Way::Short,
        };
        let mut block = Block::new();
        block.take(&bytes(BLOCK));
        for _ in 0..=SHORT {
            blocks.write(&block).unwrap();
        }
        if blocks.is_past() {
            (0..TRIED).for_each(|_| blocks.time(2 * FAST).unwrap());
        }
        assert!(matches!(blocks.way, Way::Through));
        blocks.write(&block).unwrap();
        blocks.file.commit_in_time().unwrap();
        let expected = bytes(BLOCK).repeat(SHORT as usize + 2);
        assert!(std::fs::read(&path).unwrap() == expected);
    }

    #[test]
    fn what_is_not_committed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = PastCache::create(&folder.path().join("long")).unwrap();
        file.write_all(&bytes(6 * BLOCK)).unwrap();
        drop(file);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
