//! Here is what is known about a file of counts; write it into its footer, and read it back.
//!
//! Parquet keeps pairs of strings for whoever wrote a file. Ours have a prefix of
//! their own, and other programs' pairs are left alone. One of ours is a checksum
//! of the others, since nothing else guards a footer.
//!
//! | key | value |
//! |---|---|
//! | `counterpoint.kind` | `counts` or `vocabulary` |
//! | `counterpoint.version` | the version of this format |
//! | `counterpoint.order` | N |
//! | `counterpoint.padding` | how sentences are marked |
//! | `counterpoint.reading` | how text became tokens, as JSON |
//! | `counterpoint.tokenizer` | what the tokenizer is made of, if it needs data: compressed, in base64 |
//! | `counterpoint.vocabulary` | BLAKE3 of the vocabulary that gave the ids |
//! | `counterpoint.vocabulary-size` | how many ids it gives |
//! | `counterpoint.shards` | the ids of all shards that are in it, sorted, as JSON |
//! | `counterpoint.total` | Σn |
//! | `counterpoint.sentences` | how many of those are `</s>` |
//! | `counterpoint.complete` | whether every word of the text is in the vocabulary |
//! | `counterpoint.digest` | BLAKE3 of all bytes between the first magic and the footer, and of the footer's map of them |
//! | `counterpoint.checksum` | BLAKE3 of the other pairs |
//!
//! An engine that writes a shard itself sets the pairs as they should be and may
//! leave the last two out.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use parquet::file::metadata::KeyValue;

use crate::error::{Error, ErrorKind, Result};
use crate::token::Reading;
use crate::token::subword::Origin;

const PREFIX: &str = "counterpoint.";

/// The version of the format that this program writes and reads.
const VERSION: &str = "1";

/// One thing that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Kind,
    Version,
    Order,
    Padding,
    Reading,
    Tokenizer,
    Vocabulary,
    VocabularySize,
    Shards,
    Total,
    Sentences,
    Complete,
    Digest,
    Checksum,
}

impl Key {
    const ALL: [(Key, &str); 14] = [
        (Key::Kind, "kind"),
        (Key::Version, "version"),
        (Key::Order, "order"),
        (Key::Padding, "padding"),
        (Key::Reading, "reading"),
        (Key::Tokenizer, "tokenizer"),
        (Key::Vocabulary, "vocabulary"),
        (Key::VocabularySize, "vocabulary-size"),
        (Key::Shards, "shards"),
        (Key::Total, "total"),
        (Key::Sentences, "sentences"),
        (Key::Complete, "complete"),
        (Key::Digest, "digest"),
        (Key::Checksum, "checksum"),
    ];

    fn name(self) -> &'static str {
        Key::ALL[self as usize].1
    }

    fn of(name: &str) -> Option<Key> {
        let found = Key::ALL.iter().find(|(_, other)| *other == name);
        found.map(|(key, _)| *key)
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counts,
    Vocabulary,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Counts => "counts",
            Kind::Vocabulary => "vocabulary",
        }
    }
}

/// What is known about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    values: BTreeMap<Key, String>,
}

impl Keys {
    /// For a new file of this kind.
    pub(super) fn new(kind: Kind) -> Self {
        let mut keys = Keys {
            values: BTreeMap::new(),
        };
        keys.set(Key::Kind, kind.name());
        keys.set(Key::Version, VERSION);
        keys
    }

    pub(super) fn set(&mut self, key: Key, value: impl Display) {
        self.values.insert(key, value.to_string());
    }

    pub(super) fn set_reading(&mut self, reading: &Reading) {
        let json = serde_json::to_string(reading);
        self.set(Key::Reading, json.expect("a reading is plain names"));
        if let Some(subwords) = reading.tokenizer.subwords() {
            self.set(Key::Tokenizer, subwords.origin().to_text());
        }
    }

    /// The pairs for a footer, with their checksum.
    pub(super) fn into_pairs(mut self) -> Vec<KeyValue> {
        self.set(Key::Checksum, self.checksum());
        let pairs = self.values.into_iter();
        pairs
            .map(|(key, value)| KeyValue::new(format!("{PREFIX}{}", key.name()), value))
            .collect()
    }

    /// From the pairs of a footer, checked.
    pub(super) fn from_pairs(pairs: Option<&Vec<KeyValue>>) -> Result<Self> {
        let mut values = BTreeMap::new();
        for pair in pairs.into_iter().flatten() {
            let Some(name) = pair.key.strip_prefix(PREFIX) else {
                continue;
            };
            let key =
                Key::of(name).ok_or_else(|| broken(&format!("{name:?} is no key of ours")))?;
            let value = pair.value.clone().unwrap_or_default();
            if values.insert(key, value).is_some() {
                return Err(broken(&format!("{name} is there twice")));
            }
        }
        let keys = Keys { values };
        match keys.values.get(&Key::Checksum) {
            Some(checksum) if *checksum != keys.checksum() => {
                Err(broken("its checksum does not hold"))
            }
            _ => Ok(keys),
        }
    }

    /// Refuses a file of another kind or version.
    pub(super) fn expect(&self, kind: Kind) -> Result<()> {
        let found = self.values.get(&Key::Kind).map(String::as_str);
        if found != Some(kind.name()) {
            let wanted = kind.name();
            let what = match found {
                Some(found) => format!("this file holds {found}, not {wanted}"),
                None => format!("this Parquet file is not one of {wanted} that counterpoint wrote"),
            };
            return Err(
                Error::new(ErrorKind::Format, what).way_out(match kind {
                    Kind::Counts => "name a file that `counterpoint count` or `merge` wrote",
                    Kind::Vocabulary => {
                        "name a file that `counterpoint vocabulary` wrote, or the .vocabulary.parquet beside a count file"
                    }
                }),
            );
        }
        match self.text(Key::Version)? {
            VERSION => Ok(()),
            other => Err(Error::new(
                ErrorKind::Format,
                format!("version {other} of this format is not known"),
            )
            .way_out("read it with the counterpoint that wrote it, or a newer one")),
        }
    }

    pub(super) fn text(&self, key: Key) -> Result<&str> {
        let value = self.values.get(&key);
        value
            .map(String::as_str)
            .ok_or_else(|| broken(&format!("{} is missing", key.name())))
    }

    pub(super) fn parsed<T: FromStr>(&self, key: Key) -> Result<T> {
        let text = self.text(key)?;
        let unreadable = |_| broken(&format!("{} cannot be {text:?}", key.name()));
        text.parse().map_err(unreadable)
    }

    pub(super) fn reading(&self) -> Result<Reading> {
        let read = serde_json::from_str(self.text(Key::Reading)?);
        let mut reading: Reading =
            read.map_err(|error| broken(&format!("reading is not understood: {error}")))?;
        if reading.tokenizer.subwords().is_some() {
            reading.complete_from(Origin::from_text(self.text(Key::Tokenizer)?)?)?;
        }
        Ok(reading)
    }

    /// The digest of the file's bytes, if it has one.
    pub(super) fn digest(&self) -> Option<&str> {
        self.values.get(&Key::Digest).map(String::as_str)
    }

    fn checksum(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let guarded = self.values.iter();
        for (key, value) in guarded.filter(|(key, _)| **key != Key::Checksum) {
            hasher.update(key.name().as_bytes());
            hasher.update(&(value.len() as u64).to_le_bytes());
            hasher.update(value.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// A footer that is not as we write them.
pub(super) fn broken(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the footer of this file is damaged: {what}"),
    )
    .way_out("make it again, or fetch it again from where it came from")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let mut keys = Keys::new(Kind::Counts);
        keys.set(Key::Order, 3);
        keys.set_reading(&Reading::DEFAULT);
        keys
    }

    #[test]
    fn keys_come_back_beside_those_of_others() {
        let mut pairs = keys().into_pairs();
        pairs.push(KeyValue::new("ARROW:schema".into(), "…".to_string()));
        let back = Keys::from_pairs(Some(&pairs)).unwrap();
        assert_eq!(back.parsed::<usize>(Key::Order).unwrap(), 3);
        assert_eq!(back.reading().unwrap(), Reading::DEFAULT);
        back.expect(Kind::Counts).unwrap();
        assert!(back.expect(Kind::Vocabulary).is_err());
        assert!(back.text(Key::Total).is_err());
    }

    #[test]
    fn a_changed_value_an_unknown_key_and_a_second_value_are_refused() {
        let pairs = keys().into_pairs();
        let mut changed = pairs.clone();
        changed[2].value = Some("4".into());
        assert!(Keys::from_pairs(Some(&changed)).is_err());
        let mut unknown = pairs.clone();
        unknown[2].key = "counterpoint.ordes".into();
        assert!(Keys::from_pairs(Some(&unknown)).is_err());
        let twice = [&pairs[..], &pairs[2..3]].concat();
        assert!(Keys::from_pairs(Some(&twice)).is_err());
    }

    #[test]
    fn names_stand_in_the_order_of_their_keys() {
        for (key, name) in Key::ALL {
            assert_eq!((key.name(), Key::of(name)), (name, Some(key)));
        }
    }
}
