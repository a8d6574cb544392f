use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::count::{Order, Pruning};
use crate::model::{Evidence, LanguageModel};
use crate::ngram::{Built, NgramModel, Plan, build};
use crate::progress::{Quiet, Stage};
use crate::smooth::{Estimate, Smoothing};
use crate::store::{ModelFile, OpenOptions};
use crate::token::{Reading, TokenId, TokenText, Vocabulary};

const STAGE: Stage = Stage {
    number: 1,
    of: 1,
    name: "",
    unit: "",
    total: None,
};

const TYPES: u32 = 90;

/// Sentences of few words and of many, so that some contexts have one follower and some have more
/// than a block.
fn corpora() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let token = |types: u32| prop_oneof![12 => 3..3 + types, 6 => 3..6u32, 1 => Just(0)];
    let sentences = |types: u32, most: usize| {
        prop::collection::vec(prop::collection::vec(token(types), 0..9), 1..most)
    };
    prop_oneof![3 => sentences(5, 20), 1 => sentences(TYPES - 4, 200)]
}

fn contexts() -> impl Strategy<Value = Vec<TokenId>> {
    let token = prop_oneof![1 => Just(0), 1 => Just(1), 4 => 3u32..8, 1 => 3..3 + TYPES];
    prop::collection::vec(token.prop_map(TokenId), 0..7)
}

fn smoothings() -> impl Strategy<Value = Smoothing> {
    prop_oneof![
        3 => Just(Smoothing::default()),
        1 => Just(Smoothing::WittenBell),
        1 => Just(Smoothing::AbsoluteDiscounting),
        1 => Just(Smoothing::MaximumLikelihood),
    ]
}

pub(super) fn built(sentences: &[Vec<u32>], order: usize, smoothing: Smoothing) -> Built {
    let mut vocabulary = Vocabulary::new();
    for word in 0..TYPES {
        vocabulary.add(format!("w{word}").as_bytes());
    }
    let ids = |sentence: &Vec<u32>| sentence.iter().map(|&id| TokenId(id)).collect::<Vec<_>>();
    let text: TokenText = sentences.iter().map(ids).collect();
    let plan = Plan {
        reading: Reading::default(),
        order: Order::new(order).unwrap(),
        estimate: Estimate::Probabilities(smoothing),
        pruning: Pruning::default(),
    };
    build(text, vocabulary, &plan, STAGE, &Quiet).unwrap()
}

pub(super) fn compact(built: &Built, precision: Precision) -> CompactModel {
    let table = CompactTable::new(&built.table, precision, STAGE, &Quiet).unwrap();
    let table = CompactTable::from_levels(precision, table.levels).unwrap();
    CompactModel::new(built.header.clone(), built.vocabulary.clone(), table).unwrap()
}

fn fast(built: &Built) -> NgramModel {
    let (header, vocabulary) = (built.header.clone(), built.vocabulary.clone());
    NgramModel::new(header, vocabulary, built.table.clone()).unwrap()
}

fn distribution(model: &dyn LanguageModel, context: &[TokenId]) -> Vec<f64> {
    model.distribution(context).into_log_probs()
}

/// What any language model promises of its answers after a context.
fn agrees_with_itself(model: &CompactModel, context: &[TokenId]) -> Result<(), TestCaseError> {
    let by_slice = distribution(model, context);
    let mut cursor = model.cursor();
    cursor.push(TokenId(4));
    cursor.reset();
    context.iter().for_each(|&token| cursor.push(token));
    let mut by_cursor = vec![0.0; by_slice.len()];
    cursor.log_probs(&mut by_cursor);
    prop_assert_eq!(&by_slice, &by_cursor);
    let walk = model.table().walk();
    let read = |state: State, &token: &TokenId| walk.step(&state, token).state;
    let state = context.iter().fold(walk.empty(), read);
    for token in model.vocabulary().ids() {
        let ln = by_slice[token.index()];
        prop_assert_eq!(model.log_prob(context, token).ln(), ln);
        prop_assert_eq!(cursor.log_prob(token).ln(), ln);
        let step = walk.step(&state, token);
        prop_assert!(
            token == TokenId::START || crate::prob::LogProb::from_log10(step.log10_prob).ln() == ln
        );
        let matched = Evidence::of_token(model, context, token).order;
        prop_assert_eq!(step.matched, matched);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn exact_is_the_same_model(
        sentences in corpora(), order in 1usize..6, smoothing in smoothings(), context in contexts()
    ) {
        let built = built(&sentences, order, smoothing);
        let (fast, exact) = (fast(&built), compact(&built, Precision::Exact));
        prop_assert_eq!(distribution(&fast, &context), distribution(&exact, &context));
        agrees_with_itself(&exact, &context)?;
        let (of_fast, of_exact) = (fast.evidence().unwrap(), exact.evidence().unwrap());
        for token in exact.vocabulary().ids() {
            let order = of_fast.of_token(&context, token).order;
            prop_assert_eq!(of_exact.of_token(&context, token).order, order);
        }
        let (of_fast, of_exact) = (of_fast.of_context(&context), of_exact.of_context(&context));
        prop_assert_eq!(of_exact.order, of_fast.order);
        // The table counts `<unk>`, which it lists, among followers only if it was seen.
        prop_assert!(of_exact.followers == of_fast.followers || of_exact.order == 1);
        prop_assert_eq!(of_exact.times_seen, None);
    }

    #[test]
    fn exact_gives_the_table_back(sentences in corpora(), order in 1usize..6, smoothing in smoothings()) {
        let built = built(&sentences, order, smoothing);
        let again = compact(&built, Precision::Exact).table().expand();
        prop_assert_eq!(again.sizes(), built.table.sizes());
        for (again, table) in again.levels().iter().zip(built.table.levels()) {
            prop_assert_eq!(&again.tokens[..], &table.tokens[..]);
            prop_assert_eq!(&again.suffix[..], &table.suffix[..]);
            prop_assert_eq!(&again.children[..], &table.children[..]);
            let bits = |logs: &[f32]| logs.iter().map(|log| log.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&again.log10_prob), bits(&table.log10_prob));
            prop_assert_eq!(bits(&again.log10_backoff), bits(&table.log10_backoff));
            prop_assert!(again.times_seen.is_empty());
        }
    }

    #[test]
    fn quantised_sums_to_one_however_coarse(
        sentences in corpora(), order in 1usize..6, smoothing in smoothings(), context in contexts(), bits in 2u8..=16
    ) {
        let built = built(&sentences, order, smoothing);
        let model = compact(&built, Precision::Quantised { bits });
        let by_slice = distribution(&model, &context);
        let sum: f64 = by_slice.iter().map(|ln| ln.exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        agrees_with_itself(&model, &context)?;
        // Its table says the same, as far as an f32 can.
        let table = model.table().expand();
        let expanded = NgramModel::new(built.header.clone(), built.vocabulary.clone(), table).unwrap();
        for (own, of_table) in by_slice.iter().zip(distribution(&expanded, &context)) {
            prop_assert!((own.exp() - of_table.exp()).abs() < 1e-5, "{own} {of_table}");
        }
    }

    #[test]
    fn sixteen_bits_are_nearly_exact(sentences in corpora(), order in 2usize..6, context in contexts()) {
        let built = built(&sentences, order, Smoothing::default());
        let model = compact(&built, Precision::Quantised { bits: 16 });
        let exact = distribution(&fast(&built), &context);
        for (own, exact) in distribution(&model, &context).iter().zip(exact) {
            prop_assert!((own.exp() - exact.exp()).abs() < 1e-3, "{own} {exact}");
        }
    }

    #[test]
    fn many_sentences_are_scored_as_one_is(
        sentences in corpora(), texts in prop::collection::vec(contexts(), 0..20), quantised: bool
    ) {
        let precision = if quantised { Precision::Quantised { bits: 8 } } else { Precision::Exact };
        let model = compact(&built(&sentences, 4, Smoothing::default()), precision);
        let texts: Vec<&[TokenId]> = texts.iter().map(|text| &text[..]).collect();
        let scores = model.score(&texts);
        prop_assert_eq!(scores.len(), texts.len());
        for (text, scores) in texts.iter().zip(scores) {
            let mut cursor = model.cursor();
            cursor.push(TokenId::START);
            let plain = text.iter().chain([&TokenId::END]).map(|&token| {
                let log_prob = cursor.log_prob(token);
                cursor.push(token);
                log_prob
            });
            prop_assert_eq!(scores, plain.collect::<Vec<_>>());
        }
    }

    #[test]
    fn followers_are_those_of_the_table(sentences in corpora(), context in contexts()) {
        let built = built(&sentences, 4, Smoothing::default());
        let model = compact(&built, Precision::Exact);
        let walk = model.table().walk();
        let state = context.iter().fold(walk.empty(), |state, &token| walk.advance(&state, token));
        let table = &built.table;
        let mut node = table.locate(&context);
        while node.length() > state.len() {
            prop_assert!(table.children(node).is_empty() && table.log10_backoff(node) == 0.0);
            node = table.suffix(node);
        }
        for listed in walk.listing(&state).contexts() {
            prop_assert_eq!(listed.length(), node.length());
            prop_assert_eq!(listed.log10_backoff(), table.log10_backoff(node));
            let level = &table.levels()[node.length()];
            let children = table.children(node);
            prop_assert_eq!(listed.followers_len(), children.len());
            let plain = children.map(|index| (level.tokens[index], f64::from(level.log10_prob[index])));
            prop_assert!(listed.followers().eq(plain));
            if node.length() > 0 {
                node = table.suffix(node);
            }
        }
    }

    #[test]
    fn equal_states_go_on_alike(sentences in corpora(), texts in prop::collection::vec(contexts(), 2..30)) {
        let built = built(&sentences, 4, Smoothing::default());
        for precision in [Precision::Exact, Precision::Quantised { bits: 8 }] {
            let model = compact(&built, precision);
            let walk = model.table().walk();
            let mut seen: HashMap<State, Vec<f64>> = HashMap::new();
            for text in &texts {
                let state = text.iter().fold(walk.start(), |state, &token| walk.advance(&state, token));
                let own = distribution(&model, text);
                let fresh = text.iter().fold(walk.empty(), |state, &token| walk.advance(&state, token));
                prop_assert!(state.len() >= fresh.len());
                prop_assert_eq!(seen.entry(fresh).or_insert_with(|| own.clone()), &own);
            }
        }
    }

    #[test]
    fn a_file_gives_back_the_same_model(sentences in corpora(), order in 1usize..5, quantised: bool) {
        let precision = if quantised { Precision::Quantised { bits: 5 } } else { Precision::Exact };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let model = compact(&built(&sentences, order, Smoothing::default()), precision);
        format::save(&path, model.header(), model.vocabulary(), model.table()).unwrap();
        let file = ModelFile::open(&path, OpenOptions::default()).unwrap();
        let (header, vocabulary, table) = format::load(&file).unwrap();
        prop_assert_eq!(&header, model.header());
        prop_assert!(vocabulary.same_as(model.vocabulary()));
        prop_assert_eq!(table.precision(), precision);
        for (read, kept) in table.levels.iter().zip(&model.table().levels) {
            prop_assert_eq!(&read.blocks[..], &kept.blocks[..]);
            prop_assert_eq!(&read.offsets[..], &kept.offsets[..]);
            prop_assert_eq!(read.len, kept.len);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_number_of_threads_makes_the_same_bytes(sentences in corpora()) {
        let built = built(&sentences, 4, Smoothing::default());
        for precision in [Precision::Exact, Precision::Quantised { bits: 8 }] {
            let words = [1, 2, 5].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let table = pool.install(|| CompactTable::new(&built.table, precision, STAGE, &Quiet).unwrap());
                table.levels.iter().flat_map(|level| level.blocks.to_vec()).collect::<Vec<u64>>()
            });
            prop_assert!(words[0] == words[1] && words[1] == words[2]);
        }
    }
}

#[test]
fn orders_above_16_are_refused_by_name() {
    let sentences = vec![vec![3; 20]];
    assert!(
        CompactTable::new(
            &built(&sentences, 16, Smoothing::WittenBell).table,
            Precision::Exact,
            STAGE,
            &Quiet
        )
        .is_ok()
    );
    let table = built(&sentences, 17, Smoothing::WittenBell).table;
    let refused = CompactTable::new(&table, Precision::Exact, STAGE, &Quiet)
        .err()
        .unwrap();
    assert!(refused.what().contains("16"), "{refused}");
}

#[test]
fn what_it_cannot_say_is_refused() {
    let sentences = vec![vec![3, 4, 5]];
    for smoothing in [Smoothing::AddK(1.0), Smoothing::WittenBell] {
        let refused = check_header(&built(&sentences, 2, smoothing).header).is_err();
        assert_eq!(refused, smoothing == Smoothing::AddK(1.0));
    }
}
