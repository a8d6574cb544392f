//! Here are the scores of sentences, give me the figures of all of them.
//!
//! A sentence is summed first, and the sums are added in the text's order. So the
//! figures are the same to the last bit however the text was cut into pieces and
//! whichever thread took which.

use super::SentenceScore;
use crate::prob::{CompensatedSum, LogProb, bits};
use crate::token::TokenId;

/// The figures of a text, added up sentence by sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    sentences: u64,
    tokens: u64,
    unknown: u64,
    bytes: u64,
    ln: CompensatedSum,
    ln_known: CompensatedSum,
}

impl Totals {
    /// The figures of one sentence.
    pub fn of(sentence: &SentenceScore) -> Self {
        let scores = sentence.scores();
        let mut totals = Totals {
            sentences: 1,
            tokens: scores.len() as u64,
            unknown: 0,
            bytes: sentence.bytes,
            ln: sentence
                .log_probs
                .iter()
                .map(|log_prob| log_prob.ln())
                .collect(),
            ln_known: CompensatedSum::default(),
        };
        let is_unknown = |token: &&TokenId| **token == TokenId::UNKNOWN;
        totals.unknown = sentence.tokens.iter().filter(is_unknown).count() as u64;
        totals.ln_known = match totals.unknown {
            0 => totals.ln,
            _ => scores
                .filter(|(token, _)| *token != TokenId::UNKNOWN)
                .map(|(_, log_prob)| log_prob.ln())
                .collect(),
        };
        totals
    }

    /// Adds what comes further on.
    pub fn add(&mut self, later: &Totals) {
        self.sentences += later.sentences;
        self.tokens += later.tokens;
        self.unknown += later.unknown;
        self.bytes += later.bytes;
        self.ln.add(later.ln.value());
        self.ln_known.add(later.ln_known.value());
    }

    /// How many sentences there were.
    pub fn sentences(&self) -> u64 {
        self.sentences
    }

    /// How many tokens there were, the `</s>` of each sentence included.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// How many tokens were not in the vocabulary.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// How many bytes of text there were, a newline for each sentence included.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The probability of the whole text.
    pub fn log_prob(&self) -> LogProb {
        LogProb::from_ln(self.ln.value())
    }

    /// The perplexity over all tokens; NaN if there are none.
    pub fn perplexity(&self) -> f64 {
        (-self.ln.value() / self.tokens as f64).exp()
    }

    /// The perplexity over the tokens in the vocabulary; NaN if there are none.
    pub fn perplexity_without_unknown(&self) -> f64 {
        (-self.ln_known.value() / (self.tokens - self.unknown) as f64).exp()
    }

    /// The mean surprisal of a token, in bits; NaN if there is none.
    pub fn bits_per_token(&self) -> f64 {
        bits(-self.ln.value()) / self.tokens as f64
    }

    /// The mean surprisal of a byte, in bits; NaN if there is none.
    pub fn bits_per_byte(&self) -> f64 {
        bits(-self.ln.value()) / self.bytes as f64
    }
}

impl FromIterator<Totals> for Totals {
    fn from_iter<I: IntoIterator<Item = Totals>>(parts: I) -> Self {
        parts
            .into_iter()
            .fold(Totals::default(), |mut totals, part| {
                totals.add(&part);
                totals
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_known_text() {
        let sentence = SentenceScore {
            tokens: &[TokenId(3), TokenId::UNKNOWN],
            log_probs: &[0.5, 0.03125, 0.125].map(LogProb::from_probability),
            bytes: 9,
        };
        let totals: Totals = [Totals::of(&sentence)].into_iter().collect();
        assert_eq!(
            (totals.tokens(), totals.unknown(), totals.bytes()),
            (3, 1, 9)
        );
        assert!(
            (totals.perplexity() - 8.0).abs() < 1e-9,
            "9 bits over 3 tokens"
        );
        assert!(
            (totals.perplexity_without_unknown() - 4.0).abs() < 1e-9,
            "4 bits over 2"
        );
        assert!((totals.bits_per_token() - 3.0).abs() < 1e-12);
        assert!((totals.bits_per_byte() - 1.0).abs() < 1e-12);
        assert!((totals.log_prob().surprisal_bits() - 9.0).abs() < 1e-12);
        assert!(Totals::default().perplexity().is_nan());
    }
}
