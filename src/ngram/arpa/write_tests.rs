use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::{plain, write};
use crate::error::ErrorKind;
use crate::ngram::Table;
use crate::ngram::assemble::plain::{Entries, close, link};
use crate::smooth::Unlisted;
use crate::token::{TokenId, Vocabulary};

/// Words of lengths on both sides of what is written at once.
const WORDS: [&str; 6] = [
    "a",
    "bb",
    "fourteenbytes!",
    "fifteenbytes!!!",
    "sixteenbytes!!!!",
    "a word of very many bytes",
];

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    for word in WORDS {
        vocabulary.add(word.replace(' ', "\u{2003}").as_bytes());
    }
    vocabulary
}

/// Numbers of every kind that a table may hold.
fn log10() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => -99.0_f32..0.0,
        2 => Just(-0.477_121_25_f32),
        1 => Just(-0.0),
        1 => Just(f32::NEG_INFINITY),
        1 => any::<f32>().prop_map(|any| if any.is_finite() { -any.abs() } else { -1.0 }),
    ]
}

fn backoff() -> impl Strategy<Value = f32> {
    prop_oneof![4 => log10(), 1 => 0.0_f32..2000.0]
}

/// Some n-grams, and numbers that go round.
#[derive(Clone, Debug)]
struct Listed {
    order: usize,
    ngrams: BTreeSet<Vec<u32>>,
    numbers: Vec<(f32, f32)>,
}

fn listed() -> impl Strategy<Value = Listed> {
    let token = 0..vocabulary().len() as u32;
    let ngrams = btree_set(vec(token, 2..6), 0..80);
    let numbers = vec((log10(), backoff()), 100);
    (1..6_usize, ngrams, numbers).prop_map(|(order, ngrams, numbers)| Listed {
        order,
        ngrams,
        numbers,
    })
}

impl Listed {
    /// A table of them and of what it takes to make it whole.
    fn table(&self) -> Table {
        let mut levels: Vec<Entries> = (1..=self.order).map(Entries::new).collect();
        let unigrams = vocabulary().ids().map(|id| vec![id.0]);
        let ngrams = unigrams.chain(self.ngrams.iter().cloned());
        for (ngram, (log10, backoff)) in ngrams.zip(self.numbers.iter().cycle()) {
            let ids: Vec<TokenId> = ngram.into_iter().map(TokenId).collect();
            if let Some(level) = levels.get_mut(ids.len() - 1) {
                level.push(&ids, *log10, *backoff);
            }
        }
        close(&mut levels);
        Table::from_levels(link(levels)).unwrap()
    }
}

fn written(table: &Table) -> String {
    let (vocabulary, mut out) = (vocabulary(), Vec::new());
    let unlisted = Unlisted::LowerOrder;
    write(&vocabulary, table, unlisted, &mut out, Path::new("out")).unwrap();
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn any_table_is_written_as_by_the_definition(listed in listed()) {
        let table = listed.table();
        prop_assert_eq!(written(&table), plain::write(&vocabulary(), &table));
    }

    #[test]
    fn a_writer_that_fails_ends_the_writing(listed in listed(), room in 0..4000_usize) {
        let table = listed.table();
        let whole = written(&table);
        let mut out = Narrow { room, taken: Vec::new() };
        let vocabulary = vocabulary();
        let ended = write(&vocabulary, &table, Unlisted::LowerOrder, &mut out, Path::new("out"));
        prop_assert_eq!(ended.is_ok(), whole.len() <= room);
        prop_assert_eq!(&out.taken[..], &whole.as_bytes()[..whole.len().min(room)]);
        if let Err(error) = ended {
            prop_assert_eq!(error.kind(), ErrorKind::Io);
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let of = |seed: u32| (0..4).map(|at| (seed >> (3 * at)) % 9).collect::<Vec<_>>();
    let ngrams = (0..700_u32)
        .map(|n| of(n.wrapping_mul(2_654_435_761)))
        .collect();
    let numbers = vec![(-0.5, -0.25), (-1.5, 0.0)];
    let listed = Listed {
        order: 4,
        ngrams,
        numbers,
    };
    let table = listed.table();
    let plain = plain::write(&vocabulary(), &table);
    for threads in 1..4 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        assert!(
            pool.install(|| written(&table)) == plain,
            "{threads} threads"
        );
    }
}

/// A writer with room for some bytes.
struct Narrow {
    room: usize,
    taken: Vec<u8>,
}

impl io::Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = bytes.len().min(self.room - self.taken.len());
        self.taken.extend_from_slice(&bytes[..fits]);
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
