//! Here is a corpus; how fast does it become ids?
//!
//! ```sh
//! cargo bench --bench tokens                                   # the fables
//! cargo bench --bench tokens -- corpus.txt whitespace 1 2 8    # a corpus, a tokenizer, threads
//! ```
//!
//! The time is that of [`token::number`] alone, from a path to ids; the rate is by the bytes on the
//! disk. The processor's time is that of all threads together.

use std::time::{Duration, Instant};

use counterpoint::progress::Quiet;
use counterpoint::text::Corpus;
use counterpoint::token::{self, Reading, Tokenizer, VocabularyLimits};

const RUNS: usize = 9;

fn main() {
    // Cargo adds a word of its own.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
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

/// The time all threads of this process were at work.
#[cfg(unix)]
fn processor_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: `getrusage` fills the whole structure it is given, and so it is initialised.
    let usage = unsafe {
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()), 0);
        usage.assume_init()
    };
    let time = |t: libc::timeval| {
        Duration::new(t.tv_sec as u64, 0) + Duration::from_micros(t.tv_usec as u64)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

#[cfg(not(unix))]
fn processor_time() -> Duration {
    Duration::ZERO
}
