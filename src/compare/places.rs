//! Here are sentences; give me the places of the text they make, one after another.
//!
//! A place is a token that is predicted: every token of a sentence, and its
//! `</s>`. Places are numbered through the whole text, as scores are kept.

use std::ops::Range;

use crate::evaluate::Sentence;
use crate::token::TokenId;

/// Where the places of each sentence are.
pub struct Places<'t> {
    sentences: &'t [Sentence],
    /// The place after the `</s>` of each sentence.
    ends: Vec<usize>,
}

/// One place, as its sentence has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'t> {
    /// The number of the sentence.
    pub sentence: usize,
    /// The tokens of the sentence, without `<s>` and `</s>`.
    pub tokens: &'t [TokenId],
    /// How many of them are before the place.
    pub at: usize,
}

impl Place<'_> {
    /// What came there.
    pub fn token(&self) -> TokenId {
        self.tokens.get(self.at).copied().unwrap_or(TokenId::END)
    }

    /// What was before it, with the `<s>`: the last `longest` tokens, or all.
    pub fn context(&self, longest: Option<usize>) -> Vec<TokenId> {
        let longest = longest.unwrap_or(usize::MAX);
        let first = self.at.saturating_sub(longest);
        let with_start = self.at < longest;
        let start = with_start.then_some(TokenId::START);
        start
            .into_iter()
            .chain(self.tokens[first..self.at].iter().copied())
            .collect()
    }
}

impl<'t> Places<'t> {
    /// Those of these sentences.
    pub fn of(sentences: &'t [Sentence]) -> Self {
        let mut end = 0;
        let ends = sentences.iter().map(|sentence| {
            end += sentence.ids.len() + 1;
            end
        });
        Places {
            sentences,
            ends: ends.collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sentences.
    pub fn sentences(&self) -> &'t [Sentence] {
        self.sentences
    }

    /// The places of one sentence.
    pub fn of_sentence(&self, sentence: usize) -> Range<usize> {
        let start = sentence
            .checked_sub(1)
            .map_or(0, |before| self.ends[before]);
        start..self.ends[sentence]
    }

    /// The place of this number.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn place(&self, number: usize) -> Place<'t> {
        let sentence = self.ends.partition_point(|&end| end <= number);
        Place {
            sentence,
            tokens: &self.sentences[sentence].ids,
            at: number - self.of_sentence(sentence).start,
        }
    }

    /// The numbers of so many places, evenly spread; all, if there are no more.
    pub fn spread(&self, wanted: usize) -> Vec<usize> {
        let (all, wanted) = (self.len(), wanted.min(self.len()));
        let middle = |number: usize| (2 * number + 1) * all / (2 * wanted);
        (0..wanted).map(middle).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(lengths: &[usize]) -> Vec<Sentence> {
        let sentence = |&length: &usize| Sentence {
            ids: (0..length as u32).map(|id| TokenId(3 + id)).collect(),
            bytes: length,
        };
        lengths.iter().map(sentence).collect()
    }

    #[test]
    fn every_token_and_every_end_is_a_place() {
        let sentences = sentences(&[2, 0, 3]);
        let places = Places::of(&sentences);
        assert_eq!(places.len(), 8);
        let at = |number| {
            let place = places.place(number);
            (place.sentence, place.at, place.token())
        };
        let (a, b, c) = (TokenId(3), TokenId(4), TokenId(5));
        let end = TokenId::END;
        let all: Vec<_> = (0..8).map(at).collect();
        let expected = [
            (0, 0, a),
            (0, 1, b),
            (0, 2, end),
            (1, 0, end),
            (2, 0, a),
            (2, 1, b),
            (2, 2, c),
            (2, 3, end),
        ];
        assert_eq!(all, expected);
        let last = places.place(7);
        assert_eq!(last.context(None), [TokenId::START, a, b, c]);
        assert_eq!(last.context(Some(4)), [TokenId::START, a, b, c]);
        assert_eq!(last.context(Some(3)), [a, b, c]);
        assert_eq!(last.context(Some(0)), []);
    }

    #[test]
    fn a_sample_is_spread_evenly() {
        let sentences = sentences(&[4, 4]);
        let places = Places::of(&sentences);
        assert_eq!(places.spread(5), [1, 3, 5, 7, 9]);
        assert_eq!(places.spread(99), (0..10).collect::<Vec<_>>());
        assert!(Places::of(&[]).spread(3).is_empty());
    }
}
