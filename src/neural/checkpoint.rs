//! Here is a training under way, give me its file, and go on from it.
//!
//! A checkpoint holds the parameters, both running means of Adam, the best
//! network so far, and how far the training is. A file of another kind than a
//! model's, for nobody should ask it questions; written all or nothing, like
//! those. It goes on only with the text, the shape and the choices that it was
//! begun with, of which it keeps a fingerprint.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::format::network;
use super::matrix::Matrix;
use super::network::Network;
use super::options::TrainingOptions;
use super::text::TrainingText;
use super::training::{EpochReport, State};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Column, ModelFile, OpenOptions, Writer};

/// The kind of file that a training under way is.
pub const KIND: &str = "neural training";

/// What a training was begun with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    architecture: Architecture,
    options: TrainingOptions,
    /// BLAKE3 of both texts.
    texts: [u8; 32],
}

impl Fingerprint {
    pub(super) fn of(
        architecture: Architecture,
        options: &TrainingOptions,
        training: &TrainingText,
        heldout: &TrainingText,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        for text in [training, heldout] {
            hasher.update(&(text.ids().len() as u64).to_le_bytes());
            for id in text.ids() {
                hasher.update(&id.0.to_le_bytes());
            }
        }
        Fingerprint {
            architecture,
            options: options.clone(),
            texts: hasher.finalize().into(),
        }
    }
}

/// How far a training is.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    fingerprint: Cow<'a, Fingerprint>,
    steps: u64,
    epoch: u64,
    batches: u64,
    loss: f64,
    elapsed: Duration,
    history: Vec<EpochReport>,
    waited: u64,
    has_best: bool,
}

/// Writes a training under way, all or nothing.
pub(super) fn save(path: &Path, fingerprint: &Fingerprint, state: &State) -> Result<()> {
    let (learner, best) = (&state.learner, &state.best);
    let mut writer = Writer::create(path, KIND)?;
    let tensors = learner.network.tensors();
    for ((name, values), moments) in tensors.iter().zip(&learner.moments) {
        writer.column(&format!("network/{name}"), values)?;
        writer.column(&format!("mean/{name}"), moments.mean.values())?;
        writer.column(&format!("square/{name}"), moments.square.values())?;
    }
    for (name, values) in best.network.iter().flat_map(Network::tensors) {
        writer.column(&format!("best/{name}"), values)?;
    }
    writer.finish(&Header {
        fingerprint: Cow::Borrowed(fingerprint),
        steps: learner.steps,
        epoch: state.epoch as u64,
        batches: state.batches as u64,
        loss: state.loss,
        elapsed: state.elapsed,
        history: best.history.clone(),
        waited: best.waited as u64,
        has_best: best.network.is_some(),
    })?;
    Ok(())
}

/// Brings a training that has not begun to where the file is.
///
/// # Errors
/// If the file is none of a training, or of another one.
pub(super) fn load(path: &Path, fingerprint: &Fingerprint, state: &mut State) -> Result<()> {
    let file = ModelFile::open(path, OpenOptions::default())?;
    if file.kind() != KIND {
        let what = format!(
            "{} holds no training, but a '{}'",
            path.display(),
            file.kind()
        );
        return Err(Error::new(ErrorKind::Format, what).way_out("give the checkpoint another name"));
    }
    let header: Header = file.header()?;
    if *header.fingerprint != *fingerprint {
        let what = format!(
            "{} is of a training with another text, shape or choice",
            path.display()
        );
        return Err(Error::new(ErrorKind::Usage, what)
            .way_out("repeat the command as it was, or give the checkpoint another name"));
    }
    let shape = fingerprint.architecture;
    state.learner.network = network(&file, "network/", shape)?;
    for ((name, rows, cols), moments) in shape.tensors().iter().zip(&mut state.learner.moments) {
        moments.mean = matrix(&file, &format!("mean/{name}"), *rows, *cols)?;
        moments.square = matrix(&file, &format!("square/{name}"), *rows, *cols)?;
    }
    state.learner.steps = header.steps;
    (state.epoch, state.batches) = (header.epoch as usize, header.batches as usize);
    (state.loss, state.elapsed) = (header.loss, header.elapsed);
    state.best.history = header.history;
    state.best.waited = header.waited as usize;
    state.best.network = match header.has_best {
        true => Some(network(&file, "best/", shape)?),
        false => None,
    };
    Ok(())
}

fn matrix(file: &ModelFile, name: &str, rows: usize, cols: usize) -> Result<Matrix> {
    let column: Column<f32> = file.column(name)?;
    if column.len() != rows * cols {
        let what = format!("`{name}` should hold {rows} × {cols} numbers");
        return Err(Error::new(ErrorKind::Corrupt, what).way_out("begin the training again"));
    }
    Ok(Matrix::from_values(rows, cols, column.to_vec()))
}
