//! Here is a small corpus; every command does what it says, and its figures agree.

mod common;

use common::Workshop;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[track_caller]
fn close(left: f64, right: f64) {
    let scale = left.abs().max(right.abs()).max(1.0);
    assert!((left - right).abs() <= 1e-9 * scale, "{left} and {right}");
}

fn ids(tokens: &Value) -> Vec<u64> {
    let tokens = tokens.as_array().unwrap();
    tokens.iter().map(|t| t["id"].as_u64().unwrap()).collect()
}

/// What `next` and `narrow` say of one distribution.
#[track_caller]
fn is_a_distribution(answer: &Value) {
    let top = answer["top"].as_array().unwrap();
    let listed: f64 = top.iter().map(|c| number(&c["p"])).sum();
    close(listed + number(&answer["tail"]["p"]), 1.0);
    let (bits, choices) = (&answer["entropy_bits"], &answer["effective_choices"]);
    close(number(choices), number(bits).exp2());
    for candidate in top {
        close(number(&candidate["p"]).ln(), number(&candidate["logprob"]));
    }
    assert!(top.is_sorted_by(|a, b| number(&a["p"]) >= number(&b["p"])));
}

#[test]
fn results_go_to_standard_output_and_everything_else_elsewhere() {
    let shop = Workshop::with_voices();
    for words in [
        &["build", "a.txt", "-o", "b"][..],
        &["import", "b.arpa", "-o", "c"],
        &["export", "-m", "a", "-o", "d.arpa"],
        &[
            "train", "a.txt", "-o", "b-nn", "--epochs", "1", "--hidden", "4",
        ],
    ] {
        if words[0] == "import" {
            shop.good(&["export", "-m", "a", "-o", "b.arpa"]);
        }
        let ran = shop.run(words);
        assert_eq!(ran.text(), "", "{ran:?}");
        assert!(ran.stderr.contains('✓'), "{ran:?}");
        ran.good();
    }
    for words in [
        &["next", "-m", "a", "the fox"][..],
        &["narrow", "-m", "a,a-nn", "the fox"],
        &["score", "-m", "a", "held.txt"],
        &["score", "-m", "a-nn", "held.txt", "--by", "sentence"],
        &["score", "-m", "a", "held.txt", "--kenlm"],
        &["generate", "-m", "a-nn", "the fox"],
        &["compare", "-m", "a,a-nn", "the", "--on", "held.txt"],
        &["tokens", "the fox"],
        &["info", "-m", "a-nn"],
        &["export", "-m", "a"],
        &["verify", "a", "a-nn"],
        &["help"],
        &["--version"],
    ] {
        let ran = shop.run(words);
        assert_eq!(ran.stderr, "", "{ran:?}");
        assert_ne!(ran.good(), "");
    }
}

#[test]
fn what_builds_and_moves_models_says_in_json_what_it_made() {
    let shop = Workshop::with_corpus();
    let built = shop.json(&["build", "a.txt", "-o", "a", "--order", "3", "--json"]);
    let file_size = shop.read("models/a.cpt").len() as u64;
    assert_eq!(built["bytes"], file_size);
    let info = shop.json(&["info", "-m", "a", "--json"]);
    for figure in [
        "order",
        "ngrams",
        "sentences",
        "tokens",
        "vocabulary",
        "bytes",
        "discounts",
    ] {
        assert_eq!(built[figure], info[figure], "{figure}");
    }
    assert_eq!(built["ngrams"].as_array().unwrap().len(), 3);
    assert_eq!(built["ngrams"][0], built["vocabulary"]);
    assert_eq!(info["kind"], "ngram");

    let exported = shop.json(&["export", "-m", "a", "-o", "a.arpa", "--json"]);
    assert_eq!(exported["ngrams"], built["ngrams"]);
    let imported = shop.json(&["import", "a.arpa", "-o", "b", "--json"]);
    assert_eq!(imported["ngrams"], built["ngrams"]);
    shop.good(&["export", "-m", "b", "-o", "b.arpa"]);
    assert_eq!(shop.read("a.arpa"), shop.read("b.arpa"), "a round trip");

    let trained = shop.json(&[
        "train", "a.txt", "-o", "nn", "--like", "a", "--epochs", "2", "--hidden", "4", "--json",
    ]);
    let info = shop.json(&["info", "-m", "nn", "--json"]);
    for figure in ["architecture", "parameters", "training", "bytes"] {
        assert_eq!(trained[figure], info[figure], "{figure}");
    }
    assert_eq!(trained["training"]["history"].as_array().unwrap().len(), 2);
    assert_eq!(trained["architecture"]["vocabulary"], built["vocabulary"]);

    let verified = shop.json(&["verify", "a", "nn", "--json"]);
    assert_eq!(verified["models"][0]["bytes"], file_size);
    assert_eq!(verified["models"][1]["whole"], true);
}

#[test]
fn the_decisive_contexts_narrow_and_were_seen() {
    let shop = Workshop::with_voices();
    let listed = shop.json(&[
        "info",
        "-m",
        "a",
        "--decisive",
        "5",
        "--seen",
        "2",
        "--json",
    ]);
    let contexts = listed["decisive"].as_array().unwrap();
    assert!(!contexts.is_empty() && contexts.len() <= 5);
    let narrowing = |context: &Value| context["narrowing_bits"].as_f64().unwrap();
    assert!(contexts.is_sorted_by(|a, b| narrowing(a) >= narrowing(b)));
    for context in contexts {
        assert!(context["count"].as_u64().unwrap() >= 2);
        let surfaces = context["context"].as_array().unwrap().iter();
        let text: Vec<&str> = surfaces.map(|surface| surface.as_str().unwrap()).collect();
        if !text.contains(&"<s>") {
            let next = shop.json(&["next", "-m", "a", &text.join(" "), "--json"]);
            let bits = |value: &Value| value["entropy_bits"].as_f64().unwrap();
            assert!((bits(&next) - bits(context)).abs() < 1e-9);
            assert_eq!(next["top"][0]["id"], context["next"]["id"]);
        }
    }
    shop.good(&["export", "-m", "a", "-o", "a.arpa"]);
    let ask = |model| shop.run(&["info", "-m", model, "--decisive", "5"]);
    ask("a-nn").failed_saying(2, &["n-gram model"]);
    ask("a.arpa").failed_saying(1, &["how often"]);
}

#[test]
fn what_may_come_next_is_a_distribution() {
    let shop = Workshop::with_voices();
    for model in ["a", "a-nn"] {
        for text in ["", "the", "the fox said", "zebra", "."] {
            let next = shop.json(&["next", "-m", model, text, "--json", "--top", "7"]);
            is_a_distribution(&next);
            assert_eq!(next["top"].as_array().unwrap().len(), 7);
            let tokens = shop.json(&["tokens", "-m", model, text, "--json"]);
            let context = next["context"].as_array().unwrap();
            let context: Vec<u64> = context.iter().map(|id| id.as_u64().unwrap()).collect();
            assert_eq!(context, ids(&tokens["tokens"]));
        }
    }
    let all = shop.json(&["next", "-m", "a", "the", "--json", "--top", "100000"]);
    assert_eq!(all["tail"]["types"], 0);
    assert!(number(&all["tail"]["p"]) < 1e-9);
}

#[test]
fn narrowing_reads_the_text_token_by_token() {
    let shop = Workshop::with_voices();
    let text = "once upon a zebra";
    let tokens = shop.json(&["tokens", "-m", "a", text, "--json"]);
    for mode in [
        &["--start"][..],
        &["--look-back"],
        &["--look-back", "--start"],
        &[],
    ] {
        let words = [&["narrow", "-m", "a,a-nn", text, "--json"], mode].concat();
        let answer = shop.json(&words);
        assert_eq!(ids(&answer["tokens"]), ids(&tokens["tokens"]));
        for step in answer["steps"].as_array().unwrap() {
            let models = step["models"].as_object().unwrap();
            models.values().for_each(is_a_distribution);
        }
        if !mode.contains(&"--look-back") {
            let steps = answer["steps"].as_array().unwrap();
            let added: Vec<u64> = steps.iter().filter_map(|s| s["added"].as_u64()).collect();
            assert_eq!(added, ids(&tokens["tokens"]));
        }
    }
}

#[test]
fn narrowing_ends_where_next_begins() {
    let shop = Workshop::with_voices();
    let text = "the fox went";
    for model in ["a", "a-nn"] {
        let narrow = shop.json(&["narrow", "-m", model, text, "--json"]);
        let next = shop.json(&["next", "-m", model, text, "--json"]);
        let last = &narrow["steps"].as_array().unwrap().last().unwrap()["models"][model];
        for figure in [
            "entropy_bits",
            "effective_choices",
            "covering_90",
            "top",
            "tail",
        ] {
            assert_eq!(last[figure], next[figure], "{model}: {figure}");
        }
    }
}

#[test]
fn scores_add_up() {
    let shop = Workshop::with_voices();
    for model in ["a", "a-nn"] {
        let summary = shop.json(&["score", "-m", model, "held.txt", "--json"]);
        let (tokens, logprob) = (number(&summary["tokens"]), number(&summary["logprob"]));
        close(number(&summary["perplexity"]), (-logprob / tokens).exp());
        close(
            number(&summary["perplexity"]).log2(),
            number(&summary["bits_per_token"]),
        );
        let bits = number(&summary["bits_per_token"]) * tokens;
        close(
            bits / number(&summary["bytes"]),
            number(&summary["bits_per_byte"]),
        );
        assert_eq!(summary["bytes"], shop.read("held.txt").len());
        assert!(
            number(&summary["oovs"]) > 0.0,
            "held-out text has new words"
        );

        let lines = shop.good(&["score", "-m", model, "held.txt", "--json", "--by", "token"]);
        let lines: Vec<Value> = lines
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(summary["sentences"], lines.len());
        let sum = |figure: &str| lines.iter().map(|line| number(&line[figure])).sum::<f64>();
        assert_eq!(sum("tokens"), tokens);
        assert_eq!(sum("oovs"), number(&summary["oovs"]));
        close(sum("logprob"), logprob);
        for line in &lines {
            let scores = line["scores"].as_array().unwrap();
            let sum: f64 = scores.iter().map(|score| number(&score["logprob"])).sum();
            close(sum, number(&line["logprob"]));
            assert_eq!(scores.len() as f64, number(&line["tokens"]));
            assert_eq!(scores.last().unwrap()["text"], "</s>");
        }
        let table = shop.good(&["score", "-m", model, "held.txt", "--by", "sentence"]);
        assert_eq!(table.lines().count(), lines.len());
        for (row, line) in table.lines().zip(&lines) {
            let log10: f64 = row.split('\t').next().unwrap().parse().unwrap();
            close(log10 * std::f64::consts::LN_10, number(&line["logprob"]));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let shop = Workshop::with_voices();
    for model in ["a", "a-nn"] {
        let words = [
            "generate", "-m", model, "the fox", "--count", "3", "--json", "--seed", "5",
        ];
        let first = shop.json(&words);
        assert_eq!(first, shop.json(&words));
        let texts = first["texts"].as_array().unwrap();
        assert_eq!(texts.len(), 3);
        assert_ne!(texts[0]["text"], texts[1]["text"], "each has its own seed");
        let plain = shop.good(&words[..6]);
        assert_eq!(plain.lines().count(), 3);
        let second = shop.json(&["generate", "-m", model, "the fox", "--json", "--seed", "6"]);
        assert_eq!(second["texts"][0], texts[1], "seed 5 and one more");
        for written in texts {
            let text = written["text"].as_str().unwrap();
            let read = shop.json(&["tokens", "-m", model, text, "--json"]);
            let mut drawn = ids(&written["tokens"]);
            if written["ended"] == "sentence" {
                assert_eq!(drawn.pop(), Some(2), "</s> ends a sentence");
            }
            assert!(ids(&read["tokens"]).ends_with(&drawn), "{text}: {drawn:?}");
        }
    }
    let coldest = ["generate", "-m", "a", "the", "--temperature", "0", "--seed"];
    let with = |seed| shop.good(&[&coldest[..], &[seed]].concat());
    assert_eq!(with("1"), with("2"), "without warmth there are no dice");
}

#[test]
fn a_duet_parts_where_its_texts_do() {
    let shop = Workshop::with_voices();
    for seed in ["1", "2", "3"] {
        let answer = shop.json(&["compare", "-m", "a,a-nn", "the", "--seed", seed, "--json"]);
        let duet = &answer["duet"];
        let voice = |number: usize| ids(&duet["voices"][number]["steps"]);
        let (first, second) = (voice(0), voice(1));
        let longest = first.len().max(second.len());
        let parted = (0..longest).find(|&step| first.get(step) != second.get(step));
        assert_eq!(duet["parted"].as_u64(), parted.map(|step| step as u64));
        for number in 0..2 {
            let model = duet["voices"][number]["model"].as_str().unwrap();
            let alone = shop.json(&["generate", "-m", model, "the", "--seed", seed, "--json"]);
            assert_eq!(
                ids(&alone["texts"][0]["tokens"]),
                voice(number),
                "the same dice"
            );
            assert_eq!(alone["texts"][0]["text"], duet["voices"][number]["text"]);
        }
    }
    let same = shop.json(&["compare", "-m", "a,a", "the", "--json"]);
    assert_eq!(same["duet"]["parted"], Value::Null);
}

#[test]
fn held_out_figures_are_those_of_score() {
    let shop = Workshop::with_voices();
    let answer = shop.json(&["compare", "-m", "a,a-nn", "--on", "held.txt", "--json"]);
    let rows = answer["held_out"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "two voices and their mixture");
    for (row, model) in rows.iter().zip(["a", "a-nn"]) {
        let score = shop.json(&["score", "-m", model, "held.txt", "--json"]);
        for (figure, value) in score.as_object().unwrap() {
            assert_eq!(&row[figure], value, "{model}: {figure}");
        }
    }
    let worse = number(&rows[0]["perplexity"]).max(number(&rows[1]["perplexity"]));
    assert!(number(&rows[2]["perplexity"]) < worse);
    assert_eq!(rows[2]["tokens"], rows[0]["tokens"]);
}

#[test]
fn tokens_go_there_and_back() {
    let shop = Workshop::with_voices();
    let text = "The fox, \"said\" 12 naïve 日本 🦊.";
    for tokenizer in ["characters", "bytes"] {
        let answer = shop.json(&["tokens", text, "--tokenizer", tokenizer, "--json"]);
        assert_eq!(
            (&answer["same"], &answer["text"]),
            (&true.into(), &text.into())
        );
        let tokens = answer["tokens"].as_array().unwrap();
        let bytes = tokens.iter().flat_map(|t| t["bytes"].as_array().unwrap());
        let bytes: Vec<u8> = bytes.map(|b| b.as_u64().unwrap() as u8).collect();
        assert_eq!(bytes, text.as_bytes());
    }
    let known = shop.json(&["tokens", "-m", "a", "the zebra", "--json"]);
    assert_eq!(known["tokens"][1]["id"], 0);
    assert_eq!(known["tokens"][1]["known"], false);
    assert_eq!(known["tokens"][0]["known"], true);
}

#[test]
fn scores_that_are_no_probabilities_rank_and_do_nothing_else() {
    let shop = Workshop::with_voices();
    shop.good(&["build", "a.txt", "-o", "s", "--smoothing", "stupid-backoff"]);
    let next = shop.json(&["next", "-m", "s", "the", "--json", "--top", "5"]);
    let top = next["top"].as_array().unwrap();
    assert_eq!(top.len(), 5);
    assert!(top.is_sorted_by(|a, b| number(&a["log_score"]) >= number(&b["log_score"])));
    let score = shop.json(&["score", "-m", "s", "a.txt", "--json"]);
    let lines = shop.good(&["score", "-m", "s", "a.txt", "--json", "--by", "sentence"]);
    let lines = lines
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap());
    close(
        lines.map(|l| number(&l["log10_score"])).sum(),
        number(&score["log10_score"]),
    );
    assert!(score.get("perplexity").is_none());
    for words in [
        &["generate", "-m", "s", "the"][..],
        &["narrow", "-m", "s", "the"],
        &["compare", "-m", "a,s", "the"],
        &["compare", "-m", "a,s", "--on", "held.txt"],
    ] {
        shop.run(words)
            .failed_saying(1, &["stupid back-off", "help: "]);
    }
    shop.run(&["export", "-m", "s"])
        .failed_saying(1, &["'s'", "ARPA", "help: "]);
}

#[test]
fn the_demo_tells_its_story() {
    let shop = Workshop::new();
    let told = shop.good(&["demo"]);
    for command in ["build", "train", "narrow", "next", "compare"] {
        assert!(
            told.contains(&format!("$ counterpoint {command}")),
            "{command}"
        );
    }
    shop.good(&["verify", "demo", "demo-nn"]);
}

#[test]
fn what_is_pruned_is_left_out_and_said() {
    let shop = Workshop::with_corpus();
    let sizes = |words: &[&str]| -> Vec<u64> {
        let built = shop.json(&[&["build", "a.txt", "--order", "3", "--json"], words].concat());
        let ngrams = built["ngrams"].as_array().unwrap().iter();
        ngrams.map(|size| size.as_u64().unwrap()).collect()
    };
    let whole = sizes(&["-o", "whole"]);
    let pruned = sizes(&["-o", "pruned", "--prune", "0", "0", "1"]);
    assert_eq!(pruned[..2], whole[..2]);
    assert!(
        0 < pruned[2] && pruned[2] < whole[2] / 2,
        "{pruned:?} of {whole:?}"
    );
    assert_eq!(sizes(&["-o", "commas", "--prune", "0,0,1"]), pruned);
    assert!(shop.read("models/commas.cpt") == shop.read("models/pruned.cpt"));
    let info = shop.good(&["info", "-m", "pruned"]);
    assert!(info.contains("at most 0 0 1 times, by order"), "{info}");
    shop.write("words.txt", "the fox\nand ,");
    let limited = sizes(&["-o", "limited", "--limit-vocab", "words.txt"]);
    assert_eq!(limited[0], 7, "four words and the specials");
    shop.good(&["verify", "pruned"]);
    shop.good(&["next", "-m", "limited", "the fox"]);
}
