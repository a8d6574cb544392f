//! Here is how long a bar is.

use std::fmt;

use super::length::{Length, number};

/// A metre: what a bar sums to, and how that is spelt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metre {
    spelling: String,
    bar: Option<Length>,
}

/// A bar of more whole notes than this is none.
const LONGEST_BAR: u32 = 64;

impl Metre {
    /// No metre: bars are as long as they are.
    pub fn free() -> Self {
        Metre {
            spelling: "none".into(),
            bar: None,
        }
    }

    /// From what stands in a field: `6/8`, `C`, `C|`, `none`, `(2+3+2)/8` with or without the
    /// brackets; nothing if it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match text.as_str() {
            "none" | "" => return Some(Metre::free()),
            "C" => return Metre::parse("4/4"),
            "C|" => return Metre::parse("2/2"),
            _ => {}
        }
        let (above, below) = text.rsplit_once('/')?;
        let inner = above.strip_prefix('(').and_then(|a| a.strip_suffix(')'));
        let beats = inner.unwrap_or(above);
        let mut sum = 0u64;
        for beat in beats.split('+') {
            sum = sum.checked_add(number(beat)?)?;
        }
        let bar = Length::new(sum, number(below)?)?;
        let sensible = !bar.is_zero() && bar <= Length::new(LONGEST_BAR.into(), 1)?;
        let spelling = match beats.contains('+') {
            true => format!("({beats})/{below}"),
            false => format!("{beats}/{below}"),
        };
        sensible.then_some(Metre {
            spelling,
            bar: Some(bar),
        })
    }

    /// What a bar sums to, unless the metre is free.
    pub fn bar(&self) -> Option<Length> {
        self.bar
    }

    /// The unit length where none is given: a sixteenth in bars shorter than three quarters,
    /// otherwise an eighth (ABC standard 2.1, 3.1.7).
    pub fn unit(&self) -> Length {
        match self.bar {
            Some(bar) if 4 * u64::from(bar.numerator()) < 3 * u64::from(bar.denominator()) => {
                Length::SIXTEENTH
            }
            _ => Length::EIGHTH,
        }
    }

    /// True if the beats are of three: 6/8, 9/8, 12/8 and their like.
    pub fn is_compound(&self) -> bool {
        let beats = self.spelling.split('/').next().and_then(number);
        beats.is_some_and(|beats| beats > 3 && beats % 3 == 0)
    }

    /// How long a beat is.
    pub fn beat(&self) -> Length {
        let below = self.spelling.rsplit_once('/').and_then(|(_, b)| number(b));
        let beats = if self.is_compound() { 3 } else { 1 };
        let beat = Length::new(beats, below.unwrap_or(4));
        beat.unwrap_or(Length::QUARTER).max(Length::QUARTER)
    }

    /// Numerator and denominator, where it is so simple.
    pub fn fraction(&self) -> Option<(u64, u64)> {
        let (above, below) = self.spelling.split_once('/')?;
        Some((number(above)?, number(below)?))
    }
}

impl fmt::Display for Metre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_are_spelt_in_one_way() {
        let cases = [
            ("C", "4/4", Some("1")),
            (" C| ", "2/2", Some("1")),
            ("6/8", "6/8", Some("3/4")),
            ("2+3+2/8", "(2+3+2)/8", Some("7/8")),
            ("(2+3)/8", "(2+3)/8", Some("5/8")),
            ("none", "none", None),
        ];
        for (text, spelling, bar) in cases {
            let metre = Metre::parse(text).unwrap();
            assert_eq!(metre.to_string(), spelling);
            assert_eq!(metre.bar().map(|bar| bar.to_string()).as_deref(), bar);
        }
        for text in ["6", "0/4", "4/0", "a/b", "9999/1", "99999999999999999999/8"] {
            assert_eq!(Metre::parse(text), None, "{text}");
        }
    }

    #[test]
    fn short_bars_have_short_units() {
        let unit = |text| Metre::parse(text).unwrap().unit();
        assert_eq!(unit("2/4"), Length::SIXTEENTH);
        assert_eq!(unit("3/4"), Length::EIGHTH);
        assert_eq!(unit("none"), Length::EIGHTH);
    }
}
