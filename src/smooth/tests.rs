use proptest::prelude::*;

use super::{CountsOfCountsRule, Discounts, Reference, Smoothing, StupidBackoff};
use crate::count::adjusted::CountsOfCounts;
use crate::count::{Counts, Order, plain};
use crate::model::LanguageModel;
use crate::progress::Quiet;
use crate::token::{TokenId, TokenText, Vocabulary};

const TYPES: u32 = 5;

fn smoothings() -> Vec<Smoothing> {
    vec![
        Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact),
        Smoothing::ModifiedKneserNey(CountsOfCountsRule::AsKenlm),
        Smoothing::WittenBell,
        Smoothing::AbsoluteDiscounting,
        Smoothing::AddK(1.0),
        Smoothing::AddK(0.01),
        Smoothing::MaximumLikelihood,
    ]
}

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    for letter in 0..TYPES as u8 {
        vocabulary.add(&[b'a' + letter]);
    }
    vocabulary
}

fn counts(sentences: &[Vec<u32>], order: usize) -> Counts {
    let ids =
        |sentence: &Vec<u32>| -> Vec<TokenId> { sentence.iter().map(|&id| TokenId(id)).collect() };
    let text: TokenText = sentences.iter().map(ids).collect();
    plain::count(&text, vocabulary().len(), Order::new(order).unwrap()).unwrap()
}

/// Sentences over some of the vocabulary: its last token is never seen, `<unk>` now and then.
fn corpora() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let token = prop_oneof![8 => 3u32..3 + TYPES - 1, 1 => Just(0u32)];
    proptest::collection::vec(proptest::collection::vec(token, 0..8), 1..20)
}

fn contexts() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(prop_oneof![Just(0), Just(1), 3..3 + TYPES], 0..6)
}

proptest! {
    #[test]
    fn every_distribution_sums_to_one(
        sentences in corpora(), order in 1usize..6, context in contexts()
    ) {
        let context: Vec<TokenId> = context.into_iter().map(TokenId).collect();
        let counts = counts(&sentences, order);
        for smoothing in smoothings() {
            let smoothed = smoothing.smooth(&counts, &Quiet);
            let model = Reference::new(vocabulary(), counts.clone(), smoothed);
            let sum: f64 = model.vocabulary().ids().map(|v| model.probability(&context, v)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{smoothing}: {sum} after {context:?}");
        }
    }
}

#[test]
fn discounts_follow_the_formula_or_say_why_not() {
    let seen = |t: [u64; 4]| {
        let counts: Vec<u64> = (1..=4u64)
            .flat_map(|k| vec![k; t[k as usize - 1] as usize])
            .collect();
        Discounts::modified_kneser_ney(CountsOfCounts::of(&counts))
    };
    let discounts = seen([100, 40, 20, 12]).unwrap().by_count();
    let y = 100.0 / 180.0;
    assert!((discounts[0] - (1.0 - 2.0 * y * 0.4)).abs() < 1e-12);
    assert!((discounts[1] - (2.0 - 3.0 * y * 0.5)).abs() < 1e-12);
    assert!((discounts[2] - (3.0 - 4.0 * y * 0.6)).abs() < 1e-12);
    assert!(seen([100, 40, 20, 0]).is_ok(), "t4 may be 0");
    assert!(seen([100, 0, 20, 5]).unwrap_err().contains("count of 2"));
    assert!(seen([10, 10, 90, 5]).unwrap_err().contains("D2"));
}

#[test]
fn witten_bell_by_hand() {
    // Bigrams over "a a b": after a come a (1) and b (1); p(b) = (1 + 3/7)/(4 + 3).
    let counts = counts(&[vec![3, 3, 4]], 2);
    let smoothed = Smoothing::WittenBell.smooth(&counts, &Quiet);
    let model = Reference::new(vocabulary(), counts, smoothed);
    let lower = (1.0 + 3.0 / 7.0) / 7.0;
    let by_hand = 1.0 / 4.0 + 2.0 / 4.0 * lower;
    assert!((model.probability(&[TokenId(3)], TokenId(4)) - by_hand).abs() < 1e-12);
}

#[test]
fn add_k_by_hand() {
    let counts = counts(&[vec![3, 3, 4]], 2);
    let smoothed = Smoothing::AddK(0.5).smooth(&counts, &Quiet);
    let model = Reference::new(vocabulary(), counts, smoothed);
    let p = |context, token| model.probability(&[TokenId(context)], TokenId(token));
    assert!((p(3, 4) - 1.5 / (2.0 + 3.5)).abs() < 1e-12);
    assert!((p(3, 5) - 0.5 / (2.0 + 3.5)).abs() < 1e-12);
    assert!((p(6, 3) - 1.0 / 7.0).abs() < 1e-12, "a context never seen");
}

#[test]
fn absolute_discounting_by_hand() {
    // Bigrams of "a a b": <s>a aa ab b</s>, each once, so order 2 falls back to D = 0.5; unigrams:
    // a 2×, b and </s> once, D = 2 / (2 + 2·1) = 0.5.
    let counts = counts(&[vec![3, 3, 4]], 2);
    let smoothed = Smoothing::AbsoluteDiscounting.smooth(&counts, &Quiet);
    assert!(!smoothed.discounts()[1].estimated());
    let model = Reference::new(vocabulary(), counts, smoothed);
    let lower = 0.5 / 4.0 + (3.0 * 0.5 / 4.0) / 7.0;
    let by_hand = 0.5 / 2.0 + 2.0 * 0.5 / 2.0 * lower;
    assert!((model.probability(&[TokenId(3)], TokenId(4)) - by_hand).abs() < 1e-12);
}

#[test]
fn maximum_likelihood_is_relative_frequency() {
    let counts = counts(&[vec![3, 3, 4]], 2);
    let smoothed = Smoothing::MaximumLikelihood.smooth(&counts, &Quiet);
    let model = Reference::new(vocabulary(), counts, smoothed);
    assert_eq!(model.probability(&[TokenId(3)], TokenId(4)), 0.5);
    assert_eq!(model.probability(&[TokenId(3)], TokenId(5)), 0.0);
    assert_eq!(
        model.probability(&[TokenId(6)], TokenId(3)),
        0.5,
        "handed to the unigrams"
    );
}

#[test]
fn stupid_backoff_is_relative_frequency_with_a_penalty() {
    let counts = counts(&[vec![3, 3, 4]], 2);
    let scores = StupidBackoff::default().scores(&counts);
    let node = counts.find(&[TokenId(3), TokenId(4)]).unwrap();
    assert_eq!(scores.levels()[1].probability[node], 0.5);
    assert_eq!(scores.levels()[0].probability[3], 0.5, "2 of a a b </s>");
    assert_eq!(scores.levels()[0].backoff[3], 0.4);
}

#[test]
fn a_corpus_too_small_for_discounts_is_smoothed_all_the_same() {
    let counts = counts(&[vec![]], 3);
    let smoothed = Smoothing::default().smooth(&counts, &Quiet);
    assert!(smoothed.discounts().iter().all(|d| !d.estimated()));
    assert!(smoothed.levels()[0].probability[TokenId::END.index()] > 0.1);
}
