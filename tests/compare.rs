//! Here are voices and a text that neither has seen; `compare` and `report` say what differs.

mod common;

use common::Workshop;
use serde_json::Value;

const ON: [&str; 5] = ["compare", "-m", "a,a-nn", "--on", "held.txt"];

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn rows(table: &Value) -> &Vec<Value> {
    table["rows"].as_array().unwrap()
}

#[test]
fn tables_sum_to_what_all_of_the_text_took() {
    let shop = Workshop::with_voices();
    let answer = shop.json(&[&ON[..], &["--tables", "--json"]].concat());
    let details = &answer["details"];
    let tables = details["tables"].as_array().unwrap();
    let names: Vec<&str> = tables
        .iter()
        .map(|table| table["by"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["frequency", "context", "order", "position"]);
    for table in tables {
        for voice in 0..2 {
            let held_out = &answer["held_out"][voice];
            let bits = |row: &Value| number(&row["bits"][voice]) * number(&row["tokens"]);
            let sum: f64 = rows(table).iter().map(bits).sum();
            let whole = number(&held_out["bits_per_token"]) * number(&held_out["tokens"]);
            assert!(
                (sum - whole).abs() < 1e-6 * whole,
                "{}: {sum} of {whole}",
                table["by"]
            );
        }
        let shares: f64 = rows(table).iter().map(|row| number(&row["share"])).sum();
        assert!((shares - 1.0).abs() < 1e-12);
    }
    let divergence = number(&details["divergences"][0]["mean_bits"]["value"]);
    assert!(0.0 < divergence && divergence < 1.0);
    let met = number(&details["calibrations"][0]["met_bits"]["value"]);
    let all = number(&answer["held_out"][0]["bits_per_token"]);
    assert!(
        (met - all).abs() < 1e-9,
        "every place was asked: {met} and {all}"
    );
    assert_eq!(details["wins"][0]["first"].as_array().unwrap().len(), 3);
}

#[test]
fn figures_are_the_same_on_any_number_of_threads() {
    let shop = Workshop::with_voices();
    let words = [&ON[..], &["--tables", "--texts", "6", "--json"]].concat();
    let on = |threads| {
        let mut answer = shop.json(&[&words[..], &["--threads", threads]].concat());
        for row in answer["held_out"].as_array_mut().unwrap() {
            row["tokens_per_second"] = Value::Null;
        }
        answer
    };
    assert_eq!(on("1"), on("3"));
}

#[test]
fn a_voice_beside_itself_differs_nowhere() {
    let shop = Workshop::with_voices();
    let words = [
        "compare", "-m", "a,a", "--on", "held.txt", "--tables", "--json",
    ];
    let answer = shop.json(&words);
    let difference = &answer["differences"]["of"][0];
    for figure in ["/bits_per_byte", "/interval/low", "/interval/high"] {
        assert_eq!(number(difference.pointer(figure).unwrap()), 0.0, "{figure}");
    }
    let details = &answer["details"];
    assert_eq!(
        number(&details["divergences"][0]["mean_bits"]["value"]),
        0.0
    );
    assert_eq!(details["wins"][0]["first_better"], 0);
}

#[test]
fn vocabularies_that_differ_are_ranked_by_bits_per_byte_only() {
    let shop = Workshop::with_voices();
    shop.good(&[
        "build",
        "a.txt",
        "-o",
        "letters",
        "--tokenizer",
        "characters",
        "--order",
        "4",
    ]);
    let words = ["compare", "-m", "a,letters", "--on", "held.txt", "--tables"];
    let told = shop.good(&words);
    assert!(
        !told.contains("perplexity  ") && told.contains("--perplexity-anyway"),
        "{told}"
    );
    assert!(
        told.contains("bits per byte than a") && !told.contains("Jensen"),
        "{told}"
    );
    let answer = shop.json(&[&words[..], &["--json"]].concat());
    assert_eq!(
        answer["held_out"].as_array().unwrap().len(),
        2,
        "they cannot be mixed"
    );
    assert_eq!(answer["held_out"][0]["perplexity"], Value::Null);
    assert!(answer.get("details").is_none());
    let anyway = shop.json(&[&words[..], &["--json", "--perplexity-anyway"]].concat());
    assert!(number(&anyway["held_out"][0]["perplexity"]) > 1.0);
}

#[test]
fn what_is_copied_is_shown_with_its_source() {
    let shop = Workshop::with_voices();
    shop.good(&["index", "a.txt", "-o", "i"]);
    let words = [
        "compare", "-m", "a,a-nn", "the fox", "--texts", "10", "--index", "i", "--least", "3",
    ];
    let answer = shop.json(&[&words[..], &["--json"]].concat());
    let by = answer["writings"]["by"].as_array().unwrap();
    for by in by {
        let novelty: Vec<f64> = by["novelty"].as_array().unwrap()[..5]
            .iter()
            .map(|mean| number(&mean["value"]))
            .collect();
        assert!(novelty.is_sorted(), "longer ones are newer: {novelty:?}");
        let source = &by["longest_source"];
        assert_eq!(source["file"], "a.txt");
        let line = source["line"].as_u64().unwrap() as usize;
        let corpus = String::from_utf8(shop.read("a.txt")).unwrap();
        let there = corpus.lines().nth(line - 1).unwrap();
        let found = source["match"].as_str().unwrap();
        assert!(there.contains(found.trim()), "{found:?} in {there:?}");
    }
    // What the index says of a text, `copied` says of the same text.
    let texts: String = (1..=10)
        .map(|seed| {
            shop.good(&[
                "generate",
                "-m",
                "a",
                "the fox",
                "--seed",
                &seed.to_string(),
            ])
        })
        .collect();
    assert_eq!(texts.lines().count(), 10);
    let told = shop.good(&words);
    assert!(
        told.contains("tokens in a row are copied: a.txt:"),
        "{told}"
    );
    shop.good(&["build", "held.txt", "-o", "other", "--order", "2"]);
    shop.run(&["compare", "-m", "a,other", "--texts", "5", "--index", "i"])
        .failed_saying(2, &["do not share their tokens", "--index i", "help: "]);
}

#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    let shop = Workshop::with_voices();
    shop.write(
        "held.txt",
        "<b>the fox</b> & the \"hen\"\nthe fox said so .\nand the hen ran .\n",
    );
    let words = [
        "report", "-m", "a,a-nn", "--on", "held.txt", "--texts", "5", "the",
    ];
    shop.good(&[&words[..], &["-o", "report.html"]].concat());
    let page = String::from_utf8(shop.read("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for foreign in [
        "<script", "http://", "https://", "<link", "@import", "<b>the", "NaN",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for said in [
        "prefers-color-scheme: dark",
        "@media print",
        "scope=\"col\"",
        "role=\"img\"",
        "choices",
    ] {
        assert!(page.contains(said), "{said}");
    }
    for tag in [
        "section",
        "table",
        "svg",
        "figure",
        "blockquote",
        "p",
        "td",
        "th",
        "span",
        "div",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    let again = shop.json(&[&words[..], &["--json"]].concat());
    let compared = [
        "compare", "-m", "a,a-nn", "--on", "held.txt", "--texts", "5", "the", "--tables", "--json",
    ];
    let compared = shop.json(&compared);
    for part in ["duet", "differences", "details", "writings"] {
        assert_eq!(again[part], compared[part], "{part}");
    }
}

#[test]
fn what_cannot_be_reported_is_refused() {
    let shop = Workshop::with_voices();
    let before = shop.files();
    let on = ["report", "-m", "a,a-nn", "--on", "held.txt"];
    for (words, said) in [
        (vec!["report", "-m", "a,a-nn", "-o", "r.html"], "--on"),
        (
            vec!["report", "-m", "a", "--on", "held.txt", "-o", "r.html"],
            "two",
        ),
        (on.to_vec(), "-o report.html"),
        ([&on[..], &["-o", "held.txt"]].concat(), "would be replaced"),
        (
            [&on[..], &["-o", "r.html", "--texts", "1"]].concat(),
            "--texts 1",
        ),
        (
            [&on[..], &["-o", "r.html", "--sample", "0"]].concat(),
            "--sample 0",
        ),
        (
            [&on[..], &["-o", "r.html", "--index", "a"]].concat(),
            "no index",
        ),
    ] {
        shop.run(&words).failed_saying(2, &[said]);
    }
    assert_eq!(shop.files(), before);
}
