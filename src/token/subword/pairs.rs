//! Here are two neighbours, tell me what they merge into.
//!
//! A table of slots, at most half full, that a pair's hash leads into: the question is asked twice
//! for every merge, and most answers are no.

/// What a pair merges into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    /// Of all pairs the one of lowest rank is merged first, and of equals the leftmost.
    pub(super) rank: u32,
    /// What it becomes.
    pub(super) into: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    left: u32,
    right: u32,
    merge: Merge,
}

/// No piece has this id, so no pair is in an empty slot.
const EMPTY: Slot = Slot {
    left: u32::MAX,
    right: u32::MAX,
    merge: Merge {
        rank: u32::MAX,
        into: u32::MAX,
    },
};

/// Which pairs merge.
pub(super) struct Pairs {
    slots: Vec<Slot>,
    /// How far a hash is shifted to be a slot's number.
    shift: u32,
    len: usize,
}

impl Pairs {
    /// With room for so many.
    pub(super) fn with_capacity(pairs: usize) -> Self {
        let bits = (pairs.max(8) * 2).next_power_of_two().trailing_zeros();
        Pairs {
            slots: vec![EMPTY; 1 << bits],
            shift: u64::BITS - bits,
            len: 0,
        }
    }

    /// What these two merge into, if they merge.
    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> Option<Merge> {
        let slot = self.slots[self.slot(left, right)];
        ((slot.left, slot.right) == (left, right) && slot.merge.into != u32::MAX)
            .then_some(slot.merge)
    }

    /// Adds a pair that is not there yet; one that is there stays as it is.
    pub(super) fn add(&mut self, left: u32, right: u32, merge: Merge) -> bool {
        if 2 * (self.len + 1) > self.slots.len() {
            self.grow();
        }
        let slot = self.slot(left, right);
        let is_new = self.slots[slot].merge.into == u32::MAX;
        if is_new {
            self.slots[slot] = Slot { left, right, merge };
            self.len += 1;
        }
        is_new
    }

    /// All pairs with what they merge into, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32, Merge)> {
        let full = self.slots.iter().filter(|slot| slot.merge.into != u32::MAX);
        full.map(|slot| (slot.left, slot.right, slot.merge))
    }

    fn grow(&mut self) {
        let mut larger = Pairs::with_capacity(self.slots.len());
        for (left, right, merge) in self.iter() {
            larger.add(left, right, merge);
        }
        *self = larger;
    }

    /// The slot of a pair, or the empty one where it would be.
    #[inline]
    fn slot(&self, left: u32, right: u32) -> usize {
        let key = u64::from(left) << 32 | u64::from(right);
        // Fibonacci hashing (Knuth, The Art of Computer Programming, vol. 3, 6.4).
        let mixed = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (mixed >> self.shift) as usize;
        loop {
            let there = &self.slots[slot];
            if (there.left, there.right) == (left, right) || there.merge.into == u32::MAX {
                return slot;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_nothing_else() {
        let mut pairs = Pairs::with_capacity(0);
        let merge = |n: u32| Merge {
            rank: n,
            into: n + 7,
        };
        for n in 0..5000 {
            assert!(pairs.add(n % 100, n / 100 * 1000, merge(n)));
        }
        assert!(!pairs.add(0, 0, merge(9)), "the first stays");
        for n in 0..5000 {
            assert_eq!(pairs.get(n % 100, n / 100 * 1000), Some(merge(n)));
            assert_eq!(pairs.get(n % 100, n / 100 * 1000 + 1), None);
        }
        assert_eq!(pairs.iter().count(), 5000);
    }
}
