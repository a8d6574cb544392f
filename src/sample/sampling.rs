//! Here is a distribution, reshape it and draw from it: temperature, top-k, top-p, min-p.

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Candidate, Outlook};
use crate::token::TokenId;

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
        self.reshape(outlook).draw(u)
    }

    /// What is drawn from, of which single shares can be asked as well.
    pub(super) fn reshape<'o>(&self, outlook: &'o dyn Outlook) -> Reshaped<'o> {
        let mut k = self.first_look();
        loop {
            let mut seen = self.look(outlook, k);
            if seen.candidates.is_empty() || self.cut(&mut seen) {
                return Reshaped {
                    sampling: *self,
                    outlook,
                    k,
                    seen,
                };
            }
            k *= 8;
        }
    }

    fn may_draw(&self, token: TokenId) -> bool {
        token != TokenId::UNKNOWN || self.unknown
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

/// A distribution as it is drawn from.
pub(super) struct Reshaped<'o> {
    sampling: Sampling,
    outlook: &'o dyn Outlook,
    /// How many were looked at.
    k: usize,
    seen: Seen,
}

impl Reshaped<'_> {
    /// The token in whose share u falls.
    pub(super) fn draw(self, u: f64) -> Option<Candidate> {
        self.draw_but(&[], 0.0, u)
    }

    /// The same without those that are banned, in order of id, which have this share together.
    pub(super) fn draw_but(mut self, banned: &[TokenId], share: f64, u: f64) -> Option<Candidate> {
        loop {
            if self.seen.candidates.is_empty() {
                return None;
            }
            let drawn = self.seen.draw(banned, u * (1.0 - share));
            if drawn.is_some() || self.seen.all {
                return drawn;
            }
            self.k *= 8;
            self.seen = self.sampling.look(self.outlook, self.k);
        }
    }

    /// A token, with its probability as it was.
    pub(super) fn candidate(&self, token: TokenId) -> Candidate {
        let log_prob = self.outlook.log_prob(token);
        Candidate { token, log_prob }
    }

    /// The share of one token.
    pub(super) fn share(&self, token: TokenId) -> f64 {
        let Seen {
            candidates,
            all,
            total,
        } = &self.seen;
        let listed = candidates.iter().find(|(listed, _)| listed.token == token);
        let weight = match (listed, candidates.first()) {
            (Some((_, weight)), _) => *weight,
            (None, Some((best, _))) if !all && self.sampling.may_draw(token) => {
                (self.outlook.log_prob(token).ln() - best.log_prob.ln()).exp()
            }
            _ => 0.0,
        };
        weight / total
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
    /// The one in whose share u falls, when those that are banned are left out; `None` if it is none
    /// of these.
    fn draw(&self, banned: &[TokenId], u: f64) -> Option<Candidate> {
        let mut passed = 0.0;
        let allowed = |(candidate, _): &&(Candidate, f64)| {
            banned.is_empty() || banned.binary_search(&candidate.token).is_err()
        };
        let hit = self.candidates.iter().filter(allowed).find(|(_, weight)| {
            passed += weight;
            u * self.total < passed
        });
        // Rounding can leave u just past the last share.
        let last = self.candidates.iter().rfind(|c| self.all && allowed(c));
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

#[cfg(test)]
mod tests {
    use super::super::Dice;
    use super::*;
    use crate::model::Distribution;

    fn distribution(p: &[f64]) -> Distribution {
        Distribution::from_log_probs(p.iter().map(|p: &f64| p.ln()).collect())
    }

    fn drawn(sampling: &Sampling, p: &[f64], u: f64) -> u32 {
        sampling.draw(&distribution(p), u).unwrap().token.0
    }

    /// `<unk>`, `<s>`, `</s>` and two words.
    const P: [f64; 5] = [0.0, 0.0, 0.2, 0.5, 0.3];

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
