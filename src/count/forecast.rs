//! Here is how long a text is, say what counting it will take.
//!
//! How many different n-grams a text has is known only when it is counted. But
//! texts are alike in this: of all positions of English prose, some 15 % begin a
//! new bigram, 42 % a new trigram, 64 % a new 4-gram and 72 % a new 5-gram at a
//! million tokens, more in a shorter text and somewhat fewer the longer it is. So
//! the forecast is of the right size, and on the safe side.

use super::Order;

/// What is needed whatever the text: the program, its threads, buffers to read and write.
const FIXED: u64 = 40 << 20;

/// What a token of the vocabulary takes: its surface, its place, its entry in two tables.
const BYTES_A_TYPE: u64 = 80;

/// The n-grams of a part are held at once while it is in work, by each thread those of one part. The
/// largest part is that of the most frequent token, which has some 5 % of a text's positions, and a
/// position takes so much there: its key, its share of a trie that grows, its probabilities.
const BYTES_A_POSITION_IN_WORK: u64 = 30;

/// What a thread takes besides.
const BYTES_A_THREAD: u64 = 4 << 20;

/// The share of positions that begin a new n-gram of orders 2, 3, …; the last goes on.
const NEW_SHARES: [f64; 5] = [0.15, 0.42, 0.64, 0.72, 0.76];

/// The same in a text of fewer than half a million positions.
const NEW_SHARES_OF_A_SHORT_TEXT: [f64; 5] = [0.32, 0.58, 0.72, 0.78, 0.82];

/// How the memory that a job may take is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotment {
    /// For the columns of parts, until they are written.
    pub depot: u64,
    /// For what is worked on at a time.
    pub work: u64,
}

impl Allotment {
    /// No bounds.
    pub const UNBOUNDED: Allotment = Allotment {
        depot: u64::MAX,
        work: u64::MAX,
    };

    /// For a text that is in memory, of so many positions; what its sorting took serves afterwards.
    pub fn inside(memory: u64, positions: u64, types: u64, order: Order) -> Self {
        let left = free(memory, types, positions);
        let work = whole_text(positions, order).min(left);
        Allotment {
            depot: left - work,
            work,
        }
    }

    /// For a text that is not.
    pub fn outside(memory: u64, positions: u64, types: u64) -> Self {
        let left = free(memory, types, positions);
        Allotment {
            depot: left / 4,
            work: left / 2,
        }
    }
}

/// How many positions a text may have at most to be counted in memory.
pub fn most_positions(memory: u64, order: Order) -> u64 {
    let a_position = whole_text(1 << 10, order).div_ceil(1 << 10) + in_work(1 << 10) / (1 << 10);
    let fit = free(memory, 0, 0) / 4 * 3 / a_position;
    // Positions in memory are numbers of 32 bits.
    fit.min(u64::from(u32::MAX / 2))
}

/// What the parts in work take of a text of so many positions.
fn in_work(positions: u64) -> u64 {
    let threads = rayon::current_num_threads() as u64;
    positions / 20 * BYTES_A_POSITION_IN_WORK * threads
}

/// What is left for a text's n-grams.
fn free(memory: u64, types: u64, positions: u64) -> u64 {
    let threads = rayon::current_num_threads() as u64;
    let taken = FIXED + types * BYTES_A_TYPE + threads * BYTES_A_THREAD + in_work(positions);
    // With less than this nothing can be done, whatever was said.
    memory.saturating_sub(taken).max(1 << 20)
}

/// The text, its positions sorted, the row of each, and a bit for each row and order with its count.
fn whole_text(positions: u64, order: Order) -> u64 {
    positions * (3 * 4 * 64 + 16 * (order.get() as u64 - 1)) / 64
}

/// What a job will take, as far as it can be known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes of memory at the peak.
    pub memory: u64,
    /// Bytes of temporary files.
    pub temporary: u64,
    /// Bytes of the model.
    pub model: u64,
}

impl Forecast {
    /// For a text of about so many positions, if it may take so much memory.
    pub fn of(positions: u64, order: Order, memory: u64) -> Self {
        let shares = match positions {
            0..500_000 => NEW_SHARES_OF_A_SHORT_TEXT,
            _ => NEW_SHARES,
        };
        let new = |order: usize| {
            let share = shares[(order - 2).min(shares.len() - 1)];
            (positions as f64 * share) as u64
        };
        let ngrams: u64 = (2..=order.get()).map(new).sum();
        let top = if order.get() > 1 { new(order.get()) } else { 0 };
        // Token, count, children and suffix of each, until they are written; then both logarithms.
        let counted = ngrams * 13 - top * 4;
        // Sections begin at pages, and there is a vocabulary.
        let model = ngrams * 21 - top * 8 + (200 << 10);
        let inside = memory.saturating_sub(free(memory, 0, positions))
            + whole_text(positions, order)
            + counted;
        if positions <= most_positions(memory, order) {
            return Forecast {
                memory: inside.min(memory),
                temporary: inside.saturating_sub(memory),
                model,
            };
        }
        let text_and_runs = positions * (4 + 9);
        let probabilities = (ngrams - top) * 8;
        Forecast {
            memory,
            temporary: text_and_runs + counted + probabilities + ngrams * 4,
            model,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_text_takes_more_and_less_memory_makes_temporary_files() {
        let order = Order::new(5).unwrap();
        let (small, large) = (1_000_000, 34_000_000);
        let plenty = 8 << 30;
        let forecast = Forecast::of(large, order, plenty);
        assert!(forecast.memory > Forecast::of(small, order, plenty).memory);
        assert_eq!(forecast.temporary, 0);
        assert!(
            (1 << 30..1500 << 20).contains(&forecast.memory),
            "{forecast:?}"
        );
        let little = Forecast::of(large, order, forecast.memory / 4);
        assert!(little.temporary > 0 && little.memory == forecast.memory / 4);
        assert_eq!(little.model, forecast.model);
    }

    #[test]
    fn what_is_allotted_is_not_more_than_what_may_be_taken() {
        let order = Order::new(5).unwrap();
        for memory in [0, 100 << 20, 4 << 30, u64::MAX] {
            for positions in [10, most_positions(memory, order)] {
                let inside = Allotment::inside(memory, positions, 1000, order);
                let outside = Allotment::outside(memory, positions, 1000);
                for Allotment { depot, work } in [inside, outside] {
                    assert!(
                        depot + work <= memory.max(1 << 20),
                        "{memory}: {depot} + {work}"
                    );
                }
            }
        }
    }
}
