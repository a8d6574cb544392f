//! Here are two voices, give me one.
//!
//! Linear interpolation (Jelinek & Mercer 1980): p(w | h) = Σ λi · pi(w | h),
//! with weights that sum to one. Voices that err differently correct one
//! another: counts know what was seen, weights generalise to what was not.

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cursor, LanguageModel};
use crate::prob::{LogProb, log_sum_exp};
use crate::token::{TokenId, Vocabulary};

/// A weighted mixture of voices over the same vocabulary.
pub struct Mixture<'v> {
    parts: Vec<Part<'v>>,
}

struct Part<'v> {
    voice: &'v dyn LanguageModel,
    ln_weight: f64,
}

impl<'v> Mixture<'v> {
    /// Mixes voices with the same weight each.
    ///
    /// # Errors
    /// If there are none, or their vocabularies differ.
    pub fn even(voices: &[&'v dyn LanguageModel]) -> Result<Self> {
        let first = voices
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Usage, "a mixture needs at least one voice"))?;
        if voices
            .iter()
            .any(|voice| !voice.vocabulary().same_as(first.vocabulary()))
        {
            return Err(Error::new(
                ErrorKind::Model,
                "only voices of one vocabulary can be mixed",
            )
            .way_out("train the second with --like the first"));
        }
        let ln_weight = -(voices.len() as f64).ln();
        let part = |&voice| Part { voice, ln_weight };
        Ok(Mixture {
            parts: voices.iter().map(part).collect(),
        })
    }
}

/// ln Σ exp(ln λ + ln p).
fn mix(terms: impl Iterator<Item = f64>) -> f64 {
    log_sum_exp(&terms.collect::<Vec<f64>>())
}

impl LanguageModel for Mixture<'_> {
    fn vocabulary(&self) -> &Vocabulary {
        self.parts[0].voice.vocabulary()
    }

    fn context_len(&self) -> Option<usize> {
        let lens = self.parts.iter().map(|part| part.voice.context_len());
        lens.reduce(|a, b| Some(a?.max(b?))).flatten()
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        let distributions: Vec<Vec<f64>> = self
            .parts
            .iter()
            .map(|part| part.voice.distribution(context).into_log_probs())
            .collect();
        mix_all(&self.parts, &distributions, out);
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        let term = |part: &Part| part.ln_weight + part.voice.log_prob(context, token).ln();
        LogProb::from_ln(mix(self.parts.iter().map(term)))
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(MixtureCursor {
            mixture: self,
            cursors: self.parts.iter().map(|part| part.voice.cursor()).collect(),
        })
    }

    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let scores: Vec<Vec<Vec<LogProb>>> = self
            .parts
            .iter()
            .map(|part| part.voice.score(sentences))
            .collect();
        let mixed = |sentence: usize, token: usize| {
            let parts = self.parts.iter().zip(&scores);
            let term = |(part, scores): (&Part, &Vec<Vec<LogProb>>)| {
                part.ln_weight + scores[sentence][token].ln()
            };
            LogProb::from_ln(mix(parts.map(term)))
        };
        let sentences = sentences.iter().enumerate();
        sentences
            .map(|(index, sentence)| (0..=sentence.len()).map(|t| mixed(index, t)).collect())
            .collect()
    }
}

fn mix_all(parts: &[Part], distributions: &[Vec<f64>], out: &mut [f64]) {
    for (token, slot) in out.iter_mut().enumerate() {
        let terms = parts.iter().zip(distributions);
        *slot = mix(terms.map(|(part, log_probs)| part.ln_weight + log_probs[token]));
    }
}

struct MixtureCursor<'m> {
    mixture: &'m Mixture<'m>,
    cursors: Vec<Box<dyn Cursor + 'm>>,
}

impl Cursor for MixtureCursor<'_> {
    fn reset(&mut self) {
        self.cursors.iter_mut().for_each(|cursor| cursor.reset());
    }

    fn push(&mut self, token: TokenId) {
        self.cursors
            .iter_mut()
            .for_each(|cursor| cursor.push(token));
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        let parts = self.mixture.parts.iter().zip(&self.cursors);
        LogProb::from_ln(mix(
            parts.map(|(part, cursor)| part.ln_weight + cursor.log_prob(token).ln())
        ))
    }

    fn log_probs(&self, out: &mut [f64]) {
        let mut distributions = vec![vec![0.0; out.len()]; self.cursors.len()];
        for (cursor, log_probs) in self.cursors.iter().zip(&mut distributions) {
            cursor.log_probs(log_probs);
        }
        mix_all(&self.mixture.parts, &distributions, out);
    }
}
