//! Here is what the user named, give me the files.
//!
//! A name is what it says first of all: a pattern's characters are special only
//! if no file is called so.

use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::source::Source;
use super::unpack::looks_like_text;
use crate::error::{Error, ErrorKind, Result};

const STDIN: &str = "-";

/// What was found under the names.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    /// Files in folders that are no text.
    pub(super) skipped: Vec<PathBuf>,
    also: fn(&[u8]) -> bool,
}

impl Found {
    /// Everything under these names, in their order. In folders, `also` says of what is no text
    /// whether it is wanted, from its first bytes.
    pub(super) fn under(inputs: &[String], also: fn(&[u8]) -> bool) -> Result<Self> {
        let mut found = Found {
            sources: Vec::new(),
            skipped: Vec::new(),
            also,
        };
        if inputs.is_empty() {
            return Err(usage("no input was named")
                .way_out("name files or folders, or - for standard input"));
        }
        if inputs.iter().filter(|input| *input == STDIN).count() > 1 {
            return Err(usage("standard input can be read only once")
                .at(STDIN)
                .way_out("name - once; ./- is a file of that name"));
        }
        for input in inputs {
            found.add(input)?;
        }
        Ok(found)
    }

    fn add(&mut self, input: &str) -> Result<()> {
        let path = Path::new(input);
        if input == STDIN {
            self.sources.push(Source::stdin(io::stdin().is_terminal())?);
            return Ok(());
        }
        let is_pattern = input.contains(['*', '?', '[']);
        if is_pattern && fs::symlink_metadata(path).is_err() {
            return self.add_pattern(input);
        }
        self.add_path(path)
    }

    fn add_path(&mut self, path: &Path) -> Result<()> {
        let facts = fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
        if facts.is_dir() {
            return self.add_folder(path);
        }
        self.sources.push(Source::path(path)?);
        Ok(())
    }

    fn add_pattern(&mut self, pattern: &str) -> Result<()> {
        let refuse = |what: String| usage(what).at(pattern).way_out("`ls` shows what is there");
        let options = glob::MatchOptions {
            require_literal_leading_dot: true,
            ..glob::MatchOptions::default()
        };
        let paths = glob::glob_with(pattern, options)
            .map_err(|error| refuse(format!("this pattern is malformed: {}", error.msg)))?;
        let mut none = true;
        for path in paths {
            let path = path.map_err(|error| {
                let path = error.path().to_path_buf();
                Error::io("read", &path, error.into())
            })?;
            self.add_path(&path)?;
            none = false;
        }
        match none {
            true => Err(refuse("no file matches this pattern".to_owned())),
            false => Ok(()),
        }
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let before = self.sources.len();
        for path in files_under(folder)? {
            let failure = |error| Error::io("read", &path, error);
            let file = File::open(&path).map_err(failure)?;
            if looks_like_text(file, self.also).map_err(failure)? {
                self.sources.push(Source::path(&path)?);
            } else {
                self.skipped.push(path);
            }
        }
        if self.sources.len() == before {
            return Err(Error::new(ErrorKind::Input, "this folder holds no text")
                .at(folder.display().to_string())
                .way_out(
                    "name another folder; hidden files and files with NUL bytes are passed over",
                ));
        }
        Ok(())
    }
}

/// All plain files under a folder that are not hidden, sorted by their paths.
///
/// A link to a file counts; a link to a folder does not, because it could lead back here.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failure = |error| Error::io("read", &folder, error);
        for entry in fs::read_dir(&folder).map_err(failure)? {
            let entry = entry.map_err(failure)?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(failure)?.is_dir() {
                folders.push(path);
            } else if fs::metadata(&path).is_ok_and(|facts| facts.is_file()) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn usage(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn names(folder: &Path, input: &str) -> Result<Vec<String>> {
        let input = folder.join(input).to_str().unwrap().to_owned();
        let found = Found::under(&[input], |_| false)?;
        let within = |source: &Source| {
            let name = Path::new(source.name()).strip_prefix(folder).unwrap();
            name.to_str().unwrap().to_owned()
        };
        Ok(found.sources.iter().map(within).collect())
    }

    #[test]
    fn a_folder_gives_its_text_in_order() {
        let folder = folder(&[
            ("b.txt", b"b"),
            ("a/z", b"z"),
            ("a.txt", b"a"),
            ("empty", b""),
            (".hidden", b"h"),
            (".git/config", b"h"),
            ("image", b"\x89PNG\0"),
            ("utf16", b"\xFF\xFEa\0"),
            ("none/image", b"\0"),
        ]);
        let all = names(folder.path(), "").unwrap();
        assert_eq!(all, ["a/z", "a.txt", "b.txt", "empty", "utf16"]);
        let error = names(folder.path(), "none").unwrap_err();
        assert!(error.what().contains("no text"), "{error}");
        let found = Found::under(&[folder.path().to_str().unwrap().to_owned()], |_| false).unwrap();
        assert_eq!(found.skipped.len(), 2);
    }

    #[test]
    fn a_pattern_is_one_only_if_no_file_is_called_so() {
        let folder = folder(&[
            ("a1", b""),
            ("a2", b""),
            ("b[1]", b""),
            ("b1", b""),
            ("c/d", b""),
        ]);
        assert_eq!(names(folder.path(), "a*").unwrap(), ["a1", "a2"]);
        assert_eq!(names(folder.path(), "b[1]").unwrap(), ["b[1]"]);
        assert_eq!(
            names(folder.path(), "d?").unwrap_err().kind(),
            ErrorKind::Usage
        );
        assert_eq!(names(folder.path(), "?").unwrap(), ["c/d"]);
        assert!(names(folder.path(), "a[").is_err(), "malformed");
    }

    #[test]
    fn impossible_names_are_errors() {
        let folder = folder(&[]);
        let error = names(folder.path(), "absent.txt").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.place().unwrap().ends_with("absent.txt"));
        assert!(
            Found::under(&[], |_| false)
                .unwrap_err()
                .what()
                .contains("no input")
        );
        let twice = [STDIN.to_owned(), STDIN.to_owned()];
        assert!(
            Found::under(&twice, |_| false)
                .unwrap_err()
                .what()
                .contains("once")
        );
        let error = Source::stdin(true).unwrap_err();
        assert!(error.advice().unwrap().contains("name a file"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed() {
        let folder = folder(&[("a/b", b"b")]);
        let (link, file) = (folder.path().join("a/loop"), folder.path().join("a/c"));
        std::os::unix::fs::symlink(folder.path(), link).unwrap();
        std::os::unix::fs::symlink(folder.path().join("a/b"), file).unwrap();
        assert_eq!(names(folder.path(), "").unwrap(), ["a/b", "a/c"]);
    }
}
