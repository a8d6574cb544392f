//! Here is a network and a text that it has not seen; how fast does it answer?
//!
//! ```sh
//! cargo bench --bench neural -- network.cpt heldout.txt
//! NGRAM=words.cpt cargo bench --bench neural -- network.cpt heldout.txt
//! ```
//!
//! The text has a sentence a line, its tokens between blanks. Single questions are timed by the
//! processor's clock: ln p of one token, normalised over the vocabulary, and, reading on, one logit
//! without a softmax, which is a score if the network was trained with --self-normalised. Then the
//! text is scored as a whole on 1 and 2 threads, by the wall and in processor time; with NGRAM by
//! that model too. Medians of RUNS (5).

mod common;

use std::path::Path;
use std::time::Instant;

use counterpoint::model::LanguageModel;
use counterpoint::neural::{Lookup, NeuralModel};
use counterpoint::store::{ModelFile, OpenOptions};
use counterpoint::token::TokenId;
use counterpoint::{neural, ngram};
use rayon::prelude::*;

use common::{median, processor_time, runs, thread_time, words};

fn main() {
    let words = words();
    let [network, text] = &words[..] else {
        println!("give a network and a text: cargo bench --bench neural -- nn.cpt heldout.txt");
        return;
    };
    let model = neural::format::load(&open(network)).expect("a network");
    let text = std::fs::read_to_string(text).expect("a text");
    let sentences = sentences(&model, &text);
    let shape = model.network().architecture();
    println!("{} tokens; {shape}", shape.vocabulary);
    if let Some(near) = model.header().training.normalisation {
        println!(
            "|ln Z|: {:.3} in the mean, {:.3} at most",
            near.mean, near.largest
        );
    }
    single(&model, &sentences);
    let lookup = look_up(&model, &sentences);
    batches(
        "network, normalised",
        &sentences[..sentences.len().min(400)],
        |share| model.score(&slices(share)).len(),
    );
    batches("network, without a softmax", &sentences, |share| {
        share
            .par_iter()
            .map(|sentence| read(&lookup, sentence))
            .sum()
    });
    if let Ok(path) = std::env::var("NGRAM") {
        let (header, vocabulary, table) =
            ngram::format::load(&open(&path)).expect("an n-gram model");
        let rival = ngram::NgramModel::new(header, vocabulary, table).expect("probabilities");
        let ids = self::sentences(&rival, &text);
        batches("n-gram", &ids, |all| {
            let shares = all.par_chunks(256);
            shares.map(|share| rival.score(&slices(share)).len()).sum()
        });
    }
}

fn open(path: &str) -> ModelFile {
    ModelFile::open(Path::new(path), OpenOptions::default()).expect("a model")
}

fn sentences(model: &dyn LanguageModel, text: &str) -> Vec<Vec<TokenId>> {
    let vocabulary = model.vocabulary();
    let id = |word: &str| vocabulary.id_or_unknown(word.as_bytes());
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| line.split_whitespace().map(id).collect())
        .collect()
}

/// ln p of the tokens of the first sentences, each asked by itself.
fn single(model: &NeuralModel, sentences: &[Vec<TokenId>]) {
    let mut times = Vec::new();
    for sentence in sentences {
        for (read, &token) in sentence.iter().enumerate() {
            let start = thread_time();
            std::hint::black_box(model.log_prob(&sentence[..read], token));
            times.push((thread_time() - start).as_secs_f64() * 1e6);
        }
        if times.len() >= 1000 {
            break;
        }
    }
    println!("log_prob of one token: {:.1} µs", median(times.into_iter()));
}

fn look_up<'m>(model: &'m NeuralModel, sentences: &[Vec<TokenId>]) -> Lookup<'m> {
    let start = Instant::now();
    let lookup = Lookup::of(model.network());
    println!("products computed in {:.2?}", start.elapsed());
    let times = (0..runs()).map(|_| {
        let start = thread_time();
        let tokens: usize = sentences
            .iter()
            .map(|sentence| read(&lookup, sentence))
            .sum();
        (thread_time() - start).as_secs_f64() * 1e6 / tokens as f64
    });
    println!("one logit, reading on: {:.2} µs", median(times));
    lookup
}

/// Scores a sentence token by token; gives how many there were.
fn read(lookup: &Lookup, sentence: &[TokenId]) -> usize {
    let mut reader = lookup.reader();
    reader.push(TokenId::START);
    for &token in sentence {
        std::hint::black_box(reader.score(token));
        reader.push(token);
    }
    std::hint::black_box(reader.score(TokenId::END));
    sentence.len() + 1
}

fn slices(sentences: &[Vec<TokenId>]) -> Vec<&[TokenId]> {
    sentences.iter().map(Vec::as_slice).collect()
}

/// How many tokens a second are scored, on one thread and on two.
fn batches(
    name: &str,
    sentences: &[Vec<TokenId>],
    score: impl Fn(&[Vec<TokenId>]) -> usize + Sync,
) {
    let tokens: usize = sentences.iter().map(|sentence| sentence.len() + 1).sum();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads");
        let mut times: [Vec<f64>; 2] = Default::default();
        for _ in 0..runs() {
            let (start, processor) = (Instant::now(), processor_time());
            std::hint::black_box(pool.install(|| score(sentences)));
            times[0].push(start.elapsed().as_secs_f64());
            times[1].push((processor_time() - processor).as_secs_f64());
        }
        let [wall, processor] = times.map(|times| tokens as f64 / median(times.into_iter()));
        println!("{name}, threads {threads}: {wall:.0} tokens/s, {processor:.0} a CPU-second");
    }
}
