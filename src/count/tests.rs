use proptest::prelude::*;

use super::adjusted::CountsOfCounts;
use super::grow::Rows;
use super::key::Widths;
use super::sort::Sorter;
use super::{Adjusted, Census, Counts, Level, Order, outside, plain, refine};
use crate::progress::Quiet;
use crate::store::Depot;
use crate::token::{StoredText, TokenId, TokenText};

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
        let order = Order::new(n).unwrap();
        let plain = plain::count(&text(&sentences), 9, order).unwrap();
        let census = narrowed(text(&sentences), 9, order);
        let adjusted = Adjusted::of(&census, u64::MAX, &Depot::in_memory()).unwrap();
        for order in 1..=n {
            prop_assert_eq!(
                CountsOfCounts::adjusted_in(&census, &adjusted, order).unwrap(),
                CountsOfCounts::adjusted(&plain, order)
            );
            prop_assert_eq!(
                CountsOfCounts::as_kenlm_in(&census, &adjusted, order).unwrap(),
                CountsOfCounts::as_kenlm(&plain, order)
            );
        }
        prop_assert_eq!(flat(&census), plain);
    }

    #[test]
    fn a_text_outside_of_memory_is_counted_alike(
        sentences in corpora(), n in 1usize..7, piece in 1usize..40, memory in 0u64..400
    ) {
        let order = Order::new(n).unwrap();
        let plain = plain::count(&text(&sentences), 9, order).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(memory, folder.path());
        let stored = StoredText::of(&text(&sentences), piece, &depot).unwrap();
        let census = outside::count(stored, 9, order, memory, &depot, &Quiet).unwrap();
        prop_assert_eq!(flat(&census), plain);
    }

    #[test]
    fn rows_longer_than_a_key_are_sorted_as_any(
        sentences in corpora(), n in 1usize..9, ids in 1usize << 24..1 << 32
    ) {
        let mut padded = padded(&sentences);
        let end = padded.len();
        padded.resize(end + n, TokenId(3));
        // With so many ids a narrow key holds one token or two, and a wide one three or four.
        let widths = Widths::new(ids, padded.len());
        let mut narrow = Sorter::<u64>::new(&padded, n, widths);
        let mut wide = Sorter::<u128>::new(&padded, n, widths);
        let (mut by_narrow, mut by_wide) = (Spelled::default(), Spelled::default());
        let mut expected: Vec<Vec<TokenId>> = Vec::new();
        for token in (0..7).map(TokenId) {
            let positions = (0..end).filter(|&position| padded[position] == token);
            let mut positions: Vec<u32> = positions.map(|position| position as u32).collect();
            expected.extend(positions.iter().map(|&position| row(&padded, position, n)));
            let mut again = positions.clone();
            narrow.sort(token, &mut positions, &mut by_narrow);
            wide.sort(token, &mut again, &mut by_wide);
            prop_assert_eq!(&positions, &again);
            prop_assert!(positions.is_sorted_by_key(|&position| row(&padded, position, n)));
        }
        expected.sort();
        prop_assert_eq!(&by_narrow.rows, &expected);
        prop_assert_eq!(&by_wide.rows, &expected);
    }
}

fn padded(sentences: &[Vec<u32>]) -> Vec<TokenId> {
    let mut padded = Vec::new();
    for sentence in sentences {
        padded.push(TokenId::START);
        padded.extend(sentence.iter().map(|&id| TokenId(id)));
        padded.push(TokenId::END);
    }
    padded
}

/// The row that begins at a position.
fn row(padded: &[TokenId], position: u32, order: usize) -> Vec<TokenId> {
    let row = &padded[position as usize..][..order];
    let end = row.iter().position(|&token| token == TokenId::END);
    row[..end.map_or(order, |end| end + 1)].to_vec()
}

/// Every row, spelled out as often as it was handed on.
#[derive(Default)]
struct Spelled {
    rows: Vec<Vec<TokenId>>,
}

impl Rows for Spelled {
    fn row(&mut self, shared: usize, new: &[TokenId], count: u64) {
        let before = self.rows.last().map_or(&[][..], |row| row);
        assert!(
            before.get(shared) != new.first(),
            "as many as possible are shared"
        );
        let row = [&before[..shared], new].concat();
        self.rows.extend(std::iter::repeat_n(row, count as usize));
    }
}

pub(super) fn text(sentences: &[Vec<u32>]) -> TokenText {
    let ids = |sentence: &Vec<u32>| sentence.iter().map(|&id| TokenId(id)).collect::<Vec<_>>();
    sentences.iter().map(ids).collect()
}

pub(super) fn narrowed(text: TokenText, vocabulary_len: usize, order: Order) -> Census {
    let depot = Depot::in_memory();
    refine::count(text, vocabulary_len, order, &depot, &Quiet).unwrap()
}

/// The parts of a census put together.
pub(super) fn flat(census: &Census) -> Counts {
    let mut counts = Counts {
        levels: Vec::new(),
        sentences: census.extent().sentences,
        tokens: census.extent().tokens,
    };
    let adjusted = Adjusted::of(census, 64, &Depot::in_memory()).unwrap();
    let highest = census.order().get();
    for order in 1..=highest {
        let mut whole = Level::default();
        for (number, part) in census.parts().iter().enumerate() {
            let level = part.level(order);
            let tokens = level.tokens().unwrap();
            match order {
                1 => {}
                2 => whole.suffix.extend(tokens.iter().map(|token| token.0)),
                _ => whole.suffix.extend(level.suffixes().unwrap().iter()),
            }
            whole.tokens.extend(tokens.iter());
            whole.raw.extend(level.raw().unwrap().iter());
            let adjusted = adjusted.read(census, number, order).unwrap();
            whole.adjusted.extend(adjusted.iter());
            if order < highest {
                let first = census.nodes(number, order + 1).start as u32;
                whole.children.pop();
                whole
                    .children
                    .extend(level.children().unwrap().iter().map(|child| first + child));
            }
        }
        counts.levels.push(whole);
    }
    counts
}

#[test]
fn narrowing_goes_on_where_keys_end() {
    let sentences: Vec<Vec<u32>> = (0..40)
        .map(|s| (0..50).map(|i| 3 + (i * i + s / 9) % 6).collect())
        .collect();
    let order = Order::new(40).unwrap();
    let plain = plain::count(&text(&sentences), 9, order).unwrap();
    assert!(flat(&narrowed(text(&sentences), 9, order)) == plain);
}

#[test]
fn narrowing_counts_a_text_of_many_parts_on_any_number_of_threads() {
    let sentence = |s: u32| {
        (0..s % 37)
            .map(|i| TokenId(3 + (i * i + s / 3) % 50))
            .collect::<Vec<_>>()
    };
    let text: TokenText = (0..30_000).map(sentence).collect();
    let order = Order::new(4).unwrap();
    let plain = plain::count(&text, 53, order).unwrap();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let census = pool.install(|| narrowed(text.clone(), 53, order));
        assert!(census.parts().len() > 4, "{} parts", census.parts().len());
        assert!(flat(&census) == plain, "{threads} threads");
    }
}
