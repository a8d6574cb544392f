//! Here are weights, give me their file, and back.
//!
//! A model file of kind `neural` holds, beside its header, the vocabulary and
//! the five tensors of [`TENSORS`] as `f32`, each in rows.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::model::NeuralModel;
use super::network::{Network, TENSORS};
use super::options::TrainingOptions;
use super::training::{Ending, EpochReport};
use crate::error::Result;
use crate::model::LanguageModel;
use crate::store::{Column, ModelFile, Writer};
use crate::token::{Reading, Vocabulary};

/// The kind of model file that a neural model is.
pub const KIND: &str = "neural";

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

/// Writes a model, all or nothing; returns the file's length in bytes.
pub fn save(path: &Path, model: &NeuralModel) -> Result<u64> {
    let mut writer = Writer::create(path, KIND)?;
    model.vocabulary().save(&mut writer)?;
    for (name, values) in model.network().tensors() {
        writer.column(name, values)?;
    }
    writer.finish(&(model.network().architecture(), model.header()))
}

/// Reads a model, every shape and every number checked.
pub fn load(file: &ModelFile) -> Result<NeuralModel> {
    let (architecture, header): (Architecture, NeuralHeader) = file.header()?;
    let columns: Vec<Column<f32>> = TENSORS
        .iter()
        .map(|name| file.column(name))
        .collect::<Result<_>>()?;
    let tensors: Vec<(&str, &[f32])> = TENSORS
        .iter()
        .zip(&columns)
        .map(|(name, column)| (*name, &column[..]))
        .collect();
    let network = Network::from_tensors(architecture, &tensors)?;
    NeuralModel::new(header, Vocabulary::load(file)?, network)
}
