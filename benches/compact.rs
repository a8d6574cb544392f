//! Here is a model and a text; how small is a compact table, and how fast does it score?
//!
//! ```sh
//! cargo bench --bench compact -- model.cpt text.txt      # a fast model, made compact in memory
//! cargo bench --bench compact -- small.cpt text.txt      # a compact model, as it is
//! cargo bench --bench compact -- small.cpt text.txt copied    # and read into memory, not mapped
//! ```
//!
//! One thread, ids looked up beforehand. The time is the processor's, each token's log10 p is
//! added up: one sentence after another as a decoder would read, and as `score` does, many in
//! flight.

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use counterpoint::model::LanguageModel;
use counterpoint::ngram::compact::{self, CompactModel, CompactTable, Precision};
use counterpoint::ngram::{NgramHeader, format};
use counterpoint::progress::{Quiet, Stage};
use counterpoint::store::{ModelFile, OpenOptions};
use counterpoint::token::{TokenId, Vocabulary};

use common::{processor_time, words};

const RUNS: usize = 5;

const STAGE: Stage = Stage {
    number: 1,
    of: 1,
    name: "compact",
    unit: "n-grams",
    total: None,
};

fn main() {
    let words = words();
    let [model, text, rest @ ..] = &words[..] else {
        println!("give a model and a text to score");
        return;
    };
    let options = OpenOptions {
        map: !rest.iter().any(|word| word == "copied"),
        ..OpenOptions::default()
    };
    let file = ModelFile::open(Path::new(model), options).expect("a model");
    let text = std::fs::read(text).expect("a text");
    if file.kind() == compact::format::KIND {
        let (header, vocabulary, table) = compact::format::load(&file).expect("a compact model");
        return measure(header, vocabulary, table, &text);
    }
    let (header, vocabulary, table) = format::load(&file).expect("a model of n-grams");
    for precision in [Precision::Exact, Precision::Quantised { bits: 8 }] {
        let (start, busy) = (Instant::now(), processor_time());
        let made = CompactTable::new(&table, precision, STAGE, &Quiet).expect("a compact table");
        let busy = processor_time() - busy;
        println!("made in {:.1?}, CPU {busy:.1?}", start.elapsed());
        measure(header.clone(), vocabulary.clone(), made, &text);
    }
}

fn measure(header: NgramHeader, vocabulary: Vocabulary, table: CompactTable, text: &[u8]) {
    let lines = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let sentences: Vec<Vec<TokenId>> = lines
        .map(|line| header.reading.ids(&vocabulary, line).expect("tokens"))
        .collect();
    let sentences: Vec<&[TokenId]> = sentences.iter().map(|ids| &ids[..]).collect();
    let tokens: usize = sentences.iter().map(|ids| ids.len() + 1).sum();
    let each = |(bytes, ngrams): (usize, usize)| format!("{:.2}", bytes as f64 / ngrams as f64);
    let by_order: Vec<String> = table
        .bytes()
        .into_iter()
        .zip(table.sizes())
        .map(each)
        .collect();
    let (bytes, ngrams) = (
        table.bytes().iter().sum::<usize>(),
        table.sizes().iter().sum::<usize>(),
    );
    println!(
        "{:?}: {ngrams} n-grams, {} bytes each ({} by order), without the vocabulary",
        table.precision(),
        each((bytes, ngrams)),
        by_order.join(" ")
    );
    let walk = table.walk();
    report("one after another", tokens, || {
        let mut sum = 0.0;
        for sentence in &sentences {
            let mut state = walk.start();
            for &token in sentence.iter().chain([&TokenId::END]) {
                let step = walk.step(&state, token);
                sum += step.log10_prob;
                state = step.state;
            }
        }
        sum
    });
    drop(walk);
    let model = CompactModel::new(header, vocabulary, table).expect("a model");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.expect("a thread");
    report("many in flight", tokens, || {
        let scores = pool.install(|| model.score(&sentences));
        scores.iter().flatten().map(|score| score.log10()).sum()
    });
}

fn report(what: &str, tokens: usize, mut sum: impl FnMut() -> f64) {
    let mut times = Vec::new();
    let mut total = 0.0;
    for _ in 0..RUNS {
        let busy = processor_time();
        total = sum();
        times.push(processor_time() - busy);
    }
    times.sort();
    let nanoseconds = |time: Duration| time.as_nanos() as f64 / tokens as f64;
    println!(
        "  {what}: {:.0} ns a token (the best of {RUNS}: {:.0}), perplexity {:.6}",
        nanoseconds(times[RUNS / 2]),
        nanoseconds(times[0]),
        10f64.powf(-total / tokens as f64)
    );
}
