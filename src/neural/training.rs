//! Here is a text, give me a network that has learnt it.
//!
//! Each epoch reads all examples once, in a new order, a batch a step. After
//! each, the loss on held-out text is taken; the weights with the best one are
//! kept, and training ends early once that no longer falls.

use rand::seq::SliceRandom;

use super::architecture::Architecture;
use super::block::Dropout;
use super::network::{Network, count_targets};
use super::options::TrainingOptions;
use super::random::{Purpose, stream};
use super::step::Learner;
use super::text::TrainingText;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Stage};
use crate::token::TokenId;

/// What training gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network: that of the best epoch if there was held-out text, else that of the last.
    pub network: Network,
    /// What each epoch came to.
    pub history: Vec<EpochReport>,
    /// Why it ended.
    pub ending: Ending,
}

/// What one epoch came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean training loss in nats a token, with dropout and masks on, and over the candidates
    /// only if the softmax was sampled; so it isn't comparable with the held-out loss.
    pub training_loss: f64,
    /// The mean loss −ln p on held-out text in nats a token, with the whole network.
    pub heldout_loss: Option<f64>,
}

impl EpochReport {
    /// e^loss on held-out text.
    pub fn heldout_perplexity(&self) -> Option<f64> {
        self.heldout_loss.map(f64::exp)
    }
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs were done.
    Complete,
    /// The held-out loss had stopped falling.
    NoLongerBetter,
    /// The watcher asked to stop.
    Interrupted,
}

/// Trains a network of this shape.
///
/// The outcome depends on the arguments alone, not on the number of threads.
/// `heldout` may be empty: then nothing ends the training early. If the watcher
/// asks to stop, the best network so far is given.
///
/// # Errors
/// If the shape or the options are impossible, the training text holds no
/// example or ids beyond the vocabulary, or the loss stops being a number.
pub fn train(
    architecture: Architecture,
    options: &TrainingOptions,
    training: &TrainingText,
    heldout: &TrainingText,
    progress: &dyn Progress,
) -> Result<Trained> {
    architecture.check()?;
    options.check()?;
    check_text(training, architecture, "training")?;
    check_text(heldout, architecture, "held-out")?;
    let mut positions: Vec<usize> = training.positions().collect();
    if positions.is_empty() {
        let error = Error::new(
            ErrorKind::Input,
            "the training text holds no token to predict",
        );
        return Err(error.way_out("give it some text"));
    }
    let asked = heldout.sample(options.heldout_limit);
    let mut learner = untrained(architecture, options, training);
    let mut best = Best::new(options.patience);
    let mut ending = Ending::Complete;
    for epoch in 1..=options.epochs {
        announce(progress, epoch, options.epochs, positions.len());
        positions.shuffle(&mut stream(options.seed, Purpose::Order, epoch as u64));
        let run = Run {
            epoch,
            options,
            progress,
        };
        let (training_loss, interrupted) = run.epoch(&mut learner, training, &positions)?;
        let heldout_loss = match asked.is_empty() {
            true => None,
            false => Some(run.finite(learner.network.loss(heldout, &asked))?),
        };
        let report = EpochReport {
            epoch,
            training_loss,
            heldout_loss,
        };
        progress.note(&line(&report, options.epochs));
        best.see(report, &learner.network);
        if interrupted {
            ending = Ending::Interrupted;
            break;
        }
        if best.waited_enough() {
            ending = Ending::NoLongerBetter;
            break;
        }
    }
    Ok(Trained {
        network: best.network.unwrap_or(learner.network),
        history: best.history,
        ending,
    })
}

fn check_text(text: &TrainingText, architecture: Architecture, name: &str) -> Result<()> {
    let beyond = |id: &&TokenId| id.index() >= architecture.vocabulary;
    match text.ids().iter().find(beyond) {
        None => Ok(()),
        Some(id) => Err(Error::new(
            ErrorKind::Model,
            format!(
                "the {name} text holds id {}, but the network has only {} tokens",
                id.0, architecture.vocabulary
            ),
        )
        .way_out("read the text with the vocabulary that the network is made for")),
    }
}

fn untrained(
    architecture: Architecture,
    options: &TrainingOptions,
    training: &TrainingText,
) -> Learner {
    let counts = count_targets(training.ids(), architecture.vocabulary);
    Learner::new(
        Network::untrained(architecture, &counts, options.seed),
        options.candidates(&counts),
        Dropout::new(options.dropout),
        options.left_mask,
        options.seed,
    )
}

fn announce(progress: &dyn Progress, epoch: usize, epochs: usize, examples: usize) {
    progress.stage(Stage {
        number: epoch,
        of: epochs,
        name: "train",
        unit: "tokens",
        total: Some(examples as u64),
    });
}

fn line(report: &EpochReport, epochs: usize) -> String {
    let EpochReport {
        epoch,
        training_loss,
        heldout_loss,
    } = report;
    let mut line = format!("epoch {epoch}/{epochs}  loss {training_loss:.3}");
    if let Some(loss) = heldout_loss {
        let perplexity = loss.exp();
        line += &format!("  held-out {loss:.3} nats  perplexity {perplexity:.1}");
    }
    line
}

/// One epoch on its way.
struct Run<'a> {
    epoch: usize,
    options: &'a TrainingOptions,
    progress: &'a dyn Progress,
}

impl Run<'_> {
    /// Learns from all positions in this order; gives the mean loss, and true if it was
    /// interrupted.
    fn epoch(
        &self,
        learner: &mut Learner,
        text: &TrainingText,
        positions: &[usize],
    ) -> Result<(f64, bool)> {
        let batches = positions.len().div_ceil(self.options.batch) as u64;
        let total = batches * self.options.epochs as u64;
        let before = batches * (self.epoch as u64 - 1);
        let (mut loss, mut seen) = (0.0, 0);
        for (t, batch) in (before + 1..).zip(positions.chunks(self.options.batch)) {
            if self.progress.should_stop() {
                return Ok((loss / (seen as f64).max(1.0), true));
            }
            loss += learner.step(text, batch, self.options.rate(t, total));
            self.finite(loss)?;
            seen += batch.len();
            self.progress.advance(batch.len() as u64);
        }
        Ok((loss / seen as f64, false))
    }

    fn finite(&self, loss: f64) -> Result<f64> {
        if loss.is_finite() {
            return Ok(loss);
        }
        let rate = self.options.learning_rate;
        Err(Error::new(
            ErrorKind::Model,
            format!(
                "the loss became {loss} in epoch {}: the learning rate {rate} is too high",
                self.epoch
            ),
        )
        .way_out(format!("try a tenth of it, {}", rate / 10.0)))
    }
}

/// The best epoch so far.
struct Best {
    history: Vec<EpochReport>,
    loss: f64,
    /// None as long as the last network is the best.
    network: Option<Network>,
    /// Epochs since the best one.
    waited: usize,
    patience: usize,
}

impl Best {
    fn new(patience: usize) -> Self {
        Best {
            history: Vec::new(),
            loss: f64::INFINITY,
            network: None,
            waited: 0,
            patience,
        }
    }

    fn see(&mut self, report: EpochReport, network: &Network) {
        self.history.push(report);
        let Some(loss) = report.heldout_loss else {
            return;
        };
        if loss < self.loss {
            self.loss = loss;
            self.network = Some(network.clone());
            self.waited = 0;
        } else {
            self.waited += 1;
        }
    }

    fn waited_enough(&self) -> bool {
        self.waited >= self.patience
    }
}
