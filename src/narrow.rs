//! Here is a voice and a text, show how each token narrows the next choices.
//!
//! Two questions are meant by "one more token of context", and both are
//! answered. *Forward*: reading on through the text, how open is what comes
//! next at each place? *Look-back*: at one place, how open is it if only the last
//! k tokens may be seen, for k = 0, 1, 2 …?
//!
//! Conditioning lowers entropy on average, not every time: a step that widened
//! is marked. And few counts fake certainty, so the smoothed entropy
//! always stands beside what was really seen.

mod curve;

pub use curve::{Curve, CurvePoint, Mean, curve};

use crate::model::{Candidate, ContextEvidence, LanguageModel, Outlook};
use crate::prob::LogProb;
use crate::token::TokenId;

/// How open the next token is at one place.
#[derive(Clone, Debug)]
pub struct Width {
    /// How many tokens of context the voice was given.
    pub context_len: usize,
    /// The token that this step added; `None` at first.
    pub added: Option<TokenId>,
    /// The entropy H in bits.
    pub entropy_bits: f64,
    /// 2^H.
    pub effective_choices: f64,
    /// How many of the most probable tokens cover half of the probability.
    pub covering_50: usize,
    /// How many cover nine tenths.
    pub covering_90: usize,
    /// What the counts say; `None` for a voice without counts.
    pub evidence: Option<ContextEvidence>,
    /// The most probable tokens.
    pub top: Vec<Candidate>,
    /// The token that really came, if one did.
    pub actual: Option<Actual>,
    /// How many bits the entropy fell with this step; `None` at first.
    pub gained_bits: Option<f64>,
    /// True if there are more effective choices than one step before.
    pub widened: bool,
}

/// The token that really came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Actual {
    /// Which it was.
    pub token: TokenId,
    /// Its probability.
    pub log_prob: LogProb,
    /// Its place among all, from 1.
    pub rank: usize,
}

/// Reads on through the text: one width before its first token, and one after each.
///
/// `before` is known from the start and is not stepped through (`<s>`, or nothing). `then` is what came
/// after the text, if that is known.
pub fn forward(
    model: &dyn LanguageModel,
    before: &[TokenId],
    text: &[TokenId],
    then: Option<TokenId>,
    top: usize,
) -> Vec<Width> {
    let context: Vec<TokenId> = before.iter().chain(text).copied().collect();
    let steps = (0..=text.len()).map(|read| {
        let added = read.checked_sub(1).map(|last| text[last]);
        let actual = text.get(read).copied().or(then);
        width(model, &context[..before.len() + read], added, actual, top)
    });
    mark_widened(steps.collect())
}

/// Stays at the end of the text and lets its last k tokens be seen, for k = 0, 1, … up to all that
/// the voice looks at. `then` is what came after the text, if that is known.
pub fn look_back(
    model: &dyn LanguageModel,
    text: &[TokenId],
    then: Option<TokenId>,
    top: usize,
) -> Vec<Width> {
    let longest = model.context_len().unwrap_or(usize::MAX).min(text.len());
    let steps = (0..=longest).map(|seen| {
        let context = &text[text.len() - seen..];
        width(model, context, context.first().copied(), then, top)
    });
    mark_widened(steps.collect())
}

fn width(
    model: &dyn LanguageModel,
    context: &[TokenId],
    added: Option<TokenId>,
    actual: Option<TokenId>,
    top: usize,
) -> Width {
    let outlook = model.outlook(context);
    let entropy_bits = outlook.entropy_bits();
    Width {
        context_len: context.len(),
        added,
        entropy_bits,
        effective_choices: entropy_bits.exp2(),
        covering_50: outlook.covering(0.5),
        covering_90: outlook.covering(0.9),
        evidence: model
            .evidence()
            .map(|evidence| evidence.of_context(context)),
        top: outlook.best(top),
        actual: actual.map(|token| actual_in(&*outlook, token)),
        gained_bits: None,
        widened: false,
    }
}

fn actual_in(outlook: &dyn Outlook, token: TokenId) -> Actual {
    Actual {
        token,
        log_prob: outlook.log_prob(token),
        rank: outlook.rank(token),
    }
}

fn mark_widened(mut widths: Vec<Width>) -> Vec<Width> {
    for step in 1..widths.len() {
        let gained = widths[step - 1].entropy_bits - widths[step].entropy_bits;
        widths[step].gained_bits = Some(gained);
        // Rounding must not count as widening.
        widths[step].widened = gained < -1e-9;
    }
    widths
}
