//! Here are tunes; every command takes them for text.

mod common;

use common::Workshop;

const TUNES: &str = include_str!("../corpora/tunes.abc");

fn with_tunes() -> Workshop {
    let shop = Workshop::new();
    shop.write("tunes.abc", TUNES);
    shop.good(&[
        "build",
        "tunes.abc",
        "-o",
        "tunes",
        "--tokenizer",
        "notes",
        "--order",
        "4",
    ]);
    shop
}

#[test]
fn a_model_of_notes_answers_questions_in_abc() {
    let shop = with_tunes();
    let next = shop.good(&["next", "-m", "tunes", "[K:G] G"]);
    assert!(next.contains(":1/8") || next.contains(":1/4"), "{next}");
    let narrow = shop.good(&["narrow", "-m", "tunes", "[M:6/8][K:G] GAB"]);
    assert!(narrow.contains("B4:1/8"), "{narrow}");
    let score = shop.good(&["score", "-m", "tunes", "tunes.abc"]);
    assert!(score.contains("perplexity"), "{score}");
    let tokens = shop.good(&["tokens", "--tokenizer", "notes:full", "[K:D] \"D\"~F>G"]);
    assert!(
        tokens.contains("F#4:3/16") && tokens.contains("~F3/2G/2"),
        "{tokens}"
    );
    shop.good(&[
        "train",
        "tunes.abc",
        "-o",
        "nn",
        "--like",
        "tunes",
        "--epochs",
        "1",
        "--hidden",
        "8",
    ]);
    shop.good(&["compare", "-m", "tunes,nn", "--on", "tunes.abc"]);
}

#[test]
fn a_tune_that_is_written_has_complete_bars_and_goes_into_files() {
    let shop = with_tunes();
    let ask = [
        "generate",
        "-m",
        "tunes",
        "[M:6/8][K:G]",
        "--start",
        "--complete-bars",
        "--max-tokens",
        "600",
    ];
    for seed in ["1", "2", "3"] {
        let json = shop.good(&[&ask[..], &["--seed", seed, "--json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["texts"][0]["ended"], "sentence");
        assert_eq!(
            json["texts"][0]["bars"]["incomplete"],
            serde_json::json!([])
        );
    }
    shop.good(&[&ask[..], &["--midi", "a.mid", "--picture", "a.svg"]].concat());
    assert!(shop.read("a.mid").starts_with(b"MThd"));
    assert!(
        String::from_utf8(shop.read("a.svg"))
            .unwrap()
            .starts_with("<svg")
    );
}

#[test]
fn malformed_tunes_are_refused_or_left_out_by_name() {
    let shop = Workshop::new();
    shop.write(
        "two.abc",
        "X:7\nK:C\nCDE|\n\nX:9\nK:C\nC [EG |\n\nX:3\nK:C\nEFG|\n",
    );
    let build = [
        "build",
        "two.abc",
        "-o",
        "two",
        "--tokenizer",
        "notes",
        "--order",
        "2",
    ];
    let refused = shop.command(&build).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("two.abc, line 7, tune 2 (X:9)"), "{said}");
    let skipped = shop
        .command(&[&build[..], &["--skip-malformed"]].concat())
        .output()
        .unwrap();
    let said = String::from_utf8(skipped.stderr).unwrap();
    assert!(
        skipped.status.success() && said.contains("left out two.abc, line 7"),
        "{said}"
    );
    let words = shop.command(&["build", "two.abc", "-o", "w", "--skip-malformed"]);
    assert_eq!({ words }.output().unwrap().status.code(), Some(2));
    for options in [&["--lowercase"][..], &["--unit", "document"]] {
        let odd = shop
            .command(&[&build[..], options].concat())
            .output()
            .unwrap();
        assert_eq!(odd.status.code(), Some(2), "{options:?}");
    }
}

#[test]
fn what_is_for_tunes_is_refused_for_words() {
    let shop = Workshop::with_voices();
    let model = shop.path("models");
    let name = std::fs::read_dir(model)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for option in [
        &["--complete-bars"][..],
        &["--midi", "a.mid"],
        &["--picture", "a.svg"],
    ] {
        let asked = [&["generate", "-m", name.to_str().unwrap()][..], option].concat();
        assert_eq!(
            shop.command(&asked).output().unwrap().status.code(),
            Some(2),
            "{asked:?}"
        );
    }
}
