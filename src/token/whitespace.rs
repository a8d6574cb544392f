//! Here is a line, give me what stands between its blanks.
//!
//! Exactly KenLM's splitting when it builds (`lmplz`): at NUL, tab, carriage
//! return, newline and space, and at nothing else, so that counts agree to the
//! last token. A no-break space or a form feed is part of a word.

use std::ops::Range;

use super::stroke::{STROKE, Stroke};

/// True at the five bytes that separate tokens.
fn separates(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | b'\r' | b' ')
}

/// Calls `each` with the place of every maximal run of bytes that do not separate.
///
/// One bit says of each byte whether it may separate; from bit to bit is a token.
pub(super) fn cut(text: &[u8], sentence: Range<usize>, mut each: impl FnMut(Range<usize>)) {
    let mut start = sentence.start;
    let mut end_at = |end: usize| {
        if end > start {
            each(start..end);
        }
        start = end + 1;
    };
    for place in sentence.clone().step_by(STROKE) {
        let within = sentence.end - place;
        let mut marks = Stroke::at(text, place).within(0..=b' ');
        if within < STROKE {
            marks &= (1 << within) - 1;
        }
        while marks != 0 {
            let at = place + marks.trailing_zeros() as usize;
            if separates(text[at]) {
                end_at(at);
            }
            marks &= marks - 1;
        }
    }
    end_at(sentence.end);
}

/// The pieces with one space between them.
pub(super) fn join<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(piece);
    }
    out
}
