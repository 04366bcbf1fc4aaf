//! Keeps the process within its memory limit: the store's pages are given back when they take too much. They stay in the page
//! cache while the machine has memory to spare, but each costs a page fault when it comes back: a store whose indexes, ids and payloads
//! do not fit in the limit is ingested several times slower.

/// Bytes of blocks after which the memory is looked at again.
const LOOK_AFTER: u64 = 1 << 20;

pub struct Memory {
    limit: u64,
    since: u64,
}

impl Memory {
    pub fn new(limit: u64) -> Memory {
        Memory { limit, since: 0 }
    }

    /// Calls `release` when the process has come near its limit.
    pub fn after_block(&mut self, bytes: u64, release: impl FnOnce()) {
        self.since += bytes;
        if self.since < LOOK_AFTER {
            return;
        }
        self.since = 0;
        // A page that is touched brings its neighbours with it, so a few blocks can take much.
        if resident().is_some_and(|now| now > self.limit / 2) {
            release();
        }
    }
}

/// Bytes of memory that the process takes; `None` where the system does not say so cheaply.
pub fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
