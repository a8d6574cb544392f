//! Here is a held-out text; `narrow --on` shows by how much each token of context narrows.

mod common;

use common::Workshop;
use serde_json::Value;

fn bits(value: &Value) -> f64 {
    value["bits"]
        .as_f64()
        .unwrap_or_else(|| panic!("no bits: {value}"))
}

#[test]
fn the_longest_context_takes_what_score_says() {
    let shop = Workshop::with_voices();
    shop.good(&["index", "a.txt", "-o", "i", "--like", "a"]);
    let words = [
        "narrow",
        "-m",
        "a,a-nn,i",
        "--on",
        "held.txt",
        "--longest",
        "99",
        "--json",
    ];
    let answer = shop.json(&words);
    for (curve, lengths) in answer["curves"]
        .as_array()
        .unwrap()
        .iter()
        .zip([3, 36, 100])
    {
        let points = curve["points"].as_array().unwrap();
        assert_eq!(points.len(), lengths, "{}", curve["model"]);
        let model = curve["model"].as_str().unwrap();
        let score = shop.json(&["score", "-m", model, "held.txt", "--json"]);
        let expected = score["perplexity"].as_f64().unwrap().log2();
        let found = bits(&points[points.len() - 1]["surprisal"]);
        assert!(
            (found - expected).abs() < 1e-4,
            "{model}: {found} and {expected}"
        );
        let gained: f64 = points[1..].iter().map(|point| bits(&point["gained"])).sum();
        let all = bits(&points[0]["surprisal"]) - found;
        assert!((gained - all).abs() < 1e-9, "{gained} and {all}");
    }
}

#[test]
fn context_narrows_on_average() {
    let shop = Workshop::with_voices();
    shop.good(&["index", "a.txt", "-o", "i", "--like", "a"]);
    let answer = shop.json(&["narrow", "-m", "i", "--on", "held.txt", "--json"]);
    let points = answer["curves"][0]["points"].as_array().unwrap();
    for point in &points[1..3] {
        let (gained, margin) = (bits(&point["gained"]), &point["gained"]["margin_95"]);
        assert!(gained > margin.as_f64().unwrap(), "{point}");
    }
    let text = shop.good(&["narrow", "-m", "a,i", "--on", "held.txt", "--sample", "50"]);
    assert!(text.contains("averages over 50 positions"), "{text}");
}

#[test]
fn what_asks_for_nothing_is_refused() {
    let shop = Workshop::with_voices();
    for words in [
        &["narrow", "-m", "a", "the fox", "--on", "held.txt"][..],
        &["narrow", "-m", "a", "--look-back", "--on", "held.txt"],
        &["narrow", "-m", "a", "--on", "held.txt", "--sample", "0"],
        &["narrow", "-m", "a", "the fox", "--longest", "3"],
    ] {
        shop.run(words).failed(2);
    }
}
