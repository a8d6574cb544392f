//! Here is a length as a fraction of a whole note, exact.

use std::fmt;

/// A length: a fraction of a whole note in lowest terms.
///
/// Sums and products that would not fit into 32 bits are none: no music needs them, and a text
/// that asks for them is no music.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    numerator: u32,
    denominator: u32,
}

impl Length {
    /// No time at all.
    pub const ZERO: Length = Length {
        numerator: 0,
        denominator: 1,
    };
    /// A quarter note.
    pub const QUARTER: Length = Length {
        numerator: 1,
        denominator: 4,
    };
    /// An eighth note.
    pub const EIGHTH: Length = Length {
        numerator: 1,
        denominator: 8,
    };
    /// A sixteenth note.
    pub const SIXTEENTH: Length = Length {
        numerator: 1,
        denominator: 16,
    };

    /// The fraction, unless its denominator is 0 or it is too large.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Length {
            numerator: u32::try_from(numerator / divisor).ok()?,
            denominator: u32::try_from(denominator / divisor).ok()?,
        })
    }

    /// The number above the line.
    pub fn numerator(self) -> u32 {
        self.numerator
    }

    /// The number below the line.
    pub fn denominator(self) -> u32 {
        self.denominator
    }

    /// True if it is no time at all.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The sum.
    pub fn plus(self, other: Length) -> Option<Self> {
        let (a, b) = self.over_one_line(other);
        Length::new(a + b, self.line(other))
    }

    /// What is left when `other` is taken away, if there is so much.
    pub fn minus(self, other: Length) -> Option<Self> {
        let (a, b) = self.over_one_line(other);
        Length::new(a.checked_sub(b)?, self.line(other))
    }

    /// The product.
    pub fn times(self, other: Length) -> Option<Self> {
        Length::new(
            u64::from(self.numerator) * u64::from(other.numerator),
            u64::from(self.denominator) * u64::from(other.denominator),
        )
    }

    /// How many times `other` it is; none if that is no time.
    pub fn over(self, other: Length) -> Option<Self> {
        Length::new(
            u64::from(self.numerator) * u64::from(other.denominator),
            u64::from(self.denominator) * u64::from(other.numerator),
        )
    }

    /// How many units it is, if that is a whole number.
    pub fn in_units_of(self, unit: Length) -> Option<u32> {
        let units = self.over(unit)?;
        (units.denominator == 1).then_some(units.numerator)
    }

    /// As a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    fn line(self, other: Length) -> u64 {
        u64::from(self.denominator) * u64::from(other.denominator)
    }

    fn over_one_line(self, other: Length) -> (u64, u64) {
        (
            u64::from(self.numerator) * u64::from(other.denominator),
            u64::from(other.numerator) * u64::from(self.denominator),
        )
    }

    /// From `a/b` or `a`.
    pub fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        Length::new(number(numerator)?, number(denominator)?)
    }
}

impl PartialOrd for Length {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Length {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (a, b) = self.over_one_line(*other);
        a.cmp(&b)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

/// A number of digits alone.
pub(super) fn number(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten()
}

pub(super) fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_and_in_lowest_terms() {
        let third = Length::new(2, 6).unwrap();
        assert_eq!(third.to_string(), "1/3");
        assert_eq!(third.plus(Length::EIGHTH).unwrap().to_string(), "11/24");
        assert_eq!(third.minus(Length::QUARTER).unwrap().to_string(), "1/12");
        assert_eq!(Length::QUARTER.minus(third), None);
        assert_eq!(Length::QUARTER.in_units_of(Length::EIGHTH), Some(2));
        assert_eq!(third.in_units_of(Length::EIGHTH), None);
        assert!(third > Length::QUARTER);
    }

    #[test]
    fn what_does_not_fit_is_none() {
        let tiny = Length::new(1, u64::from(u32::MAX)).unwrap();
        assert_eq!(tiny.times(Length::EIGHTH), None);
        assert_eq!(Length::new(1, 0), None);
        assert_eq!(Length::EIGHTH.over(Length::ZERO), None);
        assert_eq!(Length::parse("3/-1"), None);
        assert_eq!(Length::parse("1/2/3"), None);
    }
}
