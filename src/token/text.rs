//! Here are sentences as ids, end to end.

use super::TokenId;

/// Sentences as ids, one after another, without `<s>` and `</s>`: those are where a sentence
/// starts and ends, and each reader adds them as it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenText {
    ids: Vec<TokenId>,
    /// Where each sentence ends in `ids`.
    ends: Vec<usize>,
}

impl TokenText {
    /// No sentences.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one sentence; an empty one counts.
    pub fn push(&mut self, sentence: impl IntoIterator<Item = TokenId>) {
        self.ids.extend(sentence);
        self.ends.push(self.ids.len());
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
        self.ids.len()
    }

    /// All ids, sentence after sentence.
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// All ids, to be renumbered in place.
    pub fn ids_mut(&mut self) -> &mut [TokenId] {
        &mut self.ids
    }

    /// One sentence.
    pub fn sentence(&self, index: usize) -> &[TokenId] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.ids[start..self.ends[index]]
    }

    /// All sentences, in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = &[TokenId]> {
        (0..self.len()).map(|index| self.sentence(index))
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
