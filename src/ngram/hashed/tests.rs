use proptest::prelude::*;

use super::fill::{Entry, fill};
use super::hash::Seed;
use super::line::{self, INNER, Line, Numbers, TOP, home};
use super::{HIGHEST_ORDER, HashedState, HashedTable};
use crate::count::Pruning;
use crate::model::{LanguageModel, score_on};
use crate::ngram::NgramModel;
use crate::ngram::arpa::{self, Leniency};
use crate::ngram::tests::{contexts, corpora, model, pruned_model, smoothings};
use crate::pages::Zeroed;
use crate::prob::LogProb;
use crate::progress::Quiet;
use crate::smooth::{Smoothing, Unlisted};
use crate::token::TokenId;

fn ids(sentences: &[Vec<u32>]) -> Vec<Vec<TokenId>> {
    let ids = |sentence: &Vec<u32>| sentence.iter().map(|&id| TokenId(id)).collect();
    sentences.iter().map(ids).collect()
}

/// Scores are those of a cursor, steps and states those of the table.
fn assert_same(model: &NgramModel, hashed: &HashedTable, asked: &[Vec<TokenId>]) {
    let sentences: Vec<&[TokenId]> = asked.iter().map(|sentence| &sentence[..]).collect();
    let cursor = |sentence: &&[TokenId]| score_on(&mut *model.cursor(), sentence);
    let alone: Vec<Vec<LogProb>> = sentences.iter().map(cursor).collect();
    assert_eq!(hashed.score(&sentences), alone);
    let table = model.table();
    for history in asked {
        let (state, plain) = (hashed.state(history), table.state(history));
        assert_eq!(state.length(), plain.length());
        for token in model.vocabulary().ids() {
            let (step, expected) = (hashed.step(&state, token), table.step(plain, token));
            assert_eq!(step.log10_prob.to_bits(), expected.log10_prob.to_bits());
            assert_eq!(step.ngram_length, expected.ngram_length);
            assert_eq!(step.state.length(), expected.state.length());
        }
        for other in asked {
            let same = state == hashed.state(other);
            assert_eq!(same, plain == table.state(other), "{history:?} {other:?}");
        }
    }
}

proptest! {
    #[test]
    fn it_answers_as_the_table_does(
        sentences in corpora(), asked in corpora(), order in 1usize..=HIGHEST_ORDER,
        smoothing in smoothings(), seed in any::<u64>(),
    ) {
        let model = model(&sentences, order, smoothing);
        prop_assume!(model.header().unlisted == Unlisted::LowerOrder);
        let hashed = HashedTable::with_seed(model.table(), Seed(seed)).unwrap();
        assert_same(&model, &hashed.expect("few n-grams are told apart"), &ids(&asked));
    }

    #[test]
    fn it_answers_as_a_pruned_table_does(
        sentences in corpora(), histories in proptest::collection::vec(contexts(), 2..12),
        order in 2usize..5, threshold in 0u64..3,
    ) {
        let pruning = Pruning::new(vec![0, threshold], None).unwrap();
        let model = pruned_model(&sentences, order, pruning);
        let hashed = HashedTable::of(model.table()).unwrap();
        assert_same(&model, &hashed, &histories);
    }

    #[test]
    fn a_model_scores_alike_before_and_after(sentences in corpora(), asked in corpora()) {
        let (waiting, made) = (
            model(&sentences, 3, Smoothing::WittenBell),
            model(&sentences, 3, Smoothing::WittenBell),
        );
        made.hashed().unwrap();
        let asked = ids(&asked);
        let asked: Vec<&[TokenId]> = asked.iter().map(|sentence| &sentence[..]).collect();
        // After some rounds it pays.
        for _ in 0..40 {
            prop_assert_eq!(waiting.score(&asked), made.score(&asked));
        }
    }

    #[test]
    fn strays_are_found_and_what_is_not_there_is_not(
        count in 1usize..40_000, seed in any::<u64>()
    ) {
        check_filled::<INNER>(count, Seed(seed));
        check_filled::<TOP>(count, Seed(seed));
    }
}

fn check_filled<const SLOTS: usize>(count: usize, seed: Seed) {
    let hash = |index: usize| seed.token(TokenId(index as u32));
    let entry = |index: usize| Entry {
        hash: hash(index),
        numbers: Numbers {
            log10_prob: -(index as f32),
            log10_backoff: index as f32 / 2.0,
        },
    };
    let lines: Zeroed<Line> = fill::<SLOTS>(count, entry)
        .unwrap()
        .expect("all told apart");
    let find = |hash| line::find::<SLOTS>(&lines, home(hash, lines.len()), hash);
    for index in 0..count {
        let found = find(hash(index)).expect("it was put there");
        assert!(found.same::<SLOTS>(entry(index).numbers));
    }
    assert!((count..count + 2000).all(|absent| find(hash(absent)).is_none()));
}

#[test]
fn two_that_cannot_be_told_apart_are_noticed() {
    let entry = |index: usize| Entry {
        hash: 7 << 40 | 5,
        numbers: Numbers {
            log10_prob: -(index as f32),
            log10_backoff: 0.0,
        },
    };
    assert!(fill::<INNER>(1, entry).unwrap().is_some());
    assert!(fill::<INNER>(2, entry).unwrap().is_none());
    assert!(fill::<TOP>(2, entry).unwrap().is_none());
}

#[test]
fn ends_that_a_foreign_file_leaves_out_are_there() {
    let text = "\\data\\\nngram 1=6\nngram 2=2\nngram 3=2\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.5\n\
        -0.75\t</s>\n-0.5\ta\t-0.25\n-0.625\tb\t-0.125\n-0.7\tc\n\n\\2-grams:\n-0.25\t<s> a\t-0.0625\n\
        -0.5\ta b\t-0.5\n\n\\3-grams:\n-0.125\t<s> a b\n-0.25\ta b c\n\n\\end\\\n";
    let imported = arpa::read(&mut text.as_bytes(), "text", Leniency::Strict, &Quiet).unwrap();
    let model = imported.into_model().unwrap();
    let asked = [vec![3, 4, 5], vec![4, 5, 3], vec![], vec![5, 5, 1, 3, 4, 0]];
    assert_same(&model, model.hashed().unwrap(), &ids(&asked));
}

#[test]
fn what_cannot_be_hashed_is_refused() {
    let sentences = vec![vec![3, 4, 5]];
    let model_of = |order, smoothing| model(&sentences, order, smoothing);
    let long = model_of(HIGHEST_ORDER + 1, Smoothing::WittenBell);
    assert!(long.hashed().is_err());
    assert!(model_of(3, Smoothing::AddK(0.5)).hashed().is_err());
    // And scored nevertheless.
    let sentence = ids(&sentences);
    for _ in 0..40 {
        let alone = score_on(&mut *long.cursor(), &sentence[0]);
        assert_eq!(long.score(&[&sentence[0]]), [alone]);
    }
}

#[test]
fn a_state_is_small() {
    assert!(size_of::<HashedState>() <= 96);
    assert_eq!(HashedState::EMPTY.length(), 0);
}
