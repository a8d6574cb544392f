//! Here is a duet that parted; show the step at which it did, as each voice saw it.

use serde::Serialize;

use super::duet::Duet;
use crate::model::{Candidate, LanguageModel};
use crate::token::TokenId;

/// So many of the most probable tokens are looked through for the one that was drawn.
const LOOKED_THROUGH: usize = 256;

/// The step at which voices parted.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// Its number, from 0.
    pub step: usize,
    /// The dice that fell.
    pub u: f64,
    /// What each voice would have drawn, by where the dice fall.
    pub shares: Vec<Vec<Share>>,
}

/// The numbers between 0 and 1 that draw a token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Which token.
    pub token: TokenId,
    /// Its probability.
    pub p: f64,
    /// From here on.
    pub from: f64,
    /// Up to but not including this.
    pub to: f64,
    /// True if it was drawn.
    pub drawn: bool,
}

/// The step at which all voices, drawing from all they think possible but `<unk>`, parted: of each
/// its `shown` most probable tokens, and the one it drew; `None` if they never parted, or a text had
/// ended before.
///
/// `contexts` are those the duet began with.
pub fn fork(
    voices: &[&dyn LanguageModel],
    contexts: &[Vec<TokenId>],
    duet: &Duet,
    shown: usize,
) -> Option<Fork> {
    let step = duet.parted?;
    let drawn: Option<Vec<_>> = duet
        .written
        .iter()
        .map(|text| text.steps.get(step))
        .collect();
    let drawn = drawn?;
    let shares = voices.iter().enumerate().map(|(number, voice)| {
        let before = duet.written[number].steps[..step]
            .iter()
            .map(|step| step.token);
        let context: Vec<TokenId> = contexts[number].iter().copied().chain(before).collect();
        shares(*voice, &context, drawn[number].token, shown)
    });
    Some(Fork {
        step,
        u: drawn[0].u,
        shares: shares.collect(),
    })
}

fn shares(
    voice: &dyn LanguageModel,
    context: &[TokenId],
    drawn: TokenId,
    shown: usize,
) -> Vec<Share> {
    let longest = voice.context_len().unwrap_or(usize::MAX);
    let outlook = voice.outlook(&context[context.len().saturating_sub(longest)..]);
    let unknown = outlook.log_prob(TokenId::UNKNOWN).probability();
    let all = outlook.mass() - unknown;
    let mut passed = 0.0;
    let share = |candidate: Candidate| {
        let from = passed;
        passed += candidate.log_prob.probability() / all;
        Share {
            token: candidate.token,
            p: candidate.log_prob.probability(),
            from,
            to: passed,
            drawn: candidate.token == drawn,
        }
    };
    let best = outlook.best(LOOKED_THROUGH).into_iter();
    let known = best.filter(|candidate| candidate.token != TokenId::UNKNOWN);
    let shares = known.map(share).enumerate();
    let kept = shares.filter(|(place, share)| *place < shown || share.drawn);
    kept.map(|(_, share)| share).collect()
}
