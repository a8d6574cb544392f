use proptest::prelude::*;

use super::{Counts, Order, plain, refine};
use crate::progress::Quiet;
use crate::token::{TokenId, TokenText};

/// How often the n-gram stands in the padded text, by looking everywhere.
fn occurrences(sentences: &[Vec<u32>], ngram: &[TokenId]) -> u64 {
    let padded = sentences.iter().map(|sentence| {
        let inner = sentence.iter().map(|&id| TokenId(id));
        let start = std::iter::once(TokenId::START);
        start.chain(inner).chain([TokenId::END]).collect::<Vec<_>>()
    });
    padded
        .map(|sentence| {
            sentence
                .windows(ngram.len())
                .filter(|w| *w == ngram)
                .count() as u64
        })
        .sum()
}

/// Every n-gram of an order, spelled out by walking the trie.
fn spelled(counts: &Counts, order: usize) -> Vec<Vec<TokenId>> {
    let mut ngrams: Vec<Vec<TokenId>> = counts
        .level(1)
        .tokens
        .iter()
        .map(|&token| vec![token])
        .collect();
    for below in 1..order {
        let mut longer = Vec::new();
        for (node, ngram) in ngrams.iter().enumerate() {
            for child in counts.level(below).children(node) {
                let mut next = ngram.clone();
                next.push(counts.level(below + 1).tokens[child]);
                longer.push(next);
            }
        }
        ngrams = longer;
    }
    ngrams
}

fn corpora() -> impl Strategy<Value = Vec<Vec<u32>>> {
    proptest::collection::vec(proptest::collection::vec(3u32..7, 0..7), 1..12)
}

proptest! {
    #[test]
    fn counts_are_what_looking_everywhere_finds(sentences in corpora(), n in 1usize..6) {
        let text: TokenText =
            sentences.iter().map(|s| s.iter().map(|&id| TokenId(id)).collect::<Vec<_>>()).collect();
        let counts = plain::count(&text, 7, Order::new(n).unwrap()).unwrap();
        for order in 1..=n {
            let ngrams = spelled(&counts, order);
            let level = counts.level(order);
            prop_assert_eq!(ngrams.len(), level.len());
            prop_assert!(ngrams.is_sorted());
            for (node, ngram) in ngrams.iter().enumerate() {
                prop_assert_eq!(level.raw[node], occurrences(&sentences, ngram));
                prop_assert_eq!(counts.find(ngram), Some(node));
                if order > 1 {
                    let suffix = Some(level.suffix[node] as usize);
                    prop_assert_eq!(counts.find(&ngram[1..]), suffix);
                }
                if order < n && ngram[0] != TokenId::START {
                    let before = (0..7).map(TokenId).filter(|&token| {
                        let longer = [&[token], &ngram[..]].concat();
                        occurrences(&sentences, &longer) > 0
                    });
                    prop_assert_eq!(level.adjusted[node], before.count() as u64);
                }
            }
        }
    }

    #[test]
    fn any_number_of_threads_counts_the_same(sentences in corpora()) {
        let text: TokenText =
            sentences.iter().map(|s| s.iter().map(|&id| TokenId(id)).collect::<Vec<_>>()).collect();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| plain::count(&text, 7, Order::new(4).unwrap()).unwrap())
        };
        prop_assert_eq!(on(1), on(3));
    }

    #[test]
    fn narrowing_counts_what_hash_tables_count(sentences in corpora(), n in 1usize..7) {
        let text: TokenText =
            sentences.iter().map(|s| s.iter().map(|&id| TokenId(id)).collect::<Vec<_>>()).collect();
        let order = Order::new(n).unwrap();
        let plain = plain::count(&text, 9, order).unwrap();
        prop_assert_eq!(refine::count(&text, 9, order, &Quiet).unwrap(), plain);
    }
}

#[test]
fn narrowing_counts_a_text_of_many_runs_on_any_number_of_threads() {
    let sentence = |s: u32| {
        (0..s % 37)
            .map(|i| TokenId(3 + (i * i + s / 3) % 50))
            .collect::<Vec<_>>()
    };
    let text: TokenText = (0..9000).map(sentence).collect();
    let order = Order::new(4).unwrap();
    let plain = plain::count(&text, 53, order).unwrap();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let refined = pool.install(|| refine::count(&text, 53, order, &Quiet).unwrap());
        assert!(refined == plain, "{threads} threads");
    }
}
