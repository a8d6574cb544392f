//! Here are nodes, give me their places in suffix order.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::pages::prefetch;

/// The place of each node in suffix order; each is written once, from any thread.
#[derive(Default)]
pub(super) struct Ranks(Vec<AtomicU32>);

impl Ranks {
    /// Of nodes that lie in suffix order; there will be room for those of larger levels.
    pub(super) fn unchanged(size: u32, room: usize) -> Self {
        let mut ranks = Vec::with_capacity(room);
        ranks.extend((0..size).map(AtomicU32::new));
        Ranks(ranks)
    }

    /// The same memory, for the places of so many, each of which will be written.
    pub(super) fn resized(mut self, size: usize) -> Self {
        self.0.resize_with(size, AtomicU32::default);
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn get(&self, node: u32) -> u32 {
        self.0[node as usize].load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set(&self, node: u32, rank: u32) {
        self.0[node as usize].store(rank, Ordering::Relaxed);
    }

    /// Says that a node's rank will soon be asked for, or written.
    #[inline]
    pub(super) fn expect(&self, node: u32) {
        prefetch(&self.0, node as usize);
    }
}
