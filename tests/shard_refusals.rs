//! Here are count files that do not fit, or are damaged; they are refused, and nothing is written.

#![cfg(feature = "parquet")]

mod common;

use common::Workshop;

#[test]
fn count_files_that_do_not_fit_are_refused() {
    let shop = Workshop::with_counted_halves();
    shop.good(&["count", "a.txt", "-o", "own.parquet", "--order", "3"]);
    shop.good(&[
        "count",
        "a.txt",
        "-o",
        "two.parquet",
        "--order",
        "2",
        "--vocabulary",
        "v.parquet",
    ]);
    shop.good(&[
        "count",
        "a.txt",
        "-o",
        "low.parquet",
        "--order",
        "3",
        "--lowercase",
    ]);
    shop.good(&["merge", "a.parquet", "b.parquet", "-o", "ab.parquet"]);
    let files = shop.files();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["merge", "a.parquet", "two.parquet"],
            &["order: 3 and 2", "two.parquet", "help: "],
        ),
        (
            &["merge", "a.parquet", "own.parquet"],
            &["vocabulary", "own.parquet", "help: "],
        ),
        (
            &["merge", "a.parquet", "low.parquet"],
            &["tokenizer", "low.parquet", "help: "],
        ),
        (
            &["merge", "a.parquet", "a.parquet"],
            &["shard a comes twice", "help: "],
        ),
        (
            &["merge", "ab.parquet", "b.parquet"],
            &["shard b comes twice", "help: "],
        ),
        (
            &["merge", "a.parquet", "--subtract", "b.parquet"],
            &["shard b", "not there", "help: "],
        ),
        (
            &["merge", "a.parquet", "--subtract", "a.parquet"],
            &["nothing is left", "help: "],
        ),
        (
            &[
                "build",
                "--from-counts",
                "a.parquet",
                "b.parquet",
                "a.parquet",
                "--vocabulary",
                "v.parquet",
            ],
            &["shard a comes twice"],
        ),
        (
            &["build", "--from-counts", "a.parquet"],
            &["a.vocabulary.parquet", "--vocabulary FILE"],
        ),
        (
            &[
                "build",
                "--from-counts",
                "a.parquet",
                "--vocabulary",
                "own.vocabulary.parquet",
            ],
            &["not the vocabulary", "help: "],
        ),
        (
            &["build", "--from-counts", "a.parquet", "--vocabulary", "100"],
            &["--vocabulary 100", "help: "],
        ),
        (
            &[
                "build",
                "--from-counts",
                "own.parquet",
                "--tokenizer",
                "words",
            ],
            &["--tokenizer", "--from-counts"],
        ),
        (
            &["build", "--from-counts", "own.parquet", "--order", "3"],
            &["--order", "--from-counts"],
        ),
        (
            &["build", "a.txt", "--vocabulary", "v.parquet"],
            &["--vocabulary v.parquet", "help: "],
        ),
        (
            &[
                "count",
                "a.txt",
                "--vocabulary",
                "v.parquet",
                "--min-count",
                "2",
            ],
            &["--min-count", "help: "],
        ),
        (
            &["count", "a.txt", "--vocabulary", "v.parquet", "--lowercase"],
            &["v.parquet", "help: "],
        ),
        (
            &["count", "a.txt", "--id", "a b"],
            &["--id", "without blanks"],
        ),
        (
            &["vocabulary", "a.txt", "v.parquet"],
            &["some are text", "help: "],
        ),
    ];
    for (words, said) in cases {
        let ran = shop.run(&[*words, &["-o", "x.parquet"]].concat());
        ran.failed_saying(2, said);
    }
    let failures: &[(&[&str], &[&str])] = &[
        (&["merge", "a.txt"], &["no Parquet file", "a.txt", "help: "]),
        (
            &["merge", "v.parquet"],
            &["vocabulary, not counts", "v.parquet", "help: "],
        ),
        (&["merge", "absent.parquet"], &["absent.parquet", "help: "]),
        (
            &[
                "build",
                "--from-counts",
                "a.parquet",
                "--vocabulary",
                "b.parquet",
            ],
            &["counts, not vocabulary", "help: "],
        ),
        (
            &["count", "a.txt", "--vocabulary", "a.txt"],
            &["no Parquet file", "help: "],
        ),
    ];
    for (words, said) in failures {
        let ran = shop.run(&[*words, &["-o", "x.parquet"]].concat());
        ran.failed_saying(1, said);
    }
    assert_eq!(shop.files(), files, "nothing was written");
}

#[test]
fn nothing_is_written_over_what_is_read() {
    let shop = Workshop::with_counted_halves();
    for words in [
        &["merge", "a.parquet", "b.parquet", "-o", "a.parquet"][..],
        &[
            "merge",
            "a.parquet",
            "--subtract",
            "b.parquet",
            "-o",
            "b.parquet",
        ],
        &["count", "a.txt", "-o", "a.txt"],
        &[
            "count",
            "a.txt",
            "-o",
            "v.parquet",
            "--vocabulary",
            "v.parquet",
        ],
        &["vocabulary", "v.parquet", "-o", "v.parquet"],
        &["build", "--from-counts", "a.parquet", "-o", "./a.parquet"],
    ] {
        shop.run(words)
            .failed_saying(2, &["would be replaced", "help: "]);
    }
}

/// Builds with one file cut off at several places, and with bits of it changed. What is not refused
/// must have changed nothing: some bytes of a footer are only for other readers.
#[track_caller]
fn damage(shop: &Workshop, file: &str) {
    let whole = shop.read(file);
    let words = ["build", "--from-counts", "a.parquet", "-o", "x"];
    shop.good(&words);
    let model = shop.read("models/x.cpt");
    for len in [0, 3, 11, 12, whole.len() / 2, whole.len() - 1] {
        shop.write(file, &whole[..len]);
        shop.run(&words).failed_saying(1, &[file, "help: "]);
    }
    let mut refused = 0;
    for place in (0..whole.len()).step_by(whole.len() / 100) {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        shop.write(file, &changed);
        let ran = shop.run(&words);
        if ran.code != Some(0) {
            refused += 1;
            assert!([Some(1), Some(2)].contains(&ran.code), "{ran:?}");
            ran.failed_saying(ran.code.unwrap(), &[file, "help: "]);
        }
        assert!(shop.read("models/x.cpt") == model);
    }
    assert!(refused > 80, "only {refused} of 100 changes were refused");
    shop.write(file, &whole);
}

#[test]
fn damage_is_refused_with_its_file() {
    let shop = Workshop::with_halves();
    shop.good(&["count", "a.txt", "-o", "a.parquet", "--order", "3"]);
    damage(&shop, "a.parquet");
    damage(&shop, "a.vocabulary.parquet");
}
