//! Reads and parses blocks on all threads, and hands them over in chain order. The thread that asks for the next block parses too
//! when there is nothing to hand over yet.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard};

use crate::blocks::parse::{Fault, ParseOptions, parse};
use crate::blocks::{BlockFiles, Location, ParsedBlock};
use crate::error::{Error, Result};
use crate::ingest::plan::PlannedBlock;

/// Blocks in flight, for each thread and besides: enough that nobody waits, few enough to need little memory.
const WINDOW_PER_THREAD: usize = 4;

/// What became of a block's bytes: the block and where it was read, or why no copy of it is any good.
pub type Parsed = Result<(ParsedBlock, Location), BadBlock>;

pub enum BadBlock {
    Fault(Fault, Location),
    Error(Error),
}

/// The blocks being parsed, shared by all threads.
pub struct Pipeline<'a> {
    files: &'a BlockFiles,
    blocks: &'a [PlannedBlock],
    options: ParseOptions,
    window: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The first block that nobody has begun with.
    unclaimed: usize,
    /// The first block that was not handed over yet.
    next: usize,
    done: HashMap<usize, Parsed>,
    stopped: bool,
}

impl<'a> Pipeline<'a> {
    pub fn new(files: &'a BlockFiles, blocks: &'a [PlannedBlock], options: ParseOptions, threads: usize) -> Pipeline<'a> {
        let state = State { unclaimed: 0, next: 0, done: HashMap::new(), stopped: false };
        let window = WINDOW_PER_THREAD * (threads + 1);
        Pipeline { files, blocks, options, window, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Parses blocks until there are none left or the pipeline is stopped.
    pub fn work(&self) {
        let _stop = StopOnPanic(self);
        let mut state = self.lock();
        loop {
            if state.stopped || state.unclaimed == self.blocks.len() {
                return;
            }
            state = match self.claim(&mut state) {
                Some(index) => {
                    drop(state);
                    self.parse_into(index)
                }
                None => self.changed.wait(state).expect("no thread panics with the lock"),
            };
        }
    }

    /// The next block in chain order; `None` after the last.
    pub fn next(&self) -> Option<Parsed> {
        let mut state = self.lock();
        let wanted = state.next;
        if wanted == self.blocks.len() {
            return None;
        }
        loop {
            assert!(!state.stopped, "a thread that parses blocks has panicked");
            if let Some(outcome) = state.done.remove(&wanted) {
                state.next += 1;
                self.changed.notify_all();
                return Some(outcome);
            }
            state = match self.claim(&mut state) {
                Some(index) => {
                    drop(state);
                    self.parse_into(index)
                }
                None => self.changed.wait(state).expect("no thread panics with the lock"),
            };
        }
    }

    /// Lets the workers end when the returned value is dropped, also by a panic: they wait for blocks to be taken.
    pub fn stop_when_dropped(&self) -> Stop<'_, 'a> {
        Stop(self)
    }

    fn claim(&self, state: &mut State) -> Option<usize> {
        let open = state.unclaimed < self.blocks.len().min(state.next + self.window);
        open.then(|| {
            state.unclaimed += 1;
            state.unclaimed - 1
        })
    }

    fn parse_into(&self, index: usize) -> MutexGuard<'_, State> {
        let outcome = self.read_any_copy(&self.blocks[index]);
        let mut state = self.lock();
        state.done.insert(index, outcome);
        self.changed.notify_all();
        state
    }

    fn stop(&self) {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with the lock")
    }

    /// A block may stand in the files more than once; the first copy that is whole is taken.
    fn read_any_copy(&self, block: &PlannedBlock) -> Parsed {
        let mut first = None;
        for place in &block.places {
            match self.read(block, *place) {
                Ok(parsed) => return Ok((parsed, *place)),
                Err(bad) => first = first.or(Some(bad)),
            }
        }
        Err(first.expect("every planned block has a place"))
    }

    fn read(&self, block: &PlannedBlock, place: Location) -> Result<ParsedBlock, BadBlock> {
        let mut bytes = Vec::new();
        self.files.read(place, &mut bytes).map_err(BadBlock::Error)?;
        let parsed = parse(bytes, self.options).map_err(|fault| BadBlock::Fault(fault, place))?;
        if parsed.hash == block.hash { Ok(parsed) } else { Err(BadBlock::Fault(Fault::HeaderChanged, place)) }
    }
}

/// Stops a pipeline when it is dropped.
pub struct Stop<'p, 'a>(&'p Pipeline<'a>);

impl Drop for Stop<'_, '_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Stops a pipeline when its thread panics: the others would wait for it for ever.
struct StopOnPanic<'p, 'a>(&'p Pipeline<'a>);

impl Drop for StopOnPanic<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
