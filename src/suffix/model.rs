//! Here is a corpus that was indexed; it is a voice whose context has no bound.
//!
//! Two estimates are offered. [`Estimate::Longest`] is that of infini-gram (Liu, Min,
//! Zettlemoyer, Choi & Hajishirzi 2024): the relative frequencies after the longest end of the
//! context that the corpus has. It sums to one over what was seen there, and gives everything
//! else nothing: its perplexity on new text is infinite. [`Estimate::Smoothed`] lets each end of the
//! context pass a share of the probability on to the next shorter one, down to the uniform
//! distribution:
//!
//! ```text
//! p(w | h) = (1 − λ(h)) · c(hw) / c(h)  +  λ(h) · p(w | h′)
//! ```
//!
//! h′ is the next shorter end that stands at more places than h, and [`Trust`] says what λ is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::array::{Found, SuffixArray};
use super::levels::{Level, levels, within_sentence};
use super::origin::Origins;
use super::trust::{Standing, Trust, predicted};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContextEvidence, Cursor, Evidence, LanguageModel, TokenEvidence};
use crate::prob::LogProb;
use crate::token::{Reading, TokenId, Vocabulary};

/// How counts of contexts of any length become probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Estimate {
    /// All ends of the context, as far as each is to be believed.
    #[default]
    Smoothed,
    /// The longest end alone; what it was not seen before gets 0.
    Longest,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Estimate::Smoothed => "deleted interpolation",
            Estimate::Longest => "the longest alone",
        })
    }
}

/// What is known about an index besides its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnboundedHeader {
    /// How text becomes its tokens.
    pub reading: Reading,
    /// How its counts become probabilities.
    pub estimate: Estimate,
}

/// What one end of a context gives to the probability of a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelShare {
    /// How many tokens the end has.
    pub length: usize,
    /// How often it is followed by the token.
    pub count: u64,
    /// How often it stands in the corpus.
    pub of: u64,
    /// λ, what it passes on to shorter ends.
    pub passes: f64,
    /// What it gives to p, after all that longer ends keep for themselves.
    pub share: f64,
}

/// The voice of an indexed corpus.
pub struct UnboundedModel {
    header: UnboundedHeader,
    vocabulary: Vocabulary,
    array: SuffixArray,
    origins: Origins,
    trust: Trust,
}

impl UnboundedModel {
    /// From its parts, which must fit together.
    pub fn new(
        header: UnboundedHeader,
        vocabulary: Vocabulary,
        array: SuffixArray,
        origins: Origins,
        trust: Trust,
    ) -> Result<Self> {
        let (types, sentences) = (array.types(), array.count_of(TokenId::START));
        if types != vocabulary.len() || sentences != origins.sentences() as u64 || sentences == 0 {
            let what = format!(
                "a suffix array of {types} types and {sentences} sentences with a vocabulary of {} types and the origins of {} sentences",
                vocabulary.len(),
                origins.sentences(),
            );
            return Err(Error::new(ErrorKind::Corrupt, what).way_out("index the corpus again"));
        }
        Ok(UnboundedModel {
            header,
            vocabulary,
            array,
            origins,
            trust,
        })
    }

    /// What is known about it besides its columns.
    pub fn header(&self) -> &UnboundedHeader {
        &self.header
    }

    /// The counts, followers and places of every phrase.
    pub fn array(&self) -> &SuffixArray {
        &self.array
    }

    /// Where the sentences came from.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// How far each kind of context is believed.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// How many tokens were indexed, without any `<s>` or `</s>`.
    pub fn tokens(&self) -> u64 {
        self.array.text().len() as u64 - 2 * self.origins.sentences() as u64
    }

    /// p(token | context) as the sum of what each end of the context gives to it, shortest first,
    /// and before them what every token gets alike.
    pub fn shares(&self, context: &[TokenId], token: TokenId) -> (f64, Vec<LevelShare>) {
        let (each, mut uniform) = self.empty();
        let tokens = predicted(&self.array);
        let count = self.array.count_of(token);
        let mut shares = vec![LevelShare {
            length: 0,
            count,
            of: tokens,
            passes: 1.0 - each * tokens as f64,
            share: each * count as f64,
        }];
        for level in self.levels(context) {
            let passes = self.passes(&level);
            let followed = self.array.followed_by(&level.found, token);
            uniform *= passes;
            shares.iter_mut().for_each(|share| share.share *= passes);
            shares.push(LevelShare {
                length: level.found.length,
                count: followed.count(),
                of: level.found.count(),
                passes,
                share: (1.0 - passes) * frequency(&followed, &level.found),
            });
        }
        (uniform, shares)
    }

    /// The ends of a context that speak, shortest first.
    fn levels(&self, context: &[TokenId]) -> Vec<Level> {
        let context = within_sentence(context);
        match self.header.estimate {
            Estimate::Smoothed => levels(&self.array, context, 1),
            Estimate::Longest => {
                let found = self.array.longest_end(context, 1);
                let longest = (found.length > 0).then_some(Level {
                    found,
                    followers: 0,
                });
                longest.into_iter().collect()
            }
        }
    }

    /// The share that an end of a context passes on.
    fn passes(&self, level: &Level) -> f64 {
        match self.header.estimate {
            Estimate::Longest => 0.0,
            Estimate::Smoothed => {
                let (length, count) = (level.found.length, level.found.count());
                let standing = Standing::new(length, count, level.followers);
                self.trust.passes(standing)
            }
        }
    }

    /// p(token) after nothing, by its count: what the empty context answers itself, and what it
    /// passes on to every token alike.
    fn empty(&self) -> (f64, f64) {
        let (tokens, types) = (predicted(&self.array), self.vocabulary.predicted());
        let passes = match self.header.estimate {
            Estimate::Longest => 0.0,
            Estimate::Smoothed => {
                let standing = Standing::of_empty(tokens, types as u64);
                self.trust.passes(standing)
            }
        };
        ((1.0 - passes) / tokens as f64, passes / types as f64)
    }

    fn probability(&self, levels: &[Level], token: TokenId) -> f64 {
        if token == TokenId::START {
            return 0.0;
        }
        let (each, uniform) = self.empty();
        let mut p = each * self.array.count_of(token) as f64 + uniform;
        for level in levels {
            let passes = self.passes(level);
            let followed = self.array.followed_by(&level.found, token);
            p = p * passes + (1.0 - passes) * frequency(&followed, &level.found);
        }
        p
    }

    fn fill(&self, levels: &[Level], out: &mut [f64]) {
        assert_eq!(out.len(), self.vocabulary.len(), "one place for each token");
        let (each, uniform) = self.empty();
        for (p, token) in out.iter_mut().zip(self.vocabulary.ids()) {
            *p = each * self.array.count_of(token) as f64 + uniform;
        }
        for level in levels {
            let passes = self.passes(level);
            out.iter_mut().for_each(|p| *p *= passes);
            for (token, followed) in self.array.followers(&level.found) {
                out[token.index()] += (1.0 - passes) * frequency(&followed, &level.found);
            }
        }
        out[TokenId::START.index()] = 0.0;
        out.iter_mut().for_each(|p| *p = p.ln());
    }
}

fn frequency(part: &Found, whole: &Found) -> f64 {
    part.count() as f64 / whole.count() as f64
}

impl LanguageModel for UnboundedModel {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        None
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        self.fill(&self.levels(context), out);
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        LogProb::from_probability(self.probability(&self.levels(context), token))
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(UnboundedCursor {
            model: self,
            matched: Vec::new(),
            levels: Vec::new(),
        })
    }

    fn evidence(&self) -> Option<&dyn Evidence> {
        Some(self)
    }
}

impl Evidence for UnboundedModel {
    fn of_context(&self, context: &[TokenId]) -> ContextEvidence {
        let found = self.array.longest_end(within_sentence(context), 1);
        let followers = self.array.followers(&found);
        let followers = followers.filter(|(token, _)| *token != TokenId::START);
        ContextEvidence {
            order: found.length + 1,
            times_seen: Some(match found.length {
                0 => predicted(&self.array),
                _ => found.count(),
            }),
            followers: followers.count() as u64,
        }
    }

    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
        let context = within_sentence(context);
        let phrase: Vec<TokenId> = context.iter().copied().chain([token]).collect();
        let found = self.array.longest_end(&phrase, 1);
        TokenEvidence {
            order: found.length.max(1),
            times_seen: Some(match found.length {
                0 => 0,
                _ => found.count(),
            }),
        }
    }
}

/// Reads on in an indexed corpus: its state is the longest end of what was read that the corpus has,
/// for that of one token more can be one token longer at most.
struct UnboundedCursor<'m> {
    model: &'m UnboundedModel,
    matched: Vec<TokenId>,
    levels: Vec<Level>,
}

impl Cursor for UnboundedCursor<'_> {
    fn reset(&mut self) {
        self.matched.clear();
        self.levels.clear();
    }

    fn push(&mut self, token: TokenId) {
        self.matched.push(token);
        self.levels = self.model.levels(&self.matched);
        let length = self.levels.last().map_or(0, |level| level.found.length);
        self.matched.drain(..self.matched.len() - length);
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        LogProb::from_probability(self.model.probability(&self.levels, token))
    }

    fn log_probs(&self, out: &mut [f64]) {
        self.model.fill(&self.levels, out);
    }
}
