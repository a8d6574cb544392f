//! Here is a wish for memory; a large one is met with huge pages.
//!
//! Counting looks at random places of arrays of hundreds of megabytes. With
//! pages of 4 KiB nearly every look also misses the table of pages, and filling
//! the arrays stops once a page for the kernel to find one. Linux gives pages of
//! 2 MiB to who asks for them (`madvise`), and this allocator asks, for every
//! allocation that is large enough to hold some. Measured on a build of order 5
//! over 31 million tokens: see CHANGELOG.
//!
//! The command uses it; a program that uses the library chooses its own
//! allocator, this one if it likes:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: counterpoint::pages::HugePages = counterpoint::pages::HugePages;
//! # let large = vec![1u8; 9 << 20];
//! # assert_eq!(large.iter().map(|&one| one as usize).sum::<usize>(), 9 << 20);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};

/// Smaller allocations are left alone.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// The system's allocator, which is asked for huge pages where an allocation is large.
#[derive(Clone, Copy, Debug, Default)]
pub struct HugePages;

// SAFETY: every call is passed on to the system's allocator as it came, and its answer is handed
// back as it is; `advise` changes no byte and no address.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        let start = unsafe { System.alloc(layout) };
        advise(start, layout.size());
        start
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same.
        let start = unsafe { System.alloc_zeroed(layout) };
        advise(start, layout.size());
        start
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `realloc`, which is the same.
        let start = unsafe { System.realloc(old, layout, size) };
        advise(start, size);
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, which is the same.
        unsafe { System.dealloc(start, layout) }
    }
}

/// Asks for huge pages for the whole pages within an allocation, if it is large.
#[cfg(target_os = "linux")]
fn advise(start: *mut u8, size: usize) {
    const PAGE: usize = 4096;
    if size < LARGE || start.is_null() {
        return;
    }
    let skipped = start.align_offset(PAGE);
    let whole = (size - skipped) / PAGE * PAGE;
    // SAFETY: the range lies within the allocation at `start`, which is `size` bytes long and was
    // made just now; the advice changes how it is backed, not what it holds. A kernel without huge
    // pages refuses, which is no harm.
    unsafe {
        libc::madvise(start.add(skipped).cast(), whole, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_start: *mut u8, _size: usize) {}

/// Says that an entry of a slice will soon be looked at, so that the wait for it begins now; a place
/// beyond the end is ignored.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(entry) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint; it reads and writes nothing the program can see, and the
        // address is that of a living entry.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(entry).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
