//! Here is a corpus, let many hands work on it and have it back in order.
//!
//! Every hand takes the next block as soon as it is free, makes its sentences
//! and what is wanted of them, and lays that down; whoever lays down the piece
//! that is due takes it and all that follow it in. So nobody waits for a slower
//! neighbour, unless it is so far behind that the pieces would pile up, and the
//! outcome is that of one pair of hands: pieces are taken in the corpus's order,
//! and of several errors the first in that order ends it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::batch::Batch;
use super::blocks::{BLOCK, Block, Blocks};
use super::corpus::{Corpus, Passed};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// So many pieces a hand may lie ready before the one that is due.
const READY_A_HAND: usize = 4;

impl Corpus {
    /// Makes something of every batch, and takes what was made in the corpus's order.
    ///
    /// There are as many hands as the present pool of rayon has threads, or fewer for a small
    /// corpus, each on a thread of its own and with what `hand` gives for its number. `progress`
    /// advances by the bytes read, and hears the corpus's warnings at the end.
    ///
    /// # Errors
    /// The first of reading, making or taking, or that there is no sentence at all; everything before it
    /// was taken.
    pub fn each_batch<H, T: Send>(
        &self,
        progress: &dyn Progress,
        hand: impl Fn(usize) -> H + Sync,
        make: impl Fn(&mut H, &mut Batch) -> Result<T> + Sync,
        take: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let relay = Relay {
            corpus: self,
            inlet: Mutex::new(Inlet {
                blocks: Blocks::of(self),
                next: 0,
                over: false,
            }),
            outlet: Mutex::new(Outlet {
                ready: BTreeMap::new(),
                due: 0,
                take,
                passed: Passed::default(),
                failed: None,
                over: false,
            }),
            moved: Condvar::new(),
            most_ready: READY_A_HAND * self.hands(),
            progress,
        };
        let work = |number| relay.work(&mut hand(number), &make);
        thread::scope(|scope| {
            for number in 1..self.hands() {
                let work = &work;
                scope.spawn(move || work(number));
            }
            work(0);
        });
        relay.end()
    }

    fn hands(&self) -> usize {
        let most = rayon::current_num_threads();
        match self.total_bytes() {
            // Compressed text is several times longer than its bytes.
            Some(bytes) => most.min(1 + bytes as usize / (BLOCK / 8)),
            None => most,
        }
    }
}

struct Relay<'c, T, F> {
    corpus: &'c Corpus,
    inlet: Mutex<Inlet<'c>>,
    outlet: Mutex<Outlet<T, F>>,
    /// A piece was taken in, or all is over.
    moved: Condvar,
    most_ready: usize,
    progress: &'c dyn Progress,
}

/// Where blocks come from.
struct Inlet<'c> {
    blocks: Blocks<'c>,
    next: u64,
    over: bool,
}

/// Where pieces go.
struct Outlet<T, F> {
    /// What was laid down before it was due.
    ready: BTreeMap<u64, Result<Piece<T>>>,
    due: u64,
    take: F,
    passed: Passed,
    failed: Option<Error>,
    over: bool,
}

/// What was made of a batch, and what is to be known of the batch.
struct Piece<T> {
    made: T,
    bytes_read: u64,
    passed: Passed,
}

impl<T: Send, F: FnMut(T) -> Result<()> + Send> Relay<'_, T, F> {
    fn work<H>(&self, hand: &mut H, make: &impl Fn(&mut H, &mut Batch) -> Result<T>) {
        let _watch = Watch(self);
        let mut buffer = Vec::new();
        while let Some((number, block)) = self.next(mem::take(&mut buffer)) {
            let options = self.corpus.options();
            let batch = block.and_then(|block| Batch::of(block, options));
            let piece = batch.and_then(|mut batch| {
                let piece = Piece {
                    made: make(hand, &mut batch)?,
                    bytes_read: batch.bytes_read(),
                    passed: Passed::of(&mut batch),
                };
                buffer = batch.text;
                Ok(piece)
            });
            if !self.lay_down(number, piece) {
                break;
            }
        }
    }

    fn next(&self, buffer: Vec<u8>) -> Option<(u64, Result<Block>)> {
        lock(&self.inlet).next(buffer)
    }

    /// Lays down a piece; false if no more are wanted.
    fn lay_down(&self, number: u64, piece: Result<Piece<T>>) -> bool {
        let mut outlet = lock(&self.outlet);
        outlet.ready.insert(number, piece);
        if outlet.take_in(self.progress) {
            self.moved.notify_all();
        }
        // The piece that is due is in somebody's hands, so this ends.
        while outlet.ready.len() > self.most_ready && !outlet.over {
            let moved = self.moved.wait(outlet);
            outlet = moved.unwrap_or_else(PoisonError::into_inner);
        }
        !outlet.over
    }

    fn end(self) -> Result<()> {
        let outlet = self.outlet.into_inner();
        let outlet = outlet.unwrap_or_else(PoisonError::into_inner);
        match outlet.failed {
            Some(error) => Err(error),
            None => {
                self.corpus.end_pass(outlet.passed)?;
                let warnings = self.corpus.warnings().into_iter();
                warnings.for_each(|warning| self.progress.warn(warning));
                Ok(())
            }
        }
    }
}

impl Inlet<'_> {
    /// The next block and its number; after an error there is none.
    fn next(&mut self, buffer: Vec<u8>) -> Option<(u64, Result<Block>)> {
        if self.over {
            return None;
        }
        let block = self.blocks.next(buffer).transpose();
        self.over = !matches!(block, Some(Ok(_)));
        let number = self.next;
        self.next += 1;
        block.map(|block| (number, block))
    }
}

impl<T, F: FnMut(T) -> Result<()>> Outlet<T, F> {
    /// Takes in all pieces that are due; true if there was one.
    fn take_in(&mut self, progress: &dyn Progress) -> bool {
        let before = self.due;
        while !self.over
            && let Some(piece) = self.ready.remove(&self.due)
        {
            self.due += 1;
            let taken = piece.and_then(|piece| {
                (self.take)(piece.made)?;
                self.passed.add(piece.passed);
                progress.advance(piece.bytes_read);
                Ok(())
            });
            if let Err(error) = taken {
                self.failed = Some(error);
                self.over = true;
            }
        }
        self.due != before
    }
}

/// Ends the work of all if that of one ends in a panic: its piece would never come.
struct Watch<'r, 'c, T, F>(&'r Relay<'c, T, F>);

impl<T, F> Drop for Watch<'_, '_, T, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.outlet).over = true;
            self.0.moved.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
