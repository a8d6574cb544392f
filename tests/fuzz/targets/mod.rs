//! Here are bytes from anywhere, hold a reader to its promises.
//!
//! Each target takes any bytes at all. A reader may refuse them, with an error that
//! has its three parts; what it accepts must answer and must not contradict itself.
//! The fuzzer in `fuzz/` calls these with bytes it makes up, and `tests/fuzz` with
//! those that were kept.

mod imports;
mod models;
mod questions;
pub(crate) mod sealed;
mod shards;
mod tunes;

use counterpoint::Error;

/// A target by its name, which is that of its folder of kept inputs.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(crate) const ALL: [Target; 10] = [
    ("abc", tunes::abc),
    ("arpa", imports::arpa),
    ("gpt2", imports::gpt2),
    ("kenlm", imports::kenlm),
    ("midi", tunes::midi_file),
    ("model", models::model),
    ("sentencepiece", imports::sentencepiece),
    ("shards", shards::shards),
    ("tiktoken", imports::tiktoken),
    ("tokenizer-json", imports::tokenizer_json),
];

/// Gives these bytes to the target of this name.
///
/// # Panics
/// If there is no such target, or a promise is not kept.
#[allow(
    dead_code,
    reason = "the fuzzer has one target at a time, the test all"
)]
pub(crate) fn run(name: &str, bytes: &[u8]) {
    let found = ALL.iter().find(|(known, _)| *known == name);
    let (_, target) = found.expect("targets are listed");
    target(bytes);
}

/// A refusal says something.
fn check_refusal(error: &Error) {
    assert!(!error.what().trim().is_empty(), "{error:?}");
}
