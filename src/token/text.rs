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

    /// Gives every id another number.
    pub fn renumber(&mut self, number: impl Fn(TokenId) -> TokenId) {
        self.ids.iter_mut().for_each(|id| *id = number(*id));
    }

    /// Adds all sentences of another text, each id by another number.
    pub fn append(&mut self, other: &TokenText, number: impl Fn(TokenId) -> TokenId) {
        let before = self.ids.len();
        self.ids.extend(other.ids.iter().map(|&id| number(id)));
        self.ends.extend(other.ends.iter().map(|end| before + end));
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
