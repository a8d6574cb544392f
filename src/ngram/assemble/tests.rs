use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::plain::{self, Entries};
use super::{Assembled, Entry, Key, Packing, Source, assemble};
use crate::error::Result;
use crate::ngram::Table;
use crate::ngram::table::TableLevel;
use crate::token::{TokenId, Vocabulary};

/// n-grams of one order, and their numbers.
type Level = BTreeMap<Vec<u32>, (f32, f32)>;

/// Has n-grams from order 2 on, and gives them backwards.
struct Given<'g>(&'g [Level]);

impl Source for Given<'_> {
    fn ngrams<const W: usize>(&mut self, n: usize, packing: Packing) -> Result<Vec<Entry<W>>> {
        let entry = |(tokens, &(log10_prob, log10_backoff)): (&Vec<u32>, &(f32, f32))| {
            let push = |key, &token: &u32| packing.push(key, TokenId(token));
            Entry {
                key: tokens.iter().fold(Key::EMPTY, push),
                log10_prob,
                log10_backoff,
            }
        };
        Ok(self.0[n - 2].iter().rev().map(entry).collect())
    }
}

fn vocabulary(types: usize) -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    for number in vocabulary.len()..types {
        vocabulary.add(number.to_string().as_bytes());
    }
    vocabulary
}

fn by_definition(levels: &[Level], types: usize) -> (Vec<TableLevel>, usize) {
    let mut unigrams = Entries::new(1);
    for id in 0..types as u32 {
        let (log10_prob, log10_backoff) = unigram(id);
        unigrams.push(&[TokenId(id)], log10_prob, log10_backoff);
    }
    let mut all = vec![unigrams];
    for (level, n) in levels.iter().zip(2..) {
        let mut entries = Entries::new(n);
        for (tokens, &(log10_prob, log10_backoff)) in level {
            let ids: Vec<TokenId> = tokens.iter().map(|&token| TokenId(token)).collect();
            entries.push(&ids, log10_prob, log10_backoff);
        }
        all.push(entries);
    }
    let inserted = plain::close(&mut all);
    (plain::link(all), inserted)
}

fn unigram(id: u32) -> (f32, f32) {
    (-1.0 - id as f32 / 8.0, -(id as f32) / 16.0)
}

fn columns(level: &TableLevel) -> impl PartialEq + std::fmt::Debug {
    (
        level.tokens.to_vec(),
        level.log10_prob.to_vec(),
        level.log10_backoff.to_vec(),
        level.suffix.to_vec(),
        level.children.to_vec(),
    )
}

/// Orders from 2 on, with holes; ids are stretched so that keys take several words.
fn levels() -> impl Strategy<Value = (Vec<Level>, u32)> {
    let level = |n| {
        let number = -20i8..0;
        let numbers = (number.clone(), number).prop_map(|(p, b)| (f32::from(p), f32::from(b)));
        btree_map(vec(0u32..5, n), numbers, 0..30)
    };
    let levels = (2usize..6).prop_flat_map(move |order| (2..=order).map(level).collect::<Vec<_>>());
    let stretch = prop_oneof![Just(1u32), Just(3000), Just(20_000)];
    (levels, stretch).prop_map(|(mut levels, stretch)| {
        for level in &mut levels {
            let stretched = |(tokens, numbers): (Vec<u32>, _)| {
                (
                    tokens.into_iter().map(|token| token * stretch).collect(),
                    numbers,
                )
            };
            *level = std::mem::take(level).into_iter().map(stretched).collect();
        }
        // Nobody lists a back-off at the highest order.
        if let Some(top) = levels.last_mut() {
            top.values_mut().for_each(|numbers| numbers.1 = 0.0);
        }
        (levels, 4 * stretch + 1)
    })
}

proptest! {
    #[test]
    fn what_is_shipped_is_what_the_definition_says((levels, types) in levels()) {
        let types = (types as usize).max(TokenId::SPECIALS);
        let unigrams = (0..types as u32).map(unigram).collect();
        let order = levels.len() + 1;
        let (expected, missing) = by_definition(&levels, types);
        let Assembled { levels, inserted } =
            assemble(&mut Given(&levels), order, unigrams, &vocabulary(types)).unwrap();
        prop_assert_eq!(inserted, missing);
        prop_assert_eq!(levels.len(), expected.len());
        for (level, expected) in levels.iter().zip(&expected) {
            prop_assert_eq!(columns(level), columns(expected));
        }
        prop_assert!(Table::from_levels(levels).is_ok());
    }
}
