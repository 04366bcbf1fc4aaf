//! A chain's blocks, transactions, inputs and outputs as tables.

use pyo3::prelude::*;

use crate::chain::tables::Of;
use crate::python::chain::PyChain;
use crate::python::given::moment;
use crate::python::table::PyTable;

#[pymethods]
impl PyChain {
    /// Blocks from `start` (inclusive) to `stop` (exclusive), as a table: heights, dates or hashes; a date means the first block whose
    /// median time past is not earlier. All columns, or those named.
    ///
    /// Columns: height (int32), hash, parent, merkle_root (text), time, median_time (microseconds UTC), version (int32), bits, nonce
    /// (int64), size (bytes), weight, transactions (int32), inputs, outputs, value_out, fees (int64, satoshi).
    ///
    /// Examples
    /// --------
    /// >>> chain.blocks(0, 10, columns=["fees"]).columns
    /// ['fees']
    #[pyo3(signature = (start: "Moment | None" = None, stop: "Moment | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
    fn blocks(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        self.table(Of::Blocks, start, stop, columns)
    }

    /// A table of the transactions of a range of blocks, which is given as for `blocks`.
    ///
    /// Columns: transaction (its number in chain order, int64), txid (text), height, position (int32), time (of the block's header,
    /// microseconds UTC), version (int32), locktime (int64), size, vsize, weight, inputs, outputs (int32), value_in (null for coinbases),
    /// value_out, fee (null for coinbases) (int64, satoshi), is_coinbase, fingerprint (int64, see docs/format.md).
    ///
    /// Examples
    /// --------
    /// >>> fees = chain.transactions("2024-01-01", columns=["height", "fee"])  # pl.DataFrame(fees).group_by("height").sum()
    /// >>> fees.columns
    /// ['height', 'fee']
    #[pyo3(signature = (start: "Moment | None" = None, stop: "Moment | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
    fn transactions(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        self.table(Of::Transactions, start, stop, columns)
    }

    /// A table of the inputs of a range of blocks, which is given as for `blocks`.
    ///
    /// Columns: transaction (number, int64), txid (text), height (int32), time (microseconds UTC), position (int32), sequence (int64); and of the
    /// output that it spends, null for coinbases: spends (its number, int64), spends_txid (text), spends_position (int32), value
    /// (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text).
    ///
    /// Examples
    /// --------
    /// >>> chain.inputs(0, 2, columns=["value"]).to_pydict()
    /// {'value': [None, None]}
    #[pyo3(signature = (start: "Moment | None" = None, stop: "Moment | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
    fn inputs(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        self.table(Of::Inputs, start, stop, columns)
    }

    /// A table of the outputs of a range of blocks, which is given as for `blocks`.
    ///
    /// Columns: output (number, int64), transaction (number, int64), txid (text), height (int32), time (microseconds UTC), position (int32), value
    /// (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text), and as of the
    /// chain's height, null while unspent: spent_by (number of the transaction, int64), spent_by_txid (text), spent_height (int32); is_lost (bool:
    /// it can never be spent, because it is the genesis block's or was replaced by a coinbase of the same id).
    ///
    /// Examples
    /// --------
    /// >>> chain.outputs(0, 1, columns=["value", "kind"]).to_pydict()
    /// {'value': [5000000000], 'kind': ['p2pk']}
    #[pyo3(signature = (start: "Moment | None" = None, stop: "Moment | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
    fn outputs(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        self.table(Of::Outputs, start, stop, columns)
    }
}

impl PyChain {
    fn table(
        &self,
        of: Of,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        let heights = moment::heights(&self.0, start, stop)?;
        Ok(PyTable(self.0.table(of, heights, columns.as_deref())?))
    }
}
