//! Here are weights and the names of voices, give me their file, and back.
//!
//! A model file of kind `mixture` holds a [`MixtureHeader`] and no sections.

use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::tuning::TuningRecord;
use super::weights::Weights;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ModelFile, OpenOptions, Writer};
use crate::token::Reading;

/// The kind of model file that a mixture is.
pub const KIND: &str = "mixture";

/// Everything a mixture is but its voices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureHeader {
    /// How text becomes its tokens.
    pub reading: Reading,
    /// Where its voices are.
    pub parts: Vec<Part>,
    /// How much each of them says.
    pub weights: Weights,
    /// How the weights were tuned.
    pub tuning: TuningRecord,
}

/// A voice of a mixture, in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name it was mixed by.
    pub name: String,
    /// Where it is, seen from the mixture's folder, with `/` between folders.
    pub path: String,
    /// The [fingerprint](ModelFile::fingerprint) of its file.
    pub fingerprint: String,
}

impl Part {
    /// The voice in this file, as part of the mixture that will be at `mixture`.
    ///
    /// # Errors
    /// If a path cannot be found, or is no Unicode.
    pub fn of(name: &str, file: &ModelFile, mixture: &Path) -> Result<Self> {
        let path = relative(&real(file.path())?, folder_of(&real(mixture)?));
        Ok(Part {
            name: name.to_owned(),
            path: portable(&path)?,
            fingerprint: file.fingerprint()?,
        })
    }

    /// Opens the voice's file for the mixture at `mixture`.
    ///
    /// # Errors
    /// If it is not there, is damaged, or is not the file that was mixed.
    pub fn open(&self, mixture: &Path, options: OpenOptions) -> Result<ModelFile> {
        let path = folder_of(&real(mixture)?).join(&self.path);
        if !path.is_file() {
            let what = format!("'{}', a voice of this mixture, is not there", self.name);
            return Err(Error::new(ErrorKind::Model, what)
                .at(path.display().to_string())
                .way_out("put it back there, or mix the voices again from where they are"));
        }
        let file = ModelFile::open(&path, options)?;
        if file.fingerprint()? == self.fingerprint {
            return Ok(file);
        }
        let what = format!(
            "'{}', a voice of this mixture, was built anew: the weights are for the one before",
            self.name
        );
        Err(Error::new(ErrorKind::Model, what)
            .at(path.display().to_string())
            .way_out("mix the voices again: counterpoint mix"))
    }
}

/// Writes a mixture, all or nothing; returns the file's length in bytes.
pub fn save(path: &Path, header: &MixtureHeader) -> Result<u64> {
    check(header)?;
    Writer::create(path, KIND)?.finish(header)
}

/// Reads a mixture, but not its voices.
pub fn load(file: &ModelFile) -> Result<MixtureHeader> {
    let header: MixtureHeader = file.header()?;
    check(&header)?;
    Ok(header)
}

fn check(header: &MixtureHeader) -> Result<()> {
    let voices = header.parts.len();
    header.weights.check(voices)?;
    header.tuning.check(voices, &header.weights)
}

/// The refusal of a mixture as a voice of a mixture.
pub fn nested() -> Error {
    Error::new(ErrorKind::Usage, "a mixture cannot be a voice of another")
        .way_out("mix all their voices at once, which can only be better")
}

/// The folder that a file is in; `file` is absolute.
fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

/// Where a file is, or will be: links are followed as far as there is something to follow.
fn real(file: &Path) -> Result<PathBuf> {
    let found = std::path::absolute(file).and_then(|file| real_end(&file));
    found.map_err(|error| Error::io("find", file, error))
}

fn real_end(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Err(error), Some(folder), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(real_end(folder)?.join(name))
        }
        (found, ..) => found,
    }
}

/// The way to a file from a folder, both absolute.
fn relative(file: &Path, folder: &Path) -> PathBuf {
    let mut to = file.components().peekable();
    let mut from = folder.components().peekable();
    if to.peek() != from.peek() {
        // On different drives there is no way from one to the other.
        return file.to_owned();
    }
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    from.map(|_| Component::ParentDir).chain(to).collect()
}

fn portable(path: &Path) -> Result<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    match parts {
        // An absolute path, which has its root for its first part, stays as it is.
        Some(_) if path.is_absolute() => Ok(path.display().to_string()),
        Some(parts) => Ok(parts.join("/")),
        None => Err(Error::new(
            ErrorKind::Usage,
            "the path of a voice is no Unicode text, and cannot be written down",
        )
        .at(path.display().to_string())
        .way_out("rename the folder or the file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_lead_from_folder_to_file() {
        let way = |file: &str, folder: &str| {
            portable(&relative(Path::new(file), Path::new(folder))).unwrap()
        };
        assert_eq!(way("/a/b/c.cpt", "/a/b"), "c.cpt");
        assert_eq!(way("/a/b/c.cpt", "/a/d/e"), "../../b/c.cpt");
        assert_eq!(way("/c.cpt", "/"), "c.cpt");
    }
}
