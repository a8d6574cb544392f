//! Counterpoint: n-gram language models in two voices.
//!
//! A musician learns that one note leaves many notes that fit; each further note
//! leaves fewer. Language is the same: every token of context narrows the next
//! choices. This library makes that exact. Its one question is: *given these
//! tokens, what is the probability of each token that may come next?* Two kinds of
//! voice answer it:
//!
//! - the **statistical voice** ([`ngram`]) counts a corpus and smooths the counts:
//!   exact about what was seen, careful about what was not;
//! - the **neural voice** ([`neural`]) gives every token a place in space and learns
//!   weights by gradient descent: it generalises from what was seen to what is like it.
//!
//! Both implement [`model::LanguageModel`], so whatever can be asked of one can be
//! asked of the other, of an imported ARPA file, and of a [`mixture`] of them.
//!
//! # From a text to an answer
//!
//! ```
//! use counterpoint::count::{Order, Pruning};
//! use counterpoint::model::LanguageModel;
//! use counterpoint::ngram::{NgramModel, Plan, build};
//! use counterpoint::progress::{Quiet, Stage};
//! use counterpoint::smooth::{Estimate, Smoothing};
//! use counterpoint::text::{Corpus, CorpusOptions};
//! use counterpoint::token::{Reading, VocabularyLimits, number};
//!
//! let text = "the cat sat\nthe cat ran\nthe dog sat\n";
//! let corpus = Corpus::from_text("tiny", text, CorpusOptions::default());
//! let reading = Reading::DEFAULT;
//! let numbered = number(&corpus, &reading, VocabularyLimits::default(), &Quiet)?;
//!
//! let stage = Stage { number: 1, of: 2, name: "count", unit: "tokens", total: None };
//! let estimate = Estimate::Probabilities(Smoothing::WittenBell);
//! let plan = Plan { reading: reading.clone(), order: Order::new(3)?, estimate, pruning: Pruning::default() };
//! let built = build(numbered.text, numbered.vocabulary, &plan, stage, &Quiet)?;
//! let model = NgramModel::new(built.header, built.vocabulary, built.table)?;
//!
//! let context = reading.ids(model.vocabulary(), b"the cat")?;
//! let next = model.distribution(&context);
//! let best = next.top(1)[0];
//! assert_eq!(model.vocabulary().surface(best.token), b"sat");
//! assert!((next.log_probs().iter().map(|ln| ln.exp()).sum::<f64>() - 1.0).abs() < 1e-6);
//! # Ok::<(), counterpoint::Error>(())
//! ```
//!
//! # The floors
//!
//! The folders of the source are the path of the data. A module uses only floors
//! before it; a test reads the imports and holds them to that.
//!
//! ```text
//! text → tokens → ids ─┬→ counts → smoothed probabilities → tables ─┐
//!                      └→ training → weights ───────────────────────┴→ distribution
//! ```
//!
//! | floor | modules |
//! |---|---|
//! | 0 | [`error`], [`prob`], [`warning`], [`progress`], [`pages`]: what went wrong, probabilities, how far the work is, huge pages |
//! | 1 | [`notes`]: a tune in, its notes out, and back · [`text`]: a path in, sentences out · [`store`]: sections in, one safe file out, and back |
//! | 2 | [`token`]: a sentence in, ids out, and back |
//! | 3 | [`count`]: ids in, counts out · [`model`]: what every voice answers |
//! | 4 | [`smooth`]: counts in, probabilities and back-offs out |
//! | 5 | [`ngram`], [`suffix`], [`neural`], [`mixture`]: the voices |
//! | 6 | [`sample`], [`narrow`], [`explain`], [`evaluate`], [`compare`], [`open`], [`weights`]: what can be done with a voice |
//! | 8 | [`cli`]: the command |
//!
//! # Invariants
//!
//! - Inside, probabilities are natural logarithms in `f64` ([`prob::LogProb`]); bits, log10 and
//!   plain probabilities exist only at the doors.
//! - Ids `<unk>` 0, `<s>` 1 and `</s>` 2 are the same everywhere. `<s>` is context and never
//!   predicted; `</s>` is predicted and never context.
//! - The same input gives the same bytes on any number of threads: work is cut by the data's shape,
//!   and what was done in parallel is put together in order.
//! - The library never prints. It reports to a [`progress::Progress`] and returns an [`Error`].
//!
//! # What is absent, on purpose
//!
//! Transformers, GPU code, a distributed engine, and the network.

pub mod cli;
pub mod compare;
pub mod count;
pub mod error;
pub mod evaluate;
pub mod explain;
pub mod mixture;
pub mod model;
pub mod narrow;
pub mod neural;
pub mod ngram;
pub mod notes;
pub mod open;
pub mod pages;
pub mod prob;
pub mod progress;
pub mod sample;
pub mod smooth;
pub mod store;
pub mod suffix;
pub mod text;
pub mod token;
pub mod warning;
pub mod weights;
mod wide;

pub use error::{Error, ErrorKind, Result};
