//! Here are probabilities, give me a table to ask.
//!
//! - [`table`](Table): the numbers, laid out to be walked forwards.
//! - [`NgramModel`]: the statistical voice over a table; [`Scorer`], the same for
//!   scores that are no probabilities.
//! - [`hashed`]: the table once more, by hashes, where much is to be scored.
//! - [`next`]: what follows a context, without a scan of the vocabulary.
//! - [`format`](mod@format): to a model file and back.
//! - [`arpa`]: to the text that every toolkit reads, and back.
//! - [`kenlm`]: from KenLM's binary files.
//! - [`build`]: from ids to any of them, in one call.

pub mod arpa;
mod assemble;
mod build;
mod check;
mod columns;
pub mod compact;
mod compile;
mod flight;
pub mod format;
pub mod hashed;
mod header;
pub mod kenlm;
mod making;
mod model;
mod neighbours;
pub mod next;
mod putting;
mod scorer;
mod state;
mod straight;
mod table;
#[cfg(test)]
mod tests;

pub use build::{
    Built, Plan, Resources, Spelled, Written, build, build_arpa, build_file, build_file_from_census,
};
pub use header::NgramHeader;
pub use model::NgramModel;
pub use neighbours::CountedFollowers;
pub use scorer::{Score, Scorer};
pub use state::{State, Step};
pub use table::{Node, Table, TableLevel};
