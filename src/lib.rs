//! Counterpoint: n-gram language models in two voices.

pub mod cli;
pub mod compare;
pub mod count;
pub mod error;
pub mod evaluate;
pub mod mixture;
pub mod model;
pub mod narrow;
pub mod neural;
pub mod ngram;
pub mod open;
pub mod prob;
pub mod progress;
pub mod sample;
pub mod smooth;
pub mod store;
pub mod text;
pub mod token;
pub mod warning;

pub use error::{Error, ErrorKind, Result};
