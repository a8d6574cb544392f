//! Here is a voice and a number, look for so many of the most probable texts.
//!
//! No dice: at every step each text that is being written goes on with its most
//! probable tokens, and of all that come of it the best stay (beam search, Lowerre
//! 1976). It does not find the most probable for certain, for what begins badly may
//! end well and is no longer there; what it finds has the exact probability that
//! the voice gives it.
//!
//! Texts that have fulfilled more of their wishes compete only among themselves,
//! or those that have yet to say what is improbable would oust them all (Hokamp &
//! Liu 2017).

use std::collections::BTreeMap;

use super::constraint::Constraint;
use super::guard::{Guard, Place, Scene};
use super::{Ended, Step, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Candidate;
use crate::prob::LogProb;
use crate::progress::Progress;
use crate::token::TokenId;

/// A text that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The text; its steps have no dice, and their u is 0.
    pub written: Written,
    /// The probability that the voice gives it after its context: the product of its steps'.
    pub log_prob: LogProb,
}

/// A text on its way.
struct Path {
    steps: Vec<Step>,
    ln: f64,
    place: Place,
    rule: Option<Box<dyn Constraint>>,
}

impl Path {
    fn found(self, ended: Ended) -> Found {
        Found {
            written: Written {
                steps: self.steps,
                ended,
            },
            log_prob: LogProb::from_ln(self.ln),
        }
    }
}

/// The most probable texts that are found, the most probable first; at most `number`, which is how many
/// go on at every step as well. Whole sentences, unless there are too few within the limits.
///
/// The scene's sampling and stop strings are not asked. `<unk>` is written only if `unknown`.
/// `progress` advances by the steps.
///
/// # Errors
/// If nothing can keep the wishes, or nothing that was found does.
pub fn beam(
    scene: &Scene,
    guard: &Guard,
    number: usize,
    unknown: bool,
    progress: &dyn Progress,
) -> Result<Vec<Found>> {
    guard.check(scene)?;
    let mut live = vec![Path {
        steps: Vec::new(),
        ln: 0.0,
        place: guard.after(scene.context),
        rule: scene.rule.map(Constraint::boxed),
    }];
    let mut found: Vec<Found> = Vec::new();
    for _ in 0..scene.limits.max_tokens {
        if progress.should_stop() {
            return Err(Error::new(
                ErrorKind::Interrupted,
                "stopped while looking for texts",
            ));
        }
        let mut classes: BTreeMap<usize, Vec<(f64, usize, Candidate)>> = BTreeMap::new();
        for (from, path) in live.iter().enumerate() {
            for candidate in followers(scene, guard, path, number, unknown) {
                let ln = path.ln + candidate.log_prob.ln();
                let class = match candidate.token {
                    TokenId::END => usize::MAX,
                    token => guard.fulfilled(&path.place, token),
                };
                classes
                    .entry(class)
                    .or_default()
                    .push((ln, from, candidate));
            }
        }
        let mut next = Vec::new();
        for (class, mut grown) in classes {
            // Equals in order of where they came from, and of id.
            grown.sort_by(|a, b| b.0.total_cmp(&a.0));
            grown.truncate(number);
            for (ln, from, candidate) in grown {
                let path = grow(guard, &live[from], ln, candidate);
                match class {
                    usize::MAX => found.push(path.found(Ended::Sentence)),
                    _ => next.push(path),
                }
            }
        }
        found.sort_by(|a, b| b.log_prob.ln().total_cmp(&a.log_prob.ln()));
        found.truncate(number);
        // No text becomes more probable by going on.
        let worst = found.last().filter(|_| found.len() == number);
        if let Some(worst) = worst {
            next.retain(|path| path.ln > worst.log_prob.ln());
        }
        live = next;
        progress.advance(1);
        if live.is_empty() {
            break;
        }
    }
    if !guard.must_end() {
        live.sort_by(|a, b| b.ln.total_cmp(&a.ln));
        let room = number - found.len();
        found.extend(
            live.into_iter()
                .take(room)
                .map(|path| path.found(Ended::Length)),
        );
    }
    match found.is_empty() {
        false => Ok(found),
        true => Err(Error::new(
            ErrorKind::Model,
            "the beam found no text that keeps all wishes",
        )
        .way_out("give a wider --beam or more --max-tokens, or wish for less")),
    }
}

/// The most probable tokens that may go on with a path, and those that are wished for.
fn followers(
    scene: &Scene,
    guard: &Guard,
    path: &Path,
    number: usize,
    unknown: bool,
) -> Vec<Candidate> {
    let drawn: Vec<TokenId> = path.steps.iter().map(|step| step.token).collect();
    let context = [scene.context, &drawn].concat();
    let longest = scene.model.context_len().unwrap_or(usize::MAX);
    let outlook = scene
        .model
        .outlook(&context[context.len().saturating_sub(longest)..]);
    let may_come = |candidate: &Candidate| {
        candidate.log_prob.ln() > f64::NEG_INFINITY
            && (unknown || candidate.token != TokenId::UNKNOWN)
            && path
                .rule
                .as_ref()
                .is_none_or(|rule| rule.allows(candidate.token))
            && guard.broken_by(&path.place, candidate.token).is_none()
    };
    let of = |token| Candidate {
        token,
        log_prob: outlook.log_prob(token),
    };
    if let Some(token) = guard.forced(&path.place) {
        return vec![of(token)];
    }
    let mut asked = number + 1;
    let mut best = loop {
        let ranked = outlook.best(asked);
        let all = ranked.len() < asked;
        let best: Vec<Candidate> = ranked.into_iter().filter(may_come).take(number).collect();
        if all || best.len() == number {
            break best;
        }
        asked *= 8;
    };
    for (token, _) in guard.wanted(&path.place) {
        let wanted = of(token);
        if best.iter().all(|listed| listed.token != token) && may_come(&wanted) {
            best.push(wanted);
        }
    }
    best
}

fn grow(guard: &Guard, path: &Path, ln: f64, candidate: Candidate) -> Path {
    let Candidate { token, log_prob } = candidate;
    let mut steps = path.steps.clone();
    steps.push(Step {
        u: 0.0,
        token,
        log_prob,
    });
    let mut place = path.place.clone();
    let mut rule = path.rule.as_ref().map(|rule| rule.boxed());
    if token != TokenId::END {
        guard.push(&mut place, token);
        if let Some(rule) = &mut rule {
            rule.push(token);
        }
    }
    Path {
        steps,
        ln,
        place,
        rule,
    }
}
