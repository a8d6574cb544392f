//! Here is a wish for memory; a large one is met with huge pages.
//!
//! Counting looks at random places of arrays of hundreds of megabytes. With
//! pages of 4 KiB nearly every look also misses the table of pages, and filling
//! the arrays stops once a page for the kernel to find one. Linux gives pages of
//! 2 MiB to who asks for them (`madvise`), and this allocator asks, for every
//! allocation that is large enough to hold some. A build of order 5 over 31 million
//! tokens stopped for 533,000 pages before, and for 228,000 with it.
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
use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

/// Smaller allocations are left alone.
const LARGE: usize = 4 << 20;

/// The system's allocator, which is asked for huge pages where an allocation is large.
#[derive(Clone, Copy, Debug, Default)]
pub struct HugePages;

// SAFETY: memory comes from the system's allocator and goes back to it, each time with the layout it
// was asked for with; `advise` changes no byte and no address.
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

    /// The system would move the pages of a large allocation to another address, where huge ones
    /// may not fit and are broken up; a copy keeps them whole.
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size < LARGE {
            // SAFETY: the caller keeps the contract of `realloc`, which is the same.
            return unsafe { System.realloc(old, layout, size) };
        }
        // SAFETY: `size`, rounded up to the alignment, fits an `isize`, as the caller promises.
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not zero. Both allocations are at least as long as what is copied,
        // and they do not overlap, for both are alive; the old one is freed with its own layout.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                std::ptr::copy_nonoverlapping(old, new, layout.size().min(size));
                self.dealloc(old, layout);
            }
            new
        }
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

/// Numbers that are zero at first, in huge pages where there are any, whichever allocator the program
/// has; aligned to pages, and each page comes to be when it is first written to.
#[derive(Debug)]
pub struct Zeroed<T> {
    bytes: MmapMut,
    of: PhantomData<T>,
}

impl<T: Pod> Zeroed<T> {
    /// So many.
    ///
    /// # Errors
    /// If there is not as much memory.
    pub fn new(count: usize) -> io::Result<Self> {
        let bytes = count.checked_mul(size_of::<T>());
        let bytes = MmapMut::map_anon(bytes.ok_or(io::ErrorKind::OutOfMemory)?)?;
        #[cfg(target_os = "linux")]
        // A kernel that has none refuses, which is no harm.
        let _ = bytes.advise(memmap2::Advice::HugePage);
        Ok(Zeroed {
            bytes,
            of: PhantomData,
        })
    }
}

impl<T: Pod> Deref for Zeroed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.bytes)
    }
}

impl<T: Pod> DerefMut for Zeroed<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.bytes)
    }
}

/// Gives freed memory back to the system, which the allocator would keep for the next wish.
///
/// For the ends of stages that hold much less than the stage before.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: this only returns pages that hold no allocation; it may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

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
