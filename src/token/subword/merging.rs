//! Here are symbols, merge them as byte-pair encoding does.
//!
//! Of all neighbours that merge, those of lowest rank are merged first, and of equals the leftmost,
//! until none is left (Sennrich, Haddow and Birch, 2016). Short rows are looked through again for
//! every merge. In long ones that would be quadratic: there, places are gathered by the rank of their
//! pair, and ranks are taken one after another, so a row of any length costs little more a symbol
//! than a short one. A long row of few runs of equal symbols, as a letter ten million times, is
//! merged run by run: half as many symbols at every step, whatever their number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{Merge, Pairs};
use super::runs;

/// Rows up to this length are looked through.
const SHORT: usize = 48;

/// Merges a row of symbols in place.
pub(super) fn merge(pairs: &Pairs, row: &mut Vec<u32>) {
    match row.len() {
        0 | 1 => {}
        2..=SHORT => merge_short(pairs, row),
        _ if runs::merge(pairs, row) => {}
        _ => merge_long(pairs, row),
    }
}

/// A pair that does not merge.
const NEVER: Merge = Merge {
    rank: u32::MAX,
    into: u32::MAX,
};

fn merge_short(pairs: &Pairs, row: &mut Vec<u32>) {
    let look = |left, right| pairs.get(left, right).unwrap_or(NEVER);
    let mut merges = [NEVER; SHORT];
    let mut len = row.len();
    for at in 0..len - 1 {
        merges[at] = look(row[at], row[at + 1]);
    }
    while len > 1 {
        let mut best = 0;
        for at in 1..len - 1 {
            if merges[at].rank < merges[best].rank {
                best = at;
            }
        }
        if merges[best].into == u32::MAX {
            break;
        }
        row[best] = merges[best].into;
        row.copy_within(best + 2..len, best + 1);
        merges.copy_within(best + 1..len - 1, best);
        len -= 1;
        if best + 1 < len {
            merges[best] = look(row[best], row[best + 1]);
        }
        if best > 0 {
            merges[best - 1] = look(row[best - 1], row[best]);
        }
    }
    row.truncate(len);
}

/// A row whose symbols keep the place of their first: the length of each stands where it begins and
/// where it ends.
struct Row<'r> {
    symbols: &'r mut [u32],
    lengths: Vec<u32>,
}

impl Row<'_> {
    fn next(&self, at: usize) -> Option<usize> {
        let next = at + self.lengths[at] as usize;
        (next < self.symbols.len()).then_some(next)
    }

    fn before(&self, at: usize) -> Option<usize> {
        let last = at.checked_sub(1)?;
        Some(at - self.lengths[last] as usize)
    }

    /// Makes one of a symbol and the next; returns false if the first is not there any more.
    fn join(&mut self, at: usize, next: usize, into: u32) {
        let length = self.lengths[at] + self.lengths[next];
        self.symbols[at] = into;
        // What is inside another symbol can be asked for by an old place: no pair has this symbol.
        self.symbols[next] = u32::MAX;
        self.lengths[at] = length;
        self.lengths[at + length as usize - 1] = length;
    }
}

/// The places of one rank.
#[derive(Default)]
struct Places {
    /// As they came; in order from when the rank was first taken.
    gathered: Vec<u32>,
    taken: usize,
    is_sorted: bool,
    /// What came after that.
    late: BinaryHeap<Reverse<u32>>,
}

impl Places {
    fn push(&mut self, place: u32) {
        match self.is_sorted {
            true => self.late.push(Reverse(place)),
            false => self.gathered.push(place),
        }
    }

    /// The leftmost place, taken out.
    fn take(&mut self) -> Option<u32> {
        if !self.is_sorted {
            // Pieces of it are sorted already: this sort is one that takes advantage of that.
            self.gathered.sort();
            self.is_sorted = true;
        }
        let first = self.gathered.get(self.taken);
        match (first, self.late.peek()) {
            (Some(first), Some(Reverse(late))) if late < first => {
                self.late.pop().map(|late| late.0)
            }
            (Some(&first), _) => {
                self.taken += 1;
                Some(first)
            }
            (None, _) => self.late.pop().map(|late| late.0),
        }
    }
}

/// Places by rank, lowest rank first.
#[derive(Default)]
struct Agenda {
    numbers: hashbrown::HashMap<u32, usize>,
    ranks: Vec<Places>,
    /// The ranks that have places, with their numbers.
    waiting: BinaryHeap<Reverse<(u32, usize)>>,
    is_waiting: Vec<bool>,
}

impl Agenda {
    fn push(&mut self, rank: u32, place: usize) {
        let number = *self.numbers.entry(rank).or_insert(self.ranks.len());
        if number == self.ranks.len() {
            self.ranks.push(Places::default());
            self.is_waiting.push(false);
        }
        self.ranks[number].push(place as u32);
        if !std::mem::replace(&mut self.is_waiting[number], true) {
            self.waiting.push(Reverse((rank, number)));
        }
    }

    /// The lowest rank and its leftmost place, taken out.
    fn take(&mut self) -> Option<(u32, usize)> {
        loop {
            let &Reverse((rank, number)) = self.waiting.peek()?;
            if let Some(place) = self.ranks[number].take() {
                return Some((rank, place as usize));
            }
            self.waiting.pop();
            self.is_waiting[number] = false;
        }
    }
}

fn merge_long(pairs: &Pairs, row: &mut Vec<u32>) {
    assert!(row.len() < u32::MAX as usize, "places have 32 bits");
    let mut agenda = Agenda::default();
    for at in 0..row.len() - 1 {
        if let Some(merge) = pairs.get(row[at], row[at + 1]) {
            agenda.push(merge.rank, at);
        }
    }
    let lengths = vec![1; row.len()];
    let mut symbols = Row {
        symbols: row,
        lengths,
    };
    while let Some((rank, at)) = agenda.take() {
        let Some(next) = symbols.next(at) else {
            continue;
        };
        let found = pairs.get(symbols.symbols[at], symbols.symbols[next]);
        let Some(merge) = found.filter(|merge| merge.rank == rank) else {
            continue;
        };
        symbols.join(at, next, merge.into);
        let around = [symbols.before(at), Some(at)];
        for left in around.into_iter().flatten() {
            if let Some(right) = symbols.next(left)
                && let Some(merge) = pairs.get(symbols.symbols[left], symbols.symbols[right])
            {
                agenda.push(merge.rank, left);
            }
        }
    }
    let mut at = Some(0);
    let mut len = 0;
    while let Some(place) = at {
        at = symbols.next(place);
        symbols.symbols[len] = symbols.symbols[place];
        len += 1;
    }
    row.truncate(len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As it is described.
    fn merge_plainly(pairs: &Pairs, row: &mut Vec<u32>) {
        let best = |row: &[u32]| {
            let all = row.windows(2).enumerate();
            let found = all.filter_map(|(at, pair)| Some((pairs.get(pair[0], pair[1])?, at)));
            found.min_by_key(|(merge, at)| (merge.rank, *at))
        };
        while let Some((merge, at)) = best(row) {
            row[at] = merge.into;
            row.remove(at + 1);
        }
    }

    proptest! {
        #[test]
        fn short_and_long_rows_merge_as_described(
            merges in prop::collection::vec((0..30u32, 0..30u32, 0..20u32, 0..30u32), 1..200),
            row in prop::collection::vec(0..8u32, 2..=SHORT),
        ) {
            let mut pairs = Pairs::with_capacity(merges.len());
            for (left, right, rank, into) in merges {
                pairs.add(left, right, Merge { rank, into });
            }
            let (mut plain, mut short, mut long) = (row.clone(), row.clone(), row);
            merge_plainly(&pairs, &mut plain);
            merge_short(&pairs, &mut short);
            merge_long(&pairs, &mut long);
            prop_assert_eq!(&short, &plain);
            prop_assert_eq!(&long, &plain);
        }

        #[test]
        fn rows_of_few_letters_merge_as_described(
            row in prop::collection::vec(0..2u32, 50..300),
            many in 0..40usize,
        ) {
            let mut pairs = Pairs::with_capacity(0);
            let runs: Vec<(u32, u32)> = vec![(0, 0), (2, 2), (1, 0), (3, 3), (4, 3), (2, 0), (6, 1)];
            for (rank, (left, right)) in runs.into_iter().enumerate() {
                pairs.add(left, right, Merge { rank: rank as u32, into: rank as u32 + 2 });
            }
            let mut row = [row, vec![0; many]].concat();
            let mut plain = row.clone();
            merge_plainly(&pairs, &mut plain);
            merge_long(&pairs, &mut row);
            prop_assert_eq!(row, plain);
        }

        #[test]
        fn runs_merge_as_described(
            merges in prop::collection::vec((0..6u32, 0..6u32, 0..9u32, 0..6u32), 1..20),
            learnt in any::<bool>(),
            runs in prop::collection::vec((0..3u32, 1..70usize), 1..5),
        ) {
            let mut pairs = Pairs::with_capacity(merges.len());
            for (number, (left, right, rank, into)) in (0..).zip(merges) {
                // In learnt merges a piece is made before it is merged on.
                let merge = match learnt {
                    true => Merge { rank: number, into: number + 3 },
                    false => Merge { rank, into },
                };
                let before = |symbol: u32| if learnt { symbol % (number + 3) } else { symbol };
                pairs.add(before(left), before(right), merge);
            }
            let row = runs.into_iter().flat_map(|(symbol, count)| std::iter::repeat_n(symbol, count));
            let mut row: Vec<u32> = row.collect();
            let mut plain = row.clone();
            merge_plainly(&pairs, &mut plain);
            let is_done = runs::merge(&pairs, &mut row);
            prop_assert!(is_done || !learnt);
            merge_long(&pairs, &mut row);
            prop_assert_eq!(row, plain);
        }
    }
}
