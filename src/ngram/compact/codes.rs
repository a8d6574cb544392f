//! Here are numbers, many of them equal; give me a code for each that says which of the distinct
//! ones it is.
//!
//! Back-offs above all repeat: most are those of a context that was seen once. Where there are too
//! many distinct numbers for that to pay, a number is its own code.

use rayon::prelude::*;

/// Numbers as codes.
pub(super) enum Codes<'n> {
    /// The numbers themselves.
    Raw(&'n [f32]),
    /// The places of distinct numbers.
    Listed {
        codes: Vec<u32>,
        /// Ascending by their bits.
        values: Vec<f32>,
    },
}

impl<'n> Codes<'n> {
    /// The codes that take the fewest bytes, the list of distinct numbers included.
    pub(super) fn fewest_bytes(numbers: &'n [f32]) -> Self {
        let place =
            |(index, number): (usize, &f32)| u64::from(number.to_bits()) << 32 | index as u64;
        let mut sorted: Vec<u64> = numbers.par_iter().enumerate().map(place).collect();
        sorted.par_sort_unstable();
        let distinct = sorted.chunk_by(|a, b| a >> 32 == b >> 32).count();
        let bits = u64::from(bits_for(distinct)) * numbers.len() as u64 + 32 * distinct as u64;
        if bits >= 32 * numbers.len() as u64 && !numbers.is_empty() {
            return Codes::Raw(numbers);
        }
        let mut codes = vec![0; numbers.len()];
        let mut values = Vec::with_capacity(distinct);
        for equal in sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
            for &entry in equal {
                codes[entry as u32 as usize] = values.len() as u32;
            }
            values.push(f32::from_bits((equal[0] >> 32) as u32));
        }
        Codes::Listed { codes, values }
    }

    /// One of the codes.
    pub(super) fn code(&self, index: usize) -> u32 {
        match self {
            Codes::Raw(numbers) => numbers[index].to_bits(),
            Codes::Listed { codes, .. } => codes[index],
        }
    }

    /// How many bits a code has.
    pub(super) fn bits(&self) -> u8 {
        match self {
            Codes::Raw(_) => 32,
            Codes::Listed { values, .. } => bits_for(values.len()),
        }
    }

    /// The distinct numbers; none if each is its own code.
    pub(super) fn into_values(self) -> Vec<f32> {
        match self {
            Codes::Raw(_) => Vec::new(),
            Codes::Listed { values, .. } => values,
        }
    }
}

/// How many bits tell so many apart.
fn bits_for(distinct: usize) -> u8 {
    super::bits::width_of((distinct as u64).saturating_sub(1)) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_stand_for_their_numbers(
            few in prop::collection::vec(prop_oneof![Just(0.0f32), Just(-0.0), Just(-0.5), Just(f32::NEG_INFINITY)], 0..200),
            many in prop::collection::vec(-9.0f32..0.0, 0..90),
        ) {
            for numbers in [&few[..], &many[..], &[&few[..], &many[..]].concat()] {
                let codes = Codes::fewest_bytes(numbers);
                let bits = codes.bits();
                let listed: Vec<u32> = (0..numbers.len()).map(|index| codes.code(index)).collect();
                let values = codes.into_values();
                for (&code, number) in listed.iter().zip(numbers) {
                    let value = if bits == 32 { f32::from_bits(code) } else { values[code as usize] };
                    prop_assert_eq!(value.to_bits(), number.to_bits());
                    prop_assert!(bits == 32 || code >> bits == 0);
                }
                prop_assert!(bits == 32 || values.len() * 4 <= numbers.len() * 4);
            }
        }
    }
}
