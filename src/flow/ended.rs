//! Where a trace ended, as a list.

use crate::error::Result;
use crate::flow::{Place, Step, Trace};

impl Trace {
    /// The steps at which the trace ended at an output or in an account. With what fees and coinbases took they have the sum of the ledger.
    /// What came to a labelled account names the transaction that brought it; what stays in an account names none.
    pub fn ended(&self) -> Result<Vec<Step>> {
        let mut ended = Vec::new();
        for number in 0..self.len() {
            let step = self.step(number)?;
            let is_place = matches!(step.place, Place::Output(_) | Place::Account(_));
            if is_place && step.outcome.is_end() {
                ended.push(step);
            }
        }
        ended.extend(self.accounts().held().iter().map(|held| held.step()));
        Ok(ended)
    }
}
