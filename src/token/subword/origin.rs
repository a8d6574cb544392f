//! Here is what a tokenizer was published as: the file itself, and what kind of file it is.

#[cfg(feature = "parquet")]
use base64::{Engine, prelude::BASE64_STANDARD};

#[cfg(feature = "parquet")]
use crate::error::{Error, ErrorKind, Result};

/// A tokenizer that says it is larger when decompressed is none.
#[cfg(feature = "parquet")]
const LARGEST: usize = 1 << 28;

/// A tokenizer as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What kind of file it is.
    pub format: Format,
    /// The file.
    pub bytes: Vec<u8>,
}

/// In what form tokenizers are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// tiktoken: a line of JSON, an object with `pat_str` and `special_tokens`; then a line for each
    /// piece, its bytes in base64 and its rank.
    Tiktoken,
    /// HuggingFace's `tokenizer.json`.
    HuggingFace,
    /// SentencePiece's `.model`.
    SentencePiece,
}

impl Format {
    const ALL: [Format; 3] = [Format::Tiktoken, Format::HuggingFace, Format::SentencePiece];

    /// The section of a model file that holds it.
    pub(super) fn section(self) -> &'static str {
        match self {
            Format::Tiktoken => "tokenizer.tiktoken",
            Format::HuggingFace => "tokenizer.json",
            Format::SentencePiece => "tokenizer.model",
        }
    }

    pub(super) fn of_section(name: &str) -> Option<Self> {
        let mut all = Format::ALL.into_iter();
        all.find(|format| format.section() == name)
    }
}

impl Origin {
    /// BLAKE3 of the format's name and the file, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.format.section().as_bytes());
        hasher.update(&[0]);
        hasher.update(&self.bytes);
        hasher.finalize().to_hex().to_string()
    }

    /// As a string, for files that keep nothing else: the name of the section, a colon, and the file
    /// compressed, in base64.
    #[cfg(feature = "parquet")]
    pub(crate) fn to_text(&self) -> String {
        let compressed = zstd::bulk::compress(&self.bytes, 3).expect("memory is compressed");
        format!(
            "{}:{}",
            self.format.section(),
            BASE64_STANDARD.encode(compressed)
        )
    }

    /// Back from that string.
    #[cfg(feature = "parquet")]
    pub(crate) fn from_text(text: &str) -> Result<Self> {
        let parse = || {
            let (section, bytes) = text.split_once(':')?;
            let format = Format::of_section(section)?;
            let bytes = BASE64_STANDARD.decode(bytes).ok()?;
            let length = zstd::bulk::Decompressor::upper_bound(&bytes)?.min(LARGEST);
            let bytes = zstd::bulk::decompress(&bytes, length).ok()?;
            Some(Origin { format, bytes })
        };
        parse().ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "the tokenizer kept with it is damaged")
                .way_out("make it again, or fetch it again from where it came from")
        })
    }
}
