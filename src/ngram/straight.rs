//! Here is a table in the making, write it as ARPA straight away.
//!
//! An order is whole once the order above has given its back-offs. It is written while the next is
//! smoothed, from the parts as they are: there is never a table, which would be nearly half of all memory.

use std::borrow::Cow;

use super::arpa::{Arpa, Piece};
use super::making::{Making, Source};
use crate::error::Result;
use crate::store::Kept;

impl Making<'_> {
    /// Writes every order. If smoothing fails, there will be no end, and who smooths says why.
    pub(super) fn write(self, mut arpa: Arpa) -> Result<()> {
        // The suffixes say all that ARPA needs to know of them.
        drop(self.from_3);
        let (source, highest) = (self.source, self.sizes.len());
        let mut log10_probs = Vec::new();
        for (order, parts) in &self.smoothed {
            let parts = parts.into_iter();
            let (above, log10_backoffs) = parts.map(|p| (p.log10_prob, p.log10_backoff)).unzip();
            if order > 1 {
                source.write(order - 1, log10_probs, log10_backoffs, &mut arpa)?;
            }
            log10_probs = above;
            if order == highest {
                source.write(order, log10_probs, Vec::new(), &mut arpa)?;
                return arpa.end();
            }
        }
        Ok(())
    }
}

impl Source<'_> {
    /// Writes an order; there are no back-offs at the highest.
    fn write(
        self,
        order: usize,
        mut log10_probs: Vec<Kept<f32>>,
        mut log10_backoffs: Vec<Kept<f32>>,
        arpa: &mut Arpa,
    ) -> Result<()> {
        let piece = |part: usize| {
            let log10_backoff = log10_backoffs.get_mut(part).map(Kept::take);
            Ok(Piece {
                suffix: match order {
                    1 => Cow::default(),
                    _ => self.suffixes(order, part)?,
                },
                log10_prob: Cow::Owned(log10_probs[part].take()?),
                log10_backoff: Cow::Owned(log10_backoff.transpose()?.unwrap_or_default()),
            })
        };
        let parts = 0..self.census.parts().len();
        let pieces: Vec<Piece> = parts.clone().map(piece).collect::<Result<_>>()?;
        match order {
            1 => arpa.unigrams(&pieces),
            _ => arpa.level(parts.map(|part| self.children(order - 1, part)), pieces),
        }
    }
}
