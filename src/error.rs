//! Here is what went wrong: what, where, and the way out.
//!
//! Every failure of the library is one [`Error`]. It has a kind for programs
//! and three parts for people: what happened, the place it happened at (a
//! file, a line, a byte, an option) and what to do about it. The command prints
//! the three parts on three lines and turns the kind into an exit code.

use std::fmt;
use std::io;
use std::path::Path;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it was, for programs that want to react to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request itself is impossible: an unknown name, options that exclude each other.
    Usage,
    /// The text or the corpus is not what it should be.
    Input,
    /// A file is not of the format it was opened as, or breaks that format's rules.
    Format,
    /// A file of ours was damaged: a checksum, a length or an invariant does not hold.
    Corrupt,
    /// The model cannot answer this question, or two models do not fit together.
    Model,
    /// The operating system refused: reading, writing, space, permissions.
    Io,
    /// The person at the keyboard asked to stop.
    Interrupted,
}

/// One failure: a kind, what happened, where, and the way out.
pub struct Error {
    parts: Box<Parts>,
}

struct Parts {
    kind: ErrorKind,
    what: String,
    place: Option<String>,
    way_out: Option<String>,
    source: Option<io::Error>,
}

impl Error {
    /// A failure of this kind; `what` is a clause without a full stop: "the corpus holds no text".
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error {
            parts: Box::new(Parts {
                kind,
                what: what.into(),
                place: None,
                way_out: None,
                source: None,
            }),
        }
    }

    /// An input or output error of the operating system; `action` says what was tried ("read", "write").
    pub fn io(action: &str, path: &Path, source: io::Error) -> Self {
        let mut error = Error::new(ErrorKind::Io, format!("cannot {action}: {source}"))
            .at(path.display().to_string());
        if let Some(way_out) = way_out_of(&source) {
            error = error.way_out(way_out);
        }
        error.parts.source = Some(source);
        error
    }

    /// Says where: "corpus.txt, line 7", "--order 0".
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.parts.place = Some(place.into());
        self
    }

    /// Says where, unless something closer to the trouble already did.
    #[must_use]
    pub fn at_least(mut self, place: impl Into<String>) -> Self {
        self.parts.place.get_or_insert_with(|| place.into());
        self
    }

    /// Says what the reader can do about it.
    #[must_use]
    pub fn way_out(mut self, advice: impl Into<String>) -> Self {
        self.parts.way_out = Some(advice.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.parts.kind
    }

    /// What happened, in one clause.
    pub fn what(&self) -> &str {
        &self.parts.what
    }

    /// Where it happened, if there is a place.
    pub fn place(&self) -> Option<&str> {
        self.parts.place.as_deref()
    }

    /// What to do about it, if there is a way out.
    pub fn advice(&self) -> Option<&str> {
        self.parts.way_out.as_deref()
    }

    /// True if the reader of our output went away, which is not a failure.
    pub fn is_closed_pipe(&self) -> bool {
        let source = self.parts.source.as_ref();
        source.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn way_out_of(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::NotFound => Some("check the path; `ls` shows what is there"),
        io::ErrorKind::PermissionDenied => Some("check who may read or write it (`ls -l`)"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Some("make room for it (`df -h`, `ulimit -f`), or choose another path")
        }
        io::ErrorKind::IsADirectory => Some("name a file inside that folder"),
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.what)?;
        if let Some(place) = &self.parts.place {
            write!(f, "\n  --> {place}")?;
        }
        if let Some(way_out) = &self.parts.way_out {
            write!(f, "\nhelp: {way_out}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.parts.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.parts.source.as_ref().map(|e| e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_parts_are_shown_on_three_lines() {
        let error = Error::new(ErrorKind::Input, "not UTF-8")
            .at("a.txt, byte 12")
            .way_out("use --lossy");
        assert_eq!(
            error.to_string(),
            "not UTF-8\n  --> a.txt, byte 12\nhelp: use --lossy"
        );
    }

    #[test]
    fn a_closed_pipe_is_recognised() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Error::io("write", Path::new("-"), broken).is_closed_pipe());
        assert!(!Error::new(ErrorKind::Io, "other").is_closed_pipe());
    }
}
