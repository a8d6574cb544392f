use std::collections::BTreeMap;

use super::super::arpa::{self, Imported, Leniency};
use super::read;
use crate::error::ErrorKind;
use crate::model::LanguageModel;
use crate::ngram::Node;
use crate::progress::Quiet;
use crate::token::{TokenId, Vocabulary};

/// A model as ARPA, and as binaries. tests/kenlm/README.md says how they were made.
macro_rules! model {
    ($name:literal) => {
        [
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".arpa")).as_slice(),
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".probing")),
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".trie")),
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".trie-a")),
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".trie-q")),
            include_bytes!(concat!("../../../tests/kenlm/", $name, ".trie-qa")),
        ]
    };
}

const MODELS: [[&[u8]; 6]; 3] = [model!("tiny4"), model!("tiny2"), model!("holes")];

/// n-grams by their words: the bits of log10 probability and back-off.
type Numbers = BTreeMap<Vec<Vec<u8>>, (u32, u32)>;

fn ngrams(imported: &Imported) -> Numbers {
    let mut numbers = Numbers::new();
    let mut contexts = vec![(Vec::new(), Node::ROOT)];
    for level in imported.table.levels() {
        let mut longer = Vec::new();
        for (words, context) in contexts {
            for node in imported.table.children(context) {
                let token = level.tokens[node];
                let child = imported.table.child(context, token).unwrap();
                let surface = imported.vocabulary.surface(token).to_vec();
                let words = [&words[..], &[surface]].concat();
                let backoff = imported.table.levels()[words.len() - 1]
                    .log10_backoff
                    .get(node);
                let backoff = backoff.copied().unwrap_or(0.0) + 0.0;
                let prob = imported.table.log10_prob(child) as f32;
                numbers.insert(words.clone(), (prob.to_bits(), backoff.to_bits()));
                longer.push((words, child));
            }
        }
        contexts = longer;
    }
    numbers
}

fn import(binary: &[u8]) -> crate::error::Result<Imported> {
    read(&mut &binary[..], "model.binary", &Quiet)
}

fn import_arpa(text: &[u8]) -> Imported {
    arpa::read(&mut &text[..], "model.arpa", Leniency::Strict, &Quiet).unwrap()
}

#[test]
fn unquantised_ones_hold_the_very_numbers_of_their_arpa() {
    for [text, probing, trie, array, ..] in MODELS {
        let expected = ngrams(&import_arpa(text));
        for binary in [probing, trie, array] {
            let imported = import(binary).unwrap();
            assert_eq!(ngrams(&imported), expected);
            assert!(crate::ngram::Table::from_levels(imported.table.levels().to_vec()).is_ok());
        }
    }
}

#[test]
fn quantised_ones_hold_the_ngrams_of_their_arpa_and_the_unigrams_exactly() {
    for [text, .., quantised, quantised_array] in MODELS {
        let expected = ngrams(&import_arpa(text));
        for binary in [quantised, quantised_array] {
            let found = ngrams(&import(binary).unwrap());
            assert!(found.keys().eq(expected.keys()));
            let unigrams = |all: &Numbers| -> Numbers {
                let unigrams = all.iter().filter(|(words, _)| words.len() == 1);
                unigrams
                    .map(|(words, numbers)| (words.clone(), *numbers))
                    .collect()
            };
            assert_eq!(unigrams(&found), unigrams(&expected));
        }
    }
}

/// What KenLM's `query -v word` answers: a word, the length of the n-gram found, log10 p.
fn answers<'t>(text: &'t str) -> Vec<(&'t str, usize, f64)> {
    let fields = text.split_whitespace().collect::<Vec<_>>();
    let answer = |three: &[&'t str]| {
        let (word, _) = three[0].rsplit_once('=')?;
        Some((word, three[1].parse().ok()?, three[2].parse().ok()?))
    };
    fields.chunks_exact(3).map_while(answer).collect()
}

#[test]
fn quantised_ones_answer_as_kenlm_does() {
    let cases = [
        (
            MODELS[0][4],
            include_str!("../../../tests/kenlm/tiny4.trie-q.answers"),
        ),
        (
            MODELS[0][5],
            include_str!("../../../tests/kenlm/tiny4.trie-qa.answers"),
        ),
    ];
    for (binary, text) in cases {
        let model = import(binary).unwrap().into_model().unwrap();
        let mut context = vec![TokenId::START];
        let answers = answers(text);
        assert_eq!(answers.len(), 44);
        for (word, length, log10) in answers {
            let token = model.vocabulary().id_or_unknown(word.as_bytes());
            let found = model.log_prob(&context, token).log10();
            assert!(
                (found - log10).abs() < 1e-5,
                "{word}: {found}, KenLM has {log10}"
            );
            let evidence = model.evidence().unwrap().of_token(&context, token);
            assert_eq!(evidence.order, length, "{word}");
            context.push(token);
            if token == TokenId::END {
                context = vec![TokenId::START];
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for binary in MODELS.iter().flat_map(|model| &model[1..]) {
        for end in 0..binary.len() {
            assert!(import(&binary[..end]).is_err(), "cut at {end}");
        }
    }
}

#[test]
fn any_flipped_bit_gives_a_model_or_a_refusal() {
    for binary in MODELS.iter().flat_map(|model| &model[1..]) {
        for place in 0..binary.len() {
            let mut damaged = binary.to_vec();
            damaged[place] ^= 1 << (place % 8);
            if let Ok(imported) = import(&damaged) {
                let table = crate::ngram::Table::from_levels(imported.table.levels().to_vec());
                assert!(table.is_ok(), "byte {place}");
                assert!(imported.into_model().is_ok(), "byte {place}");
            }
        }
    }
}

#[test]
fn what_is_of_another_kind_is_refused_by_name() {
    let trie = MODELS[0][2];
    let changed = |place: usize, byte: u8| {
        let mut binary = trie.to_vec();
        binary[place] = byte;
        binary
    };
    let big_endian = {
        let mut binary = trie.to_vec();
        binary[56..88]
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|four| four.reverse());
        binary
    };
    let incomplete = b"mmap lm http://kheafield.com/code incomplete\n\0\0\0\0".to_vec();
    let cases = [
        (incomplete, "did not finish"),
        (changed(49, b'4'), "another version than 5"),
        (big_endian, "writes numbers differently"),
        (changed(96, 1), "rest costs"),
        (changed(96, 9), "no kind 9"),
        (changed(100, 0), "no words"),
        (changed(104, 0), "version 0 of its kind, not 1"),
        (changed(108 + 5, 1), "more n-grams"),
    ];
    for (binary, expected) in cases {
        let error = import(&binary).err().expect("refused");
        assert!(error.what().contains(expected), "{expected}: {error}");
        assert!(error.advice().is_some(), "{error}");
        assert!(matches!(
            error.kind(),
            ErrorKind::Format | ErrorKind::Corrupt
        ));
    }
}

#[test]
fn a_number_that_no_ngram_has_is_refused() {
    let highest = MODELS[0][1];
    let words = highest
        .windows(6)
        .rposition(|six| six == b"<unk>\0")
        .unwrap();
    // The last bucket before the words that is not empty.
    let buckets = highest[..words].rchunks_exact(12);
    let (back, _) = buckets
        .enumerate()
        .find(|(_, bucket)| bucket[..8] != [0; 8])
        .unwrap();
    let mut damaged = highest.to_vec();
    damaged[words - 12 * (back + 1)] ^= 1;
    let error = import(&damaged).err().expect("refused");
    assert!(
        error.what().contains("no 4-gram has one of its numbers"),
        "{error}"
    );
}

#[test]
fn words_keep_kenlms_order_behind_the_special_ones() {
    let imported = import(MODELS[2][1]).unwrap();
    let mut expected = Vocabulary::new();
    for word in ["a", "b", "c"] {
        expected.add(word.as_bytes());
    }
    assert!(imported.vocabulary.same_as(&expected));
}
