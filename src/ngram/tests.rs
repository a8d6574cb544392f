use proptest::prelude::*;

use super::{Built, NgramModel, Plan, Scorer, Table, build, format};
use crate::count::{Order, Pruning, plain};
use crate::model::{LanguageModel, score_on};
use crate::prob::LogProb;
use crate::progress::{Quiet, Stage};
use crate::smooth::{CountsOfCountsRule, Estimate, Reference, Smoothing, StupidBackoff};
use crate::store::{ModelFile, OpenOptions};
use crate::token::{Reading, TokenId, TokenText, Vocabulary};

const TYPES: u32 = 5;

const STAGE: Stage = Stage {
    number: 1,
    of: 2,
    name: "",
    unit: "",
    total: None,
};

/// The same over a vocabulary of so many tokens.
pub(super) fn model_of(
    sentences: &[Vec<u32>],
    tokens: u32,
    order: usize,
    smoothing: Smoothing,
) -> NgramModel {
    let mut vocabulary = Vocabulary::new();
    for token in 3..tokens {
        vocabulary.add(token.to_string().as_bytes());
    }
    let plan = plan(order, Estimate::Probabilities(smoothing));
    let built = build(text(sentences), vocabulary, &plan, STAGE, &Quiet).unwrap();
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

fn plan(order: usize, estimate: Estimate) -> Plan {
    Plan {
        reading: Reading::default(),
        order: Order::new(order).unwrap(),
        estimate,
        pruning: Pruning::default(),
    }
}

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    for letter in 0..TYPES as u8 {
        vocabulary.add(&[b'a' + letter]);
    }
    vocabulary
}

fn text(sentences: &[Vec<u32>]) -> TokenText {
    let ids =
        |sentence: &Vec<u32>| -> Vec<TokenId> { sentence.iter().map(|&id| TokenId(id)).collect() };
    sentences.iter().map(ids).collect()
}

fn built(sentences: &[Vec<u32>], order: usize, estimate: Estimate) -> Built {
    let plan = plan(order, estimate);
    build(text(sentences), vocabulary(), &plan, STAGE, &Quiet).unwrap()
}

pub(super) fn model(sentences: &[Vec<u32>], order: usize, smoothing: Smoothing) -> NgramModel {
    let built = built(sentences, order, Estimate::Probabilities(smoothing));
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

pub(super) fn pruned_model(sentences: &[Vec<u32>], order: usize, pruning: Pruning) -> NgramModel {
    let estimate = Estimate::Probabilities(Smoothing::WittenBell);
    let plan = Plan {
        pruning,
        ..plan(order, estimate)
    };
    let built = build(text(sentences), vocabulary(), &plan, STAGE, &Quiet).unwrap();
    NgramModel::new(built.header, built.vocabulary, built.table).unwrap()
}

pub(super) fn corpora() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let token = prop_oneof![8 => 3u32..3 + TYPES - 1, 1 => Just(0u32)];
    proptest::collection::vec(proptest::collection::vec(token, 0..8), 1..20)
}

pub(super) fn contexts() -> impl Strategy<Value = Vec<TokenId>> {
    let token = prop_oneof![Just(0), Just(1), 3..3 + TYPES];
    proptest::collection::vec(token.prop_map(TokenId), 0..8)
}

pub(super) fn smoothings() -> impl Strategy<Value = Smoothing> {
    prop_oneof![
        Just(Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact)),
        Just(Smoothing::ModifiedKneserNey(CountsOfCountsRule::AsKenlm)),
        Just(Smoothing::WittenBell),
        Just(Smoothing::AbsoluteDiscounting),
        Just(Smoothing::AddK(0.3)),
        Just(Smoothing::MaximumLikelihood),
    ]
}

fn estimates() -> impl Strategy<Value = Estimate> {
    let scores = Just(Estimate::Scores(StupidBackoff::default()));
    prop_oneof![6 => smoothings().prop_map(Estimate::Probabilities), 1 => scores]
}

proptest! {
    #[test]
    fn what_is_left_of_a_pruned_model_sums_to_one(
        sentences in corpora(), order in 1usize..5, smoothing in smoothings(),
        thresholds in proptest::collection::vec(0u64..3, 0..4),
        unwanted in proptest::option::of(3..3 + TYPES),
        context in proptest::collection::vec((0u32..8).prop_map(TokenId), 0..5),
    ) {
        let mut thresholds = thresholds;
        thresholds.sort();
        let wanted = unwanted.map(|unwanted| (0..3 + TYPES).map(|id| id != unwanted).collect());
        let plan = Plan {
            reading: Reading::default(),
            order: Order::new(order).unwrap(),
            estimate: Estimate::Probabilities(smoothing),
            pruning: Pruning::new(thresholds.clone(), wanted).unwrap(),
        };
        let whole = built(&sentences, order, plan.estimate);
        let built = build(text(&sentences), vocabulary(), &plan, STAGE, &Quiet).unwrap();
        for (n, (kept, all)) in (1..).zip(built.table.sizes().into_iter().zip(whole.table.sizes())) {
            let threshold = thresholds.get(n - 1).or(thresholds.last()).copied().unwrap_or(0);
            let seen = whole.table.levels()[n - 1].times_seen.iter();
            let frequent = seen.filter(|&&seen| threshold == 0 || u64::from(seen) > threshold).count();
            let specials = if n == 1 { 3 } else { 0 };
            prop_assert!(kept <= all && kept <= frequent + specials);
            prop_assert!(unwanted.is_some() || kept >= frequent);
        }
        let model = NgramModel::new(built.header, built.vocabulary, built.table).unwrap();
        let known = model.vocabulary().len() as u32;
        let context: Vec<TokenId> = context.iter().map(|id| TokenId(id.0 % known)).collect();
        let sum: f64 = model.distribution(&context).log_probs().iter().map(|ln| ln.exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-5, "{}", sum);
    }

    #[test]
    fn the_engine_builds_what_the_obvious_way_builds(
        sentences in corpora(), order in 1usize..6, estimate in estimates()
    ) {
        let counts = plain::count(
            &text(&sentences), vocabulary().len(), Order::new(order).unwrap()).unwrap();
        let smoothed = estimate.estimate(&counts, &Quiet);
        let (discounts, unlisted) = (smoothed.discounts().to_vec(), smoothed.unlisted());
        let plain = Table::new(counts, smoothed);
        let built = built(&sentences, order, estimate);
        prop_assert_eq!(built.header.discounts, discounts);
        prop_assert_eq!(built.header.unlisted, unlisted);
        for (built, plain) in built.table.levels().iter().zip(plain.levels()) {
            prop_assert_eq!(&built.tokens[..], &plain.tokens[..]);
            prop_assert_eq!(&built.log10_prob[..], &plain.log10_prob[..]);
            prop_assert_eq!(&built.log10_backoff[..], &plain.log10_backoff[..]);
            prop_assert_eq!(&built.suffix[..], &plain.suffix[..]);
            prop_assert_eq!(&built.children[..], &plain.children[..]);
            prop_assert_eq!(&built.times_seen[..], &plain.times_seen[..]);
            prop_assert_eq!(&built.times_seen_large[..], &plain.times_seen_large[..]);
        }
    }

    #[test]
    fn the_table_answers_as_the_reference_does(
        sentences in corpora(), order in 1usize..6, context in contexts(), smoothing in smoothings()
    ) {
        let counts = plain::count(
            &text(&sentences), vocabulary().len(), Order::new(order).unwrap()).unwrap();
        let smoothed = smoothing.smooth(&counts, &Quiet);
        let reference = Reference::new(vocabulary(), counts, smoothed);
        let model = model(&sentences, order, smoothing);
        for token in model.vocabulary().ids() {
            let (fast, plain) = (model.log_prob(&context, token), reference.log_prob(&context, token));
            prop_assert!(
                fast == plain || (fast.ln() - plain.ln()).abs() < 1e-5,
                "{smoothing}: {fast} is not {plain} for {token:?} after {context:?}"
            );
        }
    }

    #[test]
    fn slices_cursors_and_single_tokens_agree(
        sentences in corpora(), order in 1usize..6, context in contexts(), smoothing in smoothings()
    ) {
        let model = model(&sentences, order, smoothing);
        let mut by_slice = vec![0.0; model.vocabulary().len()];
        let mut by_cursor = by_slice.clone();
        model.log_probs(&context, &mut by_slice);
        let mut cursor = model.cursor();
        cursor.push(TokenId(4));
        cursor.reset();
        context.iter().for_each(|&token| cursor.push(token));
        cursor.log_probs(&mut by_cursor);
        prop_assert_eq!(&by_slice, &by_cursor);
        for token in model.vocabulary().ids() {
            prop_assert_eq!(model.log_prob(&context, token).ln(), by_slice[token.index()]);
            prop_assert_eq!(cursor.log_prob(token).ln(), by_slice[token.index()]);
        }
        let sum: f64 = by_slice.iter().map(|ln| ln.exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-5, "{smoothing}: {sum}");
    }

    #[test]
    fn sentences_in_flight_score_as_each_alone(
        sentences in corpora(), asked in corpora(), order in 1usize..6, smoothing in smoothings()
    ) {
        let model = model(&sentences, order, smoothing);
        let asked = text(&asked);
        let asked: Vec<&[TokenId]> = asked.sentences().collect();
        let alone: Vec<_> = asked.iter().map(|sentence| score_on(&mut *model.cursor(), sentence)).collect();
        prop_assert_eq!(model.score(&asked), alone);
    }

    #[test]
    fn evidence_is_what_was_seen(sentences in corpora(), context in contexts()) {
        let order = 3;
        let model = model(&sentences, order, Smoothing::default());
        let evidence = model.evidence().unwrap();
        let padded: Vec<Vec<u32>> = sentences
            .iter()
            .map(|s| [&[1], &s[..], &[2]].concat())
            .collect();
        let followers = |end: &[TokenId]| -> Vec<u32> {
            let end: Vec<u32> = end.iter().map(|token| token.0).collect();
            let of = |s: &Vec<u32>| -> Vec<u32> {
                let windows = s.windows(end.len() + 1).filter(|w| w[..end.len()] == end);
                windows.map(|w| w[end.len()]).filter(|&next| next != 1).collect()
            };
            padded.iter().flat_map(of).collect()
        };
        let longest = context.len().min(order - 1);
        let matched = (0..=longest).rev().map(|n| &context[context.len() - n..]);
        let matched = matched.into_iter().find(|end| !followers(end).is_empty()).unwrap();
        let mut seen = followers(matched);
        let found = evidence.of_context(&context);
        prop_assert_eq!(found.order, matched.len() + 1);
        prop_assert_eq!(found.times_seen, Some(seen.len() as u64));
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(found.followers, seen.len() as u64);
    }

    #[test]
    fn a_file_gives_back_the_same_model(sentences in corpora(), order in 1usize..5) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let built = built(&sentences, order, Estimate::Probabilities(Smoothing::default()));
        format::save(&path, &built.header, &built.vocabulary, &built.table).unwrap();
        let file = ModelFile::open(&path, OpenOptions::default()).unwrap();
        let (header, vocabulary, table) = format::load(&file).unwrap();
        prop_assert_eq!(&header, &built.header);
        prop_assert!(vocabulary.same_as(&built.vocabulary));
        for (read, kept) in table.levels().iter().zip(built.table.levels()) {
            prop_assert_eq!(&read.tokens[..], &kept.tokens[..]);
            prop_assert_eq!(&read.log10_prob[..], &kept.log10_prob[..]);
            prop_assert_eq!(&read.children[..], &kept.children[..]);
        }
    }

    #[test]
    fn damaged_levels_are_refused_or_harmless(
        sentences in corpora(), level in 0usize..3, column in 0usize..5, at in any::<usize>(),
        value in prop_oneof![0u32..9, any::<u32>()]
    ) {
        let built = built(&sentences, 3, Estimate::Probabilities(Smoothing::default()));
        let mut levels = built.table.levels().to_vec();
        let damage = |numbers: &[u32]| {
            let mut numbers = numbers.to_vec();
            let len = numbers.len();
            if len > 0 {
                numbers[at % len] = value;
            }
            numbers
        };
        let chosen = &mut levels[level];
        match column {
            0 => chosen.suffix = damage(&chosen.suffix).into(),
            1 => chosen.children = damage(&chosen.children).into(),
            2 => chosen.tokens =
                damage(bytemuck::cast_slice(&chosen.tokens)).into_iter().map(TokenId).collect::<Vec<_>>().into(),
            3 => chosen.log10_prob =
                damage(bytemuck::cast_slice(&chosen.log10_prob)).into_iter().map(f32::from_bits).collect::<Vec<_>>().into(),
            _ => chosen.suffix = chosen.suffix[..chosen.suffix.len() / 2].to_vec().into(),
        }
        if let Ok(table) = Table::from_levels(levels) {
            let model = NgramModel::new(built.header, built.vocabulary, table).unwrap();
            let mut out = vec![0.0; model.vocabulary().len()];
            for a in model.vocabulary().ids() {
                for b in model.vocabulary().ids() {
                    model.log_probs(&[a, b], &mut out);
                }
            }
        }
    }

    #[test]
    fn equal_states_answer_alike_and_as_the_model(
        sentences in corpora(), order in 1usize..5, threshold in 0u64..2,
        histories in proptest::collection::vec(contexts(), 2..12),
    ) {
        let pruning = Pruning::new(vec![0, threshold, threshold], None).unwrap();
        let model = pruned_model(&sentences, order, pruning);
        let table = model.table();
        let tokens: Vec<TokenId> = model.vocabulary().ids().filter(|&id| id != TokenId::START).collect();
        for a in &histories {
            let state = table.state(a);
            prop_assert!(state.length() < order.max(1));
            for &token in &tokens {
                let step = table.step(state, token);
                let expected = model.log_prob(a, token);
                prop_assert_eq!(LogProb::from_log10(step.log10_prob), expected);
                let longer = [&a[..], &[token]].concat();
                prop_assert_eq!(step.state, table.state(&longer));
            }
            for b in histories.iter().filter(|b| table.state(b) == state) {
                for &token in &tokens {
                    prop_assert_eq!(model.log_prob(a, token), model.log_prob(b, token));
                }
            }
        }
    }
}

#[test]
fn scores_are_relative_frequencies_with_a_penalty_for_each_step() {
    let sentences = [vec![3, 3, 4]];
    let built = built(&sentences, 3, Estimate::Scores(StupidBackoff::default()));
    let refused = NgramModel::new(
        built.header.clone(),
        built.vocabulary.clone(),
        built.table.clone(),
    );
    assert!(refused.is_err(), "scores are no language model");
    let scorer = Scorer::new(built.header, built.vocabulary, built.table).unwrap();
    let score = |context: &[u32], token| {
        let context: Vec<TokenId> = context.iter().map(|&id| TokenId(id)).collect();
        scorer.score(&context, TokenId(token)).0.exp()
    };
    assert!((score(&[3], 4) - 0.5).abs() < 1e-6, "one of two");
    assert!(
        (score(&[4, 3], 4) - 0.4 * 0.5).abs() < 1e-6,
        "b a was never seen"
    );
    assert!(
        (score(&[5, 6], 3) - 0.16 * 0.5).abs() < 1e-6,
        "two steps to the unigram"
    );
}
