//! Here is a voice and a text; `narrow` says the same in its table and in JSON, and as `next` and `score` do.

mod common;

use common::Workshop;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn what_came_is_as_probable_as_score_says_and_gains_add_up() {
    let shop = Workshop::with_voices();
    let text = "the fox said to the old";
    shop.write("line.txt", text);
    for model in ["a", "a-nn"] {
        let answer = shop.json(&[
            "narrow", "-m", model, text, "--start", "--then", "crow", "--json",
        ]);
        let steps: Vec<&Value> = answer["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| &step["models"][model])
            .collect();
        let scored = shop.json(&["score", "-m", model, "line.txt", "--by", "token", "--json"]);
        let scores = scored["scores"].as_array().unwrap();
        for (step, score) in steps.iter().zip(scores).take(6) {
            assert_eq!(step["actual"]["id"], score["id"]);
            let difference = number(&step["actual"]["p"]).ln() - number(&score["logprob"]);
            assert!(difference.abs() < 1e-5, "{step} {score}");
        }
        let last = &steps[steps.len() - 1];
        let next = shop.json(&[
            "next", "-m", model, text, "--start", "--top", "100000", "--json",
        ]);
        let rank = next["top"]
            .as_array()
            .unwrap()
            .iter()
            .position(|c| c["id"] == last["actual"]["id"]);
        assert_eq!(
            rank.map(|rank| rank as u64 + 1),
            last["actual"]["rank"].as_u64()
        );
        let gained: f64 = steps[1..]
            .iter()
            .map(|step| number(&step["gained_bits"]))
            .sum();
        let fell = number(&steps[0]["entropy_bits"]) - number(&last["entropy_bits"]);
        assert!((gained - fell).abs() < 1e-9);
        assert!(
            steps[1..]
                .iter()
                .all(|step| step["widened"] == (number(&step["gained_bits"]) < -1e-9))
        );
    }
}

#[test]
fn the_table_has_the_columns_that_were_asked_for() {
    let shop = Workshop::with_voices();
    let head = |words: &[&str]| {
        let table = shop.good(&[&["narrow"], words].concat());
        table
            .lines()
            .next()
            .unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let counts = ["+token", "seen", "followers", "order"];
    let voice = |name: &'static str| [name, "H", "≈choices"];
    let wide = ["half", "90%", "gained"];
    assert_eq!(
        head(&["-m", "a", "the fox"]),
        [&counts[..], &["came", "rank"], &voice("a"), &wide].concat()
    );
    assert_eq!(
        head(&["-m", "a", "the fox", "--look-back"]),
        [&counts[..], &voice("a"), &wide].concat()
    );
    assert_eq!(
        head(&["-m", "a,a-nn", "the fox"]),
        [
            &counts[..],
            &["came"],
            &voice("a"),
            &["came"],
            &voice("a-nn")
        ]
        .concat()
    );
    let answer = shop.json(&[
        "narrow",
        "-m",
        "a",
        "the fox went to the",
        "--look-back",
        "--then",
        "river",
        "--json",
    ]);
    let steps = answer["steps"].as_array().unwrap().iter();
    assert!(
        steps
            .map(|step| &step["models"]["a"]["actual"]["id"])
            .all(|id| *id == answer["steps"][0]["models"]["a"]["actual"]["id"])
    );
    let table = shop.good(&["narrow", "-m", "a", "the fox", "--then", "said"]);
    assert!(
        table
            .lines()
            .any(|line| line.trim_start().starts_with("said ")),
        "{table}"
    );
}

#[test]
fn the_most_decisive_and_the_most_open_contexts_are_listed() {
    let shop = Workshop::with_voices();
    let words = ["narrow", "-m", "a", "--contexts", "4", "--seen", "3"];
    let listed = shop.json(&[&words[..], &["--json"]].concat());
    let info = shop.json(&[
        "info",
        "-m",
        "a",
        "--decisive",
        "4",
        "--seen",
        "3",
        "--json",
    ]);
    assert_eq!(listed["decisive"], info["decisive"]);
    let open = listed["open"].as_array().unwrap();
    assert_eq!(open.len(), 4);
    assert!(open.is_sorted_by(|a, b| number(&a["entropy_bits"]) >= number(&b["entropy_bits"])));
    let text = shop.good(&words);
    assert!(
        text.contains("narrow most\n") && text.contains("leave most open\n"),
        "{text}"
    );
    shop.run(&["narrow", "-m", "a,a-nn", "--contexts", "3"])
        .failed_saying(2, &["one model"]);
    shop.run(&["narrow", "-m", "a-nn", "--contexts", "3"])
        .failed_saying(2, &["n-gram model"]);
    shop.run(&["narrow", "-m", "a", "--contexts", "0"])
        .failed_saying(2, &["no context", "one or more"]);
}

#[test]
fn bars_are_shaded_by_order() {
    let shop = Workshop::with_voices();
    let table = shop.good(&["next", "-m", "a", "the old"]);
    assert!(
        table.contains('▓') && table.contains("one a token shorter"),
        "{table}"
    );
    let network = shop.good(&["next", "-m", "a-nn", "the old"]);
    assert!(!network.contains('▓'), "{network}");
}
