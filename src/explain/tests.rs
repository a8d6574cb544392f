//! Here are models of small texts; what is explained adds up to what is answered.

use proptest::prelude::*;

use super::*;
use crate::count::{Order, Pruning};
use crate::mixture::{Mixture, Weights};
use crate::ngram::{NgramModel, Plan, arpa, build};
use crate::progress::{Quiet, Stage};
use crate::smooth::{CountsOfCountsRule, Estimate, Smoothing};
use crate::suffix;
use crate::text::{Corpus, CorpusOptions};
use crate::token::{Numbered, Reading, Tokenizer, VocabularyLimits, number};

const READING: Reading = Reading {
    tokenizer: Tokenizer::Whitespace,
    ..Reading::DEFAULT
};

fn corpus(text: &str) -> Corpus {
    Corpus::from_text("test", text, CorpusOptions::default())
}

fn model_of(text: &str, order: usize, method: Smoothing, pruning: Pruning) -> NgramModel {
    let all = VocabularyLimits::default();
    let Numbered { vocabulary, text } = number(&corpus(text), &READING, all, &Quiet).unwrap();
    let plan = Plan {
        reading: READING,
        order: Order::new(order).unwrap(),
        estimate: Estimate::Probabilities(method),
        pruning,
    };
    let stage = Stage {
        number: 1,
        of: 2,
        name: "count",
        unit: "tokens",
        total: None,
    };
    let built = build(text, vocabulary, &plan, stage, &Quiet).unwrap();
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

/// Lines of a few words, so that contexts repeat.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let line = prop::collection::vec(word, 1..8).prop_map(|words| words.join(" "));
    prop::collection::vec(line, 3..30).prop_map(|lines| lines.join("\n"))
}

fn method() -> impl Strategy<Value = Smoothing> {
    prop::sample::select(vec![
        Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact),
        Smoothing::WittenBell,
        Smoothing::AbsoluteDiscounting,
    ])
}

fn context() -> impl Strategy<Value = Vec<TokenId>> {
    let token = prop_oneof![1 => 0u32..2, 9 => 3u32..6].prop_map(TokenId);
    prop::collection::vec(token, 0..6)
}

/// The shares, which must sum to p.
fn shares(explanation: &Explanation) -> &[Share] {
    let Because::Shares(shares) = &explanation.because else {
        panic!("{explanation:?} has no shares");
    };
    let sum: f64 = shares.iter().map(|share| share.probability).sum();
    let p = explanation.log_prob.probability();
    assert!((sum - p).abs() <= 1e-6 * p, "{sum} is not {p}: {shares:?}");
    shares
}

proptest! {
    #[test]
    fn votes_sum_to_what_the_mixture_answers(
        text in text(), context in context(), token in 2u32..6, weight in 0.01f64..0.99,
    ) {
        let model = |order| model_of(&text, order, Smoothing::WittenBell, Pruning::default());
        let voices: Vec<Box<dyn LanguageModel>> = vec![Box::new(model(1)), Box::new(model(3))];
        let token = TokenId(token.min(voices[0].vocabulary().len() as u32 - 1));
        let weights = Weights::alike(vec![weight, 1.0 - weight]);
        let mixture = Mixture::new(voices, &weights).unwrap();
        let explanation = votes(&mixture, &context, token);
        let Because::Votes(votes) = &explanation.because else {
            panic!("{explanation:?} has no votes");
        };
        let sum: f64 = votes.iter().map(|vote| vote.weight * vote.log_prob.probability()).sum();
        prop_assert!((sum - mixture.log_prob(&context, token).probability()).abs() < 1e-12);
        let shares: f64 = votes.iter().map(|vote| vote.share).sum();
        prop_assert!((shares - 1.0).abs() < 1e-9);
    }
}

/// Every answer is what was counted, on what the longer orders pass on.
fn assert_counted(shares: &[Share]) {
    let mut reaching = 1.0;
    for share in shares.iter().rev().filter(|share| share.order > 0) {
        let counted = share
            .counted
            .unwrap_or_else(|| panic!("{share:?} was not counted"));
        let own = reaching * counted.probability();
        // A share is the difference of two probabilities of at most 1, each of which is kept as an f32
        // logarithm: together they are off by up to 3e-7, however small the difference is.
        let close = (own - share.probability).abs() <= 2e-4 * own + 3e-7;
        assert!(close, "{own} in {share:?}");
        reaching *= share.passes_on;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn shares_sum_to_p_and_are_what_was_counted(
        text in text(),
        method in method(),
        order in 1usize..5,
        context in context(),
    ) {
        let model = model_of(&text, order, method, Pruning::default());
        for token in model.vocabulary().ids().filter(|&id| id != TokenId::START) {
            let explanation = ngram(&model, &context, token);
            assert_eq!(explanation.log_prob, model.log_prob(&context, token));
            assert_counted(shares(&explanation));
        }
    }

    #[test]
    fn shares_of_a_pruned_model_sum_to_p(text in text(), context in context()) {
        let pruning = Pruning::new(vec![0, 1], None).unwrap();
        let model = model_of(&text, 3, Smoothing::default(), pruning);
        for token in model.vocabulary().ids().filter(|&id| id != TokenId::START) {
            shares(&ngram(&model, &context, token));
        }
    }

    #[test]
    fn shares_of_an_index_sum_to_p(text in text(), context in context()) {
        let plan = suffix::Plan {
            reading: READING,
            vocabulary: None,
            limits: VocabularyLimits::default(),
            estimate: suffix::Estimate::Smoothed,
            expected: 0,
        };
        let model = suffix::build(&corpus(&text), plan, &Quiet).unwrap();
        for token in model.vocabulary().ids().filter(|&id| id != TokenId::START) {
            assert_counted(shares(&unbounded(&model, &context, token)));
        }
    }

    #[test]
    fn what_was_paid_multiplies_to_p(text in text(), add_k: bool, context in context()) {
        let method = if add_k { Smoothing::AddK(0.5) } else { Smoothing::MaximumLikelihood };
        let model = model_of(&text, 3, method, Pruning::default());
        for token in model.vocabulary().ids().filter(|&id| id != TokenId::START) {
            assert_paid(&ngram(&model, &context, token));
        }
    }
}

fn assert_paid(explanation: &Explanation) -> &Paid {
    let Because::Paid(paid) = &explanation.because else {
        panic!("{explanation:?} was not paid for");
    };
    let backoffs: f64 = paid.backoffs.iter().map(|(_, log10)| log10).sum();
    let (p, found) = (explanation.log_prob.log10(), backoffs + paid.log10_prob);
    assert!(p == found || (p - found).abs() < 1e-9, "{p} is not {found}");
    paid
}

#[test]
fn an_imported_model_says_what_it_matched_and_paid() {
    let text = "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.5\n-0.6\t</s>\n-0.3\ta\t-0.25\n\n\\2-grams:\n-0.1\t<s> a\n\n\\end\\\n";
    let read = arpa::read(&mut text.as_bytes(), "test", arpa::Leniency::Strict, &Quiet);
    let model = read.unwrap().into_model().unwrap();
    let a = model.vocabulary().id(b"a").unwrap();
    let explanation = ngram(&model, &[a], a);
    let paid = assert_paid(&explanation);
    assert_eq!(paid.order, 1);
    assert_eq!(paid.backoffs.len(), 1);
    assert!((paid.backoffs[0].1 + 0.25).abs() < 1e-6);
    assert_eq!(assert_paid(&ngram(&model, &[TokenId::START], a)).order, 2);
}

#[test]
fn a_token_that_decides_pushes_and_one_that_does_not_is_still() {
    let lines = "x a b\ny a c\n".repeat(30);
    let model = model_of(&lines, 3, Smoothing::WittenBell, Pruning::default());
    let id = |word: &str| model.vocabulary().id(word.as_bytes()).unwrap();
    let explanation = slots(&model, &[id("y"), id("x"), id("a")], id("b"));
    let Because::Pushes(pushes) = explanation.because else {
        panic!("{explanation:?}");
    };
    assert_eq!(
        pushes.iter().map(|push| push.token).collect::<Vec<_>>(),
        [id("x"), id("a")]
    );
    assert!(pushes.iter().all(|push| push.bits > 0.5), "{pushes:?}");
}
