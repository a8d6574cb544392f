//! Here is text, give me its pieces, and back.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use bstr::ByteSlice;
use serde::{Deserialize, Serialize};

use super::subword::Subwords;
use super::{whitespace, words};
use crate::error::{Error, ErrorKind, Result};
use crate::notes::Spelling;

/// A way to cut text into tokens.
///
/// Headers of models hold it by the place of its variant, so a new one comes last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Tokenizer {
    /// Words and numbers, each punctuation mark apart; white space only separates.
    #[default]
    Words,
    /// What stands between blanks, exactly as KenLM's `lmplz` splits.
    Whitespace,
    /// Grapheme clusters: what a reader takes for one character.
    Characters,
    /// Single bytes, of any file at all.
    Bytes,
    /// Pieces of words, by a tokenizer that was published or trained.
    Subwords(Subwords),
    /// Notes, bars and what else happens in a tune; text is ABC, and a tune is a sentence.
    Notes(Spelling),
}

impl Tokenizer {
    /// All that need no data, in the order in which they are presented.
    pub const ALL: [Tokenizer; 4] = [
        Tokenizer::Words,
        Tokenizer::Whitespace,
        Tokenizer::Characters,
        Tokenizer::Bytes,
    ];

    /// The name it goes by on the command line.
    pub fn name(&self) -> &str {
        match self {
            Tokenizer::Words => "words",
            Tokenizer::Whitespace => "whitespace",
            Tokenizer::Characters => "characters",
            Tokenizer::Bytes => "bytes",
            Tokenizer::Subwords(subwords) => subwords.name(),
            Tokenizer::Notes(spelling) => spelling.name(),
        }
    }

    /// The tokenizer of subwords, if it is one: its tokens are no places in the text.
    pub fn subwords(&self) -> Option<&Subwords> {
        match self {
            Tokenizer::Subwords(subwords) => Some(subwords),
            _ => None,
        }
    }

    /// True if every text comes back as it was, byte by byte, be it UTF-8 or not.
    pub fn keeps_bytes(&self) -> bool {
        match self {
            Tokenizer::Bytes => true,
            Tokenizer::Subwords(subwords) => subwords.keeps_bytes(),
            _ => false,
        }
    }

    /// Calls `each` with every piece of the text, in order, and whether it is one; otherwise it stands
    /// for what is unknown.
    ///
    /// # Errors
    /// If a pattern of the tokenizer's own fails on the text.
    pub fn cut<'t>(&'t self, text: &'t [u8], mut each: impl FnMut(&'t [u8], bool)) -> Result<()> {
        if let Tokenizer::Subwords(subwords) = self {
            return subwords.each_surface(text, each);
        }
        self.cut_within(text, 0..text.len(), |piece| each(&text[piece], true));
        Ok(())
    }

    /// Calls `each` with the place of every piece of the sentence at a place in a text, in order.
    ///
    /// # Panics
    /// If pieces are no places in the text.
    ///
    /// What stands after the sentence is of no meaning, but it may be read: who has to stop at
    /// every sentence's last byte cannot read many bytes at a stroke.
    pub(super) fn cut_within(
        &self,
        text: &[u8],
        sentence: Range<usize>,
        mut each: impl FnMut(Range<usize>),
    ) {
        let start = sentence.start;
        match self {
            Tokenizer::Words => words::cut(text, sentence, each),
            // The floor of text spells a tune so that its tokens stand between blanks.
            Tokenizer::Whitespace | Tokenizer::Notes(_) => whitespace::cut(text, sentence, each),
            Tokenizer::Characters => text[sentence]
                .grapheme_indices()
                .for_each(|(from, to, _)| each(start + from..start + to)),
            Tokenizer::Bytes => sentence.for_each(|at| each(at..at + 1)),
            Tokenizer::Subwords(_) => unreachable!("subwords are no places in the text"),
        }
    }

    /// Every piece of the text, in order.
    ///
    /// # Errors
    /// If a pattern of the tokenizer's own fails on the text.
    pub fn pieces<'t>(&'t self, text: &'t [u8]) -> Result<Vec<&'t [u8]>> {
        let mut pieces = Vec::new();
        self.cut(text, |piece, _| pieces.push(piece))?;
        Ok(pieces)
    }

    /// The text that these pieces came from: exact for characters and bytes, readable for words,
    /// one space between the tokens of white space, as the original does it for subwords, ABC
    /// for notes.
    pub fn join<'p>(&self, pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<u8> {
        let pieces = pieces.into_iter();
        match self {
            Tokenizer::Words => words::join(pieces),
            Tokenizer::Whitespace => whitespace::join(pieces),
            Tokenizer::Characters | Tokenizer::Bytes => pieces.flatten().copied().collect(),
            Tokenizer::Subwords(subwords) => subwords.join(pieces),
            Tokenizer::Notes(_) => Spelling::unspell(pieces).into_bytes(),
        }
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tokenizer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let notes = Spelling::ALL.into_iter().map(Tokenizer::Notes);
        let found = Tokenizer::ALL
            .into_iter()
            .chain(notes)
            .find(|t| t.name() == name);
        found.ok_or_else(|| {
            let names = Tokenizer::ALL.map(|tokenizer| tokenizer.to_string());
            Error::new(ErrorKind::Usage, format!("no tokenizer is called '{name}'"))
                .way_out(format!("choose one of {}, notes", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(tokenizer: Tokenizer, text: &str) -> Vec<String> {
        let pieces = tokenizer.pieces(text.as_bytes()).unwrap();
        let readable = pieces.into_iter().map(crate::token::readable);
        readable.map(|piece| piece.into_owned()).collect()
    }

    #[test]
    fn words_stand_apart_from_punctuation() {
        let text = "\"Don't go!\" said the well-known fox... at 10:30, for $3.50.";
        let pieces = "\" Don't go ! \" said the well-known fox ... at 10:30 , for $ 3.50 .";
        assert_eq!(
            cut(Tokenizer::Words, text),
            pieces.split(' ').collect::<Vec<_>>()
        );
    }

    #[test]
    fn words_keep_scripts_marks_and_emoji_whole() {
        assert_eq!(
            cut(Tokenizer::Words, "naïve e\u{301}té"),
            ["naïve", "e\u{301}té"]
        );
        let family = "👩\u{200D}👩\u{200D}👧";
        assert_eq!(
            cut(Tokenizer::Words, &format!("a{family}👍🏽🇫🇷")),
            ["a", family, "👍🏽", "🇫🇷"]
        );
        assert_eq!(cut(Tokenizer::Words, "Привет, мир"), ["Привет", ",", "мир"]);
    }

    #[test]
    fn words_join_readably() {
        for text in [
            "\"Who is there?\" asked the fox, and waited.",
            "He said (twice) that it's 3.14; so be it!",
            "Well... no.",
        ] {
            let pieces = Tokenizer::Words.pieces(text.as_bytes()).unwrap();
            let joined = Tokenizer::Words.join(pieces);
            assert_eq!(String::from_utf8(joined).unwrap(), text);
        }
    }

    #[test]
    fn whitespace_splits_as_lmplz_does() {
        let text = "a\tb  c\r d\u{a0}e\u{b}f\0g ";
        assert_eq!(
            cut(Tokenizer::Whitespace, text),
            ["a", "b", "c", "d\u{a0}e\u{b}f", "g"]
        );
    }

    #[test]
    fn characters_are_what_a_reader_sees() {
        assert_eq!(
            cut(Tokenizer::Characters, "e\u{301}🇫🇷\r\n"),
            ["e\u{301}", "🇫🇷", "\r\n"]
        );
    }

    #[test]
    fn names_go_both_ways() {
        for tokenizer in Tokenizer::ALL {
            assert_eq!(tokenizer.name().parse::<Tokenizer>().unwrap(), tokenizer);
        }
        assert!("wordz".parse::<Tokenizer>().is_err());
    }

    proptest! {
        #[test]
        fn characters_and_bytes_lose_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for tokenizer in [Tokenizer::Characters, Tokenizer::Bytes] {
                prop_assert_eq!(tokenizer.join(tokenizer.pieces(&bytes).unwrap()), bytes.clone());
            }
        }

        #[test]
        fn words_and_whitespace_lose_only_blanks(text in any::<String>()) {
            let visible = |bytes: &[u8]| -> Vec<u8> {
                let text = String::from_utf8_lossy(bytes).into_owned();
                text.chars().filter(|c| !c.is_whitespace() && *c != '\0').collect::<String>().into_bytes()
            };
            for tokenizer in [Tokenizer::Words, Tokenizer::Whitespace] {
                let joined = tokenizer.pieces(text.as_bytes()).unwrap().concat();
                prop_assert_eq!(visible(&joined), visible(text.as_bytes()));
            }
        }
    }
}
