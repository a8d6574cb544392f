//! Here is a census, give me the columns of its table.
//!
//! What counting made is put by a thread of its own, while smoothing goes up the
//! orders: the table is written while it is computed. What is pruned is left out
//! here, and all numbers are those of the n-grams that stay.

use std::borrow::Cow;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::build::Plan;
use super::columns::{Columns, Name, Numbers};
use super::header::NgramHeader;
use crate::count::tally::LargeCount;
use crate::count::{Adjusted, Census, Survivors};
use crate::error::Result;
use crate::pages::give_back;
use crate::progress::{Progress, Stage};
use crate::smooth::{Counted, SmoothedPart, Smoother};
use crate::store::{Depot, Kept};
use crate::token::{TokenId, Vocabulary};

/// A census on its way into a table.
pub(super) struct Compiler<'p> {
    pub(super) plan: &'p Plan,
    pub(super) depot: &'p Depot,
    /// Bytes of memory to work with, beside the depot.
    pub(super) memory: u64,
    pub(super) progress: &'p dyn Progress,
}

/// A table, but for its numbers.
pub(super) struct Compiled {
    pub(super) header: NgramHeader,
    /// The tokens that stay, if not all do.
    pub(super) vocabulary: Option<Vocabulary>,
    /// How many n-grams of each order stay.
    pub(super) sizes: Vec<usize>,
}

impl Compiler<'_> {
    /// Puts every column.
    pub(super) fn compile(
        &self,
        mut census: Census,
        vocabulary: &Vocabulary,
        columns: &mut dyn Columns,
        stage: Stage,
    ) -> Result<Compiled> {
        let orders = 1..=self.plan.order.get();
        self.progress.stage(Stage {
            total: Some(orders.clone().map(|order| census.len(order) as u64).sum()),
            ..stage
        });
        let survivors = match self.plan.pruning.keeps_all() {
            true => None,
            false => Some(Survivors::of(&census, &self.plan.pruning)?),
        };
        let sizes = orders.clone().map(|order| match &survivors {
            Some(survivors) => survivors.len(order),
            None => census.len(order),
        });
        let sizes: Vec<usize> = sizes.collect();
        let from_3: Vec<_> = orders
            .skip(2)
            .map(|order| census.take_tokens(order))
            .collect();
        let (census, survivors) = (&census, survivors.as_ref());
        let putting = Putting { census, survivors };
        // One order may wait to be put while the next is smoothed.
        let (smoothed, waiting) = sync_channel(1);
        let header = thread::scope(|scope| {
            let thread = scope.spawn(move || {
                putting.counted(from_3, columns)?;
                waiting
                    .iter()
                    .try_for_each(|(order, level)| putting.smoothed(order, level, columns))
            });
            let header = self.smooth(census, survivors, smoothed);
            let put = thread.join();
            put.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            header
        })?;
        let shrunk = survivors.filter(|_| sizes[0] < vocabulary.len());
        Ok(Compiled {
            header,
            vocabulary: shrunk.map(|survivors| those_that_stay(vocabulary, survivors)),
            sizes,
        })
    }

    /// Smooths order after order, and sends the numbers of each on.
    fn smooth(
        &self,
        census: &Census,
        survivors: Option<&Survivors>,
        smoothed: SyncSender<(usize, Vec<SmoothedPart>)>,
    ) -> Result<NgramHeader> {
        let estimate = &self.plan.estimate;
        let adjusted = match estimate.needs_adjusted() {
            true => Some(Adjusted::of(census, self.memory, self.depot)?),
            false => None,
        };
        let counted = Counted {
            census,
            adjusted: adjusted.as_ref(),
            survivors,
        };
        let mut smoother =
            Smoother::new(estimate, counted, self.memory, self.depot, self.progress)?;
        for order in 1..=self.plan.order.get() {
            let level = smoother.level(order, self.progress)?;
            if smoothed.send((order, level)).is_err() {
                // Nobody listens any more after a failed write, and who wrote says why.
                break;
            }
            give_back();
        }
        Ok(NgramHeader {
            reading: self.plan.reading,
            estimate: Some(*estimate),
            unlisted: smoother.unlisted(),
            discounts: smoother.discounts().to_vec(),
            pruned: self.plan.pruning.thresholds().to_vec(),
            sentences: census.extent().sentences,
            tokens: census.extent().tokens,
        })
    }
}

fn those_that_stay(full: &Vocabulary, survivors: &Survivors) -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    for id in full.ids().filter(|id| survivors.stays(1, id.index())) {
        vocabulary.add(full.surface(id));
    }
    vocabulary
}

/// Columns on their way to where the model will be.
#[derive(Clone, Copy)]
struct Putting<'c> {
    census: &'c Census,
    survivors: Option<&'c Survivors>,
}

impl Putting<'_> {
    /// The columns that counting made, of which the tokens from order 3 on are given away.
    fn counted(self, from_3: Vec<Vec<Kept<TokenId>>>, columns: &mut dyn Columns) -> Result<()> {
        let highest = self.census.order().get();
        for order in 1..=highest.min(2) {
            self.put(order, Name::Tokens, columns, |part| {
                let tokens = self.census.parts()[part].level(order).tokens()?;
                Ok(Numbers::Tokens(self.tokens(order, part, tokens)))
            })?;
        }
        for (order, mut tokens) in (3..).zip(from_3) {
            self.put(order, Name::Tokens, columns, |part| {
                let tokens = tokens[part].take()?;
                Ok(Numbers::Tokens(self.tokens(
                    order,
                    part,
                    Cow::Owned(tokens),
                )))
            })?;
        }
        for order in 1..=highest {
            if order > 1 {
                self.put(order, Name::Suffix, columns, |part| {
                    self.suffixes(order, part)
                })?;
            }
            if order < highest {
                self.put(order, Name::Children, columns, |part| {
                    self.children(order, part)
                })?;
            }
            self.put(order, Name::TimesSeen, columns, |part| {
                self.times_seen(order, part)
            })?;
            self.put(order, Name::TimesSeenLarge, columns, |part| {
                self.large(order, part)
            })?;
        }
        Ok(())
    }

    /// The columns that smoothing an order made: its probabilities, and the back-offs below.
    fn smoothed(
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

    /// Those of a part's entries whose n-grams stay.
    fn retain<T: Copy>(self, order: usize, part: usize, column: Cow<'_, [T]>) -> Vec<T> {
        let first = self.census.nodes(part, order).start;
        match self.survivors {
            Some(survivors) => survivors.retain(order, first, &column),
            None => column.into_owned(),
        }
    }

    fn tokens(self, order: usize, part: usize, tokens: Cow<'_, [TokenId]>) -> Vec<TokenId> {
        let mut tokens = self.retain(order, part, tokens);
        if let Some(survivors) = self.survivors {
            for token in &mut tokens {
                *token = TokenId(survivors.number(1, token.index()));
            }
        }
        tokens
    }

    fn suffixes(self, order: usize, part: usize) -> Result<Numbers> {
        let level = self.census.parts()[part].level(order);
        let mut suffixes = self.retain(order, part, level.suffix_nodes(order)?);
        if let Some(survivors) = self.survivors {
            for suffix in &mut suffixes {
                *suffix = survivors.number(order - 1, *suffix as usize);
            }
        }
        Ok(Numbers::Nodes(suffixes))
    }

    fn children(self, order: usize, part: usize) -> Result<Numbers> {
        let children = self.census.child_nodes(part, order)?;
        let Some(survivors) = self.survivors else {
            return Ok(Numbers::Nodes(children));
        };
        let own = self.census.nodes(part, order);
        let (own_children, end) = children.split_at(own.len());
        let kept = survivors.retain(order, own.start, own_children);
        let moved = kept
            .iter()
            .chain(end)
            .map(|&child| survivors.number(order + 1, child as usize));
        Ok(Numbers::Nodes(moved.collect()))
    }

    fn times_seen(self, order: usize, part: usize) -> Result<Numbers> {
        let raw = self.census.parts()[part].level(order).raw()?;
        let seen = Cow::Borrowed(raw.columns().0);
        Ok(Numbers::Bytes(self.retain(order, part, seen)))
    }

    fn large(self, order: usize, part: usize) -> Result<Numbers> {
        let large = self.census.large_counts(part, order)?;
        let Some(survivors) = self.survivors else {
            return Ok(Numbers::Large(large));
        };
        let kept = large
            .iter()
            .filter(|entry| survivors.stays(order, entry.index as usize));
        let moved = kept.map(|entry| LargeCount {
            index: survivors.number(order, entry.index as usize).into(),
            count: entry.count,
        });
        Ok(Numbers::Large(moved.collect()))
    }
}
