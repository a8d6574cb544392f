//! Here is a table of n-grams, a context and a token; say what each order adds.

use super::{Because, Counted, Explanation, Paid, Share};
use crate::model::LanguageModel;
use crate::ngram::{NgramModel, Node, Table};
use crate::smooth::{Estimate, Smoothing, Unlisted};
use crate::token::TokenId;

/// What was counted is shown if it gives the table's numbers, which are rounded, within so much.
const AGREEMENT: f64 = 1e-5;

/// Explains a probability of an n-gram model.
///
/// # Panics
/// If the token is not of its vocabulary.
pub fn ngram(model: &NgramModel, context: &[TokenId], token: TokenId) -> Explanation {
    let longest = model.table().order() - 1;
    let context = &context[context.len().saturating_sub(longest)..];
    Explanation {
        log_prob: model.log_prob(context, token),
        because: match interpolated(model) {
            Some(method) if token != TokenId::START => {
                Because::Shares(shares(model, method, context, token))
            }
            _ => Because::Paid(paid(model, context, token)),
        },
    }
}

/// The method that made a model, if its probabilities are sums over the orders.
fn interpolated(model: &NgramModel) -> Option<Smoothing> {
    use Smoothing::{AbsoluteDiscounting, ModifiedKneserNey, WittenBell};
    match model.header().estimate {
        Some(Estimate::Probabilities(
            method @ (ModifiedKneserNey(_) | WittenBell | AbsoluteDiscounting),
        )) => Some(method),
        _ => None,
    }
}

/// The contexts of a table that a token is asked of, from the longest to the empty one.
fn contexts(table: &Table, context: &[TokenId]) -> Vec<Node> {
    let mut nodes = vec![table.locate(context)];
    while let Some(&node) = nodes.last().filter(|node| **node != Node::ROOT) {
        nodes.push(table.suffix(node));
    }
    nodes
}

fn paid(model: &NgramModel, context: &[TokenId], token: TokenId) -> Paid {
    let table = model.table();
    let uniform = -(model.vocabulary().predicted() as f64).log10();
    let nodes = contexts(table, context);
    if model.header().unlisted == Unlisted::Uniform {
        let whole = nodes[0].length() == context.len();
        let listed = whole.then(|| table.child(nodes[0], token)).flatten();
        return Paid {
            order: listed.map_or(0, Node::length),
            log10_prob: listed.map_or(uniform, |ngram| table.log10_prob(ngram)),
            backoffs: match whole && listed.is_none() {
                true => vec![(context.len(), table.log10_backoff(nodes[0]))],
                false => Vec::new(),
            },
        };
    }
    let mut backoffs = Vec::new();
    for node in nodes {
        if let Some(ngram) = table.child(node, token) {
            return Paid {
                order: ngram.length(),
                log10_prob: table.log10_prob(ngram),
                backoffs,
            };
        }
        backoffs.push((node.length(), table.log10_backoff(node)));
    }
    panic!("{token:?} is not of this vocabulary")
}

/// From the uniform distribution up: p of each order is its own answer and what it passes on times
/// p of the order below.
fn shares(
    model: &NgramModel,
    method: Smoothing,
    context: &[TokenId],
    token: TokenId,
) -> Vec<Share> {
    let table = model.table();
    let mut shares = Vec::new();
    let mut p = 0.0;
    // A context that nothing was seen after says nothing, and passes all on.
    let speaks = |node: &Node| *node == Node::ROOT || !table.children(*node).is_empty();
    for node in contexts(table, context).into_iter().rev().filter(speaks) {
        let counted = counted(model, method, context, node, token);
        let agrees = |own: f64, listed: f64| {
            counted.filter(|counted| (counted.probability() - own).abs() <= AGREEMENT * listed)
        };
        let ngram = table.child(node, token);
        let listed = ngram.map(|ngram| 10f64.powf(table.log10_prob(ngram)));
        if node == Node::ROOT {
            let unigram = listed.unwrap_or_else(|| panic!("{token:?} is not of this vocabulary"));
            let (alike, passes_on) = alike(model, unigram, counted);
            shares.push(Share {
                order: 0,
                probability: alike,
                times_seen: None,
                counted: None,
                passes_on: 0.0,
            });
            p = alike;
            let own = (unigram - alike).max(0.0);
            shares.push(share(
                table,
                node,
                ngram,
                own,
                passes_on,
                agrees(own, unigram),
            ));
            p += own;
            continue;
        }
        let passes_on = 10f64.powf(table.log10_backoff(node));
        let own = listed.map_or(0.0, |listed| (listed - passes_on * p).max(0.0));
        shares
            .iter_mut()
            .for_each(|share| share.probability *= passes_on);
        let counted = agrees(own, listed.unwrap_or(0.0));
        shares.push(share(table, node, ngram, own, passes_on, counted));
        p = passes_on * p + own;
    }
    shares
}

fn share(
    table: &Table,
    node: Node,
    ngram: Option<Node>,
    own: f64,
    passes_on: f64,
    counted: Option<Counted>,
) -> Share {
    let times = ngram.map(|ngram| table.times_seen(ngram));
    Share {
        order: node.length() + 1,
        probability: own,
        times_seen: times.unwrap_or(table.is_counted().then_some(0)),
        counted,
        passes_on,
    }
}

/// What every token gets alike, and what the empty context passes on to it in all.
///
/// `<unk>` was seen nowhere, as a rule, so what it has is just that.
fn alike(model: &NgramModel, unigram: f64, counted: Option<Counted>) -> (f64, f64) {
    let table = model.table();
    let unknown = table.child(Node::ROOT, TokenId::UNKNOWN);
    let unseen = unknown.filter(|&unknown| table.times_seen(unknown) == Some(0));
    let alike = match unseen {
        Some(unknown) => 10f64.powf(table.log10_prob(unknown)),
        None => counted.map_or(0.0, |counted| (unigram - counted.probability()).max(0.0)),
    };
    (alike, alike * model.vocabulary().predicted() as f64)
}

/// What an order counted, so far as the table shows it.
fn counted(
    model: &NgramModel,
    method: Smoothing,
    context: &[TokenId],
    node: Node,
    token: TokenId,
) -> Option<Counted> {
    let order = node.length() + 1;
    // Nothing stands to the left of a sentence's start.
    let first = context[context.len() - node.length()..].first();
    let begins = first == Some(&TokenId::START);
    let adjusted = model.header().is_kneser_ney() && order < model.table().order() && !begins;
    let mut followers = match adjusted {
        true => model.table().left_neighbours_after(node)?,
        false => model.table().times_seen_after(node)?,
    };
    followers.retain(|&(follower, _)| follower != TokenId::START);
    let total: u64 = followers.iter().map(|(_, count)| count).sum();
    let at = followers.binary_search_by_key(&token, |&(follower, _)| follower);
    let count = at.map_or(0, |at| followers[at].1);
    (total > 0).then(|| Counted {
        count,
        discount: discount(model, method, order, count, &followers),
        total,
    })
}

/// What a method takes off a count.
fn discount(
    model: &NgramModel,
    method: Smoothing,
    order: usize,
    count: u64,
    followers: &[(TokenId, u64)],
) -> f64 {
    match (method, count) {
        (_, 0) => 0.0,
        (Smoothing::WittenBell, _) => {
            let types = followers.iter().filter(|(_, count)| *count > 0).count() as f64;
            let total: u64 = followers.iter().map(|(_, count)| count).sum();
            count as f64 * types / (total as f64 + types)
        }
        _ => {
            let discounts = model.header().discounts.get(order - 1);
            discounts.map_or(0.0, |discounts| {
                discounts.by_count()[(count.min(3) - 1) as usize]
            })
        }
    }
}
