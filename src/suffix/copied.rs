//! Here is a text, tell me what of it stands in the corpus.
//!
//! For every place of a sentence its matching statistic is found: how many tokens
//! from there on stand in the corpus in a row (Chang & Lawler 1994). From them
//! follow the spans that were copied and can be made longer to neither side, and,
//! for every n, the n-grams that are new.

use super::array::{Found, SuffixArray};
use crate::token::TokenId;

/// How much of a sentence stands in the corpus, place by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    found: Vec<Found>,
}

/// Tokens of a sentence that stand in the corpus in a row, as many as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// How many tokens of the sentence are before it.
    pub start: usize,
    /// Its length, and its places in the corpus.
    pub found: Found,
}

impl Span {
    /// The place after its last token.
    pub fn end(&self) -> usize {
        self.start + self.found.length
    }
}

impl Matches {
    /// Those of one sentence, given without `<s>` and `</s>`.
    ///
    /// `<unk>` matches nothing: two unknown tokens need not be the same.
    pub fn of(array: &SuffixArray, sentence: &[TokenId]) -> Self {
        let mut found = Vec::with_capacity(sentence.len());
        for known in sentence.split(|&token| token == TokenId::UNKNOWN) {
            // Without its first token, what matched before still does.
            let mut sure = 0;
            for start in 0..known.len() {
                let longest = array.longest_beginning(&known[start..], sure);
                sure = longest.length.saturating_sub(1);
                found.push(longest);
            }
            if found.len() < sentence.len() {
                found.push(Found::default());
            }
        }
        Matches { found }
    }

    /// How many tokens from each place on stand in the corpus in a row.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.found.iter().map(|found| found.length)
    }

    /// The spans of at least so many tokens that no other contains, in order; they may overlap.
    pub fn spans(&self, least: usize) -> impl Iterator<Item = Span> {
        let mut reached = 0;
        let span = move |(start, found): (usize, &Found)| {
            let goes_on = start + found.length > reached;
            reached = reached.max(start + found.length);
            let long = found.length >= least.max(1);
            (goes_on && long).then(|| Span {
                start,
                found: found.clone(),
            })
        };
        self.found.iter().enumerate().filter_map(span)
    }

    /// How many tokens lie in spans of at least so many.
    pub fn covered(&self, least: usize) -> usize {
        let (mut covered, mut reached) = (0, 0);
        for span in self.spans(least) {
            covered += span.end() - span.start.max(reached);
            reached = span.end();
        }
        covered
    }

    /// How many n-grams the sentence has, and how many of them the corpus does not have.
    pub fn ngrams(&self, n: usize) -> (usize, usize) {
        let all = (self.found.len() + 1).saturating_sub(n);
        let new = self.lengths().take(all).filter(|&length| length < n);
        (all, new.count())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{array, sentences};
    use super::*;
    use proptest::prelude::*;

    /// True if a phrase stands in the corpus, by looking everywhere.
    fn stands(array: &SuffixArray, phrase: &[TokenId]) -> bool {
        !phrase.contains(&TokenId::UNKNOWN)
            && array
                .text()
                .windows(phrase.len().max(1))
                .any(|there| there == phrase)
    }

    /// Every span that stands in the corpus and cannot be made longer.
    fn by_looking(array: &SuffixArray, sentence: &[TokenId], least: usize) -> Vec<(usize, usize)> {
        let len = sentence.len();
        let spans = (0..len).flat_map(|start| (start + 1..=len).map(move |end| (start, end)));
        let stands = |start: usize, end: usize| stands(array, &sentence[start..end]);
        spans
            .filter(|&(start, end)| {
                end - start >= least
                    && stands(start, end)
                    && (start == 0 || !stands(start - 1, end))
                    && (end == len || !stands(start, end + 1))
            })
            .collect()
    }

    proptest! {
        #[test]
        fn spans_are_what_looking_everywhere_finds(
            corpus in sentences(),
            texts in sentences(),
            least in 1usize..4,
        ) {
            let array = array(&corpus);
            for sentence in texts {
                let matches = Matches::of(&array, &sentence);
                let spans: Vec<Span> = matches.spans(least).collect();
                let ends: Vec<_> = spans.iter().map(|span| (span.start, span.end())).collect();
                prop_assert_eq!(&ends, &by_looking(&array, &sentence, least));
                let inside = |at: &usize| ends.iter().any(|&(start, end)| (start..end).contains(at));
                prop_assert_eq!(matches.covered(least), (0..sentence.len()).filter(inside).count());
                for n in 1..5 {
                    let ngrams: Vec<_> = sentence.windows(n).collect();
                    let new = ngrams.iter().filter(|ngram| !stands(&array, ngram)).count();
                    prop_assert_eq!(matches.ngrams(n), (ngrams.len(), new));
                }
                for span in spans {
                    let phrase = &sentence[span.start..span.end()];
                    prop_assert_eq!(array.find(phrase), span.found);
                }
            }
        }
    }
}
