//! Here is a shape, give me a network's parameters, and back as named tensors.

use rand::RngExt;

use super::architecture::Architecture;
use super::inputs::Echoes;
use super::layer::Layer;
use super::matrix::Matrix;
use super::random::{Purpose, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// The parameters of an n-gram network.
///
/// | tensor | shape | what it is |
/// |---|---|---|
/// | `embeddings` | (V+1+G) × E | a row a token, one for "no token here", and those that n-grams share |
/// | `layer1.weights` | (C+K)·E × H | from the embeddings of the context to the hidden units |
/// | `layer`l`.weights` | H × H | from hidden units to hidden units |
/// | `layer`l`.gain`, `.bias` | 1 × H | what layer norm scales by and adds |
/// | `projection` | H × E | from the hidden units to a place among the embeddings |
/// | `output.weights` | V × E | a row a token, to be multiplied with that place; the embeddings if tied |
/// | `output.bias` | V × 1 | |
///
/// `<s>` has a row in the output layer like all others, which is never read.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub(super) architecture: Architecture,
    pub(super) echoes: Echoes,
    pub(super) embeddings: Matrix,
    pub(super) layers: Vec<Layer>,
    pub(super) projection: Matrix,
    /// None if the output weights are the embeddings.
    pub(super) own_output: Option<Matrix>,
    pub(super) output_bias: Matrix,
}

impl Network {
    /// A network that has learnt nothing but how frequent each token is.
    ///
    /// The output bias is ln (c + 1) / (N + V), and the projection is small, so that training
    /// starts at the unigram distribution and not by finding it. Embeddings are uniform with a
    /// deviation of 0.1, those of n-grams 0 (so one never met adds nothing), weights with one over the root of what enters them, the projection with a
    /// tenth of that; gains are 1 and their biases 0.
    ///
    /// # Panics
    /// If the shape was not [checked](Architecture::check), or `counts` is not as long as the
    /// vocabulary.
    pub(super) fn untrained(architecture: Architecture, counts: &[u64], seed: u64) -> Self {
        assert_eq!(counts.len(), architecture.vocabulary, "a count a token");
        let mut rng = stream(seed, Purpose::Weights, 0);
        let mut uniform = |rows: usize, cols: usize, deviation: f32| -> Vec<f32> {
            let bound = deviation * 3f32.sqrt();
            let mut draw = || bound * (2.0 * rng.random::<f32>() - 1.0);
            (0..rows * cols).map(|_| draw()).collect()
        };
        let total = (counts.iter().sum::<u64>() + counts.len() as u64) as f32;
        let share = |&count: &u64| ((count + 1) as f32 / total).ln();
        let tensors = architecture.tensors();
        let tensors = tensors.iter().map(|(name, rows, cols)| {
            let fan_in = (*rows as f32).sqrt().recip();
            let values = match name.as_str() {
                "embeddings" => {
                    let tokens = architecture.vocabulary + 1;
                    let mut values = uniform(tokens, *cols, 0.1);
                    values.resize(rows * cols, 0.0);
                    values
                }
                "output.weights" => uniform(*rows, *cols, 0.1),
                "projection" => uniform(*rows, *cols, 0.1 * fan_in),
                "output.bias" => counts.iter().map(share).collect(),
                name if name.ends_with(".gain") => vec![1.0; rows * cols],
                name if name.ends_with(".bias") => vec![0.0; rows * cols],
                _ => uniform(*rows, *cols, fan_in),
            };
            Matrix::from_values(*rows, *cols, values)
        });
        Network::from_matrices(architecture, tensors)
    }

    /// The shape.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The tensors by name, each in rows: what to store.
    pub fn tensors(&self) -> Vec<(String, &[f32])> {
        let names = self.architecture.tensors().into_iter();
        let values = self.matrices().into_iter().map(Matrix::values);
        names.map(|(name, ..)| name).zip(values).collect()
    }

    /// The embeddings: a row of E numbers for each token, one for "no token here", and those that
    /// n-grams share.
    pub fn embeddings(&self) -> &[f32] {
        self.embeddings.values()
    }

    /// The output weights: a row of E numbers for each token.
    pub(super) fn output_weights(&self) -> &Matrix {
        self.own_output.as_ref().unwrap_or(&self.embeddings)
    }

    /// All tensors, in the order of their names.
    pub(super) fn matrices(&self) -> Vec<&Matrix> {
        let layers = self.layers.iter();
        let layers = layers.flat_map(|layer| [&layer.weights, &layer.gain, &layer.bias]);
        let first = std::iter::once(&self.embeddings).chain(layers);
        let output = std::iter::once(&self.projection).chain(&self.own_output);
        first.chain(output).chain([&self.output_bias]).collect()
    }

    /// A network from its stored tensors, in any order, checked: each is there once, has its
    /// shape's length, and holds only finite numbers.
    pub fn from_tensors(architecture: Architecture, tensors: &[(&str, &[f32])]) -> Result<Self> {
        architecture.check()?;
        let expected = architecture.tensors();
        let known = |name: &str| expected.iter().any(|(other, ..)| other == name);
        if let Some((name, _)) = tensors.iter().find(|(name, _)| !known(name)) {
            return Err(broken(format!("unknown tensor `{name}`")));
        }
        let mut matrices = Vec::with_capacity(expected.len());
        for (name, rows, cols) in &expected {
            let values = only(tensors, name)?;
            check_tensor(name, values, *rows, *cols)?;
            matrices.push(Matrix::from_values(*rows, *cols, values.to_vec()));
        }
        Ok(Network::from_matrices(architecture, matrices))
    }

    fn from_matrices(
        architecture: Architecture,
        matrices: impl IntoIterator<Item = Matrix>,
    ) -> Self {
        let mut matrices = matrices.into_iter();
        let mut next = || matrices.next().expect("a matrix for each tensor");
        Network {
            architecture,
            echoes: Echoes::of(&architecture),
            embeddings: next(),
            layers: (0..architecture.layers)
                .map(|_| Layer {
                    weights: next(),
                    gain: next(),
                    bias: next(),
                })
                .collect(),
            projection: next(),
            own_output: (!architecture.tied).then(&mut next),
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

/// No weight is larger: training brings none near it, and below it no square of a sum of products
/// leaves what an `f32` can hold, so that every answer is a number.
const LARGEST_WEIGHT: f32 = 1e6;

fn check_tensor(name: &str, values: &[f32], rows: usize, cols: usize) -> Result<()> {
    if values.len() != rows * cols {
        return Err(broken(format!(
            "tensor `{name}` should hold {rows} × {cols} = {} numbers, got {}",
            rows * cols,
            values.len()
        )));
    }
    let sound = -LARGEST_WEIGHT..=LARGEST_WEIGHT;
    match values.iter().position(|value| !sound.contains(value)) {
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

    fn small(tied: bool) -> Network {
        let architecture = Architecture {
            context: 2,
            echoes: 1,
            reach: 3,
            embedding: 3,
            ngrams: 1,
            buckets: 0,
            hidden: 4,
            layers: 2,
            tied,
            vocabulary: 5,
        };
        Network::untrained(architecture, &[1, 0, 2, 3, 4], 9)
    }

    fn borrowed(tensors: &[(String, Vec<f32>)]) -> Vec<(&str, &[f32])> {
        let tensors = tensors.iter();
        tensors
            .map(|(name, values)| (name.as_str(), &values[..]))
            .collect()
    }

    fn owned(network: &Network) -> Vec<(String, Vec<f32>)> {
        let tensors = network.tensors().into_iter();
        tensors
            .map(|(name, values)| (name, values.to_vec()))
            .collect()
    }

    #[test]
    fn tensors_go_round() {
        for network in [small(true), small(false)] {
            let mut tensors = owned(&network);
            tensors.reverse();
            let again = Network::from_tensors(network.architecture(), &borrowed(&tensors));
            assert_eq!(again.unwrap(), network);
        }
    }

    #[test]
    fn broken_tensors_are_refused() {
        let network = small(true);
        let refused = |tensors: &[(String, Vec<f32>)], why: &str| {
            let tensors = borrowed(tensors);
            let error = Network::from_tensors(network.architecture(), &tensors).unwrap_err();
            assert!(error.what().contains(why), "{error}");
        };
        let good = owned(&network);
        refused(&good[1..], "missing");
        refused(&[&good[..], &good[..1]].concat(), "twice");
        refused(&[&good[..], &[("x".into(), vec![])]].concat(), "unknown");
        let mut damaged = good.clone();
        damaged[4].1.pop();
        refused(&damaged, "should hold 4 × 4 = 16 numbers, got 15");
        damaged = good;
        damaged[1].1[6] = f32::INFINITY;
        refused(&damaged, "inf at row 1, column 2");
    }

    #[test]
    fn the_seed_decides_the_weights() {
        let other = Network::untrained(small(true).architecture(), &[0; 5], 10);
        assert_eq!(small(true), small(true));
        assert_ne!(small(true).embeddings, other.embeddings);
    }
}
