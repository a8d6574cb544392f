//! Here is a target, give me a name for its temporary, and clear away the dead ones.
//!
//! A process that is killed leaves its temporary behind: `.NAME.RANDOM.partial`
//! beside the target. Whoever writes the same target next removes it. A living
//! process holds a lock on its temporary, and the system lets go of that lock
//! when the process ends, however it ends: so a temporary whose lock can be had
//! is an orphan.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SUFFIX: &str = ".partial";
const RANDOM_DIGITS: usize = 16;

/// The temporaries this process has open.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes every temporary that this process has open; for a handler of Ctrl-C, before it exits.
///
/// A write that goes on regardless fails when it commits, and its target stays as it was.
pub fn discard_partials() {
    for partial in std::mem::take(&mut *open()) {
        // It may have been renamed or removed just now, and nobody is left to be told.
        let _ = fs::remove_file(partial);
    }
}

/// Puts a temporary on the list of those open.
pub(super) fn remember(partial: &Path) {
    open().insert(partial.to_path_buf());
}

/// Takes a temporary off that list.
pub(super) fn forget(partial: &Path) {
    open().remove(partial);
}

fn open() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new name for a temporary of the file `name`; no name is ever given twice.
pub(super) fn name_for(name: &OsStr) -> OsString {
    let random = RandomState::new().build_hasher().finish();
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(format!(".{random:0RANDOM_DIGITS$x}{SUFFIX}"));
    partial
}

fn is_partial_of(candidate: &OsStr, name: &OsStr) -> bool {
    let random = candidate
        .as_encoded_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_encoded_bytes()))
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|digits| {
        digits.len() == RANDOM_DIGITS && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

/// Removes the orphans of the file `name` in this folder.
///
/// Housekeeping must not keep anyone from writing: what cannot be read, locked or removed is left.
pub(super) fn sweep(folder: &Path, name: &OsStr) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_partial_of(&entry.file_name(), name) {
            remove_orphan(&entry.path());
        }
    }
}

fn remove_orphan(partial: &Path) {
    let Ok(file) = File::options().read(true).write(true).open(partial) else {
        return;
    };
    // The lock is held until after the removal; `AtomicFile::create` relies on it.
    if file.try_lock().is_ok() {
        let _ = fs::remove_file(partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_temporaries_of_the_same_target_are_recognised() {
        let name = OsStr::new("kn5.model");
        let ours = name_for(name);
        assert!(is_partial_of(&ours, name));
        assert_ne!(ours, name_for(name));
        assert!(!is_partial_of(&ours, OsStr::new("kn5")));
        assert!(!is_partial_of(&ours, OsStr::new("n5.model")));
        assert!(!is_partial_of(OsStr::new(".kn5.model.partial"), name));
        assert!(!is_partial_of(OsStr::new(".kn5.model.x.partial"), name));
        assert!(!is_partial_of(name, name));
    }
}
