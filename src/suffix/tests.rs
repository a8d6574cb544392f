//! Here are small texts; the array, the voice and the file say what counting by hand says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::model::{Evidence, LanguageModel};
use crate::progress::Quiet;
use crate::store::ModelFile;
use crate::text::{Corpus, CorpusOptions};
use crate::token::{Reading, TokenId, TokenText, Tokenizer, VocabularyLimits};

const TYPES: u32 = 9;

/// Sentences of a few tokens, so that they repeat one another.
pub(super) fn sentences() -> impl Strategy<Value = Vec<Vec<TokenId>>> {
    let token = prop_oneof![1 => Just(0u32), 9 => 3..TYPES].prop_map(TokenId);
    prop::collection::vec(prop::collection::vec(token, 0..9), 1..12)
}

fn phrase() -> impl Strategy<Value = Vec<TokenId>> {
    prop::collection::vec((0..TYPES).prop_map(TokenId), 0..6)
}

pub(super) fn array(sentences: &[Vec<TokenId>]) -> SuffixArray {
    let text: TokenText = sentences.iter().cloned().collect();
    SuffixArray::new(text, TYPES as usize).unwrap()
}

/// Where a phrase stands, by looking everywhere.
fn by_looking(text: &[TokenId], phrase: &[TokenId]) -> Vec<u32> {
    let places = 0..text.len();
    let stands = |&at: &usize| text[at..].starts_with(phrase);
    places.filter(stands).map(|at| at as u32).collect()
}

fn sorted(positions: &[u32]) -> Vec<u32> {
    let mut positions = positions.to_vec();
    positions.sort_unstable();
    positions
}

fn index(text: &str, estimate: Estimate) -> UnboundedModel {
    let corpus = Corpus::from_text("test", text, CorpusOptions::default());
    let plan = Plan {
        reading: Reading {
            tokenizer: Tokenizer::Whitespace,
            ..Reading::DEFAULT
        },
        vocabulary: None,
        limits: VocabularyLimits::default(),
        estimate,
        expected: 0,
    };
    build(&corpus, plan, &Quiet).unwrap()
}

proptest! {
    #[test]
    fn phrases_are_found_where_they_stand(sentences in sentences(), phrase in phrase()) {
        let array = array(&sentences);
        let found = array.find(&phrase);
        prop_assert_eq!(sorted(array.positions(&found)), by_looking(array.text(), &phrase));
        let first = array.first_positions(&found, 3);
        prop_assert_eq!(&first[..], &by_looking(array.text(), &phrase)[..first.len()]);
        prop_assert_eq!(first.len() as u64, found.count().min(3));
        for token in (0..TYPES).map(TokenId) {
            let longer = [&phrase[..], &[token]].concat();
            let followed = array.followed_by(&found, token);
            prop_assert_eq!(sorted(array.positions(&followed)), by_looking(array.text(), &longer));
        }
    }

    #[test]
    fn followers_are_what_follows(sentences in sentences(), phrase in phrase()) {
        let array = array(&sentences);
        let mut expected: BTreeMap<TokenId, u64> = BTreeMap::new();
        if phrase.last() != Some(&TokenId::END) {
            for at in by_looking(array.text(), &phrase) {
                *expected.entry(array.text()[at as usize + phrase.len()]).or_default() += 1;
            }
        }
        let followers = array.followers(&array.find(&phrase));
        let followers: Vec<(TokenId, u64)> =
            followers.map(|(token, found)| (token, found.count())).collect();
        prop_assert_eq!(followers, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_longest_end_and_beginning_are_the_longest(
        sentences in sentences(),
        phrase in phrase(),
        times in 1u64..3,
    ) {
        let array = array(&sentences);
        let stands = |part: &[TokenId]| by_looking(array.text(), part).len() as u64;
        let ends = (0..=phrase.len()).rev();
        let end = ends.clone().find(|&len| stands(&phrase[phrase.len() - len..]) >= times);
        prop_assume!(end.is_some());
        prop_assert_eq!(Some(array.longest_end(&phrase, times).length), end);
        let beginning = ends.clone().find(|&len| stands(&phrase[..len]) > 0);
        prop_assert_eq!(Some(array.longest_beginning(&phrase, 0).length), beginning);
    }

    #[test]
    fn levels_are_the_ends_that_say_something_new(
        sentences in sentences(),
        context in phrase(),
        times in 1u64..3,
    ) {
        let array = array(&sentences);
        let counts = (1..=context.len()).map(|len| array.find(&context[context.len() - len..]));
        let counts: Vec<Found> = counts.take_while(|found| found.count() >= times).collect();
        let is_new = |(at, found): &(usize, &Found)| {
            counts.get(at + 1).is_none_or(|longer| longer.count() < found.count())
        };
        let expected: Vec<Found> =
            counts.iter().enumerate().filter(is_new).map(|(_, found)| found.clone()).collect();
        let found: Vec<Found> =
            levels::levels(&array, &context, times).into_iter().map(|level| level.found).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_longest_estimate_is_the_relative_frequency() {
    let model = index("a b c\na b d\na b c\nx b c", Estimate::Longest);
    let id = |word: &str| model.vocabulary().id(word.as_bytes()).unwrap();
    let p = |context: &[TokenId], token| model.log_prob(context, token).probability();
    let context = [id("a"), id("b")];
    assert!((p(&context, id("c")) - 2.0 / 3.0).abs() < 1e-12);
    assert!((p(&[id("d"), id("b")], id("c")) - 0.75).abs() < 1e-12);
    assert_eq!(p(&context, id("x")), 0.0);
    assert!((p(&[], id("b")) - 4.0 / 16.0).abs() < 1e-12);
    let evidence = model.of_context(&[TokenId::START, id("a"), id("b")]);
    assert_eq!(
        (evidence.order, evidence.times_seen, evidence.followers),
        (4, Some(3), 2)
    );
    assert_eq!(model.of_token(&context, id("d")).order, 3);
}

#[test]
fn nothing_goes_on_after_the_end_of_a_sentence() {
    let model = index("a b\nc d\na b", Estimate::Smoothed);
    let id = |word: &str| model.vocabulary().id(word.as_bytes()).unwrap();
    let across = model.distribution(&[id("b"), TokenId::END]);
    assert_eq!(across.log_probs(), model.distribution(&[]).log_probs());
}

#[test]
fn every_sentence_knows_its_file_line_and_byte() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let one = file("one.txt", b"\xEF\xBB\xBFa b\r\n\nc d\n");
    let two = file("two.txt", "ﬁrst d e\nd".as_bytes());
    let reading = Reading {
        normalise: crate::text::Normalisation::Nfkc,
        ..Reading::DEFAULT
    };
    let corpus = Corpus::open(
        &[one.clone(), two.clone()],
        reading.corpus_options(None, false),
    );
    let plan = Plan {
        reading,
        vocabulary: None,
        limits: VocabularyLimits::default(),
        estimate: Estimate::Smoothed,
        expected: 0,
    };
    let model = build(&corpus.unwrap(), plan, &Quiet).unwrap();
    let d = model.vocabulary().id(b"d").unwrap();
    let found = model.array().find(&[d]);
    let positions = model.array().first_positions(&found, 9);
    let places = positions.iter().map(|&at| model.origins().place(at));
    let places: Vec<_> = places
        .map(|p| (p.file, p.line.unwrap(), p.byte, p.token, p.sentence))
        .collect();
    // The ligature has three bytes: what is folded keeps the places of the file.
    let expected = [
        (&*one, 3, 9, 1, 2),
        (&*two, 1, 0, 1, 3),
        (&*two, 2, 11, 0, 4),
    ];
    assert_eq!(places, expected);
}

#[test]
fn a_file_gives_the_index_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cpt");
    let model = index("a b c\na b d\n\nx b c", Estimate::Smoothed);
    format::save(&path, &model).unwrap();
    let again = format::load(&ModelFile::open(&path, Default::default()).unwrap()).unwrap();
    assert_eq!(again.header(), model.header());
    assert_eq!(again.array().text(), model.array().text());
    assert_eq!(again.origins().files(), ["test"]);
    let context = [TokenId(3), TokenId(4)];
    let (before, after) = (model.distribution(&context), again.distribution(&context));
    assert_eq!(before.log_probs(), after.log_probs());
}

/// A column in which one number is another.
fn with<T: Clone>(numbers: &[T], at: usize, number: T) -> Vec<T> {
    let mut numbers = numbers.to_vec();
    numbers[at] = number;
    numbers
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let good = array(&[vec![TokenId(3), TokenId(4)], vec![TokenId(3)]]);
    let columns = |text: Vec<TokenId>, places: Vec<u32>, begins: Vec<u32>| {
        SuffixArray::from_columns(text.into(), places.into(), begins.into())
    };
    let (text, places, begins) = (
        good.text.to_vec(),
        good.places.to_vec(),
        good.begins.to_vec(),
    );
    assert!(columns(text.clone(), places.clone(), begins.clone()).is_ok());
    let broken = [
        columns(with(&text, 1, TokenId(99)), places.clone(), begins.clone()),
        columns(with(&text, 0, TokenId(3)), places.clone(), begins.clone()),
        columns(text.clone(), with(&places, 0, 99), begins.clone()),
        columns(text.clone(), with(&places, 0, 1), begins.clone()),
        columns(text.clone(), places[1..].to_vec(), begins.clone()),
        columns(text.clone(), places.clone(), with(&begins, 1, 99)),
        columns(text, places, vec![]),
    ];
    for broken in broken {
        assert_eq!(broken.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

proptest! {
    /// Whatever the places are, as long as each is of its token, questions are answered.
    #[test]
    fn an_order_that_is_none_makes_no_panic(
        sentences in sentences(),
        swaps in prop::collection::vec((0usize..99, 0usize..99), 0..20),
        phrase in phrase(),
    ) {
        let good = array(&sentences);
        let mut places = good.places.to_vec();
        for (a, b) in swaps {
            let (a, b) = (a % places.len(), b % places.len());
            if good.text[places[a] as usize] == good.text[places[b] as usize] {
                places[a] = places[b];
            }
        }
        let hostile =
            SuffixArray::from_columns(good.text.clone(), places.into(), good.begins.clone()).unwrap();
        let found = hostile.find(&phrase);
        let followers: u64 = hostile.followers(&found).map(|(_, found)| found.count()).sum();
        prop_assert!(followers <= found.count());
        hostile.longest_end(&phrase, 1);
        levels::levels(&hostile, &phrase, 1);
    }
}

#[test]
fn every_number_of_threads_gives_the_same_index() {
    let text: String = (0..3000)
        .map(|i| format!("w{} w{}\n", i % 70, i * i % 311))
        .collect();
    let of = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| index(&text, Estimate::Smoothed))
    };
    let (one, many) = (of(1), of(8));
    assert_eq!(one.array().places[..], many.array().places[..]);
    assert_eq!(one.trust().column(), many.trust().column());
}

#[test]
fn what_the_corpus_repeats_is_trusted_more_than_chance() {
    let proverb = "early to bed and early to rise\n".repeat(40);
    let noise: String = (0..400)
        .map(|i| format!("n{} m{} k{}\n", i % 7, i * i % 31, i * 7 % 53))
        .collect();
    let model = index(&(proverb + &noise), Estimate::Smoothed);
    let ids = |words: &str| {
        Reading {
            tokenizer: Tokenizer::Whitespace,
            ..Reading::DEFAULT
        }
        .ids(model.vocabulary(), words.as_bytes())
        .unwrap()
    };
    let p = |context: &str, word: &str| model.log_prob(&ids(context), ids(word)[0]).probability();
    assert!(p("early to bed and early to", "rise") > 0.98);
    // "m1" after "n1" is what the text has most often, and still no certainty.
    assert!(p("n1", "m1") < 0.9);
}
