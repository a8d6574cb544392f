//! Here is HuggingFace's `tokenizer.json`, give me the tokenizer.
//!
//! The file is a pipeline of named parts with settings. Each part known here does what the original's
//! does; one that is not, or a setting that is not, is refused by its name. Truncation and padding are
//! of no meaning here, and the post-processor, which puts special tokens around a text, is left out:
//! sentences are marked by the models themselves.

mod model;
mod parts;

use serde_json::Value;

use super::added::{Added, AddedToken};
use super::byte_level;
use super::coder::{Coder, Model, Workshops};
use super::normalise::Normaliser;
use super::steps::{Prepended, Step};
use super::tiktoken::{broken, put};
use crate::error::{Error, ErrorKind, Result};

/// True if a file is an object with a model in it.
pub(super) fn is_tokenizer(file: &[u8]) -> bool {
    file.trim_ascii_start().first() == Some(&b'{')
        && serde_json::from_slice::<Value>(file).is_ok_and(|value| value["model"].is_object())
}

pub(super) fn read(json: &[u8]) -> Result<Coder> {
    let json: Value = serde_json::from_slice(json)
        .map_err(|error| broken(format!("it is no tokenizer.json: {error}")))?;
    let normalisers = parts::normalisers(&json["normalizer"])?;
    let (steps, by_bytes) = parts::steps(&json["pre_tokenizer"])?;
    parts::check_post_processor(&json["post_processor"])?;
    check_first(&normalisers, &steps)?;
    let read = model::read(&json["model"], by_bytes)?;
    let mut surfaces = Vec::new();
    for (piece, id) in read.pieces {
        let bytes = match by_bytes {
            true => byte_level::bytes(&piece),
            false if read.falls_back => super::sentencepiece::byte(&piece)
                .ok()
                .map(|byte| vec![byte]),
            false => None,
        };
        put(
            &mut surfaces,
            id,
            bytes.unwrap_or(piece.into_bytes()).into(),
        )?;
    }
    let (mut plain, mut normalised) = (Vec::new(), Vec::new());
    for value in json["added_tokens"].as_array().into_iter().flatten() {
        let mut token = added_token(value)?;
        let is_normalised = flag(value, "normalized")?;
        if is_normalised {
            for normaliser in &normalisers {
                token.content = normaliser.apply(token.content)?;
            }
        }
        // It may be among the model's pieces, and is found as it is spelled here all the same.
        if let Some(piece) = surfaces.get_mut(token.id as usize) {
            *piece = None;
        }
        let surface = token.content.clone().into_bytes();
        put(&mut surfaces, token.id, surface.into())?;
        match is_normalised {
            true => normalised.push(token),
            false => plain.push(token),
        }
    }
    if let (true, Model::Unigram(_) | Model::WordPiece(_)) = (by_bytes, &read.model) {
        return Err(refused(
            "the pre-tokenizer ByteLevel before a model that is no BPE",
        ));
    }
    // A byte-level tokenizer without normalisers looks at no character that is none.
    let takes_bytes = by_bytes && normalisers.is_empty();
    Ok(Coder {
        surfaces,
        unknown: read.unknown,
        fuses_unknown: false,
        by_bytes: takes_bytes,
        added: Added::new(plain)?,
        normalisers,
        added_after: Added::new(normalised)?,
        steps,
        model: read.model,
        joins: parts::joins(&json["decoder"], by_bytes)?,
        workshops: Workshops::default(),
    })
}

/// Where the first part alone is prepended a blank, nothing before may hide where the text begins.
fn check_first(normalisers: &[Normaliser], steps: &[Step]) -> Result<()> {
    let is_first = |step: &Step| {
        matches!(
            step,
            Step::Visible {
                prepended: Prepended::First,
                ..
            }
        )
    };
    match steps.iter().any(is_first) && normalisers.iter().any(Normaliser::moves_beginning) {
        true => Err(refused(
            "Metaspace with the prepend scheme first after this normaliser",
        )),
        false => Ok(()),
    }
}

fn added_token(value: &Value) -> Result<AddedToken> {
    let id = value["id"].as_u64().and_then(|id| u32::try_from(id).ok());
    let (Some(id), Some(content)) = (id, value["content"].as_str()) else {
        return Err(broken("an added token has no id or no content".into()));
    };
    Ok(AddedToken {
        single_word: flag(value, "single_word")?,
        takes_left: flag(value, "lstrip")?,
        takes_right: flag(value, "rstrip")?,
        ..AddedToken::plain(id, content.to_owned())
    })
}

/// A setting that is true or false; false if it is not there.
fn flag(part: &Value, name: &str) -> Result<bool> {
    match &part[name] {
        Value::Null => Ok(false),
        Value::Bool(set) => Ok(*set),
        _ => Err(broken(format!("{name} is neither true nor false"))),
    }
}

/// A setting that is a text.
fn text<'v>(part: &'v Value, name: &str) -> Result<&'v str> {
    let text = part[name].as_str();
    text.ok_or_else(|| broken(format!("{name} is no text")))
}

/// The name of a part.
fn kind(part: &Value) -> Result<&str> {
    text(part, "type")
}

/// The refusal of what cannot be done as the original does it.
fn refused(what: &str) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("{what} of tokenizer.json cannot be had here"),
    )
    .way_out("use a tokenizer without it")
}
