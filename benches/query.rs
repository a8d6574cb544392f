//! Here is a model and a text that it has not seen; how fast does it answer?
//!
//! ```sh
//! cargo bench --bench query -- model.cpt heldout.txt
//! KENLM=…/build/bin BINARY=model.probing cargo bench --bench query -- model.cpt heldout.txt
//! ```
//!
//! The text has a sentence a line, its tokens between blanks; ids are mapped beforehand. Scores are
//! timed a token at a time on one thread, then many sentences at once on one thread and on all; first
//! from the table, then from the hashed one, which is made in between.
//! With KENLM, its `kenlm_benchmark` scores the same text by its own binary of the same model, in
//! pairs. Times are the processor's where one thread works, so that other work on the machine
//! disturbs less; medians of RUNS (5).

mod common;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use counterpoint::model::{LanguageModel, score_on};
use counterpoint::ngram::hashed::HashedTable;
use counterpoint::ngram::next::Drawing;
use counterpoint::ngram::{NgramModel, Node, format};
use counterpoint::sample::Dice;
use counterpoint::store::{ModelFile, OpenOptions};
use counterpoint::token::TokenId;
use rayon::prelude::*;

use common::{median, processor_time, runs, thread_time, words};

fn main() {
    let words = words();
    let [model, text] = &words[..] else {
        println!("give a model and a text: cargo bench --bench query -- model.cpt heldout.txt");
        return;
    };
    for verify in [true, false] {
        let times = (0..runs()).map(|_| open(model, verify).1.as_secs_f64());
        let how = if verify { "verified" } else { "unverified" };
        println!("opened {how} in {:.2} ms", 1e3 * median(times));
    }
    let (model, _) = open(model, false);
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

/// A model, and how long opening it took.
fn open(model: &str, verify: bool) -> (NgramModel, Duration) {
    let started = Instant::now();
    let options = OpenOptions { verify, map: true };
    let file = ModelFile::open(Path::new(model), options).expect("a model");
    let (header, vocabulary, table) = format::load(&file).expect("an n-gram model");
    let model = NgramModel::new(header, vocabulary, table).expect("probabilities");
    (model, started.elapsed())
}

fn ids(model: &NgramModel, line: &[u8]) -> Vec<TokenId> {
    let words = line
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty());
    let vocabulary = model.vocabulary();
    words.map(|word| vocabulary.id_or_unknown(word)).collect()
}

fn scores(model: &NgramModel, sentences: &[&[TokenId]], tokens: usize) {
    time_at_once(model, sentences, tokens, "table");
    time(tokens, "table, a token at a time, one thread, CPU", || {
        for sentence in sentences {
            std::hint::black_box(score_on(&mut *model.cursor(), sentence));
        }
    });
    let (start, spent) = (Instant::now(), processor_time());
    let hashed = model.hashed().expect("memory");
    println!(
        "hashed in {:.2?}, CPU {:.2?}: {:.1} bytes an n-gram",
        start.elapsed(),
        processor_time() - spent,
        hashed.bytes() as f64 / model.table().sizes().iter().sum::<usize>() as f64
    );
    time_at_once(model, sentences, tokens, "hashed");
    let rival = std::env::var("KENLM").ok();
    let rival = rival.zip(std::env::var("BINARY").ok());
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs() {
        let start = thread_time();
        step_by_step(hashed, sentences);
        own.push(nanoseconds(thread_time() - start, tokens));
        theirs.extend(rival.iter().map(|(folder, binary)| kenlm(folder, binary)));
    }
    let own = median(own.into_iter());
    println!("hashed, a token at a time, one thread, CPU: {own:.1} ns a token");
    if !theirs.is_empty() {
        let theirs = median(theirs.into_iter());
        println!("kenlm_benchmark, one thread, CPU: {theirs:.1} ns a token");
    }
}

/// As a decoder asks.
fn step_by_step(hashed: &HashedTable, sentences: &[&[TokenId]]) {
    let begin = hashed.state(&[TokenId::START]);
    for sentence in sentences {
        let mut state = begin;
        for &token in sentence.iter().chain([&TokenId::END]) {
            let step = hashed.step(&state, token);
            std::hint::black_box(step.log10_prob);
            state = step.state;
        }
    }
}

/// Many sentences at once: on one thread, then on all.
fn time_at_once(model: &NgramModel, sentences: &[&[TokenId]], tokens: usize, name: &str) {
    let all = pool(std::thread::available_parallelism().map_or(1, usize::from));
    // The first touch of a page is not the table's speed.
    all.install(|| spread(model, sentences));
    time(
        tokens,
        &format!("{name}, many at once, one thread, CPU"),
        || {
            std::hint::black_box(model.score(sentences));
        },
    );
    for (threads, pool) in [("one thread", pool(1)), ("all threads", all)] {
        let times = (0..runs()).map(|_| {
            let start = Instant::now();
            std::hint::black_box(pool.install(|| spread(model, sentences)));
            nanoseconds(start.elapsed(), tokens)
        });
        let nanoseconds = median(times);
        println!("{name}, many at once, {threads}, wall: {nanoseconds:.1} ns a token");
    }
}

/// Prints how long something takes a token.
fn time(tokens: usize, name: &str, mut work: impl FnMut()) {
    let times = (0..runs()).map(|_| {
        let start = thread_time();
        work();
        nanoseconds(thread_time() - start, tokens)
    });
    println!("{name}: {:.1} ns a token", median(times));
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
    let (mut times, mut first) = (Vec::new(), None);
    let longest = model.table().order() - 1;
    for sentence in sentences {
        for end in 0..sentence.len() {
            let context = &sentence[end.saturating_sub(longest)..end];
            let (start, busy) = (Instant::now(), thread_time());
            let outlook = model.outlook(context);
            std::hint::black_box((outlook.best(10), outlook.entropy_bits()));
            let busy = thread_time() - busy;
            first.get_or_insert(start.elapsed());
            times.push(busy.as_secs_f64() * 1e6);
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
        "next, ten best and entropy, CPU: median {middle:.1} µs, 99 % {slow:.0} µs, worst {worst:.0} µs; the \
         first, wall: {:.0} µs",
        first.unwrap_or_default().as_secs_f64() * 1e6
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
        let drawn = drawing.draw(context, &mut || dice.throw());
        context = match drawn.token {
            TokenId::END => begin,
            _ => drawn.context,
        };
    }
    let spent = (thread_time() - start).as_secs_f64();
    println!(
        "drawing: {:.2} M tokens a second",
        DRAWS as f64 / spent / 1e6
    );
}

fn pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool of threads")
}

fn nanoseconds(time: Duration, tokens: usize) -> f64 {
    time.as_secs_f64() * 1e9 / tokens as f64
}
