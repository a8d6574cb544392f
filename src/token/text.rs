//! Here are sentences as ids, end to end.
//!
//! Each is kept as `<s> w1 … wm </s>`, because that is how it is counted and
//! learnt; who asks for a sentence gets what is between.

use rayon::prelude::*;

use super::TokenId;
use crate::error::Result;

/// Sentences as ids, one after another, each between its `<s>` and `</s>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenText {
    padded: Vec<TokenId>,
    /// Where each sentence ends in `padded`, its `</s>` included.
    ends: Vec<usize>,
}

impl TokenText {
    /// No sentences.
    pub fn new() -> Self {
        Self::default()
    }

    /// No sentences, but room for so many with so many tokens.
    pub(super) fn with_room_for(sentences: usize, tokens: usize) -> Self {
        TokenText {
            padded: Vec::with_capacity(tokens + 2 * sentences),
            ends: Vec::with_capacity(sentences),
        }
    }

    /// Adds one sentence, given without `<s>` and `</s>`; an empty one counts.
    pub fn push(&mut self, sentence: impl IntoIterator<Item = TokenId>) {
        self.padded.push(TokenId::START);
        self.padded.extend(sentence);
        self.end_sentence();
    }

    /// Adds the sentence that `fill` appends, unless it fails.
    pub(super) fn push_with(
        &mut self,
        fill: impl FnOnce(&mut Vec<TokenId>) -> Result<()>,
    ) -> Result<()> {
        self.padded.push(TokenId::START);
        fill(&mut self.padded)?;
        self.end_sentence();
        Ok(())
    }

    fn end_sentence(&mut self) {
        self.padded.push(TokenId::END);
        self.ends.push(self.padded.len());
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is no sentence.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many tokens there are, without any `<s>` or `</s>`.
    pub fn tokens(&self) -> usize {
        self.padded.len() - 2 * self.len()
    }

    /// All sentences end to end, each with its `<s>` and `</s>`.
    pub fn padded(&self) -> &[TokenId] {
        &self.padded
    }

    /// What [`padded`](Self::padded) shows, for ids that are not known yet.
    pub(super) fn padded_mut(&mut self) -> &mut [TokenId] {
        &mut self.padded
    }

    /// What [`padded`](Self::padded) shows, to keep.
    pub fn into_padded(self) -> Vec<TokenId> {
        self.padded
    }

    /// One sentence with its `<s>` and `</s>`.
    pub fn padded_sentence(&self, index: usize) -> &[TokenId] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.padded[start..self.ends[index]]
    }

    /// One sentence.
    pub fn sentence(&self, index: usize) -> &[TokenId] {
        let padded = self.padded_sentence(index);
        &padded[1..padded.len() - 1]
    }

    /// All sentences, in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = &[TokenId]> {
        (0..self.len()).map(|index| self.sentence(index))
    }

    /// How often each id of a vocabulary stands in the text; those of `<s>` and `</s>` included.
    pub(super) fn counts(&self, vocabulary_len: usize) -> Vec<u64> {
        let share = self.padded.len().div_ceil(rayon::current_num_threads());
        let count = |share: &[TokenId]| {
            let mut counts = vec![0u64; vocabulary_len];
            share.iter().for_each(|id| counts[id.index()] += 1);
            counts
        };
        let counts: Vec<Vec<u64>> = self.padded.par_chunks(share.max(1)).map(count).collect();
        let add = |mut sums: Vec<u64>, counts: Vec<u64>| {
            let both = sums.iter_mut().zip(counts);
            both.for_each(|(sum, count)| *sum += count);
            sums
        };
        let none = vec![0; vocabulary_len];
        counts.into_iter().reduce(add).unwrap_or(none)
    }

    /// Gives every id another number.
    pub(super) fn renumber(&mut self, numbers: &[TokenId]) {
        let ids = self.padded.par_iter_mut();
        ids.for_each(|id| *id = numbers[id.index()]);
    }

    /// Adds all sentences of another text, each id by another number.
    pub(super) fn append(&mut self, other: &TokenText, number: impl Fn(TokenId) -> TokenId) {
        let before = self.padded.len();
        self.padded
            .extend(other.padded.iter().map(|&id| number(id)));
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }
}

impl<S: IntoIterator<Item = TokenId>> FromIterator<S> for TokenText {
    fn from_iter<I: IntoIterator<Item = S>>(sentences: I) -> Self {
        let mut text = TokenText::new();
        sentences
            .into_iter()
            .for_each(|sentence| text.push(sentence));
        text
    }
}

/// One sentence in so many is held out.
const ONE_IN: usize = 20;

/// Splits a text in two: what to learn from, and about a twentieth to be judged on.
///
/// Every twentieth sentence is held out. Of fewer sentences than that, which are long ones
/// (documents), each gives its last twentieth.
pub fn split_off_heldout(text: &TokenText) -> (TokenText, TokenText) {
    let (mut training, mut heldout) = (TokenText::new(), TokenText::new());
    for (number, sentence) in text.sentences().enumerate() {
        let sentence = sentence.iter().copied();
        if text.len() < ONE_IN {
            let kept = sentence.len() - sentence.len() / ONE_IN;
            training.push(sentence.clone().take(kept));
            heldout.push(sentence.skip(kept));
        } else if number % ONE_IN == ONE_IN - 1 {
            heldout.push(sentence);
        } else {
            training.push(sentence);
        }
    }
    (training, heldout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_is_held_out_and_nothing_is_lost() {
        let many: TokenText = (0..60).map(|i| vec![TokenId(i); 3]).collect();
        let (training, heldout) = split_off_heldout(&many);
        assert_eq!((training.len(), heldout.len()), (57, 3));
        assert_eq!(heldout.sentence(0), [TokenId(19); 3]);

        let one: TokenText = [(0..100).map(TokenId).collect::<Vec<_>>()]
            .into_iter()
            .collect();
        let (training, heldout) = split_off_heldout(&one);
        assert_eq!((training.tokens(), heldout.tokens()), (95, 5));
        assert_eq!(heldout.sentence(0)[0], TokenId(95));
    }
}
