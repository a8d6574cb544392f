//! Here is a mixture, a context and a token; say whose vote its probability is.

use std::ops::Deref;

use super::{Because, Explanation, Vote};
use crate::mixture::Mixture;
use crate::model::LanguageModel;
use crate::token::TokenId;

/// Explains a probability of a mixture by what each voice adds.
pub fn votes<V>(mixture: &Mixture<V>, context: &[TokenId], token: TokenId) -> Explanation
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    let log_prob = mixture.log_prob(context, token);
    let voices = mixture.voices().iter().zip(mixture.weights(context));
    let vote = |(voice, weight): (&V, f64)| {
        let by_itself = voice.log_prob(context, token);
        Vote {
            weight,
            log_prob: by_itself,
            share: (weight.ln() + by_itself.ln() - log_prob.ln()).exp(),
        }
    };
    Explanation {
        log_prob,
        because: Because::Votes(voices.map(vote).collect()),
    }
}
