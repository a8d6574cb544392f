//! Here are the first bytes of a file that is no model, tell me what it is.
//!
//! "Not a model" helps nobody who mixed up two files; naming the one they have
//! does.

use super::layout::{MAGIC, corrupt, is_zero};
use crate::error::{Error, ErrorKind};

/// What other toolkits' binary models begin with. Sphinx's older one has the length of its title
/// first, in the byte order of the machine that wrote it.
const MODELS: [(&[u8], &str); 4] = [
    (b"mmap lm http://kheafield.com/code", "a KenLM binary"),
    (b"Trie Language Model", "a Sphinx binary"),
    (b"\x11\0\0\0Darpa Trigram LM", "a Sphinx DMP file"),
    (b"\0\0\0\x11Darpa Trigram LM", "a Sphinx DMP file"),
];

/// What the advice is about all of them.
pub(crate) const ITS_ARPA: &str = "import the ARPA file it was built from";

const COMPRESSED: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
];

/// What a file that begins like this is, if it is the binary model of another toolkit.
pub(crate) fn foreign_model(head: &[u8]) -> Option<&'static str> {
    let found = MODELS.iter().find(|(magic, _)| head.starts_with(magic));
    found.map(|(_, name)| *name)
}

/// The refusal of a file that does not begin with our magic.
pub(super) fn foreign(head: &[u8]) -> Error {
    let refuse = |what: &str, way_out: &str| Error::new(ErrorKind::Format, what).way_out(way_out);
    if head.is_empty() {
        return refuse("the file is empty", "build the model again");
    }
    if is_zero(head) {
        return corrupt("the file begins with zeros: it was never finished");
    }
    if resembles_magic(head) {
        return corrupt("the file was changed as if it were text");
    }
    if let Some(name) = foreign_model(head) {
        let what = format!("this is {name}, not a counterpoint model");
        return refuse(&what, ITS_ARPA);
    }
    if let Some((_, name)) = COMPRESSED.iter().find(|(magic, _)| head.starts_with(magic)) {
        let what = format!("this is a {name} file, not a counterpoint model");
        return refuse(
            &what,
            "decompress it first, then open what comes out or import it if that is ARPA",
        );
    }
    if head.trim_ascii_start().starts_with(b"\\data\\") {
        return refuse(
            "this is an ARPA file, not a counterpoint model",
            "import it as ARPA first",
        );
    }
    refuse(
        "this is not a counterpoint model",
        "name a file that counterpoint built, or build one from this text",
    )
}

/// True if a transfer in text mode could have made these bytes of our magic: the top bit cut, the
/// first byte turned into UTF-8 or U+FFFD, or the line ends changed.
fn resembles_magic(head: &[u8]) -> bool {
    let name = &MAGIC[1..4];
    let firsts: [&[u8]; 4] = [b"\x89", b"\x09", b"\xc2\x89", b"\xef\xbf\xbd"];
    let rest = |first| head.strip_prefix(first);
    firsts
        .into_iter()
        .filter_map(rest)
        .any(|rest| rest.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn familiar_files_are_named() {
        let cases: [(&[u8], &str); 12] = [
            (b"", "empty"),
            (&[0; 64], "never finished"),
            (b"\x89CTP\n\x1a\n", "as if it were text"),
            (b"\xef\xbf\xbdCTP\r\n\x1a\n", "as if it were text"),
            (
                b"mmap lm http://kheafield.com/code format version 5\n\0",
                "KenLM",
            ),
            (b"Trie Language Model\x03", "a Sphinx binary"),
            (b"\x11\0\0\0Darpa Trigram LM\0", "a Sphinx DMP file"),
            (b"\0\0\0\x11Darpa Trigram LM\0", "a Sphinx DMP file"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"BZh91AY", "bzip2"),
            (b"\n\\data\\\nngram 1=3\n", "ARPA"),
            (b"the cat sat", "not a counterpoint model"),
        ];
        for (head, expected) in cases {
            let error = foreign(head);
            assert!(
                error.what().contains(expected),
                "{head:?} gave {:?}",
                error.what()
            );
            assert!(error.advice().is_some());
        }
    }
}
