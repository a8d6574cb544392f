//! Here is a context and a choice; say what pushed it.
//!
//! A choice is of one token over another: the network prefers T to U by the
//! difference of their logits, z_T − z_U = ln p(T) / p(U), from which the
//! normaliser has gone. That difference is shared out twice, and both times
//! without a rest.
//!
//! **Among the tokens of the context.** Taking one token away says little if
//! another says the same. So each is taken away in every company: its share is
//! its effect averaged over all orders in which the context could have been
//! filled in (Shapley 1953; of features of a model, Štrumbelj & Kononenko 2010,
//! Lundberg & Lee 2017). A slot without its token holds "no token here". The
//! shares sum to the difference that the whole context makes. All 2ⁿ companies
//! are asked, up to n = 12; of a longer context the oldest tokens are one.
//!
//! **Among the hidden units.** Logits are sums over the last hidden layer, so a
//! unit's share is its state times how much more it pulls towards T than towards
//! U (direct logit attribution, Elhage et al. 2021); the biases have the rest.
//!
//! Shares are of this network's answer. They say what it went by, not whether
//! it was right to; and it saw few gaps inside a context when it was trained.

use crate::neural::{Network, Window};
use crate::token::TokenId;

/// So many tokens have shares of their own: 4096 companies.
const MOST: usize = 12;

/// Why a token and not another.
#[derive(Clone, Debug, PartialEq)]
pub struct Reasons {
    /// ln p(T) / p(U) after the context, in nats.
    pub log_odds: f64,
    /// The same after nothing.
    pub without_context: f64,
    /// What each token of the context adds to that, oldest first: with it they sum to the log-odds.
    pub tokens: Vec<TokenPush>,
    /// What each hidden unit adds, from the one that matters most.
    pub units: Vec<UnitPush>,
    /// What the biases add: with the units they sum to the log-odds.
    pub bias: f64,
}

/// What a token of the context adds to the log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenPush {
    /// The token; several, if they are the oldest of a long context.
    pub tokens: Vec<TokenId>,
    /// In nats.
    pub nats: f64,
}

/// What a hidden unit adds to the log-odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitPush {
    /// Its number, from 0.
    pub unit: usize,
    /// Its state after the context.
    pub state: f64,
    /// How much more it pulls towards the token than towards the other, for each 1 of its state.
    pub pull: f64,
    /// State times pull, in nats.
    pub nats: f64,
}

/// Why the network prefers `token` to `other` after a context, or does not.
///
/// # Panics
/// If an id is not in the network's vocabulary.
pub fn why(network: &Network, context: &[TokenId], token: TokenId, other: TokenId) -> Reasons {
    let preference = Preference::of(network, token, other);
    let players = players(seen(network, context));
    let windows = windows(network, &players);
    let units = network.units(&windows);
    let values: Vec<f64> = units
        .iter()
        .map(|units| preference.log_odds(units))
        .collect();
    let shares = shares(&values, players.len());
    let whole = units.last().expect("the whole context is the last company");
    Reasons {
        log_odds: values[values.len() - 1],
        without_context: values[0],
        tokens: players
            .into_iter()
            .zip(shares)
            .map(|(tokens, nats)| TokenPush { tokens, nats })
            .collect(),
        units: preference.pushes(whole),
        bias: preference.bias,
    }
}

/// How the last hidden layer decides between two tokens.
struct Preference {
    pulls: Vec<f64>,
    bias: f64,
}

impl Preference {
    fn of(network: &Network, token: TokenId, other: TokenId) -> Self {
        let ((for_it, bias), (against, other_bias)) = (network.pull(token), network.pull(other));
        let pulls = for_it.iter().zip(&against);
        Preference {
            pulls: pulls.map(|(&a, &b)| f64::from(a) - f64::from(b)).collect(),
            bias: f64::from(bias) - f64::from(other_bias),
        }
    }

    fn log_odds(&self, units: &[f32]) -> f64 {
        let terms = units.iter().zip(&self.pulls);
        let sum: f64 = terms.map(|(&state, pull)| f64::from(state) * pull).sum();
        self.bias + sum
    }

    fn pushes(&self, units: &[f32]) -> Vec<UnitPush> {
        let each = units.iter().zip(&self.pulls).enumerate();
        let mut pushes: Vec<UnitPush> = each
            .map(|(unit, (&state, &pull))| UnitPush {
                unit,
                state: state.into(),
                pull,
                nats: f64::from(state) * pull,
            })
            .collect();
        pushes.sort_by(|a, b| b.nats.abs().total_cmp(&a.nats.abs()));
        pushes
    }
}

/// The tokens of a context that the network sees: its last ones, back to the sentence's start.
fn seen<'c>(network: &Network, context: &'c [TokenId]) -> &'c [TokenId] {
    let last = &context[context.len().saturating_sub(network.window_len())..];
    let start = last.iter().rposition(|token| *token == TokenId::START);
    &last[start.unwrap_or(0)..]
}

/// Who shares, oldest first: each token for itself, but the oldest together if they are many.
fn players(tokens: &[TokenId]) -> Vec<Vec<TokenId>> {
    let together = match tokens.len() {
        ..=MOST => 0,
        many => many - (MOST - 1),
    };
    let (oldest, rest) = tokens.split_at(together);
    let oldest = (!oldest.is_empty()).then(|| oldest.to_vec());
    oldest
        .into_iter()
        .chain(rest.iter().map(|&token| vec![token]))
        .collect()
}

/// What the network sees in each company: bit i of its number says whether player i is there.
fn windows(network: &Network, players: &[Vec<TokenId>]) -> Vec<Window> {
    let tokens: usize = players.iter().map(Vec::len).sum();
    let free = network.window_len() - tokens;
    let window = |company: usize| {
        let mut window = vec![None; free];
        for (player, tokens) in players.iter().enumerate() {
            let there = company >> player & 1 == 1;
            window.extend(tokens.iter().map(|&token| there.then_some(token)));
        }
        window
    };
    (0..1 << players.len()).map(window).collect()
}

/// The Shapley values of `n` players, from what each company is worth, by its number.
///
/// φᵢ = Σ over companies S without i of |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
fn shares(values: &[f64], n: usize) -> Vec<f64> {
    // |S|! (n − |S| − 1)! / n!, built up from 1/n.
    let mut weights = vec![1.0 / n as f64; n];
    for size in 1..n {
        weights[size] = weights[size - 1] * size as f64 / (n - size) as f64;
    }
    let share = |player: usize| {
        let without = (0..values.len()).filter(|company| company >> player & 1 == 0);
        without
            .map(|company| {
                let gained = values[company | 1 << player] - values[company];
                weights[company.count_ones() as usize] * gained
            })
            .sum()
    };
    (0..n).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: the mean effect over all orders.
    fn by_orders(values: &[f64], n: usize) -> Vec<f64> {
        let mut sums = vec![0.0; n];
        let mut orders = 0;
        visit(n, &mut Vec::new(), &mut |order| {
            orders += 1;
            let mut company = 0;
            for &player in order {
                sums[player] += values[company | 1 << player] - values[company];
                company |= 1 << player;
            }
        });
        sums.iter().map(|sum| sum / f64::from(orders)).collect()
    }

    fn visit(n: usize, order: &mut Vec<usize>, each: &mut impl FnMut(&[usize])) {
        if order.len() == n {
            return each(order);
        }
        for player in 0..n {
            if !order.contains(&player) {
                order.push(player);
                visit(n, order, each);
                order.pop();
            }
        }
    }

    proptest! {
        #[test]
        fn shares_are_means_over_orders_and_leave_no_rest(
            values in (0u32..6).prop_flat_map(|n| {
                proptest::collection::vec(-5.0f64..5.0, 1usize << n)
            })
        ) {
            let n = values.len().ilog2() as usize;
            let shares = shares(&values, n);
            for (share, expected) in shares.iter().zip(by_orders(&values, n)) {
                prop_assert!((share - expected).abs() < 1e-9);
            }
            let gained = values[values.len() - 1] - values[0];
            prop_assert!((shares.iter().sum::<f64>() - gained).abs() < 1e-9);
        }
    }

    #[test]
    fn of_a_long_context_the_oldest_share_together() {
        let tokens: Vec<TokenId> = (0..20).map(TokenId).collect();
        let players = players(&tokens);
        assert_eq!(players.len(), MOST);
        assert_eq!(players[0], tokens[..9]);
        assert_eq!(players[11], [TokenId(19)]);
        assert_eq!(super::players(&tokens[..12]).len(), 12);
        assert!(super::players(&[]).is_empty());
    }
}
