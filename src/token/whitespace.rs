//! Here is a line, give me what stands between its blanks.
//!
//! Exactly KenLM's splitting when it builds (`lmplz`): at NUL, tab, carriage
//! return, newline and space, and at nothing else, so that counts agree to the
//! last token. A no-break space or a form feed is part of a word.

/// True at the five bytes that separate tokens.
pub(super) fn separates(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | b'\r' | b' ')
}

/// Calls `each` with every maximal run of bytes that do not separate.
pub(super) fn cut<'t>(text: &'t [u8], each: impl FnMut(&'t [u8])) {
    text.split(|&byte| separates(byte))
        .filter(|piece| !piece.is_empty())
        .for_each(each);
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
