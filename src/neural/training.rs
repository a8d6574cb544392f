//! Here is a text, give me a network that has learnt it.
//!
//! Each epoch reads all examples once, in a new order, a batch a step. After
//! each, the loss on held-out text is taken; the weights with the best one are
//! kept, and training ends early once that no longer falls.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::network::{Network, count_targets};
use super::options::TrainingOptions;
use super::random::{Purpose, stream};
use super::step::Learner;
use super::text::TrainingText;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Stage};
use crate::token::TokenId;
use crate::warning::Warning;

/// What training gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network: that of the best epoch if there was held-out text, else that of the last.
    pub network: Network,
    /// What each epoch came to, an interrupted one included if it had begun.
    pub history: Vec<EpochReport>,
    /// Why it ended.
    pub ending: Ending,
}

/// What one epoch came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    let course = Course {
        options,
        training,
        heldout,
        asked: heldout.sample(options.heldout_limit),
        progress,
    };
    let mut learner = course.untrained(architecture);
    let mut best = Best::default();
    let mut ending = Ending::Complete;
    for epoch in 1..=options.epochs {
        positions.shuffle(&mut stream(options.seed, Purpose::Order, epoch as u64));
        let reached = course.learn(&mut learner, epoch, &positions)?;
        if let Some(loss) = reached.loss {
            let report = course.report(&learner.network, epoch, loss)?;
            best.see(report, &learner.network);
        }
        if reached.interrupted {
            ending = Ending::Interrupted;
            break;
        }
        if best.waited >= options.patience {
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

/// What stays the same from epoch to epoch.
struct Course<'a> {
    options: &'a TrainingOptions,
    training: &'a TrainingText,
    heldout: &'a TrainingText,
    /// The held-out positions that are asked for.
    asked: Vec<usize>,
    progress: &'a dyn Progress,
}

/// How far an epoch came.
struct Reached {
    /// The mean loss of the examples that were seen, if any were.
    loss: Option<f64>,
    interrupted: bool,
}

impl Course<'_> {
    fn untrained(&self, architecture: Architecture) -> Learner {
        let options = self.options;
        let counts = count_targets(self.training.ids(), architecture.vocabulary);
        Learner::new(
            Network::untrained(architecture, &counts, options.seed),
            options,
            &counts,
        )
    }

    /// Learns from all positions in this order.
    fn learn(&self, learner: &mut Learner, epoch: usize, positions: &[usize]) -> Result<Reached> {
        self.progress.stage(Stage {
            number: epoch,
            of: self.options.epochs,
            name: "train",
            unit: "tokens",
            total: Some(positions.len() as u64),
        });
        let batches = positions.len().div_ceil(self.options.batch) as u64;
        let total = batches * self.options.epochs as u64;
        let first = batches * (epoch as u64 - 1) + 1;
        let (mut loss, mut seen, mut interrupted) = (0.0, 0, false);
        for (t, batch) in (first..).zip(positions.chunks(self.options.batch)) {
            interrupted = self.progress.should_stop();
            if interrupted {
                break;
            }
            loss += learner.step(self.training, batch, self.options.rate(t, total));
            self.finite(loss, epoch)?;
            seen += batch.len();
            self.progress.advance(batch.len() as u64);
        }
        Ok(Reached {
            loss: (seen > 0).then(|| loss / seen as f64),
            interrupted,
        })
    }

    fn report(&self, network: &Network, epoch: usize, training_loss: f64) -> Result<EpochReport> {
        let heldout_loss = match self.asked.is_empty() {
            true => None,
            false => Some(self.finite(network.loss(self.heldout, &self.asked), epoch)?),
        };
        let report = EpochReport {
            epoch,
            training_loss,
            heldout_loss,
        };
        self.progress.note(&line(&report, self.options.epochs));
        let guessing = (network.architecture().vocabulary as f64).ln();
        if training_loss > guessing {
            self.progress.warn(Warning::Other(format!(
                "a loss of {training_loss:.2} is worse than guessing ({guessing:.2}); a learning rate below {} may help",
                self.options.learning_rate
            )));
        }
        Ok(report)
    }

    fn finite(&self, loss: f64, epoch: usize) -> Result<f64> {
        if loss.is_finite() {
            return Ok(loss);
        }
        let rate = self.options.learning_rate;
        let what = format!(
            "the loss became {loss} in epoch {epoch}: the learning rate {rate} is too high"
        );
        Err(Error::new(ErrorKind::Model, what)
            .way_out(format!("try a tenth of it, {}", rate / 10.0)))
    }
}

/// The best epoch so far.
#[derive(Default)]
struct Best {
    history: Vec<EpochReport>,
    /// Its held-out loss and its network; none as long as the last network is the best.
    loss: Option<f64>,
    network: Option<Network>,
    /// Epochs since.
    waited: usize,
}

impl Best {
    fn see(&mut self, report: EpochReport, network: &Network) {
        self.history.push(report);
        let Some(loss) = report.heldout_loss else {
            return;
        };
        if self.loss.is_none_or(|best| loss < best) {
            self.loss = Some(loss);
            self.network = Some(network.clone());
            self.waited = 0;
        } else {
            self.waited += 1;
        }
    }
}
