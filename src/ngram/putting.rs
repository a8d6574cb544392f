//! Here is a table in the making, put its columns where the model will be.
//!
//! First what counting made, while smoothing goes up the orders; then what smoothing made, as it
//! comes.

use std::borrow::Cow;

use super::columns::{Columns, Name, Numbers};
use super::making::{Making, Source};
use crate::error::Result;
use crate::smooth::SmoothedPart;
use crate::store::Kept;
use crate::token::TokenId;

impl Making<'_> {
    /// Puts every column.
    pub(super) fn put(self, columns: &mut dyn Columns) -> Result<()> {
        let source = self.source;
        source.put_counted(self.from_3, columns)?;
        let mut smoothed = self.smoothed.iter();
        smoothed.try_for_each(|(order, level)| source.put_smoothed(order, level, columns))
    }
}

impl Source<'_> {
    /// The columns that counting made, of which the tokens from order 3 on are given away.
    fn put_counted(self, from_3: Vec<Vec<Kept<TokenId>>>, columns: &mut dyn Columns) -> Result<()> {
        let highest = self.census.order().get();
        for order in 1..=highest.min(2) {
            self.put(order, Name::Tokens, columns, |part| {
                let tokens = self.census.parts()[part].level(order).tokens()?;
                Ok(Numbers::Tokens(
                    self.tokens(order, part, tokens).into_owned(),
                ))
            })?;
        }
        for (order, mut tokens) in (3..).zip(from_3) {
            self.put(order, Name::Tokens, columns, |part| {
                let tokens = Cow::Owned(tokens[part].take()?);
                Ok(Numbers::Tokens(
                    self.tokens(order, part, tokens).into_owned(),
                ))
            })?;
        }
        for order in 1..=highest {
            if order > 1 {
                self.put(order, Name::Suffix, columns, |part| {
                    Ok(Numbers::Nodes(self.suffixes(order, part)?.into_owned()))
                })?;
            }
            if order < highest {
                self.put(order, Name::Children, columns, |part| {
                    Ok(Numbers::Nodes(self.children(order, part)?))
                })?;
            }
            self.put(order, Name::TimesSeen, columns, |part| {
                Ok(Numbers::Bytes(self.times_seen(order, part)?))
            })?;
            self.put(order, Name::TimesSeenLarge, columns, |part| {
                Ok(Numbers::Large(self.large(order, part)?))
            })?;
        }
        Ok(())
    }

    /// The columns that smoothing an order made: its probabilities, and the back-offs below.
    fn put_smoothed(
        self,
        order: usize,
        parts: Vec<SmoothedPart>,
        columns: &mut dyn Columns,
    ) -> Result<()> {
        let (mut probabilities, mut backoffs) = (Vec::new(), Vec::new());
        for part in parts {
            probabilities.push(part.log10_prob);
            backoffs.push(part.log10_backoff);
        }
        let logs = |kept: &mut Kept<f32>| Ok(Numbers::Logs(kept.take()?));
        if order > 1 {
            self.put(order - 1, Name::Log10Backoff, columns, |part| {
                logs(&mut backoffs[part])
            })?;
        }
        self.put(order, Name::Log10Prob, columns, |part| {
            logs(&mut probabilities[part])
        })
    }

    fn put(
        self,
        order: usize,
        name: Name,
        columns: &mut dyn Columns,
        piece: impl FnMut(usize) -> Result<Numbers>,
    ) -> Result<()> {
        columns.put(order, name, &mut (0..self.census.parts().len()).map(piece))
    }
}
