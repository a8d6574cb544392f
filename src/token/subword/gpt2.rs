//! Here are GPT-2's two files, its vocabulary and its merges, give me one.
//!
//! They say what a `tokenizer.json` says but for the pattern, which is GPT-2's, and the special
//! tokens: pieces that are written in brackets and are led to by no merge.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::export::{added_token, byte_level_json};
use super::tiktoken::broken;
use super::{Format, Origin};
use crate::error::Result;

pub(super) fn origin(vocabulary: &[u8], merges: &[u8]) -> Result<Origin> {
    let vocabulary: Map<String, Value> = serde_json::from_slice(vocabulary)
        .map_err(|error| broken(format!("it is no vocabulary: {error}")))?;
    let merges = str::from_utf8(merges).map_err(|_| broken("the merges are not UTF-8".into()))?;
    let lines = merges.lines().filter(|line| !line.starts_with("#version"));
    let merges: Vec<(&str, &str)> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            line.split_once(' ')
                .ok_or_else(|| broken(format!("{line:?} is no merge")))
        })
        .collect::<Result<_>>()?;
    let merged: HashSet<String> = merges
        .iter()
        .map(|(left, right)| format!("{left}{right}"))
        .collect();
    let is_special = |piece: &str| {
        piece.len() > 2 && piece.starts_with('<') && piece.ends_with('>') && !merged.contains(piece)
    };
    let added = vocabulary.iter().filter(|(piece, _)| is_special(piece));
    let added = added.filter_map(|(content, id)| {
        let id = u32::try_from(id.as_u64()?).ok()?;
        Some(added_token(id, content))
    });
    let added = added.collect();
    let json = byte_level_json(added, vocabulary, json!(merges), None, false);
    Ok(Origin {
        format: Format::HuggingFace,
        bytes: json.to_string().into_bytes(),
    })
}
