//! Here is a context, give me its ends that stand in the text, each with what is known of it.

use super::array::{Found, SuffixArray};
use crate::token::TokenId;

/// More followers than this are not told apart: a context with so many different ones is open, and
/// counting them all would cost more than the answer.
pub(super) const MANY: usize = 9;

/// An end of a context that stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) found: Found,
    /// How many different tokens follow it, [`MANY`] if there are as many or more.
    pub(super) followers: usize,
}

/// What of a context can stand in the text: nothing goes on after the end of a sentence.
pub(super) fn within_sentence(context: &[TokenId]) -> &[TokenId] {
    let end = context.iter().rposition(|&token| token == TokenId::END);
    &context[end.map_or(0, |end| end + 1)..]
}

/// The ends of a context that stand in the text at least so often, shortest first, without the
/// empty one.
///
/// Of ends that stand at the same places only the longest is given: the others say what it says.
/// So there are few, however long the context is.
pub(super) fn levels(array: &SuffixArray, context: &[TokenId], times: u64) -> Vec<Level> {
    let longest = array.longest_end(context, times);
    let mut levels: Vec<Found> = Vec::new();
    for length in 1..=longest.length {
        let found = array.find(&context[context.len() - length..]);
        let is_last = found.count() == longest.count();
        if levels
            .last()
            .is_some_and(|last| last.count() == found.count())
        {
            levels.pop();
        }
        levels.push(if is_last { longest.clone() } else { found });
        if is_last {
            break;
        }
    }
    let level = |found: Found| Level {
        followers: array.followers(&found).take(MANY).count(),
        found,
    };
    levels.into_iter().map(level).collect()
}
