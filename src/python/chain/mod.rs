//! The chain.

pub mod address;
pub mod address_set;
pub mod block;
pub mod output;
pub mod transaction;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::chain::tables::Of;
use crate::chain::{Chain, block_hash_named, txid_named};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text, hex};
use crate::python::chain::address::PyAddress;
use crate::python::chain::address_set::PyAddressSet;
use crate::python::chain::block::{PyBlock, PyBlocks};
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::change;
use crate::python::cluster::{self, PyClusters};
use crate::python::convergence::{self, PyConvergence};
use crate::python::convert::{self, Moment};
use crate::python::exposure::{self, PyExposure, PyPolicyComparison};
use crate::python::flows::{self, PyFlows};
use crate::python::given::source as sources;
use crate::python::peel_chain::{self, PyPeelChain};
use crate::python::progress::while_not_interrupted;
use crate::python::shapes::with_thresholds;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::trace::{self, Given, PyTrace};
use crate::shapes::Thresholds;
use crate::store::Store;

/// The chain of a store, as of a height.
///
/// All that is asked of it is answered as if later blocks did not exist. It can be shared by threads; it keeps showing the
/// version of the store that it was opened at, whatever is ingested meanwhile.
///
/// Examples
/// --------
/// >>> chain.height, chain.network
/// (495, 'regtest')
/// >>> chain.at(100).height
/// 100
/// >>> chain.block(0).hash
/// '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
#[pyclass(name = "Chain", module = "satrail", frozen)]
pub struct PyChain(pub Chain);

/// Opens a store for reading, at the tip of its last commit.
///
/// Parameters
/// ----------
/// store : path of a folder that `satrail.ingest` has made.
/// blocks : path of the node's block files, if they have moved since the ingest. Only raw bytes are read from them.
///
/// Raises
/// ------
/// FileNotFoundError : there is no such folder.
/// StoreError : it is no store, one of a newer format, a damaged or an empty one.
///
/// Examples
/// --------
/// >>> satrail.open(store).height
/// 495
#[pyfunction]
#[pyo3(signature = (store: "str | PathLike[str]", *, blocks: "str | PathLike[str] | None" = None) -> "Chain")]
pub fn open(store: &Bound<'_, PyAny>, blocks: Option<&Bound<'_, PyAny>>) -> PyResult<PyChain> {
    // The chain outlives a change of the working folder, and so do its pickles.
    let fixed = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let blocks = blocks.map(convert::path).transpose()?.map(fixed);
    Ok(PyChain(Chain::open(&fixed(convert::path(store)?))?.with_blocks(blocks.as_deref())))
}

/// Stores that were opened from pickles, as long as something of them lives: the objects of one pickle share their store.
static RESTORED: Mutex<Vec<Weak<Store>>> = Mutex::new(Vec::new());

/// Opens a chain from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_chain", signature = (store, blocks, height, tip) -> "Chain")]
pub fn restore_chain(store: PathBuf, blocks: Option<PathBuf>, height: i64, tip: &str) -> PyResult<PyChain> {
    let tip = block_hash_named(tip)?;
    let mut restored = RESTORED.lock().unwrap_or_else(PoisonError::into_inner);
    restored.retain(|opened| opened.strong_count() > 0);
    let at_tip = |chain: Chain| chain.at_height(height).ok().filter(|chain| chain.tip().hash().is_ok_and(|hash| hash == tip));
    let same = restored.iter().filter_map(Weak::upgrade).filter(|opened| opened.folder() == store);
    let chain = match same.filter_map(|opened| at_tip(Chain::of(opened).ok()?)).next() {
        Some(chain) => chain,
        None => {
            let chain = Chain::open(&store)?;
            restored.push(Arc::downgrade(chain.store()));
            chain.at_hash(&tip)?
        }
    };
    Ok(PyChain(chain.with_blocks(blocks.as_deref())))
}

impl PyChain {
    fn table(
        &self,
        of: Of,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        let heights = convert::heights(&self.0, start, stop)?;
        Ok(PyTable(self.0.table(of, heights, columns.as_deref())?))
    }
}

#[pymethods]
impl PyChain {
    /// The height of the last block.
    #[getter]
    fn height(&self) -> u32 {
        self.0.height().0
    }

    /// The last block.
    #[getter]
    fn tip(&self) -> PyBlock {
        PyBlock(self.0.tip())
    }

    /// "mainnet", "testnet3", "testnet4", "signet" or "regtest".
    #[getter]
    fn network(&self) -> &'static str {
        self.0.network().name()
    }

    /// The median time past of the last block (UTC): the time by which dates are compared.
    #[getter]
    fn time(&self) -> PyResult<chrono::DateTime<chrono::Utc>> {
        Ok(convert::datetime(self.0.tip().median_time()?))
    }

    /// The folder of the store.
    #[getter]
    fn store(&self) -> String {
        self.0.store().folder().display().to_string()
    }

    /// How many blocks, transactions, inputs, outputs and addresses there are; an address is a distinct output script.
    #[getter]
    fn counts(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let counts = self.0.counts();
        [
            ("blocks", counts.blocks),
            ("transactions", counts.transactions),
            ("inputs", counts.inputs),
            ("outputs", counts.outputs),
            ("addresses", counts.addresses),
        ]
        .into()
    }

    /// The chain as it was at a moment: a height, a block hash, or a date (text, date or datetime; without a time zone it is UTC).
    ///
    /// A date means the last block whose median time past is not later. Header times are not used for it, because they can go
    /// back; the median of the last eleven cannot.
    ///
    /// Raises
    /// ------
    /// NotInChainError : a height beyond the tip, an unknown hash, a date before the first block.
    /// ValueError : a text that is neither a date nor a hash.
    ///
    /// Examples
    /// --------
    /// >>> chain.at(10).counts["blocks"]
    /// 11
    /// >>> chain.at("2024-01-03").time <= chain.time
    /// True
    #[pyo3(signature = (moment: "int | str | date | datetime", /) -> "Chain")]
    fn at(&self, moment: &Bound<'_, PyAny>) -> PyResult<PyChain> {
        Ok(PyChain(match convert::moment(moment)? {
            Moment::Height(height) => self.0.at_height(height)?,
            Moment::Time(time) => self.0.at_time(time)?,
            Moment::Hash(hash) => self.0.at_hash(&hash)?,
        }))
    }

    /// The block at a height or with a hash; a date means the last block whose median time past is not later.
    ///
    /// Raises
    /// ------
    /// NotInChainError : there is no such block in the chain.
    ///
    /// Examples
    /// --------
    /// >>> chain.block(1).transactions[0].is_coinbase
    /// True
    #[pyo3(signature = (moment: "int | str | date | datetime", /) -> "Block")]
    fn block(&self, moment: &Bound<'_, PyAny>) -> PyResult<PyBlock> {
        Ok(PyBlock(match convert::moment(moment)? {
            Moment::Height(height) => self.0.block(height)?,
            Moment::Time(time) => self.0.block(self.0.at_time(time)?.height().0 as i64)?,
            Moment::Hash(hash) => self.0.block_by_hash(&hash)?,
        }))
    }

    /// The transaction with an id (64 hex digits).
    ///
    /// Of two with the same id (there are two such pairs of coinbases, see BIP30) it is the later one.
    ///
    /// Raises
    /// ------
    /// ValueError : the text is no transaction id.
    /// NotInChainError : no such transaction is in the chain.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(200).transactions[0]
    /// >>> chain.tx(tx.txid) == tx
    /// True
    #[pyo3(signature = (txid, /) -> "Transaction")]
    fn tx(&self, txid: &str) -> PyResult<PyTransaction> {
        Ok(PyTransaction(self.0.transaction(&txid_named(txid)?)?))
    }

    /// The output that "txid:n" names, n being its position from 0.
    ///
    /// Raises
    /// ------
    /// ValueError : the text is not of that form.
    /// NotInChainError : no such transaction is in the chain, or it has no such output.
    ///
    /// Examples
    /// --------
    /// >>> chain.output(chain.block(1).transactions[0].txid + ":0").value
    /// 5000000000
    #[pyo3(signature = (outpoint, /) -> "Output")]
    fn output(&self, outpoint: &str) -> PyResult<PyOutput> {
        Ok(PyOutput(self.0.output_named(outpoint)?))
    }

    /// The address of a text: an address of the chain's network, or an output script in hex (some scripts have no address text).
    ///
    /// Raises
    /// ------
    /// ValueError : the text is no address of this network; the message says why.
    /// NotInChainError : the address was never paid, up to the chain's height.
    ///
    /// Examples
    /// --------
    /// >>> address = chain.block(300).transactions[0].outputs[0].address
    /// >>> chain.address(address.text) == chain.address(address.script)
    /// True
    #[pyo3(signature = (text, /) -> "Address")]
    fn address(&self, text: &str) -> PyResult<PyAddress> {
        Ok(PyAddress::new(self.0.address(text)?))
    }

    /// A set of addresses, up to millions, of which many may never have been paid.
    ///
    /// Parameters
    /// ----------
    /// texts : a list of texts; an Arrow column (of polars, pandas, pyarrow), or a table with a column "address"; or the path of a
    ///     text or CSV file. Texts are addresses or output scripts in hex. Repeated ones count once; those that are no
    ///     address are kept with the reason in `rejected`.
    ///
    /// Examples
    /// --------
    /// >>> watch = chain.addresses([chain.block(300).transactions[0].outputs[0].address.text, "no address"])
    /// >>> len(watch), len(watch.rejected)
    /// (1, 1)
    #[pyo3(signature = (texts: "Iterable[str] | str | PathLike[str]", /) -> "AddressSet")]
    fn addresses(&self, texts: &Bound<'_, PyAny>) -> PyResult<PyAddressSet> {
        let given = convert::texts(texts)?;
        Ok(texts.py().detach(|| PyAddressSet(self.0.addresses(&given))))
    }

    /// A table of the blocks from `start` up to, and without, `stop`: heights, dates or hashes; a date means the first block whose
    /// median time past is not earlier. All columns, or those named.
    ///
    /// Columns: height (int32), hash, parent, merkle_root (text), time, median_time (seconds UTC), version (int32), bits, nonce
    /// (int64), size (bytes), weight, transactions (int32), inputs, outputs, value_out, fees (int64, satoshi).
    ///
    /// Examples
    /// --------
    /// >>> chain.blocks(0, 10, columns=["fees"]).columns
    /// ['fees']
    #[pyo3(signature = (start: "int | str | date | None" = None, stop: "int | str | date | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
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
    /// seconds UTC), version (int32), locktime (int64), size, vsize, weight, inputs, outputs (int32), value_in (null for coinbases),
    /// value_out, fee (null for coinbases) (int64, satoshi), is_coinbase, fingerprint (int64, see docs/format.md).
    ///
    /// Examples
    /// --------
    /// >>> fees = chain.transactions("2024-01-01", columns=["height", "fee"])  # pl.DataFrame(fees).group_by("height").sum()
    /// >>> fees.columns
    /// ['height', 'fee']
    #[pyo3(signature = (start: "int | str | date | None" = None, stop: "int | str | date | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
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
    /// Columns: transaction (number, int64), txid (text), height (int32), time (seconds UTC), position (int32), sequence (int64); and of the
    /// output that it spends, null for coinbases: spends (its number, int64), spends_txid (text), spends_position (int32), value
    /// (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text).
    ///
    /// Examples
    /// --------
    /// >>> chain.inputs(0, 2, columns=["value"]).to_pydict()
    /// {'value': [None, None]}
    #[pyo3(signature = (start: "int | str | date | None" = None, stop: "int | str | date | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
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
    /// Columns: output (number, int64), transaction (number, int64), txid (text), height (int32), time (seconds UTC), position (int32), value
    /// (int64, satoshi), address_number (int64), address (text; null where the kind has none), kind (text), and as of the
    /// chain's height, null while unspent: spent_by (number of the transaction, int64), spent_by_txid (text), spent_height (int32); is_lost (bool:
    /// it can never be spent, because it is the genesis block's or was replaced by a coinbase of the same id).
    ///
    /// Examples
    /// --------
    /// >>> chain.outputs(0, 1, columns=["value", "kind"]).to_pydict()
    /// {'value': [5000000000], 'kind': ['p2pk']}
    #[pyo3(signature = (start: "int | str | date | None" = None, stop: "int | str | date | None" = None, *, columns: "list[str] | None" = None) -> "Table")]
    fn outputs(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyTable> {
        self.table(Of::Outputs, start, stop, columns)
    }

    /// A table of the shapes of the transactions of a range of blocks, which is given as for `blocks`: CoinJoins of several kinds, and
    /// payments that are known by their form, as of the chain's height. docs/shapes.md says what each shape is, after which
    /// publication, and how often each is right on real transactions.
    ///
    /// Columns: transaction (number, int64), height (int32), time (of the block's header, seconds UTC); two for each shape, "no", "undecided"
    /// or "yes", and what decided (text, dictionary-encoded): the first predicate that failed, or the first that could not be decided, or "all";
    /// and, only where it is named, txid (text). The shapes: equal_output_coinjoin, joinmarket, wasabi_1_0, wasabi_1_1, wasabi_2_0, whirlpool,
    /// whirlpool_tx0, stonewall, payjoin_warning, peeling, consolidation, batch_payment, self_transfer, lightning_open, lightning_close; the
    /// second column of a shape has "_decided_by" behind its name.
    ///
    /// Parameters
    /// ----------
    /// columns : names of columns; only shapes that they are about are looked for.
    /// thresholds : by name, see `satrail.thresholds`; the defaults are those of the chain's network.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown column or threshold, or a value out of range.
    /// TypeError : a value of another type.
    ///
    /// Examples
    /// --------
    /// >>> chain.shapes(columns=["equal_output_coinjoin"]).to_pydict()["equal_output_coinjoin"].count("yes")
    /// 69
    /// >>> chain.shapes(0, 1, columns=["joinmarket", "joinmarket_decided_by"]).to_pydict()
    /// {'joinmarket': ['no'], 'joinmarket_decided_by': ['outputs']}
    #[pyo3(signature = (start: "int | str | date | None" = None, stop: "int | str | date | None" = None, *, columns: "list[str] | None" = None, **thresholds: "float") -> "Table")]
    fn shapes(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
        thresholds: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyTable> {
        let thresholds = with_thresholds(Thresholds::of(self.0.network()), thresholds)?;
        let heights = convert::heights(&self.0, start, stop)?;
        Ok(PyTable(self.0.shapes(heights, columns.as_deref(), &thresholds)?))
    }

    /// One SHA-256 over all that the chain says up to its height, as hex: the same for the same blocks on any machine, whatever
    /// files they stood in and however they were ingested. docs/format.md has its definition.
    ///
    /// Examples
    /// --------
    /// >>> chain.digest() == satrail.open(store).digest()
    /// True
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        Ok(hex(&while_not_interrupted(py, |go_on| self.0.digest_while(go_on))?))
    }

    /// Follows money: where that of a source went, or where it came from, every satoshi accounted for, as of the chain's height.
    ///
    /// Parameters
    /// ----------
    /// source : an `Output`; a `Transaction` (all its outputs); an `Address`, `AddressSet` or `Wallet` (all outputs that pay them, spent or not);
    ///     a text that names an output ("txid:n"), a transaction or an address; a table with the columns txid, position and perhaps amount
    ///     (satoshi that are meant); or a list or mapping of these. Outputs named more than once count once. Each item of a list, each key of
    ///     a mapping, each address of a set and each row of a table is a source of its own for `Trace.ends_by_source`.
    /// direction : "out", where it went, or "in", where it came from.
    /// policy : how a transaction divides traced money. "haircut": pro rata over its outputs and its fee (direction "in": over its
    ///     inputs), in whole satoshi by the largest remainder, ties to the output with the smaller position, the fee last. "poison": whatever
    ///     it touches is traced whole, which makes money (`Ledger.joined`): an upper bound. "fifo": the satoshi of the inputs, in order, go to
    ///     the outputs in order, the fee takes the last (Clayton's Case 1816; Anderson et al. 2018). "lifo": the same with the inputs in reverse
    ///     order. "highest_outputs_first": to the outputs of the highest values first (TIHO, Tironsakkul et al. 2019). Two keep an account
    ///     for each wallet, as courts do: "account_fifo" pays out what came first; "lowest_intermediate_balance" pays out what is not traced
    ///     first (Roscoe v Winder 1915). They need clusters, and go "out" only.
    /// stop_at : where the trace stops: addresses, address sets, wallets, names of clusters; or a mapping of these to labels, or of labels to
    ///     lists of these. The ledger has a line for each label. With clusters an address stands for its wallet.
    /// clusters : who belongs together (`Chain.cluster`), as of the chain's height: for hops, accounts, and whole wallets in stop_at. A wallet
    ///     among source or stop_at brings its own.
    /// max_hops : outputs so many steps between wallets from the source are not followed; change is no step.
    /// max_tx_hops : outputs so many transactions from the source are not followed.
    /// min_value : outputs with less traced money, in satoshi, are not followed.
    /// since, until : heights, dates or block hashes; money is not followed by transactions outside of the blocks from since up to, and without,
    ///     until. A date means the first block whose median time past is not earlier.
    /// fees : "report" ends the trace at fees (and at coinbases, going in); "follow" goes on into the coinbase of the block (going in, to those
    ///     who paid the fees): the subsidy stands first, then the fees in the order of their transactions.
    /// budget : steps after which no transaction is passed any more; the rest is in the ledger as cut_off_budget. 100 million when not given,
    ///     which take up to 3.2 GB of memory, and 16 bytes for each transaction of the chain at the most.
    ///
    /// Raises
    /// ------
    /// ValueError : an empty source, an unknown direction, policy or cluster, limits that contradict each other, max_hops without clusters, a text
    ///     that names nothing, something of another chain.
    /// NotInChainError : an output or transaction that is not in the chain.
    ///
    /// Examples
    /// --------
    /// >>> print(chain.trace(chain.block(495).transactions[0].outputs[0]).ledger.lines["fees"])
    /// 0
    /// >>> chain.trace(chain.tip.transactions[0], direction="in").ledger.mined > 0
    /// True
    /// >>> clusters = chain.cluster()
    /// >>> big, other = clusters.largest(2)
    /// >>> trace = chain.trace(big, policy="fifo", stop_at={other: "other"}, max_hops=3)
    /// >>> trace.ledger.source == sum(trace.ledger.lines.values())
    /// True
    #[pyo3(signature = (
        source: "Output | Transaction | Address | AddressSet | Wallet | str | Iterable[object]",
        *,
        direction = "out",
        policy = "haircut",
        stop_at: "object" = None,
        clusters: "Clusters | None" = None,
        max_hops: "int | None" = None,
        max_tx_hops: "int | None" = None,
        min_value: "int | None" = None,
        since: "int | str | date | None" = None,
        until: "int | str | date | None" = None,
        fees = "report",
        budget: "int | None" = None
    ) -> "Trace")]
    #[allow(clippy::too_many_arguments)]
    fn trace<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        direction: &str,
        policy: &str,
        stop_at: Option<&Bound<'py, PyAny>>,
        clusters: Option<&Bound<'py, PyClusters>>,
        max_hops: Option<&Bound<'py, PyAny>>,
        max_tx_hops: Option<&Bound<'py, PyAny>>,
        min_value: Option<&Bound<'py, PyAny>>,
        since: Option<&Bound<'py, PyAny>>,
        until: Option<&Bound<'py, PyAny>>,
        fees: &str,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyTrace> {
        let given = Given {
            direction,
            policy,
            stop_at,
            clusters,
            bring: true,
            max_hops,
            max_tx_hops,
            min_value,
            since,
            until,
            fees,
            budget,
        };
        let options = given.options(&self.0, source)?;
        trace::trace(source.py(), &self.0, &sources::source(&self.0, source)?, &options)
    }

    /// Which share of the money of a target went to (direction "out") or came from ("in") whom: the first labelled wallets on every way,
    /// directly (in one transaction) or by others. A trace with the labels as its stop set; see `trace` for the parameters.
    ///
    /// Parameters
    /// ----------
    /// target : what a trace can begin at; for a wallet all that it was ever paid.
    /// labels : as `stop_at` of `trace`; with clusters, or wallets among target or labels, whole wallets are labelled.
    ///
    /// Raises
    /// ------
    /// ValueError : as for `trace`.
    ///
    /// Examples
    /// --------
    /// >>> clusters = chain.cluster()
    /// >>> target, other = clusters.largest(2)
    /// >>> chain.exposure(target, {other: "other"}, direction="in").table.columns
    /// ['kind', 'label', 'direct', 'indirect', 'amount', 'share']
    #[pyo3(signature = (
        target: "Output | Transaction | Address | AddressSet | Wallet | str | Iterable[object]",
        labels: "object",
        direction = "out",
        *,
        policy = "haircut",
        clusters: "Clusters | None" = None,
        max_hops: "int | None" = None,
        max_tx_hops: "int | None" = None,
        min_value: "int | None" = None,
        since: "int | str | date | None" = None,
        until: "int | str | date | None" = None,
        fees = "report",
        budget: "int | None" = None
    ) -> "Exposure")]
    #[allow(clippy::too_many_arguments)]
    fn exposure<'py>(
        &self,
        target: &Bound<'py, PyAny>,
        labels: &Bound<'py, PyAny>,
        direction: &str,
        policy: &str,
        clusters: Option<&Bound<'py, PyClusters>>,
        max_hops: Option<&Bound<'py, PyAny>>,
        max_tx_hops: Option<&Bound<'py, PyAny>>,
        min_value: Option<&Bound<'py, PyAny>>,
        since: Option<&Bound<'py, PyAny>>,
        until: Option<&Bound<'py, PyAny>>,
        fees: &str,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyExposure> {
        let stop_at = Some(labels);
        let given = Given {
            direction,
            policy,
            stop_at,
            clusters,
            bring: true,
            max_hops,
            max_tx_hops,
            min_value,
            since,
            until,
            fees,
            budget,
        };
        exposure::exposure(&self.0, target, &given)
    }

    /// Traces one source under several policies, and by several rules of who belongs together, side by side: a conclusion that does not hold
    /// under all of them depends on a convention. See `trace` for the parameters that are not named here.
    ///
    /// Parameters
    /// ----------
    /// policies : their names; all that can be used when not given (those of accounts with clusters, direction "out", reported fees and no since).
    /// clusters : clusters, a list of them, or a mapping of names to them; None among them means that nobody says who belongs together. Those that
    ///     a wallet among source and stop_at brings when not given.
    ///
    /// Raises
    /// ------
    /// ValueError : as for `trace`.
    ///
    /// Examples
    /// --------
    /// >>> clusters = [chain.cluster(), chain.cluster(coinjoin="include")]
    /// >>> compared = chain.compare_policies(chain.block(200).transactions[0], ["haircut", "account_fifo"], clusters=clusters, max_hops=3)
    /// >>> len(compared)
    /// 4
    #[pyo3(signature = (
        source: "Output | Transaction | Address | AddressSet | Wallet | str | Iterable[object]",
        policies: "list[str] | None" = None,
        *,
        direction = "out",
        stop_at: "object" = None,
        clusters: "Clusters | list[Clusters | None] | dict[str, Clusters | None] | None" = None,
        max_hops: "int | None" = None,
        max_tx_hops: "int | None" = None,
        min_value: "int | None" = None,
        since: "int | str | date | None" = None,
        until: "int | str | date | None" = None,
        fees = "report",
        budget: "int | None" = None
    ) -> "PolicyComparison")]
    #[allow(clippy::too_many_arguments)]
    fn compare_policies<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        policies: Option<Vec<String>>,
        direction: &str,
        stop_at: Option<&Bound<'py, PyAny>>,
        clusters: Option<&Bound<'py, PyAny>>,
        max_hops: Option<&Bound<'py, PyAny>>,
        max_tx_hops: Option<&Bound<'py, PyAny>>,
        min_value: Option<&Bound<'py, PyAny>>,
        since: Option<&Bound<'py, PyAny>>,
        until: Option<&Bound<'py, PyAny>>,
        fees: &str,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyPolicyComparison> {
        let policy = "haircut";
        let given = Given {
            direction,
            policy,
            stop_at,
            clusters: None,
            bring: true,
            max_hops,
            max_tx_hops,
            min_value,
            since,
            until,
            fees,
            budget,
        };
        exposure::compare(&self.0, source, policies, clusters, &given)
    }

    /// A trace from its pickle.
    #[pyo3(signature = (outputs, names, overlapping, settings, limits, stops) -> "Trace")]
    #[allow(clippy::too_many_arguments)]
    fn _trace(
        &self,
        py: Python<'_>,
        outputs: Vec<(u64, u64, u32)>,
        names: Vec<Option<String>>,
        overlapping: u64,
        settings: (String, String, String),
        limits: (Option<u32>, Option<u64>, Option<u64>, Option<u64>, u64),
        stops: Vec<(u32, String)>,
    ) -> PyResult<PyTrace> {
        trace::restore(py, &self.0, outputs, names, overlapping, settings, limits, stops)
    }

    /// Joins the chain's addresses into clusters, as of its height, with the reason for every join.
    ///
    /// What was joined is kept in the folder "clusters" of the store, found again, and gone on from when blocks were added; where the
    /// store cannot be written it is made anew each time. It takes about 16 bytes of memory an address.
    ///
    /// Parameters
    /// ----------
    /// rules : a rule or a list of rules. "co_spend" (the default): the inputs of a transaction are of one owner (Nakamoto 2008).
    ///     "same_key": P2PK, P2PKH, P2WPKH and wrapped P2WPKH of one key, P2WSH and wrapped P2WSH of one script. A change rule of
    ///     `satrail.change`, or its name: the change is of the owner of the inputs, where the rule leaves one output.
    /// coinjoin : "exclude" leaves out transactions whose shape is a CoinJoin's; "exclude_undecided" also those that could be one and were
    ///     not decided; "include" takes them as any other.
    /// cannot_link : what must not be joined: a mapping of owners to their addresses, or a list of tuples of addresses of which no two are one
    ///     owner's. A union that would join them is refused, in chain order, and told in `Clusters.refused`. Addresses that were never
    ///     paid are passed over.
    /// threads : None for all; the result is the same.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown rule or choice; `cannot_link` contradicts itself.
    ///
    /// Examples
    /// --------
    /// >>> clusters = chain.cluster()
    /// >>> len(clusters) < chain.counts["addresses"]
    /// True
    #[pyo3(signature = (
        rules: "str | ChangeRule | list[str | ChangeRule] | None" = None,
        *,
        coinjoin = "exclude",
        cannot_link: "Mapping[str, Iterable[Address | str]] | list[tuple[Address | str, ...]] | None" = None,
        threads: "int | None" = None
    ) -> "Clusters")]
    fn cluster(
        &self,
        py: Python<'_>,
        rules: Option<&Bound<'_, PyAny>>,
        coinjoin: &str,
        cannot_link: Option<&Bound<'_, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<PyClusters> {
        cluster::cluster(&self.0, rules, coinjoin, cannot_link, threads, py)
    }

    /// What a change rule leaves in the blocks from `start` up to, and without, `stop`, one row an output, in chain order. The rule is
    /// asked about all of it before this returns; rows are made when they are read. docs/rules.md says what each rule is, and how often
    /// it is right on a chain whose owners are known.
    ///
    /// Columns: transaction (number, int64), txid (text), height (int32), time (of the block's header, seconds UTC), output (number, int64),
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
    /// TypeError : what is given is no rule, or a user's function returns no bools.
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
        start: "int | str | date | None" = None,
        stop: "int | str | date | None" = None,
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
        let heights = convert::heights(&self.0, start, stop)?;
        let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
        change::change(rule.py(), &self.0, rule, heights, threads)
    }

    /// Follows the peel chain that a coin is in: at each transaction on by the one output that can be the change, because nothing rules it out;
    /// else it stops. After Kappos et al. 2022; docs/peel_chain.md has the rules, which of them are our choice, and how often they are right.
    ///
    /// Parameters
    /// ----------
    /// output : an `Output`, or a text like "txid:n".
    /// direction : "out" (by those that spend), "in" (to where it began) or "both".
    /// clusters : of this chain at this height. Then change into the payer's cluster is known to be it, and the cluster's transactions show the
    ///     wallet's habits, too.
    /// stop_at : addresses, address sets or wallets at which it stops; or a mapping of these to labels, or of labels to these.
    /// features : what tells a wallet from others, of version, locktime, sequence, segwit, bip69, low_r, compressed_keys, input_kinds; all by default.
    /// max_steps : in each direction at most.
    /// max_inputs, max_outputs : of a step, by default 1 and 2: a peel chain. More outputs allow payouts to several.
    /// rule_out_unspent : whether an output that nothing spends as of the height cannot be the change. By default it may be.
    ///
    /// Raises
    /// ------
    /// NotInChainError : the output is not in the chain.
    /// ValueError : an unknown direction or feature, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> first = chain.tx("7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282").inputs[0].spends
    /// >>> peel = chain.peel_chain(first, clusters=chain.cluster())
    /// >>> len(peel), peel.stopped
    /// (6, {'out': 'no_candidate'})
    #[pyo3(signature = (
        output: "Output | str", *, direction = "out", clusters: "Clusters | None" = None,
        stop_at: "Address | AddressSet | Wallet | str | dict[object, object] | Iterable[object] | None" = None, features: "list[str] | None" = None,
        max_steps: "int | None" = None, max_inputs: "int | None" = None, max_outputs: "int | None" = None, rule_out_unspent = false
    ) -> "PeelChain")]
    #[allow(clippy::too_many_arguments)]
    fn peel_chain(
        &self,
        output: &Bound<'_, PyAny>,
        direction: &str,
        clusters: Option<&Bound<'_, PyAny>>,
        stop_at: Option<&Bound<'_, PyAny>>,
        features: Option<Vec<String>>,
        max_steps: Option<&Bound<'_, PyAny>>,
        max_inputs: Option<&Bound<'_, PyAny>>,
        max_outputs: Option<&Bound<'_, PyAny>>,
        rule_out_unspent: bool,
    ) -> PyResult<PyPeelChain> {
        let given =
            peel_chain::Given { direction, clusters, stop_at, features, max_steps, max_inputs, max_outputs, rule_out_unspent };
        peel_chain::peel_chain(&self.0, output, given)
    }

    /// Money in and out of a set of addresses as a whole; what moves inside the set is netted out. docs/flows.md says what each word means.
    ///
    /// Parameters
    /// ----------
    /// addresses : an `Address`, `AddressSet` or `Wallet`, a text, or a list of these. Addresses that were never paid are passed over.
    /// by : how long a row of `Flows.table` is: "day", "week", "month" or "year", in UTC, by the times of headers.
    /// clusters : of this chain at this height, to rank counterparties as wallets; a `Wallet` brings its own.
    /// labels : a mapping of addresses, address sets or wallets to labels, or of labels to these, for `Flows.counterparties`.
    ///
    /// Raises
    /// ------
    /// ValueError : a text that is no address, an unknown period, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> wallet = chain.cluster().largest(1)[0]
    /// >>> flows = chain.flows(wallet, by="day")
    /// >>> flows.balance == wallet.balance
    /// True
    /// >>> sum(flows.counterparties.to_pydict()["amount_in"]) == flows.received
    /// True
    #[pyo3(signature = (
        addresses: "Address | AddressSet | Wallet | str | Iterable[object]", *, by = "month", clusters: "Clusters | None" = None,
        labels: "Address | AddressSet | Wallet | str | dict[object, object] | Iterable[object] | None" = None
    ) -> "Flows")]
    fn flows(
        &self,
        addresses: &Bound<'_, PyAny>,
        by: &str,
        clusters: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyFlows> {
        flows::flows(&self.0, addresses, by, clusters, labels)
    }

    /// Where several payments meet again, as test payments to a service gather in its wallet: the first transaction that all of them reach, and
    /// with clusters the first wallet. The search ends at the first place where all are together. docs/convergence.md says what each word means.
    ///
    /// Parameters
    /// ----------
    /// outputs : the payments, from 2 to 128: `Output` or texts like "txid:n". One that is given twice counts once.
    /// clusters : of this chain at this height, to look for wallets, too.
    /// max_tx_hops : transactions that a payment is followed through at most.
    /// stop_at : addresses, address sets or wallets whose coins are not followed; or a mapping with labels.
    ///
    /// Raises
    /// ------
    /// NotInChainError : an output is not in the chain.
    /// ValueError : fewer than two payments or too many, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> payments = [chain.block(height).transactions[0].outputs[0] for height in (10, 11)]
    /// >>> chain.convergence(payments, max_tx_hops=0).meet
    /// False
    #[pyo3(signature = (
        outputs: "Iterable[Output | str]", *, clusters: "Clusters | None" = None, max_tx_hops: "int | None" = None,
        stop_at: "Address | AddressSet | Wallet | str | dict[object, object] | Iterable[object] | None" = None
    ) -> "Convergence")]
    fn convergence(
        &self,
        outputs: &Bound<'_, PyAny>,
        clusters: Option<&Bound<'_, PyAny>>,
        max_tx_hops: Option<&Bound<'_, PyAny>>,
        stop_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyConvergence> {
        convergence::convergence(&self.0, outputs, clusters, max_tx_hops, stop_at)
    }

    /// The headers of all blocks from the genesis block on, 80 bytes each: what a proof is checked against.
    ///
    /// Examples
    /// --------
    /// >>> len(chain.headers()) == 80 * len(chain)
    /// True
    fn headers<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.headers())
    }

    fn __len__(&self) -> usize {
        self.0.counts().blocks as usize
    }

    fn __iter__(&self) -> PyBlocks {
        PyBlocks::new(self.0.clone())
    }

    fn __repr__(&self) -> PyResult<String> {
        let tip = hash_text(&self.0.tip().hash()?);
        Ok(format!("Chain({}, {}, height={}, tip={tip})", self.store(), self.network(), self.height()))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let tip = self.0.tip();
        let counts = self.0.counts();
        let mut facts = vec![
            ("store", self.store()),
            ("height", show::number(self.height() as u64)),
            ("tip", hash_text(&tip.hash()?)),
            ("median time past", crate::chain::time::text(tip.median_time()? as i64)),
        ];
        let tables = [
            ("transactions", counts.transactions),
            ("inputs", counts.inputs),
            ("outputs", counts.outputs),
            ("addresses", counts.addresses),
        ];
        facts.extend(tables.map(|(name, count)| (name, show::number(count))));
        Ok(show::facts(&format!("Chain of {}", self.network()), &facts))
    }

    fn __eq__(&self, other: &PyChain) -> PyResult<bool> {
        Ok(self.0.network() == other.0.network()
            && self.height() == other.height()
            && self.0.tip().hash()? == other.0.tip().hash()?)
    }

    fn __hash__(&self) -> PyResult<u64> {
        let hash = self.0.tip().hash()?;
        Ok(u64::from_le_bytes(hash[..8].try_into().expect("eight bytes")))
    }

    /// Pickles carry the store's path and the tip's hash; the store must be there when they are read.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let tip = hash_text(&self.0.tip().hash()?);
        let arguments = (self.0.store().folder(), self.0.blocks_folder(), self.height(), tip).into_pyobject(py)?;
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_chain")?, arguments.into_any()])
    }

    /// An object of the chain by its number; pickles use it.
    #[pyo3(signature = (kind, number) -> "object")]
    fn _object<'py>(&self, py: Python<'py>, kind: &str, number: u64) -> PyResult<Bound<'py, PyAny>> {
        Ok(match kind {
            "block" => PyBlock(self.0.block(number as i64)?).into_pyobject(py)?.into_any(),
            "transaction" => PyTransaction(self.0.transaction_at(TxNum(number as u32))?).into_pyobject(py)?.into_any(),
            "output" => PyOutput(self.0.output_at(OutNum(number))?).into_pyobject(py)?.into_any(),
            "revealed" => PyAddress::new(self.0.address_at(AddrNum(number as u32))?).revealed()?.into_pyobject(py)?.into_any(),
            _ => PyAddress::new(self.0.address_at(AddrNum(number as u32))?).into_pyobject(py)?.into_any(),
        })
    }
}

/// What a pickle of an object of the chain is: the chain, and the object's kind and number.
pub fn reduce<'py>(py: Python<'py>, chain: &Chain, kind: &str, number: u64) -> PyResult<Bound<'py, PyTuple>> {
    let chain = PyChain(chain.clone()).into_pyobject(py)?.into_any();
    let arguments = (kind, number).into_pyobject(py)?;
    PyTuple::new(py, [chain.getattr("_object")?, arguments.into_any()])
}

/// A value that is computed once for an object that never changes.
pub fn once<T: Copy>(cell: &OnceLock<T>, compute: impl FnOnce() -> crate::Result<T>) -> crate::Result<T> {
    match cell.get() {
        Some(value) => Ok(*value),
        None => compute().map(|value| *cell.get_or_init(|| value)),
    }
}
