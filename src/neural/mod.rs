//! Here are ids, give me weights.
mod adam;
mod architecture;
mod block;
mod candidates;
mod elementary;
mod forward;
mod gradients;
mod matrix;
mod model;
mod network;
mod options;
mod random;
mod step;
mod text;
mod training;
mod window;

pub use architecture::Architecture;
pub use forward::Question;
pub use model::NeuralModel;
pub use network::{Network, TENSORS};
pub use options::{Softmax, TrainingOptions};
pub use text::TrainingText;
pub use training::{Ending, EpochReport, Trained, train};

#[cfg(test)]
mod gradient_check;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;
