//! Here is a voice, a context and a token; say why the token has its probability.
//!
//! An interpolated model is a sum: each order answers for itself with what it has
//! seen, and passes a part of the probability on to the order below. What each
//! adds is its [`Share`], and the shares sum to p. A back-off model of unknown
//! making (an imported ARPA file) shows which order it matched, and which
//! back-offs it paid on the way there ([`Paid`]). A voice without counts is asked
//! what it would say if one token of the context were another ([`Push`]). A mixture is a sum over
//! voices: weight × probability is the [`Vote`] of each.

mod ngram;
mod slots;
mod votes;

#[cfg(test)]
mod tests;

pub use ngram::ngram;
pub use slots::slots;
pub use votes::votes;

use crate::model::LanguageModel;
use crate::prob::LogProb;
use crate::suffix::UnboundedModel;
use crate::token::TokenId;

/// Why a token has its probability.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The probability.
    pub log_prob: LogProb,
    /// What it is made of.
    pub because: Because,
}

/// What a probability is made of.
#[derive(Clone, Debug)]
pub enum Because {
    /// A sum over orders, the highest last.
    Shares(Vec<Share>),
    /// An entry of a table, and what was paid to come to it.
    Paid(Paid),
    /// How much each token of the context speaks for the token, oldest first.
    Pushes(Vec<Push>),
    /// A weighted sum over the voices of a mixture, in their order.
    Votes(Vec<Vote>),
}

/// What one order adds to a probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// One more than the tokens of context it looks at; 0 stands for what every token gets alike.
    pub order: usize,
    /// What it adds to p.
    pub probability: f64,
    /// How often its n-gram was seen, if somebody counted.
    pub times_seen: Option<u64>,
    /// What it answers for itself, if that can be told from the model.
    pub counted: Option<Counted>,
    /// What it passes on to the order below; 0 where there is none.
    pub passes_on: f64,
}

/// The answer of one order: (count − discount) / total.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The n-gram's count, adjusted as the method has it: below the top, Kneser–Ney counts different
    /// tokens to the left.
    pub count: u64,
    /// What is taken off it, for what was never seen.
    pub discount: f64,
    /// The counts of all n-grams of its context together.
    pub total: u64,
}

impl Counted {
    /// The answer.
    pub fn probability(&self) -> f64 {
        (self.count as f64 - self.discount) / self.total as f64
    }
}

/// An entry of a back-off table, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Paid {
    /// The length of the n-gram that is listed; 0 if the token gets what all unseen ones get.
    pub order: usize,
    /// log10 of its probability.
    pub log10_prob: f64,
    /// The contexts that were backed off from, longest first: how many tokens each has, and log10 of
    /// its back-off weight.
    pub backoffs: Vec<(usize, f64)>,
}

/// What a token of the context does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Push {
    /// The token.
    pub token: TokenId,
    /// By how many bits the surprisal would grow if it were another.
    pub bits: f64,
}

/// What one voice of a mixture adds to a probability: weight × its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vote {
    /// The voice's weight after this context.
    pub weight: f64,
    /// The probability it gives the token by itself.
    pub log_prob: LogProb,
    /// Which part of the mixture's probability is this voice's: were the token to come, so probable it
    /// would be that this voice had said it. NaN if none finds it possible.
    pub share: f64,
}

/// Explains a probability of an indexed corpus.
pub fn unbounded(model: &UnboundedModel, context: &[TokenId], token: TokenId) -> Explanation {
    let (uniform, levels) = model.shares(context, token);
    let alike = Share {
        order: 0,
        probability: uniform,
        times_seen: None,
        counted: None,
        passes_on: 0.0,
    };
    let share = |level: &crate::suffix::LevelShare| Share {
        order: level.length + 1,
        probability: level.share,
        times_seen: Some(level.count),
        counted: Some(Counted {
            count: level.count,
            discount: level.passes * level.count as f64,
            total: level.of,
        }),
        passes_on: level.passes,
    };
    let shares = std::iter::once(alike).chain(levels.iter().map(share));
    Explanation {
        log_prob: model.log_prob(context, token),
        because: Because::Shares(shares.collect()),
    }
}
