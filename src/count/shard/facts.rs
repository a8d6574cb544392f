//! Here is what is known about a shard; say whether two of them belong together.

use std::fmt::Display;

use super::keys::{Key, Keys, Kind, broken};
use crate::count::{Extent, Order};
use crate::error::{Error, ErrorKind, Result};
use crate::token::{Reading, TokenId};

/// How sentences are marked: a row ends at each token and at `</s>`, and before the sentence stand
/// as many `<s>` as a row can reach.
const PADDING: &str = "<s>×(N−1) … </s>";

/// The most a shard can count, for its counts are signed.
pub(super) const MOST: u64 = i64::MAX as u64;

/// What is known about a shard besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// N: how many tokens a row has.
    pub order: Order,
    /// How text became tokens.
    pub reading: Reading,
    /// The hash of the vocabulary that gave the ids: see [`hash`](super::hash).
    pub vocabulary: String,
    /// How many ids that vocabulary gives.
    pub vocabulary_len: usize,
    /// The ids of all shards that are in this one, sorted.
    pub shards: Vec<String>,
    /// The sum of all counts: one for each token and one for each `</s>`.
    pub total: u64,
    /// How many sentences were counted.
    pub sentences: u64,
}

impl Facts {
    /// How much text was counted.
    pub fn extent(&self) -> Extent {
        Extent {
            sentences: self.sentences,
            tokens: self.total - self.sentences,
        }
    }

    pub(super) fn keys(&self) -> Keys {
        let mut keys = Keys::new(Kind::Counts);
        keys.set(Key::Order, self.order);
        keys.set(Key::Padding, PADDING);
        keys.set_reading(&self.reading);
        keys.set(Key::Vocabulary, &self.vocabulary);
        keys.set(Key::VocabularySize, self.vocabulary_len);
        let shards = serde_json::to_string(&self.shards);
        keys.set(Key::Shards, shards.expect("strings are JSON"));
        keys.set(Key::Total, self.total);
        keys.set(Key::Sentences, self.sentences);
        keys
    }

    pub(super) fn from_keys(keys: &Keys) -> Result<Self> {
        keys.expect(Kind::Counts)?;
        let shards = serde_json::from_str(keys.text(Key::Shards)?);
        let facts = Facts {
            order: keys.parsed(Key::Order)?,
            reading: keys.reading()?,
            vocabulary: keys.text(Key::Vocabulary)?.to_owned(),
            vocabulary_len: keys.parsed(Key::VocabularySize)?,
            shards: shards.map_err(|error| broken(&format!("shards is no list: {error}")))?,
            total: keys.parsed(Key::Total)?,
            sentences: keys.parsed(Key::Sentences)?,
        };
        match facts.what_is_impossible(keys.text(Key::Padding)?) {
            None => Ok(facts),
            Some(what) => Err(broken(what)),
        }
    }

    fn what_is_impossible(&self, padding: &str) -> Option<&'static str> {
        match () {
            () if padding != PADDING => Some("its sentences are marked in another way"),
            () if self.shards.is_empty() => Some("it says of no shard that it is in it"),
            () if !self.shards.is_sorted_by(|a, b| a < b) => Some("its shards are out of order"),
            () if self.sentences > self.total => Some("it has more sentences than rows"),
            () if self.total > MOST => Some("its total is more than it can count"),
            () if self.vocabulary_len < TokenId::SPECIALS => Some("its vocabulary is too small"),
            () if self.vocabulary_len > i32::MAX as usize => Some("its vocabulary is too large"),
            () => None,
        }
    }

    /// Refuses a shard whose rows mean something else.
    pub(super) fn check_same(&self, other: &Facts) -> Result<()> {
        if self.order != other.order {
            return Err(differ("order", self.order, other.order)
                .way_out("count all shards with the same --order"));
        }
        if self.reading != other.reading {
            return Err(differ(
                "tokenizer",
                readable(&self.reading),
                readable(&other.reading),
            )
            .way_out("count all shards with one vocabulary: --vocabulary FILE"));
        }
        if (&self.vocabulary, self.vocabulary_len) != (&other.vocabulary, other.vocabulary_len) {
            let short = |facts: &Facts| {
                let hash: String = facts.vocabulary.chars().take(8).collect();
                format!("{hash}… of {} tokens", facts.vocabulary_len)
            };
            return Err(differ("vocabulary", short(self), short(other))
                .way_out("count all shards with one vocabulary: --vocabulary FILE"));
        }
        Ok(())
    }

    /// These and others together.
    pub(super) fn plus(mut self, other: &Facts) -> Result<Self> {
        self.check_same(other)?;
        if let Some(id) = other.shards.iter().find(|id| self.shards.contains(id)) {
            let what = format!("shard {id} comes twice");
            return Err(Error::new(ErrorKind::Usage, what).way_out(
                "leave one of the two out; different texts with equal counts are told apart by `count --id`",
            ));
        }
        self.shards.extend(other.shards.iter().cloned());
        self.shards.sort();
        self.total += other.total;
        self.sentences += other.sentences;
        if self.total > MOST {
            let what = "together they count more than 2^63 tokens";
            return Err(Error::new(ErrorKind::Input, what).way_out("merge fewer shards"));
        }
        Ok(self)
    }

    /// These without others, which must be among them.
    pub(super) fn minus(mut self, other: &Facts) -> Result<Self> {
        self.check_same(other)?;
        let missing = other.shards.iter().find(|id| !self.shards.contains(id));
        if let Some(id) = missing {
            let what = format!("shard {id} is to be subtracted and is not there");
            return Err(
                Error::new(ErrorKind::Usage, what).way_out("subtract only what was merged before")
            );
        }
        self.shards.retain(|id| !other.shards.contains(id));
        let left = self.total.checked_sub(other.total);
        let sentences = self.sentences.checked_sub(other.sentences);
        if self.shards.is_empty() || left == Some(0) {
            let what = "nothing is left after the subtraction";
            return Err(Error::new(ErrorKind::Usage, what).way_out("subtract less"));
        }
        let (Some(total), Some(sentences)) = (left, sentences) else {
            let what = "more is to be subtracted than is there";
            return Err(
                Error::new(ErrorKind::Usage, what).way_out("subtract only what was merged before")
            );
        };
        (self.total, self.sentences) = (total, sentences);
        Ok(self)
    }
}

fn differ(what: &str, first: impl Display, other: impl Display) -> Error {
    let what = format!("shards of another {what}: {first} and {other}");
    Error::new(ErrorKind::Usage, what)
}

fn readable(reading: &Reading) -> String {
    let json = serde_json::to_string(reading);
    json.expect("a reading is plain names")
}
