//! Here is a process that may write files only so large; let it be told, not killed.
//!
//! Beyond such a limit (`ulimit -f`, some batch systems) Unix sends SIGXFSZ,
//! which ends a process without a word and leaves its temporary behind. When the
//! signal is ignored, the write fails instead, as on a full disk, and we can say
//! what happened and clean up.

/// Lets a write beyond the limit fail as any other write does.
#[cfg(unix)]
pub(super) fn fail_instead_of_dying() {
    // SAFETY: no handler is installed, so no code of ours runs in one; ignoring a signal touches no
    // memory of this process.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Elsewhere there is no such signal.
#[cfg(not(unix))]
pub(super) fn fail_instead_of_dying() {}
