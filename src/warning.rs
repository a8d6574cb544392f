//! Here is something you should know, though the work went on.
//!
//! Warnings are cases, not strings, so that a program can react to them, and
//! each says its advice where there is one.

use std::fmt;

/// Something odd that did not stop the work.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// An order's counts of counts cannot give its discounts; fixed ones were used.
    DiscountFallback {
        /// The order concerned.
        order: usize,
        /// Why the formula does not hold, in one clause.
        reason: String,
        /// The discounts used instead.
        discounts: Vec<f64>,
    },
    /// Bytes that are not UTF-8 were replaced by U+FFFD.
    ReplacedBytes {
        /// How many sequences were replaced.
        sequences: u64,
        /// The first place.
        first: String,
    },
    /// Records of JSON Lines that cannot be read were left out.
    SkippedRecords {
        /// How many.
        records: u64,
        /// The first place, and what was wrong there.
        first: String,
    },
    /// An ARPA file breaks a rule that can be repaired; what was done about it.
    ArpaRepaired {
        /// The file, and the line if there is one.
        place: String,
        /// What was odd and what was done.
        what: String,
    },
    /// Anything else, in one sentence, with its advice.
    Other(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::DiscountFallback {
                order,
                reason,
                discounts,
            } => {
                let list: Vec<String> = discounts.iter().map(f64::to_string).collect();
                let list = list.join(", ");
                write!(
                    f,
                    "order {order}: {reason}, so its discounts are the fixed {list}; more text would let them be estimated"
                )
            }
            Warning::ReplacedBytes { sequences, first } => write!(
                f,
                "{sequences} invalid UTF-8 sequences became U+FFFD, the first at {first}"
            ),
            Warning::SkippedRecords { records, first } => {
                let were = if *records == 1 {
                    "record was"
                } else {
                    "records were"
                };
                write!(f, "{records} {were} left out, the first at {first}")
            }
            Warning::ArpaRepaired { place, what } => write!(f, "{place}: {what}"),
            Warning::Other(text) => f.write_str(text),
        }
    }
}
