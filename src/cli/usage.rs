//! Here is this process; say what it took so far.
//!
//! Wall-clock time and, where the system tells (Linux), processor time and the
//! most memory it held: what users of such tools compare and paste into reports.

use std::fs;
use std::time::{Duration, Instant};

use super::columns::{bytes, seconds};

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) wall: Duration,
    pub(super) cpu: Option<Duration>,
    pub(super) peak_memory: Option<u64>,
}

impl Usage {
    /// Since `start`.
    pub(super) fn since(start: Instant) -> Self {
        Usage {
            wall: start.elapsed(),
            cpu: cpu(),
            peak_memory: peak_memory(),
        }
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&seconds(self.wall))?;
        if let Some(cpu) = self.cpu {
            write!(f, ", CPU {}", seconds(cpu))?;
        }
        match self.peak_memory {
            Some(peak) => write!(f, ", peak memory {}", bytes(peak)),
            None => Ok(()),
        }
    }
}

/// User and system time of all threads.
fn cpu() -> Option<Duration> {
    /// The kernel counts in hundredths of a second towards programs, whatever its own clock does.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets, which may hold blanks.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: Vec<u32> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(TICK * ticks.iter().sum())
}

fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells() {
        let usage = Usage::since(Instant::now());
        assert!(usage.cpu.is_some());
        assert!(usage.peak_memory.is_some_and(|peak| peak > 1 << 16));
    }
}
