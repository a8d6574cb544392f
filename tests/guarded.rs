//! Here are wishes; what is written keeps them, whatever the voice, or the reason is given.

mod common;

use common::Workshop;
use serde_json::Value;

/// Every voice over the same tokens.
const VOICES: [&str; 5] = ["a", "a-nn", "small", "index", "both"];

fn shop() -> Workshop {
    let shop = Workshop::with_voices();
    shop.good(&["convert", "-m", "a", "-o", "small", "--quantize", "8"]);
    shop.good(&["index", "a.txt", "-o", "index", "--like", "a"]);
    shop.good(&["mix", "a", "a-nn", "--tune", "held.txt", "-o", "both"]);
    shop
}

fn texts(shop: &Workshop, words: &[&str]) -> Vec<Value> {
    let answer = shop.json(&[words, &["--json"]].concat());
    answer["texts"].as_array().unwrap().clone()
}

fn written(text: &Value) -> Vec<String> {
    let tokens = text["tokens"].as_array().unwrap().iter();
    tokens
        .map(|token| token["text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_voice_keeps_every_wish() {
    let shop = shop();
    for voice in VOICES {
        let asked = |words: &[&str]| {
            let generate = [
                "generate",
                "-m",
                voice,
                "--tries",
                "20",
                "--count",
                "2",
                "--max-tokens",
                "40",
            ];
            let texts = texts(&shop, &[&generate, words].concat());
            texts.iter().map(written).collect::<Vec<_>>()
        };
        for tokens in asked(&["--contain", "the river", "--contain", "fox"]) {
            assert!(tokens.contains(&"fox".into()), "{voice}: {tokens:?}");
            assert!(
                tokens.windows(2).any(|pair| pair == ["the", "river"]),
                "{voice}: {tokens:?}"
            );
            assert_eq!(tokens.last().unwrap(), "</s>");
        }
        for tokens in asked(&["the fox", "--end-with", "river."]) {
            assert!(
                tokens.ends_with(&["river".into(), ".".into(), "</s>".into()]),
                "{voice}: {tokens:?}"
            );
        }
        for tokens in asked(&["--start-with", "A fox", "--never", "the", "--never", ","]) {
            assert!(
                tokens.starts_with(&["A".into(), "fox".into()]),
                "{voice}: {tokens:?}"
            );
            assert!(
                !tokens.iter().any(|token| token == "the" || token == ","),
                "{voice}: {tokens:?}"
            );
        }
    }
}

#[test]
fn no_more_is_copied_than_was_wished() {
    let shop = shop();
    for (voice, most) in [("a", "2"), ("a-nn", "3"), ("index", "3"), ("both", "2")] {
        let words = [
            "generate",
            "-m",
            voice,
            "--max-copied",
            most,
            "--copied-from",
            "index",
            "--tries",
            "5",
        ];
        for text in texts(&shop, &[&words[..], &["--count", "3", "--start"]].concat()) {
            let line = text["text"].as_str().unwrap();
            let copied = shop.run_with_input(
                &["copied", "-i", "index", "-", "--least", "1", "--json"],
                line.as_bytes(),
            );
            let longest = copied.json()["longest"][0]["tokens"].as_u64().unwrap_or(0);
            assert!(
                longest <= most.parse().unwrap(),
                "{voice}: {longest} in {line}"
            );
        }
    }
    let by_ngrams = |words: &[&str]| {
        texts(
            &shop,
            &[&["generate", "--max-copied", "2", "-m", "a"], words].concat(),
        )
    };
    assert_eq!(
        by_ngrams(&[]),
        by_ngrams(&["--copied-from", "index"]),
        "the same corpus"
    );
}

#[test]
fn wishes_that_are_kept_anyway_change_nothing() {
    let shop = shop();
    let same = |text: &mut Value| {
        assert_eq!(
            text.as_object_mut().unwrap().remove("way").unwrap()["tries"],
            1
        );
    };
    for voice in VOICES {
        let plain = texts(&shop, &["generate", "-m", voice, "--seed", "4"]);
        let mut guarded = texts(
            &shop,
            &["generate", "-m", voice, "--seed", "4", "--never", "the the"],
        );
        guarded.iter_mut().for_each(same);
        assert_eq!(plain, guarded, "{voice}");
        let again = [
            "generate",
            "-m",
            voice,
            "--contain",
            "fox",
            "--tries",
            "3",
            "--seed",
            "2",
        ];
        assert_eq!(texts(&shop, &again), texts(&shop, &again), "the same seed");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let shop = shop();
    for (words, code, said) in [
        (
            &["--contain", "zebra"][..],
            1,
            &["never seen 'zebra'", "help: "][..],
        ),
        (
            &["--contain", "the fox", "--never", "fox"],
            2,
            &["'fox', which is never to come"],
        ),
        (
            &["--contain", "the old stone bridge", "--max-tokens", "3"],
            2,
            &["5 tokens at least"],
        ),
        (
            &["--contain", "the fox", "--max-copied", "1"],
            2,
            &["2 tokens in a row from the corpus"],
        ),
        (
            &["--max-copied", "4"],
            2,
            &["3 tokens in a row at most", "--copied-from"],
        ),
        (&["--contain", ""], 2, &["no token"]),
        (
            &["--contain", "river", "--temperature", "0", "--tries", "2"],
            1,
            &["2 lacked 'river'", "help: "],
        ),
    ] {
        shop.run(&[&["generate", "-m", "a"], words].concat())
            .failed_saying(code, said);
    }
    let network = ["generate", "-m", "a-nn", "--max-copied", "2"];
    shop.run(&network)
        .failed_saying(2, &["does not say what its corpus has", "index"]);
    let unknown = shop.run(&["generate", "-m", "a", "--never", "zebra"]);
    assert!(unknown.stderr.contains("it never comes"), "{unknown:?}");
}

#[test]
fn a_beam_is_in_order_and_its_probabilities_are_exact() {
    let shop = shop();
    for voice in VOICES {
        let words = [
            "generate",
            "-m",
            voice,
            "--start",
            "--beam",
            "4",
            "--contain",
            "fox",
        ];
        let found = texts(&shop, &words);
        assert_eq!(found.len(), 4, "{voice}");
        let ln = |text: &Value| text["logprob"].as_f64().unwrap();
        assert!(found.is_sorted_by(|a, b| ln(a) >= ln(b)));
        for text in &found {
            assert!(written(text).contains(&"fox".into()));
            shop.write("line.txt", text["text"].as_str().unwrap());
            let scored = shop.json(&["score", "-m", voice, "line.txt", "--json"]);
            let difference = scored["logprob"].as_f64().unwrap() - ln(text);
            assert!(difference.abs() < 1e-4, "{voice}: {text} {scored}");
        }
        assert!(
            shop.good(&words)
                .lines()
                .all(|line| line.contains(" bits  "))
        );
    }
    shop.run(&["generate", "-m", "a", "--beam", "3", "--seed", "1"])
        .failed(2);
}
