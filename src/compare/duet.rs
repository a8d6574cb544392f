//! Here are voices, a prompt and one seed; let each go on from the prompt.
//!
//! At step t all draw with the same uniform number, so they write the same text
//! for as long as they agree, and the step at which they part shows the first
//! real difference between them.

use crate::model::LanguageModel;
use crate::sample::{Dice, Limits, Sampling, Written, generate};
use crate::token::{Reading, TokenId};

/// What each voice wrote.
pub struct Duet {
    /// In the order of the voices.
    pub written: Vec<Written>,
    /// The first step, from 0, at which not all texts are the same; `None` if they are.
    pub parted: Option<usize>,
}

/// Lets every voice go on from its own ids of the same prompt, with the same dice.
pub fn duet(
    voices: &[(&dyn LanguageModel, &Reading)],
    contexts: &[Vec<TokenId>],
    sampling: &Sampling,
    limits: &Limits,
    seed: u64,
) -> Duet {
    let written: Vec<Written> = voices
        .iter()
        .zip(contexts)
        .map(|(&(model, reading), context)| {
            generate(
                model,
                reading,
                context,
                sampling,
                limits,
                &mut Dice::new(seed),
            )
        })
        .collect();
    let parted = parting(voices, &written);
    Duet { written, parted }
}

fn parting(voices: &[(&dyn LanguageModel, &Reading)], written: &[Written]) -> Option<usize> {
    let surface = |voice: usize, step: usize| {
        let step = written[voice].steps.get(step)?;
        Some(voices[voice].0.vocabulary().surface(step.token))
    };
    let longest = written.iter().map(|text| text.steps.len()).max()?;
    (0..longest).find(|&step| {
        let first = surface(0, step);
        (1..written.len()).any(|voice| surface(voice, step) != first)
    })
}
