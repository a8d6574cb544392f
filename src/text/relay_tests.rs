//! Here are corpora of many blocks and hands that are slow or fail; the outcome is that of one hand.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::blocks::BLOCK;
use super::compression::tests::{ALL, compress};
use super::{Batch, Corpus, CorpusOptions, InvalidUtf8, Unit};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Quiet, Stage};
use crate::warning::Warning;

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

/// Lines of all lengths, about so many blocks of them.
fn lines(blocks: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for line in 0.. {
        text.extend_from_slice(format!("{line}").repeat(1 + line % 7).as_bytes());
        text.push(b'\n');
        if text.len() > blocks * BLOCK {
            break;
        }
    }
    text
}

fn corpus(text: Vec<u8>, options: CorpusOptions) -> Corpus {
    Corpus::from_text("a.txt", text, options)
}

/// All sentences with their places, in the order in which they were taken.
fn relayed(corpus: &Corpus) -> Result<Vec<(Vec<u8>, String)>> {
    let mut all = Vec::new();
    let make = |hand: &mut usize, batch: &mut Batch| {
        // The first hand is slow, so that the others overtake it.
        if *hand == 0 {
            thread::sleep(Duration::from_millis(2));
        }
        Ok(sentences(batch))
    };
    corpus.each_batch(
        &Quiet,
        |hand| hand,
        make,
        |batch| {
            all.extend(batch);
            Ok(())
        },
    )?;
    Ok(all)
}

fn sentences(batch: &Batch) -> Vec<(Vec<u8>, String)> {
    let sentences = batch.sentences().enumerate();
    sentences
        .map(|(number, sentence)| (sentence.to_vec(), batch.place(number)))
        .collect()
}

#[test]
fn every_number_of_hands_has_it_in_order() {
    for packed in [lines(12), compress(ALL[1], &lines(12))] {
        let corpus = corpus(packed, CorpusOptions::default());
        let mut one_by_one = Vec::new();
        for batch in corpus.batches() {
            one_by_one.extend(sentences(&batch.unwrap()));
        }
        for threads in [1, 2, 8] {
            let found = on(threads, || relayed(&corpus).unwrap());
            assert!(found == one_by_one, "{threads} threads");
        }
    }
}

#[test]
fn the_first_of_several_errors_ends_it() {
    let text = lines(12);
    let end = |block: usize| {
        let from = block * BLOCK;
        from + text[from..].iter().position(|&byte| byte == b'\n').unwrap()
    };
    let with = |places: &[usize]| {
        let mut text = text.clone();
        places.iter().for_each(|&place| text[place - 1] = 0xFF);
        text
    };
    for threads in [1, 2, 8] {
        let bad = corpus(with(&[end(9), end(5), end(7)]), CorpusOptions::default());
        let error = on(threads, || relayed(&bad).unwrap_err());
        let place = format!("a.txt, byte {}", end(5) - 1);
        assert_eq!(error.place(), Some(&*place), "{threads} threads");
        let before = text[..end(5)].iter().filter(|&&byte| byte == b'\n').count();
        let line = format!("in line {}", before + 1);
        assert!(error.what().contains(&line), "{error}: {line}");
    }
}

#[test]
fn what_was_read_before_an_error_is_looked_at_first() {
    let mut text = lines(3);
    let packed = compress(ALL[0], &text);
    let cut = |packed: &[u8]| packed[..packed.len() - 9].to_vec();
    let whole = corpus(cut(&packed), CorpusOptions::default());
    let error = on(2, || relayed(&whole).unwrap_err());
    assert!(error.what().contains("gzip"), "{error}");
    let place = text.len() - 4 * BLOCK / 2;
    text[place] = 0xFF;
    let bad = corpus(cut(&compress(ALL[0], &text)), CorpusOptions::default());
    let error = on(2, || relayed(&bad).unwrap_err());
    assert!(error.what().contains("0xFF"), "{error}");
}

#[test]
fn an_error_of_the_maker_is_passed_on_after_all_before_it_was_taken() {
    const LATE: u64 = 100_000;
    let corpus = corpus(lines(12), CorpusOptions::default());
    for threads in [1, 2, 8] {
        let mut taken = Vec::new();
        let make = |(): &mut (), batch: &mut Batch| match batch.first_line() {
            LATE.. => Err(Error::new(ErrorKind::Input, "too late").at(batch.place(0))),
            line => Ok(line),
        };
        let error = on(threads, || {
            corpus.each_batch(
                &Quiet,
                |_| (),
                make,
                |line| {
                    taken.push(line);
                    Ok(())
                },
            )
        });
        let one_by_one = corpus.batches().map(Result::unwrap);
        let before = one_by_one.take_while(|batch| batch.first_line() < LATE);
        let before: Vec<u64> = before.map(|batch| batch.first_line()).collect();
        assert!(before.len() > 1, "the corpus is a good one for this");
        assert_eq!(taken, before, "{threads} threads");
        assert_eq!(error.unwrap_err().what(), "too late");
    }
}

#[test]
fn replacements_are_counted_and_the_first_is_named() {
    let mut text = lines(6);
    for place in [2 * BLOCK, 4 * BLOCK, 5 * BLOCK] {
        text[place] = 0xFF;
    }
    let options = CorpusOptions {
        invalid: InvalidUtf8::Replace,
        ..CorpusOptions::default()
    };
    let corpus = corpus(text, options);
    for threads in [1, 2, 8] {
        on(threads, || relayed(&corpus)).unwrap();
        let first = format!("a.txt, byte {}", 2 * BLOCK);
        let expected = Warning::ReplacedBytes {
            sequences: 3,
            first,
        };
        assert_eq!(corpus.warnings(), [expected]);
    }
}

#[derive(Default)]
struct Heard {
    units: AtomicU64,
    warnings: Mutex<Vec<Warning>>,
}

impl Progress for Heard {
    fn stage(&self, _: Stage) {}
    fn advance(&self, units: u64) {
        self.units.fetch_add(units, Ordering::Relaxed);
    }
    fn note(&self, _: &str) {}
    fn warn(&self, warning: Warning) {
        self.warnings.lock().unwrap().push(warning);
    }
}

#[test]
fn progress_hears_of_every_byte_and_every_warning() {
    let options = CorpusOptions {
        invalid: InvalidUtf8::Replace,
        ..CorpusOptions::default()
    };
    for text in [lines(3), [&lines(3)[..], b"\xFF"].concat()] {
        let packed = compress(ALL[3], &text);
        let corpus = corpus(packed, options.clone());
        let heard = Heard::default();
        let make = |(): &mut (), _: &mut Batch| Ok(());
        let pass = || corpus.each_batch(&heard, |_| (), make, |()| Ok(()));
        on(2, pass).unwrap();
        assert_eq!(Some(heard.units.into_inner()), corpus.total_bytes());
        assert_eq!(heard.warnings.into_inner().unwrap(), corpus.warnings());
    }
}

#[test]
fn nothing_is_an_error_and_documents_are_whole() {
    let empty = corpus(Vec::new(), CorpusOptions::default());
    let error = on(2, || relayed(&empty).unwrap_err());
    assert!(error.what().contains("no text"), "{error}");
    let options = CorpusOptions {
        unit: Unit::Document,
        ..CorpusOptions::default()
    };
    let document = corpus(lines(3), options);
    let found = on(2, || relayed(&document).unwrap());
    assert_eq!(found, [(lines(3), "a.txt".to_owned())]);
}

#[test]
fn a_panic_of_one_hand_ends_all() {
    let corpus = corpus(lines(40), CorpusOptions::default());
    for threads in [1, 2, 8] {
        let make = |(): &mut (), batch: &mut Batch| match batch.first_line() {
            1 => panic!("for this test"),
            _ => Ok(()),
        };
        let pass = || corpus.each_batch(&Quiet, |_| (), make, |()| Ok(()));
        let outcome = on(threads, || catch_unwind(AssertUnwindSafe(pass)).is_err());
        assert!(outcome, "{threads} threads");
    }
}
