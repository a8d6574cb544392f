//! Here is any voice, a context and a token; say which tokens of the context speak for it.
//!
//! One token of the context at a time is taken out and others are put into its
//! place, as they come in the language. If the token is less probable then, the
//! one that stood there spoke for it, by so many bits; if it is more probable, it
//! spoke against it.

use super::{Because, Explanation, Push};
use crate::model::{Distribution, LanguageModel};
use crate::prob::bits;
use crate::token::TokenId;

/// So many others are put into each place.
const OTHERS: usize = 16;

/// Explains a probability of any voice by what its context does.
pub fn slots(model: &dyn LanguageModel, context: &[TokenId], token: TokenId) -> Explanation {
    let longest = model.context_len().unwrap_or(context.len());
    let context = &context[context.len().saturating_sub(longest)..];
    let log_prob = model.log_prob(context, token);
    let others = others(&model.distribution(&[]));
    let push = |slot: usize| {
        let mut changed = context.to_vec();
        let p = others.iter().map(|&other| {
            changed[slot] = other;
            model.log_prob(&changed, token).probability()
        });
        let mean = p.sum::<f64>() / others.len() as f64;
        Push {
            token: context[slot],
            bits: bits(log_prob.ln() - mean.ln()),
        }
    };
    // What the sentence's start is replaced by would be another sentence.
    let slots = (0..context.len()).filter(|&slot| context[slot] != TokenId::START);
    Explanation {
        log_prob,
        because: Because::Pushes(slots.map(push).collect()),
    }
}

/// Tokens as they come after nothing: those in the middle of equal parts of the probability.
fn others(distribution: &Distribution) -> Vec<TokenId> {
    let mut covered = 0.0;
    let mut others = Vec::with_capacity(OTHERS);
    for candidate in distribution.ranked() {
        covered += candidate.log_prob.probability();
        while others.len() < OTHERS && covered >= (others.len() as f64 + 0.5) / OTHERS as f64 {
            others.push(candidate.token);
        }
    }
    others
}
