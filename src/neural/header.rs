//! Here is what is known about a neural model besides its weights.

use serde::{Deserialize, Serialize};

use super::options::TrainingOptions;
use super::training::{Ending, EpochReport, Normalisation};
use crate::token::Reading;

/// What is known about a neural model besides its vocabulary and its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeuralHeader {
    /// How text becomes its tokens.
    pub reading: Reading,
    /// How it was trained.
    pub training: TrainingRecord,
}

/// How a network was trained, and how far it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The choices that were made.
    pub options: TrainingOptions,
    /// How many tokens were predicted in one epoch.
    pub examples: u64,
    /// What each epoch came to.
    pub history: Vec<EpochReport>,
    /// Why it ended.
    pub ending: Ending,
    /// How near Z is to one, if the network is self-normalised.
    pub normalisation: Option<Normalisation>,
}

impl TrainingRecord {
    /// The lowest mean loss on held-out text, in nats a token; `None` if there was no such text.
    pub fn heldout_loss(&self) -> Option<f64> {
        self.history
            .iter()
            .filter_map(|epoch| epoch.heldout_loss)
            .reduce(f64::min)
    }
}
