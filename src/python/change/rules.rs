//! The functions of `satrail.change`: one for each rule.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::chain::Feature;
use crate::change::{
    AddressReuse, AddressType, FixedFee, Fresh, Locktime, NamedOutputs, NoOutput, OneTimeChange, Optimal, Peeling, PowerOfTen,
    RoundFiat, SameSoftware, Spent, UserRule,
};
use crate::python::change::PyChangeRule;
use crate::python::change::function::Function;
use crate::python::change::inputs::{outpoints, prices_of};
use crate::python::given::named::texts;

#[pymethods]
impl PyChangeRule {
    /// No output.
    ///
    /// Examples
    /// --------
    /// >>> len(chain.change(satrail.change.none()))
    /// 0
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn none() -> PyChangeRule {
        NoOutput.into()
    }

    /// Outputs that are spent. Rules that look at spenders leave what is unspent; `rule & spent()` drops it.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> waiting = chain.change(change.fresh() - change.spent())
    /// >>> any(waiting.to_pydict()["spent"])
    /// False
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn spent() -> PyChangeRule {
        Spent.into()
    }

    /// Values that are not a multiple of 10 to the `digits` satoshi: what is paid is often round.
    ///
    /// Examples
    /// --------
    /// >>> round_ones = chain.change(satrail.change.power_of_ten(digits=3)).to_pydict()["value"]
    /// >>> any(value % 1000 == 0 for value in round_ones)
    /// False
    #[staticmethod]
    #[pyo3(signature = (digits = 6) -> "ChangeRule")]
    fn power_of_ten(digits: u32) -> PyChangeRule {
        PowerOfTen { digits }.into()
    }

    /// Values below the smallest input: with a larger change that input would not have been needed (Nick, Data-Driven De-Anonymization
    /// in Bitcoin, 2015). `with_fee` adds the transaction's fee to
    /// the value. With one input all outputs pass.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> len(chain.change(change.optimal())) >= len(chain.change(change.optimal(with_fee=True)))
    /// True
    #[staticmethod]
    #[pyo3(signature = (with_fee = false) -> "ChangeRule")]
    fn optimal(with_fee: bool) -> PyChangeRule {
        Optimal { with_fee }.into()
    }

    /// Outputs of the inputs' kind of address, where the inputs are all of one; else none.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(300).transactions()[1]
    /// >>> kinds = {i.spends.kind for i in tx.inputs()}
    /// >>> all({output.kind} == kinds for output in tx.change(satrail.change.address_type()))
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_type() -> PyChangeRule {
        AddressType.into()
    }

    /// Outputs to an address that the transaction spends from (Androulaki et al., Evaluating User Privacy in Bitcoin, 2013).
    ///
    /// Examples
    /// --------
    /// >>> len(chain.change(satrail.change.address_reuse()))
    /// 0
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_reuse() -> PyChangeRule {
        AddressReuse.into()
    }

    /// Outputs to an address that appears in the chain for the first time (Androulaki et al., 2013: shadow addresses). One transaction can
    /// have several.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(300).transactions()[1]
    /// >>> [output.position for output in tx.change(satrail.change.fresh())]
    /// [0, 1]
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn fresh() -> PyChangeRule {
        Fresh.into()
    }

    /// The one output to a fresh address, where no output returns to an address of the inputs (Meiklejohn et al., A Fistful of Bitcoins,
    /// 2013, heuristic 2).
    ///
    /// Parameters
    /// ----------
    /// wait : seconds; None where another transaction pays the address again in a block whose header's time is at most so much later. This
    ///     looks at what comes later, up to the chain's height.
    /// gambling : addresses of gambling services (texts), which pay back to where a bet came from: what they pay does not count as paid
    ///     again.
    /// skip_self_change : none where an output pays an address that an earlier transaction had among both inputs and outputs.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> rule = change.one_time_change(wait=7 * 24 * 3600)
    /// >>> len(chain.change(rule)) <= len(chain.change(change.one_time_change()))
    /// True
    #[staticmethod]
    #[pyo3(signature = (wait: "int | None" = None, gambling: "Iterable[str] | None" = None, skip_self_change = false) -> "ChangeRule")]
    fn one_time_change(wait: Option<u32>, gambling: Option<Bound<'_, PyAny>>, skip_self_change: bool) -> PyResult<PyChangeRule> {
        let gambling = gambling.map(|given| texts(&given)).transpose()?;
        let texts = gambling.iter().flat_map(|texts| texts.iter().flatten()).map(|text| text.trim().to_string());
        Ok(OneTimeChange::new(wait, texts.collect(), skip_self_change)?.into())
    }

    /// In a peeling chain, unspent outputs and those whose spender is of the chain, too: a transaction of one input and two outputs, before
    /// or behind which is another one (Meiklejohn et al., 2013; Kappos et al., How to Peel a Million, 2022).
    ///
    /// Examples
    /// --------
    /// >>> rule = satrail.change.peeling().unique()
    /// >>> all(len(chain.tx(txid).outputs()) == 2 for txid in chain.change(rule).to_pydict()["txid"][:20])
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn peeling() -> PyChangeRule {
        Peeling.into()
    }

    /// Unspent outputs, and those whose spender has a locktime if this transaction has, and none if it has none.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.locktime() & satrail.change.spent()
    /// ChangeRule((locktime & spent))
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn locktime() -> PyChangeRule {
        Locktime.into()
    }

    /// Unspent outputs, and those whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.fixed_fee().dynamic
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn fixed_fee() -> PyChangeRule {
        FixedFee.into()
    }

    /// Unspent outputs, and those whose spender could have been made by the same software (Kappos et al., How to Peel a Million, 2022).
    ///
    /// Parameters
    /// ----------
    /// features : what must agree: "version", "locktime" (whether there is one), "sequence" (the classes of the inputs' sequences), "segwit",
    ///     "bip69", "low_r", "compressed_keys", "input_kinds". None for the first four.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.fingerprint(["version", "low_r"])
    /// ChangeRule(fingerprint(version, low_r))
    #[staticmethod]
    #[pyo3(signature = (features: "Iterable[str] | None" = None) -> "ChangeRule")]
    fn fingerprint(features: Option<Vec<String>>) -> PyResult<PyChangeRule> {
        let Some(names) = features else { return Ok(SameSoftware::default().into()) };
        let features = names.iter().map(|name| Feature::from_name(name)).collect::<crate::Result<_>>()?;
        Ok(SameSoftware::new(features)?.into())
    }

    /// Values that were not round in a currency at the time; where there was no price, all of them.
    ///
    /// Parameters
    /// ----------
    /// prices : what one bitcoin cost: a mapping of days or moments (date, datetime, or text like "2018-03-05" or "2018-03-05T12:30:00Z") to
    ///     prices, or a table (Arrow, polars, pandas) with the columns date or time, and price. A price holds from its moment on, for a
    ///     day or until the next one; all in UTC. A transaction's moment is the time in its block's header.
    /// unit : multiples of it are round, 10 by default; in the prices' currency.
    /// tolerance : by what share of itself an amount may be off, 0.002 by default. Where that is half a unit or more, nothing is round.
    ///
    /// Raises
    /// ------
    /// ValueError : no price, a price that is not an amount of money, a unit or tolerance out of range.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.round_fiat({"2026-01-01": 90_000.0, "2026-01-02": 91_500.0}, unit=5)
    /// ChangeRule(round_fiat(2 prices, unit=5, tolerance=0.002))
    #[staticmethod]
    #[pyo3(signature = (prices: "Mapping[date | str, float] | ArrowStream", unit = 10.0, tolerance = 0.002) -> "ChangeRule")]
    fn round_fiat(prices: &Bound<'_, PyAny>, unit: f64, tolerance: f64) -> PyResult<PyChangeRule> {
        let cents = prices_of(prices)?;
        if !((0.0..1e12).contains(&unit) && (0.0..=0.5).contains(&tolerance)) {
            let what =
                format!("unit={unit} or tolerance={tolerance} is out of range; a unit is above 0, a tolerance from 0 to 0.5");
            return Err(PyValueError::new_err(what));
        }
        Ok(RoundFiat::new(cents, (unit * 100.0).round() as u64, (tolerance * 1e6).round() as u32)?.into())
    }

    /// A rule of one's own. It is called with tables of outputs in chain order, in whole blocks, those of coinbases left out, and returns
    /// for each row whether the output could be the change: a list, a numpy array or an Arrow array of bools.
    ///
    /// Columns: output, transaction (numbers), height, time, position, value (satoshi), address_number, kind, fresh (bool), spent_by (number
    /// of the transaction, as of the chain's height, or null), and of its transaction: inputs, outputs (how many), value_in,
    /// smallest_input, fee (satoshi), version, locktime, fingerprint (bits as in the table of transactions).
    ///
    /// What it chose is recorded with the name and a digest. It is asked about all outputs of a chain when the rule is used there first, and
    /// again for another chain or height.
    ///
    /// Raises
    /// ------
    /// TypeError : when it is used: what it returned holds no bools.
    /// ValueError : when it is used: what it returned has another length than the table.
    ///
    /// Examples
    /// --------
    /// >>> odd = satrail.change.function("odd", lambda outputs: [v % 2 == 1 for v in outputs.to_pydict()["value"]])
    /// >>> all(value % 2 for value in chain.change(odd).to_pydict()["value"])
    /// True
    #[staticmethod]
    #[pyo3(signature = (name, function: "Callable[[Table], Iterable[bool] | ArrowStream]") -> "ChangeRule")]
    fn function(name: String, function: &Bound<'_, PyAny>) -> PyResult<PyChangeRule> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err(format!("{function:?} is not a function; give one that takes a table of outputs")));
        }
        Ok(UserRule::new(Arc::new(Function { name, function: function.clone().unbind() })).into())
    }

    /// The outputs of somebody's model: a table (Arrow, polars, pandas) with columns txid and position, or a list of (txid, position).
    ///
    /// Raises
    /// ------
    /// ValueError : a text that is not a transaction id; when it is used, an output that is not in the chain.
    ///
    /// Examples
    /// --------
    /// >>> coinbase, payment = chain.block(300).transactions()[:2]
    /// >>> payment.change(satrail.change.table("model", [(payment.txid, 0)])) == payment.outputs()[:1]
    /// True
    #[staticmethod]
    #[pyo3(signature = (name, outputs: "Iterable[tuple[str, int]] | ArrowStream") -> "ChangeRule")]
    fn table(name: String, outputs: &Bound<'_, PyAny>) -> PyResult<PyChangeRule> {
        Ok(UserRule::new(Arc::new(NamedOutputs { name, outputs: outpoints(outputs)? })).into())
    }
}
