//! Here is a census, give me the rows of its shard, in order.
//!
//! A row of the census begins at a token, a row of a shard ends at one. Both know
//! the n-grams of full length; where a sentence begins, a shard also has those
//! that reach out of it, with more `<s>` in front:
//!
//! ```text
//! <s> a b c </s>      <s> <s> a      the node `<s> a` of order 2
//!                     <s> a b        nodes of order 3
//!                     a b c
//!                     b c </s>
//! ```
//!
//! So the rows are the nodes of the highest order, and every node of a lower
//! order, from 2, that begins with `<s>`. The latter stand among the former where
//! `<s>` sorts: behind `<unk>`, before everything else.

use std::borrow::Cow;
use std::ops::Range;

use crate::count::{Census, Read};
use crate::error::Result;
use crate::token::TokenId;

/// Takes the rows of a shard, each with its count.
pub(super) trait TakeRow: FnMut(&[TokenId], u64) -> Result<()> {}

impl<F: FnMut(&[TokenId], u64) -> Result<()>> TakeRow for F {}

/// Hands on every row of the shard that a census is.
pub(super) fn each_row(census: &Census, mut take: impl TakeRow) -> Result<()> {
    let order = census.order().get();
    let starts = census.division().part_of(TokenId::START.0);
    for number in 0..census.parts().len() {
        if number == starts {
            if order > 1 {
                each_start(census, number, &mut take)?;
            }
            continue;
        }
        let level = census.parts()[number].level(order);
        let trie = Trie::load(census, number)?;
        trie.spell(order, 0..level.len(), &level.raw()?, &mut take)?;
    }
    Ok(())
}

/// The rows that begin with `<s>`: those that go on with `<unk>`, the longest n-grams first, and then
/// the others, the shortest first.
fn each_start(census: &Census, number: usize, take: &mut impl TakeRow) -> Result<()> {
    let order = census.order().get();
    let part = &census.parts()[number];
    let trie = Trie::load(census, number)?;
    let cuts = trie.behind_unknown();
    let counts: Vec<Read> = (2..=order)
        .map(|order| part.level(order).raw())
        .collect::<Result<_>>()?;
    for n in (2..=order).rev() {
        trie.spell(n, 0..cuts[n - 2], &counts[n - 2], take)?;
    }
    for n in 2..=order {
        let rest = cuts[n - 2]..part.level(n).len();
        trie.spell(n, rest, &counts[n - 2], take)?;
    }
    Ok(())
}

/// The n-grams of one part.
struct Trie<'c> {
    /// The last token of each, order 1 first.
    tokens: Vec<Cow<'c, [TokenId]>>,
    /// Where the followers of each begin, and where the last ones end.
    children: Vec<Cow<'c, [u32]>>,
}

impl<'c> Trie<'c> {
    fn load(census: &'c Census, number: usize) -> Result<Self> {
        let order = census.order().get();
        let part = &census.parts()[number];
        let tokens = (1..=order).map(|order| part.level(order).tokens());
        let children = (1..order).map(|order| part.level(order).children());
        Ok(Trie {
            tokens: tokens.collect::<Result<_>>()?,
            children: children.collect::<Result<_>>()?,
        })
    }

    /// By order from 2: how many n-grams have `<unk>` as their second token. They come first.
    fn behind_unknown(&self) -> Vec<usize> {
        let bigrams = self.tokens.get(1).map(|tokens| tokens.first());
        let first = usize::from(bigrams == Some(Some(&TokenId::UNKNOWN)));
        let mut cuts = vec![first];
        for children in self.children.iter().skip(1) {
            let cut = children[*cuts.last().expect("there is a first")];
            cuts.push(cut as usize);
        }
        cuts
    }

    /// Hands on some nodes of an order that were seen, with as many `<s>` in front as a row needs.
    fn spell(
        &self,
        order: usize,
        nodes: Range<usize>,
        counts: &Read,
        take: &mut impl TakeRow,
    ) -> Result<()> {
        let mut row = vec![TokenId::START; self.tokens.len()];
        let padding = row.len() - order;
        let mut path = self.path(order, nodes.start);
        for node in nodes {
            path[order - 1] = node;
            for level in (0..order - 1).rev() {
                while self.children[level][path[level] + 1] as usize <= path[level + 1] {
                    path[level] += 1;
                }
            }
            for (level, &node) in path.iter().enumerate() {
                row[padding + level] = self.tokens[level][node];
            }
            match counts.get(node) {
                0 => {}
                count => take(&row, count)?,
            }
        }
        Ok(())
    }

    /// The contexts of a node, order 1 first, and the node itself.
    fn path(&self, order: usize, node: usize) -> Vec<usize> {
        let mut path = vec![node; order];
        for level in (0..order - 1).rev() {
            let first = path[level + 1] as u32;
            let behind = self.children[level].partition_point(|&child| child <= first);
            path[level] = behind.saturating_sub(1);
        }
        path
    }
}
