//! Here are damaged compact models; all are refused, or answer like models.

use std::fs;

use proptest::prelude::*;

use super::level::Level;
use super::tests::{built, compact};
use super::{CompactModel, CompactTable, Precision, format};
use crate::model::{Evidence, LanguageModel};
use crate::ngram::NgramModel;
use crate::smooth::Smoothing;
use crate::store::{Column, ModelFile};
use crate::token::TokenId;

const PRECISIONS: [Precision; 2] = [Precision::Exact, Precision::Quantised { bits: 4 }];

fn small(precision: Precision) -> CompactModel {
    let sentences = vec![vec![3, 4, 5], vec![3, 4, 6, 7, 3, 4], vec![0, 3, 5]];
    compact(&built(&sentences, 3, Smoothing::WittenBell), precision)
}

/// A model of some blocks and some stored weights.
fn larger(precision: Precision) -> CompactModel {
    let word = |n: u32| 3 + (n * n + n / 7) % 60;
    let sentences: Vec<Vec<u32>> = (0..60)
        .map(|s| (0..6).map(|n| word(6 * s + n)).collect())
        .collect();
    compact(&built(&sentences, 4, Smoothing::default()), precision)
}

fn file_of(model: &CompactModel) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.cpt");
    format::save(&path, model.header(), model.vocabulary(), model.table()).unwrap();
    fs::read(&path).unwrap()
}

fn opens(bytes: &[u8]) -> bool {
    let file = ModelFile::from_bytes("damaged.cpt", bytes);
    file.is_ok_and(|file| format::load(&file).is_ok())
}

/// Asks everything there is to ask: no answer may panic, and each is a distribution.
fn question(model: &CompactModel) -> Result<(), TestCaseError> {
    let few: Vec<TokenId> = model.vocabulary().ids().take(9).collect();
    let mut contexts: Vec<Vec<TokenId>> = few.iter().map(|&a| vec![a]).collect();
    contexts.extend(
        few.iter()
            .flat_map(|&a| few.iter().map(move |&b| vec![a, b])),
    );
    for context in &contexts {
        let distribution = model.distribution(context);
        // What is damaged and passes is another model, but still one.
        if model.table().precision() != Precision::Exact {
            let sum: f64 = distribution.log_probs().iter().map(|ln| ln.exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
        Evidence::of_context(model, context);
        model.score(&[context]);
    }
    let table = model.table().expand();
    let expanded = NgramModel::new(model.header().clone(), model.vocabulary().clone(), table);
    expanded.unwrap().distribution(&contexts[3]);
    Ok(())
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    for precision in PRECISIONS {
        let mut bytes = file_of(&small(precision));
        assert!(opens(&bytes));
        let len = bytes.len();
        // Padding is zeros of which a few tell as much as all.
        let interesting = |at: usize, bytes: &[u8]| bytes[at] != 0 || at.is_multiple_of(61);
        for at in (0..len)
            .filter(|&at| interesting(at, &bytes))
            .collect::<Vec<_>>()
        {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(!opens(&bytes), "bit {bit} of byte {at}");
                bytes[at] ^= 1 << bit;
            }
        }
        for cut in (0..len).step_by(37) {
            assert!(!opens(&bytes[..cut]), "a cut at {cut}");
        }
    }
}

fn changed<T: bytemuck::Pod>(column: &Column<T>, at: usize, value: T) -> Column<T> {
    let mut numbers = column.to_vec();
    let len = numbers.len();
    if len > 0 {
        numbers[at % len] = value;
    }
    numbers.into()
}

fn cut<T: bytemuck::Pod>(column: &Column<T>, at: usize) -> Column<T> {
    column[..at % (column.len() + 1)].to_vec().into()
}

/// What a file with repaired checksums could hold.
fn damage(level: &mut Level, kind: usize, at: usize, value: u64, bit: u32) {
    match kind {
        0 => {
            let word = level.blocks[at % level.blocks.len()];
            level.blocks = changed(&level.blocks, at, word ^ 1 << bit);
        }
        1 => level.blocks = changed(&level.blocks, at, value),
        2 => level.offsets = changed(&level.offsets, at, value as u32),
        3 => level.firsts = changed(&level.firsts, at, value as u32),
        4 => level.probs = changed(&level.probs, at, f32::from_bits(value as u32)),
        5 => level.backoffs = changed(&level.backoffs, at, f32::from_bits(value as u32)),
        6 => level.len = value as usize % (2 * level.len + 2),
        7 => level.shape.prob_bits = value as u8,
        8 => level.shape.backoff_bits = value as u8,
        9 => level.shape.has_children = !level.shape.has_children,
        10 => level.shape.classes = Some(<[u8; 4]>::into((value as u32).to_le_bytes())),
        11 => level.shape.classes = None,
        12 => level.offsets = cut(&level.offsets, at),
        13 => level.blocks = cut(&level.blocks, at),
        _ => level.probs = cut(&level.probs, at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn hostile_files_with_good_checksums_are_refused_or_harmless(
        quantised: bool, order in 0usize..4, kind in prop_oneof![2 => Just(0usize), 1 => 1usize..15],
        at in any::<usize>(), bit in 0u32..64,
        value in prop_oneof![0u64..70, any::<u64>(), Just(u64::MAX)]
    ) {
        let precision = PRECISIONS[usize::from(quantised)];
        let model = larger(precision);
        let mut levels = model.table().levels.clone();
        damage(&mut levels[order], kind, at, value, bit);
        if let Ok(table) = CompactTable::from_levels(precision, levels) {
            let (header, vocabulary) = (model.header().clone(), model.vocabulary().clone());
            if let Ok(model) = CompactModel::new(header, vocabulary, table) {
                question(&model)?;
            }
        }
    }

    #[test]
    fn any_header_gives_an_answer(bits in any::<u8>(), orders in 0usize..6, keep in 0usize..5) {
        let precision = Precision::Quantised { bits };
        let mut levels = larger(PRECISIONS[1]).table().levels.clone();
        levels.truncate(keep);
        levels.resize(orders, Level::default());
        prop_assert!(levels.is_empty() || CompactTable::from_levels(precision, levels).is_err());
    }
}

#[test]
fn the_harmless_question_is_one_that_models_answer() {
    for precision in PRECISIONS {
        question(&larger(precision)).unwrap();
    }
}
