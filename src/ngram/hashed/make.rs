//! Here is a table, make it one by hashes.

use std::io;

use rayon::prelude::*;

use super::fill::{Entry, fill};
use super::hash::{Seed, extend};
use super::line::{INNER, Line, Numbers, TOP};
use super::{HIGHEST_ORDER, HashedTable, NO_MATTER};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::table::{Table, TableLevel};
use crate::pages::{Zeroed, give_back};
use crate::token::TokenId;

/// With each way of hashing, two n-grams of a thousand million are too much alike about as often as
/// not.
const SEEDS: u64 = 32;

/// Contexts whose children are hashed at a time.
const AT_A_TIME: usize = 1 << 14;

impl HashedTable {
    /// From a table, on all threads.
    ///
    /// # Errors
    /// If the order is above [`HIGHEST_ORDER`], or there is not enough memory.
    pub fn of(table: &Table) -> Result<Self> {
        if table.order() > HIGHEST_ORDER {
            let what = format!("tables of order {} are not hashed", table.order());
            return Err(Error::new(ErrorKind::Usage, what)
                .way_out(format!("those up to order {HIGHEST_ORDER} are")));
        }
        for seed in (0..SEEDS).map(Seed) {
            let made = HashedTable::with_seed(table, seed);
            give_back();
            let made = made.map_err(|error| {
                Error::new(
                    ErrorKind::Io,
                    format!("no memory for a hashed table: {error}"),
                )
            })?;
            if let Some(made) = made {
                return Ok(made);
            }
        }
        let what = format!("none of {SEEDS} ways of hashing tells all n-grams apart");
        Err(Error::new(ErrorKind::Model, what).way_out("use the table as it is"))
    }

    pub(super) fn with_seed(table: &Table, seed: Seed) -> io::Result<Option<Self>> {
        let [first, above @ ..] = table.levels() else {
            return Ok(None);
        };
        let mut unigrams: Zeroed<Numbers> = Zeroed::new(first.tokens.len())?;
        let backoffs = Backoffs::of(first);
        for (index, (unigram, &log10_prob)) in
            unigrams.iter_mut().zip(&first.log10_prob[..]).enumerate()
        {
            *unigram = Numbers {
                log10_prob,
                log10_backoff: backoffs.get(index),
            };
        }
        let mut hashes: Vec<u64> = first
            .tokens
            .par_iter()
            .map(|&token| seed.token(token))
            .collect();
        let mut contexts = first;
        let mut orders = Vec::new();
        for level in above {
            hashes = of_children(&hashes, &contexts.children, &level.tokens, seed);
            let Some(lines) = lines_of(level, &hashes)? else {
                return Ok(None);
            };
            orders.push(lines);
            contexts = level;
        }
        Ok(Some(HashedTable {
            seed,
            unigrams,
            orders,
        }))
    }
}

/// The lines of one level, whose n-grams have these hashes.
fn lines_of(level: &TableLevel, hashes: &[u64]) -> io::Result<Option<Zeroed<Line>>> {
    let log10_prob = &level.log10_prob[..];
    if level.children.is_empty() {
        return fill::<TOP>(hashes.len(), |index| Entry {
            hash: hashes[index],
            numbers: Numbers {
                log10_prob: log10_prob[index],
                log10_backoff: 0.0,
            },
        });
    }
    let backoffs = Backoffs::of(level);
    fill::<INNER>(hashes.len(), |index| Entry {
        hash: hashes[index],
        numbers: Numbers {
            log10_prob: log10_prob[index],
            log10_backoff: backoffs.get(index),
        },
    })
}

/// The back-offs of a level, which say whether they matter.
struct Backoffs<'t> {
    log10: &'t [f32],
    children: &'t [u32],
}

impl<'t> Backoffs<'t> {
    fn of(level: &'t TableLevel) -> Self {
        Backoffs {
            log10: &level.log10_backoff,
            children: &level.children,
        }
    }

    fn get(&self, index: usize) -> f32 {
        let continued = || self.children[index] < self.children[index + 1];
        match self.log10.get(index) {
            Some(&log10) if log10 != 0.0 => log10,
            Some(_) if continued() => 0.0,
            _ => NO_MATTER,
        }
    }
}

/// The hashes of the n-grams of one level, from those of their contexts.
fn of_children(contexts: &[u64], children: &[u32], tokens: &[TokenId], seed: Seed) -> Vec<u64> {
    let mut hashes = vec![0; tokens.len()];
    let mut rest = &mut hashes[..];
    let mut pieces = Vec::new();
    for first in (0..contexts.len()).step_by(AT_A_TIME) {
        let last = contexts.len().min(first + AT_A_TIME);
        let count = children[last] - children[first];
        let (piece, others) = rest.split_at_mut(count as usize);
        rest = others;
        pieces.push((first..last, piece));
    }
    pieces.into_par_iter().for_each(|(range, mut piece)| {
        let mut tokens = &tokens[children[range.start] as usize..];
        for context in range {
            let count = (children[context + 1] - children[context]) as usize;
            let (own, others) = piece.split_at_mut(count);
            for (hash, &token) in own.iter_mut().zip(tokens) {
                *hash = extend(contexts[context], seed.token(token));
            }
            (piece, tokens) = (others, &tokens[count..]);
        }
    });
    hashes
}
