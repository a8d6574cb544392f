//! Here are sentences of ids, give me the examples in them.
//!
//! An example is a position whose token is predicted from those before it.
//! Each sentence is kept as `<s> w1 … wn </s>`, so it holds n + 1 examples: every
//! position but that of `<s>`.

use super::window;
use crate::token::TokenId;

/// Sentences to learn from, or to be judged on.
#[derive(Clone, Debug, Default)]
pub struct TrainingText {
    /// All sentences end to end, each with its `<s>` and `</s>`.
    ids: Vec<TokenId>,
}

impl TrainingText {
    /// No sentence yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sentence, given without `<s>` and `</s>`; these are put around it.
    pub fn push(&mut self, sentence: &[TokenId]) {
        self.ids.push(TokenId::START);
        self.ids.extend_from_slice(sentence);
        self.ids.push(TokenId::END);
    }

    /// All ids, each sentence with its `<s>` and `</s>`.
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// How many examples there are: tokens to predict, `</s>` included.
    pub fn examples(&self) -> usize {
        self.positions().count()
    }

    /// Where the examples are, in order.
    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        let ids = self.ids.iter().enumerate();
        ids.filter(|(_, id)| **id != TokenId::START).map(|(i, _)| i)
    }

    /// At most so many positions, evenly spread over the text.
    pub(super) fn sample(&self, most: usize) -> Vec<usize> {
        let all: Vec<usize> = self.positions().collect();
        if all.len() <= most {
            return all;
        }
        (0..most).map(|i| all[i * all.len() / most]).collect()
    }

    /// The token to be predicted at a position.
    pub(super) fn target(&self, position: usize) -> TokenId {
        self.ids[position]
    }

    /// Fills the slots with what is seen at a position: at most `seen` tokens.
    pub(super) fn fill(&self, slots: &mut [u32], position: usize, seen: usize, vocabulary: usize) {
        let start = position.saturating_sub(seen);
        window::fill(slots, &self.ids[start..position], vocabulary);
    }
}

impl<S: AsRef<[TokenId]>> FromIterator<S> for TrainingText {
    fn from_iter<I: IntoIterator<Item = S>>(sentences: I) -> Self {
        let mut text = TrainingText::new();
        for sentence in sentences {
            text.push(sentence.as_ref());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_sentences() -> TrainingText {
        [vec![TokenId(3), TokenId(4)], vec![], vec![TokenId(5)]]
            .iter()
            .collect()
    }

    #[test]
    fn every_token_but_the_start_is_an_example() {
        let text = two_sentences();
        let targets: Vec<u32> = text.positions().map(|i| text.target(i).0).collect();
        assert_eq!(targets, [3, 4, 2, 2, 5, 2]);
        assert_eq!(text.examples(), 6);
    }

    #[test]
    fn examples_see_their_own_sentence() {
        let text = two_sentences();
        let last = text.positions().last().unwrap();
        let mut slots = [0; 4];
        text.fill(&mut slots, last, 4, 9);
        assert_eq!(slots, [9, 9, 1, 5]);
        text.fill(&mut slots, last, 1, 9);
        assert_eq!(slots, [9, 9, 9, 5]);
        text.fill(&mut slots, last, 0, 9);
        assert_eq!(slots, [9; 4]);
    }

    #[test]
    fn a_sample_is_spread_over_the_text() {
        let text = two_sentences();
        assert_eq!(text.sample(99).len(), 6);
        let all = text.sample(6);
        assert_eq!(text.sample(3), [all[0], all[2], all[4]]);
    }
}
