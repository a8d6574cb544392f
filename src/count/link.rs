//! Here are the n-grams of one order, sorted; hang them on those of the order below.
//!
//! Sorted as they read, the n-grams that continue one context lie together and
//! in the contexts' own order, so that one walk over both finds all children.
//! At order 1 nothing needs to be spelled: the node is the id, so `below` is
//! empty when the n-grams are bigrams.

use rayon::prelude::*;

use crate::token::TokenId;

/// Where the children of each context begin, and at the end where the last ones end: `contexts` + 1
/// numbers.
///
/// # Panics
/// If an n-gram's context is not among those below, or an order is not sorted.
pub fn children(contexts: usize, below: &[&[TokenId]], ngrams: &[&[TokenId]]) -> Vec<u32> {
    let mut children = Vec::with_capacity(contexts + 1);
    let mut next = 0;
    for node in 0..contexts {
        children.push(next as u32);
        while ngrams
            .get(next)
            .is_some_and(|ngram| continues(below, node, ngram))
        {
            next += 1;
        }
    }
    children.push(next as u32);
    assert_eq!(next, ngrams.len(), "every n-gram has its context below");
    children
}

/// The node below of each n-gram without its first token.
///
/// # Panics
/// If one is not there.
pub fn suffixes(below: &[&[TokenId]], ngrams: &[&[TokenId]]) -> Vec<u32> {
    let find = |ngram: &&[TokenId]| match below {
        [] => ngram[1].0,
        _ => below
            .binary_search(&&ngram[1..])
            .expect("every suffix is below") as u32,
    };
    ngrams.par_iter().map(find).collect()
}

fn continues(below: &[&[TokenId]], node: usize, ngram: &[TokenId]) -> bool {
    let context = &ngram[..ngram.len() - 1];
    match below.get(node) {
        Some(spelled) => *spelled == context,
        None => context[0].index() == node,
    }
}
