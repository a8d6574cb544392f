//! Here are the files of a tokenizer as it was published, give me the tokenizer.
//!
//! What a file is shows in the file. What is known besides it (a pattern, special tokens) is found
//! beside it, or by the name it was published under.

use std::path::{Path, PathBuf};

use super::{Format, Origin, Subwords, gpt2, huggingface, known, sentencepiece, tiktoken};
use crate::error::{Error, ErrorKind, Result};

/// Reads a tokenizer from its file or files; it is called as the first of them.
///
/// # Errors
/// If they are none, are damaged, or ask for something that cannot be done as the original does it.
pub fn import(paths: &[PathBuf]) -> Result<Subwords> {
    let [first, ..] = paths else {
        return Err(unknown("no file is named"));
    };
    let imported = origin_of(paths).and_then(|origin| Subwords::new(&name_of(first), origin));
    imported.map_err(|error| error.at_least(first.display().to_string()))
}

/// The name of a file without its ending.
fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn origin_of(paths: &[PathBuf]) -> Result<Origin> {
    let files: Vec<Vec<u8>> = paths.iter().map(|path| read(path)).collect::<Result<_>>()?;
    match (&files[..], paths) {
        ([ranks], [path]) if tiktoken::is_ranks(ranks) => with_pattern(ranks, path),
        ([json], _) if huggingface::is_tokenizer(json) => Ok(Origin {
            format: Format::HuggingFace,
            bytes: json.clone(),
        }),
        ([model], _) if sentencepiece::is_model(model) => Ok(Origin {
            format: Format::SentencePiece,
            bytes: model.clone(),
        }),
        ([one, other], _) => gpt2::origin(one, other).or_else(|_| gpt2::origin(other, one)),
        _ => Err(unknown("this is the file of no tokenizer known here")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io("read", path, error))
}

/// Ranks with the pattern that stands in `NAME.meta.json` beside them, or goes by their name.
fn with_pattern(ranks: &[u8], path: &Path) -> Result<Origin> {
    let beside = path.with_extension("meta.json");
    let meta = match beside.exists() {
        true => Some(read(&beside)?),
        false => known::meta(&name_of(path)),
    };
    let meta = meta.ok_or_else(|| {
        let what = "tiktoken's files of ranks do not say what pattern parts the text";
        Error::new(ErrorKind::Usage, what).way_out(format!(
            "put it beside the ranks, in {}: {{\"pat_str\": \"…\", \"special_tokens\": {{}}}}; or name the file as it was published ({})",
            beside.display(),
            known::NAMES.join(", ")
        ))
    })?;
    Ok(Origin {
        format: Format::Tiktoken,
        bytes: tiktoken::with_meta(&meta, ranks)?,
    })
}

fn unknown(what: &str) -> Error {
    Error::new(ErrorKind::Usage, what).way_out(
        "name a tokenizer.json, a SentencePiece .model, a .tiktoken file, or GPT-2's vocabulary and merges",
    )
}
