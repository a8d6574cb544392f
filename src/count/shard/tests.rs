use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::write::ShardWriter;
use super::{Facts, Origin, Shard, Written, merge, recount, write};
use crate::count::merge::SortedRows;
use crate::count::tests::{flat, narrowed, text};
use crate::count::{Counts, Order, plain};
use crate::error::Result;
use crate::progress::Quiet;
use crate::store::Depot;
use crate::token::{Reading, TokenId};

const VOCABULARY: usize = 9;

/// Sentences with `<unk>` among their words, some of them empty.
fn corpora() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let word = prop_oneof![Just(0u32), 3u32..7];
    proptest::collection::vec(proptest::collection::vec(word, 0..7), 1..12)
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Counts sentences into a shard.
    fn count(&self, name: &str, sentences: &[Vec<u32>], order: usize) -> Written {
        let census = narrowed(text(sentences), VOCABULARY, Order::new(order).unwrap());
        let id = Some(name.to_owned());
        write(&census, &origin(id), &self.path(name), &Quiet).unwrap()
    }

    fn open(&self, name: &str) -> Shard {
        Shard::open(&self.path(name)).unwrap()
    }

    fn counts(&self, names: &[String]) -> Counts {
        let shards: Vec<Shard> = names.iter().map(|name| self.open(name)).collect();
        counts(&shards, 1 << 20).unwrap()
    }

    /// Writes rows that nobody checked, and the sums that they have.
    fn forge(&self, name: &str, rows: &[(&[u32], u64)]) -> Shard {
        let order = Order::new(rows[0].0.len()).unwrap();
        let mut writer = ShardWriter::create(&self.path(name), order).unwrap();
        let (mut total, mut sentences) = (0, 0);
        for (row, count) in rows {
            let row: Vec<TokenId> = row.iter().map(|&id| TokenId(id)).collect();
            total += count;
            sentences += count * u64::from(row.last() == Some(&TokenId::END));
            writer.row(&row, *count, &Quiet).unwrap();
        }
        let facts = Facts {
            order,
            reading: Reading::DEFAULT,
            vocabulary: "v".into(),
            vocabulary_len: VOCABULARY,
            shards: vec!["forged".into()],
            total,
            sentences,
        };
        writer.finish(facts, &Quiet).unwrap();
        self.open(name)
    }
}

fn origin(id: Option<String>) -> Origin {
    Origin {
        reading: Reading::DEFAULT,
        vocabulary: "v".into(),
        id,
    }
}

fn counts(shards: &[Shard], memory: u64) -> Result<Counts> {
    let folder = tempfile::tempdir().unwrap();
    let depot = Depot::new(memory, folder.path());
    recount(shards, memory, &depot, &Quiet).map(|census| flat(&census))
}

/// Every window, by looking, with its count.
fn windows(sentences: &[Vec<u32>], order: usize) -> Vec<(Vec<TokenId>, u64)> {
    let mut all: Vec<Vec<TokenId>> = Vec::new();
    for sentence in sentences {
        let mut padded = vec![TokenId::START; order - 1];
        padded.extend(sentence.iter().map(|&id| TokenId(id)));
        padded.push(TokenId::END);
        all.extend(padded.windows(order).map(<[TokenId]>::to_vec));
    }
    all.sort();
    let same = all.chunk_by(|a, b| a == b);
    same.map(|same| (same[0].clone(), same.len() as u64))
        .collect()
}

fn rows(shard: &Shard) -> Vec<(Vec<TokenId>, u64)> {
    let mut reader = shard.rows();
    let mut rows = Vec::new();
    while reader.advance().unwrap() {
        rows.push((reader.row().to_vec(), reader.count()));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shard_is_every_window_and_gives_the_census_back(
        sentences in corpora(), n in 1usize..7, memory in 0u64..4000
    ) {
        let folder = Folder::new();
        let written = folder.count("a", &sentences, n);
        let shard = folder.open("a");
        prop_assert_eq!(shard.facts(), &written.facts);
        let expected = windows(&sentences, n);
        prop_assert_eq!(written.rows, expected.len() as u64);
        prop_assert_eq!(rows(&shard), expected);
        let plain = plain::count(&text(&sentences), VOCABULARY, Order::new(n).unwrap()).unwrap();
        prop_assert_eq!(counts(&[shard], memory).unwrap(), plain);
    }

    #[test]
    fn parts_together_are_the_whole_and_what_was_added_can_be_taken_out(
        sentences in corpora(), n in 1usize..6, parts in 1usize..5
    ) {
        let folder = Folder::new();
        let share = sentences.len().div_ceil(parts);
        let names: Vec<String> = sentences.chunks(share).enumerate().map(|(number, sentences)| {
            let name = format!("part-{number}");
            folder.count(&name, sentences, n);
            name
        }).collect();
        let plain = plain::count(&text(&sentences), VOCABULARY, Order::new(n).unwrap()).unwrap();
        prop_assert_eq!(&folder.counts(&names), &plain, "unmerged");
        let shards: Vec<Shard> = names.iter().map(|name| folder.open(name)).collect();
        merge(&shards, None, &folder.path("all"), &Quiet).unwrap();
        prop_assert_eq!(folder.counts(&["all".into()]), plain);
        prop_assert_eq!(folder.open("all").facts().shards.clone(), names.clone());
        if names.len() > 1 {
            let last = shards.last().unwrap();
            merge(&[folder.open("all")], Some(last), &folder.path("less"), &Quiet).unwrap();
            let others = &shards[..shards.len() - 1];
            merge(others, None, &folder.path("others"), &Quiet).unwrap();
            prop_assert_eq!(folder.bytes("less"), folder.bytes("others"));
        }
    }

    #[test]
    fn forged_rows_are_refused_or_counted_and_never_a_panic(
        mut rows in proptest::collection::btree_map(proptest::collection::vec(0u32..9, 3), 1u64..4, 1..9),
        with_end in any::<bool>()
    ) {
        if with_end {
            rows.insert(vec![1, 1, 2], 2);
        }
        let rows: Vec<(&[u32], u64)> = rows.iter().map(|(row, count)| (&row[..], *count)).collect();
        let folder = Folder::new();
        let shard = folder.forge("a", &rows);
        if let Err(error) = counts(&[shard], 1 << 20) {
            prop_assert!(error.place().is_some() && error.advice().is_some(), "{}", error);
        }
    }
}

#[test]
fn the_file_is_the_same_on_any_number_of_threads() {
    let sentence =
        |s: u32| (0..s % 37).map(move |i| (3 + (i * i + s / 3) % 6) * u32::from(i % 11 > 0));
    let sentences: Vec<Vec<u32>> = (0..20_000).map(|s| sentence(s).collect()).collect();
    let folder = Folder::new();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new();
        let pool = pool.num_threads(threads).build().unwrap();
        pool.install(|| {
            let census = narrowed(text(&sentences), VOCABULARY, Order::new(4).unwrap());
            let name = threads.to_string();
            write(&census, &origin(None), &folder.path(&name), &Quiet).unwrap();
            merge(&[folder.open(&name)], None, &folder.path("merged"), &Quiet).unwrap();
        });
        assert!(folder.bytes(&threads.to_string()) == folder.bytes("1"));
        assert!(folder.bytes("merged") == folder.bytes("1"));
    }
}

#[test]
fn a_new_shard_is_named_by_its_content() {
    let folder = Folder::new();
    let id = |sentences: &[Vec<u32>], order| {
        let census = narrowed(text(sentences), VOCABULARY, Order::new(order).unwrap());
        let written = write(&census, &origin(None), &folder.path("a"), &Quiet).unwrap();
        written.facts.shards[0].clone()
    };
    let first = id(&[vec![3, 4], vec![5]], 3);
    assert_eq!(first, id(&[vec![5], vec![3, 4]], 3), "the same counts");
    assert_ne!(first, id(&[vec![3, 4], vec![6]], 3));
    assert_ne!(first, id(&[vec![3, 4], vec![5]], 2));
}

#[track_caller]
fn refused(shard: Shard, said: &str) {
    let error = counts(&[shard], 1 << 20).unwrap_err();
    assert!(error.to_string().contains(said), "no {said:?} in {error}");
    assert!(
        error.place().is_some() && error.advice().is_some(),
        "{error}"
    );
}

#[test]
fn rows_that_no_text_has_are_refused() {
    let folder = Folder::new();
    let forge = |rows: &[(&[u32], u64)]| folder.forge("a", rows);
    refused(
        forge(&[(&[1, 3], 1), (&[3, 9], 1), (&[9, 2], 1)]),
        "no token 9",
    );
    refused(forge(&[(&[1, 3], 1), (&[9, 2], 1)]), "row 2");
    refused(
        forge(&[(&[3, 2], 1), (&[1, 3], 1)]),
        "not behind the row before",
    );
    refused(
        forge(&[(&[1, 2], 1), (&[1, 2], 1)]),
        "not behind the row before",
    );
    refused(forge(&[(&[1, 2], 0)]), "not above 0");
    refused(forge(&[(&[1, 1], 1), (&[1, 2], 1)]), "no window");
    refused(forge(&[(&[1, 2], 1), (&[2, 3], 1)]), "no window");
    refused(forge(&[(&[1, 3], 1)]), "0 sentences");
    refused(
        forge(&[(&[1, 3], 2), (&[3, 2], 1)]),
        "no text has such counts",
    );
    refused(
        forge(&[(&[1, 3], 1), (&[4, 2], 1)]),
        "no text has such counts",
    );
    assert!(counts(&[forge(&[(&[1, 3], 2), (&[3, 2], 2)])], 0).is_ok());
}

/// A small shard and what of it can be read.
fn damaged(folder: &Folder, bytes: &[u8], like: &Counts) {
    fs::write(folder.path("damaged"), bytes).unwrap();
    let read = Shard::open(&folder.path("damaged")).and_then(|shard| counts(&[shard], 1 << 20));
    match read {
        Ok(counts) => assert!(counts == *like, "other counts were read"),
        Err(error) => {
            assert!(
                error.place().is_some() && error.advice().is_some(),
                "{error}"
            );
        }
    }
}

#[test]
fn damage_is_refused_and_never_a_panic() {
    let folder = Folder::new();
    folder.count("a", &[vec![3, 4, 0, 3], vec![], vec![5, 3, 4]], 3);
    let (whole, like) = (folder.bytes("a"), folder.counts(&["a".into()]));
    for len in 0..whole.len() {
        let cut = &whole[..len];
        fs::write(folder.path("cut"), cut).unwrap();
        assert!(Shard::open(&folder.path("cut")).is_err(), "{len} bytes");
    }
    for place in 0..whole.len() {
        for bit in [0x01, 0x10, 0x80, 0xFF] {
            let mut changed = whole.clone();
            changed[place] ^= bit;
            damaged(&folder, &changed, &like);
        }
    }
}

#[test]
fn shards_that_do_not_belong_together_are_refused_by_name() {
    let folder = Folder::new();
    let sentences = [vec![3, 4], vec![5]];
    folder.count("a", &sentences, 3);
    folder.count("b", &sentences, 2);
    folder.count("c", &sentences[..1], 3);
    let other = |name: &str, origin: Origin| {
        let census = narrowed(text(&sentences), VOCABULARY, Order::new(3).unwrap());
        write(&census, &origin, &folder.path(name), &Quiet).unwrap();
    };
    let vocabulary = "w".into();
    other(
        "v",
        Origin {
            vocabulary,
            ..origin(None)
        },
    );
    let reading = Reading {
        lowercase: true,
        ..Reading::DEFAULT
    };
    other(
        "r",
        Origin {
            reading,
            ..origin(None)
        },
    );
    let said = |names: &[&str], subtract: Option<&str>| {
        let shards: Vec<Shard> = names.iter().map(|name| folder.open(name)).collect();
        let subtract = subtract.map(|name| folder.open(name));
        let merged = merge(&shards, subtract.as_ref(), &folder.path("m"), &Quiet);
        assert!(!Path::exists(&folder.path("m")));
        merged.unwrap_err().to_string()
    };
    assert!(said(&["a", "b"], None).contains("order: 3 and 2"));
    assert!(said(&["a", "v"], None).contains("vocabulary"));
    assert!(said(&["a", "r"], None).contains("tokenizer"));
    assert!(said(&["a", "c", "a"], None).contains("shard a comes twice"));
    assert!(said(&["a"], Some("c")).contains("shard c is to be subtracted"));
    assert!(said(&["a"], Some("a")).contains("nothing is left"));
}

#[test]
fn counts_that_are_not_there_cannot_be_subtracted() {
    let folder = Folder::new();
    folder.count("a", &[vec![3, 4], vec![5]], 2);
    folder.count("b", &[vec![3]], 2);
    let shards = [folder.open("a"), folder.open("b")];
    merge(&shards, None, &folder.path("sum"), &Quiet).unwrap();
    // Another shard of the same name.
    folder.count("b", &[vec![6]], 2);
    let sum = [folder.open("sum")];
    let merged = merge(&sum, Some(&folder.open("b")), &folder.path("m"), &Quiet);
    assert!(merged.unwrap_err().to_string().contains("not there"));
    folder.count("b", &[vec![5], vec![5]], 2);
    let merged = merge(&sum, Some(&folder.open("b")), &folder.path("m"), &Quiet);
    assert!(merged.is_err());
}
