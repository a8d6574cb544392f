//! Here is a model kept two ways; the compact one says what the fast one says, in fewer bytes.

mod common;

use common::Workshop;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

fn score(shop: &Workshop, model: &str) -> Value {
    shop.json(&["score", "-m", model, "held.txt", "--json"])
}

#[test]
fn exact_says_the_same_and_gives_the_same_arpa() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a", "--arpa", "a.arpa"]);
    shop.good(&["build", "a.txt", "-o", "b", "--table", "compact"]);
    shop.good(&["convert", "-m", "a", "-o", "c"]);
    shop.good(&["import", "a.arpa", "-o", "d", "--table", "compact"]);
    assert_eq!(shop.read("models/b.cpt"), shop.read("models/c.cpt"));
    let fast = score(&shop, "a");
    for model in ["b", "c", "d"] {
        shop.good(&["export", "-m", model, "-o", "again.arpa"]);
        assert_eq!(shop.read("again.arpa"), shop.read("a.arpa"), "{model}");
        shop.good(&["verify", model]);
    }
    for model in ["b", "c"] {
        let compact = score(&shop, model);
        assert_eq!(compact["logprob"], fast["logprob"], "{model}");
        assert_eq!(compact["oovs"], fast["oovs"]);
    }
    let size = |model: &str| number(&shop.json(&["info", "-m", model, "--json"])["bytes"]);
    assert!(size("b") * 2.0 < size("a"));
    let mut files = shop.files();
    files.retain(|name| name.ends_with(".fast") || name.ends_with(".partial"));
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn quantised_is_smaller_nearly_as_good_and_says_what_it_is() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a"]);
    shop.good(&["build", "a.txt", "-o", "q", "--quantize", "8"]);
    shop.good(&[
        "convert",
        "-m",
        "a",
        "-o",
        "r",
        "--table",
        "compact",
        "--quantize",
        "8",
    ]);
    assert_eq!(shop.read("models/q.cpt"), shop.read("models/r.cpt"));
    let (exact, quantised) = (score(&shop, "a"), score(&shop, "q"));
    let ratio = number(&quantised["perplexity"]) / number(&exact["perplexity"]);
    assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
    let facts = shop.json(&["info", "-m", "q", "--json"]);
    assert_eq!(facts["table"], "compact");
    assert_eq!(facts["quantized_bits"], 8);
    assert!(number(&facts["bytes_per_ngram"]) > 0.0);
    let text = shop.good(&["info", "-m", "q"]);
    assert!(
        text.contains("compact, shares of 8 bits") && text.contains("counts left out"),
        "{text}"
    );
    let next = shop.json(&["next", "-m", "q", "the", "--json"]);
    assert_eq!(next["context_count"], Value::Null, "{next}");
    shop.good(&["convert", "-m", "q", "-o", "s", "--table", "fast"]);
    let again = number(&score(&shop, "s")["perplexity"]) / number(&quantised["perplexity"]);
    assert!((again - 1.0).abs() < 1e-5, "{again}");
    shop.good(&["convert", "-m", "q", "-o", "t", "--quantize", "4"]);
}

#[test]
fn what_cannot_be_is_refused_before_the_work() {
    let shop = Workshop::with_corpus();
    let refused = |words: &[&str], expected: &str| {
        let ran = shop.run(words);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(expected), "{ran:?}");
    };
    let build = ["build", "a.txt", "-o", "a"];
    let with = |more: &[&'static str]| [&build[..], more].concat();
    refused(
        &with(&["--table", "fast", "--quantize", "8"]),
        "only a compact table",
    );
    refused(&with(&["--quantize", "1"]), "--quantize");
    refused(&with(&["--quantize", "17"]), "--quantize");
    refused(
        &with(&["--table", "compact", "--order", "17"]),
        "at most order 16",
    );
    refused(
        &with(&["--table", "compact", "--smoothing", "add-k"]),
        "back-off",
    );
    refused(
        &with(&["--table", "compact", "--smoothing", "stupid-backoff"]),
        "back-off",
    );
    refused(
        &["build", "a.txt", "--arpa", "a.arpa", "--quantize", "8"],
        "-o",
    );
    shop.good(&["build", "a.txt", "-o", "q", "--quantize", "8"]);
    refused(&["convert", "-m", "q", "-o", "e"], "quantised");
    refused(
        &["convert", "-m", "q", "-o", "q", "--quantize", "8"],
        "another name",
    );
    shop.good(&["build", "a.txt", "-o", "s", "--smoothing", "stupid-backoff"]);
    assert_eq!(shop.run(&["convert", "-m", "s", "-o", "e"]).code, Some(1));
}
