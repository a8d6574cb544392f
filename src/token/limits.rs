//! Here are tokens and how often each was seen, give me those that are worth a number.

use super::{TokenId, Vocabulary};

/// Which of a corpus's tokens get an id of their own; the others are `<unk>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VocabularyLimits {
    /// Tokens seen less often than this are left out; 1 keeps all.
    pub min_count: u64,
    /// At most so many tokens, the three specials included; the most frequent stay.
    pub max_size: Option<usize>,
}

impl Default for VocabularyLimits {
    fn default() -> Self {
        VocabularyLimits {
            min_count: 1,
            max_size: None,
        }
    }
}

impl VocabularyLimits {
    /// True if every token stays.
    pub fn keep_all(&self) -> bool {
        self.min_count <= 1 && self.max_size.is_none()
    }

    /// The tokens of `full` that stay within the limits, in the same relative order.
    ///
    /// `counts[id]` is how often each was seen. Among tokens of equal count the one that came
    /// first stays.
    pub fn apply(&self, full: &Vocabulary, counts: &[u64]) -> Vocabulary {
        let mut kept: Vec<TokenId> = full
            .ids()
            .skip(TokenId::SPECIALS)
            .filter(|id| counts[id.index()] >= self.min_count)
            .collect();
        if let Some(max_size) = self.max_size {
            kept.sort_by_key(|id| (std::cmp::Reverse(counts[id.index()]), *id));
            kept.truncate(max_size.saturating_sub(TokenId::SPECIALS));
            kept.sort();
        }
        let mut vocabulary = Vocabulary::new();
        for id in kept {
            vocabulary.add(full.surface(id));
        }
        vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_keep_the_frequent_in_order_of_appearance() {
        let mut vocabulary = Vocabulary::new();
        for token in ["rare", "often", "some", "also"] {
            vocabulary.add(token.as_bytes());
        }
        let counts = [0, 0, 0, 1, 9, 3, 3];
        let limits = VocabularyLimits {
            min_count: 2,
            max_size: Some(5),
        };
        let kept = limits.apply(&vocabulary, &counts);
        let surfaces: Vec<_> = kept.ids().skip(3).map(|id| kept.display(id)).collect();
        assert_eq!(surfaces, ["often", "some"]);
    }
}
