//! Here is a shape, give me a network's parameters, and back as named tensors.

use rand::RngExt;

use super::architecture::Architecture;
use super::matrix::Matrix;
use super::random::{Purpose, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// The names of a network's tensors, in order.
pub const TENSORS: [&str; 5] = [
    "embeddings",
    "hidden.weights",
    "hidden.bias",
    "output.weights",
    "output.bias",
];

/// The parameters of an n-gram network: five tensors.
///
/// | tensor | shape | what it is |
/// |---|---|---|
/// | `embeddings` | (V+1) × E | a row a token; the last row is "no token here" |
/// | `hidden.weights` | C·E × H | from the embeddings of the context to the hidden units |
/// | `hidden.bias` | 1 × H | |
/// | `output.weights` | V × H | a row a token, to be multiplied with the hidden units |
/// | `output.bias` | V × 1 | |
///
/// `<s>` has a row in the output layer like all others, which is never read.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub(super) architecture: Architecture,
    pub(super) embeddings: Matrix,
    pub(super) hidden_weights: Matrix,
    pub(super) hidden_bias: Matrix,
    pub(super) output_weights: Matrix,
    pub(super) output_bias: Matrix,
}

impl Network {
    /// A network that has learnt nothing but how frequent each token is.
    ///
    /// The output bias is ln (c + 1) / (N + V), so that training starts at the
    /// unigram distribution and not by finding it. The weights are small and
    /// uniform: the embeddings in ±0.1·√3 (a deviation of 0.1), the hidden
    /// weights in ±√(3 / C·E), the output weights, which would only add noise
    /// to the unigrams, in ±0.1·√(3 / H).
    ///
    /// # Panics
    /// If the shape was not [checked](Architecture::check), or `counts` is not as long as the
    /// vocabulary.
    pub(super) fn untrained(architecture: Architecture, counts: &[u64], seed: u64) -> Self {
        let shapes = architecture.shapes().expect("a checked shape");
        let (inputs, hidden) = (architecture.inputs() as f32, architecture.hidden as f32);
        let deviations = [0.1, inputs.sqrt().recip(), 0.0, 0.1 / hidden.sqrt(), 0.0];
        let mut rng = stream(seed, Purpose::Weights, 0);
        let tensors = shapes
            .iter()
            .zip(deviations)
            .map(|((rows, cols), deviation)| {
                let bound = deviation * 3f32.sqrt();
                let mut draw = || bound * (2.0 * rng.random::<f32>() - 1.0);
                let values = (0..rows * cols).map(|_| draw()).collect();
                Matrix::from_values(*rows, *cols, values)
            });
        let mut network = Network::from_matrices(architecture, tensors);
        assert_eq!(counts.len(), architecture.vocabulary, "a count a token");
        let total: u64 = counts.iter().sum();
        let smoothed_total = (total + counts.len() as u64) as f32;
        let bias = network.output_bias.values_mut().iter_mut();
        for (bias, &count) in bias.zip(counts) {
            *bias = ((count + 1) as f32 / smoothed_total).ln();
        }
        network
    }

    /// The shape.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The tensors by name, each in rows: what to store.
    pub fn tensors(&self) -> [(&'static str, &[f32]); 5] {
        let matrices = [
            &self.embeddings,
            &self.hidden_weights,
            &self.hidden_bias,
            &self.output_weights,
            &self.output_bias,
        ];
        std::array::from_fn(|i| (TENSORS[i], matrices[i].values()))
    }

    /// A network from its stored tensors, in any order, checked: each is there once, has its
    /// shape's length, and holds only finite numbers.
    pub fn from_tensors(architecture: Architecture, tensors: &[(&str, &[f32])]) -> Result<Self> {
        architecture.check()?;
        let shapes = architecture.shapes().expect("checked above");
        if let Some((name, _)) = tensors.iter().find(|(name, _)| !TENSORS.contains(name)) {
            return Err(broken(format!("unknown tensor `{name}`")));
        }
        let mut matrices = Vec::with_capacity(TENSORS.len());
        for (name, (rows, cols)) in TENSORS.iter().zip(shapes) {
            let values = only(tensors, name)?;
            check_tensor(name, values, rows, cols)?;
            matrices.push(Matrix::from_values(rows, cols, values.to_vec()));
        }
        Ok(Network::from_matrices(architecture, matrices))
    }

    fn from_matrices(
        architecture: Architecture,
        matrices: impl IntoIterator<Item = Matrix>,
    ) -> Self {
        let mut matrices = matrices.into_iter();
        let mut next = || matrices.next().expect("five tensors");
        Network {
            architecture,
            embeddings: next(),
            hidden_weights: next(),
            hidden_bias: next(),
            output_weights: next(),
            output_bias: next(),
        }
    }
}

fn only<'t>(tensors: &[(&str, &'t [f32])], name: &str) -> Result<&'t [f32]> {
    let mut found = tensors.iter().filter(|(other, _)| *other == name);
    match (found.next(), found.next()) {
        (Some((_, values)), None) => Ok(values),
        (None, _) => Err(broken(format!("tensor `{name}` is missing"))),
        (Some(_), Some(_)) => Err(broken(format!("tensor `{name}` is there twice"))),
    }
}

fn check_tensor(name: &str, values: &[f32], rows: usize, cols: usize) -> Result<()> {
    if values.len() != rows * cols {
        return Err(broken(format!(
            "tensor `{name}` should hold {rows} × {cols} = {} numbers, got {}",
            rows * cols,
            values.len()
        )));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(broken(format!(
            "tensor `{name}` holds {} at row {}, column {}",
            values[place],
            place / cols,
            place % cols
        ))),
        None => Ok(()),
    }
}

fn broken(what: String) -> Error {
    Error::new(ErrorKind::Corrupt, format!("network: {what}"))
        .way_out("the model file is damaged; train it again, or fetch another copy")
}

/// How often each token is to be predicted; `<s>` never is.
///
/// # Panics
/// If an id is not below `vocabulary`.
pub(super) fn count_targets(ids: &[TokenId], vocabulary: usize) -> Vec<u64> {
    let mut counts = vec![0; vocabulary];
    for id in ids {
        counts[id.index()] += 1;
    }
    counts[TokenId::START.index()] = 0;
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Network {
        let architecture = Architecture {
            context: 2,
            embedding: 3,
            hidden: 4,
            vocabulary: 5,
        };
        Network::untrained(architecture, &[1, 0, 2, 3, 4], 9)
    }

    #[test]
    fn tensors_go_round() {
        let network = small();
        let mut tensors = network.tensors().to_vec();
        tensors.reverse();
        let again = Network::from_tensors(network.architecture(), &tensors).unwrap();
        assert_eq!(again, network);
    }

    #[test]
    fn broken_tensors_are_refused() {
        let network = small();
        let refused = |tensors: &[(&str, &[f32])], why: &str| {
            let error = Network::from_tensors(network.architecture(), tensors).unwrap_err();
            assert!(error.what().contains(why), "{error}");
        };
        let good = network.tensors();
        refused(&good[1..], "missing");
        refused(&[&good[..], &good[..1]].concat(), "twice");
        refused(&[&good[..], &[("x", &[])]].concat(), "unknown");
        let mut short = good;
        short[3].1 = &short[3].1[1..];
        refused(&short, "should hold 5 × 4 = 20 numbers, got 19");
        let mut infinite = good[1].1.to_vec();
        infinite[6] = f32::INFINITY;
        let mut damaged = good;
        damaged[1].1 = &infinite;
        refused(&damaged, "inf at row 1, column 2");
    }

    #[test]
    fn the_seed_decides_the_weights() {
        let other = Network::untrained(small().architecture(), &[0; 5], 10);
        assert_eq!(small(), small());
        assert_ne!(small().embeddings, other.embeddings);
    }
}
