//! Here are tokens in a row, tell me while reading how many of them have come.

use crate::token::TokenId;

/// Tokens that are looked for in a row (Knuth, Morris & Pratt 1977).
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    tokens: Vec<TokenId>,
    /// For each number of tokens, how many of the phrase's first they end with, short of all.
    borders: Vec<usize>,
}

impl Phrase {
    /// # Panics
    /// If there are no tokens.
    pub(super) fn new(tokens: Vec<TokenId>) -> Self {
        assert!(!tokens.is_empty(), "an empty phrase is everywhere");
        let mut phrase = Phrase {
            borders: vec![0, 0],
            tokens,
        };
        for end in 1..phrase.tokens.len() {
            let border = phrase.after(phrase.borders[end], phrase.tokens[end]);
            phrase.borders.push(border);
        }
        phrase
    }

    pub(super) fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// How many of the first tokens have come, if so many had before this one.
    pub(super) fn after(&self, come: usize, token: TokenId) -> usize {
        let mut come = come;
        loop {
            if self.tokens.get(come) == Some(&token) {
                return come + 1;
            }
            if come == 0 {
                return 0;
            }
            come = self.borders[come];
        }
    }

    /// True if the phrase ends with this token.
    pub(super) fn ends(&self, come: usize, token: TokenId) -> bool {
        self.after(come, token) == self.tokens.len()
    }

    pub(super) fn last(&self) -> TokenId {
        self.tokens[self.tokens.len() - 1]
    }

    /// The token that brings it on; `None` if it is complete.
    pub(super) fn next(&self, come: usize) -> Option<TokenId> {
        self.tokens.get(come).copied()
    }

    /// How many tokens are still to come.
    pub(super) fn left(&self, come: usize) -> usize {
        self.tokens.len() - come
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(most: usize) -> impl Strategy<Value = Vec<TokenId>> {
        prop::collection::vec((3..5u32).prop_map(TokenId), 1..most)
    }

    proptest! {
        #[test]
        fn so_many_have_come_as_comparing_says(phrase in tokens(6), text in tokens(40)) {
            let matcher = Phrase::new(phrase.clone());
            let mut come = 0;
            for end in 1..=text.len() {
                come = matcher.after(come, text[end - 1]);
                let longest = (0..=phrase.len()).rev();
                let naive = longest.into_iter().find(|&length| text[..end].ends_with(&phrase[..length]));
                prop_assert_eq!(Some(come), naive);
            }
        }
    }
}
