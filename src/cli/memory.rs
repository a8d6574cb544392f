//! Here is what the user allows, or what the machine has; say how many bytes.
//!
//! Sizes are written as GNU sort writes them: a number with b (bytes), K, M, G or
//! T (powers of 1024), K if nothing is said, or a percentage of all memory.

use std::fs;
use std::str::FromStr;

/// How much memory a job may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Memory {
    Bytes(u64),
    Percent(f64),
}

/// What is taken at most if nobody says: so much of what is available when the job begins.
const DEFAULT_PERCENT: f64 = 80.0;

/// What a machine that does not tell is thought to have.
const UNKNOWN: u64 = 4 << 30;

impl Memory {
    /// The bytes; without any wish, most of what is available now.
    pub(super) fn bytes(wish: Option<Memory>) -> u64 {
        let machine = Machine::look();
        match wish {
            Some(Memory::Bytes(bytes)) => bytes,
            Some(Memory::Percent(percent)) => share(machine.total, percent),
            None => share(machine.available, DEFAULT_PERCENT),
        }
    }
}

fn share(bytes: u64, percent: f64) -> u64 {
    (bytes as f64 * percent / 100.0) as u64
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || format!("give a size such as 2G, 500M or 50%, not '{text}'");
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let number: f64 = digits.parse().map_err(|_| unreadable())?;
        let factor = match text[digits.len()..].to_ascii_uppercase().as_str() {
            "%" if (0.0..=100.0).contains(&number) => return Ok(Memory::Percent(number)),
            "B" => 1u64,
            "" | "K" | "KB" | "KIB" => 1 << 10,
            "M" | "MB" | "MIB" => 1 << 20,
            "G" | "GB" | "GIB" => 1 << 30,
            "T" | "TB" | "TIB" => 1 << 40,
            _ => return Err(unreadable()),
        };
        let bytes = number * factor as f64;
        match bytes.is_finite() && bytes >= 1.0 {
            true => Ok(Memory::Bytes(bytes as u64)),
            false => Err(unreadable()),
        }
    }
}

/// The memory of the machine, or of the share of it that this process was given.
struct Machine {
    total: u64,
    available: u64,
}

impl Machine {
    fn look() -> Self {
        let facts = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let fact = |name: &str| {
            let line = facts.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
            Some(kibibytes << 10)
        };
        // A container's limit is below what the machine has; version 2 of control groups, then 1.
        let limits = [
            "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        let limit = |path: &&str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let limit = limits.iter().find_map(limit).unwrap_or(u64::MAX);
        Machine {
            total: fact("MemTotal:").unwrap_or(UNKNOWN).min(limit),
            available: fact("MemAvailable:").unwrap_or(UNKNOWN).min(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_gnu_sort() {
        let bytes = |text: &str| text.parse::<Memory>();
        assert_eq!(bytes("2G"), Ok(Memory::Bytes(2 << 30)));
        assert_eq!(bytes("1.5M"), Ok(Memory::Bytes(3 << 19)));
        assert_eq!(bytes("64"), Ok(Memory::Bytes(64 << 10)));
        assert_eq!(bytes("100b"), Ok(Memory::Bytes(100)));
        assert_eq!(bytes("50%"), Ok(Memory::Percent(50.0)));
        for wrong in ["", "G", "-1G", "2X", "0", "120%", "nan", "1e400G", "%"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_machine_has_some() {
        assert!(Memory::bytes(None) > 1 << 20);
        assert!(Memory::bytes(Some(Memory::Percent(1.0))) > 1 << 16);
        assert_eq!(Memory::bytes(Some(Memory::Bytes(7))), 7);
    }
}
