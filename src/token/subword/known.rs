//! Here is the name that ranks were published under, give me their pattern and their special tokens.
//!
//! These are facts of the encodings that OpenAI published, as tiktoken has them.

use serde_json::json;

/// Up to p50k: GPT-2's.
const GPT2: &str =
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";

const CL100K: &str = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

/// GPT-2's as it was first published, which every engine understands.
pub(super) const GPT2_AS_PUBLISHED: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// cl100k's as it was first published.
pub(super) const CL100K_AS_PUBLISHED: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

pub(super) const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The names.
pub(super) const NAMES: [&str; 6] = [
    "gpt2",
    "r50k_base",
    "p50k_base",
    "p50k_edit",
    "cl100k_base",
    "o200k_base",
];

/// The pattern and the special tokens, as an object in JSON.
pub(super) fn meta(name: &str) -> Option<Vec<u8>> {
    let end = "<|endoftext|>";
    let (pattern, special) = match name {
        "gpt2" | "r50k_base" | "p50k_base" => (GPT2, json!({ end: 50256 })),
        "p50k_edit" => (
            GPT2,
            json!({
                end: 50256, "<|fim_prefix|>": 50281, "<|fim_middle|>": 50282, "<|fim_suffix|>": 50283,
            }),
        ),
        "cl100k_base" => (
            CL100K,
            json!({
                end: 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259,
                "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276,
            }),
        ),
        "o200k_base" => (O200K, json!({ end: 199999, "<|endofprompt|>": 200018 })),
        _ => return None,
    };
    Some(
        json!({ "pat_str": pattern, "special_tokens": special })
            .to_string()
            .into_bytes(),
    )
}
