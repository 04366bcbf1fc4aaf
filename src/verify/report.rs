//! What a verification tells while it works and when it is done.

use std::fmt;
use std::path::PathBuf;

/// How far the work is.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct VerifyProgress {
    /// The check that is being made.
    pub check: &'static str,
    pub rows: u64,
    pub rows_total: u64,
    pub problems: u64,
    pub seconds: f64,
}

/// A check that was made, and how many rows (or bytes, for checksums) it looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Check {
    pub name: &'static str,
    pub rows: u64,
}

/// Something that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The column or file.
    pub place: String,
    /// The row in it, where one is to blame.
    pub row: Option<u64>,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}, row {row}: {}", self.place, self.what),
            None => write!(f, "{}: {}", self.place, self.what),
        }
    }
}

/// What a verification found.
#[derive(Clone, PartialEq, Debug)]
pub struct VerifyReport {
    pub store: PathBuf,
    /// The height of the store's last block; none when it holds no block or could not be opened.
    pub height: Option<u32>,
    /// The checks that were made, in their order.
    pub checks: Vec<Check>,
    /// The first problems found, a hundred at most.
    pub problems: Vec<Problem>,
    /// How many problems were found.
    pub problems_total: u64,
    pub seconds: f64,
}

impl VerifyReport {
    /// Problems that a report keeps.
    pub const MOST_PROBLEMS: usize = 100;

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems_total == 0
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store.display();
        let height = self.height.map_or("without blocks".to_string(), |height| format!("up to height {height}"));
        match self.problems_total {
            0 => writeln!(f, "{store} {height}: sound")?,
            1 => writeln!(f, "{store} {height}: 1 problem")?,
            n => writeln!(f, "{store} {height}: {n} problems")?,
        }
        let width = self.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for Check { name, rows } in &self.checks {
            writeln!(f, "  {name:width$}  {rows}")?;
        }
        for problem in &self.problems {
            writeln!(f, "- {problem}")?;
        }
        match self.problems_total - self.problems.len() as u64 {
            0 => Ok(()),
            more => writeln!(f, "- and {more} more"),
        }
    }
}
