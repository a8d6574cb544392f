//! Here is a sentence, give me the pieces that someone else's tokenizer cuts it into, and back.
//!
//! A subword tokenizer is data: a vocabulary, the merges or the scores that lead to its pieces, a
//! pattern that parts words, characters that are exchanged for others. [`Subwords`] is such a
//! tokenizer, read from the file it was published in and true to it: the ids are those that its
//! own library gives. What this program cannot do as that library does it, it refuses by name.
//!
//! # A piece and its token
//!
//! The original's id of a piece is for people and for tests. In a model, a piece is a token like
//! any other, known by its surface and numbered by the [`Vocabulary`](super::Vocabulary) in the order
//! of first appearance: a model has the tokens of its text and not a hundred thousand others. The
//! surface of a piece is the bytes it stands for where bytes are the symbols; otherwise it is the
//! piece as the original spells it (`▁the`, `##ing`), but for byte pieces, which are their byte. What
//! the original calls unknown is `<unk>` here.
//!
//! # Where it lives
//!
//! A model's header names its tokenizer and gives its hash; the file it was read from is a section
//! of the model's file, whole, and is read again when the model is opened. So a model is one file,
//! and its tokenizer is the one it was built with, to the bit.

mod added;
mod bpe;
mod byte_level;
mod cache;
mod charsmap;
mod coder;
mod export;
mod gpt2;
mod huggingface;
mod import;
mod join;
mod known;
mod merging;
mod normalise;
mod origin;
mod pairs;
mod protobuf;
mod runs;
mod sentencepiece;
mod split;
mod steps;
mod tiktoken;
mod train;
mod trie;
mod unigram;
mod wordpiece;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use coder::Coder;
pub use import::import;
pub use origin::{Format, Origin};
pub use train::{BpeOptions, PatternName, train_bpe};

use crate::error::{Error, ErrorKind, Result};
use crate::store::{ModelFile, Writer};

/// The kind of model file that a tokenizer by itself is.
pub const KIND: &str = "tokenizer";

/// A subword tokenizer.
///
/// To clone it costs nothing. Two are equal if their origins are, whatever they are called.
#[derive(Clone)]
pub struct Subwords {
    identity: Identity,
    /// What it was read from and what was made of that; nothing between the reading of a header
    /// and [`Subwords::complete`].
    made: Option<Arc<Made>>,
}

/// What a header says of a tokenizer.
#[derive(Clone, Serialize, Deserialize)]
struct Identity {
    name: String,
    /// BLAKE3 of the origin, in hexadecimal.
    digest: String,
}

struct Made {
    origin: Origin,
    coder: Coder,
}

impl Subwords {
    /// A tokenizer from what it was published as; the name is for people.
    ///
    /// # Errors
    /// If it is damaged, or asks for something that cannot be done as its own library does it.
    pub fn new(name: &str, origin: Origin) -> Result<Self> {
        let coder = Coder::of(&origin)?;
        Ok(Subwords {
            identity: Identity {
                name: name.to_owned(),
                digest: origin.digest(),
            },
            made: Some(Arc::new(Made { origin, coder })),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// BLAKE3 of its origin, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.identity.digest
    }

    /// What it was read from.
    pub fn origin(&self) -> &Origin {
        &self.made().origin
    }

    /// The original's ids of a text, without any that mark its beginning or its end.
    ///
    /// # Errors
    /// If a pattern of its own fails on the text.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.made().coder.encode(text, &mut ids)?;
        Ok(ids)
    }

    /// The surface of an id of the original's: see [the module](self).
    ///
    /// # Panics
    /// If the tokenizer has no such id.
    pub fn surface(&self, id: u32) -> &[u8] {
        self.made().coder.surface(id)
    }

    /// How many different ids it can give.
    #[expect(clippy::len_without_is_empty, reason = "one without pieces is refused")]
    pub fn len(&self) -> usize {
        self.made().coder.len()
    }

    /// What makes pieces of words, for people.
    pub fn method(&self) -> &'static str {
        self.made().coder.model.name()
    }

    /// The two pieces that were merged to make this one, if it was made so.
    pub fn halves(&self, id: u32) -> Option<(u32, u32)> {
        self.made().coder.halves(id)
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.made().coder.ids()
    }

    /// The tokens that were added to its vocabulary.
    pub fn added(&self) -> Vec<&str> {
        self.made().coder.added()
    }

    /// Calls `each` with the surface of every piece of a text, and whether it is a piece; otherwise it
    /// stands for what is unknown.
    pub(super) fn each_surface<'s>(
        &'s self,
        text: &[u8],
        mut each: impl FnMut(&'s [u8], bool),
    ) -> Result<()> {
        let coder = &self.made().coder;
        for id in self.encode(text)? {
            each(coder.surface(id), !coder.is_unknown(id));
        }
        Ok(())
    }

    /// The text of pieces by their surfaces.
    pub(super) fn join<'p>(&self, surfaces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        self.made().coder.join(surfaces)
    }

    /// True if every text comes back as it was, byte by byte, be it UTF-8 or not.
    pub fn keeps_bytes(&self) -> bool {
        self.made().coder.keeps_bytes()
    }

    /// Puts it into a model file.
    pub fn save(&self, writer: &mut Writer) -> Result<()> {
        let origin = self.origin();
        writer.section(origin.format.section(), &origin.bytes)
    }

    /// Writes it as a file of its own, all or nothing; returns the file's length in bytes.
    pub fn save_alone(&self, path: &std::path::Path) -> Result<u64> {
        let mut writer = Writer::create(path, KIND)?;
        self.save(&mut writer)?;
        writer.finish(self)
    }

    /// Takes it out of a file of its own, or out of that of a model which it belongs to.
    pub fn load_alone(file: &ModelFile) -> Result<Self> {
        let mut named: Subwords = file.header()?;
        named.complete(file)?;
        Ok(named)
    }

    /// Takes what a header does not hold out of the model file that it heads.
    pub(super) fn complete(&mut self, file: &ModelFile) -> Result<()> {
        let sections = file.sections().iter();
        let format = sections
            .filter_map(|section| Format::of_section(&section.name))
            .next();
        let format = format.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "the model's tokenizer is not in it")
                .way_out("build the model again")
        })?;
        let bytes = file.bytes(format.section())?.to_vec();
        self.complete_from(Origin { format, bytes })
    }

    /// The same, from an origin that was kept elsewhere.
    pub(super) fn complete_from(&mut self, origin: Origin) -> Result<()> {
        if origin.digest() != self.identity.digest {
            let what = format!("this is not the tokenizer {}", self.name());
            return Err(Error::new(ErrorKind::Corrupt, what).way_out("build the model again"));
        }
        *self = Subwords::new(&self.identity.name, origin)?;
        Ok(())
    }

    fn made(&self) -> &Made {
        let made = self.made.as_ref();
        made.expect("who reads a header completes its tokenizer")
    }
}

impl PartialEq for Subwords {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for Subwords {}

impl fmt::Debug for Subwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subwords({}, {})", self.name(), self.digest())
    }
}

impl Serialize for Subwords {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.identity.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Subwords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let identity = Identity::deserialize(deserializer)?;
        Ok(Subwords {
            identity,
            made: None,
        })
    }
}
