//! Here is a model and a text that it has not seen; how fast does it answer?
//!
//! ```sh
//! cargo bench --bench query -- model.cpt heldout.txt
//! KENLM=…/build/bin BINARY=model.probing cargo bench --bench query -- model.cpt heldout.txt
//! ```
//!
//! The text has a sentence a line, its tokens between blanks; ids are mapped beforehand. Scores are
//! timed a token at a time on one thread, then many sentences in flight on one thread and on all.
//! With KENLM, its `kenlm_benchmark` scores the same text by its own binary of the same model, in
//! pairs. Times are the processor's where one thread works, so that other work on the machine
//! disturbs less; medians of RUNS (5).

mod common;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use counterpoint::model::{LanguageModel, score_on};
use counterpoint::ngram::next::Drawing;
use counterpoint::ngram::{NgramModel, Node, format};
use counterpoint::sample::Dice;
use counterpoint::store::{ModelFile, OpenOptions};
use counterpoint::token::TokenId;
use rayon::prelude::*;

use common::{median, thread_time, words};

fn main() {
    let words = words();
    let [model, text] = &words[..] else {
        println!("give a model and a text: cargo bench --bench query -- model.cpt heldout.txt");
        return;
    };
    let started = Instant::now();
    let options = OpenOptions {
        verify: false,
        map: true,
    };
    let file = ModelFile::open(Path::new(model), options).expect("a model");
    let (header, vocabulary, table) = format::load(&file).expect("an n-gram model");
    let model = NgramModel::new(header, vocabulary, table).expect("probabilities");
    println!("opened unverified in {:.2?}", started.elapsed());
    let text = std::fs::read(text).expect("a text");
    let ids: Vec<Vec<TokenId>> = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| ids(&model, line))
        .collect();
    let sentences: Vec<&[TokenId]> = ids.iter().map(|sentence| &sentence[..]).collect();
    let tokens: usize = sentences.iter().map(|sentence| sentence.len() + 1).sum();
    println!("{tokens} tokens in {} sentences", sentences.len());
    scores(&model, &sentences, tokens);
    next(&model, &sentences);
    draws(&model);
}

fn ids(model: &NgramModel, line: &[u8]) -> Vec<TokenId> {
    let words = line
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty());
    let vocabulary = model.vocabulary();
    words.map(|word| vocabulary.id_or_unknown(word)).collect()
}

fn scores(model: &NgramModel, sentences: &[&[TokenId]], tokens: usize) {
    let all = pool(std::thread::available_parallelism().map_or(1, usize::from));
    let mut times: [Vec<f64>; 4] = Default::default();
    let rival = std::env::var("KENLM")
        .ok()
        .zip(std::env::var("BINARY").ok());
    // The first touch of a page is not the table's speed.
    all.install(|| spread(model, sentences));
    for _ in 0..runs() {
        let start = thread_time();
        for sentence in sentences {
            std::hint::black_box(score_on(&mut *model.cursor(), sentence));
        }
        times[0].push(nanoseconds(thread_time() - start, tokens));
        let in_flight = || {
            let start = thread_time();
            std::hint::black_box(model.score(sentences));
            thread_time() - start
        };
        times[1].push(nanoseconds(in_flight(), tokens));
        let start = Instant::now();
        std::hint::black_box(all.install(|| spread(model, sentences)));
        times[2].push(nanoseconds(start.elapsed(), tokens));
        if let Some((folder, binary)) = &rival {
            times[3].push(kenlm(folder, binary));
        }
    }
    let names = [
        "a token at a time, one thread, CPU",
        "in flight, one thread, CPU",
        "in flight, all threads, wall",
        "kenlm_benchmark, one thread, CPU",
    ];
    for (name, times) in names.iter().zip(&mut times) {
        if !times.is_empty() {
            println!("{name}: {:.1} ns a token", median(times.iter().copied()));
        }
    }
}

/// Scores on all threads of the pool, each with sentences of its own.
fn spread(model: &NgramModel, sentences: &[&[TokenId]]) -> usize {
    let shares = sentences.par_chunks(512);
    shares.map(|share| model.score(share).len()).sum()
}

/// Nanoseconds a token, as KenLM counts its own.
fn kenlm(folder: &str, binary: &str) -> f64 {
    let ids = format!("{binary}.ids");
    let run = |flag: &str, input: &str, output: Stdio| {
        let tool = Path::new(folder).join("kenlm_benchmark");
        let input = File::open(input).expect("the text");
        let command = Command::new(tool)
            .args([flag, "-t", "1", "-m", binary])
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::null())
            .output();
        String::from_utf8_lossy(&command.expect("kenlm_benchmark").stdout).into_owned()
    };
    if !Path::new(&ids).exists() {
        let text = std::env::args().next_back().expect("a text");
        let output = File::create(&ids).expect("a place for the ids");
        run("-v", &text, output.into());
    }
    let said = run("-q", &ids, Stdio::piped());
    let seconds = said
        .split("CPU: ")
        .nth(3)
        .and_then(|rest| rest.split(' ').next());
    1e9 * seconds
        .and_then(|s| s.parse::<f64>().ok())
        .expect("seconds per query")
}

/// The ten best and the exact entropy after every context of the text.
fn next(model: &NgramModel, sentences: &[&[TokenId]]) {
    const QUESTIONS: usize = 50_000;
    let mut times = Vec::new();
    let longest = model.table().order() - 1;
    for sentence in sentences {
        for end in 0..sentence.len() {
            let context = &sentence[end.saturating_sub(longest)..end];
            let start = Instant::now();
            let outlook = model.outlook(context);
            std::hint::black_box((outlook.best(10), outlook.entropy_bits()));
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        if times.len() > QUESTIONS {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let middle = times[times.len() / 2];
    let nth = |share: f64| times[(times.len() as f64 * share) as usize];
    let (worst, slow) = (times[times.len() - 1], nth(0.99));
    println!(
        "next, ten best and entropy: median {middle:.1} µs, 99 % {slow:.0} µs, worst {worst:.0} µs"
    );
}

fn draws(model: &NgramModel) {
    const DRAWS: usize = 1_000_000;
    let start = Instant::now();
    let Some(drawing) = Drawing::of(model) else {
        return;
    };
    println!("drawing: made ready in {:.2?}", start.elapsed());
    let begin = model.table().advance(Node::ROOT, TokenId::START);
    let mut dice = Dice::new(1);
    let mut context = begin;
    let start = thread_time();
    for _ in 0..DRAWS {
        let token = drawing.draw(context, &mut || dice.throw());
        context = match token {
            TokenId::END => begin,
            token => model.table().advance(context, token),
        };
    }
    let spent = (thread_time() - start).as_secs_f64();
    println!(
        "drawing: {:.2} M tokens a second",
        DRAWS as f64 / spent / 1e6
    );
}

fn runs() -> usize {
    let runs = std::env::var("RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    runs.unwrap_or(5)
}

fn pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool of threads")
}

fn nanoseconds(time: Duration, tokens: usize) -> f64 {
    time.as_secs_f64() * 1e9 / tokens as f64
}
