//! Here are voices and held-out sentences; give me weights, and say where each voice earns its own.

use std::ops::Deref;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::em::{Prior, Trials, fit};
use super::weights::Weights;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::prob::LogProb;
use crate::token::TokenId;

/// How many unseen tokens, shared out by the weights of all, a bucket begins with.
///
/// On WikiText-2 a hundred did best, for a thousand tokens to tune on as for thirty thousand; with
/// a whole text it makes no difference.
const PRIOR_TOKENS: f64 = 100.0;

/// So many sentences are scored by one thread at a time.
const SHARE: usize = 64;

/// Reads held-out text, and tunes weights to it.
pub struct Tuner<'v, V> {
    voices: &'v [V],
    buckets: Option<Buckets>,
    /// What the voices gave to the tokens, for each bucket.
    trials: Vec<Trials>,
}

/// Weights, and what is known about them.
pub struct Tuned {
    /// What to mix the voices by.
    pub weights: Weights,
    /// Where they come from.
    pub record: TuningRecord,
}

/// How weights were tuned, and what each voice made of the held-out text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuningRecord {
    /// How many tokens of held-out text no voice thought possible; they were left out.
    pub impossible: u64,
    /// Over the whole text.
    pub all: Standing,
    /// Over each bucket, if there are any.
    pub by_bucket: Vec<Standing>,
    /// ln p of the text by the one set of weights that suits all contexts best.
    pub ln_alike: f64,
    /// ln p of the text by equal weights.
    pub ln_even: f64,
    /// How many steps of EM there were, for the set of weights that took most.
    pub steps: usize,
    /// No weights are better by more than so many nats a token.
    pub within: f64,
}

/// What each voice made of some tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// How many tokens.
    pub tokens: u64,
    /// λ of each voice: by which these tokens were mixed, or the mean over all buckets.
    pub weights: Vec<f64>,
    /// ln p of them by each voice alone.
    pub ln_alone: Vec<f64>,
    /// ln p of them by the mixture.
    pub ln_mixed: f64,
    /// How many of them each voice foresaw best.
    pub best_at: Vec<u64>,
}

impl TuningRecord {
    /// Refuses a record that is not of so many voices, or of other buckets than the weights.
    pub(super) fn check(&self, voices: usize, weights: &Weights) -> Result<()> {
        let fits = |standing: &Standing| {
            let Standing {
                weights,
                ln_alone,
                best_at,
                ..
            } = standing;
            [weights.len(), ln_alone.len(), best_at.len()] == [voices; 3]
        };
        let buckets = weights.buckets().map_or(0, |_| weights.rows().len());
        let each = self.by_bucket.iter().chain([&self.all]);
        match self.by_bucket.len() == buckets && each.into_iter().all(fits) {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Corrupt,
                "the record of the weights is of another mixture",
            )
            .way_out("mix the voices again")),
        }
    }
}

impl Standing {
    /// The perplexity over these tokens that goes with a ln p of them.
    pub fn perplexity(&self, ln: f64) -> f64 {
        (-ln / self.tokens as f64).exp()
    }
}

impl<'v, V> Tuner<'v, V>
where
    V: Deref<Target: LanguageModel> + Send + Sync,
{
    /// A tuner of one set of weights, or of one for each bucket.
    ///
    /// # Panics
    /// If the buckets go by a voice that is not there.
    pub fn new(voices: &'v [V], buckets: Option<Buckets>) -> Self {
        let rows = buckets.map_or(1, |buckets| buckets.len());
        Tuner {
            voices,
            buckets,
            trials: vec![Trials::new(voices.len()); rows],
        }
    }

    /// Asks every voice about every token of these sentences and about their ends.
    pub fn read(&mut self, sentences: &[&[TokenId]]) {
        let score = |voice: &V| -> Vec<Vec<LogProb>> {
            let shares = sentences.par_chunks(SHARE);
            shares.flat_map_iter(|share| voice.score(share)).collect()
        };
        let scores: Vec<_> = self.voices.iter().map(score).collect();
        for (number, sentence) in sentences.iter().enumerate() {
            let padded = [&[TokenId::START], *sentence].concat();
            for position in 0..padded.len() {
                let row = self.row(&padded[..=position]);
                let by = scores.iter().map(|scores| scores[number][position].ln());
                self.trials[row].add(&by.collect::<Vec<f64>>());
            }
        }
    }

    fn row(&self, context: &[TokenId]) -> usize {
        self.buckets.map_or(0, |buckets| {
            let evidence = self.voices[buckets.voice()].evidence();
            buckets.of(evidence.expect("buckets go by evidence"), context)
        })
    }

    /// The weights that suit what was read.
    ///
    /// # Errors
    /// If nothing was read, or nothing that any voice thinks possible.
    pub fn finish(self) -> Result<Tuned> {
        let possible: usize = self.trials.iter().map(Trials::possible).sum();
        if possible == 0 {
            let impossible = self.trials.iter().any(|trials| trials.impossible() > 0);
            return Err(nothing_to_tune_on(impossible));
        }
        let alike = fit(&self.trials, None);
        let mut fits = vec![alike.clone()];
        if self.buckets.is_some() {
            let prior = Prior {
                tokens: PRIOR_TOKENS,
                weights: &alike.weights,
            };
            let each = self.trials.iter();
            fits = each
                .map(|trials| fit(std::slice::from_ref(trials), Some(prior)))
                .collect();
        }
        let rows: Vec<Vec<f64>> = fits.iter().map(|fit| fit.weights.clone()).collect();
        let standings = self.trials.iter().zip(&rows);
        let standings: Vec<Standing> = standings.map(|(some, row)| standing(some, row)).collect();
        let ln_by = |weights: &[f64]| -> f64 {
            let each = self.trials.iter();
            each.map(|trials| trials.ln_likelihood(weights)).sum()
        };
        let even = vec![1.0 / self.voices.len() as f64; self.voices.len()];
        let record = TuningRecord {
            impossible: self.trials.iter().map(Trials::impossible).sum(),
            all: together(&standings),
            ln_alike: ln_by(&alike.weights),
            ln_even: ln_by(&even),
            steps: fits.iter().map(|fit| fit.steps).max().unwrap_or(0),
            within: fits.iter().map(|fit| fit.within).fold(0.0, f64::max),
            by_bucket: match self.buckets {
                Some(_) => standings,
                None => Vec::new(),
            },
        };
        let weights = match self.buckets {
            Some(buckets) => Weights::by_bucket(buckets, rows),
            None => Weights::alike(alike.weights),
        };
        Ok(Tuned { weights, record })
    }
}

fn standing(trials: &Trials, weights: &[f64]) -> Standing {
    let alone = |voice: usize| {
        let unit: Vec<f64> = (0..weights.len())
            .map(|i| f64::from(u8::from(i == voice)))
            .collect();
        trials.ln_likelihood(&unit)
    };
    Standing {
        tokens: trials.possible() as u64,
        weights: weights.to_vec(),
        ln_alone: (0..weights.len()).map(alone).collect(),
        ln_mixed: trials.ln_likelihood(weights),
        best_at: trials.best_at(),
    }
}

/// What the standings in buckets add up to; the weights are their means, token by token.
fn together(standings: &[Standing]) -> Standing {
    let voices = 0..standings[0].weights.len();
    let tokens = standings.iter().map(|standing| standing.tokens).sum();
    let weighed = |voice: usize| {
        let each = standings.iter();
        let sum: f64 = each.map(|s| s.weights[voice] * s.tokens as f64).sum();
        sum / tokens as f64
    };
    let sum = |voice: usize| standings.iter().map(|s| s.ln_alone[voice]).sum();
    let best = |voice: usize| standings.iter().map(|s| s.best_at[voice]).sum();
    Standing {
        tokens,
        weights: voices.clone().map(weighed).collect(),
        ln_alone: voices.clone().map(sum).collect(),
        ln_mixed: standings.iter().map(|standing| standing.ln_mixed).sum(),
        best_at: voices.map(best).collect(),
    }
}

fn nothing_to_tune_on(impossible: bool) -> Error {
    match impossible {
        false => Error::new(ErrorKind::Input, "there is no text to tune the weights on")
            .way_out("name a text that none of the voices has seen"),
        true => Error::new(
            ErrorKind::Model,
            "no voice thinks any token of the held-out text possible",
        )
        .way_out("mix in a voice that is smoothed"),
    }
}
