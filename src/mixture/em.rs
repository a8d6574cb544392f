//! Here is what each voice gave to each token of a text; give me the weights that explain it best.
//!
//! The text's likelihood L(λ) = Σₜ ln Σᵢ λᵢ pᵢ(t) is concave in the weights, so
//! what climbs it reaches the top. Expectation–maximisation (Dempster, Laird &
//! Rubin 1977) climbs it so: suppose each token was written by one of the
//! voices; then voice i wrote token t with probability λᵢ pᵢ(t) / p(t), and its
//! new weight is its share of all tokens. No step lowers L.
//!
//! # When it is over
//!
//! A step multiplies λᵢ by gᵢ = (1/T) Σₜ pᵢ(t) / p(t), which is also the slope of
//! L/T along voice i. For a concave L no weights at all can be better by more
//! than (max gᵢ − 1) nats a token (Cover 1984, who invests in voices). So it
//! stops when that is next to nothing, and says how much it was: a bound, not a
//! hope that small steps mean a near summit.
//!
//! # Few tokens
//!
//! A [`Prior`] is made of tokens that were not seen: α of them, of which voice i
//! wrote the share μᵢ. It keeps the weights of a bucket with few tokens near the
//! weights of all, and is all that an empty one has. The climb, the bound and
//! the proof stay the same, for L + α Σ μᵢ ln λᵢ.

use rayon::prelude::*;

use crate::prob::CompensatedSum;

/// Rows that are summed together, whatever the number of threads.
const PIECE: usize = 1 << 13;

/// In nats a token: who has come so near the best weights stops.
const TOLERANCE: f64 = 1e-7;

/// More steps than this are not made.
const MOST_STEPS: usize = 1000;

/// What voices gave to tokens: 8 bytes for each of both.
#[derive(Clone, Debug)]
pub struct Trials {
    voices: usize,
    /// A row a token: pᵢ / max p, so that no product of many rounds to nothing.
    relative: Vec<f64>,
    /// Σ ln max p.
    ln_best: CompensatedSum,
    /// How many tokens no voice thought possible.
    impossible: u64,
}

impl Trials {
    /// None yet, of so many voices.
    pub fn new(voices: usize) -> Self {
        Trials {
            voices,
            relative: Vec::new(),
            ln_best: CompensatedSum::default(),
            impossible: 0,
        }
    }

    /// Adds one token: ln pᵢ of each voice.
    ///
    /// # Panics
    /// If there are more or fewer numbers than voices.
    pub fn add(&mut self, log_probs: &[f64]) {
        assert_eq!(log_probs.len(), self.voices, "a number a voice");
        let best = log_probs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if best == f64::NEG_INFINITY {
            self.impossible += 1;
            return;
        }
        self.ln_best.add(best);
        self.relative
            .extend(log_probs.iter().map(|ln| (ln - best).exp()));
    }

    /// How many tokens were added that some voice thought possible.
    pub fn possible(&self) -> usize {
        self.relative.len() / self.voices
    }

    /// How many tokens were added that no voice thought possible: no weights can help them.
    pub fn impossible(&self) -> u64 {
        self.impossible
    }

    /// For each voice, how many tokens it foresaw best; the first of equals has it.
    pub fn best_at(&self) -> Vec<u64> {
        let mut best = vec![0; self.voices];
        for row in self.relative.chunks_exact(self.voices) {
            // The best voice's entry is exp 0.
            let first = row.iter().position(|&relative| relative == 1.0);
            best[first.expect("one is the best")] += 1;
        }
        best
    }

    /// Σ ln Σᵢ λᵢ pᵢ over the possible tokens: a voice alone has the weight 1.
    pub fn ln_likelihood(&self, weights: &[f64]) -> f64 {
        let sums = self.expect(weights);
        self.ln_best.value() + sums.ln_relative.value()
    }

    /// Σₜ pᵢ(t) / p(t) of each voice, and the likelihood on the way.
    fn expect(&self, weights: &[f64]) -> Sums {
        let pieces = self.relative.par_chunks(PIECE * self.voices);
        let sums: Vec<Sums> = pieces.map(|rows| expect_piece(rows, weights)).collect();
        let mut all = Sums::new(self.voices);
        sums.iter().for_each(|sums| all.add(sums));
        all
    }
}

/// What one pass over trials adds up.
struct Sums {
    /// Σₜ pᵢ(t) / p(t).
    slopes: Vec<CompensatedSum>,
    /// Σₜ ln p(t), over the best voice's.
    ln_relative: CompensatedSum,
}

impl Sums {
    fn new(voices: usize) -> Self {
        Sums {
            slopes: vec![CompensatedSum::default(); voices],
            ln_relative: CompensatedSum::default(),
        }
    }

    fn add(&mut self, other: &Sums) {
        for (slope, more) in self.slopes.iter_mut().zip(&other.slopes) {
            slope.add(more.value());
        }
        self.ln_relative.add(other.ln_relative.value());
    }
}

fn expect_piece(rows: &[f64], weights: &[f64]) -> Sums {
    let mut sums = Sums::new(weights.len());
    for row in rows.chunks_exact(weights.len()) {
        let mixed: f64 = row.iter().zip(weights).map(|(p, weight)| p * weight).sum();
        for (slope, p) in sums.slopes.iter_mut().zip(row) {
            slope.add(p / mixed);
        }
        sums.ln_relative.add(mixed.ln());
    }
    sums
}

/// Tokens that were not seen, and who wrote them.
#[derive(Clone, Copy, Debug)]
pub struct Prior<'w> {
    /// How many: α.
    pub tokens: f64,
    /// Whose they were: μ, which sums to one.
    pub weights: &'w [f64],
}

/// Weights, and how they were found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// λ of each voice.
    pub weights: Vec<f64>,
    /// How many steps it took.
    pub steps: usize,
    /// No weights are better than these by more than so many nats a token.
    pub within: f64,
}

/// The weights under which some trials, taken together, are most probable.
///
/// # Panics
/// If there are no tokens at all, or the trials are of different numbers of voices.
pub fn fit(trials: &[Trials], prior: Option<Prior>) -> Fit {
    let voices = trials[0].voices;
    let even = vec![1.0 / voices as f64; voices];
    let mut fit = Fit {
        weights: prior.map_or(even, |prior| prior.weights.to_vec()),
        steps: 0,
        within: f64::INFINITY,
    };
    loop {
        let stepped = step(trials, prior, &fit.weights);
        let growth = stepped.iter().zip(&fit.weights).map(|(new, old)| new / old);
        // A voice that began with no weight and got none has 0 / 0, which `max` passes over.
        fit.within = growth.fold(1.0, f64::max) - 1.0;
        if fit.within <= TOLERANCE || fit.steps == MOST_STEPS {
            return fit;
        }
        fit.weights = stepped;
        fit.steps += 1;
    }
}

/// One step of expectation and maximisation.
pub(super) fn step(trials: &[Trials], prior: Option<Prior>, weights: &[f64]) -> Vec<f64> {
    let mut sums = Sums::new(weights.len());
    trials
        .iter()
        .for_each(|some| sums.add(&some.expect(weights)));
    let unseen = |i: usize| prior.map_or(0.0, |prior| prior.tokens * prior.weights[i]);
    let written = weights.iter().zip(&sums.slopes).enumerate();
    let written: Vec<f64> = written
        .map(|(i, (weight, slope))| weight * slope.value() + unseen(i))
        .collect();
    // As many as there are tokens, but for rounding.
    let all: f64 = written.iter().sum();
    assert!(all > 0.0, "weights are made of tokens");
    written.iter().map(|tokens| tokens / all).collect()
}
