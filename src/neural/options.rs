//! Here are the choices of a training, each with a default.

use serde::{Deserialize, Serialize};

use super::architecture::ALPHABET;
use super::block::Dropouts;
use super::candidates::{Candidates, Sampler};
use super::dropout::Dropout;
use crate::error::{Error, ErrorKind, Result};

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingOptions {
    /// How often the whole text is read.
    pub epochs: usize,
    /// How many seconds it takes, instead of so many epochs; the outcome then depends on how fast
    /// the machine is.
    pub seconds: Option<u64>,
    /// B: how many examples make one step.
    pub batch: usize,
    /// How far a step moves a parameter, at the highest; it rises from 0 over the first steps and
    /// falls linearly to 0 at the end.
    pub learning_rate: f32,
    /// The share of the steps over which the learning rate rises.
    pub warm_up: f32,
    /// How much weights shrink a step, times the learning rate.
    pub weight_decay: f32,
    /// How probably a hidden unit is left out in a step.
    pub dropout: f32,
    /// How probably a number that enters the first layer is left out in a step.
    pub input_dropout: f32,
    /// How probably an example sees less than its whole context, so that the network learns to
    /// answer after few tokens, or none.
    pub left_mask: f32,
    /// What the softmax runs over in training. Held-out losses are always over all tokens.
    pub softmax: Softmax,
    /// α: how strongly ln Z is drawn to 0, by a penalty of α·(ln Z)² nats, so that scores without
    /// a softmax are nearly probabilities (Devlin et al. 2014); 0 for not at all.
    pub self_normalised: f32,
    /// After so many epochs in a row without a better held-out loss, training ends, unless it was
    /// given a time.
    pub patience: usize,
    /// At most so many held-out examples are asked for, evenly spread.
    pub heldout_limit: usize,
    /// Decides all that is random.
    pub seed: u64,
}

/// What the softmax runs over in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Softmax {
    /// Full for up to 1,024 tokens, else sampled with 1,024 draws. On 50,000 words (V = 2,329)
    /// that takes half the processor time of the full softmax, and the held-out perplexity is
    /// lower, 28.5 to 31.1: the sampling is one more noise that a small text cannot be known by
    /// heart through.
    Auto,
    /// Over all tokens but `<s>`: exact.
    Full,
    /// Over the batch's targets and some draws.
    Sampled {
        /// K: how many tokens are drawn a step.
        draws: usize,
    },
}

/// Larger vocabularies than this get the sampled softmax.
const FULL_UP_TO: usize = 1024;

/// K, unless it is chosen.
const DRAWS: usize = 1024;

/// Larger batches than this would hold more than memory is likely to.
const LARGEST_BATCH: usize = 65_536;

impl Default for TrainingOptions {
    fn default() -> Self {
        TrainingOptions {
            epochs: 5,
            seconds: None,
            batch: 256,
            learning_rate: 4e-3,
            warm_up: 0.02,
            weight_decay: 0.0,
            dropout: 0.25,
            input_dropout: 0.1,
            left_mask: 0.2,
            softmax: Softmax::Auto,
            self_normalised: 0.0,
            patience: 2,
            heldout_limit: 20_000,
            seed: 1,
        }
    }
}

impl TrainingOptions {
    /// Sensible choices for a vocabulary and a text of so many tokens.
    ///
    /// The smaller the text, the more often it can be read before it is known
    /// by heart, and the more dropout must keep that off. A text of a million
    /// words is read for less than five minutes on one core, one of two million
    /// for six; after that, more epochs are for the patient. Embeddings of
    /// n-grams know letters by heart so soon that one epoch is best: of
    /// 900,000 letters 1.49 nats, and 1.53 after two with more dropout.
    pub fn for_text(vocabulary: usize, tokens: usize) -> Self {
        let letters = vocabulary <= ALPHABET;
        let (epochs, batch, learning_rate, dropout, input_dropout) = match (letters, tokens) {
            (true, ..500_000) => (2, 256, 4e-3, 0.2, 0.1),
            (true, _) => (1, 128, 4e-3, 0.1, 0.0),
            (false, ..500_000) => (6, 128, 4e-3, 0.3, 0.2),
            (false, 500_000..1_500_000) => (8, 256, 3e-3, 0.3, 0.1),
            (false, 1_500_000..5_000_000) => (5, 256, 3e-3, 0.3, 0.1),
            (false, _) => (2, 256, 3e-3, 0.1, 0.1),
        };
        TrainingOptions {
            epochs,
            batch,
            learning_rate,
            dropout,
            input_dropout,
            left_mask: if letters { 0.02 } else { 0.2 },
            ..Default::default()
        }
    }

    /// Refuses choices that no training can follow.
    pub fn check(&self) -> Result<()> {
        at_least_one("epochs", self.epochs)?;
        at_least_one("number of seconds", self.seconds.map_or(1, |s| s as usize))?;
        at_least_one("batch", self.batch)?;
        at_least_one("patience", self.patience)?;
        at_least_one("held-out limit", self.heldout_limit)?;
        if let Softmax::Sampled { draws } = self.softmax {
            at_least_one("softmax draws", draws)?;
        }
        if self.batch > LARGEST_BATCH {
            return Err(bad(
                "batch",
                &format!("at most {LARGEST_BATCH}"),
                self.batch,
            ));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(bad("learning rate", "a number above 0", self.learning_rate)
                .way_out("0.004 suits most texts"));
        }
        for rate in [self.dropout, self.input_dropout] {
            if !(0.0..=0.95).contains(&rate) {
                return Err(bad("dropout", "between 0 and 0.95", rate));
            }
        }
        share("strength of self-normalisation", self.self_normalised)?;
        share("weight decay", self.weight_decay)?;
        share("left mask", self.left_mask)?;
        share("warm-up", self.warm_up)
    }

    /// The dropout of each place.
    pub(super) fn dropouts(&self) -> Dropouts {
        Dropouts {
            inputs: Dropout::new(self.input_dropout),
            hidden: Dropout::new(self.dropout),
        }
    }

    /// The candidates these options choose, for targets as frequent as `counts` says.
    pub(super) fn candidates(&self, counts: &[u64]) -> Candidates {
        match self.softmax {
            Softmax::Sampled { draws } => Candidates::Sampled(Sampler::new(draws, counts)),
            Softmax::Auto if counts.len() > FULL_UP_TO => {
                Candidates::Sampled(Sampler::new(DRAWS, counts))
            }
            Softmax::Auto | Softmax::Full => Candidates::All,
        }
    }
}

fn at_least_one(name: &str, value: usize) -> Result<()> {
    match value {
        0 => Err(bad(name, "at least 1", value)),
        _ => Ok(()),
    }
}

fn share(name: &str, value: f32) -> Result<()> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(()),
        false => Err(bad(name, "between 0 and 1", value)),
    }
}

fn bad(name: &str, expected: &str, got: impl std::fmt::Display) -> Error {
    let what = format!("the {name} of a training should be {expected}, got {got}");
    Error::new(ErrorKind::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_choices_are_refused() {
        let good = TrainingOptions::default;
        assert!(good().check().is_ok());
        let bad = [
            TrainingOptions {
                epochs: 0,
                ..good()
            },
            TrainingOptions {
                batch: 1 << 20,
                ..good()
            },
            TrainingOptions {
                learning_rate: f32::NAN,
                ..good()
            },
            TrainingOptions {
                dropout: 1.0,
                ..good()
            },
            TrainingOptions {
                left_mask: -0.1,
                ..good()
            },
            TrainingOptions {
                softmax: Softmax::Sampled { draws: 0 },
                ..good()
            },
        ];
        for options in bad {
            assert!(options.check().is_err(), "{options:?}");
        }
    }

    #[test]
    fn large_vocabularies_get_a_sampled_softmax() {
        let candidates = |size| TrainingOptions::default().candidates(&vec![1; size]);
        assert!(matches!(candidates(1024), Candidates::All));
        assert!(matches!(candidates(1025), Candidates::Sampled(_)));
    }
}
