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

use std::sync::LazyLock;

use regex::bytes::Regex;

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

/// Calls `each` with every piece.
pub(super) fn cut<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    PIECE
        .find_iter(text)
        .for_each(|piece| each(piece.as_bytes()));
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
