//! Here is a neural model; what is said of its weights is true of its answers.

mod common;

use common::Workshop;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

fn sum(list: &Value) -> f64 {
    let list = list.as_array().unwrap();
    list.iter().map(|push| number(&push["bits"])).sum()
}

/// p of a token after a text, as `next` has it.
fn p(shop: &Workshop, text: &str, token: &str) -> f64 {
    let answer = shop.json(&["next", "-m", "a-nn", text, "--top", "9999", "--json"]);
    let top = answer["top"].as_array().unwrap();
    let found = top.iter().find(|candidate| candidate["text"] == token);
    number(&found.unwrap()["p"])
}

#[test]
fn shares_sum_to_the_difference_that_next_shows() {
    let shop = Workshop::with_voices();
    let words = [
        "weights",
        "-m",
        "a-nn",
        "--context",
        "said the old",
        "--token",
        "fox",
    ];
    let answer = shop.json(&[&words[..], &["--against", "the", "--json"]].concat());
    let why = &answer["why"][0];
    let odds = number(&why["log_odds_bits"]);
    let expected = (p(&shop, "said the old", "fox") / p(&shop, "said the old", "the")).log2();
    assert!((odds - expected).abs() < 1e-4, "{odds} and {expected}");
    let nothing = (p(&shop, "", "fox") / p(&shop, "", "the")).log2();
    assert!((number(&why["without_context_bits"]) - nothing).abs() < 1e-4);
    assert_eq!(why["context"].as_array().unwrap().len(), 3);
    assert!((number(&why["without_context_bits"]) + sum(&why["context"]) - odds).abs() < 1e-6);
    assert_eq!(why["units"].as_array().unwrap().len(), 8);
    assert!((number(&why["bias_bits"]) + sum(&why["units"]) - odds).abs() < 1e-6);
    // Without --against, the most probable other token is meant.
    let best = shop.json(&["next", "-m", "a-nn", "said the old", "--top", "2", "--json"]);
    let answer = shop.json(&[&words[..], &["--json"]].concat());
    let texts: Vec<&Value> = (0..2).map(|i| &best["top"][i]["text"]).collect();
    assert!(texts.contains(&&answer["why"][0]["against"]["text"]));
}

#[test]
fn the_nearest_are_listed_from_the_nearest() {
    let shop = Workshop::with_voices();
    let words = [
        "weights", "-m", "a-nn", "--near", "fox", "the", "--top", "4",
    ];
    let answer = shop.json(&[&words[..], &["--json"]].concat());
    assert_eq!(answer["near"].as_array().unwrap().len(), 2);
    let near = answer["near"][0]["nearest"].as_array().unwrap();
    let cosines: Vec<f64> = near.iter().map(|other| number(&other["cosine"])).collect();
    assert_eq!(cosines.len(), 4);
    assert!(
        cosines.is_sorted_by(|a, b| a >= b) && cosines[0] <= 1.0,
        "{cosines:?}"
    );
    assert!(near.iter().all(|other| other["text"] != "fox"));
    let shown = shop.run(&words).good();
    assert!(
        shown.contains("nearest to fox") && shown.contains("nearest to the"),
        "{shown}"
    );
}

#[test]
fn a_changed_weight_changes_what_it_must_and_no_more() {
    let shop = Workshop::with_voices();
    let tokens = shop.json(&["next", "-m", "a-nn", "the fox", "--top", "3", "--json"]);
    let (id, text) = (&tokens["top"][2]["id"], &tokens["top"][2]["text"]);
    let change = format!("output.bias:{id},0=+1.5");
    let words = [
        "weights",
        "-m",
        "a-nn",
        "--context",
        "the fox",
        "--json",
        "--change",
    ];
    let answer = shop.json(&[&words[..], &[&change]].concat());
    let top = answer["change"][0]["top"].as_array().unwrap();
    let odds = |row: &Value, when: &str| {
        let p = number(&row[when]);
        (p / (1.0 - p)).ln()
    };
    // Its odds grow by e to the 1.5; those of all others among each other stay.
    let row = top.iter().find(|row| row["text"] == *text).unwrap();
    let grown = odds(row, "p_after") - odds(row, "p_before");
    assert!((grown - 1.5).abs() < 1e-4, "{grown}");
    let others: Vec<&Value> = top.iter().filter(|row| row["text"] != *text).collect();
    let ratio = |row: &Value| number(&row["p_after"]) / number(&row["p_before"]);
    assert!(
        others
            .iter()
            .all(|row| (ratio(row) - ratio(others[0])).abs() < 1e-5)
    );
    // The two undo each other, and the model on the disk is as it was.
    let back = format!("output.bias:{id},0=-1.5");
    let answer = shop.json(&[&words[..], &[&change, "--change", &back]].concat());
    for row in answer["change"][0]["top"].as_array().unwrap() {
        assert!((ratio(row) - 1.0).abs() < 1e-5, "{row}");
    }
    assert_eq!(
        tokens,
        shop.json(&["next", "-m", "a-nn", "the fox", "--top", "3", "--json"])
    );
}

#[test]
fn a_map_is_a_picture_and_the_same_each_time() {
    let shop = Workshop::with_voices();
    let words = [
        "weights",
        "-m",
        "a-nn",
        "--map-tokens",
        "40",
        "--json",
        "--map",
    ];
    let answer = shop.json(&[&words[..], &["one.svg"]].concat());
    shop.good(&[&words[..], &["two.svg", "--threads", "1"]].concat());
    assert_eq!(shop.read("one.svg"), shop.read("two.svg"));
    let map = &answer["map"];
    let shares: Vec<f64> = (0..2).map(|i| number(&map["variance"][i])).collect();
    assert!(shares[0] >= shares[1] && shares[1] > 0.0 && shares[0] + shares[1] < 1.0);
    let places = map["places"].as_array().unwrap();
    assert_eq!(places.len(), 40);
    // Along each component the places have mean 0, and its variance is the larger the earlier.
    let spread = |along: &str| {
        let values = || places.iter().map(|place| number(&place[along]));
        assert!(values().sum::<f64>().abs() < 1e-9);
        values().map(|value| value * value).sum::<f64>()
    };
    assert!((spread("x") / spread("y") - shares[0] / shares[1]).abs() < 1e-6);
    let svg = String::from_utf8(shop.read("one.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<circle").count(), 40);
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let shop = Workshop::with_voices();
    let files = shop.files();
    for (words, parts) in [
        (
            &["-m", "a"][..],
            &["has no weights", "order 3", "help: "][..],
        ),
        (
            &["-m", "a-nn", "--near", "no-such-token"],
            &["no-such-token", "--near", "help: "],
        ),
        (&["-m", "a-nn", "--token", "<s>"], &["<s>", "--token"]),
        (&["-m", "a-nn", "--against", "fox"], &["--token"]),
        (
            &["-m", "a-nn", "--change", "output.bias:1,0=1"],
            &["+ or -"],
        ),
        (
            &["-m", "a-nn", "--change", "nothing:1,0=+1"],
            &["nothing", "output.bias"],
        ),
        (
            &["-m", "a-nn", "--change", "output.bias:99999,0=+1"],
            &["99999", "rows"],
        ),
        (
            &["-m", "a-nn", "--map", "models/a-nn.cpt"],
            &["would be replaced"],
        ),
    ] {
        let ran = shop.run(&[&["weights"], words].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        for part in parts {
            assert!(ran.stderr.contains(part), "{part}: {ran:?}");
        }
    }
    assert_eq!(shop.files(), files);
    let tensors = shop.run(&["weights", "-m", "a-nn"]).good();
    for part in ["embeddings", "output.bias", "root mean square"] {
        assert!(tensors.contains(part), "{tensors}");
    }
}
