//! Here are levels from outside, give me a table that keeps every promise; or say what is wrong.

use std::ops::Range;

use rayon::prelude::*;

use super::table::{Table, TableLevel};
use crate::count::tally;
use crate::error::{Error, ErrorKind, Result};
use crate::pages::prefetch;
use crate::token::TokenId;

impl Table {
    /// From stored or imported levels, every invariant checked: whatever is asked of the table
    /// later stays inside it.
    pub fn from_levels(levels: Vec<TableLevel>) -> Result<Self> {
        Table { levels }.checked(|table, n| {
            table.check_lengths(n)?;
            table.check_values(n)?;
            table.check_links(n)
        })
    }

    /// From levels of which only the lengths are checked, at once: if they are damaged, answers are wrong
    /// or panic.
    pub(super) fn from_unverified(levels: Vec<TableLevel>) -> Result<Self> {
        Table { levels }.checked(Self::check_lengths)
    }

    fn checked(self, check: impl Fn(&Self, usize) -> Result<(), String>) -> Result<Self> {
        for n in 1..=self.order() {
            check(&self, n).map_err(|what| {
                Error::new(
                    ErrorKind::Corrupt,
                    format!("order {n} of its table: {what}"),
                )
                .way_out("build or import the model again")
            })?;
        }
        Ok(self)
    }

    fn check_lengths(&self, n: usize) -> Result<(), String> {
        let level = &self.levels[n - 1];
        let len = level.tokens.len();
        let top = n == self.order();
        let counted = self.is_counted();
        let expected = [
            ("probabilities", level.log10_prob.len(), len),
            (
                "back-offs",
                level.log10_backoff.len(),
                if top { 0 } else { len },
            ),
            ("suffixes", level.suffix.len(), if n == 1 { 0 } else { len }),
            (
                "children",
                level.children.len(),
                if top { 0 } else { len + 1 },
            ),
            (
                "counts",
                level.times_seen.len(),
                if counted { len } else { 0 },
            ),
        ];
        match expected.iter().find(|(_, found, wanted)| found != wanted) {
            Some((what, found, wanted)) => Err(format!("{found} {what} where {wanted} belong")),
            None => Ok(()),
        }
    }

    fn check_values(&self, n: usize) -> Result<(), String> {
        let level = &self.levels[n - 1];
        if level.log10_prob.iter().any(|p| p.is_nan() || *p > 0.0) {
            return Err("a probability is not between 0 and 1".into());
        }
        if level
            .log10_backoff
            .iter()
            .any(|b| b.is_nan() || *b == f32::INFINITY)
        {
            return Err("a back-off is not a number".into());
        }
        if !tally::check(&level.times_seen, &level.times_seen_large) {
            return Err("a count is not where it belongs".into());
        }
        Ok(())
    }

    fn check_links(&self, n: usize) -> Result<(), String> {
        let level = &self.levels[n - 1];
        if n == 1 {
            let ids = level.tokens.iter().enumerate();
            let in_place = ids.into_iter().all(|(id, token)| token.index() == id);
            return in_place
                .then_some(())
                .ok_or("a token is not at its id".into());
        }
        let contexts = &self.levels[n - 2].children;
        let spans = contexts.first() == Some(&0)
            && contexts.last().map(|&end| end as usize) == Some(level.tokens.len())
            && contexts.is_sorted();
        if !spans {
            return Err("its contexts' ranges do not cover it".into());
        }
        let links = Links::of(self, n);
        let contexts = (0..contexts.len() - 1).into_par_iter();
        contexts.try_for_each(|context| links.check_children(context))
    }
}

/// The columns through which the links of one level go: see [`Column`](crate::store::Column), which
/// wants a hot loop to borrow them before.
struct Links<'t> {
    tokens: &'t [TokenId],
    suffix: &'t [u32],
    /// The tokens of the contexts' level, to which the suffixes lead.
    lower: &'t [TokenId],
    contexts: &'t [u32],
    /// The contexts' suffixes and the children of those; the root, if there are none.
    below: Option<(&'t [u32], &'t [u32])>,
}

impl<'t> Links<'t> {
    /// Those of level n, from 2 on.
    fn of(table: &'t Table, n: usize) -> Self {
        let [context, level] = [n - 2, n - 1].map(|index| &table.levels[index]);
        let below = (n > 2).then(|| &table.levels[n - 3]);
        Links {
            tokens: &level.tokens,
            suffix: &level.suffix,
            lower: &context.tokens,
            contexts: &context.children,
            below: below.map(|below| (&context.suffix[..], &below.children[..])),
        }
    }

    /// Says that the links of the contexts after this one, and of their children, will be followed soon.
    fn expect(&self, context: usize, child: usize) {
        if let Some(&suffix) = self.suffix.get(child + LOOK_AHEAD) {
            prefetch(self.lower, suffix as usize);
        }
        if let Some((suffix, below)) = self.below
            && let Some(&suffix) = suffix.get(context + LOOK_AHEAD)
        {
            prefetch(below, suffix as usize);
        }
    }

    /// The children of one context ascend, and the suffix of each continues the context's suffix by
    /// the same token.
    fn check_children(&self, context: usize) -> Result<(), String> {
        let children = span(self.contexts, context);
        self.expect(context, children.end);
        let tokens = &self.tokens[children.clone()];
        if !tokens.is_sorted_by(|a, b| a < b) {
            return Err("the followers of a context are out of order".into());
        }
        let below = match self.below {
            Some((suffix, below)) => span(below, suffix[context] as usize),
            None => 0..self.lower.len(),
        };
        for (token, &suffix) in tokens.iter().zip(&self.suffix[children]) {
            let suffix = suffix as usize;
            if !below.contains(&suffix) || self.lower[suffix] != *token {
                return Err("a suffix link leads astray".into());
            }
        }
        Ok(())
    }
}

/// For how many n-grams, and contexts, what their links lead to is asked of the memory ahead of the look.
const LOOK_AHEAD: usize = 32;

fn span(begins: &[u32], index: usize) -> Range<usize> {
    begins[index] as usize..begins[index + 1] as usize
}
