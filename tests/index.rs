//! Here is a corpus, indexed; `find` says what grep says, and the index is a voice like the others.

mod common;

use common::{Workshop, fables};
use serde_json::Value;

/// A folder with a corpus `a.txt`, a text `held.txt`, and the index `a-index`.
fn shop() -> Workshop {
    let shop = Workshop::with_corpus();
    shop.good(&[
        "index",
        "a.txt",
        "-o",
        "a-index",
        "--tokenizer",
        "whitespace",
    ]);
    shop
}

/// The lines, by number from 1, that hold the words of a phrase in a row, once for every time.
fn by_reading(text: &str, phrase: &str) -> Vec<u64> {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    let lines = text.lines().zip(1..).flat_map(|(line, number)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let times = words
            .windows(phrase.len())
            .filter(|words| *words == phrase)
            .count();
        std::iter::repeat_n(number, times)
    });
    lines.collect()
}

#[test]
fn find_says_what_grep_says() {
    let shop = shop();
    let text = fables(300);
    for phrase in [
        "the",
        "the fox",
        "the fox and the",
        "and the",
        "no such phrase",
        "the zebra",
    ] {
        let answer = shop.json(&["find", "-i", "a-index", phrase, "--lines", "9999", "--json"]);
        let expected = by_reading(&text, phrase);
        assert_eq!(answer["count"], expected.len(), "{phrase}");
        let places = answer["places"].as_array().unwrap();
        let lines: Vec<u64> = places
            .iter()
            .map(|place| place["line"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, expected, "{phrase}");
        for place in places {
            assert_eq!(place["file"], "a.txt");
            assert_eq!(place["match"].as_str().unwrap().trim(), phrase);
            let line = text
                .lines()
                .nth(place["line"].as_u64().unwrap() as usize - 1)
                .unwrap();
            let from = &text[place["byte_of_line"].as_u64().unwrap() as usize..];
            assert!(from.starts_with(line), "{place}");
            let words = line
                .split_whitespace()
                .skip(place["token_of_line"].as_u64().unwrap() as usize);
            let words: Vec<&str> = words.take(phrase.split(' ').count()).collect();
            assert_eq!(words.join(" "), phrase);
        }
        let count = shop.good(&["find", "-i", "a-index", phrase, "--count"]);
        assert_eq!(count.trim(), expected.len().to_string());
    }
}

#[test]
fn followers_add_up_to_the_phrase() {
    let shop = shop();
    let words = [
        "find",
        "-i",
        "a-index",
        "the",
        "--followers",
        "9999",
        "--json",
    ];
    let answer = shop.json(&words);
    let followers = answer["followers"].as_array().unwrap();
    let counts: Vec<u64> = followers
        .iter()
        .map(|f| f["count"].as_u64().unwrap())
        .collect();
    assert_eq!(
        counts.iter().sum::<u64>(),
        answer["count"].as_u64().unwrap()
    );
    assert_eq!(answer["distinct_followers"], followers.len());
    assert!(counts.is_sorted_by(|a, b| a >= b));
    for follower in followers {
        let phrase = format!("the {}", follower["text"].as_str().unwrap());
        if !phrase.contains("</s>") {
            let count = shop.good(&["find", "-i", "a-index", &phrase, "--count"]);
            assert_eq!(count.trim(), follower["count"].to_string(), "{phrase}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let shop = shop();
    let ran = shop.run(&["find", "-i", "a-index", "purple dragons and the fox"]);
    assert!(ran.stderr.contains("purple dragons"), "{ran:?}");
    assert!(ran.good().contains("of its ends \"and the fox\" is"));
    let text = shop.good(&["find", "-i", "a-index", "the fox", "--lines", "2"]);
    assert!(
        text.contains("a.txt:") && text.contains("more places"),
        "{text}"
    );
    let start = shop.json(&["find", "-i", "a-index", "The", "--start", "--json"]);
    let lines = fables(300)
        .lines()
        .filter(|line| line.starts_with("The "))
        .count();
    assert_eq!(start["count"], lines);
}

#[test]
fn an_index_is_a_voice() {
    let shop = Workshop::with_voices();
    shop.good(&["index", "a.txt", "-o", "i", "--like", "a"]);
    let score = shop.json(&["score", "-m", "i", "held.txt", "--json"]);
    let ngram = shop.json(&["score", "-m", "a", "held.txt", "--json"]);
    let perplexity = |score: &Value| score["perplexity"].as_f64().unwrap();
    let (unbounded, order_3) = (perplexity(&score), perplexity(&ngram));
    assert!(unbounded < 1.3 * order_3, "{unbounded} and {order_3}");
    for words in [
        &["next", "-m", "i", "the fox and the"][..],
        &["narrow", "-m", "a,i", "the fox and the old", "--look-back"],
        &["generate", "-m", "i", "the fox", "--seed", "3"],
        &["compare", "-m", "a,i", "the fox", "--on", "held.txt"],
        &["info", "-m", "i"],
        &["verify", "i"],
    ] {
        assert_ne!(shop.good(words), "", "{words:?}");
    }
    let next = shop.json(&["next", "-m", "i", "the fox", "--json"]);
    let listed: f64 = next["top"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["p"].as_f64().unwrap())
        .sum();
    assert!((listed + next["tail"]["p"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn a_text_that_was_indexed_is_known_by_heart() {
    let shop = shop();
    let narrowed = shop.json(&[
        "narrow",
        "-m",
        "a-index",
        fables(40).lines().last().unwrap(),
        "--json",
    ]);
    let steps = narrowed["steps"].as_array().unwrap();
    let last = &steps[steps.len() - 1]["models"]["a-index"];
    assert!(
        last["order_used"].as_u64().unwrap() as usize >= steps.len() - 1,
        "{last}"
    );
}

#[test]
fn the_longest_end_alone_gives_nothing_to_what_is_new() {
    let shop = shop();
    shop.good(&[
        "index",
        "a.txt",
        "-o",
        "l",
        "--smoothing",
        "longest",
        "--tokenizer",
        "whitespace",
    ]);
    let score = shop.run(&["score", "-m", "l", "held.txt"]);
    assert!(score.good().contains('∞'));
}

#[test]
fn any_number_of_threads_gives_the_same_file() {
    let shop = Workshop::with_corpus();
    for threads in ["1", "2", "8"] {
        shop.good(&["index", "a.txt", "-o", threads, "--threads", threads]);
    }
    let file = |name: &str| shop.read(&format!("models/{name}.cpt"));
    assert!(file("1") == file("2") && file("1") == file("8"));
}

#[test]
fn impossible_requests_are_refused() {
    let shop = Workshop::with_voices();
    let cases: [(&[&str], &str); 4] = [
        (&["find", "-i", "a", "the fox"], "is no index"),
        (&["find", "-i", "none", "the fox"], "there is no model"),
        (&["index", "a.txt", "-o", "./a.txt"], "would be replaced"),
        (
            &["index", "a.txt", "-o", "i", "--like", "a", "--lowercase"],
            "cannot be used with",
        ),
    ];
    for (words, expected) in cases {
        let ran = shop.run(words);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(expected), "{ran:?}");
    }
    shop.good(&["index", "a.txt", "-o", "i"]);
    let ran = shop.run(&["find", "-i", "i", " "]);
    assert!(ran.stderr.contains("no phrase"), "{ran:?}");
    shop.write("broken.cpt", &shop.read("models/i.cpt")[..9000]);
    assert!(
        !shop
            .run(&["find", "-i", "broken.cpt", "the"])
            .stderr
            .is_empty()
    );
}

#[test]
fn what_was_copied_is_found_with_its_source() {
    let shop = shop();
    let lines: Vec<String> = fables(300).lines().map(str::to_owned).collect();
    let long = lines
        .iter()
        .position(|line| line.split(' ').count() > 12)
        .unwrap();
    let words: Vec<&str> = lines[long].split(' ').collect();
    let copied = words[1..11].join(" ");
    shop.write(
        "essay.txt",
        format!("Nobody knows zebras.\nQuoth I: {copied} zebra\n"),
    );
    let words = [
        "copied",
        "-i",
        "a-index",
        "essay.txt",
        "--least",
        "10",
        "--json",
    ];
    let answer = shop.json(&words);
    assert_eq!(answer["covered"], 10);
    assert_eq!(answer["tokens"], 16);
    assert_eq!(answer["spans"], 1);
    let span = &answer["longest"][0];
    assert_eq!(
        (&span["text"], &span["tokens"]),
        (&copied.clone().into(), &10.into())
    );
    assert_eq!(
        (&span["at"]["line"], &span["at"]["token_of_line"]),
        (&2.into(), &2.into())
    );
    let source = &span["source"];
    let line = &lines[source["line"].as_u64().unwrap() as usize - 1];
    assert!(line.contains(&copied), "{line}");
    assert_eq!(source["match"].as_str().unwrap().trim(), copied);
    // The whole corpus was copied from itself.
    let all = shop.json(&["copied", "-i", "a-index", "a.txt", "--least", "1", "--json"]);
    assert_eq!(all["covered"], all["tokens"]);
    for ngrams in all["novelty"].as_array().unwrap() {
        assert_eq!(ngrams["new"], 0);
    }
    let text = shop.good(&["copied", "-i", "a-index", "essay.txt", "--least", "9"]);
    assert!(
        text.contains("10 tokens, essay.txt:2") && text.contains("a.txt:"),
        "{text}"
    );
}
