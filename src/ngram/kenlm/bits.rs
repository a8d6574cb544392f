//! Here are numbers of any few bits packed end to end, give me one.

/// The number of bits that hold every number up to this one.
pub(super) fn required(most: u64) -> u32 {
    u64::BITS - most.leading_zeros()
}

/// The number of `width` bits, at most 57, that begins at a bit; bits beyond the end are zeros.
#[inline]
pub(super) fn get(bytes: &[u8], bit: u64, width: u32) -> u64 {
    let at = (bit / 8) as usize;
    let eight = match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(&eight) => u64::from_le_bytes(eight),
        None => last_bytes(bytes, at),
    };
    (eight >> (bit % 8)) & ((1 << width) - 1)
}

#[cold]
fn last_bytes(bytes: &[u8], at: usize) -> u64 {
    let left = bytes.get(at..).unwrap_or_default();
    let shifted = left
        .iter()
        .zip(0..8)
        .map(|(&byte, place)| u64::from(byte) << (8 * place));
    shifted.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_where_they_were_put() {
        let numbers = [5_u64, 0, 127, 64, 1, 99, 3, 77, 126, 2];
        let all: u128 = numbers
            .iter()
            .rev()
            .fold(0, |all, &n| all << 7 | u128::from(n));
        let bytes = &all.to_le_bytes()[..9];
        for (place, &number) in (0..).zip(&numbers) {
            assert_eq!(get(bytes, 7 * place, 7), number);
        }
        assert_eq!(get(bytes, 1000, 57), 0, "beyond the end");
        assert_eq!(
            [0, 1, 2, 3, 4, 255, 256].map(required),
            [0, 1, 2, 2, 3, 8, 9]
        );
    }
}
