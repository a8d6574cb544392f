//! What benchmarks share: the words they are given, clocks, the middle of several runs.

#![allow(dead_code, reason = "each benchmark takes what it needs")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The words after `cargo bench --bench NAME --`, without the one that cargo adds of its own.
pub(crate) fn words() -> Vec<String> {
    let words = std::env::args().skip(1);
    words.filter(|word| word != "--bench").collect()
}

/// The value in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How often each measure is taken: RUNS, or 5.
pub(crate) fn runs() -> usize {
    let runs = std::env::var("RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    runs.unwrap_or(5)
}

/// How long commands took, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

/// Runs commands one after another; each must succeed.
pub(crate) fn took<'c>(commands: impl IntoIterator<Item = &'c mut Command>) -> Took {
    let (start, cpu) = (Instant::now(), cpu_of_children());
    for command in commands {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(status.success(), "{command:?}: {status}");
    }
    Took {
        wall: start.elapsed().as_secs_f64(),
        cpu: cpu_of_children() - cpu,
    }
}

/// User and system time of all children that have ended; 0 where the system does not tell.
fn cpu_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(13).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The time all threads of this process were at work.
#[cfg(unix)]
pub(crate) fn processor_time() -> Duration {
    spent(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// The time this thread was at work.
#[cfg(unix)]
pub(crate) fn thread_time() -> Duration {
    spent(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(unix)]
fn spent(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock writes into a struct of ours that outlives the call.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
pub(crate) fn processor_time() -> Duration {
    Duration::ZERO
}

#[cfg(not(unix))]
pub(crate) fn thread_time() -> Duration {
    Duration::ZERO
}
