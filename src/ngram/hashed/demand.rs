//! Here are more and more tokens to score; when does a hashed table pay?
//!
//! Making one takes about the time that it saves on as many tokens as it has n-grams. Nobody knows how
//! many tokens are still to come, so it is made when that many have come: then both together never
//! take much more than twice the time of whoever had known (Karlin, Manasse, Rudolph and Sleator,
//! 1988). Who does know makes it beforehand, or never.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::HashedTable;
use crate::error::Result;
use crate::ngram::table::Table;

/// A hashed table that is there once it pays, or once it is asked for.
#[derive(Default)]
pub(in crate::ngram) struct OnDemand {
    made: OnceLock<HashedTable>,
    /// How many tokens were scored without it.
    scored: AtomicU64,
    /// Somebody makes it, or it cannot be made.
    claimed: AtomicBool,
}

impl OnDemand {
    /// The hashed table, if it is there. Notes that so many tokens are to be scored, and makes it
    /// if that is one too many without; other threads meanwhile go on without.
    pub(in crate::ngram) fn for_more(&self, tokens: u64, table: &Table) -> Option<&HashedTable> {
        if let Some(made) = self.made.get() {
            return Some(made);
        }
        let before = self.scored.fetch_add(tokens, Ordering::Relaxed);
        if pays(before + tokens, table) && !self.claimed.swap(true, Ordering::Relaxed) {
            // Without memory for it the walk through the trie goes on.
            let made = HashedTable::of(table).ok()?;
            return Some(self.made.get_or_init(|| made));
        }
        None
    }

    /// The hashed table, made if it is not there yet.
    pub(in crate::ngram) fn now(&self, table: &Table) -> Result<&HashedTable> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = HashedTable::of(table)?;
        Ok(self.made.get_or_init(|| made))
    }
}

fn pays(tokens: u64, table: &Table) -> bool {
    tokens > table.sizes().iter().map(|&ngrams| ngrams as u64).sum()
}
