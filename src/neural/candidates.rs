//! Here is a batch, give me the tokens its softmax runs over.
//!
//! The softmax sums over the vocabulary, and with V tokens and H hidden units
//! that is V·H products an example, three times: for the logits, for the
//! gradient of the hidden units and for the gradient of the weights. For a
//! large V nearly all of training is spent there. A *sampled* softmax (Bengio &
//! Senécal 2008; Jean et al. 2015) lets a few candidates S stand for all
//! tokens in a step. The whole batch shares one S: the batch's own targets and
//! K tokens drawn from the unigram distribution raised to the power ¾, each
//! once, however often it came.
//!
//! A token is in S more often the more frequent it is, which the loss must
//! undo. If v comes into S by other means than being the target itself with
//! probability π(v), then by Bayes' rule the token t of S that is the target
//! has the posterior
//!
//! ```text
//! p(t | S) ∝ p(t) · Π_{v ∈ S, v ≠ t} π(v) · Π_{v ∉ S} (1 − π(v)) ∝ p(t) / π(t)
//! ```
//!
//! so the softmax over S of the logits z_v − ln π(v) is right when z is. With
//! K draws of probability q and a batch of B targets of unigram probability u,
//!
//! ```text
//! π(v) = 1 − (1 − q(v))^K · (1 − u(v))^(B−1)
//! ```
//!
//! A target that is drawn too, or is another example's target, has one column
//! like all others, so accidental hits need no care. The full softmax is the
//! special case in which everything but `<s>` is a candidate and π = 1: one code
//! serves both.

use rand::{Rng, RngExt};

use super::matrix::Matrix;
use super::network::Network;
use crate::token::TokenId;

/// How candidates are chosen.
#[derive(Debug)]
pub(super) enum Candidates {
    /// All tokens but `<s>`.
    All,
    /// The batch's targets and some draws.
    Sampled(Sampler),
}

/// Draws tokens from unigram^¾, and knows how probable each is to be a candidate.
#[derive(Debug)]
pub(super) struct Sampler {
    /// K.
    draws: usize,
    /// Σ q up to and including each token.
    cumulative: Vec<f64>,
    /// ln (1 − q), by id.
    ln_not_drawn: Vec<f64>,
    /// ln (1 − u), by id.
    ln_not_target: Vec<f64>,
}

/// The output layer as one step sees it: the candidates' rows of it.
#[derive(Debug)]
pub(super) struct Shortlist {
    /// The candidates, ascending.
    pub(super) tokens: Vec<u32>,
    /// Their rows of the output weights.
    pub(super) weights: Matrix,
    /// Their output biases, less ln π.
    pub(super) offsets: Vec<f32>,
}

impl Candidates {
    /// The candidates for a batch with these targets.
    pub(super) fn pick(
        &self,
        network: &Network,
        targets: impl Iterator<Item = TokenId>,
        rng: &mut impl Rng,
    ) -> Shortlist {
        match self {
            Candidates::All => {
                let all = 0..network.architecture.vocabulary as u32;
                let but_start = all.filter(|&id| id != TokenId::START.0);
                Shortlist::gather(network, but_start.collect(), |_| 0.0)
            }
            Candidates::Sampled(sampler) => {
                let mut tokens: Vec<u32> = targets.map(|id| id.0).collect();
                let batch = tokens.len();
                tokens.extend((0..sampler.draws).map(|_| sampler.draw(rng)));
                tokens.sort_unstable();
                tokens.dedup();
                Shortlist::gather(network, tokens, |id| sampler.ln_inclusion(id, batch))
            }
        }
    }
}

impl Sampler {
    /// A sampler of K draws, for targets as frequent as `counts` says.
    pub(super) fn new(draws: usize, counts: &[u64]) -> Self {
        let counts: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        let flattened: Vec<f64> = counts.iter().map(|count| count.powf(0.75)).collect();
        let (q, u) = (shares(&flattened), shares(&counts));
        let ln_not = |p: &[f64]| p.iter().map(|p| (-p.min(1.0 - 1e-9)).ln_1p()).collect();
        let mut sum = 0.0;
        let cumulative = q.iter().map(|q| {
            sum += q;
            sum
        });
        Sampler {
            draws,
            cumulative: cumulative.collect(),
            ln_not_drawn: ln_not(&q),
            ln_not_target: ln_not(&u),
        }
    }

    /// The token at which a uniform number falls; one of probability 0 never comes.
    fn draw(&self, rng: &mut impl Rng) -> u32 {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let point = rng.random::<f64>() * total;
        self.cumulative.partition_point(|&sum| sum <= point) as u32
    }

    /// ln π of a token in a batch of so many examples.
    fn ln_inclusion(&self, token: u32, batch: usize) -> f32 {
        let (draws, others) = (self.draws as f64, (batch - 1) as f64);
        let ln_left_out =
            draws * self.ln_not_drawn[token as usize] + others * self.ln_not_target[token as usize];
        (-ln_left_out.exp_m1()).ln() as f32
    }
}

fn shares(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    counts.iter().map(|c| c / total).collect()
}

impl Shortlist {
    fn gather(network: &Network, tokens: Vec<u32>, ln_inclusion: impl Fn(u32) -> f32) -> Self {
        let table = network.output_weights();
        let mut weights = Matrix::zeros(tokens.len(), network.architecture.embedding);
        let mut offsets = Vec::with_capacity(tokens.len());
        for (row, &token) in weights.each_row_mut().zip(&tokens) {
            row.copy_from_slice(table.row(token as usize));
            let bias = network.output_bias.values()[token as usize];
            offsets.push(bias - ln_inclusion(token));
        }
        Shortlist {
            tokens,
            weights,
            offsets,
        }
    }

    /// The column of a candidate.
    ///
    /// # Panics
    /// If it is none; a batch's targets always are.
    pub(super) fn column(&self, token: TokenId) -> usize {
        let found = self.tokens.binary_search(&token.0);
        found.expect("targets are candidates")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::architecture::Architecture;
    use crate::neural::random::{Purpose, stream};

    const COUNTS: [u64; 8] = [3, 0, 9, 1, 0, 40, 27, 20];

    fn network() -> Network {
        let architecture = Architecture {
            context: 1,
            echoes: 0,
            reach: 0,
            embedding: 1,
            ngrams: 1,
            buckets: 0,
            hidden: 2,
            layers: 1,
            tied: true,
            vocabulary: COUNTS.len(),
        };
        Network::untrained(architecture, &COUNTS, 1)
    }

    #[test]
    fn all_are_candidates_but_the_start() {
        let mut rng = stream(1, Purpose::Candidates, 0);
        let list = Candidates::All.pick(&network(), [].into_iter(), &mut rng);
        assert_eq!(list.tokens, [0, 2, 3, 4, 5, 6, 7]);
        assert_eq!(list.column(TokenId::END), 1);
        assert_eq!(list.weights.row(1), network().output_weights().row(2));
        assert_eq!(list.offsets[1], network().output_bias.values()[2]);
    }

    #[test]
    fn inclusion_is_as_probable_as_it_says() {
        let (draws, batch, trials) = (4, 3, 40_000);
        let sampler = Sampler::new(draws, &COUNTS);
        let mut rng = stream(1, Purpose::Candidates, 0);
        let mut included = [0u32; COUNTS.len()];
        let total: u64 = COUNTS.iter().sum();
        for _ in 0..trials {
            let mut seen = [false; COUNTS.len()];
            for _ in 0..draws {
                seen[sampler.draw(&mut rng) as usize] = true;
            }
            for _ in 0..batch - 1 {
                let mut point = rng.random_range(0..total);
                let hit = COUNTS.iter().position(|&count| {
                    let inside = point < count;
                    point = point.saturating_sub(count);
                    inside
                });
                seen[hit.unwrap()] = true;
            }
            for (count, seen) in included.iter_mut().zip(seen) {
                *count += u32::from(seen);
            }
        }
        for (token, &count) in included.iter().enumerate() {
            let expected = f64::from(sampler.ln_inclusion(token as u32, batch)).exp();
            let measured = f64::from(count) / f64::from(trials);
            assert!(
                (measured - expected).abs() < 0.01,
                "{token}: {measured} {expected}"
            );
        }
    }

    #[test]
    fn the_batchs_targets_are_candidates_once() {
        let candidates = Candidates::Sampled(Sampler::new(50, &COUNTS));
        let mut rng = stream(1, Purpose::Candidates, 0);
        let targets = [TokenId(3), TokenId(3), TokenId(2)];
        let list = candidates.pick(&network(), targets.into_iter(), &mut rng);
        assert!(list.tokens.is_sorted_by(|a, b| a < b));
        assert!(list.tokens.contains(&3) && list.tokens.contains(&2));
        assert!(!list.tokens.contains(&TokenId::START.0));
        assert!(list.offsets.iter().all(|offset| offset.is_finite()));
    }
}
