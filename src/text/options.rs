//! Here is how a corpus is to be read.
//!
//! The options are small and plain, because a model keeps those it was trained
//! with.

use serde::{Deserialize, Serialize};

use crate::notes::Spelling;
use crate::notes::midi::Listening;

/// How to read a corpus; the default is one sentence a line, in UTF-8, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CorpusOptions {
    /// What one sentence is.
    pub unit: Unit,
    /// The input is JSON Lines and the text is in this field; a dot leads into an inner object.
    pub jsonl_field: Option<String>,
    /// What to do with bytes that are not UTF-8.
    pub invalid: InvalidUtf8,
    /// What to do with sentences that hold nothing but white space.
    pub blank: BlankLines,
    /// Which Unicode normalisation the text gets.
    pub normalise: Normalisation,
    /// Whether capital letters become small ones.
    pub lowercase: bool,
    /// What to do with records of JSON Lines that cannot be read, and with tunes that are not
    /// understood.
    pub malformed: Malformed,
    /// How tunes are made of MIDI files.
    pub listening: Listening,
    /// Whether records, or else lines, are kept as they were read beside their text, for
    /// [`Batch::records`](super::Batch::records).
    pub keep_records: bool,
}

impl CorpusOptions {
    /// True if there can be records that are left out.
    pub fn skips_records(&self) -> bool {
        self.jsonl_field.is_some() && self.malformed == Malformed::Skip
    }
}

/// What one sentence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Each line.
    #[default]
    Line,
    /// Each file, or each record of JSON Lines, its line ends included.
    Document,
    /// Each tune of a collection in ABC or of a MIDI file, spelt as a line of tokens.
    Tune(Spelling),
}

/// What to do with bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InvalidUtf8 {
    /// Stop, and say where they are.
    #[default]
    Refuse,
    /// Put U+FFFD in the place of each invalid sequence, and count them.
    Replace,
    /// Keep them; only for tokenizers whose tokens are bytes.
    Keep,
}

/// What to do with sentences that hold nothing but white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BlankLines {
    /// Keep them: each is a sentence without words.
    #[default]
    Keep,
    /// Leave them out.
    Skip,
}

/// Which Unicode normalisation the text gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Normalisation {
    /// None.
    #[default]
    None,
    /// Canonical composition: é is one character, however it was typed.
    Nfc,
    /// Compatibility composition: ﬁ becomes fi, ２ becomes 2 as well.
    Nfkc,
}

/// What to do with a record that is no JSON object, has no text in the field, or has text that is
/// refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Malformed {
    /// Stop, and say where it is.
    #[default]
    Refuse,
    /// Leave the record out, and count it.
    Skip,
}
