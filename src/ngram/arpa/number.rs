//! Here is a log10, give me its shortest digits that read back the same.
//!
//! The digits are those of Rust's own `{}`, never with an exponent, which not every
//! reader of ARPA takes; but a model has millions of them, and `{}` takes ten
//! times as long as what is done here.

use std::io::Write;
use std::ops::Range;

use super::LOG_ZERO;
use super::page::{Block, Page};

/// The sizes of the numbers that zmij writes without an exponent.
const PLAIN: Range<f32> = 1e-5..1e3;

/// Where two shortest spellings are equally near, `{}` takes the greater and zmij the even one; and
/// zmij writes whole numbers with a `.0`. Below 1000 a number in the middle between two short
/// decimals is a short binary fraction: like a whole number it has none of these bits.
const FINE_BITS: u32 = 0xFF;

/// Writes numbers.
pub(super) struct Numbers {
    digits: zmij::Buffer,
    /// Back-offs that were last written, each at a place of its own bits, with the line's end.
    backoffs: [(u32, Block); SEEN],
}

/// As n-grams read, 96 to 99 of 100 back-offs are among the last so many. Of probabilities it would be
/// 2 to 16, so each is spelled.
const SEEN: usize = 1 << SEEN_BITS;
const SEEN_BITS: u32 = 8;

impl Numbers {
    pub(super) fn new() -> Self {
        Numbers {
            digits: zmij::Buffer::new(),
            backoffs: [(0, Block::default()); SEEN],
        }
    }

    /// Adds a probability's log10, and a tab.
    #[inline]
    pub(super) fn begin_line(&mut self, log10_prob: f32, page: &mut Page) {
        put_digits(log10_prob, &mut self.digits, page);
        page.put(b"\t");
    }

    /// Adds a back-off's log10, and the line's end.
    #[inline]
    pub(super) fn end_line(&mut self, log10_backoff: f32, page: &mut Page) {
        let bits = log10_backoff.to_bits();
        // The bits are spread by 2^32 over the golden ratio.
        let place = bits.wrapping_mul(0x9E37_79B9) >> (u32::BITS - SEEN_BITS);
        let (of, block) = &mut self.backoffs[place as usize];
        if *of == bits && !block.is_empty() {
            return page.put_block(block);
        }
        let before = page.len();
        put_digits(log10_backoff, &mut self.digits, page);
        page.put(b"\n");
        (*of, *block) = (bits, page.block_from(before));
    }
}

/// Adds a log10 to the page; that of 0, which no digits spell, as −99.
#[inline]
fn put_digits(log10: f32, digits: &mut zmij::Buffer, page: &mut Page) {
    if PLAIN.contains(&log10.abs()) && log10.to_bits() & FINE_BITS != 0 {
        page.put(digits.format_finite(log10).as_bytes());
    } else if log10 == 0.0 {
        // −0 would print its sign.
        page.put(b"0");
    } else {
        put_rare(log10, page);
    }
}

#[cold]
fn put_rare(log10: f32, page: &mut Page) {
    let number = match log10 {
        f32::NEG_INFINITY => LOG_ZERO,
        number => number,
    };
    let mut digits = Vec::new();
    write!(digits, "{number}").expect("memory takes what is written to it");
    page.put(&digits);
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rayon::prelude::*;

    use super::super::plain;
    use super::*;

    fn assert_as_plain(numbers: impl Iterator<Item = f32>) {
        let (mut writer, mut page) = (Numbers::new(), Page::default());
        for number in numbers.filter(|number| !number.is_nan()) {
            let plain = plain::number(number);
            // The second time it may have been seen.
            for _ in 0..2 {
                page.clear();
                writer.begin_line(number, &mut page);
                writer.end_line(number, &mut page);
                let text = str::from_utf8(page.text()).unwrap();
                assert_eq!(
                    text,
                    format!("{plain}\t{plain}\n"),
                    "{:#x}",
                    number.to_bits()
                );
            }
        }
    }

    #[test]
    fn any_number_is_written_as_rust_prints_it() {
        (0..64_u64).into_par_iter().for_each(|seed| {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let any = (0..20_000).map(|_| f32::from_bits(dice.next_u32()));
            assert_as_plain(any);
            let log10s = (0..40_000).map(|_| -(dice.next_u32() as f32) * 100.0 / u32::MAX as f32);
            assert_as_plain(log10s);
        });
    }

    #[test]
    fn where_two_spellings_are_equally_near_the_greater_is_written() {
        assert_eq!(plain::number(-1.0 - 153.0 / 256.0), "-1.5976563");
        let plain = PLAIN.start.to_bits()..PLAIN.end.to_bits();
        plain
            .step_by(1 << 13)
            .collect::<Vec<_>>()
            .par_chunks(1 << 10)
            .for_each(|bits| {
                let short = |bits: &u32| -f32::from_bits(bits & !0xFF);
                assert_as_plain(bits.iter().map(short));
            });
    }

    #[test]
    fn the_ends_of_every_range_are_written_as_rust_prints_them() {
        let ends = [
            0.0,
            1e-45,
            f32::MIN_POSITIVE,
            1e-5,
            1.0,
            9.5,
            99.0,
            100.0,
            1e3,
            16_777_216.0,
            f32::MAX,
            f32::INFINITY,
        ];
        let near = |end: f32| [end.next_down(), end, end.next_up()];
        let near = ends.into_iter().flat_map(near);
        assert_as_plain(near.flat_map(|number| [number, -number]));
    }
}
