//! Here is a tokenizer, give me its `tokenizer.json`.

use serde_json::{Map, Value, json};

use super::{Format, Subwords, byte_level, tiktoken};
use crate::error::{Error, ErrorKind, Result};

impl Subwords {
    /// The tokenizer as HuggingFace's library reads it.
    ///
    /// tiktoken merges any two pieces that are one together; in the file that is a merge for every way
    /// to part a piece in two.
    ///
    /// # Errors
    /// If the format cannot say what the tokenizer does.
    pub fn to_tokenizer_json(&self) -> Result<Vec<u8>> {
        let origin = self.origin();
        match origin.format {
            Format::HuggingFace => Ok(origin.bytes.clone()),
            Format::Tiktoken => tiktoken_json(&origin.bytes),
            Format::SentencePiece => {
                let what = "tokenizer.json cannot say all that SentencePiece does with blanks";
                Err(Error::new(ErrorKind::Usage, what)
                    .way_out("use the .model file itself; every library that knows it reads that"))
            }
        }
    }
}

fn tiktoken_json(origin: &[u8]) -> Result<Vec<u8>> {
    let (meta, pieces) = tiktoken::parse(origin)?;
    let mut ranked: Vec<(&[u8], u32)> = pieces
        .iter()
        .map(|(piece, rank)| (&piece[..], *rank))
        .collect();
    ranked.sort_unstable_by_key(|(_, rank)| *rank);
    let mut vocabulary = Map::new();
    let mut merges: Vec<[String; 2]> = Vec::new();
    for (piece, rank) in ranked {
        vocabulary.insert(byte_level::spelled(piece), rank.into());
        let mut splits: Vec<(u32, [&[u8]; 2])> = (1..piece.len())
            .filter_map(|middle| {
                let (left, right) = piece.split_at(middle);
                Some(((*pieces.get(left)?).max(*pieces.get(right)?), [left, right]))
            })
            .collect();
        // The parts that were there first are those that the piece was made of.
        splits.sort_by_key(|(later, _)| *later);
        merges.extend(
            splits
                .into_iter()
                .map(|(_, halves)| halves.map(byte_level::spelled)),
        );
    }
    let added = meta
        .special_tokens
        .iter()
        .map(|(content, id)| added_token(*id, content));
    let json = byte_level_json(
        added.collect(),
        vocabulary,
        json!(merges),
        Some(&meta.pat_str),
        true,
    );
    Ok(json.to_string().into_bytes())
}

/// A special token, found wherever it stands.
pub(super) fn added_token(id: u32, content: &str) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
    })
}

/// A byte-level tokenizer; without a pattern it has GPT-2's.
pub(super) fn byte_level_json(
    added: Vec<Value>,
    vocabulary: Map<String, Value>,
    merges: Value,
    pattern: Option<&str>,
    ignore_merges: bool,
) -> Value {
    let level = |use_regex: bool| {
        json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex,
        })
    };
    let pre_tokenizer = match pattern {
        None => level(true),
        Some(regex) => json!({
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false},
                level(false),
            ],
        }),
    };
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": level(true),
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": ignore_merges, "vocab": vocabulary, "merges": merges,
        },
    })
}
