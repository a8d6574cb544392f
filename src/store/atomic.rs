//! Here is a target and its bytes; it will hold all of them or stay as it was.
//!
//! The bytes go into a temporary in the same folder. When they are complete and
//! on the disk, it takes over the target's name, in one step. Whoever has the old
//! file open or mapped keeps the old one; whoever kills us at any moment leaves
//! the old one in place, and the temporary to be swept by the next writer.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind as IoKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf, is_separator};

use super::partials;
use crate::error::{Error, ErrorKind, Result};

const BUFFER: usize = 256 << 10;

/// A file being written, which replaces its target when it is committed and vanishes otherwise.
///
/// Writes are buffered. The errors of [`Write`] do not know the path:
/// [`AtomicFile::failure`] tells it to them.
#[derive(Debug)]
pub struct AtomicFile {
    file: BufWriter<File>,
    place: Target,
    partial: PathBuf,
    needed: Option<u64>,
    committed: bool,
}

#[derive(Debug)]
struct Target {
    /// As it was given, for messages.
    shown: PathBuf,
    /// Where the file really goes: absolute, and behind a symbolic link if it is one.
    path: PathBuf,
    folder: PathBuf,
    name: OsString,
}

impl AtomicFile {
    /// Begins a file that will be `target`, whose folder is made if it does not exist.
    ///
    /// Temporaries of the same target that a killed process left are removed.
    pub fn create(target: &Path) -> Result<Self> {
        let place = Target::find(target)?;
        fs::create_dir_all(&place.folder)
            .map_err(|error| Error::io("make the folder", &place.folder, error))?;
        partials::sweep(&place.folder, &place.name);
        let (partial, file) = place
            .new_partial()
            .map_err(|error| Error::io("write", &place.shown, error))?;
        Ok(AtomicFile {
            file: BufWriter::with_capacity(BUFFER, file),
            place,
            partial,
            needed: None,
            committed: false,
        })
    }

    /// Says that the file will have at least so many bytes, for the message of a full disk.
    pub fn expect_len(&mut self, bytes: u64) {
        self.needed = self.needed.max(Some(bytes));
    }

    /// The file itself, of which the last bytes may not be written yet.
    pub(super) fn inner(&self) -> &File {
        self.file.get_ref()
    }

    /// Another handle of the same file.
    pub fn handle(&self) -> Result<File> {
        let handle = self.file.get_ref().try_clone();
        handle.map_err(|error| self.failure(error))
    }

    /// Waits until all that was written is on the disk.
    pub fn sync(&mut self) -> Result<()> {
        let synced = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| self.failure(error))
    }

    /// Puts the file in the place of its target, when it is on the disk.
    pub fn commit(mut self) -> Result<()> {
        self.sync()?;
        self.replace_target()?;
        sync_folder(&self.place.folder).map_err(|error| self.failure(error))
    }

    /// Puts the file in the place of its target, and leaves it to the system when it reaches the disk:
    /// for what can be made again. Whatever ends the process, the target is whole; what a power
    /// failure leaves in the next half minute, the file system decides.
    pub fn commit_in_time(mut self) -> Result<()> {
        self.file.flush().map_err(|error| self.failure(error))?;
        self.replace_target()
    }

    fn replace_target(&mut self) -> Result<()> {
        self.keep_permissions()
            .map_err(|error| self.failure(error))?;
        fs::rename(&self.partial, &self.place.path).map_err(|error| self.failure(error))?;
        self.committed = true;
        Ok(())
    }

    /// The error of a write to this file, with its path and, on a full disk, the space it needs.
    pub fn failure(&self, source: io::Error) -> Error {
        let full = matches!(
            source.kind(),
            IoKind::StorageFull | IoKind::QuotaExceeded | IoKind::FileTooLarge
        );
        let error = Error::io("write", &self.place.shown, source);
        match self.needed {
            Some(bytes) if full => error.way_out(format!(
                "the file needs at least {bytes} bytes: make room for them, or choose another path"
            )),
            _ => error,
        }
    }

    /// A file that others may not read stays one.
    fn keep_permissions(&self) -> io::Result<()> {
        match fs::metadata(&self.place.path) {
            Ok(old) => self.file.get_ref().set_permissions(old.permissions()),
            Err(error) if error.kind() == IoKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.committed {
            // Nobody can be told any more; what stays is swept by the next writer.
            let _ = fs::remove_file(&self.partial);
        }
        partials::forget(&self.partial);
    }
}

impl Target {
    fn find(target: &Path) -> Result<Self> {
        let shown = target.to_path_buf();
        if shown.as_os_str().is_empty() {
            return Err(refusal(&shown, "this names no file", "name a file"));
        }
        let path = behind_link(target).map_err(|error| Error::io("write", target, error))?;
        let existing = fs::metadata(&path).ok();
        let named_folder = target.to_string_lossy().ends_with(is_separator);
        if named_folder || existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(refusal(&shown, "this is a folder", "name a file inside it"));
        }
        if existing.is_some_and(|facts| !facts.is_file()) {
            // Renaming over `/dev/null` would replace the device for everyone.
            return Err(refusal(
                &shown,
                "this is a device or a pipe, which cannot be replaced",
                "name a file",
            ));
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(refusal(&shown, "this names no file", "name a file"));
        };
        let (folder, name) = (folder.to_path_buf(), name.to_os_string());
        Ok(Target {
            shown,
            path,
            folder,
            name,
        })
    }

    /// Creates a temporary and takes its lock.
    ///
    /// Between the two a sweeper may find the file unlocked, lock it and remove it. It holds the
    /// lock until it has removed the file; so once we have the lock, either the file is gone and
    /// we try again, or no sweeper will ever get it. Names are never given twice, so a file of
    /// that name is ours.
    fn new_partial(&self) -> io::Result<(PathBuf, File)> {
        loop {
            let partial = self.folder.join(partials::name_for(&self.name));
            partials::remember(&partial);
            match lock_new(&partial) {
                Ok(file) if partial.exists() => return Ok((partial, file)),
                Err(error) if error.kind() != IoKind::AlreadyExists => {
                    partials::forget(&partial);
                    return Err(error);
                }
                Ok(_) | Err(_) => partials::forget(&partial),
            }
        }
    }
}

fn lock_new(partial: &Path) -> io::Result<File> {
    let file = File::options().write(true).create_new(true).open(partial)?;
    match file.lock() {
        // Where files cannot be locked, no sweeper gets a lock either, and nothing is swept.
        Err(error) if error.kind() == IoKind::Unsupported => Ok(file),
        Err(error) => {
            let _ = fs::remove_file(partial);
            Err(error)
        }
        Ok(()) => Ok(file),
    }
}

/// A link stays a link, and the file it leads to is replaced.
fn behind_link(target: &Path) -> io::Result<PathBuf> {
    let is_link = fs::symlink_metadata(target).is_ok_and(|facts| facts.is_symlink());
    match is_link.then(|| fs::canonicalize(target)) {
        Some(Ok(path)) => Ok(path),
        _ => std::path::absolute(target),
    }
}

fn refusal(target: &Path, what: &str, way_out: &str) -> Error {
    Error::new(ErrorKind::Usage, what)
        .at(target.display().to_string())
        .way_out(way_out)
}

/// Makes the new name as durable as the bytes; some file systems have no such thing for folders.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), IoKind::InvalidInput | IoKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(target: &Path, text: &str) -> AtomicFile {
        let mut file = AtomicFile::create(target).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn the_target_changes_at_commit_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("models/new/a.arpa");
        write(&target, "old").commit().unwrap();
        let file = write(&target, "new");
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(names_in(target.parent().unwrap()), ["a.arpa"]);
    }

    #[test]
    fn without_commit_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        let file = write(&target, "half");
        assert_eq!(names_in(folder.path()).len(), 1);
        drop(file);
        assert!(names_in(folder.path()).is_empty());
    }

    #[test]
    fn an_orphan_is_swept_and_a_living_temporary_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        let orphan = folder.path().join(partials::name_for("a".as_ref()));
        let other = folder.path().join(partials::name_for("b".as_ref()));
        fs::write(&orphan, "left by a killed process").unwrap();
        fs::write(&other, "of another target").unwrap();
        let first = write(&target, "first");
        assert!(!orphan.exists() && other.exists());
        let second = write(&target, "second");
        first.commit().unwrap();
        second.commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "second");
    }

    #[test]
    fn writers_of_one_target_never_lose_their_temporaries() {
        let folder = tempfile::tempdir().unwrap();
        let target = &folder.path().join("a");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || {
                    for round in 0..100 {
                        write(target, &format!("{writer} {round}"))
                            .commit()
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(names_in(folder.path()), ["a"]);
    }

    #[test]
    fn what_cannot_be_replaced_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = AtomicFile::create(folder.path()).unwrap_err();
        assert!(error.what().contains("folder"), "{error}");
        let slash = folder.path().join("models/");
        assert!(AtomicFile::create(&slash).is_err());
        assert!(AtomicFile::create(Path::new("")).is_err());
        fs::write(folder.path().join("file"), "").unwrap();
        let beneath_a_file = folder.path().join("file/a");
        assert!(AtomicFile::create(&beneath_a_file).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_stay_links_stay_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let error = AtomicFile::create(Path::new("/dev/null")).unwrap_err();
        assert!(error.what().contains("device"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("a"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&target, &link).unwrap();
        write(&link, "new").commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
