//! Here is a cache line, give me the numbers of an n-gram that lies in it.
//!
//! An n-gram has a home, the line that its hash names; one look at it mostly tells all. A line has
//! 16 words of 32 bits:
//!
//! ```text
//! inner order:   5 checks · 5 log10 p · 5 log10 back-off ·        1 word of strays
//! top order:     7 checks · 7 log10 p ·                   1 · 1 word of strays
//! ```
//!
//! A check is the half of the hash that does not name the line; 0 is a free slot, and free slots
//! come last. What found no room at home is a stray: it lies in the first line with room among its
//! home's neighbours, and each sets one bit of 32 at home, so that hardly anybody looks further for
//! what is not there.

use bytemuck::{Pod, Zeroable};

const WORDS: usize = 16;

/// Where the bits for strays are.
const STRAYS: usize = WORDS - 1;

/// Lines among which a stray may be, a power of two.
pub(super) const GROUP: usize = 256;

/// The slots of a line, and where its numbers are.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Line([u32; WORDS]);

/// What a slot holds.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Numbers {
    pub(super) log10_prob: f32,
    /// Means nothing at the top.
    pub(super) log10_backoff: f32,
}

impl Numbers {
    pub(super) const NONE: Numbers = Numbers {
        log10_prob: 0.0,
        log10_backoff: 0.0,
    };

    /// True if they are the same to the last bit.
    pub(super) fn same<const SLOTS: usize>(self, other: Numbers) -> bool {
        let bits = |numbers: Numbers| match SLOTS {
            INNER => (
                numbers.log10_prob.to_bits(),
                numbers.log10_backoff.to_bits(),
            ),
            _ => (numbers.log10_prob.to_bits(), 0),
        };
        bits(self) == bits(other)
    }
}

/// The line that is home to a hash: its leading bits, as a share of all lines.
#[inline(always)]
pub(super) fn home(hash: u64, lines: usize) -> usize {
    ((u128::from(hash) * lines as u128) >> 64) as usize
}

/// What an n-gram is told from others of its line by.
#[inline(always)]
pub(super) fn check(hash: u64) -> u32 {
    (hash as u32).max(1)
}

/// Slots of a line of an inner order.
pub(super) const INNER: usize = 5;

/// Slots of a line of the top order.
pub(super) const TOP: usize = 7;

impl Line {
    /// One bit for each slot with this check.
    #[inline(always)]
    fn same<const SLOTS: usize>(&self, check: u32) -> u32 {
        same_of_eight(&self.0, check) & ((1 << SLOTS) - 1)
    }

    /// The numbers of a slot; those of none mean nothing.
    #[inline(always)]
    fn numbers<const SLOTS: usize>(&self, slot: usize) -> Numbers {
        let number = |place: usize| f32::from_bits(self.0[place % WORDS]);
        Numbers {
            log10_prob: number(SLOTS + slot),
            log10_backoff: number(2 * SLOTS + slot),
        }
    }

    #[inline(always)]
    fn is_full<const SLOTS: usize>(&self) -> bool {
        self.0[SLOTS - 1] != 0
    }

    #[inline(always)]
    fn stray_bit(hash: u64) -> u32 {
        1 << ((hash >> 32) % 32)
    }

    /// Notes that an n-gram of this line has to be elsewhere.
    pub(super) fn note_stray(&mut self, hash: u64) {
        self.0[STRAYS] |= Line::stray_bit(hash);
    }

    /// Takes an n-gram in, if there is room.
    pub(super) fn put<const SLOTS: usize>(&mut self, hash: u64, numbers: Numbers) -> bool {
        let Some(slot) = self.0[..SLOTS].iter().position(|&check| check == 0) else {
            return false;
        };
        self.0[slot] = check(hash);
        self.0[SLOTS + slot] = numbers.log10_prob.to_bits();
        if SLOTS == INNER {
            self.0[2 * SLOTS + slot] = numbers.log10_backoff.to_bits();
        }
        true
    }
}

/// One bit for each of the first eight words that equal this one.
#[inline(always)]
fn same_of_eight(words: &[u32; WORDS], word: u32) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{
            __m128i, _mm_cmpeq_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32,
            _mm_set1_epi32,
        };
        let [a, b, c, d, e, f, g, h, ..] = *words;
        let [first, second]: [__m128i; 2] =
            [bytemuck::cast([a, b, c, d]), bytemuck::cast([e, f, g, h])];
        // SAFETY: these are instructions of SSE2, which every processor of this architecture has.
        unsafe {
            let word = _mm_set1_epi32(word as i32);
            let (first, second) = (_mm_cmpeq_epi32(first, word), _mm_cmpeq_epi32(second, word));
            let same = _mm_packs_epi32(first, second);
            _mm_movemask_epi8(_mm_packs_epi16(same, same)) as u32
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let same = words[..8].iter().enumerate();
        same.fold(0, |same, (place, &other)| {
            same | u32::from(other == word) << place
        })
    }
}

/// What a look at an n-gram's home tells.
pub(super) struct Look {
    pub(super) found: bool,
    /// It is not here, but may be elsewhere.
    pub(super) strayed: bool,
    /// Its numbers, if it is here.
    pub(super) numbers: Numbers,
}

/// Looks at the home of an n-gram, without a branch.
#[inline(always)]
pub(super) fn look<const SLOTS: usize>(lines: &[Line], home: usize, hash: u64) -> Look {
    let line = &lines[home];
    let same = line.same::<SLOTS>(check(hash));
    let found = same != 0;
    Look {
        found,
        strayed: !found & (line.0[STRAYS] & Line::stray_bit(hash) != 0),
        numbers: line.numbers::<SLOTS>(same.trailing_zeros() as usize),
    }
}

/// Finds the numbers of an n-gram, at home or among the strays.
#[inline(always)]
pub(super) fn find<const SLOTS: usize>(lines: &[Line], home: usize, hash: u64) -> Option<Numbers> {
    let look = look::<SLOTS>(lines, home, hash);
    match look.found {
        true => Some(look.numbers),
        false if look.strayed => find_stray::<SLOTS>(lines, home, check(hash)),
        false => None,
    }
}

#[cold]
#[inline(never)]
fn find_stray<const SLOTS: usize>(lines: &[Line], home: usize, check: u32) -> Option<Numbers> {
    for neighbour in 1..GROUP {
        let line = &lines[home ^ neighbour];
        let same = line.same::<SLOTS>(check);
        if same != 0 {
            return Some(line.numbers::<SLOTS>(same.trailing_zeros() as usize));
        }
        if !line.is_full::<SLOTS>() {
            break;
        }
    }
    None
}
