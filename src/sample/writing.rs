//! Here is a voice and a context, write on from it.

use super::constraint::{Constraint, allowed};
use super::{Dice, Sampling};
use crate::model::{Candidate, LanguageModel};
use crate::prob::LogProb;
use crate::token::{Reading, TokenId};

/// When to stop writing.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// After so many tokens.
    pub max_tokens: usize,
    /// Before any of these appears in the text.
    pub stop: Vec<String>,
}

/// One token written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The dice that fell.
    pub u: f64,
    /// What was drawn.
    pub token: TokenId,
    /// Its probability in the voice's own distribution, before any reshaping.
    pub log_prob: LogProb,
}

/// Why the writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The voice drew `</s>`.
    Sentence,
    /// The token limit was reached.
    Length,
    /// A stop string appeared.
    Stop,
    /// Nothing was possible.
    Impossible,
}

/// What was written after a prompt.
#[derive(Clone, Debug)]
pub struct Written {
    /// The tokens drawn, a final `</s>` included.
    pub steps: Vec<Step>,
    /// Why it ended.
    pub ended: Ended,
}

impl Written {
    /// The tokens without a final `</s>`.
    pub fn tokens(&self) -> Vec<TokenId> {
        let tokens = self.steps.iter().map(|step| step.token);
        tokens.filter(|&token| token != TokenId::END).collect()
    }
}

/// Lets a voice go on after a context.
pub fn generate(
    model: &dyn LanguageModel,
    reading: &Reading,
    context: &[TokenId],
    sampling: &Sampling,
    limits: &Limits,
    dice: &mut Dice,
) -> Written {
    generate_within(model, reading, context, sampling, limits, dice, None)
}

/// The same, within a rule that has heard the context already.
pub fn generate_within(
    model: &dyn LanguageModel,
    reading: &Reading,
    context: &[TokenId],
    sampling: &Sampling,
    limits: &Limits,
    dice: &mut Dice,
    mut rule: Option<&mut dyn Constraint>,
) -> Written {
    let mut context = context.to_vec();
    let longest = model.context_len().unwrap_or(usize::MAX);
    let mut steps = Vec::new();
    let ended = loop {
        if steps.len() >= limits.max_tokens {
            break Ended::Length;
        }
        let outlook = model.outlook(&context[context.len().saturating_sub(longest)..]);
        let u = dice.throw();
        let drawn = match rule.as_deref() {
            Some(rule) => sampling.draw(&allowed(&*outlook, rule, model.vocabulary().len()), u),
            None => sampling.draw(&*outlook, u),
        };
        let Some(Candidate { token, log_prob }) = drawn else {
            break Ended::Impossible;
        };
        steps.push(Step { u, token, log_prob });
        if token == TokenId::END {
            break Ended::Sentence;
        }
        if stops(model, reading, &steps, &limits.stop) {
            break Ended::Stop;
        }
        context.push(token);
        if let Some(rule) = &mut rule {
            rule.push(token);
        }
    };
    Written { steps, ended }
}

pub(super) fn stops(
    model: &dyn LanguageModel,
    reading: &Reading,
    steps: &[Step],
    stop: &[String],
) -> bool {
    if stop.is_empty() {
        return false;
    }
    let ids: Vec<TokenId> = steps.iter().map(|step| step.token).collect();
    let text = reading.text(model.vocabulary(), &ids);
    let text = String::from_utf8_lossy(&text);
    stop.iter().any(|stop| text.contains(stop.as_str()))
}
