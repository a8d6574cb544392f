//! Here are weights, give me their file, and back.
//!
//! A model file of kind `neural` holds, beside its header, the vocabulary, what the tokenizer is made
//! of if it needs data, and the network's tensors as `f32`, each in rows.

use std::path::Path;

use super::architecture::Architecture;
use super::header::NeuralHeader;
use super::model::NeuralModel;
use super::network::Network;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::store::{Column, ModelFile, Writer};
use crate::token::Vocabulary;

/// The kind of model file that a neural model is.
pub const KIND: &str = "neural network 3";

/// The kinds that networks had before: of one hidden layer and no echoes, then without embeddings of
/// n-grams.
pub const FORMER_KINDS: [&str; 2] = ["neural", "neural network 2"];

/// Says that a file holds a network as they were before.
pub fn too_old() -> Error {
    Error::new(
        ErrorKind::Format,
        "a neural model of an earlier version, which is no longer read",
    )
    .way_out("train it again: the new network is better and trains as fast")
}

/// Writes a model, all or nothing; returns the file's length in bytes.
pub fn save(path: &Path, model: &NeuralModel) -> Result<u64> {
    let mut writer = Writer::create(path, KIND)?;
    model.vocabulary().save(&mut writer)?;
    model.header().reading.save(&mut writer)?;
    for (name, values) in model.network().tensors() {
        writer.column(&name, values)?;
    }
    writer.finish(&(model.network().architecture(), model.header()))
}

/// Reads a model, every shape and every number checked.
pub fn load(file: &ModelFile) -> Result<NeuralModel> {
    let (architecture, mut header): (Architecture, NeuralHeader) = file.header()?;
    header.reading.complete(file)?;
    architecture.check()?;
    let network = network(file, "", architecture)?;
    NeuralModel::new(header, Vocabulary::load(file)?, network)
}

/// A network of this shape, whose tensors have names that begin so.
pub(super) fn network(file: &ModelFile, begin: &str, shape: Architecture) -> Result<Network> {
    let names: Vec<String> = shape.tensors().into_iter().map(|(name, ..)| name).collect();
    let columns: Vec<Column<f32>> = names
        .iter()
        .map(|name| file.column(&format!("{begin}{name}")))
        .collect::<Result<_>>()?;
    let tensors: Vec<(&str, &[f32])> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| (name.as_str(), &column[..]))
        .collect();
    Network::from_tensors(shape, &tensors)
}
