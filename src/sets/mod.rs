//! Sets of numbers in chain order, and rows for few of many numbers. They know no chain.

pub mod marks;
pub mod outputs;
pub mod rows;

/// Asks the processor to fetch the cache line of a value.
#[inline]
pub fn prefetch<T>(value: &T) {
    // SAFETY: a reference is in bounds; a prefetch has no effect but on caches.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(value).cast())
    }
}
