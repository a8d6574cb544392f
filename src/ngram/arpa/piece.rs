//! Here are the n-grams of one length that begin with some tokens; give me short stretches of them.
//!
//! A table is one piece. What a build makes part by part stays in parts, each of which
//! is a trie of its own: to join them would be to copy all of it into new memory.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::ngram::table::{Table, TableLevel};
use crate::token::TokenId;

/// Some n-grams of one length, as they read, and the contexts that lead to them.
pub(in crate::ngram) struct Piece<'p> {
    /// The shorter n-grams, length 1 first.
    pub(in crate::ngram) contexts: Vec<Contexts<'p>>,
    /// The last token of each.
    pub(in crate::ngram) tokens: Cow<'p, [TokenId]>,
    pub(in crate::ngram) log10_prob: Cow<'p, [f32]>,
    /// None at the highest order.
    pub(in crate::ngram) log10_backoff: Cow<'p, [f32]>,
}

/// The n-grams of one length, as contexts of longer ones.
pub(in crate::ngram) struct Contexts<'p> {
    /// The last token of each.
    pub(in crate::ngram) tokens: Cow<'p, [TokenId]>,
    /// Where the followers of each begin in the piece, and where the last ones end.
    pub(in crate::ngram) children: Cow<'p, [u32]>,
}

impl<'p> Piece<'p> {
    /// All n-grams of a table that have one length.
    pub(super) fn whole(table: &'p Table, length: usize) -> Self {
        let (level, below) = table.levels()[..length].split_last().expect("a length");
        let contexts = |level: &'p TableLevel| Contexts {
            tokens: Cow::Borrowed(&level.tokens),
            children: Cow::Borrowed(&level.children),
        };
        Piece {
            contexts: below.iter().map(contexts).collect(),
            tokens: Cow::Borrowed(&level.tokens),
            log10_prob: Cow::Borrowed(&level.log10_prob),
            log10_backoff: Cow::Borrowed(&level.log10_backoff),
        }
    }
}

/// A few n-grams of a piece.
pub(super) struct Stretch<'p> {
    pub(super) piece: Arc<Piece<'p>>,
    pub(super) places: Range<usize>,
}

/// Cuts pieces, as they come, into stretches of at most so many n-grams.
pub(super) struct Stretches<'p, I> {
    pieces: I,
    most: usize,
    /// What is not yet cut.
    rest: Option<Stretch<'p>>,
}

impl<'p, I: Iterator<Item = Result<Piece<'p>>>> Stretches<'p, I> {
    pub(super) fn new(pieces: I, most: usize) -> Self {
        Stretches {
            pieces,
            most,
            rest: None,
        }
    }

    fn cut(&mut self) -> Option<Stretch<'p>> {
        let rest = self.rest.as_mut().filter(|rest| !rest.places.is_empty())?;
        let (start, end) = (rest.places.start, rest.places.end);
        let middle = end.min(start + self.most);
        rest.places.start = middle;
        Some(Stretch {
            piece: Arc::clone(&rest.piece),
            places: start..middle,
        })
    }
}

impl<'p, I: Iterator<Item = Result<Piece<'p>>>> Iterator for Stretches<'p, I> {
    type Item = Result<Stretch<'p>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(stretch) = self.cut() {
                return Some(Ok(stretch));
            }
            // A piece that is used up is let go before the next is made.
            self.rest = None;
            match self.pieces.next()? {
                Ok(piece) => {
                    self.rest = Some(Stretch {
                        places: 0..piece.tokens.len(),
                        piece: Arc::new(piece),
                    });
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
