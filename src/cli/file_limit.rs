//! Here is a process that may write files only so large; let it be told, not killed.
//!
//! Beyond such a limit (`ulimit -f`, some batch systems) Unix sends SIGXFSZ,
//! which ends a process without a word and leaves its temporary behind. When the
//! signal is ignored, the write fails instead, as on a full disk, and we can say
//! what happened and clean up.

/// Lets a write beyond the limit fail as any other write does.
#[cfg(all(
    any(target_os = "linux", target_os = "macos"),
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) fn fail_instead_of_dying() {
    use std::ffi::c_int;

    const SIGXFSZ: c_int = 25;
    const IGNORE: usize = 1;
    unsafe extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }
    // SAFETY: this is POSIX `signal`, in the C library that std links; 25 and 1 are SIGXFSZ and
    // SIG_IGN on the systems named above. No handler is installed, so no code of ours runs in one.
    unsafe { signal(SIGXFSZ, IGNORE) };
}

/// Elsewhere there is no such signal, or it may have another number.
#[cfg(not(all(
    any(target_os = "linux", target_os = "macos"),
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
pub(super) fn fail_instead_of_dying() {}
