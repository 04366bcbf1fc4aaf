//! One verification under way: what it found so far, and whom it tells.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::store::Store;
use crate::verify::{Check, Problem, VerifyProgress, VerifyReport};

const TICK: Duration = Duration::from_millis(100);
/// Rows after which the clock is looked at.
const LOOK_AFTER: u64 = 1 << 10;

pub struct Inspection<'a> {
    report: VerifyReport,
    now: VerifyProgress,
    started: Instant,
    last: Instant,
    progress: &'a mut dyn FnMut(&VerifyProgress) -> bool,
}

impl<'a> Inspection<'a> {
    pub fn new(store: &Path, progress: &'a mut dyn FnMut(&VerifyProgress) -> bool) -> Inspection<'a> {
        let report = VerifyReport {
            store: store.to_path_buf(),
            height: None,
            checks: Vec::new(),
            problems: Vec::new(),
            problems_total: 0,
            seconds: 0.0,
        };
        Inspection { report, now: VerifyProgress::default(), started: Instant::now(), last: Instant::now(), progress }
    }

    pub fn opened(&mut self, store: &Store) {
        self.report.height = store.counts().blocks.checked_sub(1).map(|height| height as u32);
    }

    /// Begins a check of so many rows.
    pub fn begin(&mut self, check: &'static str, rows: u64) {
        self.now = VerifyProgress { check, rows_total: rows, ..self.now };
        self.now.rows = 0;
    }

    /// Ends the check.
    pub fn end(&mut self) {
        self.report.checks.push(Check { name: self.now.check, rows: self.now.rows_total });
    }

    /// Says that the check has come to a row; from time to time this asks whether to go on.
    #[inline]
    pub fn at(&mut self, row: u64) -> Result<()> {
        if row.is_multiple_of(LOOK_AFTER) { self.look_at_clock(row) } else { Ok(()) }
    }

    /// The same, for rows that take long.
    pub fn look_at_clock(&mut self, row: u64) -> Result<()> {
        if self.last.elapsed() < TICK {
            return Ok(());
        }
        self.last = Instant::now();
        self.now = VerifyProgress {
            rows: row,
            problems: self.report.problems_total,
            seconds: self.started.elapsed().as_secs_f64(),
            ..self.now
        };
        let height = self.report.height.map_or(-1, i64::from);
        if (self.progress)(&self.now) { Ok(()) } else { Err(Error::Interrupted { height }) }
    }

    #[cold]
    pub fn problem(&mut self, place: &str, row: impl Into<Option<u64>>, what: impl Display) {
        self.report.problems_total += 1;
        if self.report.problems.len() < VerifyReport::MOST_PROBLEMS {
            self.report.problems.push(Problem { place: place.to_string(), row: row.into(), what: what.to_string() });
        }
    }

    pub fn problems(&self) -> u64 {
        self.report.problems_total
    }

    pub fn report(mut self) -> VerifyReport {
        self.report.seconds = self.started.elapsed().as_secs_f64();
        self.report
    }
}
