//! One suite for every voice: whatever answers as a language model is held to the same promises.
//!
//! Distributions sum to one after any context, `<s>` is never predicted, a slice,
//! a cursor and a whole sentence give the same answers, and only the context's
//! last tokens count.

use std::sync::LazyLock;

use counterpoint::count::{Order, Pruning};
use counterpoint::mixture::{Buckets, Mixture, Weights};
use counterpoint::model::LanguageModel;
use counterpoint::neural::{
    Architecture, NeuralHeader, NeuralModel, TrainingOptions, TrainingRecord, train,
};
use counterpoint::ngram::{NgramModel, Plan, build};
use counterpoint::progress::{Quiet, Stage};
use counterpoint::smooth::{CountsOfCountsRule, Estimate, Smoothing};
use counterpoint::suffix::{self, UnboundedModel};
use counterpoint::text::{Corpus, CorpusOptions};
use counterpoint::token::{
    Numbered, Reading, TokenId, VocabularyLimits, number, split_off_heldout,
};
use proptest::prelude::*;

const FABLES: &str = include_str!("../corpora/fables.txt");

/// The first sentences of the fables; what is seen once is unknown.
static CORPUS: LazyLock<Numbered> = LazyLock::new(|| {
    let text: String = FABLES
        .lines()
        .take(150)
        .flat_map(|line| [line, "\n"])
        .collect();
    let corpus = Corpus::from_text("fables", text, CorpusOptions::default());
    let limits = VocabularyLimits {
        min_count: 2,
        max_size: None,
    };
    number(&corpus, &Reading::DEFAULT, limits, &Quiet).unwrap()
});

fn ngram(order: usize, smoothing: Smoothing) -> NgramModel {
    let stage = Stage {
        number: 1,
        of: 2,
        name: "count",
        unit: "tokens",
        total: None,
    };
    let built = build(
        CORPUS.text.clone(),
        CORPUS.vocabulary.clone(),
        &Plan {
            reading: Reading::DEFAULT,
            order: Order::new(order).unwrap(),
            estimate: Estimate::Probabilities(smoothing),
            pruning: Pruning::default(),
        },
        stage,
        &Quiet,
    )
    .unwrap();
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

fn neural() -> NeuralModel {
    let vocabulary = CORPUS.vocabulary.clone();
    let (training, heldout) = split_off_heldout(&CORPUS.text);
    let shape = Architecture {
        context: 2,
        echoes: 1,
        reach: 2,
        embedding: 8,
        ngrams: 1,
        buckets: 0,
        hidden: 16,
        layers: 2,
        tied: true,
        vocabulary: vocabulary.len(),
    };
    let options = TrainingOptions {
        epochs: 2,
        ..TrainingOptions::default()
    };
    let (training, heldout) = (
        training.sentences().collect(),
        heldout.sentences().collect(),
    );
    let trained = train(shape, &options, &training, &heldout, &Quiet).unwrap();
    let header = NeuralHeader {
        reading: Reading::DEFAULT,
        training: TrainingRecord {
            options,
            examples: training.examples() as u64,
            history: trained.history,
            ending: trained.ending,
            normalisation: trained.normalisation,
        },
    };
    NeuralModel::new(header, vocabulary, trained.network).unwrap()
}

/// The fables, indexed with what is seen once unknown.
fn unbounded(estimate: suffix::Estimate) -> UnboundedModel {
    let text: String = FABLES
        .lines()
        .take(150)
        .flat_map(|line| [line, "\n"])
        .collect();
    let corpus = Corpus::from_text("fables", text, CorpusOptions::default());
    let plan = suffix::Plan {
        reading: Reading::DEFAULT,
        vocabulary: Some(CORPUS.vocabulary.clone()),
        limits: VocabularyLimits::default(),
        estimate,
        expected: 0,
    };
    suffix::build(&corpus, plan, &Quiet).unwrap()
}

struct Voices {
    ngrams: Vec<NgramModel>,
    unbounded: [UnboundedModel; 2],
    neural: NeuralModel,
}

static VOICES: LazyLock<Voices> = LazyLock::new(|| Voices {
    ngrams: vec![
        ngram(1, Smoothing::default()),
        ngram(4, Smoothing::default()),
        ngram(3, Smoothing::ModifiedKneserNey(CountsOfCountsRule::AsKenlm)),
        ngram(3, Smoothing::WittenBell),
        ngram(3, Smoothing::AbsoluteDiscounting),
        ngram(2, Smoothing::AddK(0.5)),
        ngram(3, Smoothing::MaximumLikelihood),
    ],
    unbounded: [suffix::Estimate::Smoothed, suffix::Estimate::Longest].map(unbounded),
    neural: neural(),
});

/// Asks the same of every voice there is, with how exactly it must answer.
fn each_voice(ask: impl Fn(&dyn LanguageModel, f64)) {
    for model in &VOICES.ngrams {
        ask(model, 1e-6);
    }
    for model in &VOICES.unbounded {
        ask(model, 1e-9);
    }
    ask(&VOICES.neural, 1e-5);
    let voices: [&dyn LanguageModel; 2] = [&VOICES.ngrams[1], &VOICES.neural];
    let mixture = Mixture::even(voices.to_vec()).unwrap();
    ask(&mixture, 1e-5);
    let buckets = Buckets::by(0, voices[0]).unwrap();
    let share = |bucket: usize| bucket as f64 / buckets.len() as f64;
    let rows = (0..buckets.len()).map(|bucket| vec![share(bucket), 1.0 - share(bucket)]);
    let weights = Weights::by_bucket(buckets, rows.collect());
    ask(&Mixture::new(voices.to_vec(), &weights).unwrap(), 1e-5);
}

/// Tokens of the vocabulary, `<unk>` and now and then `<s>` among them.
fn tokens(longest: usize) -> impl Strategy<Value = Vec<TokenId>> {
    let most = CORPUS.vocabulary.len() as u32;
    let token = prop_oneof![1 => 0u32..2, 9 => 3..most];
    proptest::collection::vec(token.prop_map(TokenId), 0..longest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn distributions_sum_to_one(context in tokens(7)) {
        each_voice(|voice, exactness| {
            let distribution = voice.distribution(&context);
            let sum: f64 = distribution.log_probs().iter().map(|ln| ln.exp()).sum();
            assert!((sum - 1.0).abs() < exactness, "{sum} after {context:?}");
            assert_eq!(distribution.log_prob(TokenId::START).probability(), 0.0);
        });
    }

    #[test]
    fn slices_and_cursors_agree(context in tokens(7), token in 3u32..100) {
        each_voice(|voice, exactness| {
            let token = TokenId(token);
            let whole = voice.distribution(&context);
            let close = |a: f64, b: f64| a == b || (a - b).abs() < exactness;
            assert!(close(voice.log_prob(&context, token).ln(), whole.log_prob(token).ln()));
            let mut cursor = voice.cursor();
            cursor.push(TokenId(3));
            cursor.reset();
            context.iter().for_each(|&token| cursor.push(token));
            let mut by_cursor = vec![0.0; voice.vocabulary().len()];
            cursor.log_probs(&mut by_cursor);
            for (a, b) in by_cursor.iter().zip(whole.log_probs()) {
                assert!(close(*a, *b), "{a} is not {b}");
            }
            assert!(close(cursor.log_prob(token).ln(), whole.log_prob(token).ln()));
        });
    }

    #[test]
    fn only_the_last_tokens_count(context in tokens(7)) {
        each_voice(|voice, _| {
            let Some(len) = voice.context_len() else { return };
            let last = &context[context.len().saturating_sub(len)..];
            let (whole, end) = (voice.distribution(&context), voice.distribution(last));
            assert_eq!(whole.log_probs(), end.log_probs());
        });
    }

    #[test]
    fn a_sentence_scores_as_its_tokens(sentence in tokens(9)) {
        let sentence: Vec<TokenId> =
            sentence.into_iter().filter(|&token| token != TokenId::START).collect();
        each_voice(|voice, _| {
            let scores = voice.score(&[&sentence, &[]]);
            assert_eq!((scores[0].len(), scores[1].len()), (sentence.len() + 1, 1));
            let mut context = vec![TokenId::START];
            for (score, &token) in scores[0].iter().zip(sentence.iter().chain([&TokenId::END])) {
                let expected = voice.log_prob(&context, token).ln();
                let same = score.ln() == expected || (score.ln() - expected).abs() < 1e-4;
                assert!(same, "{score} is not {expected}");
                context.push(token);
            }
        });
    }
}
