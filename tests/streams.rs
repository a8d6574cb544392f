//! Here is text from pipes, and readers that leave early; the outcome is the same.

mod common;

use std::io::{Read, Write};
use std::process::Stdio;

use common::{Ran, Workshop, fables};

#[test]
fn corpora_come_from_pipes_and_compressed() {
    let shop = Workshop::with_corpus();
    let text = shop.read("a.txt");
    shop.good(&["build", "a.txt", "-o", "plain"]);
    shop.run_with_input(&["build", "-", "-o", "piped"], &text)
        .good();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&text).unwrap();
    let gz = gz.finish().unwrap();
    shop.write("a.txt.gz", &gz);
    shop.good(&["build", "a.txt.gz", "-o", "gz"]);
    shop.run_with_input(&["build", "-", "-o", "gz-piped"], &gz)
        .good();
    for other in ["piped", "gz", "gz-piped"] {
        let other_model = shop.read(&format!("models/{other}.cpt"));
        assert!(shop.read("models/plain.cpt") == other_model, "{other}");
    }
    let held = shop.read("held.txt");
    let score = ["score", "-m", "plain", "--json"];
    let piped = shop.run_with_input(&score, &held).json();
    assert_eq!(piped, shop.json(&[&score[..], &["held.txt"]].concat()));
    let next = shop
        .run_with_input(&["next", "-m", "plain", "-"], b"the fox\n")
        .good();
    assert_eq!(next, shop.good(&["next", "-m", "plain", "the fox"]));
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let shop = Workshop::with_voices();
    shop.write("long.txt", fables(2500).repeat(2));
    shop.good(&["build", "long.txt", "-o", "long"]);
    for words in [
        &["score", "-m", "a", "long.txt", "--by", "token"][..],
        &["score", "-m", "a", "long.txt", "--by", "sentence", "--json"],
        &["score", "-m", "a", "long.txt", "--kenlm"],
        &["export", "-m", "long"],
        &["build", "long.txt", "-o", "x", "--arpa", "-"],
        &["next", "-m", "a", "the", "--json", "--top", "100000"],
        &["generate", "-m", "a", "--count", "1000"],
    ] {
        let mut command = shop.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = [0];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let ran = Ran::of(words, child.wait_with_output().unwrap());
        assert_eq!(
            (ran.code, ran.stderr.contains("error")),
            (Some(0), false),
            "{ran:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_a_failure() {
    let shop = Workshop::with_voices();
    for words in [
        &["info", "-m", "a"][..],
        &["export", "-m", "a"],
        &["tokens", "the", "--json"],
    ] {
        let ran = shop
            .command_under("exec \"$@\" > /dev/full", words)
            .output();
        Ran::of(words, ran.unwrap()).failed_saying(1, &["--> standard output", "help: "]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_work_is_done_though_nobody_hears_of_it() {
    let shop = Workshop::new();
    // Few lines: their discounts cannot be estimated, so there are warnings to say.
    shop.write("a.txt", fables(3));
    for (name, script) in [
        ("full", "exec \"$@\" 2> /dev/full"),
        ("closed", "exec \"$@\" 2>&-"),
    ] {
        let words = ["build", "a.txt", "-o", name];
        let ran = shop.command_under(script, &words).output().unwrap();
        assert_eq!(Ran::of(&words, ran).code, Some(0), "{name}");
        shop.good(&["verify", name]);
    }
    let words = ["info", "-m", "absent"];
    let ran = shop
        .command_under("exec \"$@\" 2> /dev/full", &words)
        .output()
        .unwrap();
    assert_eq!(Ran::of(&words, ran).code, Some(2));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let shop = Workshop::with_corpus();
    let good = ["build", "a.txt", "-o", "a"];
    let bad = ["info", "-m", "absent"];
    let coloured = |words: &[&str], variable: Option<(&str, &str)>| {
        let mut command = shop.command(words);
        command.envs(variable);
        let ran = Ran::of(words, command.output().unwrap());
        ran.stderr.contains('\x1b') || ran.stdout.contains(&0x1b)
    };
    for words in [&good[..], &bad] {
        let with = |choice| [words, &["--color", choice]].concat();
        assert!(!coloured(words, None));
        assert!(!coloured(&with("never"), None));
        assert!(coloured(&with("always"), None));
        assert!(!coloured(&with("auto"), Some(("NO_COLOR", "1"))));
    }
    // The message itself is the same, whatever its colour.
    let plain = shop.run(&bad).stderr;
    let colour = shop
        .run(&[&bad[..], &["--color", "always"]].concat())
        .stderr;
    assert_eq!(anstream::adapter::strip_str(&colour).to_string(), plain);
}
