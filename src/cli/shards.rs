//! Here are the names of count files, give me what is in them.

use std::path::Path;

use super::reading::{ReadingArgs, VocabularyArgs};
use crate::count::shard::{self, CountedVocabulary, Facts, Shard, beside, hash};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::{self, Plan, Resources, Written};
use crate::progress::{Progress, Stage};
use crate::store::Depot;
use crate::token::Reading;

/// Shards that are to become a model, with the vocabulary that numbers their words.
pub(super) struct Source {
    shards: Vec<Shard>,
    pub(super) facts: Facts,
    pub(super) words: CountedVocabulary,
}

impl Source {
    pub(super) fn open(paths: &[String], vocabulary: Option<&Path>) -> Result<Self> {
        let shards = open(paths)?;
        Ok(Source {
            facts: shard::together(&shards)?,
            words: vocabulary_of(&shards, vocabulary)?,
            shards,
        })
    }

    /// Reads the counts, smooths them and writes the model; the stages are `counting` and the one
    /// after, but for the one before, which is not needed.
    pub(super) fn build(
        &self,
        plan: &Plan,
        resources: &Resources,
        path: &Path,
        counting: Stage,
        progress: &dyn Progress,
    ) -> Result<Written> {
        let counting = Stage {
            number: 1,
            of: counting.of - 1,
            total: Some(shard::work(&self.facts)),
            ..counting
        };
        progress.stage(counting);
        let words = &self.words.vocabulary;
        let positions = self.facts.total + self.facts.sentences;
        let allotment = resources.allot_counts(positions, words.len());
        let depot = Depot::new(allotment.depot, &resources.temporary);
        let census = shard::recount(&self.shards, allotment.work, &depot, progress)?;
        let with = (&depot, allotment.work);
        ngram::build_file_from_census(census, words, plan, with, path, counting, progress)
    }
}

/// Opens shards by their paths.
pub(super) fn open(paths: &[String]) -> Result<Vec<Shard>> {
    paths
        .iter()
        .map(|path| Shard::open(Path::new(path)))
        .collect()
}

/// The vocabulary of shards: the one that is named, or the one beside the first.
fn vocabulary_of(shards: &[Shard], named: Option<&Path>) -> Result<CountedVocabulary> {
    let first = &shards[0];
    let path = named.map_or_else(|| beside(first.path()), Path::to_owned);
    if named.is_none() && !path.exists() {
        let what = "the vocabulary of this count file is not beside it";
        return Err(Error::new(ErrorKind::Usage, what)
            .at(path.display().to_string())
            .way_out("name the vocabulary that it was counted with: --vocabulary FILE"));
    }
    let counted = CountedVocabulary::open(&path)?;
    let facts = first.facts();
    let fits = hash(&counted.vocabulary) == facts.vocabulary
        && counted.vocabulary.len() == facts.vocabulary_len
        && counted.reading == facts.reading;
    if fits {
        return Ok(counted);
    }
    let what = "this is not the vocabulary that the count file was made with";
    let place = format!("{} and {}", path.display(), first.path().display());
    Err(Error::new(ErrorKind::Usage, what)
        .at(place)
        .way_out("name the right one: --vocabulary FILE"))
}

/// The vocabulary file that is to number a text, whose tokenizer the options may repeat and not change.
pub(super) fn given(
    vocabulary: &VocabularyArgs,
    reading: &ReadingArgs,
) -> Result<Option<CountedVocabulary>> {
    let Some(path) = vocabulary.file()? else {
        return Ok(None);
    };
    let given = CountedVocabulary::open(path)?;
    check_repeats(&reading.reading()?, &given.reading, path)?;
    Ok(Some(given))
}

/// Options that say nothing, or the same, are as good as none.
pub(super) fn check_repeats(options: &Reading, file: &Reading, path: &Path) -> Result<()> {
    if *options == Reading::DEFAULT || options == file {
        return Ok(());
    }
    let what = "this vocabulary was made with another tokenizer or other options";
    Err(Error::new(ErrorKind::Usage, what)
        .at(path.display().to_string())
        .way_out("leave the options on tokens out: the file says them"))
}

/// The stage at which a shard is written.
pub(super) fn writing(number: usize, rows_count: u64) -> Stage {
    Stage {
        number,
        of: number,
        name: "write",
        unit: "tokens",
        total: Some(rows_count),
    }
}
