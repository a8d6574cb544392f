//! Here is a text, give me the original's ids, and back: the parts of a tokenizer, put together.
//!
//! First the tokens are found that were added to the vocabulary, then what is between them is
//! normalised, cut into parts, and each part encoded by the model. Byte-level tokenizers know nothing
//! but a pattern and merges: for them no text is copied and no part remembered.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::added::Added;
use super::bpe::Bpe;
use super::cache::Cache;
use super::join::Join;
use super::normalise::Normaliser;
use super::origin::{Format, Origin};
use super::steps::{Behaviour, Parts, Step};
use super::unigram::Unigram;
use super::wordpiece::WordPiece;
use super::{huggingface, sentencepiece, tiktoken};
use crate::error::Result;

/// The parts of a tokenizer.
pub(super) struct Coder {
    /// The surface of every id; there may be gaps.
    pub(super) surfaces: Vec<Option<Box<[u8]>>>,
    /// What stands for what is unknown.
    pub(super) unknown: Option<u32>,
    /// Unknown pieces beside each other are one.
    pub(super) fuses_unknown: bool,
    /// Symbols are bytes: any text can be cut, and comes back as it was.
    pub(super) by_bytes: bool,
    /// Tokens that are found in the text as it is.
    pub(super) added: Added,
    pub(super) normalisers: Vec<Normaliser>,
    /// Tokens that are found in what the normalisers left.
    pub(super) added_after: Added,
    pub(super) steps: Vec<Step>,
    pub(super) model: Model,
    pub(super) joins: Vec<Join>,
    pub(super) workshops: Workshops,
}

/// What makes pieces of a part.
pub(super) enum Model {
    Bpe(Bpe),
    Unigram(Unigram),
    WordPiece(WordPiece),
}

impl Model {
    /// Its name for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Model::Bpe(_) => "byte-pair encoding",
            Model::Unigram(_) => "unigram",
            Model::WordPiece(_) => "WordPiece",
        }
    }
}

/// Where threads work; one that is not in use waits for the next sentence.
#[derive(Default)]
pub(super) struct Workshops(Mutex<Vec<Workshop>>);

/// What one thread works with.
#[derive(Default)]
struct Workshop {
    cache: Cache,
    row: Vec<u32>,
}

impl Workshops {
    fn with<T>(&self, work: impl FnOnce(&mut Workshop) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = lock().pop();
        let mut workshop = waiting.unwrap_or_default();
        let done = work(&mut workshop);
        lock().push(workshop);
        done
    }
}

impl Workshop {
    #[inline]
    fn encode(&mut self, model: &Model, text: &[u8], place: Range<usize>, ids: &mut Vec<u32>) {
        let row = &mut self.row;
        self.cache.ids(text, place, ids, |part, ids| match model {
            Model::Bpe(bpe) => bpe.encode(part, row, ids),
            Model::Unigram(unigram) => unigram.encode(part, ids),
            Model::WordPiece(wordpiece) => wordpiece.encode(part, ids),
        });
    }
}

impl Coder {
    pub(super) fn of(origin: &Origin) -> Result<Self> {
        match origin.format {
            Format::Tiktoken => tiktoken::read(&origin.bytes),
            Format::HuggingFace => huggingface::read(&origin.bytes),
            Format::SentencePiece => sentencepiece::read(&origin.bytes),
        }
    }

    /// Adds the ids of a text.
    pub(super) fn encode(&self, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        let valid = match self.by_bytes {
            true => Cow::Borrowed(text),
            false => match String::from_utf8_lossy(text) {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
        };
        let text = &valid[..];
        let before = ids.len();
        self.workshops.with(|workshop| {
            self.added.each(text, |place, id| match id {
                Some(id) => {
                    ids.push(id);
                    Ok(())
                }
                None => self.encode_between(text, place, workshop, ids),
            })
        })?;
        if self.fuses_unknown && self.unknown.is_some() {
            let mut fused = ids.split_off(before);
            fused.dedup_by(|id, last| id == last && Some(*id) == self.unknown);
            ids.append(&mut fused);
        }
        Ok(())
    }

    /// What is between added tokens.
    fn encode_between(
        &self,
        text: &[u8],
        place: Range<usize>,
        workshop: &mut Workshop,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        if self.normalisers.is_empty() && self.added_after.is_empty() {
            let at_beginning = place.start == 0;
            return self.encode_parts(text, place, at_beginning, workshop, ids);
        }
        let at_beginning = place.start == 0;
        let mut normalised = String::from_utf8_lossy(&text[place]).into_owned();
        for normaliser in &self.normalisers {
            normalised = normaliser.apply(normalised)?;
        }
        let text = normalised.as_bytes();
        self.added_after.each(text, |place, id| match id {
            Some(id) => {
                ids.push(id);
                Ok(())
            }
            None => {
                let at_beginning = at_beginning && place.start == 0;
                self.encode_parts(text, place, at_beginning, workshop, ids)
            }
        })
    }

    fn encode_parts(
        &self,
        text: &[u8],
        place: Range<usize>,
        at_beginning: bool,
        workshop: &mut Workshop,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        if let [
            Step::Match {
                matcher,
                behaviour: Behaviour::Isolated,
                ..
            },
        ] = &self.steps[..]
        {
            return matcher.each(text, place, |part, _| {
                workshop.encode(&self.model, text, part, ids);
                Ok(())
            });
        }
        let mut parts = Parts::whole(Cow::Borrowed(&text[place]), at_beginning);
        for step in &self.steps {
            step.apply(&mut parts)?;
        }
        for part in parts.places {
            workshop.encode(&self.model, &parts.text, part, ids);
        }
        Ok(())
    }

    pub(super) fn surface(&self, id: u32) -> &[u8] {
        match self.is_unknown(id) {
            true => b"<unk>",
            false => {
                let surface = self.surfaces[id as usize].as_ref();
                surface.expect("the id is one of this tokenizer")
            }
        }
    }

    pub(super) fn is_unknown(&self, id: u32) -> bool {
        self.unknown == Some(id)
    }

    /// Of all pairs that merge into a piece, the first.
    pub(super) fn halves(&self, id: u32) -> Option<(u32, u32)> {
        let Model::Bpe(bpe) = &self.model else {
            return None;
        };
        let pairs = bpe.pairs.iter().filter(|(_, _, merge)| merge.into == id);
        // Where all are of one rank, the pieces that are first are those it was made of.
        let first = pairs.min_by_key(|(left, right, merge)| (merge.rank, *left.max(right), *left));
        first.map(|(left, right, _)| (left, right))
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        let all = (0..).zip(&self.surfaces);
        all.filter_map(|(id, surface)| surface.as_ref().map(|_| id))
    }

    pub(super) fn added(&self) -> Vec<&str> {
        self.added
            .contents()
            .chain(self.added_after.contents())
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.surfaces.iter().flatten().count()
    }

    pub(super) fn join<'p>(&self, surfaces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        if self.joins.is_empty() {
            return surfaces.flatten().copied().collect();
        }
        let pieces = surfaces.map(<[u8]>::to_vec).collect();
        let joined = self.joins.iter();
        joined
            .fold(pieces, |pieces: Vec<Vec<u8>>, join| join.apply(pieces))
            .concat()
    }

    /// True if any text comes back as it was.
    pub(super) fn keeps_bytes(&self) -> bool {
        let has_all = match &self.model {
            Model::Bpe(bpe) => bpe.symbols.have_all_bytes(),
            _ => false,
        };
        self.by_bytes && has_all && self.normalisers.is_empty() && self.joins.is_empty()
    }
}
