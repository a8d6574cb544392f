//! Here is a path, give me sentences.
//!
//! In go names: files, folders, patterns, `-` for standard input. Out come
//! batches of sentences, in the order of the names, half a mebibyte at a time,
//! so that a corpus larger than memory is no special case. Who wants something
//! of every batch has it made on all threads, and in order
//! ([`Corpus::each_batch`]).
//!
//! ```
//! use counterpoint::text::{Corpus, CorpusOptions};
//!
//! let corpus = Corpus::from_text("tiny", "the cat sat\nthe dog ran\n", CorpusOptions::default());
//! for batch in corpus.batches() {
//!     let batch = batch?;
//!     assert_eq!(batch.sentence(1), b"the dog ran");
//!     assert_eq!(batch.place(1), "tiny, line 2");
//! }
//! # Ok::<(), counterpoint::Error>(())
//! ```
//!
//! # What a sentence is
//!
//! A line, without its `\n` and without one `\r` before it. A last line counts
//! with or without its `\n`. With [`Unit::Document`] a sentence is a whole file,
//! line ends and all. From JSON Lines the text is a field of each record; its
//! lines are sentences, or with [`Unit::Document`] the record is. With
//! [`Unit::Tune`] files and records are collections of tunes, and a sentence is a
//! tune, spelt as [`crate::notes`] spells it.
//!
//! # Why so
//!
//! * What a file is, its content decides. A name may lie: compression is
//!   recognised by its magic, and in a folder a file is text unless it has a NUL
//!   byte near its beginning. A byte order mark is no word, and UTF-16 is refused
//!   by its name rather than read as noise.
//! * Nothing is lost silently. Bytes that are not UTF-8 are refused with their
//!   place unless asked for otherwise; replacements and skipped files are counted
//!   in [`Corpus::warnings`], and so are records that are left out; a corpus without a sentence ends in an error, so
//!   that nobody trains on nothing.
//! * One pass costs a few buffers a thread. A line is limited to a gibibyte, and
//!   so is a document; the memory a reader takes depends on nothing else.
//! * Only reading is done by one thread at a time: what a block of bytes holds is
//!   for the thread that took it to find out.
//! * Spelling is settled here ([`CorpusOptions::fold`]), and the options are
//!   stored with a model, so that a question is spelt like the text it was
//!   trained on.

mod batch;
mod blocks;
mod compression;
mod corpus;
mod cut;
mod fold;
mod inputs;
mod jsonl;
mod options;
mod records;
mod relay;
mod source;
mod stream;
mod tunes;
mod unpack;
mod valid;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod relay_tests;

pub use batch::Batch;
pub use corpus::{Batches, Corpus};
pub use jsonl::{add_fields, has_field};
pub use options::{BlankLines, CorpusOptions, InvalidUtf8, Malformed, Normalisation, Unit};
pub use records::Record;
pub use unpack::open_decompressed;
