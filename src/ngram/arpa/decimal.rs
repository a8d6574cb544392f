//! Here are digits, give me the nearest `f32`.
//!
//! A number with few digits is a whole number over a power of ten, both exact in
//! `f64`, so one division rounds it once. Rounding that to `f32` is a second time,
//! which only matters in the middle between two `f32`: there, and for whatever is
//! spelled in another way, the standard library parses.

/// Powers of ten that are exact in `f64`.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// So many digits make no whole number beyond 2^53.
const MOST_DIGITS: usize = 15;

/// The bits of an `f64` that an `f32` has no place for; the highest alone is the middle.
const LOST: u64 = (1 << 29) - 1;
const MIDDLE: u64 = 1 << 28;

/// The nearest `f32`; nothing if this is no number.
#[inline]
pub(super) fn parse(field: &[u8]) -> Option<f32> {
    short(field).or_else(|| str::from_utf8(field).ok()?.parse().ok())
}

/// That of a short number in the plainest spelling, like −1.2041199.
#[inline]
fn short(field: &[u8]) -> Option<f32> {
    let (negative, digits) = match field {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let (mut whole, mut point) = (0_u64, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let decimals = match point {
        // A point alone is no number.
        Some(_) if digits.len() == 1 => return None,
        Some(at) => digits.len() - at - 1,
        None if digits.is_empty() => return None,
        None => 0,
    };
    let once = whole as f64 / TENS[decimals];
    let tiny = whole != 0 && once < f64::from(f32::MIN_POSITIVE);
    if once.to_bits() & LOST == MIDDLE || tiny {
        return None;
    }
    let twice = once as f32;
    Some(if negative { -twice } else { twice })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Option<u32> {
        text.parse::<f32>().ok().map(f32::to_bits)
    }

    #[test]
    fn oddly_spelled_numbers_are_those_of_the_standard_library() {
        let spellings = [
            "",
            "-",
            ".",
            "-.",
            "1.",
            ".5",
            "-.5",
            "+1",
            "--1",
            "1e5",
            "-1E-3",
            "1.2.3",
            "inf",
            "-inf",
            "NaN",
            "-0",
            "0",
            "-0.0",
            "00000000000000",
            "1e-46",
            "0.0000000000001",
            "x",
            "1x",
            "16777217",
            "16777219",
            "-1.5976563",
            "123456789012345",
            "1234567890123456",
            "-99",
            "1\u{e9}",
            "0.00000005960464",
        ];
        for text in spellings {
            assert_eq!(
                parse(text.as_bytes()).map(f32::to_bits),
                plain(text),
                "{text}"
            );
        }
        assert_eq!(parse(b"-1\xFF"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn any_number_is_that_of_the_standard_library(bits: u32, digits in 0usize..12) {
            let number = f32::from_bits(bits);
            for text in [format!("{number}"), format!("{number:e}"), format!("{number:.digits$}")] {
                prop_assert_eq!(parse(text.as_bytes()).map(f32::to_bits), plain(&text), "{}", text);
            }
        }

        #[test]
        fn a_number_between_two_is_that_of_the_standard_library(bits in 0x3000_0000u32..0x4480_0000, off in -1i32..2) {
            // The exact middle, and the decimals next to it.
            let (low, high) = (f64::from(f32::from_bits(bits)), f64::from(f32::from_bits(bits + 1)));
            let text = format!("{:.*}", 13 - (off + 1) as usize, f64::midpoint(low, high));
            prop_assert_eq!(parse(text.as_bytes()).map(f32::to_bits), plain(&text), "{}", text);
        }
    }
}
