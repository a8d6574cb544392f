//! Here is a request that cannot be met; it is refused with its place and the way out, and nothing
//! else happens.
//!
//! Exit code 2 says that the request itself is impossible, 1 that it failed.

mod common;

use std::fs;

use common::Workshop;

#[test]
fn impossible_requests_are_usage_errors() {
    let shop = Workshop::with_voices();
    shop.good(&["build", "held.txt", "-o", "other"]);
    let files = shop.files();
    let cases: &[(&[&str], &[&str])] = &[
        (&["next", "--colour"], &["--colour", "--help"]),
        (&["nonsense"], &["nonsense", "--help"]),
        (&["build", "a.txt"], &["--output", "--help"]),
        (
            &["build", "a.txt", "-o", "x", "--order", "0"],
            &["--order", "help: "],
        ),
        (
            &["build", "a.txt", "-o", "x", "--order", "256"],
            &["256", "255"],
        ),
        (
            &["build", "a.txt", "-o", "x", "--smoothing", "none"],
            &["none", "kneser-ney"],
        ),
        (
            &["build", "a.txt", "-o", "x", "--k", "2"],
            &["--k", "add-k", "help: "],
        ),
        (
            &[
                "build",
                "a.txt",
                "-o",
                "x",
                "--smoothing",
                "add-k",
                "--k",
                "0",
            ],
            &["--k", "above 0"],
        ),
        (
            &[
                "build",
                "a.txt",
                "-o",
                "x",
                "--smoothing",
                "add-k",
                "--as-kenlm",
            ],
            &["--as-kenlm", "help: "],
        ),
        (
            &["build", "-", "-", "-o", "x"],
            &["standard input", "--> -", "help: "],
        ),
        (
            &["build", "absent/*.txt", "-o", "x"],
            &["absent/*.txt", "help: "],
        ),
        (
            &["next", "-m", "nowhere", "the"],
            &[
                "'nowhere'",
                "models/nowhere.cpt",
                "help: there are a, a-nn, other",
            ],
        ),
        (
            &["score", "-m", "no/where", "held.txt"],
            &["no/where", "help: "],
        ),
        (
            &["train", "a.txt", "-o", "x", "--like", "nowhere"],
            &["'nowhere'", "help: "],
        ),
        (
            &["train", "a.txt", "-o", "x", "--epochs", "0"],
            &["epochs", "at least 1"],
        ),
        (
            &["train", "a.txt", "-o", "x", "--dropout", "1"],
            &["dropout"],
        ),
        (
            &["train", "a.txt", "-o", "x", "--learning-rate", "-1"],
            &["learning rate", "-1"],
        ),
        (
            &[
                "train",
                "a.txt",
                "-o",
                "x",
                "--like",
                "a",
                "--min-count",
                "2",
            ],
            &["--like", "--min-count"],
        ),
        (
            &["generate", "-m", "a", "--temperature", "-1"],
            &["temperature", "-1", "help: "],
        ),
        (
            &["generate", "-m", "a", "--top-p", "0"],
            &["top-p", "help: "],
        ),
        (
            &["generate", "-m", "a", "--top-p", "1.5"],
            &["top-p", "help: "],
        ),
        (
            &["generate", "-m", "a", "--top-k", "0"],
            &["top-k", "help: "],
        ),
        (
            &["generate", "-m", "a", "--min-p", "nan"],
            &["min-p", "help: "],
        ),
        (&["narrow", "-m", "a"], &["no text", "help: "]),
        (
            &["narrow", "-m", "a,other", "the"],
            &["'a'", "'other'", "help: "],
        ),
        (&["compare", "-m", "a", "the"], &["two", "-m a", "help: "]),
        (&["compare", "-m", "a,a-nn", "--on", "-"], &["--on -"]),
        (
            &["score", "-m", "a", "held.txt", "--kenlm", "--json"],
            &["--kenlm", "--json"],
        ),
        (
            &["tokens", "-m", "a", "the", "--lowercase"],
            &["--lowercase"],
        ),
        (&["export", "-m", "a", "--json"], &["--json", "help: "]),
        (
            &["info", "-m", "a", "--threads", "0"],
            &["--threads", "help: "],
        ),
        (&["info", "-m", "."], &["help: "]),
    ];
    for (words, said) in cases {
        shop.run(words).failed_saying(2, said);
    }
    assert_eq!(shop.files(), files);
}

#[test]
fn bad_input_is_a_failure_that_names_its_place() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a", "--smoothing", "add-k"]);
    shop.good(&["build", "a.txt", "-o", "k", "--tokenizer", "whitespace"]);
    shop.write("empty.txt", "");
    shop.write("latin.txt", b"fine\nna\xEFve\n");
    shop.write("special.txt", "fine\nhe said <s> here\n");
    fs::create_dir(shop.path("bare")).unwrap();
    shop.write("cut.cpt", &shop.read("models/a.cpt")[..5000]);
    shop.write("broken.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xffnonsense");
    shop.write(
        "records.jsonl",
        "{\"text\": \"fine\"}\n{\"txt\": \"not\"}\n",
    );
    shop.write(
        "wrong.arpa",
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-1\t<s>\n-1\t</s>\n\n\\end\\\n",
    );
    let files = shop.files();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["build", "absent.txt", "-o", "x"],
            &["--> absent.txt", "help: "],
        ),
        (
            &["build", "empty.txt", "-o", "x"],
            &["no text", "--> empty.txt", "help: "],
        ),
        (
            &["build", "-", "-o", "x"],
            &["no text", "--> standard input", "help: "],
        ),
        (
            &["build", "bare", "-o", "x"],
            &["no text", "--> bare", "help: "],
        ),
        (
            &["build", "latin.txt", "-o", "x"],
            &["0xEF", "--> latin.txt, byte 7", "help: --lossy"],
        ),
        (
            &["train", "latin.txt", "-o", "x"],
            &["0xEF", "--> latin.txt, byte 7", "help: --lossy"],
        ),
        (
            &["score", "-m", "a", "latin.txt"],
            &["0xEF", "--> latin.txt, byte 7", "help: --lossy"],
        ),
        (
            &[
                "build",
                "special.txt",
                "-o",
                "x",
                "--tokenizer",
                "whitespace",
            ],
            &["<s>", "special.txt, line 2", "help: "],
        ),
        (
            &["score", "-m", "k", "special.txt"],
            &["<s>", "special.txt, line 2", "help: "],
        ),
        (
            &["next", "-m", "k", "a <s> b"],
            &["<s>", "the given text", "help: "],
        ),
        (&["build", "broken.gz", "-o", "x"], &["broken.gz"]),
        (
            &["build", "records.jsonl", "--jsonl", "text", "-o", "x"],
            &["records.jsonl, line 2", "help: "],
        ),
        (
            &["info", "-m", "cut.cpt"],
            &["5000 bytes", "--> cut.cpt", "help: "],
        ),
        (
            &["verify", "cut.cpt"],
            &["5000 bytes", "--> cut.cpt", "help: "],
        ),
        (
            &["next", "-m", "cut.cpt", "the", "--no-verify"],
            &["--> cut.cpt", "help: "],
        ),
        (&["info", "-m", "a.txt"], &["--> a.txt", "help: "]),
        (
            &["import", "wrong.arpa", "-o", "x"],
            &["4", "3", "wrong.arpa, line 9", "help: --lenient"],
        ),
        (&["import", "a.txt", "-o", "x"], &["--> a.txt", "help: "]),
        (&["export", "-m", "a"], &["add-k", "help: "]),
        (&["export", "-m", "a", "-o", "x.arpa"], &["add-k", "help: "]),
        (&["build", "a.txt", "-o", "a.txt/x.cpt"], &["a.txt"]),
    ];
    for (words, said) in cases {
        shop.run(words).failed_saying(1, said);
        assert_eq!(shop.files(), files, "after {words:?}");
    }
}

#[test]
fn names_that_name_no_file_are_refused() {
    let shop = Workshop::with_corpus();
    fs::create_dir(shop.path("bare")).unwrap();
    for output in ["", ".", "..", "bare/", "new/"] {
        shop.run(&["build", "a.txt", "-o", output])
            .failed_saying(2, &["help: "]);
    }
    assert_eq!(shop.files(), ["a.txt", "held.txt"]);
}

#[test]
fn what_is_read_is_never_replaced() {
    let shop = Workshop::with_corpus();
    shop.good(&[
        "build", "a.txt", "-o", "a", "--arpa", "a.arpa", "--order", "2",
    ]);
    fs::create_dir(shop.path("folder")).unwrap();
    shop.write("folder/b.txt", "one two\n");
    let before: Vec<Vec<u8>> = shop
        .files()
        .iter()
        .filter(|n| !n.ends_with(".cpt"))
        .map(|n| shop.read(n))
        .collect();
    for words in [
        &["build", "a.txt", "-o", "a.txt"][..],
        &["build", "held.txt", "a.txt", "-o", "./a.txt"],
        &["build", "a.txt", "-o", "x", "--arpa", "a.txt"],
        &["build", "folder", "-o", "folder/b.txt"],
        &["train", "a.txt", "-o", "a.txt", "--epochs", "1"],
        &[
            "train", "a.txt", "-o", "a.txt", "--epochs", "1", "--like", "a",
        ],
        &[
            "train",
            "a.txt",
            "-o",
            "held.txt",
            "--epochs",
            "1",
            "--heldout",
            "held.txt",
        ],
        &["import", "a.arpa", "-o", "a.arpa"],
        &["export", "-m", "a", "-o", "models/a.cpt"],
    ] {
        shop.run(words)
            .failed_saying(2, &["would be replaced", "--> ", "help: "]);
    }
    let after: Vec<Vec<u8>> = shop
        .files()
        .iter()
        .filter(|n| !n.ends_with(".cpt"))
        .map(|n| shop.read(n))
        .collect();
    assert!(before == after);
    shop.good(&["verify", "a"]);
    // A model may be replaced by a new one of its own name, as every second build does.
    shop.good(&["build", "a.txt", "-o", "a"]);
}

#[test]
fn what_arpa_cannot_say_is_refused_before_the_work() {
    let shop = Workshop::with_corpus();
    for smoothing in ["add-k", "stupid-backoff"] {
        let words = [
            "build",
            "a.txt",
            "-o",
            "x",
            "--smoothing",
            smoothing,
            "--arpa",
            "x.arpa",
        ];
        shop.run(&words)
            .failed_saying(2, &["--> --arpa x.arpa", "help: "]);
    }
    let both = ["build", "a.txt", "-o", "x", "--json", "--arpa", "-"];
    shop.run(&both)
        .failed_saying(2, &["standard output", "help: "]);
    assert_eq!(shop.files(), ["a.txt", "held.txt"]);
}

#[test]
fn standard_input_is_read_once() {
    let shop = Workshop::with_voices();
    let input = shop.read("held.txt");
    for words in [
        &["compare", "-m", "a,a-nn", "--on", "-"][..],
        &["train", "-", "-o", "x", "--heldout", "-"],
    ] {
        let ran = shop.run_with_input(words, &input);
        ran.failed_saying(2, &["only once", "--> ", "help: "]);
    }
}

#[test]
fn a_damaged_model_that_is_not_verified_answers_or_says_so() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a.cpt", "--order", "3"]);
    let whole = shop.read("a.cpt");
    let mut broken_off = 0;
    // Every second page, from the first section on, gets numbers that lead nowhere.
    for page in (1..whole.len() / 4096).step_by(2) {
        let mut damaged = whole.clone();
        damaged[4096 * page..][..256].fill(0xEE);
        shop.write("damaged.cpt", &damaged);
        shop.run(&["verify", "damaged.cpt"])
            .failed_saying(1, &["damaged.cpt"]);
        for command in ["score", "next"] {
            let ran = shop.run(&[command, "-m", "damaged.cpt", "a.txt", "--no-verify"]);
            assert!(
                matches!(ran.code, Some(0 | 1)),
                "{command}, page {page}: {ran:?}"
            );
            if ran.code == Some(1) {
                broken_off += 1;
                ran.failed_saying(1, &["help: "]);
            }
        }
    }
    assert!(broken_off > 0, "no damage was met");
}
