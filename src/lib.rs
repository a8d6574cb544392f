//! Counterpoint: n-gram language models in two voices.

pub mod count;
pub mod error;
pub mod model;
pub mod ngram;
pub mod prob;
pub mod progress;
pub mod smooth;
pub mod store;
pub mod text;
pub mod token;
pub mod warning;

pub use error::{Error, ErrorKind, Result};
