//! Here is a voice and a guard, write one text: freely until a wish breaks, or with a hand on the dice.

use super::super::constraint::{Constraint, allowed};
use super::super::sampling::Reshaped;
use super::super::writing::stops;
use super::super::{Dice, Ended, Limits, Sampling, Step, Written};
use super::wishes::{Guard, Place, Wish};
use crate::model::{Candidate, LanguageModel};
use crate::token::{Reading, TokenId};

/// What is the same for every text that is written.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    /// The voice.
    pub model: &'s dyn LanguageModel,
    /// How it reads.
    pub reading: &'s Reading,
    /// What was before.
    pub context: &'s [TokenId],
    /// How its distributions are reshaped.
    pub sampling: &'s Sampling,
    /// When to stop.
    pub limits: &'s Limits,
    /// A rule that holds beside the guard and has heard the context.
    pub rule: Option<&'s dyn Constraint>,
}

/// A phrase that was begun is gone on with at least this often: not more, or every word that it happens
/// to begin with would be led astray.
const GO_ON: f64 = 0.5;

/// A wished token is taken at least this often, however improbable it is.
const AT_LEAST: f64 = 0.01;

/// A text that may end does so at most this often before the voice is asked: else long ones would
/// hardly ever be tried, and each would weigh as much as a thousand short ones.
const END_AT_MOST: f64 = 0.5;

/// However probable wished tokens are, the voice decides this often by itself.
const LEAVE: f64 = 0.1;

/// Writes a text, one token at a time.
struct Pen<'s> {
    scene: &'s Scene<'s>,
    guard: &'s Guard<'s>,
    context: Vec<TokenId>,
    place: Place,
    rule: Option<Box<dyn Constraint>>,
    steps: Vec<Step>,
}

impl<'s> Pen<'s> {
    fn new(scene: &'s Scene<'s>, guard: &'s Guard<'s>) -> Self {
        Pen {
            scene,
            guard,
            context: scene.context.to_vec(),
            place: guard.after(scene.context),
            rule: scene.rule.map(Constraint::boxed),
            steps: Vec::new(),
        }
    }

    /// Asks the voice what comes next, and takes what `choose` makes of it; `None` at the end of its
    /// possibilities.
    fn take(
        &mut self,
        u: f64,
        choose: impl FnOnce(Reshaped, &Place) -> Option<Candidate>,
    ) -> Option<Candidate> {
        let Scene {
            model, sampling, ..
        } = self.scene;
        let longest = model.context_len().unwrap_or(usize::MAX);
        let seen = &self.context[self.context.len().saturating_sub(longest)..];
        let outlook = model.outlook(seen);
        let forced = self.guard.forced(&self.place);
        let chosen = match (forced, &self.rule) {
            (Some(token), _) => Some(Candidate {
                token,
                log_prob: outlook.log_prob(token),
            }),
            (None, Some(rule)) => {
                let left = allowed(&*outlook, &**rule, model.vocabulary().len());
                choose(sampling.reshape(&left), &self.place)
            }
            (None, None) => choose(sampling.reshape(&*outlook), &self.place),
        };
        let Candidate { token, log_prob } = chosen?;
        self.steps.push(Step { u, token, log_prob });
        chosen
    }

    /// Reads on what was taken; says why the text is over, if it is.
    fn read_on(&mut self, token: TokenId) -> Option<Ended> {
        if token == TokenId::END {
            return Some(Ended::Sentence);
        }
        self.guard.push(&mut self.place, token);
        self.context.push(token);
        if let Some(rule) = &mut self.rule {
            rule.push(token);
        }
        let Scene {
            model,
            reading,
            limits,
            ..
        } = self.scene;
        if stops(*model, reading, &self.steps, &limits.stop) {
            return Some(Ended::Stop);
        }
        (self.steps.len() >= limits.max_tokens).then_some(Ended::Length)
    }

    /// The text, if it may end so.
    fn finish(self, ended: Ended) -> Result<Written, Wish> {
        let steps = self.steps;
        match (ended, self.guard.lacking(&self.place)) {
            (Ended::Sentence | Ended::Stop, None) => Ok(Written { steps, ended }),
            (_, None) if !self.guard.must_end() => Ok(Written { steps, ended }),
            (_, Some(wish)) => Err(wish),
            (_, None) => Err(Wish::Length),
        }
    }
}

/// A text as the voice writes it by itself, but for how it is to begin; or the first wish it breaks.
pub(super) fn free(scene: &Scene, guard: &Guard, dice: &mut Dice) -> Result<Written, Wish> {
    let mut pen = Pen::new(scene, guard);
    if scene.limits.max_tokens == 0 {
        return pen.finish(Ended::Length);
    }
    loop {
        let u = dice.throw();
        let Some(drawn) = pen.take(u, |reshaped, _| reshaped.draw(u)) else {
            return pen.finish(Ended::Impossible);
        };
        if let Some(wish) = guard.broken_by(&pen.place, drawn.token) {
            return Err(wish);
        }
        if let Some(ended) = pen.read_on(drawn.token) {
            return pen.finish(ended);
        }
    }
}

/// A text that was written with a hand on the dice, and the logarithm of its weight: how much more
/// probable the voice alone makes it.
///
/// `patience` is how probable it seems, at every step, that the wishes come true later: the smaller,
/// the sooner a wished token is taken.
pub(super) fn led(
    scene: &Scene,
    guard: &Guard,
    patience: f64,
    dice: &mut Dice,
) -> Result<(Written, f64), Wish> {
    let mut pen = Pen::new(scene, guard);
    let mut weight = 0.0;
    if scene.limits.max_tokens == 0 {
        return pen.finish(Ended::Length).map(|written| (written, weight));
    }
    loop {
        let left = scene.limits.max_tokens - pen.steps.len();
        if left < guard.needed(&pen.place) {
            return Err(guard.lacking(&pen.place).unwrap_or(Wish::Length));
        }
        let u = dice.throw();
        let mut gained = 0.0;
        let hurry = left <= guard.needed(&pen.place);
        let taken = pen.take(u, |reshaped, place| {
            let hand = Hand::over(&reshaped, guard, place, patience, hurry);
            let (candidate, ratio) = hand.draw(reshaped, u)?;
            gained = ratio.ln();
            Some(candidate)
        });
        weight += gained;
        let Some(taken) = taken.filter(|_| weight > f64::NEG_INFINITY) else {
            return Err(guard.lacking(&pen.place).unwrap_or(Wish::Copied));
        };
        if let Some(wish) = guard.broken_by(&pen.place, taken.token) {
            return Err(wish);
        }
        if let Some(ended) = pen.read_on(taken.token) {
            return pen.finish(ended).map(|written| (written, weight));
        }
    }
}

/// A hand on the dice at one step.
struct Hand {
    /// What would break a wish, in order, and its share.
    banned: Vec<TokenId>,
    banned_share: f64,
    /// What is wished: the voice's share, and how often it is taken before the voice is asked.
    wanted: Vec<(TokenId, f64, f64)>,
}

impl Hand {
    fn over(reshaped: &Reshaped, guard: &Guard, place: &Place, patience: f64, hurry: bool) -> Self {
        let banned = guard.banned(place);
        let banned_share = banned.iter().map(|&token| reshaped.share(token)).sum();
        let mut wanted: Vec<(TokenId, f64, f64)> = guard
            .wanted(place)
            .into_iter()
            .filter(|(token, _)| banned.binary_search(token).is_err())
            .map(|(token, begun)| {
                let share = reshaped.share(token);
                let least = if begun { GO_ON } else { AT_LEAST };
                let most = if token == TokenId::END {
                    END_AT_MOST
                } else {
                    1.0
                };
                (
                    token,
                    share,
                    (share / (share + patience)).clamp(least, most),
                )
            })
            .filter(|(_, share, _)| *share > 0.0)
            .collect();
        let sum: f64 = wanted.iter().map(|(_, _, taken)| taken).sum();
        let most = if hurry { 1.0 } else { sum.min(1.0 - LEAVE) };
        for (_, _, taken) in &mut wanted {
            *taken *= most / sum;
        }
        Hand {
            banned,
            banned_share,
            wanted,
        }
    }

    /// A token, and by how much the voice alone makes it more probable than it was here.
    fn draw(&self, reshaped: Reshaped, u: f64) -> Option<(Candidate, f64)> {
        let Hand {
            banned,
            banned_share,
            wanted,
        } = self;
        let taken: f64 = wanted.iter().map(|(_, _, taken)| taken).sum();
        // Where a banned token would have come a wished one comes, or, without any, an allowed one.
        let each = if wanted.is_empty() {
            0.0
        } else {
            banned_share / wanted.len() as f64
        };
        let mut passed = 0.0;
        for &(token, share, often) in wanted {
            let often = often + (1.0 - taken) * each;
            passed += often;
            if u < passed {
                let ratio = share / (often + (1.0 - taken) * share);
                return Some((reshaped.candidate(token), ratio));
            }
        }
        let allowed = 1.0 - banned_share;
        // What is left of 1 is rounding.
        if allowed <= 1e-12 || passed >= 1.0 {
            return None;
        }
        let rest = (u - passed) / (1.0 - passed);
        let share_of = |token: TokenId| {
            wanted
                .iter()
                .find(|(wanted, _, _)| *wanted == token)
                .copied()
        };
        let drawn = reshaped.draw_but(banned, *banned_share, rest)?;
        let ratio = match (share_of(drawn.token), wanted.is_empty()) {
            (Some((_, share, often)), _) => share / (often + (1.0 - taken) * (each + share)),
            (None, true) => allowed,
            (None, false) => 1.0 / (1.0 - taken),
        };
        Some((drawn, ratio))
    }
}
