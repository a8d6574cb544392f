//! Here is a sentence, give me ids, and back.
//!
//! A [`Tokenizer`] cuts text into pieces; a [`Vocabulary`] numbers the pieces.
//! Both are bytes in and bytes out, so that text in any encoding passes through
//! a tokenizer that can bear it.

mod corpus;
mod id;
mod index;
mod limits;
mod reading;
mod stored;
mod stroke;
pub mod subword;
mod text;
mod tokenizer;
mod vocabulary;
mod wanted;
mod whitespace;
mod words;

pub use corpus::{
    Noting, Numbered, count, each_read, number, number_noting, number_within, read, read_noting,
    read_within,
};
pub use id::TokenId;
pub use limits::VocabularyLimits;
pub use reading::{Reading, SpecialsInText};
pub use stored::{AnyText, Room, StoredText};
pub use subword::Subwords;
pub use text::{TokenText, split_off_heldout};
pub use tokenizer::Tokenizer;
pub use vocabulary::{SPECIAL_SURFACES, Vocabulary};

use std::borrow::Cow;
use std::fmt::Write;

/// Bytes for people: UTF-8 as it is, any other byte as `<0xHH>`.
pub fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "<0x{byte:02X}>");
        }
    }
    Cow::Owned(out)
}
