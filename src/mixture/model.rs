//! Here are voices and weights; they answer as one.

use std::cell::OnceCell;
use std::ops::Deref;

use super::buckets::Buckets;
use super::weights::Weights;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cursor, LanguageModel};
use crate::prob::LogProb;
use crate::token::{TokenId, Vocabulary};

/// A weighted mixture of voices over the same vocabulary, borrowed or owned.
pub struct Mixture<V> {
    voices: Vec<V>,
    /// ln λ: a row for each bucket of contexts, a number for each voice.
    ln_weights: Vec<Vec<f64>>,
    /// What tells the row of a context; without it there is one row.
    buckets: Option<Buckets>,
}

impl<V> Mixture<V>
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    /// Mixes voices with the same weight each.
    ///
    /// # Errors
    /// If there are none, or their vocabularies differ.
    pub fn even(voices: Vec<V>) -> Result<Self> {
        let weights = Weights::even(voices.len());
        Self::new(voices, &weights)
    }

    /// Mixes voices by these weights.
    ///
    /// # Errors
    /// If there are no voices, their vocabularies differ, or the weights are for another number of
    /// voices, or go by the counts of a voice that has none.
    pub fn new(voices: Vec<V>, weights: &Weights) -> Result<Self> {
        let first = voices
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Usage, "a mixture needs at least one voice"))?;
        let same = |voice: &V| voice.vocabulary().same_as(first.vocabulary());
        if !voices.iter().all(same) {
            return Err(Error::new(
                ErrorKind::Model,
                "only voices of one vocabulary can be mixed",
            )
            .way_out("train the second with --like the first"));
        }
        weights.check(voices.len())?;
        let buckets = weights.buckets();
        if let Some(buckets) = &buckets {
            buckets.check(voices.get(buckets.voice()).map(|voice| &**voice))?;
        }
        let ln = |row: &Vec<f64>| row.iter().map(|weight| weight.ln()).collect();
        Ok(Mixture {
            ln_weights: weights.rows().iter().map(ln).collect(),
            buckets,
            voices,
        })
    }

    /// The voices, in the order of their weights.
    pub fn voices(&self) -> &[V] {
        &self.voices
    }

    /// The weights that go for a context, in the order of the voices; they sum to one.
    pub fn weights(&self, context: &[TokenId]) -> Vec<f64> {
        self.ln_weights(context).iter().map(|ln| ln.exp()).collect()
    }

    /// The ln λ that go for a context.
    fn ln_weights(&self, context: &[TokenId]) -> &[f64] {
        let row = self.buckets.and_then(|buckets| {
            let evidence = self.voices[buckets.voice()].evidence()?;
            Some(buckets.of(evidence, context))
        });
        &self.ln_weights[row.unwrap_or(0)]
    }

    fn score_sentence(&self, sentence: &[TokenId], scores: &[&[LogProb]]) -> Vec<LogProb> {
        let padded = [&[TokenId::START], sentence].concat();
        let mixed = |position: usize| {
            let weights = self.ln_weights(&padded[..=position]);
            let terms = weights.iter().zip(scores);
            LogProb::from_ln(mix(terms.map(|(weight, by)| weight + by[position].ln())))
        };
        (0..padded.len()).map(mixed).collect()
    }
}

/// ln Σ exp x, over a few terms that are cheap to compute twice.
fn mix(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + terms.map(|term| (term - largest).exp()).sum::<f64>().ln()
}

fn mix_all(ln_weights: &[f64], distributions: &[Vec<f64>], out: &mut [f64]) {
    for (token, slot) in out.iter_mut().enumerate() {
        let terms = ln_weights.iter().zip(distributions);
        *slot = mix(terms.map(|(weight, log_probs)| weight + log_probs[token]));
    }
}

impl<V> LanguageModel for Mixture<V>
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    fn vocabulary(&self) -> &Vocabulary {
        self.voices[0].vocabulary()
    }

    fn context_len(&self) -> Option<usize> {
        let lens = self.voices.iter().map(|voice| voice.context_len());
        lens.reduce(|a, b| Some(a?.max(b?))).flatten()
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        let voices = self.voices.iter();
        let distributions: Vec<Vec<f64>> = voices
            .map(|voice| voice.distribution(context).into_log_probs())
            .collect();
        mix_all(self.ln_weights(context), &distributions, out);
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        let voices = self.voices.iter();
        let answers: Vec<f64> = voices.map(|v| v.log_prob(context, token).ln()).collect();
        let terms = self.ln_weights(context).iter().zip(&answers);
        LogProb::from_ln(mix(terms.map(|(weight, ln)| weight + ln)))
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(MixtureCursor {
            mixture: self,
            cursors: self.voices.iter().map(|voice| voice.cursor()).collect(),
            window: Vec::new(),
            ln_weights: OnceCell::new(),
        })
    }

    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let voices = self.voices.iter();
        let scores: Vec<Vec<Vec<LogProb>>> = voices.map(|v| v.score(sentences)).collect();
        let one = |(number, sentence): (usize, &&[TokenId])| {
            let scores: Vec<&[LogProb]> = scores.iter().map(|by| &by[number][..]).collect();
            self.score_sentence(sentence, &scores)
        };
        sentences.iter().enumerate().map(one).collect()
    }
}

/// Reads on in every voice at once.
struct MixtureCursor<'m, V> {
    mixture: &'m Mixture<V>,
    cursors: Vec<Box<dyn Cursor + 'm>>,
    /// The last tokens, as far back as the buckets look.
    window: Vec<TokenId>,
    /// The weights that go for them, looked up when first asked for.
    ln_weights: OnceCell<&'m [f64]>,
}

impl<'m, V> MixtureCursor<'m, V>
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    fn ln_weights(&self) -> &'m [f64] {
        let look_up = || self.mixture.ln_weights(&self.window);
        self.ln_weights.get_or_init(look_up)
    }
}

impl<V> Cursor for MixtureCursor<'_, V>
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    fn reset(&mut self) {
        self.cursors.iter_mut().for_each(|cursor| cursor.reset());
        self.window.clear();
        self.ln_weights.take();
    }

    fn push(&mut self, token: TokenId) {
        let cursors = self.cursors.iter_mut();
        cursors.for_each(|cursor| cursor.push(token));
        if let Some(buckets) = &self.mixture.buckets {
            buckets.push(&mut self.window, token);
            self.ln_weights.take();
        }
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        let answers: Vec<f64> = self
            .cursors
            .iter()
            .map(|c| c.log_prob(token).ln())
            .collect();
        let terms = self.ln_weights().iter().zip(&answers);
        LogProb::from_ln(mix(terms.map(|(weight, ln)| weight + ln)))
    }

    fn log_probs(&self, out: &mut [f64]) {
        let mut distributions = vec![vec![0.0; out.len()]; self.cursors.len()];
        for (cursor, log_probs) in self.cursors.iter().zip(&mut distributions) {
            cursor.log_probs(log_probs);
        }
        mix_all(self.ln_weights(), &distributions, out);
    }
}
