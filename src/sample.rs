//! Here is a distribution and one throw of the dice, give me a token.
//!
//! Drawing is by inverse CDF: candidates in order of rank, a uniform number u
//! between 0 and 1, and the token in whose share of the line u falls. The
//! numbers come from one seeded stream, a throw a token. So two voices that are
//! given the same seed hear the same dice, and where they part it is the voices
//! that differ.

mod complete_bars;

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Candidate, Distribution, LanguageModel, Outlook};
use crate::prob::LogProb;
use crate::token::{Reading, TokenId};

pub use complete_bars::CompleteBars;

/// What may be written at all, whatever a voice thinks of it.
///
/// The voice's distribution is cut to what is allowed before it is reshaped, so a token's share of
/// the dice is its exact probability given that something allowed comes.
pub trait Constraint {
    /// True if this token may come next.
    fn allows(&self, token: TokenId) -> bool;

    /// This token came.
    fn push(&mut self, token: TokenId);
}

/// A stream of uniform numbers, the same for the same seed on every machine.
#[derive(Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The next number, from 0 up to but not including 1, in steps of 2⁻⁵³.
    pub fn throw(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// How a distribution is reshaped before drawing: first sharpened or flattened, then cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
    min_p: f64,
    unknown: bool,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            temperature: 1.0,
            top_k: None,
            top_p: 1.0,
            min_p: 0.0,
            unknown: false,
        }
    }
}

impl Sampling {
    /// Probabilities are raised to 1/temperature; 0 always takes the most probable.
    pub fn temperature(mut self, temperature: f64) -> Result<Self> {
        if !temperature.is_finite() || temperature < 0.0 {
            return Err(out_of_range("temperature", temperature, "a number from 0"));
        }
        self.temperature = temperature;
        Ok(self)
    }

    /// Only the k most probable stay.
    pub fn top_k(mut self, k: usize) -> Result<Self> {
        if k == 0 {
            return Err(out_of_range("top-k", 0.0, "a whole number from 1"));
        }
        self.top_k = Some(k);
        Ok(self)
    }

    /// Only as many of the most probable stay as it takes to cover this share (Holtzman et al. 2020).
    pub fn top_p(mut self, share: f64) -> Result<Self> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(out_of_range("top-p", share, "a number above 0 and up to 1"));
        }
        self.top_p = share;
        Ok(self)
    }

    /// Only those stay that are at least this share as probable as the most probable (Nguyen et al.
    /// 2024).
    pub fn min_p(mut self, share: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&share) {
            return Err(out_of_range("min-p", share, "a number from 0 to 1"));
        }
        self.min_p = share;
        Ok(self)
    }

    /// Whether `<unk>` may be drawn; it is not, unless asked for.
    #[must_use]
    pub fn unknown(mut self, allowed: bool) -> Self {
        self.unknown = allowed;
        self
    }

    /// The token in whose share of the reshaped distribution u falls, with its probability in the
    /// distribution as it was; `None` only if nothing is possible.
    ///
    /// Only as many of the most probable are looked at as it takes to know.
    pub fn draw(&self, outlook: &dyn Outlook, u: f64) -> Option<Candidate> {
        let mut k = self.first_look();
        loop {
            let mut seen = self.look(outlook, k);
            if seen.candidates.is_empty() {
                return None;
            }
            if let Some(drawn) = self.cut(&mut seen).then(|| seen.draw(u)).flatten() {
                return Some(drawn);
            }
            k *= 8;
        }
    }

    /// How many to look at first.
    fn first_look(&self) -> usize {
        match (self.temperature, self.top_k) {
            (0.0, _) => 1,
            (_, Some(k)) => k,
            (1.0, None) => 64,
            // Every probability is reshaped, and the sum of them all is wanted.
            _ => usize::MAX,
        }
    }

    /// The k most probable, with weights relative to the first one's.
    fn look(&self, outlook: &dyn Outlook, k: usize) -> Seen {
        // One more, for `<unk>` may be among them.
        let mut ranked = outlook.best(k.saturating_add(1));
        let is_known = |candidate: &Candidate| candidate.token != TokenId::UNKNOWN;
        let without_unknown = !self.unknown && ranked.iter().any(is_known);
        let all = ranked.len() <= k;
        if without_unknown {
            ranked.retain(is_known);
        }
        ranked.truncate(k);
        let best = ranked.first().map_or(0.0, |best| best.log_prob.ln());
        let temperature = match self.temperature {
            0.0 => 1.0,
            temperature => temperature,
        };
        let weight = |c: &Candidate| ((c.log_prob.ln() - best) / temperature).exp();
        let candidates: Vec<_> = ranked.into_iter().map(|c| (c, weight(&c))).collect();
        // Whom a fixed number has left out has no share.
        let all = all || self.temperature == 0.0 || self.top_k.is_some();
        let total = match all {
            true => sum(&candidates),
            false => {
                let unknown = match without_unknown {
                    true => outlook.log_prob(TokenId::UNKNOWN).probability(),
                    false => 0.0,
                };
                (outlook.mass() - unknown) / best.exp()
            }
        };
        Seen {
            candidates,
            all,
            total,
        }
    }

    /// Leaves out what top-p and min-p leave out; false if more have to be seen to know.
    fn cut(&self, seen: &mut Seen) -> bool {
        let mut covered = 0.0;
        let covering = seen.candidates.iter().position(|(_, weight)| {
            covered += weight;
            covered >= self.top_p * seen.total
        });
        let enough = seen
            .candidates
            .iter()
            .position(|(_, weight)| *weight < self.min_p);
        let covering = covering.map(|last| last + 1).filter(|_| self.top_p < 1.0);
        let known = [covering, enough].into_iter().flatten().min();
        if let Some(number) = known {
            seen.candidates.truncate(number);
            seen.all = true;
            seen.total = sum(&seen.candidates);
        }
        seen.all || (self.top_p == 1.0 && self.min_p == 0.0)
    }
}

/// Candidates, the most probable first, with the weights to draw them by.
struct Seen {
    candidates: Vec<(Candidate, f64)>,
    /// True if there are no others.
    all: bool,
    /// The sum of all weights, of those not seen too.
    total: f64,
}

impl Seen {
    /// The one in whose share u falls; `None` if it is none of these.
    fn draw(&self, u: f64) -> Option<Candidate> {
        let mut passed = 0.0;
        let hit = self.candidates.iter().find(|(_, weight)| {
            passed += weight;
            u * self.total < passed
        });
        // Rounding can leave u just past the last share.
        let last = self.candidates.last().filter(|_| self.all);
        hit.or(last).map(|(candidate, _)| *candidate)
    }
}

fn sum(candidates: &[(Candidate, f64)]) -> f64 {
    candidates.iter().map(|(_, weight)| weight).sum()
}

fn out_of_range(name: &str, value: f64, expected: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("{name} cannot be {value}"))
        .way_out(format!("give {expected}"))
}

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

/// What a rule leaves of an outlook; what it forbids is impossible.
fn allowed(outlook: &dyn Outlook, rule: &dyn Constraint, tokens: usize) -> Distribution {
    let log_prob = |token| match rule.allows(token) {
        true => outlook.log_prob(token).ln(),
        false => f64::NEG_INFINITY,
    };
    let all = (0..tokens as u32).map(TokenId);
    Distribution::from_log_probs(all.map(log_prob).collect())
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

fn stops(model: &dyn LanguageModel, reading: &Reading, steps: &[Step], stop: &[String]) -> bool {
    if stop.is_empty() {
        return false;
    }
    let ids: Vec<TokenId> = steps.iter().map(|step| step.token).collect();
    let text = reading.text(model.vocabulary(), &ids);
    let text = String::from_utf8_lossy(&text);
    stop.iter().any(|stop| text.contains(stop.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(p: &[f64]) -> Distribution {
        Distribution::from_log_probs(p.iter().map(|p: &f64| p.ln()).collect())
    }

    fn drawn(sampling: &Sampling, p: &[f64], u: f64) -> u32 {
        sampling.draw(&distribution(p), u).unwrap().token.0
    }

    /// `<unk>`, `<s>`, `</s>` and two words.
    const P: [f64; 5] = [0.0, 0.0, 0.2, 0.5, 0.3];

    #[test]
    fn dice_are_the_same_for_the_same_seed() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            [dice.throw(), dice.throw(), dice.throw()]
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
        assert!(throws(1).iter().all(|u| (0.0..1.0).contains(u)));
    }

    #[test]
    fn u_falls_into_shares_in_order_of_rank() {
        let plain = Sampling::default();
        let hits = [
            (0.0, 3),
            (0.49, 3),
            (0.51, 4),
            (0.79, 4),
            (0.81, 2),
            (0.999_999, 2),
        ];
        for (u, token) in hits {
            assert_eq!(drawn(&plain, &P, u), token, "u = {u}");
        }
    }

    #[test]
    fn cuts_keep_the_best() {
        let last = |sampling: Result<Sampling>| drawn(&sampling.unwrap(), &P, 0.999_999);
        let plain = Sampling::default();
        assert_eq!(last(plain.top_k(2)), 4);
        assert_eq!(last(plain.top_p(0.5)), 3);
        assert_eq!(last(plain.top_p(0.51)), 4);
        assert_eq!(
            last(plain.min_p(0.5)),
            4,
            "0.3 is at least half of 0.5, 0.2 is not"
        );
        assert_eq!(last(plain.temperature(0.0)), 3);
    }

    #[test]
    fn a_rule_cuts_before_anything_else_and_the_rest_keeps_its_ratio() {
        struct Not(u32);
        impl Constraint for Not {
            fn allows(&self, token: TokenId) -> bool {
                token.0 != self.0
            }
            fn push(&mut self, _: TokenId) {}
        }
        let among = |sampling: &Sampling, u| {
            let left = allowed(&distribution(&P), &Not(3), P.len());
            sampling.draw(&left, u).unwrap().token.0
        };
        let plain = Sampling::default();
        // 0.3 and 0.2 are left: three fifths and two.
        assert_eq!((among(&plain, 0.599), among(&plain, 0.601)), (4, 2));
        assert_eq!(among(&plain.top_k(1).unwrap(), 0.999), 4);
    }

    #[test]
    fn temperature_reshapes_as_the_formula_says() {
        let hot = Sampling::default().temperature(2.0).unwrap();
        let roots: Vec<f64> = [0.5f64, 0.3, 0.2].iter().map(|p| p.sqrt()).collect();
        let edge = roots[0] / roots.iter().sum::<f64>();
        assert_eq!(drawn(&hot, &P, edge - 1e-9), 3);
        assert_eq!(drawn(&hot, &P, edge + 1e-9), 4);
    }

    #[test]
    fn unknown_is_drawn_only_when_asked_for_or_alone() {
        let p = [0.6, 0.0, 0.0, 0.4];
        assert_eq!(drawn(&Sampling::default(), &p, 0.1), 3);
        assert_eq!(drawn(&Sampling::default().unknown(true), &p, 0.1), 0);
        assert_eq!(drawn(&Sampling::default(), &[1.0, 0.0], 0.1), 0);
    }

    #[test]
    fn a_long_tail_is_drawn_from_as_well() {
        // 3,000 tokens of 1/n each: what is looked at first covers half of it.
        let total: f64 = (1..=3_000).map(|n| 1.0 / f64::from(n)).sum();
        let p: Vec<f64> = (1..=3_000).map(|n| 1.0 / f64::from(n) / total).collect();
        let p = [&[0.0, 0.0][..], &p].concat();
        let mut passed = 0.0;
        for (token, share) in p.iter().enumerate().skip(2).step_by(7) {
            let before: f64 = p[2..token].iter().sum();
            passed += share;
            assert_eq!(
                drawn(&Sampling::default(), &p, before + share / 2.0),
                token as u32
            );
        }
        assert!(passed > 0.1);
        let cut = Sampling::default().top_p(0.9).unwrap();
        let last = p[2..].iter().scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        });
        let last = last.take_while(|sum| *sum < 0.9).count() as u32 + 2;
        assert_eq!(drawn(&cut, &p, 1.0 - 1e-12), last);
        let floor = Sampling::default().min_p(0.00099).unwrap();
        assert_eq!(
            drawn(&floor, &p, 1.0 - 1e-12),
            1_011,
            "1/1010 is the last that stays"
        );
    }

    #[test]
    fn impossible_settings_are_refused() {
        let plain = Sampling::default();
        assert!(plain.temperature(-1.0).is_err() && plain.temperature(f64::NAN).is_err());
        assert!(plain.top_k(0).is_err() && plain.top_p(0.0).is_err() && plain.min_p(1.1).is_err());
    }

    #[test]
    fn drawing_often_gives_the_distribution_back() {
        let (mut dice, plain) = (Dice::new(1), Sampling::default());
        let mut counts = [0u32; 5];
        for _ in 0..20_000 {
            counts[drawn(&plain, &P, dice.throw()) as usize] += 1;
        }
        for (count, p) in counts.iter().zip(P) {
            assert!((f64::from(*count) / 20_000.0 - p).abs() < 0.015);
        }
    }
}
