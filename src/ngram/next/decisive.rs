//! Here is a model, give me the contexts that narrow most, or leave most open.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::entropy::{Contexts, each_context};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::model::NgramModel;
use crate::ngram::table::{Node, Table};
use crate::progress::Progress;

/// What contexts are sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Those whose first token says most of what comes after the others.
    Decisive,
    /// Those after which most may come.
    Open,
}

/// A context, and how open it leaves what comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Narrowing {
    /// Which context.
    pub context: Node,
    /// The entropy after it in bits.
    pub entropy_bits: f64,
    /// How many bits more there are without its first token.
    pub narrowing_bits: f64,
    /// How often it was seen.
    pub times_seen: u64,
}

/// Contexts in the order in which they are listed.
#[derive(PartialEq)]
struct Ranked(f64, Narrowing);

impl Eq for Ranked {}

/// By what is sought, then by how often they were seen; the shorter and the earlier is the greater.
impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |of: &Narrowing| Reverse((of.context.length(), of.context.index));
        self.0
            .total_cmp(&other.0)
            .then(self.1.times_seen.cmp(&other.1.times_seen))
            .then(place(&self.1).cmp(&place(&other.1)))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Sought {
    fn ranked(self, found: Narrowing) -> Ranked {
        let bits = match self {
            Sought::Decisive => found.narrowing_bits,
            Sought::Open => found.entropy_bits,
        };
        Ranked(bits, found)
    }
}

/// The contexts that are sought among those that were seen so often and have followers, the foremost
/// first, at most `number`.
///
/// # Errors
/// If nobody counted: without counts, chance cannot be told from habit. If the model has no lower
/// orders.
pub fn contexts(
    model: &NgramModel,
    sought: Sought,
    seen: u64,
    number: usize,
    progress: &dyn Progress,
) -> Result<Vec<Narrowing>> {
    let table = model.table();
    if !table.is_counted() {
        let what = "an imported model does not say how often its contexts were seen";
        return Err(Error::new(ErrorKind::Model, what)
            .way_out("build one from the text: counterpoint build CORPUS -o NAME"));
    }
    let mut most = BinaryHeap::new();
    each_context(model, progress, |contexts| {
        let length = contexts.length;
        for index in 0..contexts.openness.len() {
            let context = Node { length, index };
            let found = sought.ranked(of_context(table, &contexts, context));
            let less = most.peek().is_some_and(|Reverse(least)| found < *least);
            if (less && most.len() == number)
                || found.1.times_seen < seen
                || table.children(context).is_empty()
            {
                continue;
            }
            most.push(Reverse(found));
            if most.len() > number {
                most.pop();
            }
        }
        Ok(())
    })?;
    let sorted = most.into_sorted_vec().into_iter();
    Ok(sorted.map(|Reverse(Ranked(_, found))| found).collect())
}

fn of_context(table: &Table, contexts: &Contexts, context: Node) -> Narrowing {
    Narrowing {
        context,
        entropy_bits: contexts.openness[context.index].entropy_bits(),
        narrowing_bits: contexts.narrowing_bits(context.index),
        times_seen: table.times_seen(context).unwrap_or(0),
    }
}
