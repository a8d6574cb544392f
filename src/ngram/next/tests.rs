use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Drawing, Sought, each_context};
use crate::model::{Distribution, LanguageModel, score_on};
use crate::ngram::tests::{contexts, corpora, model, smoothings};
use crate::ngram::{NgramModel, Node, arpa};
use crate::progress::Quiet;
use crate::smooth::Smoothing;
use crate::token::TokenId;

/// Every question, asked the fast way and of the whole distribution.
fn assert_same(model: &NgramModel, context: &[TokenId]) {
    let (fast, whole) = (model.outlook(context), model.distribution(context));
    for k in [0, 1, 3, 100] {
        assert_eq!(fast.best(k), whole.top(k), "the {k} best after {context:?}");
    }
    for token in model.vocabulary().ids() {
        assert_eq!(fast.log_prob(token), whole.log_prob(token));
        assert_eq!(
            fast.rank(token),
            whole.rank(token),
            "{token:?} after {context:?}"
        );
    }
    for share in [0.1, 0.5, 0.9] {
        assert_eq!(fast.covering(share), whole.covering(share));
    }
    assert_close(fast.entropy_bits(), &whole);
}

fn assert_close(bits: f64, whole: &Distribution) {
    let exact = whole.entropy_bits();
    assert!((bits - exact).abs() < 1e-9, "{bits} for {exact}");
}

proptest! {
    #[test]
    fn the_fast_way_says_what_the_whole_distribution_says(
        sentences in corpora(), order in 1usize..6, context in contexts(), smoothing in smoothings()
    ) {
        assert_same(&model(&sentences, order, smoothing), &context);
    }

    #[test]
    fn one_pass_gives_the_entropy_of_every_context(
        sentences in corpora(), order in 2usize..5
    ) {
        let model = model(&sentences, order, Smoothing::default());
        let mut visited = 0;
        each_context(&model, &Quiet, |contexts| {
            for (index, openness) in contexts.openness.iter().enumerate() {
                let tokens = model.table().tokens_of(Node { length: contexts.length, index });
                let whole = model.distribution(&tokens);
                assert_close(openness.entropy_bits(), &whole);
                let wider = model.distribution(&tokens[1..]).entropy_bits();
                let narrowing = wider - whole.entropy_bits();
                assert!((contexts.narrowing_bits(index) - narrowing).abs() < 1e-9);
            }
            visited += contexts.openness.len();
            Ok(())
        }).unwrap();
        let contexts: usize = model.table().sizes()[..order - 1].iter().sum();
        prop_assert_eq!(visited, contexts);
    }

    #[test]
    fn the_decisive_narrow_most_and_the_open_leave_most(
        sentences in corpora(), order in 2usize..5, seen in 0u64..4, number in 0usize..6
    ) {
        let model = model(&sentences, order, Smoothing::default());
        let table = model.table();
        let (mut decisive, mut open) = (Vec::new(), Vec::new());
        for length in 1..order {
            for index in 0..table.sizes()[length - 1] {
                let node = Node { length, index };
                let tokens = table.tokens_of(node);
                if table.times_seen(node) >= Some(seen) && !table.children(node).is_empty() {
                    let bits = |tokens| model.distribution(tokens).entropy_bits();
                    decisive.push(bits(&tokens[1..]) - bits(&tokens));
                    open.push(bits(&tokens));
                }
            }
        }
        for (sought, mut all) in [(Sought::Decisive, decisive), (Sought::Open, open)] {
            let found = super::contexts(&model, sought, seen, number, &Quiet).unwrap();
            all.sort_by(|a, b| b.total_cmp(a));
            all.truncate(number);
            prop_assert_eq!(found.len(), all.len());
            for (found, expected) in found.iter().zip(&all) {
                let bits = match sought {
                    Sought::Decisive => found.narrowing_bits,
                    Sought::Open => found.entropy_bits,
                };
                prop_assert!((bits - expected).abs() < 1e-9);
                prop_assert!(found.times_seen >= seen);
            }
        }
    }

    #[test]
    fn a_node_has_the_tokens_that_lead_to_it(sentences in corpora(), order in 1usize..5) {
        let model = model(&sentences, order, Smoothing::default());
        for (size, length) in model.table().sizes().into_iter().zip(1..) {
            for index in 0..size {
                let node = Node { length, index };
                let tokens = model.table().tokens_of(node);
                let step = |node, &token: &TokenId| model.table().child(node, token).unwrap();
                prop_assert_eq!(tokens.iter().fold(Node::ROOT, step), node);
            }
        }
    }
}

/// Where a foreign file lists `<s>` as a follower, an impossible word, or no suffix.
#[test]
fn the_fast_way_bears_what_foreign_files_hold() {
    let file = "\\data\\\nngram 1=5\nngram 2=4\nngram 3=2\n\n\\1-grams:\n-0.9 <unk> -0.1\n\
        -99 <s> -0.3\n-0.4 </s>\n-0.5 a -0.2\n-99 b -0.4\n\n\\2-grams:\n-0.3 <s> a -0.1\n\
        -0.6 a <s> -0.2\n-0.2 a b -99\n-0.4 b a -0.3\n\n\\3-grams:\n-0.1 <s> a b\n-0.2 a b a\n\n\
        \\end\\\n";
    let read = arpa::read(&mut file.as_bytes(), "test", arpa::Leniency::Strict, &Quiet);
    let model = read.unwrap().into_model().unwrap();
    let ids: Vec<TokenId> = model.vocabulary().ids().collect();
    for &a in &ids {
        for &b in &ids {
            assert_same(&model, &[a, b]);
        }
    }
}

#[test]
fn long_lists_are_no_exception() {
    // A zig-zag over a vocabulary that takes many blocks, and beyond what is ranked beforehand.
    let number = |i: u32| 3 + (i * 7_919) % 6_000;
    let sentences: Vec<Vec<u32>> = (0..300)
        .map(|s| (0..40).flat_map(|i| [3, number(s * 40 + i)]).collect())
        .collect();
    let model = crate::ngram::tests::model_of(&sentences, 6_003, 3, Smoothing::default());
    let after_3 = model.table().locate(&[TokenId(3)]);
    assert!(model.table().children(after_3).len() > 4_096);
    for context in [
        &[][..],
        &[TokenId(3)],
        &[TokenId(17), TokenId(3)],
        &[TokenId(5_999)],
    ] {
        let (fast, whole) = (model.outlook(context), model.distribution(context));
        for k in [10, 500, 5_000, 9_000] {
            assert_eq!(fast.best(k), whole.top(k));
        }
        for token in [0, 1, 2, 3, 1_000, 6_002].map(TokenId) {
            assert_eq!(fast.rank(token), whole.rank(token));
        }
        assert_close(fast.entropy_bits(), &whole);
        drawn_as_often(&model, context, 100);
    }
    let sentences: Vec<Vec<TokenId>> = sentences
        .iter()
        .map(|sentence| {
            sentence
                .iter()
                .map(|&id| TokenId((id * 7) % 6_003))
                .collect()
        })
        .collect();
    let sentences: Vec<&[TokenId]> = sentences.iter().map(|sentence| &sentence[..]).collect();
    let alone: Vec<_> = sentences
        .iter()
        .map(|sentence| score_on(&mut *model.cursor(), sentence))
        .collect();
    assert_eq!(model.score(&sentences), alone);
}

#[test]
fn draws_come_as_often_as_the_distribution_says() {
    let sentences: Vec<Vec<u32>> = (0..40).map(|i| vec![3 + i % 4, 3 + i % 3, 4, 3]).collect();
    let model = model(&sentences, 4, Smoothing::default());
    for context in [
        &[][..],
        &[TokenId(3)],
        &[TokenId(1), TokenId(4)],
        &[TokenId(3), TokenId(4)],
    ] {
        drawn_as_often(&model, context, 8);
    }
}

/// The most frequent tokens are drawn as often as they should be, within five standard deviations.
fn drawn_as_often(model: &NgramModel, context: &[TokenId], top: usize) {
    const DRAWS: usize = 40_000;
    let drawing = Drawing::of(model).unwrap();
    let context_node = model.table().locate(context);
    let mut stream = ChaCha8Rng::seed_from_u64(7);
    let mut dice = || (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let mut times = vec![0usize; model.vocabulary().len()];
    for _ in 0..DRAWS {
        let drawn = drawing.draw(context_node, &mut dice);
        assert_eq!(
            drawn.context,
            model.table().advance(context_node, drawn.token)
        );
        times[drawn.token.index()] += 1;
    }
    assert_eq!(times[TokenId::START.index()], 0);
    for candidate in model.distribution(context).top(top) {
        let p = candidate.log_prob.probability();
        let (found, expected) = (times[candidate.token.index()] as f64, p * DRAWS as f64);
        let deviation = (expected * (1.0 - p)).sqrt() + 1.0;
        assert!(
            (found - expected).abs() < 5.0 * deviation,
            "{candidate:?}: {found}, not {expected}"
        );
    }
}
