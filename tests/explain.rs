//! Here are models of all kinds; `explain` says why, and its figures add up to what `next` answers.

mod common;

use common::{Workshop, fables};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[track_caller]
fn close(left: f64, right: f64, within: f64) {
    assert!(
        (left - right).abs() <= within * left.abs().max(right.abs()),
        "{left} and {right}"
    );
}

/// The first candidate of `next`: its text and its probability.
fn best(shop: &Workshop, model: &str, context: &str) -> (String, f64) {
    let next = shop.json(&["next", "-m", model, context, "--json"]);
    let best = &next["top"][0];
    (
        best["text"].as_str().unwrap().to_owned(),
        number(&best["p"]),
    )
}

const CONTEXT: &str = "the fox and the";

#[test]
fn shares_sum_to_what_next_answers() {
    let shop = Workshop::with_voices();
    shop.good(&[
        "build",
        "a.txt",
        "-o",
        "wb",
        "--order",
        "4",
        "--smoothing",
        "witten-bell",
    ]);
    shop.good(&["index", "a.txt", "-o", "i"]);
    for model in ["a", "wb", "i"] {
        let (word, p) = best(&shop, model, CONTEXT);
        let explained = shop.json(&["explain", "-m", model, CONTEXT, &word, "--json"]);
        close(number(&explained["p"]), p, 1e-9);
        let shares = explained["shares"].as_array().unwrap();
        close(
            shares.iter().map(|share| number(&share["p"])).sum(),
            p,
            1e-6,
        );
        let last = shares.last().unwrap();
        let own = (number(&last["count"]) - number(&last["discount"])) / number(&last["total"]);
        close(own, number(&last["p"]), 1e-3);
        let text = shop.good(&["explain", "-m", model, CONTEXT, &word]);
        assert!(
            text.contains("every token alike") && text.contains("sum"),
            "{text}"
        );
    }
}

#[test]
fn counts_are_those_of_the_corpus() {
    let shop = Workshop::with_voices();
    let explained = shop.json(&["explain", "-m", "a", "and the", "old", "--json"]);
    let words: Vec<Vec<String>> = fables(300)
        .lines()
        .filter(|line| line.contains("and the") || line.contains("the old"))
        .map(|line| {
            let tokens = shop.json(&["tokens", "-m", "a", line, "--json"]);
            let tokens = tokens["tokens"].as_array().unwrap().iter();
            tokens
                .map(|token| token["text"].as_str().unwrap().to_owned())
                .collect()
        })
        .collect();
    let times = |ngram: &[&str]| {
        words
            .iter()
            .map(|line| line.windows(ngram.len()).filter(|w| *w == ngram).count())
            .sum::<usize>()
    };
    let shares = explained["shares"].as_array().unwrap();
    assert_eq!(shares[3]["times_seen"], times(&["and", "the", "old"]));
    assert_eq!(shares[3]["total"], times(&["and", "the"]));
    assert_eq!(shares[2]["times_seen"], times(&["the", "old"]));
    // Different tokens to the left; a sentence's start would be one too.
    let mut left: Vec<&str> = Vec::new();
    for line in &words {
        for at in 0..line.len().saturating_sub(1) {
            if line[at] == "the" && line[at + 1] == "old" {
                left.push(
                    at.checked_sub(1)
                        .map_or("<s>", |before| line[before].as_str()),
                );
            }
        }
    }
    left.sort_unstable();
    left.dedup();
    assert_eq!(shares[2]["count"], left.len());
}

#[test]
fn lines_of_the_corpus_stand_as_evidence() {
    let shop = Workshop::with_voices();
    shop.good(&["index", "a.txt", "-o", "i", "--tokenizer", "whitespace"]);
    let (word, _) = best(&shop, "a", CONTEXT);
    let words = [
        "explain", "-m", "a", CONTEXT, &word, "--index", "i", "--json",
    ];
    let seen = &shop.json(&words)["seen"];
    let phrase = format!("{CONTEXT} {word}");
    let phrase: Vec<&str> = phrase.split(' ').collect();
    let length = seen["tokens"].as_u64().unwrap() as usize;
    let phrase = phrase[phrase.len() - length..].join(" ");
    for place in seen["places"].as_array().unwrap() {
        let line = place["line"].as_u64().unwrap() as usize;
        assert!(fables(300).lines().nth(line - 1).unwrap().contains(&phrase));
    }
    let text = shop.good(&["explain", "-m", "a", CONTEXT, &word, "--index", "i"]);
    assert!(
        text.contains("tokens in a row") && text.contains("a.txt:"),
        "{text}"
    );
}

#[test]
fn an_imported_model_and_a_network_explain_themselves_too() {
    let shop = Workshop::with_voices();
    shop.good(&["export", "-m", "a", "-o", "a.arpa"]);
    let (word, p) = best(&shop, "a", CONTEXT);
    let explained = shop.json(&["explain", "-m", "a.arpa", CONTEXT, &word, "--json"]);
    let paid = explained["paid"].as_array().unwrap();
    let paid: f64 = paid.iter().map(|paid| number(&paid["log10_backoff"])).sum();
    close(10f64.powf(paid + number(&explained["log10_prob"])), p, 1e-5);
    assert!(
        shop.good(&["explain", "-m", "a.arpa", CONTEXT, &word])
            .contains("listed at order")
    );
    let (word, p) = best(&shop, "a-nn", CONTEXT);
    let explained = shop.json(&["explain", "-m", "a-nn", CONTEXT, &word, "--json"]);
    // A network computes in f32, and sums in another order for one question than for many.
    close(number(&explained["p"]), p, 1e-6);
    assert_eq!(explained["pushes"].as_array().unwrap().len(), 4);
    assert!(
        shop.good(&["explain", "-m", "a-nn", CONTEXT, &word])
            .contains("bits")
    );
}

#[test]
fn what_is_no_token_is_refused() {
    let shop = Workshop::with_voices();
    let ran = shop.run(&["explain", "-m", "a", CONTEXT, "old fox"]);
    ran.failed_saying(2, &["is 2 tokens, not one", "ask for one of 'old', 'fox'"]);
    let ran = shop.run(&["explain", "-m", "a", CONTEXT, "zebra"]);
    assert!(
        ran.stderr.contains("this is the probability of <unk>"),
        "{ran:?}"
    );
    ran.good();
    assert!(
        shop.good(&["explain", "-m", "a", CONTEXT, "</s>"])
            .contains("</s>")
    );
}

#[test]
fn a_mixture_says_whose_vote_it_was_and_a_network_what_pushed_it() {
    let shop = Workshop::with_voices();
    shop.good(&["mix", "a", "a-nn", "--tune", "held.txt", "-o", "both"]);
    let (word, p) = best(&shop, "both", CONTEXT);
    let explained = shop.json(&["explain", "-m", "both", CONTEXT, &word, "--json"]);
    close(number(&explained["p"]), p, 1e-9);
    let votes = explained["votes"].as_array().unwrap();
    let adds = votes
        .iter()
        .map(|vote| number(&vote["weight"]) * number(&vote["p"]));
    close(adds.sum(), p, 1e-9);
    close(
        votes.iter().map(|vote| number(&vote["share"])).sum(),
        1.0,
        1e-9,
    );
    for (vote, model) in votes.iter().zip(["a", "a-nn"]) {
        assert_eq!(vote["voice"], model);
        let alone = shop.json(&["explain", "-m", model, CONTEXT, &word, "--json"]);
        close(number(&vote["p"]), number(&alone["p"]), 1e-9);
    }
    let text = shop.good(&["explain", "-m", "both", CONTEXT, &word]);
    assert!(text.contains("weight") && text.contains("of it"), "{text}");

    let network = shop.json(&["explain", "-m", "a-nn", CONTEXT, &word, "--json"]);
    let asked = [
        "weights",
        "-m",
        "a-nn",
        "--context",
        CONTEXT,
        "--token",
        &word,
        "--json",
    ];
    assert_eq!(
        network["why"],
        shop.json(&asked)["why"][0],
        "the same as `weights` says"
    );
    let near = network["near"].as_array().unwrap();
    assert_eq!(
        (near.len(), &near[0]["text"]),
        (3, &Value::from(word.as_str()))
    );
    let text = shop.good(&["explain", "-m", "a-nn", CONTEXT, &word]);
    assert!(
        text.contains("hidden units") && text.contains("nearest to"),
        "{text}"
    );
}
