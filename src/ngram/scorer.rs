//! Here is a table of stupid back-off's relative frequencies, give me scores.
//!
//! A [`Scorer`] ranks; it is no [`LanguageModel`](crate::model::LanguageModel),
//! for its scores do not sum to one, and so nothing that needs a distribution
//! (perplexity, entropy, sampling) can be asked of it.

use super::header::NgramHeader;
use super::model::{check_fit, evidence_of_context, evidence_of_token};
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContextEvidence, Evidence, TokenEvidence};
use crate::prob::LogProb;
use crate::smooth::{Estimate, StupidBackoff};
use crate::token::{TokenId, Vocabulary};

/// Stupid back-off over a table.
pub struct Scorer {
    header: NgramHeader,
    vocabulary: Vocabulary,
    table: Table,
    /// ln of what each step back costs.
    ln_penalty: f64,
}

/// The natural logarithm of a score: for ranking, not a probability.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Score(pub f64);

impl Scorer {
    /// From its parts, which must fit together.
    pub fn new(header: NgramHeader, vocabulary: Vocabulary, table: Table) -> Result<Self> {
        let Some(Estimate::Scores(StupidBackoff { penalty })) = header.estimate else {
            return Err(Error::new(
                ErrorKind::Model,
                "this model is not one of scores",
            ));
        };
        check_fit(&vocabulary, &table)?;
        Ok(Scorer {
            header,
            vocabulary,
            table,
            ln_penalty: penalty.ln(),
        })
    }

    /// What is known about it besides its numbers.
    pub fn header(&self) -> &NgramHeader {
        &self.header
    }

    /// Its numbers.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The tokens it scores.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// S(token | context): every step from the whole context back to what was seen costs the penalty,
    /// whether or not the longer context was seen.
    pub fn score(&self, context: &[TokenId], token: TokenId) -> Score {
        let context = self.last(context);
        let mut node = self.table.locate(context);
        let mut steps = context.len() - node.length();
        loop {
            if let Some(ngram) = self.table.child(node, token) {
                let frequency = LogProb::from_log10(self.table.log10_prob(ngram));
                return Score(frequency.ln() + steps as f64 * self.ln_penalty);
            }
            node = self.table.suffix(node);
            steps += 1;
        }
    }

    fn last<'c>(&self, context: &'c [TokenId]) -> &'c [TokenId] {
        &context[context.len().saturating_sub(self.table.order() - 1)..]
    }
}

impl Evidence for Scorer {
    fn of_context(&self, context: &[TokenId]) -> ContextEvidence {
        evidence_of_context(&self.table, self.last(context))
    }

    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
        evidence_of_token(&self.table, self.last(context), token)
    }
}
