//! Here is a table, write it as ARPA.
//!
//! As `lmplz` writes: unigrams by id, higher orders in suffix order (last token
//! first), `f32` in the shortest digits that read back the same. `<s>` is never
//! predicted and gets a 0; a probability of 0 is −99.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use hashbrown::HashSet;
use rayon::prelude::*;

use super::LOG_ZERO;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::table::{Node, Table};
use crate::smooth::Unlisted;
use crate::token::{TokenId, Vocabulary};

/// Writes the model; returns how many surfaces had to be spelled differently, because they hold
/// white space. `name` is for messages.
///
/// # Errors
/// If its unlisted tokens are not backed off, which ARPA has no way to say; if two surfaces would be
/// spelled alike; if writing fails.
pub fn write(
    vocabulary: &Vocabulary,
    table: &Table,
    unlisted: Unlisted,
    out: &mut dyn Write,
    name: &Path,
) -> Result<usize> {
    if unlisted == Unlisted::Uniform {
        return Err(Error::new(
            ErrorKind::Model,
            "add-k gives unseen tokens a uniform share, which ARPA cannot say",
        )
        .way_out("build with another --smoothing to export"));
    }
    let spelling = Spelling::new(vocabulary)?;
    let written = write_spelled(&spelling, table, out);
    written.map_err(|error| Error::io("write", name, error))?;
    Ok(spelling.changed)
}

fn write_spelled(spelling: &Spelling, table: &Table, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\\data\\")?;
    for (level, n) in table.levels().iter().zip(1..) {
        writeln!(out, "ngram {n}={}", level.tokens.len())?;
    }
    writeln!(out)?;
    let mut contexts = Vec::new();
    let mut ranks = Vec::new();
    for n in 1..=table.order() {
        writeln!(out, "\\{n}-grams:")?;
        contexts = contexts_of(table, n, contexts);
        let order = suffix_order(table, n, &contexts, &ranks);
        for &index in &order {
            write_entry(spelling, table, n, index as usize, &contexts, out)?;
        }
        ranks = vec![0; order.len()];
        for (rank, &index) in order.iter().enumerate() {
            ranks[index as usize] = rank as u32;
        }
        writeln!(out)?;
    }
    writeln!(out, "\\end\\")
}

/// For each order up to n, the context of each of its n-grams: parents, level by level.
fn contexts_of(table: &Table, n: usize, mut so_far: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    let mut parents = Vec::new();
    if n > 1 {
        for index in 0..table.levels()[n - 2].tokens.len() {
            let children = table.children(Node {
                length: n - 1,
                index,
            });
            parents.resize(children.end, index as u32);
        }
    }
    so_far.push(parents);
    so_far
}

/// The nodes of level n, last token first: by token, then by their context's rank.
fn suffix_order(table: &Table, n: usize, contexts: &[Vec<u32>], ranks: &[u32]) -> Vec<u32> {
    let tokens = &table.levels()[n - 1].tokens[..];
    let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
    if n > 1 {
        let parents = &contexts[n - 1];
        let key = |&index: &u32| {
            let index = index as usize;
            (tokens[index], ranks[parents[index] as usize])
        };
        order.par_sort_unstable_by_key(key);
    }
    order
}

fn write_entry(
    spelling: &Spelling,
    table: &Table,
    n: usize,
    index: usize,
    contexts: &[Vec<u32>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let level = &table.levels()[n - 1];
    let never_predicted = n == 1 && index == TokenId::START.index();
    let log10 = if never_predicted {
        0.0
    } else {
        level.log10_prob[index]
    };
    write_number(log10, out)?;
    let mut tokens = Vec::with_capacity(n);
    let mut node = index;
    for length in (1..=n).rev() {
        tokens.push(table.levels()[length - 1].tokens[node]);
        if length > 1 {
            node = contexts[length - 1][node] as usize;
        }
    }
    for (position, &token) in tokens.iter().rev().enumerate() {
        out.write_all(if position == 0 { b"\t" } else { b" " })?;
        out.write_all(&spelling.surfaces[token.index()])?;
    }
    if let Some(&backoff) = level.log10_backoff.get(index) {
        out.write_all(b"\t")?;
        write_number(backoff, out)?;
    }
    out.write_all(b"\n")
}

fn write_number(log10: f32, out: &mut dyn Write) -> io::Result<()> {
    match log10 {
        f32::NEG_INFINITY => write!(out, "{LOG_ZERO}"),
        // Adding 0 turns −0, which would print its sign, into 0.
        number => write!(out, "{}", number + 0.0),
    }
}

/// The surfaces as ARPA can hold them.
struct Spelling<'v> {
    surfaces: Vec<Cow<'v, [u8]>>,
    changed: usize,
}

impl<'v> Spelling<'v> {
    fn new(vocabulary: &'v Vocabulary) -> Result<Self> {
        let surfaces: Vec<Cow<[u8]>> = vocabulary
            .ids()
            .map(|id| spell(vocabulary.surface(id)))
            .collect();
        let is_changed = |surface: &&Cow<[u8]>| matches!(surface, Cow::Owned(_));
        let changed = surfaces.iter().filter(is_changed).count();
        if changed > 0 {
            let different: HashSet<&[u8]> = surfaces.iter().map(AsRef::as_ref).collect();
            if different.len() < surfaces.len() {
                let what =
                    "two tokens would be spelled alike in ARPA, such as a space and '<0x20>'";
                return Err(Error::new(ErrorKind::Model, what)
                    .way_out("build with --tokenizer words or whitespace to export"));
            }
        }
        Ok(Spelling { surfaces, changed })
    }
}

/// White space and control bytes inside a token as `<0xHH>`; the empty token as `<0x>`.
fn spell(surface: &[u8]) -> Cow<'_, [u8]> {
    let fits = |byte: &u8| *byte > b' ' && *byte != 0x7F;
    if !surface.is_empty() && surface.iter().all(fits) {
        return Cow::Borrowed(surface);
    }
    if surface.is_empty() {
        return Cow::Owned(b"<0x>".to_vec());
    }
    let mut out = Vec::new();
    for byte in surface {
        match fits(byte) {
            true => out.push(*byte),
            false => out.extend_from_slice(format!("<0x{byte:02X}>").as_bytes()),
        }
    }
    Cow::Owned(out)
}
