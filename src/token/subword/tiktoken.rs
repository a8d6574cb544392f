//! Here are tiktoken's ranks and pattern, give me the tokenizer.
//!
//! A rank is an id. Any two neighbours merge whose bytes together have a rank, the lowest first; a
//! stretch that has a rank itself is not cut at all.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::added::{Added, AddedToken};
use super::bpe::{Bpe, Spellings, Symbols, pairs_of_pieces};
use super::coder::{Coder, Model, Workshops};
use super::split::Matcher;
use super::steps::{Behaviour, Step};
use crate::error::{Error, ErrorKind, Result};

/// What is known besides the ranks; other keys are of no meaning here.
#[derive(Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) pat_str: String,
    #[serde(default)]
    pub(super) special_tokens: BTreeMap<String, u32>,
}

/// An id above this is a mistake, or an attempt to make us reserve memory.
pub(super) const MOST_IDS: u32 = 1 << 21;

/// What is known of the pattern, and the pieces with their ranks.
pub(super) fn parse(origin: &[u8]) -> Result<(Meta, Spellings)> {
    let end = origin.iter().position(|&byte| byte == b'\n');
    let (meta, ranks) = origin.split_at(end.unwrap_or(origin.len()));
    let meta = read_meta(meta)?;
    let mut pieces = Spellings::new();
    for (number, line) in ranks.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let (piece, rank) = read_line(line).ok_or_else(|| {
            let shown: String = crate::token::readable(line).chars().take(60).collect();
            broken(format!("{shown:?} is no piece and its rank")).at(format!("line {number}"))
        })?;
        if pieces.insert(piece.into(), rank).is_some() {
            return Err(broken("a piece comes twice".into()).at(format!("line {number}")));
        }
    }
    Ok((meta, pieces))
}

pub(super) fn read(origin: &[u8]) -> Result<Coder> {
    let (meta, pieces) = parse(origin)?;
    let mut surfaces = Vec::new();
    for (piece, rank) in &pieces {
        put(&mut surfaces, *rank, piece.clone())?;
    }
    let mut symbols = Box::new([None; 256]);
    for byte in 0..=255u8 {
        let id = pieces.get(&[byte][..]).copied();
        symbols[byte as usize] =
            Some(id.ok_or_else(|| broken(format!("the byte 0x{byte:02X} is no piece of it")))?);
    }
    let find = |piece: &[u8]| pieces.get(piece).copied();
    let all = pieces.iter().map(|(piece, id)| (&piece[..], *id));
    let pairs = pairs_of_pieces(all, find, |id| id);
    let mut added = Vec::new();
    for (content, id) in meta.special_tokens {
        put(&mut surfaces, id, content.clone().into_bytes().into())?;
        added.push(AddedToken::plain(id, content));
    }
    let pattern = Step::Match {
        matcher: Matcher::of(&meta.pat_str)?,
        behaviour: Behaviour::Isolated,
        inverted: false,
    };
    Ok(Coder {
        surfaces,
        unknown: None,
        fuses_unknown: false,
        by_bytes: true,
        added: Added::new(added)?,
        normalisers: Vec::new(),
        added_after: Added::default(),
        steps: vec![pattern],
        model: Model::Bpe(Bpe {
            pairs,
            symbols: Symbols::Bytes(symbols),
            whole: Some(pieces),
        }),
        joins: Vec::new(),
        workshops: Workshops::default(),
    })
}

/// True if a file begins as a list of ranks does.
pub(super) fn is_ranks(file: &[u8]) -> bool {
    let first = file.split(|&byte| byte == b'\n').next();
    first.is_some_and(|line| read_line(line.trim_ascii()).is_some())
}

/// The origin that ranks and what is known besides them make: that in one line, then the ranks.
pub(super) fn with_meta(meta: &[u8], ranks: &[u8]) -> Result<Vec<u8>> {
    let meta = read_meta(meta)?;
    let mut origin = serde_json::to_vec(&meta).expect("strings and numbers are JSON");
    origin.push(b'\n');
    origin.extend_from_slice(ranks);
    Ok(origin)
}

fn read_meta(meta: &[u8]) -> Result<Meta> {
    serde_json::from_slice(meta)
        .map_err(|error| broken(format!("what is known of its pattern: {error}")))
}

fn read_line(line: &[u8]) -> Option<(Vec<u8>, u32)> {
    let (piece, rank) = line.split_at(line.iter().position(|&byte| byte == b' ')?);
    let rank = str::from_utf8(&rank[1..]).ok()?.parse().ok()?;
    let piece = BASE64_STANDARD.decode(piece).ok()?;
    (!piece.is_empty()).then_some((piece, rank))
}

/// Gives an id its surface; each id has one.
pub(super) fn put(
    surfaces: &mut Vec<Option<Box<[u8]>>>,
    id: u32,
    surface: Box<[u8]>,
) -> Result<()> {
    if id >= MOST_IDS {
        return Err(broken(format!("{id} is too large for an id")));
    }
    if id as usize >= surfaces.len() {
        surfaces.resize(id as usize + 1, None);
    }
    match surfaces[id as usize].replace(surface) {
        None => Ok(()),
        Some(_) => Err(broken(format!("the id {id} comes twice"))),
    }
}

pub(super) fn broken(what: String) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("the tokenizer is not understood: {what}"),
    )
    .way_out("import it again from the files it was published in")
}
