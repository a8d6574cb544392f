//! Here is a compact table; it is a voice.

use std::f64::consts::LN_10;

use rayon::prelude::*;

use super::flight;
use super::state::State;
use super::table::{CompactTable, Precision};
use super::walk::Walk;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContextEvidence, Cursor, Evidence, LanguageModel, TokenEvidence};
use crate::ngram::header::NgramHeader;
use crate::prob::LogProb;
use crate::smooth::Unlisted;
use crate::token::{TokenId, Vocabulary};

/// The statistical voice over a compact table.
///
/// How often its n-grams were seen it does not know.
pub struct CompactModel {
    header: NgramHeader,
    vocabulary: Vocabulary,
    table: CompactTable,
}

impl CompactModel {
    /// From its parts, which must fit together.
    ///
    /// # Errors
    /// If they do not, or the header is that of another kind of model: see [`check_header`].
    pub fn new(header: NgramHeader, vocabulary: Vocabulary, table: CompactTable) -> Result<Self> {
        check_header(&header)?;
        let (unigrams, tokens) = (table.sizes()[0], vocabulary.len());
        if unigrams != tokens {
            let what =
                format!("a table of {unigrams} unigrams with a vocabulary of {tokens} tokens");
            return Err(Error::new(ErrorKind::Corrupt, what).way_out("build the model again"));
        }
        Ok(CompactModel {
            header,
            vocabulary,
            table,
        })
    }

    /// What is known about it besides its numbers.
    pub fn header(&self) -> &NgramHeader {
        &self.header
    }

    /// Its numbers.
    pub fn table(&self) -> &CompactTable {
        &self.table
    }

    fn last<'c>(&self, context: &'c [TokenId]) -> &'c [TokenId] {
        &context[context.len().saturating_sub(self.table.order() - 1)..]
    }

    fn state_after(&self, walk: &Walk, context: &[TokenId]) -> State {
        let read = |state: State, &token: &TokenId| walk.advance(&state, token);
        self.last(context).iter().fold(walk.empty(), read)
    }

    /// ln p of every token after a state.
    fn fill(&self, walk: &Walk, state: &State, out: &mut [f64]) {
        assert_eq!(out.len(), self.vocabulary.len(), "one place for each token");
        match self.table.precision() {
            Precision::Exact => fill_by_backing_off(walk, state, out),
            Precision::Quantised { .. } => fill_by_adding_shares(walk, state, out),
        }
        out[TokenId::START.index()] = f64::NEG_INFINITY;
    }
}

/// Refuses what no compact table can say: scores, and unlisted tokens that are not backed off.
///
/// # Errors
/// If the header is of such a model.
pub fn check_header(header: &NgramHeader) -> Result<()> {
    let what = match (header.is_score(), header.unlisted) {
        (false, Unlisted::LowerOrder) => return Ok(()),
        (true, _) => "stupid back-off's scores have no compact table",
        (false, Unlisted::Uniform) => {
            "add-k gives unseen tokens a uniform share, which a compact table cannot say"
        }
    };
    Err(Error::new(ErrorKind::Model, what)
        .way_out("keep the fast table, or build with another --smoothing"))
}

fn fill_by_backing_off(walk: &Walk, state: &State, out: &mut [f64]) {
    let listing = walk.listing(state);
    let mut from_shortest = listing.contexts().rev();
    // What is listed after no context but the empty one pays every back-off on the way; added up
    // from the longest, as a step adds them up: equal bits.
    let paid = |length: usize| -> f64 {
        let longer = listing.contexts().take_while(|c| c.length() > length);
        longer.map(|context| context.log10_backoff()).sum()
    };
    let Some(empty) = from_shortest.next() else {
        return;
    };
    let all = paid(0);
    for (slot, (_, log10)) in out.iter_mut().zip(empty.numbers()) {
        *slot = (all + log10) * LN_10;
    }
    for context in from_shortest {
        let paid = paid(context.length());
        for (token, log10) in context.numbers() {
            out[token.index()] = (paid + log10) * LN_10;
        }
    }
}

fn fill_by_adding_shares(walk: &Walk, state: &State, out: &mut [f64]) {
    for (slot, token) in out.iter_mut().zip(0..) {
        *slot = walk.unigram(TokenId(token));
    }
    let listing = walk.listing(state);
    for context in listing.contexts().rev().skip(1) {
        let left = context.left();
        out.iter_mut().for_each(|p| *p *= left);
        for (token, p) in context.numbers() {
            out[token.index()] = p;
        }
    }
    out.iter_mut().for_each(|p| *p = p.log10() * LN_10);
}

impl LanguageModel for CompactModel {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(self.table.order() - 1)
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        let walk = self.table.walk();
        self.fill(&walk, &self.state_after(&walk, context), out);
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        if token == TokenId::START {
            return LogProb::ZERO;
        }
        let walk = self.table.walk();
        let state = self.state_after(&walk, context);
        LogProb::from_log10(walk.log10_prob(&state, token))
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(CompactCursor {
            model: self,
            walk: self.table.walk(),
            state: State::default(),
        })
    }

    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let walk = self.table.walk();
        let chunks = sentences.par_chunks(flight::SENTENCES);
        chunks
            .flat_map_iter(|sentences| flight::score(&walk, sentences))
            .collect()
    }

    fn evidence(&self) -> Option<&dyn Evidence> {
        Some(self)
    }
}

impl Evidence for CompactModel {
    fn of_context(&self, context: &[TokenId]) -> ContextEvidence {
        let walk = self.table.walk();
        let state = self.state_after(&walk, context);
        let listing = walk.listing(&state);
        let speaking = listing
            .contexts()
            .find(|context| context.followers_len() > 0);
        let (length, followers) = speaking.map_or((0, 0), |context| {
            (context.length(), context.followers_len())
        });
        // `<s>` follows nothing.
        let start = usize::from(length == 0);
        ContextEvidence {
            order: length + 1,
            times_seen: None,
            followers: (followers - start) as u64,
        }
    }

    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
        let walk = self.table.walk();
        let state = self.state_after(&walk, context);
        TokenEvidence {
            order: walk.matched(&state, token),
            times_seen: None,
        }
    }
}

/// Reads on: what was read is a state.
struct CompactCursor<'m> {
    model: &'m CompactModel,
    walk: Walk<'m>,
    state: State,
}

impl Cursor for CompactCursor<'_> {
    fn reset(&mut self) {
        self.state = State::default();
    }

    fn push(&mut self, token: TokenId) {
        self.state = self.walk.advance(&self.state, token);
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        if token == TokenId::START {
            return LogProb::ZERO;
        }
        LogProb::from_log10(self.walk.log10_prob(&self.state, token))
    }

    fn log_probs(&self, out: &mut [f64]) {
        self.model.fill(&self.walk, &self.state, out);
    }
}
