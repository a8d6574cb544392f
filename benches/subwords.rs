//! Here are a tokenizer of subwords and a corpus; how fast does it become ids?
//!
//! ```sh
//! cargo bench --bench subwords                                     # 4,000 pieces of the fables, trained here
//! cargo bench --bench subwords -- encoder.json,vocab.bpe text.txt 1 2   # a tokenizer, a text, threads
//! ```
//!
//! The text is in memory and is encoded line by line, each line to the original's ids; lines are
//! dealt out to the threads in blocks. The best of some runs is said, and what a line of one letter,
//! ten million times, takes.

mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use counterpoint::progress::Quiet;
use counterpoint::text::{Corpus, CorpusOptions};
use counterpoint::token::Subwords;
use counterpoint::token::subword::{self, BpeOptions, PatternName};

use common::words;

const RUNS: usize = 7;
const ONE_LETTER: usize = 10_000_000;

fn main() {
    let words = words();
    let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
    let path = words.get(1).map_or(fables, String::as_str);
    let tokenizer = match words.first() {
        Some(files) => {
            let files: Vec<PathBuf> = files.split(',').map(PathBuf::from).collect();
            subword::import(&files).expect("a tokenizer")
        }
        None => train(fables),
    };
    let text = std::fs::read(path).expect("a text");
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let threads: Vec<usize> = words
        .iter()
        .skip(2)
        .map(|n| n.parse().expect("a number of threads"))
        .collect();
    for threads in if threads.is_empty() {
        vec![1, 2]
    } else {
        threads
    } {
        let best = (0..RUNS).map(|_| encode(&tokenizer, &lines, threads)).min();
        let (time, ids) = best.expect("there are runs");
        println!(
            "{}, {threads} threads: {} bytes, {ids} ids, {:.3} s, {:.1} MB/s",
            tokenizer.name(),
            text.len(),
            time.as_secs_f64(),
            text.len() as f64 / time.as_secs_f64() / 1e6,
        );
    }
    let letters = vec![b'a'; ONE_LETTER];
    let (time, ids) = encode(&tokenizer, &[&letters], 1);
    let nanoseconds = time.as_secs_f64() * 1e9 / ONE_LETTER as f64;
    println!("one letter {ONE_LETTER} times: {ids} ids, {nanoseconds:.1} ns a byte");
}

fn train(path: &str) -> Subwords {
    let corpus = Corpus::open(&[path.to_owned()], CorpusOptions::default()).expect("a corpus");
    let options = BpeOptions {
        vocabulary: 4000,
        pattern: PatternName::Gpt2,
        min_count: 2,
        specials: Vec::new(),
    };
    subword::train_bpe("fables", &corpus, &options, &Quiet).expect("a tokenizer")
}

/// How long it takes, and how many ids there are.
fn encode(tokenizer: &Subwords, lines: &[&[u8]], threads: usize) -> (Duration, usize) {
    let start = Instant::now();
    let share = lines.len().div_ceil(threads);
    let ids = std::thread::scope(|scope| {
        let workers: Vec<_> = lines
            .chunks(share)
            .map(|lines| {
                scope.spawn(move || {
                    let encoded = lines.iter().map(|line| tokenizer.encode(line));
                    encoded.map(|ids| ids.expect("ids").len()).sum::<usize>()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("ids"))
            .sum()
    });
    (start.elapsed(), ids)
}
