//! Here is a census, give me the columns of its table.
//!
//! A thread of its own smooths order after order, while what is there is put where it belongs: the
//! table is written while it is computed.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::build::Plan;
use super::header::NgramHeader;
use super::making::{Making, Source};
use crate::count::{Adjusted, Census, Survivors};
use crate::error::Result;
use crate::pages::give_back;
use crate::progress::{Progress, Stage};
use crate::smooth::{Counted, SmoothedPart, Smoother};
use crate::store::Depot;
use crate::token::Vocabulary;

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
    /// Has every column put where it belongs.
    pub(super) fn compile(
        &self,
        mut census: Census,
        vocabulary: &Vocabulary,
        stage: Stage,
        put: impl FnOnce(Making) -> Result<()>,
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
        let shrunk = survivors.filter(|_| sizes[0] < vocabulary.len());
        let shrunk = shrunk.map(|survivors| those_that_stay(vocabulary, survivors));
        // One order may wait to be put while the next is smoothed.
        let (smoothed, waiting) = sync_channel(1);
        let making = Making {
            vocabulary: shrunk.as_ref().unwrap_or(vocabulary),
            sizes: &sizes,
            source: Source { census, survivors },
            from_3,
            smoothed: waiting,
        };
        let header = thread::scope(|scope| {
            let thread = scope.spawn(move || self.smooth(census, survivors, smoothed));
            let put = put(making);
            let header = thread.join();
            let header = header.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            put.and(header)
        })?;
        Ok(Compiled {
            header,
            vocabulary: shrunk,
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
            reading: self.plan.reading.clone(),
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
