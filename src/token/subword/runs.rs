//! Here is a row of a few long runs of equal symbols, merge it run by run.
//!
//! In a run of s, where s and s merge into t, every second pair is merged at one step:
//! s s s s s becomes t t s. That is what merging the leftmost pair first comes to, if
//! nothing that a new t makes with its neighbours would be merged before the next s and
//! s. Merges that were learnt are so, for a piece is made before it is merged on; any
//! others are taken a pair at a time.

use super::pairs::{Merge, Pairs};

/// A row of more runs than this is none of these.
const MOST: usize = 48;

/// Equal symbols, one after another.
#[derive(Clone, Copy)]
struct Run {
    symbol: u32,
    count: usize,
}

/// What is merged next: in a run, or its last symbol and the first of the next run.
#[derive(Clone, Copy)]
enum Place {
    Within(usize),
    Behind(usize),
}

/// Merges a row in place as far as it has few runs; returns true if nothing is left to be merged.
pub(super) fn merge(pairs: &Pairs, row: &mut Vec<u32>) -> bool {
    let Some(mut runs) = runs_of(row) else {
        return false;
    };
    let mut next = best(pairs, &runs);
    while let Some((merge, place)) = next.filter(|_| runs.len() <= MOST) {
        runs = merged(pairs, &runs, merge, place);
        next = best(pairs, &runs);
    }
    row.clear();
    for run in &runs {
        row.extend(std::iter::repeat_n(run.symbol, run.count));
    }
    next.is_none()
}

fn runs_of(row: &[u32]) -> Option<Vec<Run>> {
    let mut runs = Vec::with_capacity(MOST);
    for equal in row.chunk_by(|a, b| a == b) {
        if runs.len() == MOST {
            return None;
        }
        push(&mut runs, equal[0], equal.len());
    }
    Some(runs)
}

/// Puts symbols at the end.
fn push(runs: &mut Vec<Run>, symbol: u32, count: usize) {
    match runs.last_mut() {
        Some(last) if last.symbol == symbol => last.count += count,
        _ if count > 0 => runs.push(Run { symbol, count }),
        _ => {}
    }
}

/// The merge of lowest rank, and of equals the leftmost.
fn best(pairs: &Pairs, runs: &[Run]) -> Option<(Merge, Place)> {
    let mut best: Option<(Merge, Place)> = None;
    let mut look = |left: Run, right: Run, place| {
        if let Some(merge) = pairs.get(left.symbol, right.symbol)
            && best.is_none_or(|(best, _)| merge.rank < best.rank)
        {
            best = Some((merge, place));
        }
    };
    for (at, &run) in runs.iter().enumerate() {
        if run.count > 1 {
            look(run, run, Place::Within(at));
        }
        if let Some(&next) = runs.get(at + 1) {
            look(run, next, Place::Behind(at));
        }
    }
    best
}

/// The runs after a merge.
fn merged(pairs: &Pairs, runs: &[Run], merge: Merge, place: Place) -> Vec<Run> {
    let mut after = Vec::with_capacity(runs.len() + 2);
    let mut runs = runs.iter().copied().enumerate();
    while let Some((at, run)) = runs.next() {
        match place {
            Place::Within(here) if here == at => {
                let made = match comes_first(pairs, after.last(), run.symbol, merge) {
                    true => 1,
                    false => run.count / 2,
                };
                push(&mut after, merge.into, made);
                push(&mut after, run.symbol, run.count - 2 * made);
            }
            Place::Behind(here) if here == at => {
                push(&mut after, run.symbol, run.count - 1);
                push(&mut after, merge.into, 1);
                if let Some((_, next)) = runs.next() {
                    push(&mut after, next.symbol, next.count - 1);
                }
            }
            _ => push(&mut after, run.symbol, run.count),
        }
    }
    after
}

/// True if what a new symbol makes with its neighbours may be merged before the rest of the run.
fn comes_first(pairs: &Pairs, before: Option<&Run>, symbol: u32, merge: Merge) -> bool {
    let new = merge.into;
    let neighbours = [
        before.map(|run| (run.symbol, new)),
        Some((new, symbol)),
        Some((new, new)),
    ];
    let mut found = neighbours
        .into_iter()
        .flatten()
        .filter_map(|(left, right)| pairs.get(left, right));
    found.any(|found| found.rank <= merge.rank)
}
