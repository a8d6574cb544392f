//! Here are counts and probabilities, ask them by the definition alone.
//!
//! The obvious voice: each answer is found from the root, token by token, in
//! `f64`, by the recursion of the books. It is too slow and too large to ship and
//! too plain to be wrong: tables are tested against it.

use super::{Smoothed, Unlisted};
use crate::count::Counts;
use crate::model::{Cursor, LanguageModel, WindowCursor};
use crate::prob::LogProb;
use crate::token::{TokenId, Vocabulary};

/// A language model that is its counts and their probabilities.
pub struct Reference {
    vocabulary: Vocabulary,
    counts: Counts,
    smoothed: Smoothed,
}

impl Reference {
    /// From the counts and what a smoothing made of them.
    pub fn new(vocabulary: Vocabulary, counts: Counts, smoothed: Smoothed) -> Self {
        assert_eq!(vocabulary.len(), counts.vocabulary_len());
        Reference {
            vocabulary,
            counts,
            smoothed,
        }
    }

    /// p(token | context) by the definition of back-off.
    pub fn probability(&self, context: &[TokenId], token: TokenId) -> f64 {
        if token == TokenId::START {
            return 0.0;
        }
        let longest = self.counts.order().context_len();
        let context = &context[context.len().saturating_sub(longest)..];
        match self.smoothed.unlisted() {
            Unlisted::LowerOrder => self.backing_off(context, token),
            Unlisted::Uniform => self.over_uniform(context, token),
        }
    }

    fn backing_off(&self, context: &[TokenId], token: TokenId) -> f64 {
        if let Some(listed) = self.listed(context, token) {
            return listed;
        }
        self.backoff(context).unwrap_or(1.0) * self.backing_off(&context[1..], token)
    }

    fn over_uniform(&self, context: &[TokenId], token: TokenId) -> f64 {
        let uniform = 1.0 / self.vocabulary.predicted() as f64;
        let listed = self.listed(context, token);
        listed.unwrap_or_else(|| self.backoff(context).unwrap_or(1.0) * uniform)
    }

    fn listed(&self, context: &[TokenId], token: TokenId) -> Option<f64> {
        let node = self.counts.find(&[context, &[token]].concat())?;
        Some(self.smoothed.levels()[context.len()].probability[node])
    }

    fn backoff(&self, context: &[TokenId]) -> Option<f64> {
        let node = self.counts.find(context)?;
        Some(self.smoothed.levels()[context.len() - 1].backoff[node])
    }
}

impl LanguageModel for Reference {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(self.counts.order().context_len())
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        assert_eq!(out.len(), self.vocabulary.len());
        for (slot, token) in out.iter_mut().zip(self.vocabulary.ids()) {
            *slot = self.probability(context, token).ln();
        }
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        LogProb::from_probability(self.probability(context, token))
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(WindowCursor::new(self))
    }
}
