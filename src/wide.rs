//! Here is a loop over numbers, run it in the widest vectors there are.
//!
//! The compiler turns a plain loop over numbers into vector instructions, but
//! only of the kind that every processor has: four `f32` at a time on x86-64.
//! Most have eight or sixteen. The same loop, inlined into a function that may
//! use those, is compiled for them; which one runs is decided when it runs. The
//! results are the same to the bit: a lane does what it did before, and products
//! and sums are not fused.

/// Runs `work`, which should be a short loop that can be inlined here.
#[inline(always)]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the feature, as just detected.
            return unsafe { sixteen_lanes(work) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature, as just detected.
            return unsafe { eight_lanes(work) };
        }
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sixteen_lanes<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn eight_lanes<R>(work: impl FnOnce() -> R) -> R {
    work()
}
