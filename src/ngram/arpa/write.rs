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
    let mut text = Text {
        spelling,
        orders: Vec::new(),
    };
    let mut ranks = Vec::new();
    for n in 1..=table.order() {
        writeln!(out, "\\{n}-grams:")?;
        text.orders.push(Entries::of(table, n));
        let sorted = text.orders[n - 1].suffix_order(&ranks);
        // Formatting is what takes time: it is shared out, a stretch of the file at once.
        for stretch in sorted.chunks(ENTRIES_A_TASK * TASKS_AT_ONCE) {
            let tasks = stretch.par_chunks(ENTRIES_A_TASK);
            let pieces: Vec<Vec<u8>> = tasks.map(|nodes| text.entries(n, nodes)).collect();
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

/// The n-grams of one order, and the context of each.
struct Entries<'t> {
    tokens: &'t [TokenId],
    log10_prob: &'t [f32],
    log10_backoff: &'t [f32],
    /// The node, one order below, of each without its last token. Empty at order 1.
    contexts: Vec<u32>,
}

impl<'t> Entries<'t> {
    fn of(table: &'t Table, n: usize) -> Self {
        let level = &table.levels()[n - 1];
        let mut contexts = Vec::with_capacity(level.tokens.len());
        if n > 1 {
            let below = &table.levels()[n - 2].children[..];
            for (context, &end) in below[1..].iter().enumerate() {
                contexts.resize(end as usize, context as u32);
            }
        }
        Entries {
            tokens: &level.tokens,
            log10_prob: &level.log10_prob,
            log10_backoff: &level.log10_backoff,
            contexts,
        }
    }

    /// The nodes, last token first: by token, then by the rank of their context one order below.
    fn suffix_order(&self, ranks: &[u32]) -> Vec<u32> {
        if self.contexts.is_empty() {
            return (0..self.tokens.len() as u32).collect();
        }
        let key = |(token, context): (&TokenId, &u32)| {
            u64::from(token.0) << 32 | u64::from(ranks[*context as usize])
        };
        let keys = self.tokens.iter().zip(&self.contexts).map(key);
        let mut keyed: Vec<(u64, u32)> = keys.zip(0..).collect();
        keyed.par_sort_unstable();
        keyed.into_iter().map(|(_, node)| node).collect()
    }
}

/// The place of each node among the sorted ones.
fn ranks_of(sorted: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; sorted.len()];
    for (rank, &node) in sorted.iter().enumerate() {
        ranks[node as usize] = rank as u32;
    }
    ranks
}

/// What is needed to spell out n-grams: the orders up to theirs.
struct Text<'t> {
    spelling: &'t Spelling<'t>,
    orders: Vec<Entries<'t>>,
}

impl Text<'_> {
    /// The lines of some n-grams of order n.
    fn entries(&self, n: usize, nodes: &[u32]) -> Vec<u8> {
        let mut out = Vec::with_capacity(nodes.len() * 48);
        let entries = &self.orders[n - 1];
        for node in nodes.iter().map(|&node| node as usize) {
            let never_predicted = n == 1 && node == TokenId::START.index();
            let log10 = if never_predicted {
                0.0
            } else {
                entries.log10_prob[node]
            };
            push_number(log10, &mut out);
            out.push(b'\t');
            self.push_ngram(n, node, &mut out);
            if let Some(&backoff) = entries.log10_backoff.get(node) {
                out.push(b'\t');
                push_number(backoff, &mut out);
            }
            out.push(b'\n');
        }
        out
    }

    /// The n-gram's tokens with a space between them: its context's first.
    fn push_ngram(&self, n: usize, node: usize, out: &mut Vec<u8>) {
        let entries = &self.orders[n - 1];
        if n > 1 {
            self.push_ngram(n - 1, entries.contexts[node] as usize, out);
            out.push(b' ');
        }
        out.extend_from_slice(&self.spelling.surfaces[entries.tokens[node].index()]);
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
