//! What change rules leave of a chain, and of a transaction.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::chain::Chain;
use crate::chain::pieces::all_threads;
use crate::change::{ChangeRule, table};
use crate::ids::OutNum;
use crate::python::chain::PyChain;
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::change::PyChangeRule;
use crate::python::convert;
use crate::python::given::moment;
use crate::python::progress::while_not_interrupted;
use crate::python::table::PyTable;

#[pymethods]
impl PyChain {
    /// What a change rule leaves in the blocks from `start` (inclusive) to `stop` (exclusive), one row an output, in chain order. The rule is
    /// asked about all of it before this returns; rows are made when they are read. docs/rules.md says what each rule is, and how often
    /// it is right on a chain whose owners are known.
    ///
    /// Columns: transaction (number, int64), txid (text), height (int32), time (of the block's header, microseconds UTC), output (number, int64),
    /// position (int32), address (text; null where the kind has none), value (int64, satoshi), and as of the chain's height spent (bool).
    ///
    /// Parameters
    /// ----------
    /// rule : a rule of `satrail.change`, or the name of one. Rules that look at later spends are evaluated as of the chain's height.
    /// start, stop : heights, dates or block hashes, as for `blocks`; the whole chain when not given.
    /// threads : how many threads to use; all processors when not given. The result is the same.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown rule; names that are near are offered. A user's function that returns another number of marks than there are
    ///     outputs, or a user's table with outputs that are not in the chain.
    /// TypeError : what is given is not a rule, or a user's function returns no bools.
    ///
    /// Examples
    /// --------
    /// >>> found = chain.change(satrail.change.optimal() & satrail.change.fresh())
    /// >>> found.columns
    /// ['transaction', 'txid', 'height', 'time', 'output', 'position', 'address', 'value', 'spent']
    /// >>> len(chain.change("optimal")) > len(found) > 0
    /// True
    #[pyo3(signature = (
        rule: "ChangeRule | str",
        start: "Moment | None" = None,
        stop: "Moment | None" = None,
        *,
        threads: "int | None" = None
    ) -> "Table")]
    fn change(
        &self,
        rule: &Bound<'_, PyAny>,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyTable> {
        let heights = moment::heights(&self.0, start, stop)?;
        let threads = convert::threads(threads)?.unwrap_or_else(all_threads);
        let (chain, py) = (&self.0, rule.py());
        let rule = self::rule(chain, rule)?;
        let outputs = while_not_interrupted(py, |go_on| rule.evaluate(chain, heights, threads, go_on))?;
        Ok(PyTable(table(chain, outputs)))
    }
}

#[pymethods]
impl PyTransaction {
    /// The outputs that a change rule cannot rule out.
    ///
    /// Examples
    /// --------
    /// >>> chain.block(300).transactions()[1].change("fresh") == [
    /// ...     output for output in chain.block(300).transactions()[1].outputs() if output.address.first_height() == 300
    /// ... ]
    /// True
    #[pyo3(signature = (rule: "ChangeRule | str", /) -> "list[Output]")]
    fn change(&self, rule: &Bound<'_, PyAny>) -> PyResult<Vec<PyOutput>> {
        let (tx, chain, py) = (&self.0, self.0.chain(), rule.py());
        let rule = self::rule(chain, rule)?;
        let prepared = while_not_interrupted(py, |go_on| rule.prepare(chain, all_threads(), go_on))?;
        let (block, mut positions) = (chain.facts(tx.number())?, Vec::new());
        for facts in block.transactions() {
            prepared.candidates(&facts, &mut positions)?;
        }
        let first = tx.output_numbers()?.start().0;
        positions.into_iter().map(|position| Ok(PyOutput(chain.output_at(OutNum(first + position as u64))?))).collect()
    }
}

/// The rule that is given as an object or by name, with users' functions and tables as what they chose as of the chain's height.
pub fn rule(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<ChangeRule> {
    if let Ok(rule) = given.cast::<PyChangeRule>() {
        return rule.get().as_of(given.py(), chain);
    }
    match given.cast::<PyString>() {
        Ok(name) => Ok(ChangeRule::named(&name.to_cow()?)?),
        Err(_) => Err(PyTypeError::new_err(format!("{given:?} is not a rule; give a rule of satrail.change, or its name"))),
    }
}
