//! Here is how a model reads: everything that decides which tokens a text becomes.
//!
//! It is saved with the model, so that a question asked later is read as the
//! corpus was.

use std::ops::Range;

use serde::{Deserialize, Serialize};

#[cfg(feature = "parquet")]
use super::subword::Origin;
use super::{SPECIAL_SURFACES, TokenId, Tokenizer, Vocabulary};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ModelFile, Writer};
use crate::text::{BlankLines, CorpusOptions, InvalidUtf8, Normalisation, Unit};

/// How text becomes tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// How a corpus is opened to be read so; bytes that are no text pass only through a tokenizer
    /// that keeps bytes, or are replaced if `lossy`.
    pub fn corpus_options(&self, jsonl_field: Option<String>, lossy: bool) -> CorpusOptions {
        CorpusOptions {
            unit: match self.tokenizer {
                Tokenizer::Notes(spelling) => Unit::Tune(spelling),
                _ => self.unit,
            },
            jsonl_field,
            invalid: match (self.tokenizer.keeps_bytes(), lossy) {
                (true, _) => InvalidUtf8::Keep,
                (false, true) => InvalidUtf8::Replace,
                (false, false) => InvalidUtf8::Refuse,
            },
            blank: self.blank,
            normalise: self.normalise,
            lowercase: self.lowercase,
            ..CorpusOptions::default()
        }
    }

    /// Calls `each` with the tokens of one sentence.
    ///
    /// # Errors
    /// If the sentence holds a special token that is refused, or the tokenizer's own pattern fails on
    /// it; the caller adds the place.
    pub fn tokens<'t>(&'t self, sentence: &'t [u8], mut each: impl FnMut(&'t [u8])) -> Result<()> {
        let mut refused = None;
        self.tokenizer.cut(sentence, |piece, is_known| {
            match special(piece).filter(|_| is_known) {
                None => each(piece),
                Some(id) => self.settle_special(id, &mut refused, || each(piece)),
            }
        })?;
        refused.map_or(Ok(()), Err)
    }

    /// Calls `each` with the places of the tokens of the sentence at a place in a text.
    ///
    /// # Panics
    /// If the tokenizer's pieces are no places in the text.
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
                Some(id) => self.settle_special(id, &mut refused, || each(place)),
            }
        });
        refused.map_or(Ok(()), Err)
    }

    fn settle_special(&self, id: TokenId, refused: &mut Option<Error>, take: impl FnOnce()) {
        match self.specials {
            SpecialsInText::Unknown if id == TokenId::UNKNOWN => take(),
            SpecialsInText::Skip => {}
            _ => _ = refused.get_or_insert_with(|| refusal(SPECIAL_SURFACES[id.index()])),
        }
    }

    /// Puts what its tokenizer is made of into a model file; a header only names it.
    pub fn save(&self, writer: &mut Writer) -> Result<()> {
        let subwords = self.tokenizer.subwords();
        subwords.map_or(Ok(()), |subwords| subwords.save(writer))
    }

    /// Takes that out of the model file whose header this reading is from.
    pub fn complete(&mut self, file: &ModelFile) -> Result<()> {
        match &mut self.tokenizer {
            Tokenizer::Subwords(subwords) => subwords.complete(file),
            _ => Ok(()),
        }
    }

    /// The same, from what was kept elsewhere.
    #[cfg(feature = "parquet")]
    pub(crate) fn complete_from(&mut self, origin: Origin) -> Result<()> {
        match &mut self.tokenizer {
            Tokenizer::Subwords(subwords) => subwords.complete_from(origin),
            _ => Ok(()),
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
