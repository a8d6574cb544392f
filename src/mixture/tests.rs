//! Weights against brute force, and mixtures against their definition.

use std::path::Path;

use proptest::prelude::*;

use super::em::{Fit, Prior, Trials, fit};
use super::*;
use crate::model::{ContextEvidence, Cursor, Evidence, LanguageModel, TokenEvidence, WindowCursor};
use crate::prob::LogProb;
use crate::token::{TokenId, Vocabulary};

/// A voice that draws its probabilities from its name and the last two tokens.
struct Made {
    name: u64,
    vocabulary: Vocabulary,
}

impl Made {
    fn new(name: u64) -> Self {
        let mut vocabulary = Vocabulary::new();
        for token in ["a", "b", "c", "d"] {
            vocabulary.add(token.as_bytes());
        }
        Made { name, vocabulary }
    }

    fn share(&self, context: &[TokenId], token: TokenId) -> f64 {
        let ids = self.window(context).iter().chain([&token]);
        let mixed = ids.fold(self.name, |hash, id| {
            (hash ^ u64::from(id.0))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        });
        1.0 + (mixed >> 54) as f64
    }

    fn window<'c>(&self, context: &'c [TokenId]) -> &'c [TokenId] {
        &context[context.len().saturating_sub(2)..]
    }
}

impl LanguageModel for Made {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(2)
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        for token in self.vocabulary.ids() {
            out[token.index()] = self.log_prob(context, token).ln();
        }
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        let predicted = self.vocabulary.ids().filter(|&id| id != TokenId::START);
        let all: f64 = predicted.map(|id| self.share(context, id)).sum();
        match token {
            TokenId::START => LogProb::ZERO,
            token => LogProb::from_probability(self.share(context, token) / all),
        }
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(WindowCursor::new(self))
    }

    fn evidence(&self) -> Option<&dyn Evidence> {
        self.name.is_multiple_of(2).then_some(self)
    }
}

impl Evidence for Made {
    fn of_context(&self, _: &[TokenId]) -> ContextEvidence {
        unreachable!("mixtures ask for tokens")
    }

    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
        TokenEvidence {
            order: self.window(context).len().min(1) + 1,
            times_seen: Some(u64::from(token.0) * 3),
        }
    }
}

fn trials(rows: &[Vec<f64>]) -> Trials {
    let mut trials = Trials::new(rows[0].len());
    for row in rows {
        trials.add(&row.iter().map(|p| p.ln()).collect::<Vec<f64>>());
    }
    trials
}

fn fit_one(trials: &Trials) -> Fit {
    fit(std::slice::from_ref(trials), None)
}

/// The best likelihood over a fine grid of weights.
fn by_brute_force(trials: &Trials, voices: usize) -> f64 {
    const STEPS: usize = 200;
    let share = |steps: usize| steps as f64 / STEPS as f64;
    let mut best = f64::NEG_INFINITY;
    for first in 0..=STEPS {
        let rest = STEPS - first;
        let seconds = if voices == 2 { rest..=rest } else { 0..=rest };
        for second in seconds {
            let weights = [share(first), share(second), share(rest - second)];
            best = best.max(trials.ln_likelihood(&weights[..voices]));
        }
    }
    best
}

/// Rows of probabilities that are neither certain nor impossible.
fn rows(voices: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
    let row = proptest::collection::vec(1e-6f64..1.0, voices);
    proptest::collection::vec(row, 1..40)
}

fn mixture(weights: &Weights, first: u64) -> Mixture<Box<Made>> {
    let voices = (first..first + 2).map(|name| Box::new(Made::new(name)));
    Mixture::new(voices.collect(), weights).unwrap()
}

/// Weights that differ from bucket to bucket.
fn by_bucket() -> Weights {
    let buckets = Buckets::by(0, &Made::new(4)).unwrap();
    let row = |i: usize| {
        let weight = (i + 1) as f64 / (buckets.len() + 1) as f64;
        vec![weight, 1.0 - weight]
    };
    Weights::by_bucket(buckets, (0..buckets.len()).map(row).collect())
}

fn tokens() -> impl Strategy<Value = Vec<TokenId>> {
    let token = prop_oneof![Just(0), 3u32..7];
    proptest::collection::vec(token.prop_map(TokenId), 0..6)
}

proptest! {
    #[test]
    fn no_grid_point_is_better_than_the_fit(rows in prop_oneof![rows(2), rows(3)]) {
        let voices = rows[0].len();
        let trials = trials(&rows);
        let fit = fit_one(&trials);
        let found = trials.ln_likelihood(&fit.weights);
        let best = by_brute_force(&trials, voices);
        let bound = (fit.within + 1e-12) * rows.len() as f64;
        prop_assert!(best <= found + bound, "{best} > {found} + {bound}");
        prop_assert!((fit.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_step_lowers_the_likelihood(rows in rows(3), tokens in 0.0f64..50.0) {
        let trials = trials(&rows);
        let shares = [0.2, 0.3, 0.5];
        for prior in [None, Some(Prior { tokens, weights: &shares })] {
            let objective = |weights: &[f64]| {
                let unseen = |prior: Prior| -> f64 {
                    let terms = weights.iter().zip(prior.weights);
                    prior.tokens * terms.map(|(weight, share)| share * weight.ln()).sum::<f64>()
                };
                trials.ln_likelihood(weights) + prior.map_or(0.0, unseen)
            };
            let mut weights = vec![1.0 / 3.0; 3];
            for _ in 0..30 {
                let next = em::step(std::slice::from_ref(&trials), prior, &weights);
                let (before, after) = (objective(&weights), objective(&next));
                prop_assert!(after >= before - 1e-10 * before.abs().max(1.0));
                weights = next;
            }
        }
    }

    #[test]
    fn a_mixture_is_the_sum_it_says_it_is(context in tokens(), first in 4u64..6) {
        let weights = [Weights::alike(vec![0.3, 0.7]), by_bucket()];
        let buckets = weights[1].buckets().unwrap();
        for weights in &weights[..if first % 2 == 0 { 2 } else { 1 }] {
            let mixture = mixture(weights, first);
            let [one, other] = [0, 1].map(|i| &*mixture.voices()[i]);
            let row = match weights.buckets() {
                Some(_) => &weights.rows()[buckets.of(one, &context)],
                None => &weights.rows()[0],
            };
            let mut cursor = mixture.cursor();
            cursor.push(TokenId(5));
            cursor.reset();
            context.iter().for_each(|&token| cursor.push(token));
            let whole = mixture.distribution(&context);
            let mut read = vec![0.0; mixture.vocabulary().len()];
            cursor.log_probs(&mut read);
            let mut sum = 0.0;
            for token in mixture.vocabulary().ids() {
                let by = |voice: &Made| voice.log_prob(&context, token).probability();
                let expected = row[0] * by(one) + row[1] * by(other);
                let answers = [
                    whole.log_prob(token),
                    mixture.log_prob(&context, token),
                    cursor.log_prob(token),
                    LogProb::from_ln(read[token.index()]),
                ];
                for answer in answers {
                    prop_assert!((answer.probability() - expected).abs() < 1e-12);
                }
                sum += expected;
            }
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_sentence_scores_token_by_token(sentence in tokens()) {
        let mixture = mixture(&by_bucket(), 4);
        let scores = mixture.score(&[&sentence, &[]]);
        let mut context = vec![TokenId::START];
        for (score, &token) in scores[0].iter().zip(sentence.iter().chain([&TokenId::END])) {
            prop_assert!((score.ln() - mixture.log_prob(&context, token).ln()).abs() < 1e-12);
            context.push(token);
        }
        prop_assert_eq!(scores[1].len(), 1);
    }
}

#[test]
fn voices_that_never_meet_share_by_their_tokens() {
    let one = vec![0.5, 0.0];
    let other = vec![0.0, 0.001];
    let fit = fit_one(&trials(&[one.clone(), other.clone(), one.clone(), one]));
    assert!((fit.weights[0] - 0.75).abs() < 1e-12, "{fit:?}");
    assert_eq!(fit.steps, 1, "the first step is exact");
}

#[test]
fn an_empty_bucket_has_the_weights_of_all() {
    let prior = Prior {
        tokens: 100.0,
        weights: &[0.2, 0.8],
    };
    let fit = fit(&[Trials::new(2)], Some(prior));
    assert_eq!(fit.weights, [0.2, 0.8]);
    assert_eq!(fit.steps, 0);
}

#[test]
fn the_prior_counts_as_its_tokens() {
    // With disjoint voices a step is exact: (30 + 100·0.5) of 130 for the first.
    let mut trials = Trials::new(2);
    (0..30).for_each(|_| trials.add(&[-1.0, f64::NEG_INFINITY]));
    let prior = Prior {
        tokens: 100.0,
        weights: &[0.5, 0.5],
    };
    let fit = fit(&[trials], Some(prior));
    assert!((fit.weights[0] - 80.0 / 130.0).abs() < 1e-12);
}

#[test]
fn what_no_voice_thinks_possible_is_set_aside() {
    let mut trials = trials(&[vec![0.5, 0.25], vec![0.0, 0.0]]);
    assert_eq!((trials.possible(), trials.impossible()), (1, 1));
    trials.add(&[-2000.0, -2001.0]);
    let likelihood = trials.ln_likelihood(&[1.0, 0.0]);
    assert!((likelihood - (0.5f64.ln() - 2000.0)).abs() < 1e-9);
    assert_eq!(trials.best_at(), [2, 0]);
    assert_eq!(trials.ln_likelihood(&[0.0, 1.0]), 0.25f64.ln() - 2001.0);
}

#[test]
fn any_number_of_threads_finds_the_same_weights() {
    let mut trials = Trials::new(3);
    for i in 0..50_000u32 {
        let p = |k: u32| -f64::from(1 + i.wrapping_mul(2_654_435_761 + k * 977) % 1000) / 50.0;
        trials.add(&[p(1), p(2), p(3)]);
    }
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| fit_one(&trials))
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}

#[test]
fn tuning_says_where_each_voice_earns_its_weight() {
    let voices = [4, 5].map(|name| Box::new(Made::new(name)));
    let buckets = Buckets::by(0, &*voices[0]).unwrap();
    let text: Vec<Vec<TokenId>> = (0..60u32)
        .map(|i| (0..7).map(|k| TokenId(3 + (i * 7 + k * k) % 4)).collect())
        .collect();
    let sentences: Vec<&[TokenId]> = text.iter().map(|sentence| &sentence[..]).collect();
    let tuned = |buckets| {
        let mut tuner = Tuner::new(&voices, buckets);
        sentences.chunks(11).for_each(|batch| tuner.read(batch));
        tuner.finish().unwrap()
    };
    let (alike, by_count) = (tuned(None), tuned(Some(buckets)));
    for (i, voice) in voices.iter().enumerate() {
        let alone: f64 = voice
            .score(&sentences)
            .iter()
            .flatten()
            .map(|p| p.ln())
            .sum();
        assert!((alike.record.all.ln_alone[i] - alone).abs() < 1e-9);
        assert!((by_count.record.all.ln_alone[i] - alone).abs() < 1e-9);
    }
    assert_eq!(alike.record.all.tokens, 60 * 8);
    assert_eq!(alike.record.all.best_at.iter().sum::<u64>(), 60 * 8);
    assert_eq!(alike.record.all.ln_mixed, alike.record.ln_alike);
    assert!(alike.record.ln_alike >= alike.record.ln_even);
    assert!(by_count.record.all.ln_mixed > by_count.record.ln_alike);
    // What the record says is what the mixture gives.
    let mixture = Mixture::new(voices.into(), &by_count.weights).unwrap();
    let mixed: f64 = mixture
        .score(&sentences)
        .iter()
        .flatten()
        .map(|p| p.ln())
        .sum();
    assert!((by_count.record.all.ln_mixed - mixed).abs() < 1e-9);
}

#[test]
fn nothing_to_tune_on_is_an_error_and_no_endless_loop() {
    let voices = [Box::new(Made::new(4))];
    let error = Tuner::new(&voices, None).finish().err().unwrap();
    assert!(error.advice().is_some());
}

#[test]
fn weights_and_voices_must_fit_together() {
    let voices = |n: u64| (4..4 + n).map(|name| Box::new(Made::new(name))).collect();
    assert!(Mixture::<Box<Made>>::new(Vec::new(), &Weights::even(0)).is_err());
    assert!(Mixture::<Box<Made>>::new(voices(3), &Weights::even(2)).is_err());
    assert!(Mixture::<Box<Made>>::new(voices(2), &by_bucket()).is_ok());
    let uncounted: Vec<Box<Made>> = (5..7).map(|name| Box::new(Made::new(name))).collect();
    assert!(
        Mixture::new(uncounted, &by_bucket()).is_err(),
        "voice 5 keeps no counts"
    );
    let mut other = Made::new(9);
    other.vocabulary.add(b"e");
    let error = Mixture::even(vec![Box::new(Made::new(8)), Box::new(other)])
        .err()
        .unwrap();
    assert!(
        error
            .advice()
            .is_some_and(|advice| advice.contains("--like"))
    );
}

#[test]
fn headers_go_round_and_bad_weights_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.cpt");
    let standing = Standing {
        tokens: 1,
        weights: vec![0.5, 0.5],
        ln_alone: vec![-1.0, f64::NEG_INFINITY],
        ln_mixed: -1.5,
        best_at: vec![1, 0],
    };
    let part = |name: &str| Part {
        name: name.into(),
        path: format!("{name}.cpt"),
        fingerprint: "0".into(),
    };
    let mut header = MixtureHeader {
        reading: crate::token::Reading::DEFAULT,
        parts: vec![part("a"), part("b")],
        weights: Weights::even(2),
        tuning: TuningRecord {
            impossible: 0,
            all: standing,
            by_bucket: Vec::new(),
            ln_alike: -1.5,
            ln_even: -1.5,
            steps: 3,
            within: 0.0,
        },
    };
    format::save(&path, &header).unwrap();
    let open = |path: &Path| crate::store::ModelFile::open(path, Default::default()).unwrap();
    let file = open(&path);
    assert_eq!(format::load(&file).unwrap(), header);
    assert_eq!(
        file.fingerprint().unwrap(),
        open(&path).fingerprint().unwrap()
    );
    header.tuning.all.best_at.pop();
    assert!(
        format::save(&path, &header).is_err(),
        "no figure for voice 2"
    );
    header.tuning.all.best_at.push(0);
    header.weights = Weights::alike(vec![0.5, 0.6]);
    assert!(format::save(&path, &header).is_err());
    crate::store::Writer::create(&path, format::KIND)
        .unwrap()
        .finish(&header)
        .unwrap();
    let changed = open(&path);
    assert!(format::load(&changed).is_err(), "hostile weights");
    assert_ne!(changed.fingerprint().unwrap(), file.fingerprint().unwrap());
}
