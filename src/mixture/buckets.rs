//! Here is a context, give me the contexts that it shares its weights with.
//!
//! An n-gram voice is to be trusted by how much of the context it knows, and how
//! often it saw that. A bucket is both: the length of the longest end of the
//! context that is listed, and a class of how often it was seen.
//!
//! Both, because each tells what the other does not. For Kneser–Ney of order 5
//! with a network on WikiText-2 (tuned on the validation text, perplexity on the
//! test text): one set of weights 164.71; by the count alone 164.69; by the
//! length alone 164.49; by both 164.42. The five classes do as well as one for
//! every power of two (164.39), with half the weights to tune.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Evidence, LanguageModel};
use crate::token::TokenId;

/// The least count of each class, and its name.
const CLASSES: [(u64, &str); 5] = [
    (1, "once"),
    (2, "twice"),
    (3, "3–9×"),
    (10, "10–99×"),
    (100, "100× or more"),
];

/// Of longer contexts only so many tokens tell the bucket.
const LONGEST: usize = 8;

/// Buckets of contexts, told apart by the evidence of one voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    /// Which voice.
    voice: usize,
    /// How many tokens of context it knows at most.
    longest: usize,
}

impl Buckets {
    /// Buckets by the evidence of the voice that is number `voice` of a mixture, from 0; `None` if
    /// it keeps no counts.
    pub fn by<M: LanguageModel + ?Sized>(voice: usize, model: &M) -> Option<Self> {
        model.evidence()?;
        let longest = model.context_len().unwrap_or(LONGEST).min(LONGEST);
        Some(Buckets { voice, longest })
    }

    /// The number of the voice whose evidence counts, from 0.
    pub fn voice(&self) -> usize {
        self.voice
    }

    /// How many buckets there are.
    #[expect(clippy::len_without_is_empty, reason = "there is always bucket 0")]
    pub fn len(&self) -> usize {
        1 + self.longest.min(LONGEST) * CLASSES.len()
    }

    /// The bucket of a context, from 0: the context of which nothing was seen.
    pub fn of(&self, evidence: &dyn Evidence, context: &[TokenId]) -> usize {
        let known = &context[context.len().saturating_sub(self.longest)..];
        let Some((&last, before)) = known.split_last() else {
            return 0;
        };
        let seen = evidence.of_token(before, last);
        // A model without counts knows that its n-grams were seen, not how often.
        let times = seen.times_seen.unwrap_or(1);
        let class = CLASSES.partition_point(|(least, _)| *least <= times);
        match class.checked_sub(1) {
            Some(class) => 1 + (seen.order.min(self.longest) - 1) * CLASSES.len() + class,
            None => 0,
        }
    }

    /// What the contexts of a bucket have in common: the length of their longest end that was seen,
    /// and how often.
    pub fn describe(&self, bucket: usize) -> (usize, &'static str) {
        match bucket.checked_sub(1) {
            Some(place) => (1 + place / CLASSES.len(), CLASSES[place % CLASSES.len()].1),
            None => (0, ""),
        }
    }

    /// Reads a token into a window that never holds more than tells the bucket.
    pub(super) fn push(&self, window: &mut Vec<TokenId>, token: TokenId) {
        window.push(token);
        let surplus = window.len().saturating_sub(self.longest);
        window.drain(..surplus);
    }

    /// Refuses buckets by the evidence of a voice that has none, or is of another order.
    pub(super) fn check<M: LanguageModel + ?Sized>(&self, voice: Option<&M>) -> Result<()> {
        match voice.and_then(|model| Buckets::by(self.voice, model)) {
            Some(buckets) if buckets == *self => Ok(()),
            _ => {
                let what = "the weights go by the counts of a voice that does not have them";
                Err(Error::new(ErrorKind::Model, what).way_out("mix the voices again"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContextEvidence, TokenEvidence};

    /// Has seen any token once a unit of its id, and no n-gram of more than two tokens.
    struct Made;

    impl Evidence for Made {
        fn of_context(&self, _: &[TokenId]) -> ContextEvidence {
            unreachable!("buckets ask for tokens")
        }

        fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
            TokenEvidence {
                order: 2.min(context.len() + 1),
                times_seen: Some(u64::from(token.0)),
            }
        }
    }

    #[test]
    fn a_bucket_is_a_length_and_a_class_of_counts() {
        let buckets = Buckets {
            voice: 0,
            longest: 3,
        };
        assert_eq!(buckets.len(), 16);
        let of = |ids: &[u32]| {
            let context: Vec<TokenId> = ids.iter().copied().map(TokenId).collect();
            buckets.describe(buckets.of(&Made, &context))
        };
        assert_eq!(of(&[]), (0, ""));
        assert_eq!(of(&[7, 0]), (0, ""), "never seen");
        assert_eq!(of(&[1]), (1, "once"));
        assert_eq!(of(&[9, 9, 9, 2]), (2, "twice"));
        assert_eq!(of(&[9, 9]), (2, "3–9×"));
        assert_eq!(of(&[99]), (1, "10–99×"));
        assert_eq!(of(&[100]), (1, "100× or more"));
    }
}
