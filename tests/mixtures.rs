//! Here are two voices and a text; mixed they are one, and every command takes it for one.

mod common;

use std::fs;

use common::Workshop;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

/// A folder with both voices and their mixture, `both`.
fn with_mixture(options: &[&str]) -> Workshop {
    let shop = Workshop::with_voices();
    let words = ["mix", "a", "a-nn", "--tune", "held.txt", "-o", "both"];
    shop.good(&[&words[..], options].concat());
    shop
}

#[test]
fn a_mixture_is_a_model_like_any_other() {
    for options in [&[][..], &["--by-count"]] {
        let shop = with_mixture(options);
        let facts = shop.json(&["info", "-m", "both", "--json"]);
        assert_eq!(facts["kind"], "mixture");
        let weights: Vec<f64> = facts["voices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|voice| number(&voice["weight"]))
            .collect();
        assert!(
            (weights.iter().sum::<f64>() - 1.0).abs() < 1e-9,
            "{weights:?}"
        );
        // What it was tuned on, it scores as it said.
        let score = |name: &str| {
            let figures = shop.json(&["score", "-m", name, "held.txt", "--json"]);
            number(&figures["perplexity"])
        };
        let (both, tuned) = (score("both"), number(&facts["perplexity"]));
        assert!((both - tuned).abs() < 1e-4 * tuned, "{both} and {tuned}");
        assert!(both < 1.000_001 * score("a").min(score("a-nn")));
        assert!(both < number(&facts["perplexity_even"]));
        let next = shop.json(&["next", "-m", "both", "the fox", "--top", "5", "--json"]);
        assert_eq!(next["top"].as_array().unwrap().len(), 5);
        for words in [
            &["next", "-m", "both", "the fox"][..],
            &["narrow", "-m", "a,both", "the fox and the"],
            &["score", "-m", "both", "held.txt", "--by", "token"],
            &["generate", "-m", "both", "the fox", "--max-tokens", "5"],
            &["compare", "-m", "a,both", "--on", "held.txt"],
            &["info", "-m", "both"],
            &["verify", "both"],
        ] {
            let ran = shop.run(words);
            assert_eq!(ran.stderr, "", "{ran:?}");
            assert_ne!(ran.good(), "");
        }
    }
}

#[test]
fn the_answer_is_the_weighted_sum_of_its_voices() {
    let shop = with_mixture(&[]);
    let facts = shop.json(&["info", "-m", "both", "--json"]);
    let p = |name: &str| {
        let answer = shop.json(&["next", "-m", name, "the fox", "--top", "9999", "--json"]);
        let top = answer["top"].as_array().unwrap().clone();
        let fox = top.iter().find(|candidate| candidate["text"] == "and");
        number(&fox.unwrap()["p"])
    };
    let weight = |voice: usize| number(&facts["voices"][voice]["weight"]);
    let expected = weight(0) * p("a") + weight(1) * p("a-nn");
    assert!((p("both") - expected).abs() < 1e-9);
}

/// Linear interpolation of n-gram voices: counted apart with one vocabulary, as the way out says.
#[cfg(feature = "parquet")]
#[test]
fn voices_of_two_texts_suit_either_text_better_together() {
    let shop = Workshop::with_counted_halves();
    for name in ["a", "b"] {
        let shard = format!("{name}.parquet");
        let words = ["build", "--from-counts", &shard, "-o", name];
        shop.good(&[&words[..], &["--vocabulary", "v.parquet"]].concat());
    }
    let tuned = |text: &str| {
        let words = ["mix", "a", "b", "--tune", text, "-o", "ab", "--json"];
        let made = shop.json(&words);
        let of = |voice: usize, what: &str| number(&made["voices"][voice][what]);
        // EM stops within a ten-millionth of a nat of the best weights.
        let better = of(0, "perplexity").min(of(1, "perplexity"));
        assert!(number(&made["perplexity"]) <= better * (1.0 + 1e-6));
        let score = shop.json(&["score", "-m", "ab", text, "--json"]);
        assert!((number(&score["perplexity"]) / number(&made["perplexity"]) - 1.0).abs() < 1e-6);
        of(0, "weight")
    };
    // Each voice knows its own text by heart.
    let (on_a, on_b) = (tuned("a.txt"), tuned("b.txt"));
    assert!(on_a > 0.9 && on_b < 0.1, "{on_a} and {on_b}");
}

#[test]
fn buckets_say_where_each_voice_earns_its_weight() {
    let shop = with_mixture(&["--by-count"]);
    let facts = shop.json(&["info", "-m", "both", "--json"]);
    assert_eq!(facts["by_count_of"], "a");
    let buckets = facts["buckets"].as_array().unwrap();
    let tokens: u64 = buckets.iter().map(|b| b["tokens"].as_u64().unwrap()).sum();
    assert_eq!(tokens, facts["tokens"].as_u64().unwrap());
    let longest = buckets
        .iter()
        .map(|b| b["context_tokens"].as_u64().unwrap());
    assert_eq!(
        longest.max(),
        Some(2),
        "order 3 knows two tokens of context"
    );
    let better = number(&facts["perplexity"]) < number(&facts["perplexity_alike"]);
    assert!(better, "{facts}");
    let shown = shop.run(&["info", "-m", "both"]).good();
    assert!(shown.contains("by what a knows of the context"), "{shown}");
}

#[test]
fn any_number_of_threads_writes_the_same_mixture() {
    let shop = with_mixture(&["--by-count"]);
    let before = shop.read("models/both.cpt");
    for threads in ["1", "3"] {
        let words = [
            "mix",
            "a",
            "a-nn",
            "--tune",
            "held.txt",
            "-o",
            "both",
            "--by-count",
        ];
        shop.good(&[&words[..], &["--threads", threads]].concat());
        assert_eq!(shop.read("models/both.cpt"), before, "{threads} threads");
    }
}

#[test]
fn a_folder_of_models_moves_as_one() {
    let shop = with_mixture(&[]);
    fs::rename(shop.path("models"), shop.path("elsewhere")).unwrap();
    shop.good(&["score", "-m", "elsewhere/both.cpt", "held.txt"]);
    // A mixture in another folder still finds its voices.
    fs::rename(shop.path("elsewhere"), shop.path("models")).unwrap();
    shop.good(&[
        "mix",
        "a",
        "a-nn",
        "--tune",
        "held.txt",
        "-o",
        "far/both.cpt",
    ]);
    shop.good(&["next", "-m", "far/both.cpt", "the"]);
    let facts = shop.json(&["info", "-m", "far/both.cpt", "--json"]);
    assert_eq!(facts["voices"][0]["path"], "../models/a.cpt");
}

#[test]
fn a_voice_that_changed_is_refused_by_name() {
    let shop = with_mixture(&[]);
    shop.good(&["build", "a.txt", "-o", "a", "--order", "3"]);
    shop.good(&["next", "-m", "both", "the"]);
    shop.good(&["build", "held.txt", "-o", "a", "--order", "3"]);
    for options in [&[][..], &["--no-verify"]] {
        let words = ["next", "-m", "both", "the"];
        let ran = shop.run(&[&words[..], options].concat());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        for part in ["'a'", "built anew", "models/a.cpt", "mix the voices again"] {
            assert!(ran.stderr.contains(part), "{part}: {ran:?}");
        }
    }
    fs::remove_file(shop.path("models/a.cpt")).unwrap();
    let ran = shop.run(&["verify", "both"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr
            .contains("'a', a voice of this mixture, is not there"),
        "{ran:?}"
    );
}

#[test]
fn what_cannot_be_mixed_is_refused_and_nothing_is_written() {
    let shop = with_mixture(&[]);
    shop.good(&["build", "held.txt", "-o", "other"]);
    shop.good(&["export", "-m", "a", "-o", "a.arpa"]);
    shop.good(&[
        "build",
        "a.txt",
        "-o",
        "rank",
        "--smoothing",
        "stupid-backoff",
    ]);
    shop.write("empty.txt", "");
    let files = shop.files();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["a", "other"],
            &["do not share their tokens", "--like", "--vocabulary"],
        ),
        (
            &["a", "both"],
            &["a mixture cannot be", "all their voices at once"],
        ),
        (&["a", "rank"], &["scores", "help: "]),
        (&["a.arpa", "a-nn"], &["import"]),
        (&["a"], &["2 values", "--help"]),
        (
            &["a-nn", "a-nn", "--by-count"],
            &["keeps counts", "--by-count"],
        ),
    ];
    for (models, parts) in cases {
        let words = ["mix", "--tune", "held.txt", "-o", "new"];
        let ran = shop.run(&[&words[..], models].concat());
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        for part in *parts {
            assert!(ran.stderr.contains(part), "{part}: {ran:?}");
        }
    }
    for (tune, output, part) in [
        ("empty.txt", "new", "holds no text"),
        ("held.txt", "a", "would be replaced"),
        ("missing.txt", "new", "missing.txt"),
    ] {
        let ran = shop.run(&["mix", "a", "a-nn", "--tune", tune, "-o", output]);
        assert_ne!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(shop.files(), files);
}

#[test]
fn mixing_says_what_it_did_on_the_right_stream() {
    let shop = Workshop::with_voices();
    let words = ["mix", "a", "a-nn", "a", "--tune", "held.txt", "-o", "three"];
    let ran = shop.run(&words);
    assert_eq!(ran.text(), "", "{ran:?}");
    assert!(
        ran.stderr.contains("evenly mixed") && ran.stderr.contains('✓'),
        "{ran:?}"
    );
    let made = shop.json(&[&words[..], &["--json"]].concat());
    assert_eq!(made["voices"].as_array().unwrap().len(), 3);
    assert_eq!(
        made["bytes"].as_u64().unwrap(),
        shop.read("models/three.cpt").len() as u64
    );
}
