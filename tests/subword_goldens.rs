//! Here are tokenizers of other libraries with what those make of some strings; ours makes the same.
//!
//! The files in `tests/golden/tokenizers` are made by `tests/golden/subword_tokenizers.py`.

use std::path::{Path, PathBuf};

use counterpoint::progress::Quiet;
use counterpoint::text::{Corpus, CorpusOptions};
use counterpoint::token::subword::{self, BpeOptions, Format, Origin, PatternName};
use counterpoint::token::{Subwords, Tokenizer};
use proptest::prelude::*;
use serde_json::{Value, json};

const FILES: [&str; 8] = [
    "gpt2-like.json",
    "llama-like.json",
    "clip-like.json",
    "bert-like.json",
    "unigram.json",
    "cl100k-like.tiktoken",
    "sentencepiece-bpe.model",
    "sentencepiece-unigram.model",
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/tokenizers")
        .join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(golden(name)).unwrap()
}

fn import(name: &str) -> Subwords {
    subword::import(&[golden(name)]).unwrap()
}

fn strings() -> Vec<String> {
    let text = read("strings.txt");
    text.strip_suffix('\n')
        .unwrap()
        .split('\n')
        .map(str::to_owned)
        .collect()
}

#[test]
fn ids_are_those_of_the_original_libraries() {
    let strings = strings();
    for file in FILES {
        let tokenizer = import(file);
        let expected = read(&Path::new(file).with_extension("ids").display().to_string());
        let expected: Vec<Vec<u32>> = expected
            .lines()
            .map(|line| {
                line.split_whitespace()
                    .map(|id| id.parse().unwrap())
                    .collect()
            })
            .collect();
        assert_eq!(expected.len(), strings.len(), "{file}");
        for (string, expected) in strings.iter().zip(expected) {
            let found = tokenizer.encode(string.as_bytes()).unwrap();
            assert_eq!(found, expected, "{file}: {string:?}");
        }
    }
}

#[test]
fn text_comes_back() {
    for file in FILES {
        let tokenizer = Tokenizer::Subwords(import(file));
        let text = "the fox ran to the river.";
        let pieces = tokenizer.pieces(text.as_bytes()).unwrap();
        let back = String::from_utf8(tokenizer.join(pieces)).unwrap();
        let expected = match file {
            // The end of a word is a blank there, and "fox" is an added token, which has none.
            "clip-like.json" => "the foxran to the river .",
            _ => text,
        };
        assert_eq!(back, expected, "{file}");
    }
}

proptest! {
    #[test]
    fn byte_level_tokenizers_keep_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for file in ["gpt2-like.json", "cl100k-like.tiktoken"] {
            let tokenizer = Tokenizer::Subwords(import(file));
            prop_assert!(tokenizer.keeps_bytes());
            prop_assert_eq!(&tokenizer.join(tokenizer.pieces(&bytes).unwrap()), &bytes);
        }
    }
}

#[test]
fn training_finds_the_merges_that_huggingface_finds() {
    let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
    let corpus = Corpus::open(&[fables.to_owned()], CorpusOptions::default()).unwrap();
    let options = BpeOptions {
        vocabulary: 600,
        pattern: PatternName::Gpt2,
        min_count: 1,
        specials: vec!["<|endoftext|>".into()],
    };
    let expected: Value = serde_json::from_str(&read("gpt2-like.json")).unwrap();
    for threads in [1, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let trained = pool
            .build()
            .unwrap()
            .install(|| subword::train_bpe("fables", &corpus, &options, &Quiet).unwrap());
        let trained: Value = serde_json::from_slice(&trained.origin().bytes).unwrap();
        assert!(
            trained["model"]["merges"] == expected["model"]["merges"],
            "{threads} threads"
        );
        assert!(
            trained["model"]["vocab"] == expected["model"]["vocab"],
            "{threads} threads"
        );
    }
}

#[test]
fn what_is_exported_gives_the_same_ids() {
    for file in ["gpt2-like.json", "cl100k-like.tiktoken"] {
        let tokenizer = import(file);
        let bytes = tokenizer.to_tokenizer_json().unwrap();
        let format = Format::HuggingFace;
        let again = Subwords::new("again", Origin { format, bytes }).unwrap();
        for string in strings() {
            let (one, other) = (
                tokenizer.encode(string.as_bytes()),
                again.encode(string.as_bytes()),
            );
            assert_eq!(one.unwrap(), other.unwrap(), "{file}: {string:?}");
        }
    }
    assert!(
        import("sentencepiece-bpe.model")
            .to_tokenizer_json()
            .is_err()
    );
}

#[test]
fn what_cannot_be_had_is_refused_by_name() {
    let whole: Value = serde_json::from_str(&read("gpt2-like.json")).unwrap();
    for (part, value, named) in [
        (
            "/normalizer",
            json!({"type": "Marvellous"}),
            "normalizer Marvellous",
        ),
        (
            "/normalizer",
            json!({"type": "ByteLevel"}),
            "normalizer ByteLevel",
        ),
        (
            "/pre_tokenizer",
            json!({"type": "UnicodeScripts"}),
            "pre-tokenizer UnicodeScripts",
        ),
        (
            "/post_processor",
            json!({"type": "Strange"}),
            "post-processor Strange",
        ),
        ("/decoder", json!({"type": "CTC"}), "decoder CTC"),
        ("/model/type", json!("WordLevel"), "model WordLevel"),
        ("/model/dropout", json!(0.1), "dropout"),
        ("/model/byte_fallback", json!(true), "byte fallback"),
    ] {
        let mut patched = whole.clone();
        *patched.pointer_mut(part).unwrap() = value;
        let bytes = patched.to_string().into_bytes();
        let format = Format::HuggingFace;
        let refused = Subwords::new("patched", Origin { format, bytes }).err();
        let message = refused
            .unwrap_or_else(|| panic!("{part} is taken"))
            .to_string();
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn a_part_of_a_file_is_no_panic() {
    for file in FILES {
        let origin = import(file).origin().clone();
        for tenth in 0..10 {
            let cut = origin.bytes.len() * tenth / 10;
            let part = Origin {
                format: origin.format,
                bytes: origin.bytes[..cut].to_vec(),
            };
            if let Ok(tokenizer) = Subwords::new("part", part) {
                tokenizer.encode("the fox".as_bytes()).unwrap();
            }
        }
    }
}
