//! Here are texts and records as streams; the figures stand where they belong, in order, to the byte.

mod common;

use std::fs;
use std::io::{Read, Write};

use common::{Workshop, fables};
use serde_json::{Value, json};

/// Records with lines of the fables, some of them odd.
fn records(count: usize) -> String {
    let text = fables(2500);
    let lines: Vec<&str> = text.lines().collect();
    let record = |number: usize| {
        let from = number * 7 % (lines.len() - 9);
        let text = lines[from..from + number % 9].join("\n");
        match number % 4 {
            0 => format!("{{\"text\": {}, \"n\": 1.50e2}}", json!(text)),
            1 => format!("{{\"\\u0061\":\"\\/\",\"text\":{}}} \r", json!(text)),
            2 => format!(
                "{{ \"id\": {number} , \"text\" : {} , \"in\": {{\"tokens\": []}} }}",
                json!(text)
            ),
            _ => format!(
                "{{\"text\":{},\"n\":{number}}}",
                json!(text.replace('e', "é"))
            ),
        }
    };
    (0..count)
        .flat_map(|number| [record(number), "\n".into()])
        .collect()
}

fn shop() -> Workshop {
    let shop = Workshop::with_voices();
    shop.write("web.jsonl", records(400));
    shop
}

fn parsed(lines: &[u8]) -> Vec<Value> {
    let lines = std::str::from_utf8(lines).unwrap().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The lines of a file that may be compressed.
fn unpacked(shop: &Workshop, name: &str) -> String {
    let mut text = String::new();
    let bytes = shop.read(name);
    match name.rsplit_once('.').unwrap().1 {
        "gz" => {
            _ = flate2::read::MultiGzDecoder::new(&bytes[..])
                .read_to_string(&mut text)
                .unwrap()
        }
        "zst" => text = String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap(),
        _ => text = String::from_utf8(bytes).unwrap(),
    }
    text
}

#[test]
fn figures_are_added_and_every_byte_stays() {
    let shop = shop();
    for model in ["a", "a-nn"] {
        let words = [
            "score",
            "-m",
            model,
            "--jsonl",
            "text",
            "web.jsonl",
            "--add",
        ];
        let added = shop.good(&words);
        let original = records(400);
        assert_eq!(added.lines().count(), original.lines().count());
        for (with, record) in added
            .split('\n')
            .zip(original.split('\n'))
            .filter(|(_, r)| !r.is_empty())
        {
            let (inside, after) = record.rsplit_once('}').unwrap();
            let fields = with
                .strip_prefix(inside)
                .and_then(|rest| rest.strip_suffix(after));
            let fields = fields.unwrap_or_else(|| panic!("{record} is not in {with}"));
            assert!(fields.starts_with(",\"perplexity\":"), "{with}");
        }
        // Each record as a text of its own has these very figures.
        for record in parsed(added.as_bytes()).iter().step_by(57) {
            let text = record["text"].as_str().unwrap();
            if text.is_empty() {
                assert_eq!(
                    (&record["perplexity"], &record["tokens"]),
                    (&Value::Null, &json!(0))
                );
                continue;
            }
            shop.write("one.txt", text);
            let alone = shop.json(&["score", "-m", model, "one.txt", "--json"]);
            for figure in ["perplexity", "bits_per_byte", "tokens", "oovs"] {
                assert_eq!(record[figure], alone[figure], "{model}: {record}");
            }
        }
    }
}

#[test]
fn every_number_of_threads_gives_the_same_bytes() {
    let shop = shop();
    // Several blocks of text.
    shop.write("long.txt", fables(2500).repeat(5));
    shop.write("long.jsonl", records(3000));
    let split = "--split h.jsonl m.jsonl.gz t.jsonl.zst --at 20,40";
    for line in [
        "score -m a long.txt --json",
        "score -m a long.txt --by sentence",
        "score -m a long.txt --by token",
        "score -m a long.txt --kenlm",
        "score -m a long.txt --keep-below 60",
        "score -m a --jsonl text long.jsonl --add=lm_ --keep-below 1.5 --measure bits-per-byte",
        &format!("score -m a --jsonl text long.jsonl {split} --json"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let outcome = |threads| {
            let said = shop.good(&[&words[..], &["--threads", threads]].concat());
            let files =
                ["h.jsonl", "m.jsonl.gz", "t.jsonl.zst"].map(|file| fs::read(shop.path(file)).ok());
            (said, files)
        };
        let one = outcome("1");
        assert!(one.0.len() > 100, "{line}");
        for threads in ["2", "8"] {
            assert!(outcome(threads) == one, "{line}: {threads} threads");
        }
    }
}

#[test]
fn records_are_split_by_thresholds() {
    let shop = shop();
    let score = ["score", "-m", "a", "--jsonl", "text", "web.jsonl"];
    let added = parsed(shop.good(&[&score[..], &["--add"]].concat()).as_bytes());
    let original = records(400);
    for (figure, measure, low, high) in [
        ("perplexity", "perplexity", 30.0, 60.0),
        ("bits_per_byte", "bits-per-byte", 1.2, 1.6),
    ] {
        let mut expected = [String::new(), String::new(), String::new()];
        for (record, line) in added.iter().zip(original.split_inclusive('\n')) {
            let class = match record[figure].as_f64() {
                Some(x) if x < low => 0,
                Some(x) if x < high => 1,
                _ => 2,
            };
            expected[class].push_str(line);
        }
        assert!(expected.iter().all(|lines| !lines.is_empty()), "{figure}");
        let at = format!("{low},{high}");
        let files = ["head.jsonl", "middle.jsonl.gz", "tail.jsonl.zst"];
        let split = ["--measure", measure, "--at", &at, "--split"];
        let told = shop.json(&[&score[..], &["--json"], &split, &files].concat());
        for ((file, expected), told) in files
            .iter()
            .zip(&expected)
            .zip(told["files"].as_array().unwrap())
        {
            assert!(unpacked(&shop, file) == *expected, "{file} by {measure}");
            assert_eq!(told["records"], expected.lines().count());
        }
        let below = low.to_string();
        let kept =
            shop.good(&[&score[..], &["--measure", measure, "--keep-below", &below]].concat());
        assert!(kept == expected[0], "kept by {measure}");
    }
}

#[test]
fn lines_of_plain_text_are_picked_as_they_were_read() {
    let shop = Workshop::with_corpus();
    shop.good(&[
        "build",
        "a.txt",
        "-o",
        "a",
        "--lowercase",
        "--skip-blank",
        "--order",
        "2",
    ]);
    shop.write(
        "mixed.txt",
        "The FOX  said\r\n\nxyzzy plugh\nand the old man\n the river",
    );
    let lines = shop.good(&["score", "-m", "a", "mixed.txt", "--by", "sentence"]);
    let figure = |line: &str| line.split('\t').nth(3).unwrap().parse::<f64>().unwrap();
    let figures: Vec<f64> = lines.lines().map(figure).collect();
    let mut sorted = figures.clone();
    sorted.sort_by(f64::total_cmp);
    let below = sorted[2].to_string();
    let texts = [
        "The FOX  said\r\n",
        "xyzzy plugh\n",
        "and the old man\n",
        " the river\n",
    ];
    let expected = texts
        .iter()
        .zip(&figures)
        .filter(|(_, figure)| **figure < sorted[2]);
    let expected: String = expected.map(|(text, _)| *text).collect();
    assert_eq!(
        shop.good(&["score", "-m", "a", "mixed.txt", "--keep-below", &below]),
        expected
    );
}

#[test]
fn malformed_records_end_it_or_are_left_out() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a", "--tokenizer", "whitespace"]);
    let (one, two) = ("{\"text\":\"the fox\"}\n", "{\"text\":\"a\\nb\",\"n\":1}\n");
    let score = ["score", "-m", "a", "--jsonl", "text", "bad.jsonl"];
    let old = "what was there";
    for (bad, said) in [
        ("{\"text\":\"cut", "not a JSON object"),
        ("{\"txt\":\"the fox\"}", "no field \"text\""),
        ("{\"text\":7}", "a number"),
        ("{\"text\":\"a\\nsaid <s> here\"}", "special token <s>"),
    ] {
        shop.write("bad.jsonl", format!("{one}\n{bad}\n{two}{bad}\n"));
        for file in ["head", "tail"] {
            shop.write(file, old);
        }
        let split = ["--at", "50", "--split", "head", "tail"];
        let place = "bad.jsonl, line 3";
        shop.run(&[&score[..], &split].concat())
            .failed_saying(1, &[said, place, "help: "]);
        assert_eq!(
            (shop.read("head"), shop.read("tail")),
            (old.into(), old.into())
        );
        assert_eq!(shop.partials(), [""; 0]);
        let skip = ["--skip-malformed"];
        let ran = shop.run(&[&score[..], &split, &skip].concat());
        let warning = format!("warning: 2 records were left out, the first at {place}: ");
        assert!(
            ran.stderr.contains(&warning) && ran.stderr.contains(said),
            "{ran:?}"
        );
        let both = [shop.read("head"), shop.read("tail")].concat();
        let mut lines: Vec<&[u8]> = both.split_inclusive(|&byte| byte == b'\n').collect();
        lines.sort();
        assert_eq!(lines, [two.as_bytes(), one.as_bytes()]);
        shop.write("good.jsonl", format!("{one}{two}"));
        let good = [
            "score",
            "-m",
            "a",
            "--jsonl",
            "text",
            "good.jsonl",
            "--json",
        ];
        assert_eq!(
            shop.json(&[&score[..], &["--json"], &skip].concat()),
            shop.json(&good)
        );
    }
}

#[test]
fn what_has_no_meaning_is_refused_before_anything_is_read() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a"]);
    shop.good(&["build", "a.txt", "-o", "s", "--smoothing", "stupid-backoff"]);
    shop.good(&["build", "a.txt", "-o", "d", "--unit", "document"]);
    shop.write(
        "taken.jsonl",
        "{\"text\":\"a\",\"in\":{\"oovs\":1}}\n{\"text\":\"b\",\"oovs\":null}\n",
    );
    let files = shop.files();
    let cases = [
        (
            2,
            "-m a a.txt --split h t --at 1,2",
            "2 files for 2 thresholds",
        ),
        (2, "-m a a.txt --split h m h --at 1,2", "twice"),
        (2, "-m a a.txt --split h - --at 1", "files only"),
        (2, "-m a a.txt --split h m t --at 2,1", "ascend"),
        (2, "-m a a.txt --split h t", "--at"),
        (2, "-m a a.txt --at 7", "--split"),
        (2, "-m a a.txt --keep-below -1", "-1"),
        (2, "-m a a.txt --keep-below 7 --by token", "--by"),
        (2, "-m a a.txt --keep-below 7 --json", "--json"),
        (2, "-m a a.txt --measure perplexity", "--measure"),
        (2, "-m a a.txt --add", "--jsonl"),
        (2, "-m a a.txt --skip-malformed", "--jsonl"),
        (2, "-m a a.txt --at 7 --split h a.txt", "is read"),
        (2, "-m a a.txt --at 7 --split h models/a.cpt", "is read"),
        (2, "-m a a.txt --at 7 --split h t.xz", ".zst"),
        (2, "-m d a.txt --keep-below 7", "one sentence"),
        (1, "-m s a.txt --keep-below 7", "stupid back-off"),
    ];
    for (code, line, said) in cases {
        let words: Vec<&str> = ["score"].into_iter().chain(line.split(' ')).collect();
        shop.run(&words).failed_saying(code, &[said]);
        assert_eq!(shop.files(), files, "{line}");
    }
    let add = [
        "score",
        "-m",
        "a",
        "--jsonl",
        "text",
        "taken.jsonl",
        "--add",
    ];
    let ran = shop.run(&add);
    assert_eq!(ran.code, Some(1));
    for part in ["\"oovs\" already", "taken.jsonl, line 2", "--add=lm_"] {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    shop.good(&[&add[..6], &["--add=lm_"]].concat());
}

#[test]
fn compressed_records_come_in_and_go_out_again() {
    let shop = shop();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(records(400).as_bytes()).unwrap();
    shop.write("web.gz", packed.finish().unwrap());
    let score = ["score", "-m", "a", "--jsonl", "text", "--add"];
    let plain = shop.good(&[&score[..], &["web.jsonl"]].concat());
    assert_eq!(shop.good(&[&score[..], &["web.gz"]].concat()), plain);
    let split = ["web.gz", "--at", "1", "--split", "none.gz", "all.zst"];
    shop.good(&[&score[..], &split].concat());
    assert_eq!(
        (unpacked(&shop, "none.gz"), unpacked(&shop, "all.zst")),
        (String::new(), plain)
    );
}
