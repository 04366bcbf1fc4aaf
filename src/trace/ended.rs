//! All that a trace says of where money came, as a list.

use crate::error::Result;
use crate::trace::{Step, Trace};

impl Trace {
    /// All steps, and then what stays in accounts under the policies that keep them, which no transaction in particular brought there.
    pub fn rows_and_accounts(&self) -> Result<Vec<Step>> {
        let mut steps = self.rows()?;
        steps.extend(self.accounts().held().iter().map(|held| held.step()));
        Ok(steps)
    }
}
