//! Here are voices and a text that none has seen; what does each make of it?
//!
//! Perplexities are comparable only over the same tokens: voices of different
//! vocabularies are ranked by bits per byte. Voices of one vocabulary are also
//! mixed half and half, because two that err differently do better together.

use std::time::{Duration, Instant};

use crate::evaluate::{Sentence, Totals, score};
use crate::mixture::Mixture;
use crate::model::LanguageModel;

/// The figures of one voice.
pub struct HeldOut {
    /// What it made of the text.
    pub totals: Totals,
    /// How long that took.
    pub time: Duration,
}

impl HeldOut {
    /// How many tokens it scored in a second.
    pub fn tokens_per_second(&self) -> f64 {
        self.totals.tokens() as f64 / self.time.as_secs_f64()
    }
}

/// Scores the same text, as each voice reads it.
pub fn held_out(voice: &dyn LanguageModel, sentences: &[Sentence]) -> HeldOut {
    let start = Instant::now();
    let totals = score(voice, sentences);
    HeldOut {
        totals,
        time: start.elapsed(),
    }
}

/// All voices mixed with equal weights, if they share a vocabulary and there are at least two.
pub fn together<'v>(voices: &[&'v dyn LanguageModel]) -> Option<Mixture<&'v dyn LanguageModel>> {
    if voices.len() < 2 {
        return None;
    }
    Mixture::even(voices.to_vec()).ok()
}
