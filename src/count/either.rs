//! Here is a text, in memory or outside of it; give me its census.

use super::{Census, Order, outside, refine};
use crate::error::Result;
use crate::progress::Progress;
use crate::store::Depot;
use crate::token::AnyText;

/// Counts every n-gram of orders 1 to `order`; a text outside of memory with about so many bytes of
/// memory beside the depot. `progress` advances by the text's positions
/// [`TIMES_READ`](super::TIMES_READ) times.
///
/// # Errors
/// If the text has no sentences or too many n-grams; if the depot's disk fails.
pub fn count(
    text: AnyText,
    vocabulary_len: usize,
    order: Order,
    memory: u64,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Census> {
    match text {
        AnyText::Whole(text) => refine::count(text, vocabulary_len, order, depot, progress),
        AnyText::Stored(text) => {
            outside::count(text, vocabulary_len, order, memory, depot, progress)
        }
    }
}
