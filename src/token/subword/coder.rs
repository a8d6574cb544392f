//! Here is a text, give me the original's ids, and back: the parts of a tokenizer, put together.
//!
//! First tokens that were added to the vocabulary are found, then what is between them is normalised,
//! parted, and each part encoded by the model.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::bpe::Bpe;
use super::cache::Cache;
use super::origin::{Format, Origin};
use super::split::Matcher;
use super::tiktoken;
use crate::error::Result;

/// The parts of a tokenizer.
pub(super) struct Coder {
    /// The surface of every id; there may be gaps.
    pub(super) surfaces: Vec<Option<Box<[u8]>>>,
    pub(super) matcher: Matcher,
    pub(super) model: Bpe,
    pub(super) workshops: Workshops,
}

/// Where threads work; one that is not in use waits for the next sentence.
#[derive(Default)]
pub(super) struct Workshops(Mutex<Vec<Box<Workshop>>>);

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

impl Coder {
    pub(super) fn of(origin: &Origin) -> Result<Self> {
        match origin.format {
            Format::Tiktoken => tiktoken::read(&origin.bytes),
        }
    }

    /// Adds the ids of a text.
    pub(super) fn encode(&self, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        self.workshops
            .with(|workshop| self.encode_plain(text, 0..text.len(), workshop, ids))
    }

    fn encode_plain(
        &self,
        text: &[u8],
        range: Range<usize>,
        workshop: &mut Workshop,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        let Workshop { cache, row } = workshop;
        self.matcher.each(text, range, |place, _| {
            cache.ids(text, place, ids, |word, ids| {
                self.model.encode(word, row, ids)
            });
            Ok(())
        })
    }

    pub(super) fn surface(&self, id: u32) -> &[u8] {
        let surface = self.surfaces[id as usize].as_ref();
        surface.expect("the id is one of this tokenizer")
    }

    pub(super) fn is_unknown(&self, _id: u32) -> bool {
        false
    }

    pub(super) fn len(&self) -> usize {
        self.surfaces.iter().flatten().count()
    }

    pub(super) fn join<'p>(&self, surfaces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        surfaces.flatten().copied().collect()
    }

    pub(super) fn keeps_bytes(&self) -> bool {
        true
    }
}
