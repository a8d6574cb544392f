//! Here is a network; let me look inside, and try what another weight would do.
//!
//! What is asked here is true of any network that has embeddings, a last hidden
//! layer, and logits that are sums over it, whatever lies between.

use super::block::{Block, Dropouts};
use super::elementary::dot;
use super::network::Network;
use super::random::{Purpose, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// The tokens a network sees, oldest first; `None` is "no token here".
pub type Window = Vec<Option<TokenId>>;

/// A tensor of a network, in rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'n> {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: usize,
    /// How many numbers a row has.
    pub cols: usize,
    /// All its numbers, row by row.
    pub values: &'n [f32],
}

/// One weight, and what is added to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The tensor's name.
    pub tensor: String,
    /// Which row, from 0.
    pub row: usize,
    /// Which number of the row, from 0.
    pub col: usize,
    /// What is added.
    pub by: f32,
}

impl Network {
    /// Its tensors, with their shapes.
    pub fn parts(&self) -> Vec<Tensor<'_>> {
        let shapes = self.architecture.tensors();
        let parts = self.tensors().into_iter().zip(shapes);
        parts
            .map(|((name, values), (_, rows, cols))| Tensor {
                name,
                rows,
                cols,
                values,
            })
            .collect()
    }

    /// The place of a token among the embeddings: E numbers.
    ///
    /// # Panics
    /// If the id is not in the vocabulary.
    pub fn embedding(&self, token: TokenId) -> &[f32] {
        assert!(token.index() < self.architecture.vocabulary);
        self.embeddings.row(token.index())
    }

    /// How many tokens it sees.
    pub fn window_len(&self) -> usize {
        self.architecture.window()
    }

    /// The units of the last hidden layer for each window: H numbers.
    ///
    /// # Panics
    /// If a window is not as long as the network sees, or an id is not in the vocabulary.
    pub fn units(&self, windows: &[Window]) -> Vec<Vec<f32>> {
        let mut slots = Vec::with_capacity(windows.len() * self.window_len());
        for window in windows {
            assert_eq!(window.len(), self.window_len(), "a token or none a slot");
            let row = |token: &Option<TokenId>| match token {
                Some(token) => token.index(),
                None => self.architecture.vocabulary,
            };
            slots.extend(window.iter().map(|token| row(token) as u32));
        }
        let mut block = Block {
            windows: slots,
            ..Block::default()
        };
        block.forward(self, &Dropouts::OFF, &mut stream(0, Purpose::Dropout, 0));
        block.hidden().each_row().map(<[f32]>::to_vec).collect()
    }

    /// What each unit of the last hidden layer adds to a token's logit, for each 1 that it is; and
    /// what is added in any case.
    ///
    /// # Panics
    /// If the id is not in the vocabulary.
    pub fn pull(&self, token: TokenId) -> (Vec<f32>, f32) {
        let output = self.output_weights().row(token.index());
        let pulls = self.projection.each_row().map(|row| dot(row, output));
        (pulls.collect(), self.output_bias.values()[token.index()])
    }

    /// A network that differs in some weights.
    ///
    /// # Errors
    /// If there is no such tensor or place in it, or the sum is no finite number.
    pub fn changed(&self, changes: &[Change]) -> Result<Network> {
        let parts = self.parts();
        let mut values: Vec<Vec<f32>> = parts.iter().map(|part| part.values.to_vec()).collect();
        for change in changes {
            let (number, place) = find(&parts, change)?;
            values[number][place] += change.by;
        }
        let tensors = parts.iter().zip(&values);
        let tensors: Vec<(&str, &[f32])> = tensors
            .map(|(part, values)| (part.name.as_str(), &values[..]))
            .collect();
        Network::from_tensors(self.architecture, &tensors)
    }
}

/// The number of a tensor, and the place in it.
fn find(parts: &[Tensor], change: &Change) -> Result<(usize, usize)> {
    let refuse = |what: String| Error::new(ErrorKind::Usage, what);
    let Change {
        tensor, row, col, ..
    } = change;
    let Some(number) = parts.iter().position(|part| part.name == *tensor) else {
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        return Err(refuse(format!("the network has no tensor '{tensor}'"))
            .way_out(format!("there are {}", names.join(", "))));
    };
    let (rows, cols) = (parts[number].rows, parts[number].cols);
    if *row >= rows || *col >= cols {
        let what = format!("row {row}, column {col} lie outside '{tensor}'");
        return Err(refuse(what).way_out(format!("it has {rows} rows of {cols}, counted from 0")));
    }
    Ok((number, row * cols + col))
}
