//! Here are places of tokens in a text, give me all their numbers at once.
//!
//! Most of a look-up is waiting for memory, and a processor waits for many
//! places of it as long as for one, if only they are known beforehand. So tokens
//! are gathered, then the first slot of each is fetched, and only then does
//! anybody ask what is in them.

use std::ops::Range;

use super::TokenId;
use super::index::{Index, Key, Slot};

/// Of so many tokens, waiting for the first is lost among the others.
const ENOUGH: usize = 256;

/// Tokens that have no number yet.
#[derive(Default)]
pub(super) struct Wanted {
    tokens: Vec<Token>,
    /// For each token its key, and the slot where that is at best.
    looks: Vec<(Key, Slot)>,
}

struct Token {
    /// Where it is in the text.
    place: Range<usize>,
    /// Where its number is to be.
    at: usize,
}

impl Wanted {
    /// Wants the number of the token at a place in the text at the end of `ids`.
    pub(super) fn add(&mut self, place: Range<usize>, ids: &mut Vec<TokenId>) {
        let at = ids.len();
        self.tokens.push(Token { place, at });
        ids.push(TokenId::UNKNOWN);
    }

    /// True if there are enough tokens to be looked up together.
    pub(super) fn are_enough(&self) -> bool {
        self.tokens.len() >= ENOUGH
    }

    /// Fetches the first slots.
    pub(super) fn look(&mut self, text: &[u8], index: &Index) {
        let look = |token: &Token| {
            let key = index.key_within(text, token.place.clone());
            (key, index.first_look(key))
        };
        self.looks.extend(self.tokens.iter().map(look));
    }

    /// Gives every token its number, of which the first look is as good as [`Index::find`] where it
    /// tells; where it does not, `find` says.
    pub(super) fn settle(
        &mut self,
        ids: &mut [TokenId],
        mut find: impl FnMut(Key, Range<usize>) -> TokenId,
    ) {
        for (token, (key, slot)) in self.tokens.drain(..).zip(self.looks.drain(..)) {
            let told = slot.holds(key);
            ids[token.at] = told.unwrap_or_else(|| find(key, token.place));
        }
    }
}
