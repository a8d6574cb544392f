//! A voice so small that all its texts can be written down, with their probabilities: what is drawn
//! under wishes is held to them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Dice, Limits, Sampling, beam};
use super::drawing::{Budget, Way, generate_guarded};
use super::source::Source;
use super::wishes::{Guard, Spelt, Wishes};
use super::writing::{Scene, led};
use crate::error::ErrorKind;
use crate::model::{Cursor, LanguageModel, WindowCursor};
use crate::prob::LogProb;
use crate::progress::Quiet;
use crate::token::{Reading, TokenId, Vocabulary};

const A: TokenId = TokenId(3);
const B: TokenId = TokenId(4);

/// What may come after each of three words, or a beginning: `</s>` and the words.
struct Tiny {
    vocabulary: Vocabulary,
    rows: [[f64; 4]; 4],
}

impl Tiny {
    fn new(weights: [[u8; 4]; 4]) -> Self {
        let mut vocabulary = Vocabulary::new();
        for word in ["a", "b", "c"] {
            vocabulary.add(word.as_bytes());
        }
        let row = |weights: [u8; 4]| {
            let sum: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
            weights.map(|weight| f64::from(weight) / sum)
        };
        let rows = weights.map(row);
        Tiny { vocabulary, rows }
    }

    /// Every text of at most so many tokens that ends, with its probability.
    fn texts(&self, most: usize) -> Vec<(Vec<TokenId>, f64)> {
        let mut whole = Vec::new();
        let mut begun = vec![(Vec::new(), 1.0)];
        for _ in 0..most {
            let mut longer = Vec::new();
            for (text, p) in begun {
                let row = self.row(&text);
                whole.push(([&text[..], &[TokenId::END]].concat(), p * row[0]));
                for word in 3..6 {
                    longer.push((
                        [&text[..], &[TokenId(word)]].concat(),
                        p * row[word as usize - 2],
                    ));
                }
            }
            begun = longer;
        }
        whole
    }

    fn row(&self, context: &[TokenId]) -> &[f64; 4] {
        match context.last() {
            Some(last) if last.0 >= 3 => &self.rows[last.index() - 2],
            _ => &self.rows[0],
        }
    }
}

impl LanguageModel for Tiny {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(1)
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        for (log_prob, id) in out.iter_mut().zip(self.vocabulary.ids()) {
            *log_prob = self.log_prob(context, id).ln();
        }
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        LogProb::from_probability(match token.index() {
            0 | 1 => 0.0,
            index => self.row(context)[index - 2],
        })
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(WindowCursor::new(self))
    }
}

/// A corpus of one sentence.
struct Line(Vec<TokenId>);

impl Source for Line {
    fn followers(&self, run: &[TokenId]) -> Vec<TokenId> {
        let windows = self.0.windows(run.len() + 1);
        let after = windows.filter(|window| window.starts_with(run));
        after.map(|window| window[run.len()]).collect()
    }

    fn longest_run(&self) -> Option<usize> {
        None
    }
}

fn spelt(tokens: &[TokenId]) -> Spelt {
    let text = format!("{tokens:?}");
    let ways = vec![tokens.to_vec()];
    Spelt { text, ways }
}

/// Wishes of several kinds, by number.
fn wishes(kind: usize) -> Wishes {
    let mut wishes = Wishes::default();
    match kind {
        0 => wishes.contain = vec![spelt(&[A, B])],
        1 => wishes.end = Some(spelt(&[B])),
        2 => wishes.never = vec![spelt(&[A, A]), spelt(&[B])],
        3 => {
            wishes.contain = vec![spelt(&[B]), spelt(&[A])];
            wishes.never = vec![spelt(&[A, B])];
        }
        4 => wishes.most_copied = Some(2),
        _ => {
            wishes.start = Some(spelt(&[B]));
            wishes.contain = vec![spelt(&[A])];
        }
    }
    wishes
}

const KINDS: usize = 6;

/// Whether a text keeps them, by looking.
fn keeps(kind: usize, text: &[TokenId], corpus: &Line) -> bool {
    let text = &text[..text.len() - 1];
    let has = |tokens: &[TokenId]| text.windows(tokens.len()).any(|there| there == tokens);
    match kind {
        0 => has(&[A, B]),
        1 => text.ends_with(&[B]),
        2 => !has(&[A, A]) && !has(&[B]),
        3 => has(&[B]) && has(&[A]) && !has(&[A, B]),
        4 => !corpus.0.windows(3).any(has),
        _ => text.starts_with(&[B]) && has(&[A]),
    }
}

const MOST: usize = 5;

/// Sets the scene for a test, which hears the scene, the guard, and the texts that keep the wishes
/// with their shares of the probability of all; and how probable they are together.
fn with(
    tiny: &Tiny,
    kind: usize,
    test: impl FnOnce(&Scene, &Guard, BTreeMap<Vec<TokenId>, f64>, f64),
) {
    let corpus = Line(vec![A, B, B, A, A]);
    let (sampling, limits) = (
        Sampling::default(),
        Limits {
            max_tokens: MOST,
            stop: Vec::new(),
        },
    );
    let scene = Scene {
        model: tiny,
        reading: &Reading::DEFAULT,
        context: &[],
        sampling: &sampling,
        limits: &limits,
        rule: None,
    };
    // A text that is cut off may keep wishes about what must not come: it is made to end.
    let mut wishes = wishes(kind);
    if wishes.end.is_none() && wishes.contain.is_empty() {
        wishes.end = Some(Spelt {
            text: "any".into(),
            ways: vec![vec![A], vec![B], vec![TokenId(5)]],
        });
    }
    let guard = Guard::new(wishes, Some(&corpus));
    let mut texts: BTreeMap<_, _> = tiny.texts(MOST).into_iter().collect();
    texts.retain(|text, p| *p > 0.0 && text.len() > 1 && keeps(kind, text, &corpus));
    let of: f64 = match kind {
        // The beginning is given.
        5 => tiny.rows[0][2],
        _ => 1.0,
    };
    let chance: f64 = texts.values().sum::<f64>() / of;
    texts.values_mut().for_each(|p| *p /= chance * of);
    test(&scene, &guard, texts, chance);
}

fn tiny() -> Tiny {
    Tiny::new([[1, 5, 3, 3], [4, 2, 3, 1], [3, 4, 2, 2], [2, 3, 1, 6]])
}

/// How far shares that were drawn are from those there are, at most.
fn off(counts: &BTreeMap<Vec<TokenId>, f64>, shares: &BTreeMap<Vec<TokenId>, f64>) -> f64 {
    let all: f64 = counts.values().sum();
    let off = |(text, share): (&Vec<TokenId>, &f64)| {
        (counts.get(text).unwrap_or(&0.0) / all - share).abs()
    };
    shares.iter().map(off).fold(0.0, f64::max)
}

#[test]
fn free_texts_come_as_often_as_the_voice_writes_them_given_the_wishes() {
    for kind in 0..KINDS {
        with(&tiny(), kind, |scene, guard, shares, chance| {
            let mut counts = BTreeMap::new();
            let (mut dice, mut tries) = (Dice::new(7), 0);
            let budget = Budget {
                free: 100_000,
                led: 0,
            };
            for _ in 0..4_000 {
                let guarded = generate_guarded(scene, guard, budget, &mut dice, &Quiet).unwrap();
                let Way::Free { tries: tried } = guarded.way else {
                    panic!("nothing was led");
                };
                tries += tried;
                let text = guarded
                    .written
                    .steps
                    .iter()
                    .map(|step| step.token)
                    .collect();
                *counts.entry(text).or_insert(0.0) += 1.0;
            }
            assert!(
                counts.keys().all(|text| shares.contains_key(text)),
                "{kind}"
            );
            assert!(
                off(&counts, &shares) < 0.03,
                "{kind}: {counts:?} {shares:?}"
            );
            let measured = 4_000.0 / tries as f64;
            assert!(
                (measured / chance - 1.0).abs() < 0.1,
                "{kind}: {measured} for {chance}"
            );
        });
    }
}

#[test]
fn the_weights_of_led_texts_undo_the_leading() {
    for kind in 0..KINDS {
        for patience in [0.3, 0.01, 0.00001] {
            with(&tiny(), kind, |scene, guard, shares, chance| {
                let (mut dice, mut sums) = (Dice::new(3), BTreeMap::new());
                let number = 200_000;
                for _ in 0..number {
                    if let Ok((written, weight)) = led(scene, guard, patience, &mut dice) {
                        let text = written.steps.iter().map(|step| step.token).collect();
                        *sums.entry(text).or_insert(0.0) += weight.exp();
                    }
                }
                assert!(sums.keys().all(|text| shares.contains_key(text)), "{kind}");
                let mean = sums.values().sum::<f64>() / f64::from(number);
                assert!(
                    (mean / chance - 1.0).abs() < 0.1,
                    "{kind}, {patience}: {mean} for {chance}"
                );
                assert!(
                    off(&sums, &shares) < 0.03,
                    "{kind}, {patience}: {sums:?} {shares:?}"
                );
            });
        }
    }
}

#[test]
fn led_texts_are_drawn_when_free_ones_run_out() {
    with(&tiny(), 0, |scene, guard, shares, chance| {
        let (mut dice, mut counts, mut mean) = (Dice::new(1), BTreeMap::new(), 0.0);
        for _ in 0..3_000 {
            let budget = Budget { free: 0, led: 60 };
            let guarded = generate_guarded(scene, guard, budget, &mut dice, &Quiet).unwrap();
            let Way::Led {
                chance: estimated,
                effective,
                ..
            } = guarded.way
            else {
                panic!("none was free");
            };
            assert!((0.999..60.001).contains(&effective));
            mean += estimated / 3_000.0;
            let text = guarded
                .written
                .steps
                .iter()
                .map(|step| step.token)
                .collect();
            *counts.entry(text).or_insert(0.0) += 1.0;
        }
        assert!((mean / chance - 1.0).abs() < 0.1, "{mean} for {chance}");
        assert!(off(&counts, &shares) < 0.04, "{counts:?} {shares:?}");
    });
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let refused = |wishes: Wishes, said: &str| {
        with(&tiny(), 0, |scene, _, _, _| {
            let corpus = Line(vec![A, B, B, A, A]);
            let guard = Guard::new(wishes, Some(&corpus));
            let budget = Budget { free: 10, led: 10 };
            let error =
                generate_guarded(scene, &guard, budget, &mut Dice::new(1), &Quiet).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.what().contains(said), "{}", error.what());
            let same = beam(scene, &guard, 3, false, &Quiet).unwrap_err();
            assert_eq!(same.what(), error.what());
        });
    };
    let contains = |tokens: &[TokenId]| Wishes {
        contain: vec![spelt(tokens)],
        ..Wishes::default()
    };
    refused(contains(&[A; 5]), "6 tokens at least");
    let never = vec![spelt(&[A, B])];
    refused(
        Wishes {
            never,
            ..contains(&[B, A, B])
        },
        "never to come",
    );
    refused(
        Wishes {
            most_copied: Some(2),
            ..contains(&[A, B, B])
        },
        "3 tokens in a row",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_wide_beam_finds_the_most_probable_texts(
        weights in prop::array::uniform4(prop::array::uniform4(1u8..20)),
        kind in 0..KINDS,
        number in 1usize..6,
    ) {
        let tiny = Tiny::new(weights);
        with(&tiny, kind, |scene, guard, shares, chance| {
            let found = beam(scene, guard, 500, false, &Quiet).unwrap();
            let begins = if kind == 5 { tiny.rows[0][2] } else { 1.0 };
            let of_all = |share: f64| share * chance * begins;
            let mut best: Vec<f64> = shares.into_values().map(of_all).collect();
            best.sort_by(|a, b| b.total_cmp(a));
            for (found, best) in found.iter().zip(&best).take(number) {
                assert!((found.log_prob.probability() - best).abs() < 1e-12);
                let product: f64 = found.written.steps.iter().map(|step| step.log_prob.ln()).sum();
                assert!((product - found.log_prob.ln()).abs() < 1e-12);
            }
        });
    }
}
