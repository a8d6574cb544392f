//! Here is how a model reads: everything that decides which tokens a text becomes.
//!
//! It is saved with the model, so that a question asked later is read as the
//! corpus was.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{SPECIAL_SURFACES, TokenId, Tokenizer, Vocabulary};
use crate::error::{Error, ErrorKind, Result};
use crate::text::{BlankLines, CorpusOptions, InvalidUtf8, Normalisation, Unit};

/// How text becomes tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What a token is.
    pub tokenizer: Tokenizer,
    /// What a sentence is.
    pub unit: Unit,
    /// Whether blank lines are sentences.
    pub blank: BlankLines,
    /// Which Unicode normal form the text is brought to.
    pub normalise: Normalisation,
    /// Whether the text is brought to lower case.
    pub lowercase: bool,
    /// What becomes of `<unk>`, `<s>` and `</s>` in the text.
    pub specials: SpecialsInText,
}

impl Default for Reading {
    fn default() -> Self {
        Reading::DEFAULT
    }
}

/// What becomes of `<unk>`, `<s>` and `</s>` when the text itself holds them as tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpecialsInText {
    /// An error that names the place: somebody marked the sentences already.
    #[default]
    Refuse,
    /// They are treated as white space, so that their neighbours become adjacent.
    Skip,
    /// `<unk>` is counted as the unknown token, like any word; the other two are refused.
    Unknown,
}

impl Reading {
    /// Words; a line is a sentence; the text as it stands.
    pub const DEFAULT: Reading = Reading {
        tokenizer: Tokenizer::Words,
        unit: Unit::Line,
        blank: BlankLines::Keep,
        normalise: Normalisation::None,
        lowercase: false,
        specials: SpecialsInText::Refuse,
    };

    /// How a corpus is opened to be read so; bytes that are no text pass only through a tokenizer of
    /// bytes, or are replaced if `lossy`.
    pub fn corpus_options(&self, jsonl_field: Option<String>, lossy: bool) -> CorpusOptions {
        CorpusOptions {
            unit: self.unit,
            jsonl_field,
            invalid: match (self.tokenizer, lossy) {
                (Tokenizer::Bytes, _) => InvalidUtf8::Keep,
                (_, true) => InvalidUtf8::Replace,
                (_, false) => InvalidUtf8::Refuse,
            },
            blank: self.blank,
            normalise: self.normalise,
            lowercase: self.lowercase,
        }
    }

    /// Calls `each` with the tokens of one sentence.
    ///
    /// # Errors
    /// If the sentence holds a special token that is refused; the caller adds the place.
    pub fn tokens<'t>(&self, sentence: &'t [u8], mut each: impl FnMut(&'t [u8])) -> Result<()> {
        self.tokens_within(sentence, 0..sentence.len(), |place| each(&sentence[place]))
    }

    /// Calls `each` with the places of the tokens of the sentence at a place in a text.
    ///
    /// # Errors
    /// If the sentence holds a special token that is refused; the caller adds the place.
    pub(super) fn tokens_within(
        &self,
        text: &[u8],
        sentence: Range<usize>,
        mut each: impl FnMut(Range<usize>),
    ) -> Result<()> {
        let mut refused = None;
        self.tokenizer.cut_within(text, sentence, |place| {
            match special(&text[place.clone()]) {
                None => each(place),
                Some(TokenId::UNKNOWN) if self.specials == SpecialsInText::Unknown => each(place),
                Some(_) if self.specials == SpecialsInText::Skip => {}
                Some(id) => refused = refused.or(Some(id)),
            }
        });
        match refused {
            None => Ok(()),
            Some(id) => Err(refusal(SPECIAL_SURFACES[id.index()])),
        }
    }

    /// The ids of one sentence, without `<s>` and `</s>`.
    ///
    /// # Errors
    /// If the sentence holds a special token that is refused; the caller adds the place.
    pub fn ids(&self, vocabulary: &Vocabulary, sentence: &[u8]) -> Result<Vec<TokenId>> {
        let mut ids = Vec::new();
        self.tokens(sentence, |piece| ids.push(vocabulary.id_or_unknown(piece)))?;
        Ok(ids)
    }

    /// The text of ids; specials are spelled out.
    pub fn text(&self, vocabulary: &Vocabulary, ids: &[TokenId]) -> Vec<u8> {
        self.tokenizer
            .join(ids.iter().map(|&id| vocabulary.surface(id)))
    }
}

fn special(piece: &[u8]) -> Option<TokenId> {
    if piece.first() != Some(&b'<') {
        return None;
    }
    let found = SPECIAL_SURFACES.iter().position(|s| s.as_bytes() == piece);
    found.map(|id| TokenId(id as u32))
}

fn refusal(surface: &str) -> Error {
    let error = Error::new(
        ErrorKind::Input,
        format!("the text holds the special token {surface}"),
    );
    match surface {
        "<unk>" => error.way_out(
            "--specials unknown counts it as the unknown token, --specials skip leaves it out",
        ),
        _ => error.way_out("sentences are marked for you; --specials skip leaves it out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, specials: SpecialsInText) -> Result<Vec<String>> {
        let reading = Reading {
            tokenizer: Tokenizer::Whitespace,
            specials,
            ..Reading::default()
        };
        let mut pieces = Vec::new();
        reading.tokens(text.as_bytes(), |piece| {
            pieces.push(String::from_utf8_lossy(piece).into_owned());
        })?;
        Ok(pieces)
    }

    #[test]
    fn specials_in_the_text_are_refused_skipped_or_counted() {
        let text = "a <unk> b";
        let refused = pieces(text, SpecialsInText::Refuse).unwrap_err();
        assert!(refused.to_string().contains("<unk>"));
        assert_eq!(pieces(text, SpecialsInText::Skip).unwrap(), ["a", "b"]);
        assert_eq!(
            pieces(text, SpecialsInText::Unknown).unwrap(),
            ["a", "<unk>", "b"]
        );
        assert!(pieces("<s> a", SpecialsInText::Unknown).is_err());
    }

    #[test]
    fn a_tokenizer_that_never_makes_specials_never_refuses() {
        let words = Reading::default();
        let mut count = 0;
        words.tokens(b"a <unk> b", |_| count += 1).unwrap();
        assert_eq!(count, 5, "a < unk > b");
    }
}
