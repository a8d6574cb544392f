//! Here is an index; how long does it take to count a phrase?
//!
//! ```sh
//! counterpoint index corpus.txt -o corpus
//! cargo bench --bench find -- models/corpus.cpt        # the fables without a name
//! ```
//!
//! Phrases are cut out of the text at places all over it, so that all of them are there; asked of
//! a file that is in memory, each once a round, in an order that no cache knows.

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use counterpoint::model::LanguageModel;
use counterpoint::progress::Quiet;
use counterpoint::store::{ModelFile, OpenOptions};
use counterpoint::suffix::{Estimate, Plan, UnboundedModel, build, format};
use counterpoint::text::{Corpus, CorpusOptions};
use counterpoint::token::{Reading, TokenId, VocabularyLimits};

use common::words;

const PHRASES: usize = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let file = words().into_iter().next();
    let model = file.map_or_else(fables, |file| {
        let file = ModelFile::open(Path::new(&file), OpenOptions::default());
        format::load(&file.expect("a model file")).expect("an index")
    });
    let tokens = model.tokens();
    println!(
        "{tokens} tokens, {} types; µs a phrase, the least of {ROUNDS}",
        model.vocabulary().len()
    );
    for length in [1, 2, 3, 5, 8, 12] {
        measure(&model, length);
    }
}

fn fables() -> UnboundedModel {
    let text = include_str!("../corpora/fables.txt");
    let plan = Plan {
        reading: Reading::DEFAULT,
        vocabulary: None,
        limits: VocabularyLimits::default(),
        estimate: Estimate::Smoothed,
        expected: 0,
    };
    let corpus = Corpus::from_text("fables", text, CorpusOptions::default());
    build(&corpus, plan, &Quiet).expect("an index")
}

fn measure(model: &UnboundedModel, length: usize) {
    let array = model.array();
    let text = array.text();
    // A stride that has no divisor in common with the length of most texts.
    let places = (0..PHRASES * 8).map(|number| number * 1_000_003 % (text.len() - length));
    let phrases = places.map(|at| &text[at..at + length]);
    let marked =
        |phrase: &&[TokenId]| phrase.contains(&TokenId::START) || phrase.contains(&TokenId::END);
    let phrases: Vec<&[TokenId]> = phrases
        .filter(|phrase| !marked(phrase))
        .take(PHRASES)
        .collect();
    let time = |ask: &dyn Fn(&[TokenId]) -> u64| {
        let round = || {
            let start = Instant::now();
            let sum: u64 = phrases.iter().map(|phrase| ask(phrase)).sum();
            assert!(sum >= phrases.len() as u64, "all phrases are there");
            start.elapsed()
        };
        let best: Duration = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
        best.as_secs_f64() * 1e6 / phrases.len().max(1) as f64
    };
    println!(
        "{length:3} tokens: count {:6.2}   longest end {:6.2}",
        time(&|phrase| array.find(phrase).count()),
        time(&|phrase| array.longest_end(phrase, 1).count()),
    );
}
