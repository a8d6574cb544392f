//! Here is a context, give me the slots that the network sees.
//!
//! A network of context C always sees C slots, oldest first. A slot holds a
//! token's id, which is its row in the embeddings, or the row after the last
//! token's, which stands for "no token here":
//!
//! ```text
//! <s> the old man   C = 5   →   [ none, <s>, the, old, man ]
//! ```

use crate::token::TokenId;

/// Fills the slots with the last tokens of a context, back to its last `<s>`.
///
/// What is before a `<s>` is another sentence, which has no say in this one.
///
/// # Panics
/// If an id is not below `vocabulary`.
pub(super) fn fill(slots: &mut [u32], context: &[TokenId], vocabulary: usize) {
    let mut free = slots.iter_mut().rev();
    for &token in context.iter().rev() {
        let Some(slot) = free.next() else { return };
        assert!(token.index() < vocabulary, "{token:?} of {vocabulary}");
        *slot = token.0;
        if token == TokenId::START {
            break;
        }
    }
    free.for_each(|slot| *slot = vocabulary as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(context: &[u32]) -> [u32; 3] {
        let context: Vec<TokenId> = context.iter().map(|&id| TokenId(id)).collect();
        let mut slots = [0; 3];
        fill(&mut slots, &context, 9);
        slots
    }

    #[test]
    fn slots_hold_the_last_tokens_of_the_sentence() {
        assert_eq!(slots(&[]), [9, 9, 9]);
        assert_eq!(slots(&[4]), [9, 9, 4]);
        assert_eq!(slots(&[3, 4, 5, 6]), [4, 5, 6]);
        assert_eq!(slots(&[1, 5]), [9, 1, 5]);
        assert_eq!(slots(&[5, 1, 6]), [9, 1, 6], "another sentence is not seen");
    }
}
