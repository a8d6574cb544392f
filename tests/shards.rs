//! Here is a corpus in parts; counted apart and put together, it is the corpus.
//!
//! Models are compared byte for byte. An engine that is not ours, DuckDB, reads the
//! count files and adds them up, where Python has it (`COUNTERPOINT_PYTHON` says
//! which Python); where not, the test says that it was skipped.

#![cfg(feature = "parquet")]

mod common;

use std::fs;
use std::process::Command;

use common::{FABLES, Workshop};
use counterpoint::count::shard::CountedVocabulary;
use counterpoint::count::{Order, Pruning};
use counterpoint::ngram::{self, Plan, Resources};
use counterpoint::progress::{Quiet, Stage};
use counterpoint::smooth::{CountsOfCountsRule, Estimate, Smoothing};
use counterpoint::text::Corpus;
use counterpoint::token::{self, AnyText};

#[test]
fn a_model_from_counts_is_the_model_from_the_text() {
    let shop = Workshop::with_halves();
    let readings: &[&[&str]] = &[
        &[],
        &["--order", "1"],
        &["--order", "2", "--tokenizer", "characters", "--lowercase"],
        &[
            "--order",
            "4",
            "--tokenizer",
            "whitespace",
            "--min-count",
            "2",
        ],
        &["--order", "3", "--vocabulary", "100"],
        &["--unit", "document", "--skip-blank"],
    ];
    for reading in readings {
        shop.good(&[&["build", "all.txt", "-o", "text"], *reading].concat());
        shop.good(&[&["count", "all.txt", "-o", "all.parquet"], *reading].concat());
        for smoothing in [
            &[][..],
            &["--smoothing", "witten-bell", "--arpa", "counts.arpa"],
        ] {
            let words = ["build", "--from-counts", "all.parquet", "-o", "counts"];
            shop.good(&[&words, smoothing].concat());
            shop.good(&[&["build", "all.txt", "-o", "text"], *reading, smoothing].concat());
            let same = shop.read("models/counts.cpt") == shop.read("models/text.cpt");
            assert!(same, "{reading:?} {smoothing:?}");
        }
    }
    assert!(shop.path("counts.arpa").exists());
}

#[test]
fn parts_counted_apart_are_the_whole() {
    let shop = Workshop::with_counted_halves();
    let build = |shards: &[&str], name: &str| {
        let words = ["-o", name, "--vocabulary", "v.parquet"];
        shop.good(&[&["build", "--from-counts"], shards, &words].concat());
        shop.read(&format!("models/{name}.cpt"))
    };
    let apart = build(&["a.parquet", "b.parquet"], "apart");
    let merged = shop.json(&[
        "merge",
        "b.parquet",
        "a.parquet",
        "-o",
        "ab.parquet",
        "--json",
    ]);
    assert_eq!(merged["shards"], serde_json::json!(["a", "b"]));
    assert!(build(&["ab.parquet"], "merged") == apart);
    assert!(from_text(&shop) == apart);
}

/// The model of the whole text with the vocabulary `v.parquet`.
fn from_text(shop: &Workshop) -> Vec<u8> {
    let words = CountedVocabulary::open(&shop.path("v.parquet")).unwrap();
    let path = shop.path("all.txt").to_str().unwrap().to_owned();
    let corpus = Corpus::open(&[path], words.reading.corpus_options(None, false)).unwrap();
    let text = token::read(&corpus, &words.reading, &words.vocabulary, &Quiet).unwrap();
    let method = Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact);
    let plan = Plan {
        reading: words.reading,
        order: Order::new(3).unwrap(),
        estimate: Estimate::Probabilities(method),
        pruning: Pruning::new(Vec::new(), None).unwrap(),
    };
    let stage = Stage {
        number: 1,
        of: 2,
        name: "count",
        unit: "tokens",
        total: None,
    };
    let model = shop.path("text.cpt");
    let resources = Resources {
        memory: 1 << 30,
        temporary: shop.path(""),
    };
    let text = AnyText::Whole(text);
    let words = &words.vocabulary;
    ngram::build_file(text, words, &plan, &resources, &model, stage, &Quiet).unwrap();
    fs::read(model).unwrap()
}

#[test]
fn what_was_added_can_be_taken_out_again() {
    let shop = Workshop::with_counted_halves();
    shop.good(&["merge", "a.parquet", "b.parquet", "-o", "ab.parquet"]);
    for (taken, left) in [("b.parquet", "a.parquet"), ("a.parquet", "b.parquet")] {
        shop.good(&[
            "merge",
            "ab.parquet",
            "--subtract",
            taken,
            "-o",
            "left.parquet",
        ]);
        assert!(shop.read("left.parquet") == shop.read(left), "{left}");
    }
}

#[test]
fn vocabularies_are_ranked_and_add_up() {
    let shop = Workshop::with_halves();
    shop.good(&["vocabulary", "all.txt", "-o", "all.parquet"]);
    shop.good(&["vocabulary", "a.txt", "b.txt", "-o", "both.parquet"]);
    assert!(shop.read("both.parquet") == shop.read("all.parquet"));
    for name in ["a", "b"] {
        let (text, words) = (format!("{name}.txt"), format!("{name}.parquet"));
        shop.good(&["vocabulary", &text, "-o", &words]);
    }
    shop.good(&["vocabulary", "b.parquet", "a.parquet", "-o", "sum.parquet"]);
    assert!(shop.read("sum.parquet") == shop.read("all.parquet"));

    let words = CountedVocabulary::open(&shop.path("sum.parquet")).unwrap();
    let key = |id: usize| {
        let surface = words.vocabulary.surface(token::TokenId(id as u32));
        (std::cmp::Reverse(words.counts[id]), surface)
    };
    assert!((3..words.counts.len()).map(key).is_sorted());
    assert_eq!(words.counts[..3], [0, 0, 0]);

    let limits = ["--min-count", "3", "--vocabulary", "50"];
    let words = [
        "vocabulary",
        "a.parquet",
        "b.parquet",
        "-o",
        "few.parquet",
        "--json",
    ];
    let few = shop.json(&[&words[..], &limits].concat());
    assert_eq!(
        (&few["vocabulary"], &few["complete"]),
        (&50.into(), &false.into())
    );
    // Limits beside the text and beside its parts' sums leave the same words.
    shop.good(
        &[
            &["vocabulary", "all.txt", "-o", "direct.parquet"],
            &limits[..],
        ]
        .concat(),
    );
    assert!(shop.read("direct.parquet") == shop.read("few.parquet"));
    let ran = shop.run(&["vocabulary", "few.parquet", "a.parquet", "-o", "x.parquet"]);
    ran.failed_saying(2, &["left out", "few.parquet", "help: "]);
}

#[test]
fn little_memory_gives_the_same_files() {
    let shop = Workshop::new();
    shop.write("all.txt", FABLES);
    let little = ["--memory", "1M", "--temp", "."];
    let count = |name: &str, more: &[&str]| {
        shop.good(&[&["count", "all.txt", "-o", name], more].concat());
        shop.read(name)
    };
    let plenty = count("all.parquet", &[]);
    assert!(count("little.parquet", &little) == plenty);
    let given = ["--vocabulary", "all.vocabulary.parquet"];
    assert!(count("given.parquet", &[&given[..], &little].concat()) == plenty);

    let words = ["build", "--from-counts", "all.parquet", "-o"];
    shop.good(&[&words[..], &["plenty"]].concat());
    let built = shop.json(&[&words[..], &["little", "--json"], &little].concat());
    assert!(built["temporary_bytes"].as_u64() > Some(0), "{built}");
    assert!(shop.read("models/little.cpt") == shop.read("models/plenty.cpt"));

    let pruned = ["--prune", "0", "1"];
    shop.good(&[&words[..], &["pruned"], &pruned].concat());
    shop.good(&[&["build", "all.txt", "-o", "pruned-text"], &pruned[..]].concat());
    assert!(shop.read("models/pruned.cpt") == shop.read("models/pruned-text.cpt"));
}

#[test]
fn a_count_says_in_json_what_it_counted() {
    let shop = Workshop::with_halves();
    let said = shop.json(&[
        "count",
        "all.txt",
        "-o",
        "all.parquet",
        "--order",
        "3",
        "--json",
    ]);
    let built = shop.json(&["build", "all.txt", "-o", "all", "--order", "3", "--json"]);
    for figure in ["order", "sentences", "tokens", "vocabulary"] {
        assert_eq!(said[figure], built[figure], "{figure}");
    }
    assert_eq!(said["bytes"], shop.read("all.parquet").len() as u64);
    assert_eq!(said["vocabulary_file"], "all.vocabulary.parquet");
    let id = said["shards"][0].as_str().unwrap();
    assert_eq!(id.len(), 32);
    for threads in ["1", "2", "8"] {
        shop.good(&[
            "count",
            "all.txt",
            "-o",
            "again.parquet",
            "--order",
            "3",
            "--threads",
            threads,
        ]);
        assert!(shop.read("again.parquet") == shop.read("all.parquet"));
    }
}

/// Reads two shards, compares their sum with our own, and writes it as a shard of its own.
const ENGINE: &str = r#"
import duckdb

columns = "w1, w2, w3"
added = f"select {columns}, sum(n)::bigint as n from read_parquet(['a.parquet', 'b.parquet']) group by {columns}"
ours = f"select {columns}, n from 'ab.parquet'"
for left, right in [(added, ours), (ours, added)]:
    assert duckdb.sql(f"{left} except {right}").fetchall() == []
types = dict(duckdb.sql("describe select * from 'a.parquet'").project("column_name, column_type").fetchall())
assert types == {"w1": "INTEGER", "w2": "INTEGER", "w3": "INTEGER", "n": "BIGINT"}, types

pairs = duckdb.sql("select decode(key), decode(value) from parquet_kv_metadata('ab.parquet')").fetchall()
pairs = {key: value for key, value in pairs if not key.endswith(("digest", "checksum"))}
total = duckdb.sql("select sum(n) from 'ab.parquet'").fetchall()[0][0]
assert total == int(pairs["counterpoint.total"])

words = duckdb.sql("select count(*), sum(n), min(decode(token)) from 'v.parquet'").fetchall()[0]
assert words[0] == int(pairs["counterpoint.vocabulary-size"])

quoted = lambda text: "'" + text.replace("'", "''") + "'"
metadata = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in pairs.items())
duckdb.sql(f"copy ({added} order by {columns}) to 'engine.parquet' (format parquet, compression zstd, kv_metadata {{{metadata}}})")
"#;

#[test]
fn another_engine_reads_adds_and_writes_count_files() {
    let python = std::env::var("COUNTERPOINT_PYTHON").unwrap_or_else(|_| "python3".into());
    let run = |script: &str| {
        let mut command = Command::new(&python);
        command.args(["-c", script]);
        command
    };
    let has_engine = run("import duckdb").output();
    if !has_engine.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {python} has no duckdb; `pip install duckdb`, or COUNTERPOINT_PYTHON");
        return;
    }
    let shop = Workshop::with_counted_halves();
    shop.good(&["merge", "a.parquet", "b.parquet", "-o", "ab.parquet"]);
    let ran = run(ENGINE).current_dir(shop.path("")).output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    for name in ["ab", "engine"] {
        let shard = format!("{name}.parquet");
        let words = [
            "build",
            "--from-counts",
            &shard,
            "--vocabulary",
            "v.parquet",
            "-o",
            name,
        ];
        shop.good(&words);
    }
    assert!(shop.read("models/engine.cpt") == shop.read("models/ab.cpt"));
    // And merged once more by us it is the file that we had merged ourselves.
    shop.good(&["merge", "engine.parquet", "-o", "again.parquet"]);
    assert!(shop.read("again.parquet") == shop.read("ab.parquet"));
}
