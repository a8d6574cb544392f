//! Here is a context, give me the logarithms of the probabilities of what comes next.
//!
//! ```text
//! x = what enters the first layer (see `inputs`)
//! h = the hidden layers, one after the other (see `layer`)
//! o = h·P
//! z_v = o·W[v] + b[v]             a logit for every token but <s>
//! ln p(v) = z_v − ln Σ_u exp z_u
//! ```
//!
//! One context is answered by products of one row; many at once by matrix
//! products over blocks of contexts and slices of the vocabulary, which reads
//! each weight once a block instead of once a context.

use rayon::prelude::*;

use super::block::{Block, Dropouts};
use super::elementary::{add_scaled, dot, exp_all, largest};
use super::inputs;
use super::matrix::{Matrix, multiply_add};
use super::network::Network;
use super::random::{Purpose, stream};
use super::text::TrainingText;
use super::window;
use crate::prob::{CompensatedSum, LogProb, log_sum_exp};
use crate::token::TokenId;

/// Contexts answered together.
const BLOCK: usize = 128;

/// Tokens of the vocabulary whose logits are held at a time.
const SLICE: usize = 1024;

/// A context and the token asked for after it.
pub type Question<'a> = (&'a [TokenId], TokenId);

impl Network {
    /// ln p(v | context) for every v, by id; −∞ for `<s>`.
    ///
    /// The logits are f32; they are normalised in f64, so the sum of the
    /// probabilities is 1 as exactly as that allows.
    ///
    /// # Panics
    /// If `out` is not as long as the vocabulary, or an id of the context is not in it.
    pub fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        assert_eq!(out.len(), self.architecture.vocabulary, "a place a token");
        for (out, logit) in out.iter_mut().zip(self.all_logits(context)) {
            *out = f64::from(logit);
        }
        let normaliser = log_sum_exp(out);
        out.iter_mut().for_each(|x| *x -= normaliser);
    }

    /// ln p(token | context), normalised in f32, which takes half the time of
    /// [`log_probs`](Self::log_probs) and is within 10⁻⁶ of it.
    ///
    /// # Panics
    /// If an id is not in the vocabulary.
    pub fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        let mut answer = Answer::default();
        answer.read(&mut self.all_logits(context), Some(token.index()));
        assert!(token.index() < self.architecture.vocabulary, "{token:?}");
        answer.log_prob()
    }

    /// The logits of all tokens after one context; −∞ for `<s>`.
    fn all_logits(&self, context: &[TokenId]) -> Vec<f32> {
        let mut window = vec![0; self.architecture.window()];
        window::fill(&mut window, context, self.architecture.vocabulary);
        let output = self.output(&window);
        let weights = self.output_weights().each_row();
        let rows = weights.zip(self.output_bias.values());
        let mut logits: Vec<f32> = rows
            .map(|(weights, bias)| dot(weights, &output) + bias)
            .collect();
        logits[TokenId::START.index()] = f32::NEG_INFINITY;
        logits
    }

    /// ln p(token | context) for many questions at once, spread over the threads.
    ///
    /// It gives what [`log_probs`](Self::log_probs) gives, but for the rounding of f32.
    ///
    /// # Panics
    /// If an id is not in the vocabulary.
    pub fn score(&self, questions: &[Question]) -> Vec<LogProb> {
        let answers = self.answers(questions);
        answers.iter().map(Answer::log_prob).collect()
    }

    fn answers(&self, questions: &[Question]) -> Vec<Answer> {
        let vocabulary = self.architecture.vocabulary;
        let blocks = questions.par_chunks(BLOCK).map(|block| {
            let mut slots = vec![0; block.len() * self.architecture.window()];
            let each = slots.chunks_exact_mut(self.architecture.window());
            for (slots, (context, _)) in each.zip(block) {
                window::fill(slots, context, vocabulary);
            }
            let targets: Vec<TokenId> = block.iter().map(|(_, target)| *target).collect();
            let known = |target: &TokenId| target.index() < vocabulary;
            assert!(targets.iter().all(known), "targets of the vocabulary");
            self.answers_after(&slots, &targets)
        });
        blocks.flatten_iter().collect()
    }

    /// The mean loss −ln p over these positions of a text, in nats a token.
    pub(super) fn loss(&self, text: &TrainingText, positions: &[usize]) -> f64 {
        let answers = self.answers(&self.questions(text, positions));
        let losses = answers.iter().map(|answer| -answer.log_prob().ln());
        losses.collect::<CompensatedSum>().value() / positions.len() as f64
    }

    /// ln Z at these positions of a text.
    pub(super) fn ln_z(&self, text: &TrainingText, positions: &[usize]) -> Vec<f64> {
        let answers = self.answers(&self.questions(text, positions));
        answers.iter().map(Answer::ln_z).collect()
    }

    fn questions<'t>(&self, text: &'t TrainingText, positions: &[usize]) -> Vec<Question<'t>> {
        let ids = text.ids();
        let seen = self.architecture.window();
        let question = |&i: &usize| (&ids[i.saturating_sub(seen)..i], ids[i]);
        positions.iter().map(question).collect()
    }

    /// What is compared with the output weights after one window.
    fn output(&self, window: &[u32]) -> Vec<f32> {
        let shape = &self.architecture;
        let mut inputs = Matrix::zeros(1, shape.inputs());
        inputs::look_up(shape, &self.echoes, &self.embeddings, window, &mut inputs);
        let sums = self.layers[0].weights.times(inputs.values());
        self.projection.times(&self.last_units(sums))
    }

    /// The units of the last hidden layer, from the sums s of the first.
    pub(super) fn last_units(&self, mut units: Vec<f32>) -> Vec<f32> {
        let mut slopes = vec![0.0; units.len()];
        self.layers[0].activate(&mut units, &mut slopes);
        for layer in &self.layers[1..] {
            let mut next = layer.weights.times(&units);
            layer.activate(&mut next, &mut slopes);
            add_scaled(&mut units, 1.0, &next);
        }
        units
    }

    /// What is compared with the output weights, a row for each window.
    pub(super) fn outputs(&self, windows: &[u32]) -> Matrix {
        let mut block = Block::default();
        block.windows.extend_from_slice(windows);
        let mut rng = stream(0, Purpose::Dropout, 0);
        block.forward(self, &Dropouts::OFF, &mut rng);
        block.output
    }

    fn answers_after(&self, slots: &[u32], targets: &[TokenId]) -> Vec<Answer> {
        let outputs = self.outputs(slots);
        let mut answers = vec![Answer::default(); targets.len()];
        let mut start = 0;
        while start < self.architecture.vocabulary {
            let end = (start + SLICE).min(self.architecture.vocabulary);
            let mut logits = self.logits(&outputs, start..end);
            for ((row, target), answer) in logits.each_row_mut().zip(targets).zip(&mut answers) {
                answer.read(row, target.index().checked_sub(start));
            }
            start = end;
        }
        answers
    }

    /// The logits of some tokens, a row for each row of outputs.
    fn logits(&self, outputs: &Matrix, tokens: std::ops::Range<usize>) -> Matrix {
        let mut logits = Matrix::zeros(outputs.rows(), tokens.len());
        let bias = &self.output_bias.values()[tokens.clone()];
        logits
            .each_row_mut()
            .for_each(|row| row.copy_from_slice(bias));
        let weights = self.output_weights().view().rows(tokens.clone());
        multiply_add(outputs.view(), weights.transposed(), logits.values_mut());
        if tokens.contains(&TokenId::START.index()) {
            let place = TokenId::START.index() - tokens.start;
            logits
                .each_row_mut()
                .for_each(|row| row[place] = f32::NEG_INFINITY);
        }
        logits
    }
}

/// One answer in the making: the vocabulary is read slice by slice.
#[derive(Clone)]
struct Answer {
    /// The logit of the token asked for, once it has passed.
    logit: f64,
    /// The largest logit so far.
    largest: f64,
    /// Σ exp(z − largest) so far.
    sum: f64,
}

impl Default for Answer {
    fn default() -> Self {
        Answer {
            logit: f64::NEG_INFINITY,
            largest: f64::NEG_INFINITY,
            sum: 0.0,
        }
    }
}

impl Answer {
    /// Reads on by a slice of logits, which are destroyed; `target` is the place in it of the
    /// token asked for, if that is not before it.
    fn read(&mut self, logits: &mut [f32], target: Option<usize>) {
        if let Some(&logit) = target.and_then(|place| logits.get(place)) {
            self.logit = f64::from(logit);
        }
        let shift = largest(logits);
        let sum = exp_all(logits, shift);
        let (shift, before) = (f64::from(shift), self.largest);
        self.largest = before.max(shift);
        self.sum = self.sum * (before - self.largest).exp() + sum * (shift - self.largest).exp();
    }

    fn log_prob(&self) -> LogProb {
        LogProb::from_ln(self.logit - self.ln_z())
    }

    /// ln Σ exp z over all tokens.
    fn ln_z(&self) -> f64 {
        self.largest + self.sum.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_read_in_slices_are_normalised_over_all() {
        let slices = [[-3.0f32, 0.5], [7.0, 2.0], [1.0, 90.0], [89.0, -90.0]];
        let logits: Vec<f64> = slices.iter().flatten().map(|&z| f64::from(z)).collect();
        for (asked, logit) in logits.iter().enumerate() {
            let mut answer = Answer::default();
            for (i, mut slice) in slices.into_iter().enumerate() {
                answer.read(&mut slice, asked.checked_sub(2 * i));
            }
            let expected = logit - log_sum_exp(&logits);
            assert!((answer.log_prob().ln() - expected).abs() < 1e-6);
        }
    }
}
