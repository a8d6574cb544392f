//! Here are weights, give me their file, and back.
//!
//! A model file of kind `neural` holds, beside its header, the vocabulary,
//! what the tokenizer is made of if it needs data, and the five tensors of
//! [`TENSORS`] as `f32`, each in rows.

use std::path::Path;

use super::architecture::Architecture;
use super::header::NeuralHeader;
use super::model::NeuralModel;
use super::network::{Network, TENSORS};
use crate::error::Result;
use crate::model::LanguageModel;
use crate::store::{Column, ModelFile, Writer};
use crate::token::Vocabulary;

/// The kind of model file that a neural model is.
pub const KIND: &str = "neural";

/// Writes a model, all or nothing; returns the file's length in bytes.
pub fn save(path: &Path, model: &NeuralModel) -> Result<u64> {
    let mut writer = Writer::create(path, KIND)?;
    model.vocabulary().save(&mut writer)?;
    model.header().reading.save(&mut writer)?;
    for (name, values) in model.network().tensors() {
        writer.column(name, values)?;
    }
    writer.finish(&(model.network().architecture(), model.header()))
}

/// Reads a model, every shape and every number checked.
pub fn load(file: &ModelFile) -> Result<NeuralModel> {
    let (architecture, mut header): (Architecture, NeuralHeader) = file.header()?;
    header.reading.complete(file)?;
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
