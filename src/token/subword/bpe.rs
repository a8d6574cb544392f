//! Here is a stretch of text, give me the pieces that byte-pair encoding makes of it.
//!
//! In go the bytes or characters of the stretch, each a symbol; neighbours are [merged](super::merging)
//! by rank. What is special to a family of tokenizers is in how symbols are found: tiktoken looks the
//! whole stretch up first, SentencePiece and Llama fall back to bytes, CLIP marks the end of a word.

use hashbrown::HashMap;

use super::merging::merge;
use super::pairs::{Merge, Pairs};

/// Pieces by their spelling.
pub(super) type Spellings = HashMap<Box<[u8]>, u32>;

/// Byte-pair encoding.
pub(super) struct Bpe {
    pub(super) pairs: Pairs,
    pub(super) symbols: Symbols,
    /// A stretch that is a piece is not cut, whether merges lead to it or not.
    pub(super) whole: Option<Spellings>,
}

/// What is there before anything is merged.
pub(super) enum Symbols {
    /// Bytes; one that has no symbol is left out.
    Bytes(Box<[Option<u32>; 256]>),
    /// Characters.
    Characters(Characters),
}

/// Characters as symbols.
pub(super) struct Characters {
    /// The pieces among which they are.
    pub(super) pieces: Spellings,
    /// What stands before every character but the first.
    pub(super) prefix: Vec<u8>,
    /// What stands after the last.
    pub(super) suffix: Vec<u8>,
    /// What bytes become whose character is no piece.
    pub(super) bytes: Option<Box<[Option<u32>; 256]>>,
    /// What other characters become; without it they are left out.
    pub(super) unknown: Option<u32>,
    /// Whether unknown characters beside each other are one.
    pub(super) fuse_unknown: bool,
}

impl Bpe {
    /// Adds the ids of a stretch; `row` is room to work in.
    pub(super) fn encode(&self, stretch: &[u8], row: &mut Vec<u32>, ids: &mut Vec<u32>) {
        if let Some(&id) = self.whole.as_ref().and_then(|whole| whole.get(stretch)) {
            ids.push(id);
            return;
        }
        row.clear();
        match &self.symbols {
            Symbols::Bytes(symbols) => {
                row.extend(stretch.iter().filter_map(|&byte| symbols[byte as usize]));
            }
            Symbols::Characters(characters) => characters.find(stretch, row),
        }
        merge(&self.pairs, row);
        ids.extend_from_slice(row);
    }
}

impl Symbols {
    /// True if they are bytes, and none is left out.
    pub(super) fn have_all_bytes(&self) -> bool {
        match self {
            Symbols::Bytes(symbols) => symbols.iter().all(Option::is_some),
            Symbols::Characters(_) => false,
        }
    }
}

impl Characters {
    fn find(&self, stretch: &[u8], row: &mut Vec<u32>) {
        let mut unknown = None;
        let mut spelled = Vec::new();
        let mut start = 0;
        while start < stretch.len() {
            let length = bstr::decode_utf8(&stretch[start..]).1;
            let character = &stretch[start..start + length];
            let is_last = start + length == stretch.len();
            spelled.clear();
            if start > 0 {
                spelled.extend_from_slice(&self.prefix);
            }
            spelled.extend_from_slice(character);
            if is_last {
                spelled.extend_from_slice(&self.suffix);
            }
            start += length;
            if let Some(&id) = self.pieces.get(&spelled[..]) {
                row.extend(unknown.take());
                row.push(id);
            } else if let Some(bytes) = self.in_bytes(&spelled) {
                row.extend(bytes);
            } else if self.unknown.is_some() {
                if !self.fuse_unknown {
                    row.extend(unknown.take());
                }
                unknown = self.unknown;
            }
        }
        row.extend(unknown);
    }

    /// The bytes as symbols, if all of them are.
    fn in_bytes(&self, spelled: &[u8]) -> Option<Vec<u32>> {
        let bytes = self.bytes.as_ref()?;
        spelled.iter().map(|&byte| bytes[byte as usize]).collect()
    }
}

/// The merges of a vocabulary in which any two pieces merge whose spelling together is a piece, ranked
/// by that piece; `rank` gives its rank.
pub(super) fn pairs_of_pieces<'p>(
    pieces: impl Iterator<Item = (&'p [u8], u32)>,
    find: impl Fn(&[u8]) -> Option<u32>,
    rank: impl Fn(u32) -> u32,
) -> Pairs {
    let mut pairs = Pairs::with_capacity(0);
    for (piece, id) in pieces {
        for middle in 1..piece.len() {
            let (left, right) = piece.split_at(middle);
            if let (Some(left), Some(right)) = (find(left), find(right)) {
                let merge = Merge {
                    rank: rank(id),
                    into: id,
                };
                pairs.add(left, right, merge);
            }
        }
    }
    pairs
}
