//! Figures against brute force, on small corpora.

use proptest::prelude::*;

use super::bootstrap::{Resampling, bootstrap};
use super::buckets::{Parting, Witness, tables};
use super::character::{Text, character, group_tokens};
use super::probe::{divergence, probe};
use super::wins::wins;
use super::*;
use crate::count::{Order, Pruning};
use crate::evaluate::Sentence;
use crate::mixture::Mixture;
use crate::model::{Evidence, LanguageModel};
use crate::ngram::{NgramModel, Plan, build};
use crate::progress::{Quiet, Stage};
use crate::sample::{Limits, Sampling};
use crate::smooth::{Estimate, Smoothing};
use crate::text::{Corpus, CorpusOptions};
use crate::token::{Reading, TokenId, Vocabulary, VocabularyLimits, number};

fn model(text: &str, order: usize) -> NgramModel {
    let corpus = Corpus::from_text("small", text, CorpusOptions::default());
    let reading = Reading::DEFAULT;
    let numbered = number(&corpus, &reading, VocabularyLimits::default(), &Quiet).unwrap();
    let plan = Plan {
        reading,
        order: Order::new(order).unwrap(),
        estimate: Estimate::Probabilities(Smoothing::WittenBell),
        pruning: Pruning::default(),
    };
    let stage = Stage {
        number: 1,
        of: 1,
        name: "count",
        unit: "tokens",
        total: None,
    };
    let built = build(numbered.text, numbered.vocabulary, &plan, stage, &Quiet).unwrap();
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

/// What is learned from; every letter is a token.
const CORPUS: &str = "a b c a b\nb a d a b c\nc c a\nd a b a b c d\na\n\nb c a b d\n";

/// Sentences of tokens of [`CORPUS`], and of `<unk>`.
fn sentences() -> impl Strategy<Value = Vec<Sentence>> {
    let token = prop::sample::select(vec![0, 3, 4, 5, 6]).prop_map(TokenId);
    let sentence = prop::collection::vec(token, 0..12).prop_map(|ids| Sentence {
        bytes: 2 * ids.len(),
        ids,
    });
    prop::collection::vec(sentence, 1..9)
}

fn writer(vocabulary: &Vocabulary) -> Writer<'_> {
    Writer {
        reading: &Reading::DEFAULT,
        vocabulary,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn buckets_are_what_asking_place_by_place_gives(sentences in sentences()) {
        let (first, second) = (model(CORPUS, 3), model(CORPUS, 1));
        let voices = [&first, &second].map(|model| held_out(model, &sentences, &Quiet));
        let places = Places::of(&sentences);
        let tables = tables(&places, &voices, Witness::of(&first).as_ref());
        prop_assert_eq!(tables.len(), 4);
        for table in &tables {
            let tokens: u64 = table.rows.iter().map(|row| row.tokens).sum();
            prop_assert_eq!(tokens, voices[0].totals.tokens());
            for (number, voice) in voices.iter().enumerate() {
                let bits = |row: &buckets::Row| row.bits[number] * row.tokens as f64;
                let sum: f64 = table.rows.iter().map(bits).sum();
                let total = voice.totals.log_prob().surprisal_bits();
                prop_assert!((sum - total).abs() < 1e-9 * total.max(1.0), "{:?}", table.by);
            }
            for row in &table.rows {
                let difference = row.bits[1] - row.bits[0];
                prop_assert!((row.differences[0].value - difference).abs() < 1e-9);
            }
        }
        // By hand: how many places an n-gram of each length backs.
        let orders = tables.iter().find(|table| table.by == Parting::Order).unwrap();
        for row in &orders.rows {
            let order: usize = row.bucket.parse().unwrap();
            let backed = |&number: &usize| {
                let place = places.place(number);
                first.of_token(&place.context(None), place.token()).order == order
            };
            prop_assert_eq!(row.tokens as usize, (0..places.len()).filter(backed).count());
        }
        let unknown = tables[0].rows.iter().find(|row| row.bucket == "not in the vocabulary");
        prop_assert_eq!(unknown.map_or(0, |row| row.tokens), voices[0].totals.unknown());
    }

    #[test]
    fn a_voice_does_not_differ_from_itself(sentences in sentences(), seed in 0u64..99) {
        let model = model(CORPUS, 3);
        let held_out = held_out(&model, &sentences, &Quiet);
        let places = Places::of(&sentences);
        let twice = [("a", &places, &held_out), ("again", &places, &held_out)];
        let outcome = bootstrap(&twice, Resampling { times: 50, seed });
        let difference = &outcome.differences[0];
        prop_assert_eq!((difference.bits_per_byte, difference.better), (0.0, 0.0));
        if let Some(interval) = difference.interval {
            prop_assert_eq!((interval.low, interval.high), (0.0, 0.0));
        }
        let writer = writer(model.vocabulary());
        let voices: [&dyn LanguageModel; 2] = [&model, &model];
        let probes = probe(&places, &voices, 1_000, &writer, &Quiet);
        prop_assert_eq!(probes.len(), places.len());
        let divergence = divergence("again", 1, &probes, &places, &writer, 3);
        prop_assert_eq!(divergence.mean_bits.value, 0.0);
        let wins = wins("again", &held_out, &held_out, &places, &writer, 3);
        prop_assert!(wins.first.is_empty() && wins.other.is_empty());
    }

    #[test]
    fn together_is_the_even_mixture(sentences in sentences()) {
        let models = [model(CORPUS, 3), model(CORPUS, 1)];
        let voices = models.each_ref().map(|model| held_out(model, &sentences, &Quiet));
        let mixed = together(&sentences, &voices).unwrap();
        let mixture = Mixture::even(models.iter().collect()).unwrap();
        let asked = held_out(&mixture, &sentences, &Quiet);
        for (mixed, asked) in mixed.log_probs.iter().zip(&asked.log_probs) {
            prop_assert!((mixed.ln() - asked.ln()).abs() < 1e-12);
        }
    }

    #[test]
    fn wins_are_the_largest_gains(sentences in sentences()) {
        let (first, second) = (model(CORPUS, 3), model(CORPUS, 1));
        let [a, b] = [&first, &second].map(|model| held_out(model, &sentences, &Quiet));
        let places = Places::of(&sentences);
        let wins = wins("b", &a, &b, &places, &writer(first.vocabulary()), 2);
        let gains: Vec<f64> = (0..places.len())
            .map(|place| b.surprisal_bits(place) - a.surprisal_bits(place))
            .collect();
        let largest = gains.iter().copied().fold(0.0, f64::max);
        prop_assert_eq!(wins.first.first().map_or(0.0, |win| win.bits), largest);
        let smallest = gains.iter().copied().fold(0.0, f64::min);
        prop_assert_eq!(wins.other.first().map_or(0.0, |win| win.bits), -smallest);
        prop_assert_eq!(wins.first_better, gains.iter().filter(|gain| **gain > 0.0).count() as u64);
    }
}

#[test]
fn the_bootstrap_covers_and_repeats() {
    let sentences: Vec<Sentence> = (0..60)
        .map(|number| Sentence {
            ids: (0..number % 7)
                .map(|at| TokenId(3 + (number + at) % 4))
                .collect(),
            bytes: 10,
        })
        .collect();
    let (first, second) = (model(CORPUS, 3), model(CORPUS, 1));
    let [a, b] = [&first, &second].map(|model| held_out(model, &sentences, &Quiet));
    let places = Places::of(&sentences);
    let voices = [("a", &places, &a), ("b", &places, &b)];
    let resampling = Resampling {
        times: 400,
        seed: 7,
    };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| bootstrap(&voices, resampling))
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.differences, three.differences);
    assert_eq!(one.intervals, three.intervals);
    let interval = one.differences[0].interval.unwrap();
    let difference = one.differences[0].bits_per_byte;
    assert!(interval.low < difference && difference < interval.high);
    // The normal approximation, from the differences of the sentences, which all have 11 bytes.
    let off: Vec<f64> = (0..sentences.len())
        .map(|sentence| {
            let bits = places.of_sentence(sentence);
            bits.map(|place| b.surprisal_bits(place) - a.surprisal_bits(place))
                .sum::<f64>()
                / 11.0
        })
        .collect();
    let number = off.len() as f64;
    let squares: f64 = off.iter().map(|bits| (bits - difference).powi(2)).sum();
    let error = (squares / number).sqrt() / number.sqrt();
    let half = (interval.high - interval.low) / 2.0;
    assert!(
        (half / (1.96 * error) - 1.0).abs() < 0.15,
        "{half} and {error}"
    );
}

/// The sentences of [`CORPUS`], as ids.
fn corpus_ids(vocabulary: &Vocabulary) -> Vec<Vec<TokenId>> {
    let ids = |line: &str| Reading::DEFAULT.ids(vocabulary, line.as_bytes()).unwrap();
    CORPUS.lines().map(ids).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn character_is_what_counting_by_hand_gives(sentences in sentences()) {
        let model = model(CORPUS, 3);
        let corpus = corpus_ids(model.vocabulary());
        let texts: Vec<Text> = sentences
            .iter()
            .map(|sentence| Text { tokens: sentence.ids.clone(), bits: Vec::new() })
            .collect();
        let counts = character::Corpus::Counts(&model, 3);
        let found = character("x", &texts, &counts, group_tokens(&texts));
        let ngrams = |n: usize| texts.iter().flat_map(move |text| text.tokens.windows(n));
        for (novelty, n) in found.novelty.iter().zip(1..) {
            let stands = |ngram: &[TokenId]| {
                corpus.iter().any(|line| line.windows(n).any(|there| there == ngram))
            };
            let new = ngrams(n).filter(|ngram| !stands(ngram)).count() as f64;
            let all = ngrams(n).count() as f64;
            prop_assert!(all == 0.0 || (novelty.value - new / all).abs() < 1e-12, "n = {}", n);
        }
        let again = texts.iter().map(|text| {
            let all: Vec<_> = text.tokens.windows(4).collect();
            (0..all.len()).filter(|&at| all[..at].contains(&all[at])).count()
        });
        let again: usize = again.sum();
        let tokens = found.tokens as f64;
        prop_assert!(tokens == 0.0 || (found.repeated.value - again as f64 / tokens).abs() < 1e-12);
    }

    #[test]
    fn the_dice_fall_into_the_share_that_was_drawn(seed in 0u64..200) {
        let (first, second) = (model(CORPUS, 3), model(CORPUS, 1));
        let voices: [(&dyn LanguageModel, &Reading); 2] =
            [(&first, &Reading::DEFAULT), (&second, &Reading::DEFAULT)];
        let contexts = vec![vec![TokenId::START]; 2];
        let limits = Limits { max_tokens: 20, stop: Vec::new() };
        let duet = duet(&voices, &contexts, &Sampling::default(), &limits, seed);
        let models = voices.map(|(model, _)| model);
        let Some(fork) = fork::fork(&models, &contexts, &duet, 2) else {
            prop_assert!(duet.parted.is_none());
            return Ok(());
        };
        prop_assert_eq!(Some(fork.step), duet.parted);
        for (written, shares) in duet.written.iter().zip(&fork.shares) {
            let drawn: Vec<_> = shares.iter().filter(|share| share.drawn).collect();
            prop_assert_eq!(drawn.len(), 1);
            prop_assert_eq!(drawn[0].token, written.steps[fork.step].token);
            prop_assert!((drawn[0].from..drawn[0].to).contains(&fork.u), "{:?}", drawn);
        }
    }
}
