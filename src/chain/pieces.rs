//! Work on many pieces of a chain: threads do the pieces, and their results are taken in chain order, while no thread runs far ahead.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

use crate::chain::Chain;
use crate::error::{Error, Result};

/// Outputs of a piece, as far as blocks allow.
const OUTPUTS: u64 = 1 << 15;
/// Pieces that each thread may be ahead of the one that is taken next.
const AHEAD: usize = 4;

impl Chain {
    /// Ranges of heights with about as many outputs each, from `start` to the chain's tip.
    pub fn pieces(&self, start: u64) -> Result<Vec<Range<u64>>> {
        let outputs = |blocks: u64| crate::store::reader::counts_at(self.columns(), blocks).map(|counts| counts.outputs);
        let end = self.counts().blocks;
        let (mut from, mut begun, mut pieces) = (start, outputs(start)?, Vec::new());
        for height in start..end {
            let now = outputs(height + 1)?;
            if now - begun.min(now) >= OUTPUTS || height + 1 == end {
                pieces.push(from..height + 1);
                (from, begun) = (height + 1, now);
            }
        }
        Ok(pieces)
    }
}

/// How many threads to use where nobody says.
pub fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// Does `work` on each piece, on `threads` threads, and hands the results to `take` in the order of the pieces. The first error, of
/// either, ends it; results before it are taken.
pub fn in_order<P: Sync, T: Send>(
    pieces: &[P],
    threads: usize,
    work: impl Fn(&P) -> Result<T> + Sync,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    if threads <= 1 || pieces.len() <= 1 {
        return pieces.iter().try_for_each(|piece| take(work(piece)?));
    }
    let (next, pace, stop) = (AtomicUsize::new(0), Pace::default(), AtomicBool::new(false));
    let ahead = threads * AHEAD;
    std::thread::scope(|scope| {
        let (sender, results) = mpsc::channel();
        for _ in 0..threads {
            let (sender, next, pace, stop, work) = (sender.clone(), &next, &pace, &stop, &work);
            scope.spawn(move || {
                // A thread that panics must not leave the others waiting.
                let _end = OnDrop(|| pace.open());
                loop {
                    let i = next.fetch_add(1, Relaxed);
                    let Some(piece) = pieces.get(i) else { break };
                    pace.wait_for((i + 1).saturating_sub(ahead));
                    if stop.load(Relaxed) || sender.send((i, work(piece))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut taken = 0;
        let result = results.into_iter().try_for_each(|(i, result)| {
            waiting.insert(i, result);
            while let Some(result) = waiting.remove(&taken) {
                take(result?)?;
                taken += 1;
                pace.set(taken);
            }
            Ok(())
        });
        stop.store(true, Relaxed);
        pace.open();
        result
    })
}

/// How many pieces were taken.
#[derive(Default)]
struct Pace {
    taken: Mutex<usize>,
    changed: Condvar,
}

impl Pace {
    fn set(&self, taken: usize) {
        let mut now = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *now = taken.max(*now);
        self.changed.notify_all();
    }

    fn open(&self) {
        self.set(usize::MAX);
    }

    fn wait_for(&self, taken: usize) {
        let now = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(now, |now| *now < taken).unwrap_or_else(PoisonError::into_inner));
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// Turns "go on?" into an error when the answer is no.
pub fn go_on_or_stop(go_on: &mut dyn FnMut() -> bool) -> Result<()> {
    if go_on() { Ok(()) } else { Err(Error::Stopped) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_taken_in_order_whatever_the_number_of_threads() {
        let pieces: Vec<u64> = (0..500).collect();
        for threads in [1, 2, 7] {
            let mut taken = Vec::new();
            let take = |result| {
                taken.push(result);
                Ok(())
            };
            in_order(&pieces, threads, |piece| Ok(piece * 2), take).unwrap();
            assert_eq!(taken, pieces.iter().map(|piece| piece * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_ends_it_and_what_is_before_it_is_taken() {
        let pieces: Vec<u64> = (0..500).collect();
        for threads in [1, 3] {
            let mut taken = 0;
            let work = |piece: &u64| if *piece == 100 { Err(Error::Stopped) } else { Ok(()) };
            let take = |()| {
                taken += 1;
                Ok(())
            };
            assert!(matches!(in_order(&pieces, threads, work, take), Err(Error::Stopped)));
            assert_eq!(taken, 100);
            let mut taken = 0;
            let take = |()| {
                taken += 1;
                if taken == 7 { Err(Error::Stopped) } else { Ok(()) }
            };
            assert!(in_order(&pieces, threads, |_| Ok(()), take).is_err());
        }
    }
}
