//! Here is long work; it says how far it is, and whoever watches draws it.
//!
//! The library reports stages, counts and warnings; it never prints. The
//! command draws bars on a terminal and stays quiet in a pipe; a test collects
//! what it hears. The same watcher can ask the work to stop.

use crate::warning::Warning;

/// One stage of a longer job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its number, from 1.
    pub number: usize,
    /// How many stages the job has.
    pub of: usize,
    /// One word: "count".
    pub name: &'static str,
    /// What is counted: "tokens", "bytes".
    pub unit: &'static str,
    /// How many units there will be, if that is known beforehand.
    pub total: Option<u64>,
}

/// Someone who watches long work.
pub trait Progress: Sync {
    /// A stage begins; the stage before, if any, is complete.
    fn stage(&self, stage: Stage);
    /// So many more units of the present stage are done.
    fn advance(&self, units: u64);
    /// A line worth keeping (a loss, a discount), for people who watch.
    fn note(&self, line: &str);
    /// Something the user should know, though the work goes on.
    fn warn(&self, warning: Warning);
    /// True once the user has asked the work to stop.
    fn should_stop(&self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _: Stage) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn warn(&self, _: Warning) {}
}
