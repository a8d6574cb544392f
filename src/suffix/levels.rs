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
/// Of ends that stand at the same places only the longest is given: the others say what it says. And
/// of long ends only some are tried besides the longest of all, each a quarter longer than the one
/// before, so that there are few of them even where a text repeats one token over and over.
pub(super) fn levels(array: &SuffixArray, context: &[TokenId], times: u64) -> Vec<Level> {
    let longest = array.longest_end(context, times);
    let mut levels: Vec<Found> = Vec::new();
    for length in lengths().take_while(|&length| length <= longest.length) {
        let found = array.find(&context[context.len() - length..]);
        let is_last = found.count() == longest.count();
        if levels
            .last()
            .is_some_and(|last| last.count() == found.count())
        {
            levels.pop();
        }
        if is_last {
            break;
        }
        levels.push(found);
    }
    if longest.length > 0 {
        levels.push(longest);
    }
    let level = |found: Found| Level {
        followers: array.followers(&found).take(MANY).count(),
        found,
    };
    levels.into_iter().map(level).collect()
}

/// 1, 2, 3 … 7, 8, 10, 12, 15 …
fn lengths() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |&length: &usize| {
        Some(length + (length / 4).max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenText;

    #[test]
    fn one_token_over_and_over_has_few_levels() {
        let text: TokenText = [vec![TokenId(3); 5000]].into_iter().collect();
        let array = SuffixArray::new(text, 4).unwrap();
        let levels = levels(&array, &[TokenId(3); 4000], 1);
        assert!(levels.len() < 40, "{}", levels.len());
        assert_eq!(levels.last().map(|level| level.found.length), Some(4000));
        let is_longer = |a: &Level, b: &Level| a.found.count() > b.found.count();
        assert!(levels.is_sorted_by(is_longer));
    }
}
