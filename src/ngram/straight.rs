//! Here is a table in the making, write it as ARPA straight away.
//!
//! An order is whole once the order above has given its back-offs. It is written while the next is
//! smoothed, from the parts as they are: there is never a table, which would be nearly half of all memory.

use std::borrow::Cow;

use super::arpa::{Arpa, Contexts, Piece};
use super::making::{Making, Source};
use crate::error::Result;
use crate::store::Kept;
use crate::token::TokenId;

impl Making<'_> {
    /// Writes every order. If smoothing fails, there will be no end, and who smooths says why.
    pub(super) fn write(self, mut arpa: Arpa) -> Result<()> {
        let highest = self.sizes.len();
        let trie = Trie {
            source: self.source,
            from_3: &self.from_3,
        };
        let mut log10_probs = Vec::new();
        for (order, parts) in &self.smoothed {
            let parts = parts.into_iter();
            let (above, log10_backoffs) = parts.map(|p| (p.log10_prob, p.log10_backoff)).unzip();
            if order > 1 {
                trie.write(order - 1, log10_probs, log10_backoffs, &mut arpa)?;
            }
            log10_probs = above;
            if order == highest {
                trie.write(order, log10_probs, Vec::new(), &mut arpa)?;
                return arpa.end();
            }
        }
        Ok(())
    }
}

/// What counting made, with all its tokens.
#[derive(Clone, Copy)]
struct Trie<'c> {
    source: Source<'c>,
    /// The last tokens from order 3 on, part by part.
    from_3: &'c [Vec<Kept<TokenId>>],
}

impl<'c> Trie<'c> {
    /// Writes an order; there are no back-offs at the highest.
    fn write(
        self,
        order: usize,
        mut log10_probs: Vec<Kept<f32>>,
        mut log10_backoffs: Vec<Kept<f32>>,
        arpa: &mut Arpa,
    ) -> Result<()> {
        let parts = 0..log10_probs.len();
        let pieces = parts.map(|part| {
            let contexts = (1..order).map(|shorter| self.contexts(shorter, part));
            let log10_backoff = log10_backoffs.get_mut(part).map(Kept::take);
            Ok(Piece {
                contexts: contexts.collect::<Result<_>>()?,
                tokens: self.tokens(order, part)?,
                log10_prob: Cow::Owned(log10_probs[part].take()?),
                log10_backoff: Cow::Owned(log10_backoff.transpose()?.unwrap_or_default()),
            })
        });
        arpa.section(order, pieces)
    }

    fn contexts(self, order: usize, part: usize) -> Result<Contexts<'c>> {
        Ok(Contexts {
            tokens: self.tokens(order, part)?,
            children: self.source.own_children(order, part)?,
        })
    }

    fn tokens(self, order: usize, part: usize) -> Result<Cow<'c, [TokenId]>> {
        let tokens = match order.checked_sub(3) {
            Some(above) => self.from_3[above][part].read(),
            None => self.source.census.parts()[part].level(order).tokens(),
        };
        Ok(self.source.tokens(order, part, tokens?))
    }
}
