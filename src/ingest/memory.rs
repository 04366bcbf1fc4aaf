//! Keeps the process within its memory limit: the store's pages are given back when they take too much. They stay in the page
//! cache while the machine has memory to spare, but each costs a page fault when it comes back: a store whose indexes, ids and
//! payloads do not fit in the limit is ingested several times slower.

/// Calls `release` when the process takes more than two thirds of its limit. A page that is touched brings its neighbours with it,
/// so a few thousand look-ups can take much; the rest is for them.
pub fn stay_within(limit: u64, release: impl FnOnce()) {
    if resident().is_some_and(|now| now > limit / 3 * 2) {
        release();
    }
}

/// Bytes of memory that the process takes; `None` where the system does not say so cheaply.
pub fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
