//! Here is a self-normalised network, give me scores without a softmax, a token at a time.
//!
//! A network that was trained to keep Z near one (see `block`) need not know Z:
//!
//! ```text
//! ln p(v) = z_v − ln Z ≈ z_v
//! ```
//!
//! What is left is to make one logit quickly, and most of that can be computed
//! before anything is asked (Devlin et al. 2014):
//!
//! ```text
//! s    = Σ_c T_c[w_c] + Σ_k q_k      T_c[w] = e(w)·W₁ in the rows of slot or echo c
//! q_k  ← f_k·(q_k − l_k(R−1)·T_k[w out of reach]) + l_k(0)·T_k[w that leaves the slots]
//! z_v  = h·U[v] + b_v                U[v] = P·W[v]
//! ```
//!
//! so that the widest product, the first, is a sum of rows of tables; an echo
//! takes its next step in the space of the hidden units, where it fades as it
//! does among the embeddings; and the projection is in the output already. The
//! other hidden layers are computed as they are. The tables are (C + K) times
//! as large as the embeddings would be with H numbers each: they buy
//! microseconds with memory, and are made only for whoever asks for scores.
//!
//! Embeddings of n-grams have no tables; a network with those is asked in the
//! usual way, which is quick for the small vocabularies that they are for.

use rayon::prelude::*;

use super::architecture::Architecture;
use super::elementary::{add_scaled, dot, scale};
use super::inputs;
use super::matrix::{Matrix, View, multiply};
use super::network::Network;
use crate::token::TokenId;

/// Tokens whose products are computed together.
const TOKENS: usize = 256;

/// A score: an approximate ln p in nats, which is good for ranking, and whose exponentials do not
/// quite sum to one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Logit(pub f64);

/// A network with its products computed beforehand.
pub struct Lookup<'n> {
    network: &'n Network,
    /// T: a row for each token and for "no token here", of H numbers for each slot from the oldest,
    /// then for each echo. A token is met in slot after slot, so what is next of it lies near.
    table: Option<Matrix>,
    /// U: a row of H numbers for each token.
    pulls: Matrix,
}

impl<'n> Lookup<'n> {
    /// Computes the products.
    pub fn of(network: &'n Network) -> Self {
        let shape = network.architecture;
        let mut pulls = Matrix::zeros(shape.vocabulary, shape.hidden);
        let output = network.output_weights().view().rows(0..shape.vocabulary);
        let projection = network.projection.view().transposed();
        multiply(output, projection, pulls.values_mut());
        Lookup {
            network,
            table: (shape.ngrams == 1).then(|| products(network)),
            pulls,
        }
    }

    /// A reader that goes on token by token, at first with the empty context.
    pub fn reader(&self) -> Reader<'_> {
        let shape = &self.network.architecture;
        Reader {
            lookup: self,
            window: vec![shape.vocabulary as u32; shape.window()],
            echoes: Matrix::zeros(shape.echoes.max(1), shape.hidden),
            hidden: None,
        }
    }
}

/// T: each token's embedding times the rows of W₁ for each slot and echo.
fn products(network: &Network) -> Matrix {
    let shape = &network.architecture;
    let (width, hidden) = (shape.embedding, shape.hidden);
    let slots = shape.context + shape.echoes;
    let mut side_by_side = Matrix::zeros(width, slots * hidden);
    for (number, row) in network.layers[0].weights.each_row().enumerate() {
        let (slot, place) = (number / width, number % width);
        side_by_side.row_mut(place)[slot * hidden..][..hidden].copy_from_slice(row);
    }
    let mut table = Matrix::zeros(shape.vocabulary + 1, slots * hidden);
    let rows = table.values_mut().par_chunks_mut(TOKENS * slots * hidden);
    let embeddings = network.embeddings.values().par_chunks(TOKENS * width);
    rows.zip(embeddings).for_each(|(rows, embeddings)| {
        multiply(View::new(embeddings, width), side_by_side.view(), rows);
    });
    table
}

/// The H numbers of a token in one slot.
fn part(table: &Matrix, token: u32, slot: usize, hidden: usize) -> &[f32] {
    &table.row(token as usize)[slot * hidden..][..hidden]
}

/// A position in a text that is being read.
pub struct Reader<'l> {
    lookup: &'l Lookup<'l>,
    /// What is seen, oldest first.
    window: Vec<u32>,
    /// q, a row an echo.
    echoes: Matrix,
    /// h, once it was asked for.
    hidden: Option<Vec<f32>>,
}

impl Reader<'_> {
    /// Forgets everything: the empty context.
    pub fn reset(&mut self) {
        let none = self.shape().vocabulary as u32;
        self.window.fill(none);
        self.echoes.values_mut().fill(0.0);
        self.hidden = None;
    }

    /// Reads one token on.
    ///
    /// # Panics
    /// If the id is not in the vocabulary.
    pub fn push(&mut self, token: TokenId) {
        let shape = *self.shape();
        assert!(token.index() < shape.vocabulary, "{token:?}");
        if token == TokenId::START {
            self.reset();
        }
        self.fade(&shape);
        self.window.rotate_left(1);
        self.window[shape.window() - 1] = token.0;
        self.hidden = None;
    }

    /// The echoes' next step: their oldest token is no longer heard, the oldest of the slots is.
    fn fade(&mut self, shape: &Architecture) {
        let Some(table) = &self.lookup.table else {
            return;
        };
        let none = shape.vocabulary as u32;
        let loudness = &self.lookup.network.echoes.loudness;
        let each = self.echoes.each_row_mut().zip(loudness).enumerate();
        for (k, (echo, loudness)) in each {
            let product = |token: u32| part(table, token, shape.context + k, shape.hidden);
            let (first, last) = (loudness[0], loudness[shape.reach - 1]);
            if self.window[0] != none {
                add_scaled(echo, -last, product(self.window[0]));
            }
            scale(echo, loudness.get(1).map_or(0.0, |second| second / first));
            let enters = self.window[shape.reach];
            if enters != none {
                add_scaled(echo, first, product(enters));
            }
        }
    }

    /// The logit of a token, after what was read; −∞ for `<s>`.
    ///
    /// # Panics
    /// If the id is not in the vocabulary.
    pub fn score(&mut self, token: TokenId) -> Logit {
        if token == TokenId::START {
            return Logit(f64::NEG_INFINITY);
        }
        let hidden = match self.hidden.take() {
            Some(hidden) => hidden,
            None => self.lookup.network.last_units(self.sums()),
        };
        let bias = self.lookup.network.output_bias.values()[token.index()];
        let logit = dot(&hidden, self.lookup.pulls.row(token.index())) + bias;
        self.hidden = Some(hidden);
        Logit(f64::from(logit))
    }

    /// s of the first layer.
    fn sums(&self) -> Vec<f32> {
        let (network, shape) = (self.lookup.network, self.shape());
        let Some(table) = &self.lookup.table else {
            let mut inputs = Matrix::zeros(1, shape.inputs());
            let embeddings = &network.embeddings;
            inputs::look_up(
                shape,
                &network.echoes,
                embeddings,
                &self.window,
                &mut inputs,
            );
            return network.layers[0].weights.times(inputs.values());
        };
        let mut sums = vec![0.0; shape.hidden];
        let slots = &self.window[shape.reach..];
        for (slot, &token) in slots.iter().enumerate() {
            add_scaled(&mut sums, 1.0, part(table, token, slot, shape.hidden));
        }
        for echo in self.echoes.each_row().take(shape.echoes) {
            add_scaled(&mut sums, 1.0, echo);
        }
        sums
    }

    fn shape(&self) -> &Architecture {
        &self.lookup.network.architecture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::gradient_check::{NGRAMS, SHAPE, UNTIED, network};
    use crate::prob::log_sum_exp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scores_are_the_logits_of_the_network(
            seed: u64, text in proptest::collection::vec(0u32..SHAPE.vocabulary as u32, 0..70)
        ) {
            let silent = Architecture { echoes: 0, reach: 0, ..SHAPE };
            for shape in [SHAPE, UNTIED, NGRAMS, silent] {
                let network = network(shape, seed);
                let lookup = Lookup::of(&network);
                let mut reader = lookup.reader();
                reader.push(TokenId(5));
                reader.reset();
                let text: Vec<TokenId> = text.iter().map(|&id| TokenId(id)).collect();
                for read in 0..=text.len() {
                    let scores: Vec<f64> = (0..shape.vocabulary as u32)
                        .map(|id| reader.score(TokenId(id)).0)
                        .collect();
                    let mut expected = vec![0.0; shape.vocabulary];
                    network.log_probs(&text[..read], &mut expected);
                    let ln_z = log_sum_exp(&scores);
                    for (score, expected) in scores.iter().zip(&expected) {
                        let error = (score - ln_z - expected).abs();
                        prop_assert!(score == expected || error < 1e-4, "{score} {expected}");
                    }
                    if let Some(&token) = text.get(read) {
                        reader.push(token);
                    }
                }
            }
        }
    }
}
