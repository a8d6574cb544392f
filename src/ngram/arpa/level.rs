//! Here are the numbers of one order, whole or in pieces that follow one another; give me short
//! stretches of them.
//!
//! A table has each column whole. What a build makes part by part stays in parts: to join them
//! would be to copy all of it into new memory.

use std::borrow::Cow;

use crate::ngram::table::TableLevel;

/// Some n-grams of one length, in the table's order.
pub(in crate::ngram) struct Piece<'l> {
    /// The node of each one's suffix, one length below; at order 1 nobody asks.
    pub(in crate::ngram) suffix: Cow<'l, [u32]>,
    pub(in crate::ngram) log10_prob: Cow<'l, [f32]>,
    /// None at the highest order.
    pub(in crate::ngram) log10_backoff: Cow<'l, [f32]>,
}

impl<'l> Piece<'l> {
    /// All n-grams of a table's level.
    pub(super) fn whole(level: &'l TableLevel) -> Self {
        Piece {
            suffix: Cow::Borrowed(&level.suffix),
            log10_prob: Cow::Borrowed(&level.log10_prob),
            log10_backoff: Cow::Borrowed(&level.log10_backoff),
        }
    }
}

/// A few n-grams of a piece.
pub(super) struct Stretch<'l> {
    /// The node of the first, among all pieces.
    pub(super) first_node: usize,
    pub(super) suffix: &'l [u32],
    pub(super) log10_prob: &'l [f32],
    pub(super) log10_backoff: &'l [f32],
}

impl<'l> Stretch<'l> {
    /// Cuts pieces into stretches of at most so many n-grams.
    pub(super) fn cut(pieces: &'l [Piece], most: usize) -> Vec<Self> {
        let (mut stretches, mut first_node) = (Vec::new(), 0);
        for piece in pieces {
            let mut log10_backoffs = piece.log10_backoff.chunks(most);
            let chunks = piece.suffix.chunks(most).zip(piece.log10_prob.chunks(most));
            for (suffix, log10_prob) in chunks {
                stretches.push(Stretch {
                    first_node,
                    suffix,
                    log10_prob,
                    log10_backoff: log10_backoffs.next().unwrap_or_default(),
                });
                first_node += suffix.len();
            }
        }
        stretches
    }

    pub(super) fn len(&self) -> usize {
        self.suffix.len()
    }
}
