//! Here is a stretch of text; were its pieces found before?
//!
//! Text says the same words again and again. A word of up to sixteen bytes that came to at most three
//! pieces lies whole in half a cache line, where the next of the same hash replaces it; what is longer
//! lies in a table that is emptied when it is full. What is found here is what would be found again,
//! so pieces do not depend on what was read before.

use std::ops::Range;

use hashbrown::HashMap;

/// As many slots, of 32 bytes each, as leave room for other things in a cache of a mebibyte.
const SLOTS_BITS: u32 = 14;

/// Words that are longer are not kept.
const LONGEST: usize = 512;

/// The table of long words is emptied when it has so many bytes and ids.
const MOST_LONG: usize = 1 << 20;

#[derive(Clone, Copy, Default)]
struct Slot {
    word: u128,
    length: u8,
    count: u8,
    ids: [u32; 3],
}

/// What words came to.
pub(super) struct Cache {
    slots: Box<[Slot]>,
    long: HashMap<Box<[u8]>, Box<[u32]>>,
    /// Bytes and ids that are in `long`.
    kept: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Cache {
            slots: vec![Slot::default(); 1 << SLOTS_BITS].into(),
            long: HashMap::new(),
            kept: 0,
        }
    }
}

/// A word of up to sixteen bytes as a number; bytes beyond it are zero.
#[inline]
fn short(text: &[u8], place: &Range<usize>) -> Option<u128> {
    let length = place.len();
    if length > 16 || length == 0 {
        return None;
    }
    let ahead = text.get(place.start..place.start + 16);
    Some(match ahead.and_then(|bytes| bytes.try_into().ok()) {
        Some(bytes) => u128::from_le_bytes(bytes) & (u128::MAX >> (128 - 8 * length)),
        None => {
            let mut bytes = [0; 16];
            bytes[..length].copy_from_slice(&text[place.clone()]);
            u128::from_le_bytes(bytes)
        }
    })
}

#[inline]
fn slot(word: u128) -> usize {
    let mixed = (word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ ((word >> 64) as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    ((mixed ^ mixed >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS_BITS)) as usize
}

impl Cache {
    /// Adds the ids of the word at a place in a text; those of a new word are what `find` adds.
    #[inline]
    pub(super) fn ids(
        &mut self,
        text: &[u8],
        place: Range<usize>,
        ids: &mut Vec<u32>,
        find: impl FnOnce(&[u8], &mut Vec<u32>),
    ) {
        let Some(word) = short(text, &place) else {
            return self.long_ids(&text[place], ids, find);
        };
        let length = place.len() as u8;
        let slot = slot(word);
        let kept = &self.slots[slot];
        if kept.word == word && kept.length == length {
            ids.extend_from_slice(&kept.ids[..kept.count as usize]);
            return;
        }
        let before = ids.len();
        self.long_ids(&text[place], ids, find);
        let found = &ids[before..];
        if found.len() <= 3 {
            let mut kept = Slot {
                word,
                length,
                count: found.len() as u8,
                ids: [0; 3],
            };
            kept.ids[..found.len()].copy_from_slice(found);
            self.slots[slot] = kept;
        }
    }

    #[cold]
    fn long_ids(
        &mut self,
        word: &[u8],
        ids: &mut Vec<u32>,
        find: impl FnOnce(&[u8], &mut Vec<u32>),
    ) {
        if let Some(found) = self.long.get(word) {
            ids.extend_from_slice(found);
            return;
        }
        let before = ids.len();
        find(word, ids);
        if word.len() > LONGEST {
            return;
        }
        let found = &ids[before..];
        self.kept += word.len() + found.len();
        if self.kept > MOST_LONG {
            self.long.clear();
            self.kept = word.len() + found.len();
        }
        self.long.insert(word.into(), found.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_found(words in prop::collection::vec("[ab\0]{1,4}|[a-c]{14,19}", 1..200)) {
            let find = |word: &[u8], ids: &mut Vec<u32>| {
                ids.extend(word.chunks(5).map(|part| part.iter().map(|&b| u32::from(b)).sum::<u32>()));
            };
            let text = words.concat().into_bytes();
            let (mut cache, mut ids, mut plain, mut at) = (Cache::default(), Vec::new(), Vec::new(), 0);
            for word in &words {
                cache.ids(&text, at..at + word.len(), &mut ids, find);
                find(word.as_bytes(), &mut plain);
                at += word.len();
            }
            prop_assert_eq!(ids, plain);
        }
    }
}
