//! Here is a text, give me a network that has learnt it.
//!
//! Each epoch reads all examples once, in a new order, a batch a step. After
//! each, the loss on held-out text is taken; the weights with the best one are
//! kept, and training ends early once that no longer falls.
//!
//! A training can be kept in a [checkpoint](super::checkpoint) file, from which
//! a later run goes on to the same bytes: what happens in a step depends on the
//! number of the step, never on the steps before it but through the parameters.

use std::path::Path;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::checkpoint::{self, Fingerprint};
use super::network::{Network, count_targets};
use super::options::TrainingOptions;
use super::random::{Purpose, stream};
use super::schedule::{Schedule, rate};
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
    /// How near Z is to one, if the network is self-normalised.
    pub normalisation: Option<Normalisation>,
}

/// How near to one Z = Σ exp z_v is after the contexts of held-out text (of the training text, if
/// none is held out): what a score without a softmax is wrong by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// The mean of |ln Z|, in nats.
    pub mean: f64,
    /// The largest |ln Z|, in nats.
    pub largest: f64,
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
    /// All epochs were done, or all the time was used.
    Complete,
    /// The held-out loss had stopped falling.
    NoLongerBetter,
    /// The watcher asked to stop.
    Interrupted,
}

/// Trains a network of this shape.
///
/// The outcome depends on the arguments alone, not on the number of threads,
/// unless the options give it a time. `heldout` may be empty: then nothing ends
/// the training early. If the watcher asks to stop, the best network so far is
/// given.
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
    train_in_parts(architecture, options, training, heldout, None, progress)
}

/// Trains as [`train`] does, and keeps the training in a file after each epoch and when it is
/// interrupted; if the file exists, the training goes on from there.
///
/// # Errors
/// As [`train`]; and if the file cannot be written, or is not that of the same training.
pub fn train_in_parts(
    architecture: Architecture,
    options: &TrainingOptions,
    training: &TrainingText,
    heldout: &TrainingText,
    checkpoint: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Trained> {
    architecture.check()?;
    options.check()?;
    check_text(training, architecture, "training")?;
    check_text(heldout, architecture, "held-out")?;
    if training.examples() == 0 {
        let error = Error::new(
            ErrorKind::Input,
            "the training text holds no token to predict",
        );
        return Err(error.way_out("give it some text"));
    }
    let counts = count_targets(training.ids(), architecture.vocabulary);
    let network = Network::untrained(architecture, &counts, options.seed);
    let mut state = State::new(Learner::new(network, options, &counts));
    let fingerprint = Fingerprint::of(architecture, options, training, heldout);
    if let Some(path) = checkpoint.filter(|path| path.exists()) {
        checkpoint::load(path, &fingerprint, &mut state)?;
        progress.note(&format!("going on from {}", path.display()));
    }
    let course = Course {
        options,
        training,
        heldout,
        asked: heldout.sample(options.heldout_limit),
        schedule: Schedule::new(options, steps(options, training), state.elapsed),
        progress,
    };
    let ending = course.run(&mut state, |state| match checkpoint {
        Some(path) => checkpoint::save(path, &fingerprint, state),
        None => Ok(()),
    })?;
    let mut network = state.best.network.unwrap_or(state.learner.network);
    let normalisation = (options.self_normalised > 0.0).then(|| {
        let text = if heldout.examples() > 0 {
            heldout
        } else {
            training
        };
        centre(&mut network, text, &text.sample(options.heldout_limit))
    });
    Ok(Trained {
        network,
        history: state.best.history,
        ending,
        normalisation,
    })
}

/// Takes the mean of ln Z from every logit, which changes no probability, and says how far from 0
/// ln Z still is.
fn centre(network: &mut Network, text: &TrainingText, positions: &[usize]) -> Normalisation {
    let ln_z = network.ln_z(text, positions);
    let count = ln_z.len() as f64;
    let shift = ln_z.iter().sum::<f64>() / count;
    let biases = network.output_bias.values_mut().iter_mut();
    biases.for_each(|bias| *bias -= shift as f32);
    let errors = ln_z.iter().map(|ln_z| (ln_z - shift).abs());
    Normalisation {
        mean: errors.clone().sum::<f64>() / count,
        largest: errors.fold(0.0, f64::max),
    }
}

/// How many steps make an epoch.
fn steps(options: &TrainingOptions, training: &TrainingText) -> u64 {
    training.examples().div_ceil(options.batch) as u64
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

/// A training under way: all that decides how it goes on.
pub(super) struct State {
    pub(super) learner: Learner,
    pub(super) best: Best,
    /// The epoch under way, from 1.
    pub(super) epoch: usize,
    /// How many of its batches are done.
    pub(super) batches: usize,
    /// The sum of their losses.
    pub(super) loss: f64,
    /// How long it has taken, if that counts.
    pub(super) elapsed: std::time::Duration,
}

impl State {
    fn new(learner: Learner) -> Self {
        State {
            learner,
            best: Best::default(),
            epoch: 1,
            batches: 0,
            loss: 0.0,
            elapsed: std::time::Duration::ZERO,
        }
    }
}

/// Why an epoch came to an end.
enum Epoch {
    Complete,
    Interrupted,
    OutOfTime,
}

/// What stays the same from epoch to epoch.
struct Course<'a> {
    options: &'a TrainingOptions,
    training: &'a TrainingText,
    heldout: &'a TrainingText,
    /// The held-out positions that are asked for.
    asked: Vec<usize>,
    schedule: Schedule,
    progress: &'a dyn Progress,
}

impl Course<'_> {
    /// Goes on until there is a reason to end; `keep` is given every state to go on from.
    fn run(&self, state: &mut State, keep: impl Fn(&State) -> Result<()>) -> Result<Ending> {
        loop {
            if self.schedule.share(state.learner.steps + 1) >= 1.0 {
                return Ok(Ending::Complete);
            }
            if self.options.seconds.is_none() && state.best.waited >= self.options.patience {
                return Ok(Ending::NoLongerBetter);
            }
            let epoch = self.learn(state)?;
            state.elapsed = self.schedule.elapsed();
            if let Epoch::Interrupted = epoch {
                keep(state)?;
            }
            self.judge(state)?;
            match epoch {
                Epoch::Interrupted => return Ok(Ending::Interrupted),
                Epoch::Complete | Epoch::OutOfTime => {
                    (state.epoch, state.batches, state.loss) = (state.epoch + 1, 0, 0.0);
                    keep(state)?;
                }
            }
        }
    }

    /// Learns from what is left of the epoch.
    fn learn(&self, state: &mut State) -> Result<Epoch> {
        let mut positions: Vec<usize> = self.training.positions().collect();
        let order = state.epoch as u64;
        positions.shuffle(&mut stream(self.options.seed, Purpose::Order, order));
        let left = &positions[(state.batches * self.options.batch).min(positions.len())..];
        self.progress.stage(Stage {
            number: state.epoch,
            of: match self.options.seconds {
                None => self.options.epochs,
                Some(_) => state.epoch,
            },
            name: "train",
            unit: "tokens",
            total: Some(left.len() as u64),
        });
        for batch in left.chunks(self.options.batch) {
            if self.progress.should_stop() {
                return Ok(Epoch::Interrupted);
            }
            let share = self.schedule.share(state.learner.steps + 1);
            if share >= 1.0 {
                return Ok(Epoch::OutOfTime);
            }
            let rate = rate(self.options, share);
            state.loss += state.learner.step(self.training, batch, rate);
            self.finite(state.loss, state.epoch)?;
            state.batches += 1;
            self.progress.advance(batch.len() as u64);
        }
        Ok(Epoch::Complete)
    }

    /// Takes the held-out loss, says it, and keeps the network if it is the best; an epoch that
    /// has not begun has none.
    fn judge(&self, state: &mut State) -> Result<()> {
        let seen = (state.batches * self.options.batch).min(self.training.examples());
        if seen == 0 {
            return Ok(());
        }
        let network = &state.learner.network;
        let heldout_loss = match self.asked.is_empty() {
            true => None,
            false => Some(self.finite(network.loss(self.heldout, &self.asked), state.epoch)?),
        };
        let report = EpochReport {
            epoch: state.epoch,
            training_loss: state.loss / seen as f64,
            heldout_loss,
        };
        self.progress.note(&self.line(&report));
        let guessing = (network.architecture().vocabulary as f64).ln();
        if report.training_loss > guessing {
            self.progress.warn(Warning::Other(format!(
                "a loss of {:.2} is worse than guessing ({guessing:.2}); a learning rate below {} may help",
                report.training_loss, self.options.learning_rate
            )));
        }
        state.best.see(report, network);
        Ok(())
    }

    /// What is said after an epoch.
    fn line(&self, report: &EpochReport) -> String {
        let EpochReport {
            epoch,
            training_loss,
            heldout_loss,
        } = report;
        let of = match self.options.seconds {
            None => format!("/{}", self.options.epochs),
            Some(_) => String::new(),
        };
        let mut line = format!("epoch {epoch}{of}  loss {training_loss:.3}");
        if let Some(loss) = heldout_loss {
            let perplexity = loss.exp();
            line += &format!("  held-out {loss:.3} nats  perplexity {perplexity:.1}");
        }
        line
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
pub(super) struct Best {
    pub(super) history: Vec<EpochReport>,
    /// Its network; none as long as the last network is the best.
    pub(super) network: Option<Network>,
    /// Epochs since.
    pub(super) waited: usize,
}

impl Best {
    /// The lowest held-out loss.
    fn loss(&self) -> f64 {
        let losses = self.history.iter().filter_map(|epoch| epoch.heldout_loss);
        losses.fold(f64::INFINITY, f64::min)
    }

    fn see(&mut self, report: EpochReport, network: &Network) {
        if let Some(loss) = report.heldout_loss {
            if loss < self.loss() {
                self.network = Some(network.clone());
                self.waited = 0;
            } else {
                self.waited += 1;
            }
        }
        self.history.push(report);
    }
}
