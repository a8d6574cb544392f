//! Here is text, give me the one spelling of it.
//!
//! Training and questions go through the same function, or the model would not
//! recognise its own words. Text that is spelt right already, as most is, is not
//! copied.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

use super::options::{CorpusOptions, Normalisation};

impl CorpusOptions {
    /// The text as these options spell it: normalised, and in small letters if they say so.
    pub fn fold<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = normalise(self.normalise, Cow::Borrowed(text));
        if !self.lowercase || !text.chars().any(is_capital) {
            return text;
        }
        // A small letter may be several characters, which compose with what follows.
        normalise(self.normalise, Cow::Owned(text.to_lowercase()))
    }

    /// Folds whatever is text among these bytes, line by line.
    ///
    /// Nothing is spelt differently for what stands beyond a line end, and so one line that is
    /// spelt oddly costs no more than itself.
    pub(super) fn fold_lines<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        if self.normalise == Normalisation::None && !self.lowercase {
            return Cow::Borrowed(bytes);
        }
        let mut folded = Vec::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.fold_line(line, &mut folded);
        }
        Cow::Owned(folded)
    }

    fn fold_line(&self, line: &[u8], folded: &mut Vec<u8>) {
        if line.is_ascii() {
            let start = folded.len();
            folded.extend_from_slice(line);
            if self.lowercase {
                folded[start..].make_ascii_lowercase();
            }
            return;
        }
        for chunk in line.utf8_chunks() {
            folded.extend_from_slice(self.fold(chunk.valid()).as_bytes());
            folded.extend_from_slice(chunk.invalid());
        }
    }
}

fn normalise(how: Normalisation, text: Cow<'_, str>) -> Cow<'_, str> {
    let already = match how {
        Normalisation::None => true,
        _ if text.is_ascii() => true,
        Normalisation::Nfc => is_nfc_quick(text.chars()) == IsNormalized::Yes,
        Normalisation::Nfkc => is_nfkc_quick(text.chars()) == IsNormalized::Yes,
    };
    match how {
        _ if already => text,
        Normalisation::None => text,
        Normalisation::Nfc => text.nfc().collect::<String>().into(),
        Normalisation::Nfkc => text.nfkc().collect::<String>().into(),
    }
}

fn is_capital(letter: char) -> bool {
    !letter.to_lowercase().eq([letter])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options(normalise: Normalisation, lowercase: bool) -> CorpusOptions {
        CorpusOptions {
            normalise,
            lowercase,
            ..CorpusOptions::default()
        }
    }

    #[test]
    fn spellings_are_made_one() {
        let cases = [
            (Normalisation::None, false, "E\u{301}ﬁ", "E\u{301}ﬁ"),
            (Normalisation::None, true, "ÉTÉ Σ", "été σ"),
            (Normalisation::Nfc, false, "e\u{301}ﬁ", "éﬁ"),
            (Normalisation::Nfkc, false, "ﬁ２", "fi2"),
            (Normalisation::Nfkc, true, "℡ E\u{301}", "tel é"),
        ];
        for (normalise, lowercase, text, folded) in cases {
            assert_eq!(options(normalise, lowercase).fold(text), folded);
        }
    }

    #[test]
    fn text_that_is_right_already_is_not_copied() {
        let both = options(Normalisation::Nfkc, true);
        assert!(matches!(both.fold("plain words"), Cow::Borrowed(_)));
        assert!(matches!(both.fold("été"), Cow::Borrowed(_)));
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let small = options(Normalisation::None, true);
        assert_eq!(*small.fold_lines(b"A\xFFB"), *b"a\xFFb");
    }

    proptest! {
        #[test]
        fn line_by_line_is_all_at_once(text in "([a-zA-ZΣσİﬁ\u{301}\u{327}\u{345}\u{1100}\u{1161}.' ]{0,4}\r?\n?){0,5}", lowercase: bool) {
            for normalise in [Normalisation::None, Normalisation::Nfc, Normalisation::Nfkc] {
                let options = options(normalise, lowercase);
                let lines = options.fold_lines(text.as_bytes()).into_owned();
                prop_assert_eq!(lines, options.fold(&text).into_owned().into_bytes());
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC*", lowercase: bool) {
            for normalise in [Normalisation::None, Normalisation::Nfc, Normalisation::Nfkc] {
                let options = options(normalise, lowercase);
                let once = options.fold(&text).into_owned();
                prop_assert_eq!(options.fold(&once), once.as_str());
            }
        }
    }
}
