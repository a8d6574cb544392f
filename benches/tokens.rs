//! Here is a corpus; how fast does it become ids?
//!
//! ```sh
//! cargo bench --bench tokens                                   # the fables
//! cargo bench --bench tokens -- corpus.txt whitespace 1 2 8    # a corpus, a tokenizer, threads
//! ```
//!
//! The time is that of [`token::number`] alone, from a path to ids; the rate is by the bytes on the
//! disk. The processor's time is that of all threads together.

mod common;

use std::time::{Duration, Instant};

use counterpoint::progress::Quiet;
use counterpoint::text::Corpus;
use counterpoint::token::{self, Reading, Tokenizer, VocabularyLimits};

use common::{processor_time, words};

const RUNS: usize = 9;

fn main() {
    let words = words();
    let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
    let path = words.first().map_or(fables, String::as_str);
    let tokenizer = words.get(1).map_or("whitespace", String::as_str);
    let tokenizer: Tokenizer = tokenizer.parse().expect("a tokenizer");
    let threads = words.iter().skip(2);
    let threads: Vec<usize> = threads
        .map(|n| n.parse().expect("a number of threads"))
        .collect();
    for threads in if threads.is_empty() {
        vec![1, 2]
    } else {
        threads
    } {
        measure(path, &tokenizer, threads);
    }
}

fn measure(path: &str, tokenizer: &Tokenizer, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let pool = pool.build().expect("a pool of threads");
    let reading = Reading {
        tokenizer: tokenizer.clone(),
        ..Reading::DEFAULT
    };
    let corpus = Corpus::open(&[path.to_owned()], reading.corpus_options(None, false));
    let corpus = corpus.expect("a corpus");
    let mut times = Vec::new();
    let mut size = (0, 0);
    for _ in 0..RUNS {
        let (start, busy) = (Instant::now(), processor_time());
        let numbered = pool.install(|| {
            token::number(&corpus, &reading, VocabularyLimits::default(), &Quiet).expect("ids")
        });
        times.push((start.elapsed(), processor_time() - busy));
        size = (numbered.text.tokens(), numbered.vocabulary.len());
    }
    let (wall, busy): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
    let (wall, busy) = (least(&wall), least(&busy));
    let bytes = corpus.total_bytes().unwrap_or_default() as f64;
    let (tokens, types) = size;
    println!(
        "{tokenizer}, {threads} threads: {tokens} tokens, {types} types, {:.3} s, {:.3} processor s, {:.3} GB/s (the least of {RUNS})",
        wall.as_secs_f64(),
        busy.as_secs_f64(),
        bytes / wall.as_secs_f64() / 1e9,
    );
}

/// What neighbours on the machine take is not ours.
fn least(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}
