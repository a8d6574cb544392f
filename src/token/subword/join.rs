//! Here are the surfaces of pieces, give me the text they stand for.

use bstr::ByteSlice;

use super::normalise::Needle;

/// One thing that is done to pieces before they stand one after another.
pub(super) enum Join {
    /// A visible blank is a blank; those of the first piece are none.
    Visible {
        blank: String,
        drops_first: bool,
    },
    /// A blank stands before every piece but those that go on.
    Words {
        prefix: Vec<u8>,
        tidies: bool,
    },
    /// The end of a word is a blank, but for the last.
    Suffix(Vec<u8>),
    /// All pieces are one.
    Fuse,
    /// So many of a character are left out at the beginning and at the end of each piece.
    Strip {
        content: String,
        left: usize,
        right: usize,
    },
    Replace {
        found: Needle,
        with: String,
    },
    /// A blank between all.
    Blanks,
    /// What SentencePiece does: its blank is a blank, and the one it put before or after the text is
    /// none.
    Sentence {
        drops_first: bool,
        drops_last: bool,
    },
}

impl Join {
    pub(super) fn apply(&self, mut pieces: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        match self {
            Join::Visible { blank, drops_first } => {
                for (number, piece) in pieces.iter_mut().enumerate() {
                    let with = if number == 0 && *drops_first { "" } else { " " };
                    *piece = piece.replace(blank, with);
                }
                pieces
            }
            Join::Words { prefix, tidies } => {
                for (number, piece) in pieces.iter_mut().enumerate() {
                    if number > 0 {
                        match piece.strip_prefix(&prefix[..]) {
                            Some(rest) => *piece = rest.to_vec(),
                            None => piece.insert(0, b' '),
                        }
                    }
                    if *tidies {
                        *piece = tidied(piece);
                    }
                }
                pieces
            }
            Join::Suffix(suffix) => {
                let last = pieces.len().saturating_sub(1);
                for (number, piece) in pieces.iter_mut().enumerate() {
                    *piece = piece.replace(suffix, if number == last { "" } else { " " });
                }
                pieces
            }
            Join::Fuse => vec![pieces.concat()],
            Join::Strip {
                content,
                left,
                right,
            } => {
                let content = content.as_bytes();
                for piece in &mut pieces {
                    let mut rest = &piece[..];
                    for _ in 0..*left {
                        rest = rest.strip_prefix(content).unwrap_or(rest);
                    }
                    for _ in 0..*right {
                        rest = rest.strip_suffix(content).unwrap_or(rest);
                    }
                    *piece = rest.to_vec();
                }
                pieces
            }
            Join::Replace { found, with } => {
                for piece in &mut pieces {
                    if let Ok(text) = str::from_utf8(piece)
                        && let Ok(replaced) = found.replace(text.to_owned(), with)
                    {
                        *piece = replaced.into_bytes();
                    }
                }
                pieces
            }
            Join::Blanks => vec![bstr::join(" ", &pieces)],
            Join::Sentence {
                drops_first,
                drops_last,
            } => {
                let (text, blank) = (pieces.concat(), "▁".as_bytes());
                let mut rest = &text[..];
                if *drops_first {
                    rest = rest.strip_prefix(blank).unwrap_or(rest);
                }
                if *drops_last {
                    rest = rest.strip_suffix(blank).unwrap_or(rest);
                }
                vec![rest.replace(blank, " ")]
            }
        }
    }
}

/// As BERT's pieces are tidied when they are put together.
fn tidied(piece: &[u8]) -> Vec<u8> {
    const TIDIED: [(&str, &str); 11] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    let mut tidied = piece.to_vec();
    for (untidy, tidy) in TIDIED {
        if tidied.contains_str(untidy) {
            tidied = tidied.replace(untidy, tidy);
        }
    }
    tidied
}
