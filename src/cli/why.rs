//! Here is a network and a choice; show why it chose so, and what lies near.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, percent};
use super::prompt::shown;
use crate::model::LanguageModel;
use crate::neural::NeuralModel;
use crate::prob::bits;
use crate::token::TokenId;
use crate::weights::{Reasons, nearest, why};

/// The most probable token but this one.
pub(super) fn best_other(model: &NeuralModel, context: &[TokenId], token: TokenId) -> TokenId {
    let top = model.distribution(context).top(2);
    let other = top.iter().find(|candidate| candidate.token != token);
    other.map_or(TokenId::UNKNOWN, |candidate| candidate.token)
}

/// The tokens nearest to a token, for programs and for people.
pub(super) fn near(model: &NeuralModel, token: TokenId, top: usize) -> (Value, String) {
    let vocabulary = model.vocabulary();
    let neighbours = nearest(model.network(), token, top);
    let mut columns = Columns::new(&[Side::Left, Side::Left, Side::Right]);
    for neighbour in &neighbours {
        let cosine = neighbour.cosine;
        let name = shown(vocabulary, neighbour.token);
        columns.row([name, bar(cosine, 24), format!("{cosine:.3}")]);
    }
    let list = neighbours.iter().map(|neighbour| {
        json!({
            "id": neighbour.token.0,
            "text": vocabulary.display(neighbour.token),
            "cosine": neighbour.cosine,
        })
    });
    let value = json!({
        "id": token.0,
        "text": vocabulary.display(token),
        "nearest": list.collect::<Vec<_>>(),
    });
    let text = format!(
        "nearest to {} (cosine)\n{columns}",
        shown(vocabulary, token)
    );
    (value, text)
}

/// Why the network prefers a token to another, for programs and for people.
pub(super) fn reasons(
    model: &NeuralModel,
    context: &[TokenId],
    token: TokenId,
    against: TokenId,
    top: usize,
) -> (Value, String) {
    let reasons = why(model.network(), context, token, against);
    let distribution = model.distribution(context);
    let vocabulary = model.vocabulary();
    let names = |tokens: &[TokenId]| {
        tokens
            .iter()
            .map(|&token| shown(vocabulary, token))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let candidate = |token: TokenId| {
        json!({
            "id": token.0,
            "text": vocabulary.display(token),
            "p": distribution.log_prob(token).probability(),
        })
    };
    let tokens = reasons.tokens.iter().map(|push| {
        let ids: Vec<u32> = push.tokens.iter().map(|token| token.0).collect();
        json!({"ids": ids, "text": names(&push.tokens), "bits": bits(push.nats)})
    });
    let units = reasons.units.iter().map(|push| {
        json!({"unit": push.unit, "state": push.state, "pull_bits": bits(push.pull), "bits": bits(push.nats)})
    });
    let value = json!({
        "token": candidate(token),
        "against": candidate(against),
        "log_odds_bits": bits(reasons.log_odds),
        "without_context_bits": bits(reasons.without_context),
        "context": tokens.collect::<Vec<_>>(),
        "context_method": "Shapley values over the tokens of the context",
        "units": units.collect::<Vec<_>>(),
        "units_method": "direct logit attribution: state × pull",
        "bias_bits": bits(reasons.bias),
    });
    let (one, other) = (shown(vocabulary, token), shown(vocabulary, against));
    let p = |token| percent(distribution.log_prob(token).probability());
    let mut text = format!(
        "why {one} ({}) and not {other} ({}): {:+.2} bits for {one}\n",
        p(token),
        p(against),
        bits(reasons.log_odds),
    );
    text.push_str(&pushed_by_tokens(&reasons, names));
    text.push_str(&pushed_by_units(&reasons, &one, top));
    (value, text)
}

fn pushed_by_tokens(reasons: &Reasons, names: impl Fn(&[TokenId]) -> String) -> String {
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Left]);
    let pushes = reasons.tokens.iter().map(|push| push.nats);
    let most = pushes
        .chain([reasons.without_context])
        .map(f64::abs)
        .fold(0.0, f64::max);
    columns.row(pushed("without context", reasons.without_context, most));
    for push in &reasons.tokens {
        columns.row(pushed(&names(&push.tokens), push.nats, most));
    }
    format!("\nby the tokens of the context (Shapley values; they sum to it)\n{columns}")
}

fn pushed_by_units(reasons: &Reasons, token: &str, top: usize) -> String {
    let mut columns = Columns::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ]);
    let most = reasons.units.first().map_or(0.0, |push| push.nats.abs());
    columns.row(["unit", "state", "pull", "bits", ""]);
    let (first, others) = reasons.units.split_at(top.min(reasons.units.len()));
    for push in first {
        let [_, nats, bar] = pushed("", push.nats, most);
        let (state, pull) = (
            format!("{:+.3}", push.state),
            format!("{:+.3}", bits(push.pull)),
        );
        columns.row([push.unit.to_string(), state, pull, nats, bar]);
    }
    let rest = |name: String, nats: f64| {
        [
            name,
            String::new(),
            String::new(),
            format!("{:+.3}", bits(nats)),
            String::new(),
        ]
    };
    if !others.is_empty() {
        let sum = others.iter().map(|push| push.nats).sum();
        columns.row(rest(format!("{} others", others.len()), sum));
    }
    columns.row(rest("biases".into(), reasons.bias));
    format!(
        "\nby the hidden units (state × pull towards {token}; with the biases they sum to it)\n{columns}"
    )
}

/// A name, what it adds in bits, and its sign with a bar.
fn pushed(name: &str, nats: f64, most: f64) -> [String; 3] {
    let share = if most > 0.0 { nats.abs() / most } else { 0.0 };
    let sign = if nats < 0.0 { "−" } else { "+" };
    [
        name.to_owned(),
        format!("{:+.3}", bits(nats)),
        format!("{sign} {}", bar(share, 16)),
    ]
}
