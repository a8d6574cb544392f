//! Here is a model, give me its that narrow most.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::entropy::{Contexts, each_context};
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::model::NgramModel;
use crate::ngram::table::{Node, Table};
use crate::progress::Progress;

/// A context whose first token says much of what comes after the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decisive {
    /// Which context.
    pub context: Node,
    /// The entropy after it in bits.
    pub entropy_bits: f64,
    /// How many bits more there are without its first token.
    pub narrowing_bits: f64,
    /// How often it was seen.
    pub times_seen: u64,
}

impl Eq for Decisive {}

/// By what they narrow, then by how often they were seen; the shorter and the earlier is the greater.
impl Ord for Decisive {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_narrowing = self.narrowing_bits.total_cmp(&other.narrowing_bits);
        let place = |of: &Decisive| Reverse((of.context.length(), of.context.index));
        by_narrowing
            .then(self.times_seen.cmp(&other.times_seen))
            .then(place(self).cmp(&place(other)))
    }
}

impl PartialOrd for Decisive {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The contexts that narrow most among those that were seen so often and have followers, most first.
///
/// # Errors
/// If nobody counted: without counts, chance cannot be told from habit. If the model has no lower
/// orders.
pub fn decisive(
    model: &NgramModel,
    seen: u64,
    number: usize,
    progress: &dyn Progress,
) -> Result<Vec<Decisive>> {
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
            let found = of_context(table, &contexts, context);
            let less = most.peek().is_some_and(|Reverse(least)| found < *least);
            if (less && most.len() == number)
                || found.times_seen < seen
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
    Ok(sorted.map(|Reverse(found)| found).collect())
}

fn of_context(table: &Table, contexts: &Contexts, context: Node) -> Decisive {
    Decisive {
        context,
        entropy_bits: contexts.openness[context.index].entropy_bits(),
        narrowing_bits: contexts.narrowing_bits(context.index),
        times_seen: table.times_seen(context).unwrap_or(0),
    }
}
