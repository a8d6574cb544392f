//! Here is a word, or an n-gram, give me the number that KenLM knows it by.

/// A word's number: MurmurHash64A (Austin Appleby, 2008, public domain) without a seed.
pub(super) fn of_word(word: &[u8]) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let mixed = |bits: u64| {
        let bits = bits.wrapping_mul(FACTOR);
        (bits ^ bits >> 47).wrapping_mul(FACTOR)
    };
    let mut hash = (word.len() as u64).wrapping_mul(FACTOR);
    let (eights, rest) = word.as_chunks::<8>();
    for &eight in eights {
        hash = (hash ^ mixed(u64::from_le_bytes(eight))).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let bytes = rest.iter().rev();
        let rest = bytes.fold(0, |all, &byte| all << 8 | u64::from(byte));
        hash = (hash ^ rest).wrapping_mul(FACTOR);
    }
    let hash = (hash ^ hash >> 47).wrapping_mul(FACTOR);
    hash ^ hash >> 47
}

/// What an n-gram's number gives to that of a longer one, which has one more word before it.
#[inline]
pub(super) fn of_suffix(ngram: u64) -> u64 {
    ngram.wrapping_mul(8_978_948_897_894_561_157)
}

/// What a first word gives. The number of an n-gram is its suffix's gift, and this one, by
/// exclusive or; the number of a unigram is its word's id.
#[inline]
pub(super) fn of_first(word: u32) -> u64 {
    (1 + u64::from(word)).wrapping_mul(17_894_857_484_156_487_943)
}
