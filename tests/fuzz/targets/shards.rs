//! Count files.

use std::path::Path;

use counterpoint::Result;
use counterpoint::count::shard::{CountedVocabulary, Shard, merge, together};
use counterpoint::progress::Quiet;

use super::check_refusal;

/// A file of counts, or of a vocabulary; what is accepted can be merged, and is then the same.
pub(super) fn shards(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("there is room for a small file");
    let path = folder.path().join("fuzzed.parquet");
    std::fs::write(&path, bytes).expect("there is room for a small file");
    if let Err(error) = CountedVocabulary::open(&path) {
        check_refusal(&error);
    }
    if let Err(error) = merge_alone(&path, &folder.path().join("merged.parquet")) {
        check_refusal(&error);
    }
}

fn merge_alone(path: &Path, merged: &Path) -> Result<()> {
    let shards = [Shard::open(path)?];
    let facts = together(&shards)?;
    merge(&shards, None, merged, &Quiet)?;
    assert_eq!(*Shard::open(merged)?.facts(), facts);
    Ok(())
}
