//! Here is one place that text comes from, open it.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::stream::Stream;
use crate::error::{Error, ErrorKind, Result};

/// One place that text comes from.
#[derive(Debug)]
pub(super) struct Source {
    name: Arc<str>,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// A file on disk, and how large it was when it was found.
    File { path: PathBuf, bytes: u64 },
    /// A pipe or a device, which gives its text once.
    Pipe { path: PathBuf, spent: AtomicBool },
    /// Standard input, which gives its text once.
    Stdin { spent: AtomicBool },
    /// Text in memory.
    Memory(Arc<[u8]>),
}

impl Source {
    /// A file, pipe or device; it must exist and be readable.
    pub(super) fn path(path: &Path) -> Result<Self> {
        let failure = |error| Error::io("read", path, error);
        let facts = fs::metadata(path).map_err(failure)?;
        let path = path.to_path_buf();
        let name = path.display().to_string().into();
        let origin = if facts.is_file() {
            File::open(&path).map_err(|error| Error::io("read", &path, error))?;
            let bytes = facts.len();
            Origin::File { path, bytes }
        } else {
            let spent = AtomicBool::new(false);
            Origin::Pipe { path, spent }
        };
        Ok(Source { name, origin })
    }

    /// Standard input, unless someone sits before it who expects a prompt.
    pub(super) fn stdin(is_terminal: bool) -> Result<Self> {
        if is_terminal {
            return Err(
                Error::new(ErrorKind::Usage, "no text comes from the terminal")
                    .at("-")
                    .way_out("name a file, or send text: `counterpoint … - < corpus.txt`"),
            );
        }
        Ok(Source {
            name: "standard input".into(),
            origin: Origin::Stdin {
                spent: AtomicBool::new(false),
            },
        })
    }

    pub(super) fn memory(name: &str, text: Vec<u8>) -> Self {
        Source {
            name: name.into(),
            origin: Origin::Memory(text.into()),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes there are to read, where that is known beforehand.
    pub(super) fn bytes(&self) -> Option<u64> {
        match &self.origin {
            Origin::File { bytes, .. } => Some(*bytes),
            Origin::Memory(text) => Some(text.len() as u64),
            Origin::Pipe { .. } | Origin::Stdin { .. } => None,
        }
    }

    /// Begins to read from the start.
    pub(super) fn open(&self, any_bytes: bool) -> Result<Stream> {
        let name = Arc::clone(&self.name);
        match &self.origin {
            Origin::File { path, .. } => Stream::new(name, open(path)?, any_bytes),
            Origin::Pipe { path, spent } => {
                self.spend(spent)?;
                Stream::new(name, open(path)?, any_bytes)
            }
            Origin::Stdin { spent } => {
                self.spend(spent)?;
                Stream::new(name, io::stdin(), any_bytes)
            }
            Origin::Memory(text) => Stream::new(name, Cursor::new(Arc::clone(text)), any_bytes),
        }
    }

    fn spend(&self, spent: &AtomicBool) -> Result<()> {
        if spent.swap(true, Ordering::Relaxed) {
            return Err(
                Error::new(ErrorKind::Usage, "this input can be read only once")
                    .at(self.name())
                    .way_out("save it to a file, and name the file"),
            );
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::io("read", path, error))
}
