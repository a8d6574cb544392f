//! Here is a place in a text; show what stands there.

use serde::Serialize;

use super::places::Place;
use super::probe::Choice;
use crate::model::Candidate;
use crate::token::{Reading, TokenId, Tokenizer, Vocabulary, readable};

/// So many tokens are shown before and after.
const AROUND: usize = 10;

/// A place with what stands around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Excerpt {
    /// The number of the sentence in the text, from 1.
    pub sentence: usize,
    /// What stands before.
    pub before: String,
    /// The token.
    pub token: String,
    /// What stands after.
    pub after: String,
}

/// Writes tokens as people read them.
pub struct Writer<'v> {
    /// How the text was read.
    pub reading: &'v Reading,
    /// The tokens.
    pub vocabulary: &'v Vocabulary,
}

impl Writer<'_> {
    /// Some tokens of a sentence as text.
    pub fn text(&self, tokens: &[TokenId]) -> String {
        // A few notes make no tune.
        if matches!(self.reading.tokenizer, Tokenizer::Notes(_)) {
            let notes: Vec<_> = tokens.iter().map(|&note| self.token(note)).collect();
            return notes.join(" ");
        }
        readable(&self.reading.text(self.vocabulary, tokens)).into_owned()
    }

    /// One token.
    pub fn token(&self, token: TokenId) -> String {
        self.vocabulary.display(token).into_owned()
    }

    /// One token with its probability.
    pub fn choice(&self, candidate: &Candidate) -> Choice {
        Choice {
            text: self.token(candidate.token),
            p: candidate.log_prob.probability(),
        }
    }

    /// A place, and what stands around it in its sentence: the three parts make one text.
    pub fn excerpt(&self, place: &Place) -> Excerpt {
        let Place { tokens, at, .. } = *place;
        let first = at.saturating_sub(AROUND);
        let end = tokens.len().min(at + 1 + AROUND);
        let upto = |end: usize| self.text(&tokens[first..end.min(tokens.len())]);
        // What comes first is spelt the same whatever follows it.
        let (before, with_token, whole) = (upto(at), upto(at + 1), upto(end));
        let rest = |whole: &str, part: &str| whole.get(part.len()..).unwrap_or_default().to_owned();
        let token = match at < tokens.len() {
            true => rest(&with_token, &before),
            false => format!(" {}", self.token(TokenId::END)),
        };
        // Blanks belong to what is around.
        let bare = token.trim();
        let (bare, blanks) = match bare.is_empty() {
            true => (token.as_str(), ["", ""]),
            false => {
                let start = token.len() - token.trim_start().len();
                (bare, [&token[..start], &token[start + bare.len()..]])
            }
        };
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        Excerpt {
            sentence: place.sentence + 1,
            before: format!("{}{before}{}", cut(first > 0), blanks[0]),
            token: bare.to_owned(),
            after: format!(
                "{}{}{}",
                blanks[1],
                rest(&whole, &with_token),
                cut(end < tokens.len())
            ),
        }
    }
}
