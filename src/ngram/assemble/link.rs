//! Here is one order, sorted; hang it on the orders below.
//!
//! Sorted as they read, the n-grams that continue one context lie together and
//! in the contexts' own order, so one walk over both finds all children. The
//! suffix of `h w` is the child of the suffix of `h` by the same `w`, and both have
//! their children sorted: a second walk, context by context, finds all suffixes
//! without spelling any.

use rayon::prelude::*;

use super::{Entry, Key, Packing};
use crate::ngram::table::TableLevel;
use crate::token::TokenId;

/// About how many contexts one thread takes at a time.
const CHUNK: usize = if cfg!(test) { 3 } else { 1 << 13 };

/// How an order hangs on the one below.
pub(super) struct Links {
    /// Where the children of each context begin, and where the last end.
    pub(super) children: Vec<u32>,
    /// The suffix of each n-gram.
    pub(super) suffix: Vec<u32>,
}

/// The links of the next order; nothing if a context or a suffix is not below.
pub(super) fn links<const W: usize>(
    levels: &[TableLevel],
    contexts: &[Key<W>],
    entries: &[Entry<W>],
    packing: Packing,
) -> Option<Links> {
    let children = children(contexts, entries, packing)?;
    let suffix = match levels {
        [_] => entries
            .par_iter()
            .map(|entry| packing.last(entry.key).0)
            .collect(),
        [.., lower, below] => suffixes(&Below::of(lower, below), &children, entries, packing)?,
        [] => Vec::new(),
    };
    Some(Links { children, suffix })
}

fn children<const W: usize>(
    contexts: &[Key<W>],
    entries: &[Entry<W>],
    packing: Packing,
) -> Option<Vec<u32>> {
    let context_of = |entry: &Entry<W>| packing.context(entry.key);
    let before = |key: Key<W>| entries.partition_point(|entry| context_of(entry) < key);
    let mut children = vec![0; contexts.len() + 1];
    let (begins, end) = children.split_at_mut(contexts.len());
    end[0] = entries.len() as u32;
    let chunks = contexts.par_chunks(CHUNK).zip(begins.par_chunks_mut(CHUNK));
    let complete = chunks.enumerate().all(|(chunk, (keys, begins))| {
        let mut next = before(keys[0]);
        for (key, begin) in keys.iter().zip(begins) {
            *begin = next as u32;
            while entries
                .get(next)
                .is_some_and(|entry| context_of(entry) == *key)
            {
                next += 1;
            }
        }
        // What belongs to no context stops the walk.
        let following = contexts.get((chunk + 1) * CHUNK);
        next == following.map_or(entries.len(), |&key| before(key))
            && (chunk > 0 || before(keys[0]) == 0)
    });
    let none = contexts.is_empty() && !entries.is_empty();
    (complete && !none).then_some(children)
}

/// The columns that lead from a context to the children of its suffix.
struct Below<'t> {
    /// The suffix of each context.
    suffix: &'t [u32],
    /// The children of each suffix.
    children: &'t [u32],
    /// The last tokens of those.
    tokens: &'t [TokenId],
}

impl<'t> Below<'t> {
    fn of(lower: &'t TableLevel, below: &'t TableLevel) -> Self {
        Below {
            suffix: &below.suffix,
            children: &lower.children,
            tokens: &below.tokens,
        }
    }

    /// Finds the suffixes of a context's children; false if one is not there.
    fn find(
        &self,
        context: usize,
        tokens: impl Iterator<Item = TokenId>,
        suffixes: &mut [u32],
    ) -> bool {
        let suffix = self.suffix[context] as usize;
        let mut place = self.children[suffix] as usize;
        let end = self.children[suffix + 1] as usize;
        for (token, found) in tokens.zip(suffixes) {
            place += gallop(&self.tokens[place..end], token);
            if place == end || self.tokens[place] != token {
                return false;
            }
            *found = place as u32;
            place += 1;
        }
        true
    }
}

/// How many of some ascending tokens are less than this one; the fewer, the sooner.
fn gallop(tokens: &[TokenId], token: TokenId) -> usize {
    let mut step = 1;
    while step <= tokens.len() && tokens[step - 1] < token {
        step *= 2;
    }
    let known = step / 2;
    let end = step.min(tokens.len());
    known + tokens[known..end].partition_point(|other| *other < token)
}

fn suffixes<const W: usize>(
    below: &Below,
    children: &[u32],
    entries: &[Entry<W>],
    packing: Packing,
) -> Option<Vec<u32>> {
    let mut suffix = vec![0; entries.len()];
    let mut rest = &mut suffix[..];
    let mut chunks = Vec::new();
    for begin in (0..children.len() - 1).step_by(CHUNK) {
        let end = (begin + CHUNK).min(children.len() - 1);
        let size = (children[end] - children[begin]) as usize;
        let (own, others) = rest.split_at_mut(size);
        chunks.push((begin..end, own));
        rest = others;
    }
    let complete = chunks.into_par_iter().all(|(contexts, mut own)| {
        contexts.into_iter().all(|context| {
            let family = children[context] as usize..children[context + 1] as usize;
            let suffixes = own
                .split_off_mut(..family.len())
                .expect("its share was cut for it");
            let tokens = entries[family].iter().map(|entry| packing.last(entry.key));
            suffixes.is_empty() || below.find(context, tokens, suffixes)
        })
    });
    complete.then_some(suffix)
}
