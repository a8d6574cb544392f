//! Here is what is known about an n-gram model besides its numbers.

use serde::{Deserialize, Serialize};

use crate::smooth::{Discounts, Estimate, Smoothing, Unlisted};
use crate::token::Reading;

/// What is known about an n-gram model besides its vocabulary and its table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NgramHeader {
    /// How text becomes its tokens.
    pub reading: Reading,
    /// What was made of the counts; `None` if its numbers were imported from an ARPA file, which
    /// does not say.
    pub estimate: Option<Estimate>,
    /// What a token gets after a context that it was not seen after.
    pub unlisted: Unlisted,
    /// The discounts by order, if the method has any.
    pub discounts: Vec<Discounts>,
    /// The counts up to which n-grams were left out, by order; the last goes for all higher orders.
    pub pruned: Vec<u64>,
    /// How many sentences it was built from; 0 if nobody counted.
    pub sentences: u64,
    /// How many tokens it was built from, without any `<s>` or `</s>`; 0 if nobody counted.
    pub tokens: u64,
}

impl NgramHeader {
    /// True if the numbers are scores, which do not sum to one.
    pub fn is_score(&self) -> bool {
        matches!(self.estimate, Some(Estimate::Scores(_)))
    }

    /// True if its lower orders count different neighbours, not occurrences.
    pub fn is_kneser_ney(&self) -> bool {
        use Smoothing::ModifiedKneserNey;
        matches!(
            self.estimate,
            Some(Estimate::Probabilities(ModifiedKneserNey(_)))
        )
    }

    /// The method's name for people.
    pub fn method(&self) -> String {
        match &self.estimate {
            Some(estimate) => estimate.to_string(),
            None => "imported".into(),
        }
    }
}
