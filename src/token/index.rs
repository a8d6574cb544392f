//! Here is a spelling, give me its number, mostly for one look into memory.
//!
//! A table of slots, each as long as a quarter of a cache line. A spelling of at
//! most eight bytes, as most words are, lies in its slot and is compared there;
//! of a longer one the slot holds a hash, and only an equal hash makes anybody
//! look the spelling itself up. Slots are tried one after another from where the
//! hash says; what was added first, which in a text is what is frequent, is
//! found at the first.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::DefaultHashBuilder;

use super::TokenId;

/// So many bytes of a spelling fit into a slot.
const SHORT: usize = 8;

/// Slots of the smallest table, as a power of two.
const FEWEST: u32 = 6;

/// No token has this number.
const VACANT: u32 = u32::MAX;

/// The numbers of distinct spellings, which are kept elsewhere.
#[derive(Clone)]
pub(super) struct Index {
    /// A power of two of them, at most three quarters taken.
    slots: Vec<Slot>,
    taken: usize,
    /// How far a hash is shifted to be the number of a slot.
    shift: u32,
    hasher: DefaultHashBuilder,
}

/// What is compared of a spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The bytes of a short spelling, or the hash of a long one.
    bits: u64,
    len: u32,
}

/// A key and its number; a key of its own would be padded to twice its length.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    bits: u64,
    len: u32,
    id: u32,
}

/// Where a spelling would be placed.
pub(super) struct Vacancy(usize);

impl Index {
    /// An index with room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        let bits = (count / 3 * 4 + 1).next_power_of_two().ilog2().max(FEWEST);
        Index {
            slots: vec![Slot::NONE; 1 << bits],
            taken: 0,
            shift: u64::BITS - bits,
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// How many numbers there are.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// The key of a spelling.
    pub(super) fn key(&self, spelling: &[u8]) -> Key {
        let len = spelling.len();
        let bits = match len {
            0..=3 => few(spelling),
            4..=SHORT => {
                let (first, last) = (spelling.first_chunk(), spelling.last_chunk());
                let word = |four: Option<&[u8; 4]>| {
                    u64::from(u32::from_le_bytes(*four.expect("four bytes")))
                };
                word(first) | word(last) << (8 * (len - 4))
            }
            _ => self.hash(spelling),
        };
        // No vacant slot has a key of this length.
        let len = len.min(u32::MAX as usize - 1) as u32;
        Key { bits, len }
    }

    /// The key of the spelling at a place in a text.
    ///
    /// It is the same as that of the spelling alone, and found without asking how long that is:
    /// eight bytes are read wherever eight are left.
    pub(super) fn key_within(&self, text: &[u8], place: Range<usize>) -> Key {
        let len = place.len();
        match text[place.start..].first_chunk() {
            Some(&eight) if len.wrapping_sub(1) < SHORT => Key {
                bits: u64::from_le_bytes(eight) & (u64::MAX >> (8 * (SHORT - len))),
                len: len as u32,
            },
            _ => self.key(&text[place]),
        }
    }

    /// The number of a spelling, or where to place it; `same` compares it with that of a number.
    pub(super) fn find(
        &self,
        key: Key,
        same: impl Fn(TokenId) -> bool,
    ) -> std::result::Result<TokenId, Vacancy> {
        let last = self.slots.len() - 1;
        let mut place = self.home(key);
        loop {
            let slot = &self.slots[place & last];
            if slot.key() == key && (key.len as usize <= SHORT || same(TokenId(slot.id))) {
                return Ok(TokenId(slot.id));
            }
            if slot.id == VACANT {
                return Err(Vacancy(place & last));
            }
            place += 1;
        }
    }

    /// The slot where a spelling is at best.
    pub(super) fn first_look(&self, key: Key) -> Slot {
        self.slots[self.home(key)]
    }

    /// Places a number where its spelling was not found.
    pub(super) fn place(&mut self, vacancy: Vacancy, key: Key, id: TokenId) {
        self.slots[vacancy.0] = Slot::new(key, id);
        self.taken += 1;
        if self.taken > self.slots.len() / 4 * 3 {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let larger = vec![Slot::NONE; 2 * self.slots.len()];
        let slots = std::mem::replace(&mut self.slots, larger);
        self.shift -= 1;
        let last = self.slots.len() - 1;
        for slot in slots.into_iter().filter(|slot| slot.id != VACANT) {
            let mut place = self.home(slot.key());
            while self.slots[place & last].id != VACANT {
                place += 1;
            }
            self.slots[place & last] = slot;
        }
    }

    fn home(&self, key: Key) -> usize {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(key.bits);
        (hasher.finish() >> self.shift) as usize
    }

    fn hash(&self, spelling: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(spelling);
        hasher.finish()
    }
}

impl Slot {
    /// No spelling has its key.
    const NONE: Slot = Slot {
        bits: 0,
        len: u32::MAX,
        id: VACANT,
    };

    fn new(key: Key, id: TokenId) -> Self {
        let Key { bits, len } = key;
        Slot {
            bits,
            len,
            id: id.0,
        }
    }

    fn key(self) -> Key {
        let Slot { bits, len, .. } = self;
        Key { bits, len }
    }

    /// The number of a spelling, if it is here and short.
    pub(super) fn holds(self, key: Key) -> Option<TokenId> {
        (self.key() == key && key.len as usize <= SHORT).then_some(TokenId(self.id))
    }
}

/// The bytes of less than four, without asking how many: some are read twice.
fn few(spelling: &[u8]) -> u64 {
    let Some(last) = spelling.len().checked_sub(1) else {
        return 0;
    };
    let at = |place: usize| u64::from(spelling[place]) << (8 * place);
    at(0) | at(spelling.len() / 2) | at(last)
}
