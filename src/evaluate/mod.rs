//! Here is a voice and a text, show how well it foresaw it.
//!
//! Figures follow KenLM's `query`, so that they can be compared: perplexity is
//! 10^(−Σ log10 p / T) over all T tokens, `</s>` of each sentence included;
//! "without OOVs" leaves the tokens that are not in the vocabulary out of both
//! the sum and T. Bits per byte divide by the bytes of the text as it was read,
//! a newline for each sentence included: the one figure that can be compared
//! across tokenizers.

use crate::model::LanguageModel;
use crate::prob::{CompensatedSum, LogProb, bits};
use crate::token::TokenId;

/// One token as the voice foresaw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenScore {
    /// The token; `</s>` at the end.
    pub token: TokenId,
    /// How probable it was.
    pub log_prob: LogProb,
}

/// One sentence as the voice foresaw it: every token of it and its `</s>`.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceScore {
    /// Token by token.
    pub tokens: Vec<TokenScore>,
    /// How long the text of the sentence is, its newline included.
    pub bytes: u64,
}

impl SentenceScore {
    /// The probability of the whole sentence.
    pub fn log_prob(&self) -> LogProb {
        let sum: CompensatedSum = self
            .tokens
            .iter()
            .map(|token| token.log_prob.ln())
            .collect();
        LogProb::from_ln(sum.value())
    }

    /// How many of its tokens are not in the vocabulary.
    pub fn unknown(&self) -> usize {
        let is_unknown = |score: &&TokenScore| score.token == TokenId::UNKNOWN;
        self.tokens.iter().filter(is_unknown).count()
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

/// Scores sentences, each from its start, on all threads.
pub fn score(model: &dyn LanguageModel, sentences: &[Sentence]) -> Vec<SentenceScore> {
    let ids: Vec<&[TokenId]> = sentences.iter().map(|sentence| &sentence.ids[..]).collect();
    let scores = model.score(&ids).into_iter().zip(sentences);
    scores
        .map(|(log_probs, sentence)| {
            let tokens = sentence.ids.iter().copied().chain([TokenId::END]);
            let token = |(token, log_prob)| TokenScore { token, log_prob };
            SentenceScore {
                tokens: tokens.zip(log_probs).map(token).collect(),
                bytes: sentence.bytes as u64 + 1,
            }
        })
        .collect()
}

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
    /// Adds one sentence.
    pub fn add(&mut self, sentence: &SentenceScore) {
        self.sentences += 1;
        self.bytes += sentence.bytes;
        for score in &sentence.tokens {
            self.tokens += 1;
            self.ln.add(score.log_prob.ln());
            match score.token {
                TokenId::UNKNOWN => self.unknown += 1,
                _ => self.ln_known.add(score.log_prob.ln()),
            }
        }
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

    /// The perplexity over all tokens.
    pub fn perplexity(&self) -> f64 {
        (-self.ln.value() / self.tokens as f64).exp()
    }

    /// The perplexity over the tokens in the vocabulary.
    pub fn perplexity_without_unknown(&self) -> f64 {
        (-self.ln_known.value() / (self.tokens - self.unknown) as f64).exp()
    }

    /// The mean surprisal of a token, in bits.
    pub fn bits_per_token(&self) -> f64 {
        bits(-self.ln.value()) / self.tokens as f64
    }

    /// The mean surprisal of a byte, in bits.
    pub fn bits_per_byte(&self) -> f64 {
        bits(-self.ln.value()) / self.bytes as f64
    }
}

impl<'s> FromIterator<&'s SentenceScore> for Totals {
    fn from_iter<I: IntoIterator<Item = &'s SentenceScore>>(sentences: I) -> Self {
        let mut totals = Totals::default();
        sentences
            .into_iter()
            .for_each(|sentence| totals.add(sentence));
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_known_text() {
        let score = |token, p| TokenScore {
            token: TokenId(token),
            log_prob: LogProb::from_probability(p),
        };
        let sentence = SentenceScore {
            tokens: vec![score(3, 0.5), score(0, 0.03125), score(2, 0.125)],
            bytes: 9,
        };
        let totals: Totals = [&sentence].into_iter().collect();
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
        assert!((sentence.log_prob().surprisal_bits() - 9.0).abs() < 1e-12);
    }
}
