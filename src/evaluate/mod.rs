//! Here is a voice and a text, show how well it foresaw it.
//!
//! In go a corpus and a voice; out come the scores of its sentences, in order
//! and as fast as all threads make them ([`each_scored`]), the figures of
//! whatever they are added up to ([`Totals`]), and where those lie
//! ([`Thresholds`]).
//!
//! Figures follow KenLM's `query`, so that they can be compared: perplexity is
//! 10^(−Σ log10 p / T) over all T tokens, `</s>` of each sentence included;
//! "without OOVs" leaves the tokens that are not in the vocabulary out of both
//! the sum and T. Bits per byte divide by the bytes of the text as it was read,
//! a newline for each sentence included: the one figure that can be compared
//! across tokenizers.

mod stream;
mod thresholds;
mod totals;

use rayon::prelude::*;

use crate::model::LanguageModel;
use crate::prob::LogProb;
use crate::token::TokenId;

pub use stream::{ScoredBatch, each_scored};
pub use thresholds::{Measure, Thresholds};
pub use totals::Totals;

/// So many sentences are a batch to a thread.
const SENTENCES_A_BATCH: usize = 256;

/// One sentence as the voice foresaw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SentenceScore<'s> {
    /// Its tokens, without `<s>` and `</s>`.
    pub tokens: &'s [TokenId],
    /// How probable each of them was, and then its `</s>`.
    pub log_probs: &'s [LogProb],
    /// How long its text is, its newline included.
    pub bytes: u64,
}

impl<'s> SentenceScore<'s> {
    /// Token by token, `</s>` at the end.
    pub fn scores(&self) -> impl ExactSizeIterator<Item = (TokenId, LogProb)> + use<'s> {
        let (tokens, log_probs) = (self.tokens, self.log_probs);
        let token = |at: usize| tokens.get(at).copied().unwrap_or(TokenId::END);
        let scores = log_probs.iter().enumerate();
        scores.map(move |(at, &log_prob)| (token(at), log_prob))
    }
}

/// A sentence to be scored.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// Its tokens, without `<s>` and `</s>`.
    pub ids: Vec<TokenId>,
    /// How long its text is in bytes, without a newline.
    pub bytes: usize,
}

/// Scores sentences, each from its start, on all threads, and adds them up in their order.
pub fn score(model: &dyn LanguageModel, sentences: &[Sentence]) -> Totals {
    let of_batch = |batch: &[Sentence]| {
        let ids: Vec<&[TokenId]> = batch.iter().map(|sentence| &sentence.ids[..]).collect();
        let scores = model.score(&ids);
        let totals = batch.iter().zip(&scores).map(|(sentence, log_probs)| {
            Totals::of(&SentenceScore {
                tokens: &sentence.ids,
                log_probs,
                bytes: sentence.bytes as u64 + 1,
            })
        });
        totals.collect::<Vec<Totals>>()
    };
    let batches = sentences.par_chunks(SENTENCES_A_BATCH).map(of_batch);
    batches.collect::<Vec<_>>().into_iter().flatten().collect()
}
