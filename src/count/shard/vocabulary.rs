//! Here are words with their counts, give me the file that numbers them for every shard.
//!
//! Shards add up only if a number is the same word in all of them. So the words
//! are counted first, each part of the corpus by itself if need be, and the
//! counts added up; then they are numbered once, the most frequent first, and
//! words of equal count as their bytes sort.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use parquet::data_type::ByteArray;

use super::decode::TableReader;
use super::encode::{ROWS_A_GROUP, TableWriter, Values};
use super::keys::{Key, Keys, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::token::{Reading, TokenId, Vocabulary, VocabularyLimits};

/// A vocabulary with what is known about its words.
#[derive(Clone)]
pub struct CountedVocabulary {
    /// The words, by id.
    pub vocabulary: Vocabulary,
    /// How often each was seen; the specials count as 0.
    pub counts: Vec<u64>,
    /// How text became these words.
    pub reading: Reading,
    /// True if every word of the text is among them.
    pub complete: bool,
}

/// The name by which shards know their vocabulary: BLAKE3 of its parts, in hexadecimal.
pub fn hash(vocabulary: &Vocabulary) -> String {
    let (bytes, ends) = vocabulary.parts();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(ends.len() as u64).to_le_bytes());
    hasher.update(bytemuck::cast_slice(ends));
    hasher.update(bytes);
    hasher.finalize().to_hex().to_string()
}

/// Where the vocabulary of a shard is if it was made with it: `a.vocabulary.parquet` for `a.parquet`.
pub fn beside(shard: &Path) -> PathBuf {
    let name = match shard.extension() {
        Some(extension) if extension == "parquet" => shard.file_stem(),
        _ => shard.file_name(),
    };
    let mut name = name.unwrap_or_default().to_owned();
    name.push(".vocabulary.parquet");
    shard.with_file_name(name)
}

impl CountedVocabulary {
    /// The same words numbered by frequency, those beyond the limits left out.
    #[must_use]
    pub fn ranked(&self, limits: VocabularyLimits) -> Self {
        let surface = |id: &TokenId| self.vocabulary.surface(*id);
        let mut ids: Vec<TokenId> = self.vocabulary.ids().skip(TokenId::SPECIALS).collect();
        ids.sort_unstable_by(|a, b| {
            let key = |id: &TokenId| Reverse(self.counts[id.index()]);
            (key(a), surface(a)).cmp(&(key(b), surface(b)))
        });
        let mut ranked = Vocabulary::new();
        ids.iter().for_each(|id| _ = ranked.add(surface(id)));
        let counts = [0; TokenId::SPECIALS].into_iter();
        let counts: Vec<u64> = counts
            .chain(ids.iter().map(|id| self.counts[id.index()]))
            .collect();
        let kept = limits.apply(&ranked, &counts);
        let own = |id: TokenId| ranked.id(kept.surface(id)).expect("it was kept");
        CountedVocabulary {
            counts: kept.ids().map(|id| counts[own(id).index()]).collect(),
            complete: self.complete && kept.len() == ranked.len(),
            vocabulary: kept,
            reading: self.reading.clone(),
        }
    }

    /// The words of several, with the sums of their counts.
    ///
    /// # Errors
    /// If they were read in different ways, or words were left out of one.
    pub fn sum(all: Vec<(PathBuf, CountedVocabulary)>) -> Result<Self> {
        let mut all = all.into_iter();
        let (first_path, mut sum) = all.next().ok_or_else(|| {
            Error::new(ErrorKind::Usage, "there is no vocabulary").way_out("name one at least")
        })?;
        sum.check_complete(&first_path)?;
        for (path, other) in all {
            other.check_complete(&path)?;
            if other.reading != sum.reading {
                let what = "vocabularies of another tokenizer";
                return Err(Error::new(ErrorKind::Usage, what)
                    .at(format!("{} and {}", first_path.display(), path.display()))
                    .way_out("count all words with the same options"));
            }
            for id in other.vocabulary.ids().skip(TokenId::SPECIALS) {
                let own = sum.vocabulary.add(other.vocabulary.surface(id));
                sum.counts.resize(sum.vocabulary.len(), 0);
                let count = &mut sum.counts[own.index()];
                *count = count.saturating_add(other.counts[id.index()]);
            }
        }
        Ok(sum)
    }

    fn check_complete(&self, path: &Path) -> Result<()> {
        if self.complete {
            return Ok(());
        }
        let what = "words were left out of this vocabulary, so sums with it would be too small";
        Err(Error::new(ErrorKind::Usage, what)
            .at(path.display().to_string())
            .way_out("count words without limits, and give the limits when they are merged"))
    }

    /// Writes the file, all or nothing; returns its length in bytes.
    pub fn save(&self, path: &Path) -> Result<u64> {
        let declared = "required int32 id; required binary token; required int64 n;";
        let mut table = TableWriter::create(path, declared, 1)?;
        let ids: Vec<TokenId> = self.vocabulary.ids().collect();
        for ids in ids.chunks(ROWS_A_GROUP) {
            let surface = |id: &TokenId| ByteArray::from(self.vocabulary.surface(*id));
            table.group(&[
                Values::Ids(ids.iter().map(|id| id.0 as i32).collect()),
                Values::Surfaces(ids.iter().map(surface).collect()),
                Values::Counts(
                    ids.iter()
                        .map(|id| self.counts[id.index()] as i64)
                        .collect(),
                ),
            ])?;
        }
        let mut keys = Keys::new(Kind::Vocabulary);
        keys.set_reading(&self.reading);
        keys.set(Key::Vocabulary, hash(&self.vocabulary));
        keys.set(Key::VocabularySize, self.vocabulary.len());
        keys.set(Key::Complete, self.complete);
        keys.set(Key::Total, self.total());
        table.finish(keys)
    }

    /// Reads the file, and checks all of it.
    pub fn open(path: &Path) -> Result<Self> {
        let table = TableReader::open(path)?;
        let read = Self::read(&table);
        read.map_err(|error| error.at_least(path.display().to_string()))
    }

    fn read(table: &TableReader) -> Result<Self> {
        let keys = table.keys();
        keys.expect(Kind::Vocabulary)?;
        let columns = [
            ("id".to_owned(), Values::Ids(Vec::new())),
            ("token".to_owned(), Values::Surfaces(Vec::new())),
            ("n".to_owned(), Values::Counts(Vec::new())),
        ];
        table.expect(&columns)?;
        let (mut bytes, mut ends, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let columns = columns.into_iter().map(|(_, values)| values).enumerate();
        let mut batches = table.batches(columns.collect());
        while batches.advance()? > 0 {
            let values = [0, 1, 2].map(|column| batches.values(column));
            let [
                Values::Ids(ids),
                Values::Surfaces(surfaces),
                Values::Counts(seen),
            ] = values
            else {
                unreachable!("columns are of the type that was asked for");
            };
            for (id, surface) in ids.iter().zip(surfaces) {
                if *id as usize != ends.len() {
                    return Err(table.broken(format!("id {id} stands where {} should", ends.len())));
                }
                bytes.extend_from_slice(surface.data());
                ends.push(bytes.len() as u64);
            }
            counts.extend(
                seen.iter()
                    .map(|&count| u64::try_from(count).unwrap_or_default()),
            );
        }
        let read = CountedVocabulary {
            vocabulary: Vocabulary::from_parts(bytes, ends)?,
            counts,
            reading: keys.reading()?,
            complete: keys.parsed(Key::Complete)?,
        };
        if keys.text(Key::Vocabulary)? != hash(&read.vocabulary) {
            return Err(table.broken("its hash is not that of its words"));
        }
        match keys.parsed::<u64>(Key::Total)? == read.total() {
            true => Ok(read),
            false => Err(table.broken("its counts do not add up to its total")),
        }
    }

    /// How often any of the words was seen.
    pub fn total(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }
}
