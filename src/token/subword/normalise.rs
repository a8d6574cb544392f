//! Here is a text as it was written, give me it as the vocabulary spells it.
//!
//! Normal forms and categories are from the tables that HuggingFace's library has, which are older
//! than the house's: a character that is younger than they are is left alone, as it is there.

use bstr::{ByteSlice, ByteVec};
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;
use unicode_normalization_alignments::char::is_combining_mark;

use super::charsmap::CharsMap;
use super::sentencepiece::Sentence;
use super::split::Matcher;
use crate::error::Result;

/// One thing that is done to a text.
pub(super) enum Normaliser {
    /// Control characters are left out, and white space becomes a blank.
    CleanText,
    /// Blanks are put around Chinese characters.
    ApartChinese,
    /// Decomposed, and marks that take no room left out.
    StripNonspacing,
    /// Every character's own small letter.
    Lowercase,
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
    /// Marks are left out.
    StripMarks,
    /// White space at the beginning or the end is left out.
    Strip {
        left: bool,
        right: bool,
    },
    /// What is found is replaced.
    Replace {
        found: Needle,
        with: String,
    },
    /// Something is put before a text that is not empty.
    Prepend(String),
    /// The cleaning of Google's translation models.
    Nmt,
    /// SentencePiece's map of characters.
    Map(CharsMap),
    /// All that SentencePiece does.
    Sentence(Sentence),
}

/// What is looked for.
pub(super) enum Needle {
    Text(String),
    Pattern(Matcher),
}

impl Normaliser {
    /// True if it can leave out what a text begins with, so that what follows is no beginning to
    /// HuggingFace's library. What a map of characters leaves out it does not notice.
    pub(super) fn moves_beginning(&self) -> bool {
        match self {
            Normaliser::CleanText
            | Normaliser::StripNonspacing
            | Normaliser::StripMarks
            | Normaliser::Nmt => true,
            Normaliser::Strip { left, .. } => *left,
            Normaliser::Replace { with, .. } => with.is_empty(),
            _ => false,
        }
    }

    /// The text, normalised.
    pub(super) fn apply(&self, text: String) -> Result<String> {
        Ok(match self {
            Normaliser::CleanText => text.chars().filter_map(cleaned).collect(),
            Normaliser::ApartChinese => apart(&text),
            Normaliser::StripNonspacing => {
                let decomposed = characters(text.nfd());
                decomposed.filter(|c| !c.is_mark_nonspacing()).collect()
            }
            Normaliser::Lowercase => text.chars().flat_map(char::to_lowercase).collect(),
            Normaliser::Nfc => characters(text.nfc()).collect(),
            Normaliser::Nfd => characters(text.nfd()).collect(),
            Normaliser::Nfkc => characters(text.nfkc()).collect(),
            Normaliser::Nfkd => characters(text.nfkd()).collect(),
            Normaliser::StripMarks => text.chars().filter(|c| !is_combining_mark(*c)).collect(),
            Normaliser::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { &text };
                let text = if *right { text.trim_end() } else { text };
                text.to_owned()
            }
            Normaliser::Replace { found, with } => found.replace(text, with)?,
            Normaliser::Prepend(before) if !text.is_empty() => before.clone() + &text,
            Normaliser::Prepend(_) => text,
            Normaliser::Nmt => text.chars().filter_map(nmt).collect(),
            Normaliser::Map(map) => map.apply(&text),
            Normaliser::Sentence(sentence) => sentence.apply(&text),
        })
    }
}

impl Needle {
    pub(super) fn replace(&self, text: String, with: &str) -> Result<String> {
        match self {
            Needle::Text(found) => Ok(text.replace(found, with)),
            Needle::Pattern(matcher) => {
                let mut replaced = Vec::new();
                matcher.each(text.as_bytes(), 0..text.len(), |place, is_match| {
                    replaced.push_str(if is_match { with } else { &text[place] });
                    Ok(())
                })?;
                Ok(replaced.to_str_lossy().into_owned())
            }
        }
    }
}

/// The characters of a normal form, without where they were.
fn characters(placed: impl Iterator<Item = (char, isize)>) -> impl Iterator<Item = char> {
    placed.map(|(character, _)| character)
}

/// As BERT cleans.
fn cleaned(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' => Some(' '),
        '\0' | '\u{FFFD}' => None,
        other if other.is_other() => None,
        blank if blank.is_whitespace() => Some(' '),
        other => Some(other),
    }
}

fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match is_chinese(character) {
            true => out.extend([' ', character, ' ']),
            false => out.push(character),
        }
    }
    out
}

/// What BERT takes for a Chinese character. The block that begins at 2B820 is written with a digit
/// too few in the original, whose vocabularies depend on it.
fn is_chinese(character: char) -> bool {
    matches!(
        character as u32,
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}

fn nmt(character: char) -> Option<char> {
    match character as u32 {
        0x01..=0x08 | 0x0B | 0x0E..=0x1F | 0x7F | 0x8F | 0x9F => None,
        0x09
        | 0x0A
        | 0x0C
        | 0x0D
        | 0x1680
        | 0x200B..=0x200F
        | 0x2028
        | 0x2029
        | 0x2581
        | 0xFEFF
        | 0xFFFD => Some(' '),
        _ => Some(character),
    }
}
