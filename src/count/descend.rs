//! Here is a census whose suffixes are unknown; find them by walking down the trie.
//!
//! The suffix of an n-gram continues the suffix of its context by the same token.
//! So, order after order, the followers of each context are looked for among the
//! followers of the context's suffix: both ascend, and the first are among the
//! second. It needs nothing but the trie, a stretch of the order below at a time,
//! and so it does where the text itself does not fit into memory.

use std::ops::Range;

use rayon::prelude::*;

use super::census::{Census, PartLevel};
use crate::error::Result;
use crate::store::{Depot, Kept};
use crate::token::TokenId;

/// Finds all suffixes, with about so many bytes of memory.
///
/// `advance` hears how many n-grams are done.
pub(super) fn find_suffixes(
    census: &mut Census,
    memory: u64,
    depot: &Depot,
    advance: impl Fn(u64) + Sync,
) -> Result<()> {
    for order in 3..=census.order().get() {
        let empty = |part: usize| depot.keep(vec![0; census.nodes(part, order).len()]);
        let parts = 0..census.parts().len();
        let mut found: Vec<Kept<u32>> = parts.map(empty).collect::<Result<_>>()?;
        // Of the order below: a token for each n-gram, and where the children of their contexts begin.
        let fit = memory as usize / (2 * size_of::<u32>());
        for stretch in census.stretches(order - 1, fit) {
            let below = Below::load(census, order - 1, stretch)?;
            let parts = found.par_iter_mut().zip(census.parts());
            parts.try_for_each(|(found, part)| {
                let mut suffixes = found.take()?;
                below.look_up(
                    part.level(order - 1),
                    part.level(order),
                    order,
                    &mut suffixes,
                )?;
                *found = depot.keep(suffixes)?;
                Ok(())
            })?;
        }
        for (part, found) in census.parts_mut().iter_mut().zip(found) {
            let level = part.level_mut(order);
            advance(level.len() as u64);
            level.set_suffixes(found);
        }
    }
    Ok(())
}

/// The n-grams of one order in a stretch of parts.
struct Below {
    /// Which n-grams they are, among all of their order.
    nodes: Range<usize>,
    /// Their contexts, among all of the order below.
    contexts: Range<usize>,
    /// The last token of each n-gram.
    tokens: Vec<TokenId>,
    /// Where the followers of each context begin, and where the last ones end, among all.
    children: Vec<u32>,
}

impl Below {
    fn load(census: &Census, order: usize, parts: Range<usize>) -> Result<Self> {
        let span = |order| {
            let last = census.nodes(parts.end - 1, order).end;
            census.nodes(parts.start, order).start..last
        };
        let (nodes, contexts) = (span(order), span(order - 1));
        let mut tokens = Vec::with_capacity(nodes.len());
        let mut children = Vec::with_capacity(contexts.len() + 1);
        for number in parts.clone() {
            let part = &census.parts()[number];
            tokens.extend_from_slice(&part.level(order).tokens()?);
            let first = census.nodes(number, order).start as u32;
            let own = part.level(order - 1).children()?;
            children.extend(own[..own.len() - 1].iter().map(|child| first + child));
        }
        children.push(nodes.end as u32);
        Ok(Below {
            nodes,
            contexts,
            tokens,
            children,
        })
    }

    /// Fills in those suffixes of a part's n-grams that are among these.
    fn look_up(
        &self,
        contexts: &PartLevel,
        ngrams: &PartLevel,
        order: usize,
        suffixes: &mut [u32],
    ) -> Result<()> {
        let (children, tokens) = (contexts.children()?, ngrams.tokens()?);
        let of_contexts = contexts.suffix_nodes(order - 1)?;
        for (followers, &suffix) in children.windows(2).zip(of_contexts.iter()) {
            let context = (suffix as usize).wrapping_sub(self.contexts.start);
            if context >= self.contexts.len() {
                continue;
            }
            let first = self.nodes.start;
            let candidates = self.children[context] as usize - first
                ..self.children[context + 1] as usize - first;
            let mut from = candidates.start;
            for follower in followers[0] as usize..followers[1] as usize {
                let rest = &self.tokens[from..candidates.end];
                from += rest.partition_point(|token| *token < tokens[follower]);
                suffixes[follower] = (first + from) as u32;
                from += 1;
            }
        }
        Ok(())
    }
}
