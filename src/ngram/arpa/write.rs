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
use crate::ngram::table::Table;
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
    for (size, n) in table.sizes().iter().zip(1..) {
        writeln!(out, "ngram {n}={size}")?;
    }
    writeln!(out)?;
    let mut entries = Entries::of_root();
    let mut ranks = vec![0];
    for n in 1..=table.order() {
        writeln!(out, "\\{n}-grams:")?;
        let contexts = contexts(table, n);
        entries = entries.longer(table, &contexts);
        let sorted = suffix_order(&table.levels()[n - 1].tokens, &contexts, &ranks);
        // Formatting is what takes time: it is shared out, a stretch of the file at once.
        for stretch in sorted.chunks(ENTRIES_A_TASK * TASKS_AT_ONCE) {
            let tasks = stretch.par_chunks(ENTRIES_A_TASK);
            let pieces: Vec<Vec<u8>> = tasks.map(|nodes| entries.lines(spelling, nodes)).collect();
            pieces.iter().try_for_each(|piece| out.write_all(piece))?;
        }
        ranks = ranks_of(&sorted);
        writeln!(out)?;
    }
    writeln!(out, "\\end\\")
}

/// How many entries one task formats.
const ENTRIES_A_TASK: usize = 1 << 13;

/// How many tasks' text is held in memory before it is written.
const TASKS_AT_ONCE: usize = 64;

/// For each n-gram of order n, the node of its context one order below; at order 1, the root.
fn contexts(table: &Table, n: usize) -> Vec<u32> {
    let size = table.levels()[n - 1].tokens.len();
    if n == 1 {
        return vec![0; size];
    }
    let mut contexts = Vec::with_capacity(size);
    let children = &table.levels()[n - 2].children[..];
    for (context, &end) in children[1..].iter().enumerate() {
        contexts.resize(end as usize, context as u32);
    }
    contexts
}

/// The nodes of an order, last token first: by token, then by the rank of their context.
fn suffix_order(tokens: &[TokenId], contexts: &[u32], ranks: &[u32]) -> Vec<u32> {
    let key = |(token, context): (&TokenId, &u32)| {
        u64::from(token.0) << 32 | u64::from(ranks[*context as usize])
    };
    let mut keyed: Vec<(u64, u32)> = tokens.iter().zip(contexts).map(key).zip(0..).collect();
    keyed.par_sort_unstable();
    keyed.into_iter().map(|(_, node)| node).collect()
}

/// The place of each node among the sorted ones.
fn ranks_of(sorted: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; sorted.len()];
    for (rank, &node) in sorted.iter().enumerate() {
        ranks[node as usize] = rank as u32;
    }
    ranks
}

/// The n-grams of one order, spelled out.
///
/// They are written in an order that leaps about in the table, so the tokens of each lie together:
/// one leap an entry, not one for each of its tokens.
struct Entries<'t> {
    n: usize,
    /// n ids for each.
    ids: Vec<TokenId>,
    log10_prob: &'t [f32],
    log10_backoff: &'t [f32],
}

impl<'t> Entries<'t> {
    /// The empty n-gram alone, which every unigram continues.
    fn of_root() -> Self {
        Entries {
            n: 0,
            ids: Vec::new(),
            log10_prob: &[],
            log10_backoff: &[],
        }
    }

    /// Those of the next order, each spelled from its context.
    fn longer(&self, table: &'t Table, contexts: &[u32]) -> Self {
        let level = &table.levels()[self.n];
        let mut ids = Vec::with_capacity((self.n + 1) * contexts.len());
        for (token, &context) in level.tokens.iter().zip(contexts) {
            let context = context as usize * self.n;
            ids.extend_from_slice(&self.ids[context..context + self.n]);
            ids.push(*token);
        }
        Entries {
            n: self.n + 1,
            ids,
            log10_prob: &level.log10_prob,
            log10_backoff: &level.log10_backoff,
        }
    }

    /// The lines of some of them.
    fn lines(&self, spelling: &Spelling, nodes: &[u32]) -> Vec<u8> {
        let mut out = Vec::with_capacity(nodes.len() * 48);
        for node in nodes.iter().map(|&node| node as usize) {
            let never_predicted = self.n == 1 && node == TokenId::START.index();
            let log10 = if never_predicted {
                0.0
            } else {
                self.log10_prob[node]
            };
            push_number(log10, &mut out);
            let ids = &self.ids[node * self.n..(node + 1) * self.n];
            for (position, &id) in ids.iter().enumerate() {
                out.push(if position == 0 { b'\t' } else { b' ' });
                out.extend_from_slice(&spelling.surfaces[id.index()]);
            }
            if let Some(&backoff) = self.log10_backoff.get(node) {
                out.push(b'\t');
                push_number(backoff, &mut out);
            }
            out.push(b'\n');
        }
        out
    }
}

fn push_number(log10: f32, out: &mut Vec<u8>) {
    let number = match log10 {
        f32::NEG_INFINITY => LOG_ZERO,
        // Adding 0 turns −0, which would print its sign, into 0.
        number => number + 0.0,
    };
    write!(out, "{number}").expect("memory takes what is written to it");
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
