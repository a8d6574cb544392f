//! Here are voices and a text that none has seen; what does each make of it?
//!
//! Every token is scored once and its surprisal kept, 8 bytes a token and a
//! voice: all further figures are sums over these. Perplexities are comparable
//! only over the same tokens: voices of different vocabularies are ranked by bits
//! per byte. Voices of one vocabulary are also mixed evenly, because voices that
//! err differently do better together; what the mixture says follows from what
//! they said.

use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::evaluate::{Sentence, SentenceScore, Totals};
use crate::model::LanguageModel;
use crate::prob::{LogProb, log_sum_exp};
use crate::progress::Progress;
use crate::token::TokenId;

/// So many sentences are a batch to a thread.
const SENTENCES_A_BATCH: usize = 256;

/// What one voice made of a text.
pub struct HeldOut {
    /// What it made of all of it.
    pub totals: Totals,
    /// How long that took; `None` if it was not asked itself.
    pub time: Option<Duration>,
    /// How probable every token was, the `</s>` of each sentence included, sentence after sentence.
    pub log_probs: Vec<LogProb>,
}

impl HeldOut {
    /// How many tokens it scored in a second.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let time = self.time?.as_secs_f64();
        Some(self.totals.tokens() as f64 / time)
    }

    /// The surprisal of the token at this place of the text, in bits.
    pub fn surprisal_bits(&self, place: usize) -> f64 {
        self.log_probs[place].surprisal_bits()
    }
}

/// Scores a text as a voice reads it, each sentence from its start, on all threads.
///
/// `progress` advances by the tokens, those of each `</s>` included.
pub fn held_out(
    voice: &dyn LanguageModel,
    sentences: &[Sentence],
    progress: &dyn Progress,
) -> HeldOut {
    let start = Instant::now();
    let of_batch = |batch: &[Sentence]| {
        let ids: Vec<&[TokenId]> = batch.iter().map(|sentence| &sentence.ids[..]).collect();
        let log_probs: Vec<LogProb> = voice.score(&ids).into_iter().flatten().collect();
        progress.advance(log_probs.len() as u64);
        log_probs
    };
    let batches = sentences.par_chunks(SENTENCES_A_BATCH).map(of_batch);
    let log_probs = batches.collect::<Vec<_>>().concat();
    HeldOut {
        totals: totals(sentences, &log_probs),
        time: Some(start.elapsed()),
        log_probs,
    }
}

/// All voices mixed with equal weights: ln ((Σ p) / n), token by token, from what each said of the
/// same text; nothing if there are not at least two.
pub fn together(sentences: &[Sentence], voices: &[HeldOut]) -> Option<HeldOut> {
    if voices.len() < 2 {
        return None;
    }
    let even = (voices.len() as f64).ln();
    let mixed = |place: usize| {
        let said: Vec<f64> = voices.iter().map(|v| v.log_probs[place].ln()).collect();
        LogProb::from_ln(log_sum_exp(&said) - even)
    };
    let places = (0..voices[0].log_probs.len()).into_par_iter();
    let log_probs: Vec<LogProb> = places.with_min_len(1 << 12).map(mixed).collect();
    Some(HeldOut {
        totals: totals(sentences, &log_probs),
        time: None,
        log_probs,
    })
}

fn totals(sentences: &[Sentence], log_probs: &[LogProb]) -> Totals {
    let mut rest = log_probs;
    let one = |sentence: &Sentence| {
        let (log_probs, after) = rest.split_at(sentence.ids.len() + 1);
        rest = after;
        Totals::of(&SentenceScore {
            tokens: &sentence.ids,
            log_probs,
            bytes: sentence.bytes as u64 + 1,
        })
    };
    sentences.iter().map(one).collect()
}
