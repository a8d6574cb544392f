//! Here are counts, most of them small; keep each in a byte.
//!
//! Nine n-grams of ten were seen fewer than five times, and one in a thousand
//! more than 254 times. So a count takes one byte, and those that do not fit are
//! written down apart, each beside its place. A model file keeps its counts in
//! the same two columns.

use bytemuck::{Pod, Zeroable};

/// A byte that says: look among the large ones.
const LARGE: u8 = u8::MAX;

/// A count that does not fit a byte, and whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct LargeCount {
    /// The place among all counts.
    pub index: u64,
    /// The count, 255 or more.
    pub count: u64,
}

/// Counts in the order in which they were pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    small: Vec<u8>,
    large: Vec<LargeCount>,
}

impl Tallies {
    /// Adds a count at the end.
    pub fn push(&mut self, count: u64) {
        match u8::try_from(count) {
            Ok(small) if small != LARGE => self.small.push(small),
            _ => {
                let index = self.small.len() as u64;
                self.large.push(LargeCount { index, count });
                self.small.push(LARGE);
            }
        }
    }

    /// How many counts there are.
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// The count at a place.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn get(&self, index: usize) -> u64 {
        get(&self.small, &self.large, index)
    }

    /// The two columns: a byte for each, and the large ones in order of their places.
    pub fn columns(&self) -> (&[u8], &[LargeCount]) {
        (&self.small, &self.large)
    }

    /// The two columns, to be kept elsewhere.
    pub fn into_columns(self) -> (Vec<u8>, Vec<LargeCount>) {
        (self.small, self.large)
    }

    /// From the two columns.
    pub fn from_columns(small: Vec<u8>, large: Vec<LargeCount>) -> Self {
        Tallies { small, large }
    }
}

impl FromIterator<u64> for Tallies {
    fn from_iter<I: IntoIterator<Item = u64>>(counts: I) -> Self {
        let mut tallies = Tallies::default();
        counts.into_iter().for_each(|count| tallies.push(count));
        tallies
    }
}

/// The count at a place of the two columns.
///
/// # Panics
/// If the place is beyond the first column, or is marked as large and missing in the second:
/// [`check`] says beforehand.
pub fn get(small: &[u8], large: &[LargeCount], index: usize) -> u64 {
    match small[index] {
        LARGE => {
            let found = large.binary_search_by_key(&(index as u64), |entry| entry.index);
            large[found.expect("a large count is written down")].count
        }
        count => u64::from(count),
    }
}

/// Says whether every place that is marked as large has its count, in order, and no other has one.
pub fn check(small: &[u8], large: &[LargeCount]) -> bool {
    let mut places = large.iter().map(|entry| entry.index);
    let marked = small
        .iter()
        .enumerate()
        .filter(|(_, count)| **count == LARGE);
    marked.map(|(index, _)| index as u64).eq(places.by_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_every_size_come_back() {
        let counts = [0, 1, 254, 255, 256, 7, u64::MAX, 3];
        let tallies: Tallies = counts.into_iter().collect();
        for (index, count) in counts.into_iter().enumerate() {
            assert_eq!(tallies.get(index), count);
        }
        let (small, large) = tallies.columns();
        assert_eq!((small.len(), large.len()), (8, 3));
        assert!(check(small, large));
        assert!(!check(small, &large[1..]), "one is missing");
        assert!(!check(&small[..6], large), "one too many");
    }
}
