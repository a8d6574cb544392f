//! Here is the whole of it, from text to answers, held to what it promises.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::error::{ErrorKind, Result};
use crate::model::LanguageModel;
use crate::progress::{Progress, Quiet, Stage};
use crate::store::{ModelFile, OpenOptions};
use crate::token::{Reading, TokenId, Vocabulary};
use crate::warning::Warning;

const SHAPE: Architecture = Architecture {
    context: 2,
    echoes: 1,
    reach: 1,
    embedding: 8,
    ngrams: 1,
    buckets: 0,
    hidden: 16,
    layers: 2,
    tied: true,
    vocabulary: 30,
};

fn ids(ids: &[u32]) -> Vec<TokenId> {
    ids.iter().map(|&id| TokenId(id)).collect()
}

/// Sentences that count upwards from some place, with gaps of `<unk>`.
fn counting(sentences: u32) -> TrainingText {
    let token = |i: u32| TokenId(if i.is_multiple_of(11) { 0 } else { 3 + i % 27 });
    let sentence = |s: u32| (s * 5..s * 5 + s % 9).map(token).collect::<Vec<_>>();
    (0..sentences).map(sentence).collect()
}

fn options() -> TrainingOptions {
    TrainingOptions {
        epochs: 3,
        batch: 100,
        ..Default::default()
    }
}

fn header(options: &TrainingOptions, trained: &Trained) -> NeuralHeader {
    NeuralHeader {
        reading: Reading::DEFAULT,
        training: TrainingRecord {
            options: options.clone(),
            examples: 0,
            history: trained.history.clone(),
            ending: trained.ending,
            normalisation: trained.normalisation,
        },
    }
}

fn model(options: &TrainingOptions) -> NeuralModel {
    let trained = train(SHAPE, options, &counting(80), &counting(9), &Quiet).unwrap();
    let mut vocabulary = Vocabulary::new();
    for i in 3..SHAPE.vocabulary {
        vocabulary.add(i.to_string().as_bytes());
    }
    let header = header(options, &trained);
    NeuralModel::new(header, vocabulary, trained.network).unwrap()
}

#[test]
fn a_small_text_is_learnt_by_heart() {
    let text: TrainingText = [ids(&[3, 4, 5, 3, 6]), ids(&[7, 4, 8]), ids(&[5, 5, 5, 9])]
        .iter()
        .collect();
    let options = TrainingOptions {
        epochs: 200,
        batch: 4,
        learning_rate: 0.01,
        dropout: 0.0,
        input_dropout: 0.0,
        left_mask: 0.0,
        ..Default::default()
    };
    let trained = train(SHAPE, &options, &text, &TrainingText::new(), &Quiet).unwrap();
    let last = trained.history.last().unwrap();
    assert_eq!(last.heldout_loss, None);
    // Three sentences begin differently, so the first of their tokens can't be known: a third of
    // ln 3 at 3 of 15 positions.
    let unavoidable = 3.0 * 3f64.ln() / 15.0;
    assert!((last.training_loss - unavoidable).abs() < 0.02, "{last:?}");
}

#[test]
fn sampled_softmax_learns_the_same_distribution() {
    // Frequencies fall as 1/rank, so candidates are much rarer among the rare: uncorrected, the
    // frequent would be taken for too improbable.
    let ranks = (1..=27).flat_map(|rank| std::iter::repeat_n(rank, 270 / rank as usize));
    let text: TrainingText = ranks.map(|rank| ids(&[2 + rank])).collect();
    let losses = [Softmax::Full, Softmax::Sampled { draws: 6 }].map(|softmax| {
        let options = TrainingOptions {
            epochs: 12,
            softmax,
            batch: 4,
            dropout: 0.0,
            input_dropout: 0.0,
            ..options()
        };
        let trained = train(SHAPE, &options, &text, &text, &Quiet).unwrap();
        trained.history.last().unwrap().heldout_loss.unwrap()
    });
    assert!((losses[0] - losses[1]).abs() < 0.02, "{losses:?}");
}

#[test]
fn a_self_normalised_network_needs_no_softmax() {
    for softmax in [Softmax::Full, Softmax::Sampled { draws: 12 }] {
        let near = |self_normalised| {
            let options = TrainingOptions {
                self_normalised,
                softmax,
                epochs: 20,
                ..options()
            };
            let trained = train(SHAPE, &options, &counting(80), &counting(9), &Quiet).unwrap();
            let context = ids(&[1, 9, 10]);
            let mut log_probs = vec![0.0; SHAPE.vocabulary];
            trained.network.log_probs(&context, &mut log_probs);
            let lookup = Lookup::of(&trained.network);
            let mut reader = lookup.reader();
            context.iter().for_each(|&token| reader.push(token));
            let error = reader.score(TokenId(11)).0 - log_probs[11];
            (trained.normalisation, error.abs())
        };
        let (free, _) = near(0.0);
        assert_eq!(free, None);
        let (weak, _) = near(1e-9);
        let (strong, error) = near(1.0);
        let (weak, strong) = (weak.unwrap(), strong.unwrap());
        assert!(
            strong.mean < weak.mean / 2.0,
            "{softmax:?}: {weak:?} {strong:?}"
        );
        assert!(error <= strong.largest + 1e-3, "{error} {strong:?}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    for softmax in [Softmax::Full, Softmax::Sampled { draws: 20 }] {
        let shape = Architecture {
            ngrams: 3,
            buckets: 50,
            ..SHAPE
        };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let options = TrainingOptions {
                softmax,
                batch: 300,
                ..options()
            };
            pool.unwrap().install(|| {
                let trained = train(shape, &options, &counting(200), &counting(9), &Quiet);
                let trained = trained.unwrap();
                let score = trained.network.score(&[(&ids(&[1, 4]), TokenId(5))]);
                (trained.network, trained.history, score)
            })
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(8));
    }
}

#[test]
fn the_seed_decides() {
    let with_seed = |seed| {
        model(&TrainingOptions { seed, ..options() })
            .network()
            .clone()
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn the_best_epoch_is_kept_and_patience_ends() {
    // What is held out contradicts what is learnt, so only the first epochs can help.
    let heldout: TrainingText = [ids(&[9, 8, 7, 6, 5, 4, 3])].iter().collect();
    let options = TrainingOptions {
        epochs: 60,
        patience: 2,
        batch: 16,
        ..options()
    };
    let trained = train(SHAPE, &options, &counting(80), &heldout, &Quiet).unwrap();
    assert_eq!(trained.ending, Ending::NoLongerBetter);
    let losses: Vec<f64> = trained
        .history
        .iter()
        .map(|e| e.heldout_loss.unwrap())
        .collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[losses.len() - 3], best, "{losses:?}");
    let again = train(SHAPE, &options, &counting(80), &heldout, &Quiet).unwrap();
    let sentence = ids(&[1, 9, 8, 7, 6, 5, 4, 3, 2]);
    let questions: Vec<Question> = (1..9).map(|i| (&sentence[..i], sentence[i])).collect();
    let scores = again.network.score(&questions);
    let loss = -scores.iter().map(|score| score.ln()).sum::<f64>() / 8.0;
    assert!((loss - best).abs() < 1e-6);
}

/// A network whose every weight has one of two values, in turn.
fn extreme(values: [f32; 2]) -> Result<Network> {
    let shapes = SHAPE.tensors();
    let fill = |(_, rows, cols): &(String, usize, usize)| {
        (0..rows * cols).map(|place| values[place % 2]).collect()
    };
    let tensors: Vec<Vec<f32>> = shapes.iter().map(fill).collect();
    let names = shapes.iter().map(|(name, ..)| name.as_str());
    let tensors: Vec<(&str, &[f32])> = names.zip(tensors.iter().map(Vec::as_slice)).collect();
    Network::from_tensors(SHAPE, &tensors)
}

#[test]
fn the_largest_weights_give_numbers_and_larger_ones_are_refused() {
    let trained = model(&options());
    for values in [[1e6, 1e6], [1e6, -1e6]] {
        let (header, vocabulary) = (trained.header().clone(), trained.vocabulary().clone());
        let model = NeuralModel::new(header, vocabulary, extreme(values).unwrap()).unwrap();
        let answer = model.distribution(&ids(&[3, 4, 5]));
        assert!(answer.log_probs().iter().all(|ln| !ln.is_nan()));
        assert_eq!(answer.log_probs()[1], f64::NEG_INFINITY);
    }
    for value in [2e6, -2e6, f32::INFINITY, f32::NAN] {
        let error = extreme([0.0, value]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probabilities_sum_to_one_after_any_context(
        contexts in proptest::collection::vec(proptest::collection::vec(0u32..30, 0..7), 1..5),
    ) {
        static MODEL: std::sync::LazyLock<NeuralModel> =
            std::sync::LazyLock::new(|| model(&options()));
        for context in &contexts {
            let context = ids(context);
            let answer = MODEL.distribution(&context);
            let sum: f64 = answer.log_probs().iter().map(|ln| ln.exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
            prop_assert_eq!(answer.log_probs()[1], f64::NEG_INFINITY);
            prop_assert!(answer.log_probs().iter().enumerate().all(|(v, ln)| v == 1 || ln.is_finite()));
            let seen = &context[context.len().saturating_sub(3)..];
            let same = MODEL.distribution(seen);
            prop_assert_eq!(same.log_probs(), answer.log_probs());

            let mut cursor = MODEL.cursor();
            cursor.push(TokenId(4));
            let _ = cursor.log_prob(TokenId(3));
            cursor.reset();
            context.iter().for_each(|&token| cursor.push(token));
            let mut read = vec![0.0; 30];
            cursor.log_probs(&mut read);
            prop_assert_eq!(&read, answer.log_probs());

            let questions: Vec<Question> =
                MODEL.vocabulary().ids().map(|v| (context.as_slice(), v)).collect();
            for (score, (_, v)) in MODEL.network().score(&questions).iter().zip(&questions) {
                let one = MODEL.log_prob(&context, *v);
                prop_assert!(*score == one || (score.ln() - one.ln()).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn a_slice_of_the_vocabulary_changes_no_score() {
    // More tokens than are scored at a time.
    let shape = Architecture {
        vocabulary: 2500,
        ..SHAPE
    };
    let options = TrainingOptions {
        epochs: 1,
        ..options()
    };
    let trained = train(shape, &options, &counting(80), &TrainingText::new(), &Quiet).unwrap();
    let context = ids(&[1, 9]);
    let mut all = vec![0.0; 2500];
    trained.network.log_probs(&context, &mut all);
    let questions: Vec<Question> = (0..2500).map(|v| (&context[..], TokenId(v))).collect();
    for (score, one) in trained.network.score(&questions).iter().zip(&all) {
        assert!(score.ln() == *one || (score.ln() - one).abs() < 1e-5);
    }
}

#[test]
fn too_high_a_learning_rate_is_said() {
    let options = TrainingOptions {
        learning_rate: 1e38,
        ..options()
    };
    let error = train(SHAPE, &options, &counting(80), &counting(9), &Quiet).unwrap_err();
    assert!(error.what().contains("learning rate"), "{error}");
    assert!(
        error
            .advice()
            .is_some_and(|advice| advice.contains("tenth"))
    );
}

#[test]
fn texts_that_do_not_fit_are_refused() {
    let empty = TrainingText::new();
    let error = train(SHAPE, &options(), &empty, &empty, &Quiet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    let foreign: TrainingText = [ids(&[30])].iter().collect();
    let error = train(SHAPE, &options(), &counting(8), &foreign, &Quiet).unwrap_err();
    assert!(
        error.what().contains("held-out text holds id 30"),
        "{error}"
    );
    let model = model(&options());
    let (header, network) = (model.header().clone(), model.network().clone());
    assert!(NeuralModel::new(header, Vocabulary::new(), network).is_err());
}

/// Stops after some tokens, and remembers what it heard.
#[derive(Default)]
struct Impatient {
    most: u64,
    heard: AtomicU64,
    stages: Mutex<Vec<Stage>>,
    notes: Mutex<Vec<String>>,
    warnings: Mutex<Vec<Warning>>,
}

impl Progress for Impatient {
    fn stage(&self, stage: Stage) {
        self.stages.lock().unwrap().push(stage);
    }
    fn advance(&self, units: u64) {
        self.heard.fetch_add(units, Ordering::Relaxed);
    }
    fn note(&self, line: &str) {
        self.notes.lock().unwrap().push(line.to_owned());
    }
    fn warn(&self, warning: Warning) {
        self.warnings.lock().unwrap().push(warning);
    }
    fn should_stop(&self) -> bool {
        self.heard.load(Ordering::Relaxed) >= self.most
    }
}

#[test]
fn an_interrupted_training_gives_what_it_has() {
    for most in [0, 1, 300] {
        let watcher = Impatient {
            most,
            ..Default::default()
        };
        let trained = train(SHAPE, &options(), &counting(80), &counting(9), &watcher).unwrap();
        assert_eq!(trained.ending, Ending::Interrupted);
        assert_eq!(trained.history.len(), usize::from(most > 0));
        let sum: f64 = {
            let mut log_probs = vec![0.0; SHAPE.vocabulary];
            trained.network.log_probs(&[], &mut log_probs);
            log_probs.iter().map(|ln| ln.exp()).sum()
        };
        assert!((sum - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_training_in_parts_comes_to_the_same() {
    let whole = train(SHAPE, &options(), &counting(80), &counting(9), &Quiet).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training");
    let part = |options: &TrainingOptions, progress: &dyn Progress| {
        let (training, heldout) = (counting(80), counting(9));
        train_in_parts(SHAPE, options, &training, &heldout, Some(&path), progress)
    };
    let mut parts = 0;
    let last = loop {
        let watcher = Impatient {
            most: 150,
            ..Default::default()
        };
        parts += 1;
        let trained = part(&options(), &watcher).unwrap();
        if trained.ending != Ending::Interrupted {
            break trained;
        }
    };
    assert!(parts > 3, "it was interrupted");
    assert_eq!(last.network, whole.network);
    assert_eq!(last.history, whole.history);

    let other = TrainingOptions {
        seed: 2,
        ..options()
    };
    let error = part(&other, &Quiet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    std::fs::write(&path, "nonsense").unwrap();
    assert!(part(&options(), &Quiet).is_err());
}

#[test]
fn the_watcher_hears_every_token_and_a_line_an_epoch() {
    let watcher = Impatient {
        most: u64::MAX,
        ..Default::default()
    };
    let text = counting(80);
    train(SHAPE, &options(), &text, &counting(9), &watcher).unwrap();
    let stages = watcher.stages.into_inner().unwrap();
    let total: u64 = stages.iter().map(|stage| stage.total.unwrap()).sum();
    assert_eq!(total, watcher.heard.into_inner());
    assert_eq!(total, 3 * text.examples() as u64);
    let notes = watcher.notes.into_inner().unwrap();
    assert_eq!(notes.len(), 3);
    assert!(notes[1].starts_with("epoch 2/3  loss "), "{}", notes[1]);
    assert!(notes[1].contains("nats  perplexity "), "{}", notes[1]);
}

#[test]
fn a_loss_worse_than_guessing_is_warned_of() {
    let warnings = |learning_rate| {
        let watcher = Impatient {
            most: u64::MAX,
            ..Default::default()
        };
        let options = TrainingOptions {
            learning_rate,
            ..options()
        };
        train(SHAPE, &options, &counting(80), &counting(9), &watcher).unwrap();
        watcher.warnings.into_inner().unwrap().len()
    };
    assert_eq!(warnings(0.002), 0);
    assert!(warnings(30.0) > 0);
}

#[test]
fn a_file_gives_back_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let kept = model(&options());
    format::save(&path, &kept).unwrap();
    let file = ModelFile::open(&path, OpenOptions::default()).unwrap();
    let read = format::load(&file).unwrap();
    assert_eq!(read.header(), kept.header());
    assert!(read.vocabulary().same_as(kept.vocabulary()));
    assert_eq!(read.network().tensors(), kept.network().tensors());
}

proptest! {
    #[test]
    fn sentences_at_once_are_what_the_cursor_reads(
        sentences in proptest::collection::vec(proptest::collection::vec(0u32..30, 0..9), 0..6)
    ) {
        static MODEL: std::sync::LazyLock<NeuralModel> =
            std::sync::LazyLock::new(|| model(&options()));
        let sentences: Vec<Vec<TokenId>> = sentences
            .iter()
            .map(|sentence| ids(sentence).into_iter().filter(|id| id.0 > 2 || id.0 == 0).collect())
            .collect();
        let slices: Vec<&[TokenId]> = sentences.iter().map(Vec::as_slice).collect();
        let at_once = MODEL.score(&slices);
        prop_assert_eq!(at_once.len(), sentences.len());
        for (sentence, scores) in sentences.iter().zip(at_once) {
            let mut cursor = MODEL.cursor();
            cursor.push(TokenId::START);
            for (token, score) in sentence.iter().chain([&TokenId::END]).zip(&scores) {
                prop_assert!((cursor.log_prob(*token).ln() - score.ln()).abs() < 1e-4);
                cursor.push(*token);
            }
            prop_assert_eq!(scores.len(), sentence.len() + 1);
        }
    }
}
