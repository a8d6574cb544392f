//! Here is a sentence, give me its words and its punctuation, and a readable sentence back.
//!
//! A word is letters, marks and digits, with apostrophes and hyphens inside it
//! ("don't", "well-known"); a number keeps its inner points ("3.14", "10:30");
//! any other visible character stands alone, but for runs of full stops or
//! dashes and for an emoji with its modifiers. White space only separates.
//!
//! Cutting forgets where blanks stood, so joining puts them back by the habits
//! of print: none before a comma, none after an opening bracket, and straight
//! quotes open and close by turns.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::stroke::{STROKE, Stroke};

static PIECE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
        \p{N}+ (?: [.,:/] \p{N}+ )+                                     # 3.14  10:30
      | [\p{L}\p{N}_] [\p{L}\p{M}\p{N}_]*                               # word
        (?: ['’‐-] [\p{L}\p{N}_] [\p{L}\p{M}\p{N}_]* )*                 # don't  well-known
      | \.{2,} | -{2,}                                                  # ...  --
      | \p{Regional_Indicator}{2}                                       # a flag
      | \S [\p{M}\p{Emoji_Modifier}]*                                   # any other character,
        (?: \x{200D} \S [\p{M}\p{Emoji_Modifier}]* )*                   # joined emoji whole
      | (?-u:[\x80-\xFF])                                               # a byte that is no text
    ";
    Regex::new(pattern).expect("the pattern is fixed and compiles")
});

/// Calls `each` with the place of every piece.
///
/// Most pieces are found in strokes of ASCII; where that is not enough, [`PIECE`] finds the next one.
pub(super) fn cut(text: &[u8], sentence: Range<usize>, mut each: impl FnMut(Range<usize>)) {
    let mut at = sentence.start;
    while at < sentence.end {
        let stroke = Marks::of(text, at, sentence.end);
        let next = stroke.pieces(|piece| each(at + piece.start..at + piece.end));
        if next > 0 {
            at += next;
        } else if let Some(piece) = PIECE.find_at(&text[..sentence.end], at) {
            at = piece.end();
            each(piece.range());
        } else {
            return;
        }
    }
}

/// What a stroke of ASCII is made of, by the rules of [`PIECE`].
struct Marks {
    /// Bytes with which a piece goes on.
    inside: u64,
    /// White space.
    blank: u64,
    /// Bytes of which the stroke cannot tell what they are to the piece before them.
    unclear: u64,
}

impl Marks {
    fn of(text: &[u8], at: usize, end: usize) -> Self {
        let stroke = Stroke::at(text, at);
        let last = end - at < STROKE;
        let sentence = if last {
            (1 << (end - at)) - 1
        } else {
            u64::MAX
        };
        let beyond = stroke.within(0x80..=0xFF) & sentence;
        let digit = stroke.within(b'0'..=b'9') & sentence;
        let letter = stroke.within(b'a'..=b'z') | stroke.within(b'A'..=b'Z') | stroke.equal(b'_');
        let word = letter & sentence | digit;
        let (dot, dash) = (stroke.equal(b'.'), stroke.equal(b'-'));
        let joint = dash | stroke.equal(b'\'');
        let point = dot | stroke.equal(b',') | stroke.within(b'/'..=b':') & !digit;
        let between = |kind: u64| kind << 1 & kind >> 1;
        // What follows is not ASCII, or not in the stroke.
        let open = beyond >> 1 | if last { 0 } else { 1 << (STROKE - 1) };
        let joins = joint & between(word);
        Marks {
            inside: (word & (word | joins) << 1 | joins | dot & dot << 1 | dash & dash << 1)
                & sentence,
            blank: stroke.within(b'\t'..=b'\r') | stroke.equal(b' ') | !sentence,
            unclear: beyond | (joint | point) & open | point & between(digit),
        }
    }

    /// Calls `each` with every piece that is clear; returns where the first begins that is not, or
    /// where the stroke ends.
    fn pieces(&self, mut each: impl FnMut(Range<usize>)) -> usize {
        let clear = self.unclear.trailing_zeros() as usize;
        let mut starts = !(self.inside | self.blank);
        let ends = !self.inside;
        while starts != 0 {
            let start = starts.trailing_zeros() as usize;
            let end = (ends & (!1 << start)).trailing_zeros() as usize;
            if end >= clear {
                return start.min(clear);
            }
            each(start..end);
            starts &= starts - 1;
        }
        clear
    }
}

/// The pieces as a readable sentence.
pub(super) fn join<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut open = OpenQuotes::default();
    let mut sticks_to_next = true;
    for piece in pieces {
        let side = open.side(piece);
        if !sticks_to_next && !matches!(side, Side::Closing | Side::Tight) {
            out.push(b' ');
        }
        out.extend_from_slice(piece);
        sticks_to_next = matches!(side, Side::Opening | Side::Tight);
    }
    out
}

/// How a piece sits among its neighbours.
#[derive(Clone, Copy)]
enum Side {
    /// A blank on either side.
    Free,
    /// No blank before it.
    Closing,
    /// No blank after it.
    Opening,
    /// No blank on either side.
    Tight,
}

/// Which straight quotes are open: the next one closes.
#[derive(Default)]
struct OpenQuotes {
    double: bool,
    single: bool,
}

impl OpenQuotes {
    fn side(&mut self, piece: &[u8]) -> Side {
        match piece {
            b"\"" => turn(&mut self.double),
            b"'" => turn(&mut self.single),
            b"," | b"." | b";" | b":" | b"!" | b"?" | b")" | b"]" | b"}" | b"%" => Side::Closing,
            b"(" | b"[" | b"{" | b"$" | b"#" => Side::Opening,
            _ => match std::str::from_utf8(piece).unwrap_or_default() {
                "”" | "’" | "»" | "…" | "。" | "、" => Side::Closing,
                "“" | "‘" | "«" | "¿" | "¡" | "£" | "€" => Side::Opening,
                "--" | "—" | "/" => Side::Tight,
                dots if dots.starts_with("..") => Side::Closing,
                _ => Side::Free,
            },
        }
    }
}

fn turn(open: &mut bool) -> Side {
    *open = !*open;
    if *open { Side::Opening } else { Side::Closing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_cut_as_described(text: &[u8], sentence: Range<usize>) {
        let mut found = Vec::new();
        cut(text, sentence.clone(), |piece| found.push(&text[piece]));
        let described = PIECE.find_iter(&text[sentence]);
        let described: Vec<&[u8]> = described.map(|piece| piece.as_bytes()).collect();
        let text = String::from_utf8_lossy(text);
        assert_eq!(found, described, "{text:?}");
    }

    /// What can stand next to each other, in bits of ASCII and of all else.
    const BITS: &str = "(a|bc|Z_|9|31| |  |\t|\n|\0|\\.|\\.\\.|,|:|/|-|--|'|’|‐|\"|é|e\u{301}|\u{301}|٣|中|\u{3000}|🇫|🇷|👩|\u{200D}|🏽|\u{FFFD}|[a-z]{20,70}|\\PC)";

    proptest! {
        #[test]
        fn strokes_cut_as_the_pattern_does(
            text in prop::collection::vec(BITS, 0..40).prop_map(|bits| bits.concat()),
            after in "[a-z0-9.' -]{0,9}|é",
        ) {
            let whole = text.clone() + &after;
            assert_cut_as_described(whole.as_bytes(), 0..text.len());
            assert_cut_as_described((after.clone() + &whole).as_bytes(), after.len()..after.len() + text.len());
        }

        #[test]
        fn strokes_cut_ascii_as_the_pattern_does(text in "[ab19 .,:/'_\"-]{0,200}") {
            assert_cut_as_described(text.as_bytes(), 0..text.len());
        }

        #[test]
        fn strokes_cut_any_bytes_as_the_pattern_does(text in prop::collection::vec(any::<u8>(), 0..200)) {
            assert_cut_as_described(&text, 0..text.len());
        }
    }
}
