//! Here is the model's part of the file; make it of its vocabulary and its merges or scores.

use serde_json::{Map, Value};

use super::{broken, flag, kind, refused, text};
use crate::error::Result;
use crate::token::subword::bpe::{Bpe, Characters, Spellings, Symbols};
use crate::token::subword::byte_level;
use crate::token::subword::coder::Model;
use crate::token::subword::pairs::{Merge, Pairs};
use crate::token::subword::trie::Trie;
use crate::token::subword::unigram::{Rounding, Unigram};
use crate::token::subword::wordpiece::WordPiece;

/// A model with its pieces as they are spelled.
pub(super) struct Read {
    pub(super) model: Model,
    pub(super) pieces: Vec<(String, u32)>,
    pub(super) unknown: Option<u32>,
    /// Pieces like `<0x2E>` are bytes.
    pub(super) falls_back: bool,
}

pub(super) fn read(part: &Value, by_bytes: bool) -> Result<Read> {
    match kind_of_model(part)? {
        "BPE" => bpe(part, by_bytes),
        "WordPiece" => wordpiece(part),
        "Unigram" => unigram(part),
        other => Err(refused(&format!("the model {other}"))),
    }
}

/// Old files do not say it, and then it shows.
fn kind_of_model(part: &Value) -> Result<&str> {
    match (&part["type"], &part["merges"]) {
        (Value::Null, Value::Array(_)) => Ok("BPE"),
        _ => kind(part),
    }
}

/// The vocabulary of a model that gives its pieces ids, by id.
fn vocabulary(part: &Value) -> Result<Vec<(String, u32)>> {
    let vocabulary: Option<&Map<String, Value>> = part["vocab"].as_object();
    let vocabulary = vocabulary.ok_or_else(|| broken("it has no vocabulary".into()))?;
    let mut pieces = Vec::with_capacity(vocabulary.len());
    for (piece, id) in vocabulary {
        let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| broken(format!("the piece {piece:?} has no id")))?;
        pieces.push((piece.clone(), id));
    }
    pieces.sort_unstable_by_key(|(_, id)| *id);
    Ok(pieces)
}

fn find(pieces: &Spellings, piece: &str) -> Result<u32> {
    let id = pieces.get(piece.as_bytes()).copied();
    id.ok_or_else(|| broken(format!("the piece {piece:?} is not in its vocabulary")))
}

/// The piece for each byte, spelled `<0x2E>`.
fn byte_pieces(pieces: &Spellings) -> Box<[Option<u32>; 256]> {
    let piece = |byte: usize| pieces.get(format!("<0x{byte:02X}>").as_bytes()).copied();
    Box::new(std::array::from_fn(piece))
}

fn bpe(part: &Value, by_bytes: bool) -> Result<Read> {
    if part["dropout"]
        .as_f64()
        .is_some_and(|dropout| dropout > 0.0)
    {
        return Err(refused(
            "dropout, by which a text is cut differently every time,",
        ));
    }
    let pieces = vocabulary(part)?;
    let spellings: Spellings = pieces
        .iter()
        .map(|(piece, id)| (piece.as_bytes().into(), *id))
        .collect();
    let optional = |name: &str| match &part[name] {
        Value::Null => Ok(String::new()),
        _ => text(part, name).map(str::to_owned),
    };
    let (prefix, suffix) = (
        optional("continuing_subword_prefix")?,
        optional("end_of_word_suffix")?,
    );
    let unknown = match optional("unk_token")? {
        name if name.is_empty() => None,
        name => Some(find(&spellings, &name)?),
    };
    let pairs = merges(&part["merges"], &spellings, &prefix)?;
    let ignores_merges = flag(part, "ignore_merges")?;
    let falls_back = flag(part, "byte_fallback")?;
    if by_bytes && !(prefix.is_empty() && suffix.is_empty() && !falls_back) {
        return Err(refused(
            "a byte-level BPE with prefixes, suffixes or byte fallback",
        ));
    }
    if by_bytes && unknown.is_some() {
        // Where all bytes have pieces nothing is unknown.
        let byte =
            |byte: u8| spellings.contains_key(byte_level::character(byte).to_string().as_bytes());
        if !(0..=255).all(byte) {
            return Err(refused(
                "a byte-level BPE with an unknown token in which bytes are missing",
            ));
        }
    }
    let bytes = falls_back.then(|| byte_pieces(&spellings));
    let (symbols, whole) = match by_bytes {
        true => {
            let symbol = |byte: usize| {
                let spelled = byte_level::character(byte as u8).to_string();
                spellings.get(spelled.as_bytes()).copied()
            };
            let by_their_bytes = || {
                let bytes = pieces.iter().filter_map(|(piece, id)| {
                    Some((byte_level::bytes(piece)?.into_boxed_slice(), *id))
                });
                bytes.collect::<Spellings>()
            };
            let whole = ignores_merges.then(by_their_bytes);
            (Symbols::Bytes(Box::new(std::array::from_fn(symbol))), whole)
        }
        false => {
            let whole = ignores_merges.then(|| spellings.clone());
            let characters = Characters {
                pieces: spellings,
                prefix: prefix.into_bytes(),
                suffix: suffix.into_bytes(),
                bytes,
                unknown,
                fuse_unknown: flag(part, "fuse_unk")?,
            };
            (Symbols::Characters(characters), whole)
        }
    };
    let model = Model::Bpe(Bpe {
        pairs,
        symbols,
        whole,
    });
    Ok(Read {
        model,
        pieces,
        unknown,
        falls_back,
    })
}

/// The merges, first to last; of equal ones the last counts.
fn merges(list: &Value, pieces: &Spellings, prefix: &str) -> Result<Pairs> {
    let list = list.as_array();
    let list = list.ok_or_else(|| broken("it has no merges".into()))?;
    let mut pairs = Pairs::with_capacity(list.len());
    for (rank, merge) in (0..list.len() as u32).zip(list).rev() {
        let pair = match merge {
            Value::String(merge) => merge.split_once(' '),
            Value::Array(pair) => match &pair[..] {
                [Value::String(left), Value::String(right)] => Some((&left[..], &right[..])),
                _ => None,
            },
            _ => None,
        };
        let (left, right) =
            pair.ok_or_else(|| broken(format!("merge {rank} is no pair of pieces")))?;
        let into = format!("{left}{}", right.get(prefix.len()..).unwrap_or_default());
        let merge = Merge {
            rank,
            into: find(pieces, &into)?,
        };
        pairs.add(find(pieces, left)?, find(pieces, right)?, merge);
    }
    Ok(pairs)
}

fn wordpiece(part: &Value) -> Result<Read> {
    let pieces = vocabulary(part)?;
    let prefix = text(part, "continuing_subword_prefix")?;
    let unknown = text(part, "unk_token")?;
    let found = pieces.iter().find(|(piece, _)| piece == unknown);
    let (_, unknown) =
        found.ok_or_else(|| broken("its unknown token is not in its vocabulary".into()))?;
    let longest = part["max_input_chars_per_word"].as_u64().unwrap_or(100);
    let all = || pieces.iter().map(|(piece, id)| (piece.as_bytes(), *id));
    let continuations =
        all().filter_map(|(piece, id)| Some((piece.strip_prefix(prefix.as_bytes())?, id)));
    let model = WordPiece {
        beginnings: Trie::of(all()),
        continuations: Trie::of(continuations.filter(|(piece, _)| !piece.is_empty())),
        unknown: *unknown,
        longest: usize::try_from(longest)
            .unwrap_or(usize::MAX - 1)
            .min(1 << 30),
    };
    Ok(Read {
        unknown: Some(model.unknown),
        model: Model::WordPiece(model),
        pieces,
        falls_back: false,
    })
}

fn unigram(part: &Value) -> Result<Read> {
    let list = part["vocab"].as_array();
    let list = list.ok_or_else(|| broken("it has no vocabulary".into()))?;
    let (mut pieces, mut scores) = (Vec::new(), Vec::new());
    for (id, piece) in (0..).zip(list) {
        let (Some(spelled), Some(score)) = (piece[0].as_str(), piece[1].as_f64()) else {
            return Err(broken(format!("piece {id} is no spelling and its score")));
        };
        if spelled.is_empty() {
            return Err(broken(format!("piece {id} is empty")));
        }
        pieces.push((spelled.to_owned(), id));
        scores.push(score);
    }
    let unknown = part["unk_id"]
        .as_u64()
        .and_then(|id| u32::try_from(id).ok());
    let unknown = unknown.filter(|&id| (id as usize) < pieces.len());
    let unknown = unknown.ok_or_else(|| refused("a Unigram model without an unknown piece"))?;
    let falls_back = flag(part, "byte_fallback")?;
    let spellings: Spellings = pieces
        .iter()
        .map(|(piece, id)| (piece.as_bytes().into(), *id))
        .collect();
    let model = Unigram {
        trie: Trie::of(pieces.iter().map(|(piece, id)| (piece.as_bytes(), *id))),
        lowest: scores.iter().copied().fold(f64::INFINITY, f64::min),
        scores,
        unknown,
        bytes: falls_back.then(|| byte_pieces(&spellings)),
        rounding: Rounding::Double,
    };
    Ok(Read {
        model: Model::Unigram(model),
        pieces,
        unknown: Some(unknown),
        falls_back,
    })
}
