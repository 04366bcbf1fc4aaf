//! Clusters, wallets, proofs and comparisons.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::chain::{AddressSet, Chain};
use crate::change;
use crate::cluster::{Clusters, CoinJoins, NAMES, Rule, Settings};
use crate::error::Error;
use crate::ids::{AddrNum, hex};
use crate::python::chain::PyChain;
use crate::python::chain::address_set::PyAddressSet;
use crate::python::chain::transaction::PyTransaction;
use crate::python::comparison::PyComparison;
use crate::python::convert;
use crate::python::given::addresses::{self, address};
use crate::python::given::moment::Moment;
use crate::python::given::named::texts;
use crate::python::given::{self, cannot_link, named};
use crate::python::progress::while_not_interrupted;
use crate::python::proof::PyProof;
use crate::python::proof::why;
use crate::python::rates::headline;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::wallet::PyWallet;
use crate::python::wallet::PyWallets;
use crate::python::wallet::known_number;
use crate::table::Table;
use crate::table::columns::{self, nullable};

#[pymethods]
impl PyChain {
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
        coinjoin: "CoinJoin" = "exclude",
        cannot_link: "CannotLink | None" = None,
        threads: "int | None" = None
    ) -> "Clusters")]
    fn cluster(
        &self,
        py: Python<'_>,
        rules: Option<&Bound<'_, PyAny>>,
        coinjoin: &str,
        cannot_link: Option<&Bound<'_, PyAny>>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClusters> {
        cluster(&self.0, rules, coinjoin, cannot_link, threads, py)
    }
}

/// Addresses joined by rules, as of the chain's height, with the reason for every join.
///
/// A cluster's id is the number of its first address: the same on any machine and for any number of threads. Data outputs (OP_RETURN) are
/// nobody's and in no cluster of `len(clusters)`.
///
/// Examples
/// --------
/// >>> clusters = chain.cluster()
/// >>> wallet = clusters.largest(1)[0]
/// >>> wallet.size() == len(wallet.members())
/// True
/// >>> first, last = wallet.members().to_pydict()["address"][0], wallet.members().to_pydict()["address"][-1]
/// >>> clusters.why(first, last).steps().columns
/// ['step', 'from', 'to', 'rule', 'txid', 'height', 'time']
#[pyclass(name = "Clusters", module = "satrail", frozen)]
pub struct PyClusters(pub Clusters);

made_by_recipe!(PyClusters, |clusters| clusters.0.chain(), |clusters| Ok(clusters.0.recipe().clone()));

#[pymethods]
impl PyClusters {
    /// The chain that they are of, at their height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// The height that they are as of.
    #[getter]
    fn height(&self) -> u32 {
        self.0.chain().height().0
    }

    /// The rules that joined them, by name.
    #[getter]
    fn rules(&self) -> Vec<String> {
        self.0.settings().names()
    }

    /// What was done with CoinJoins: "exclude", "exclude_undecided" or "include".
    #[getter]
    fn coinjoin(&self) -> &'static str {
        self.0.settings().coinjoins.name()
    }

    /// SHA-256, as hex, over the settings, the last block's hash, the clusters and their evidence: the same on any machine.
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        Ok(hex(&py.detach(|| self.0.digest())?))
    }

    /// The clusters as they were at an earlier moment: a height, date or block hash, as in `Chain.at`.
    ///
    /// Raises
    /// ------
    /// ValueError : the height is later than that of these clusters, or their rules look at later spends.
    ///
    /// Examples
    /// --------
    /// >>> clusters = chain.cluster()
    /// >>> clusters.at(200).digest() == chain.at(200).cluster().digest()
    /// True
    #[pyo3(signature = (moment: "Moment", /) -> "Clusters")]
    fn at(&self, moment: &Bound<'_, PyAny>) -> PyResult<PyClusters> {
        let height = match given::moment::moment(moment)? {
            Moment::Height(height) => height,
            _ => given::moment::at(self.0.chain(), moment)?.height().0 as i64,
        };
        Ok(PyClusters(moment.py().detach(|| self.0.at_height(height))?))
    }

    /// The wallet of an address or of a cluster id, or of several: the clusters that they are in, seen as one purse.
    ///
    /// Raises
    /// ------
    /// NotInChainError : an address was never paid.
    fn __getitem__(&self, addresses: &Bound<'_, PyAny>) -> PyResult<PyWallet> {
        Ok(PyWallet(self.0.wallet(cluster_ids(&self.0, addresses)?)?))
    }

    /// Which clusters many addresses are in: a table of address (as it was given first), cluster_id, size (addresses in it); the last
    /// two are null where an address was never paid. Texts that are not addresses are told as by `Chain.addresses`.
    ///
    /// Examples
    /// --------
    /// >>> text = chain.block(300).transactions()[0].outputs()[0].address.text
    /// >>> clusters = chain.cluster()
    /// >>> clusters.of([text]).to_pydict()["cluster_id"] == clusters[text].cluster_ids
    /// True
    #[pyo3(signature = (addresses: "Addresses | PathLike[str]", /) -> "Table")]
    fn of(&self, addresses: &Bound<'_, PyAny>) -> PyResult<PyTable> {
        let py = addresses.py();
        let set = match addresses.cast::<PyAddressSet>() {
            Ok(set) => set.get().0.clone(),
            Err(_) => {
                let texts = texts(addresses)?;
                py.detach(|| self.0.chain().addresses(&texts))
            }
        };
        Ok(PyTable(py.detach(|| clusters_of(&self.0, &set))?))
    }

    /// Why two addresses are together: the transactions that join them, one after the other.
    ///
    /// The steps are those with the earliest evidence, so the latest of them is the one since which the two are joined; with
    /// shortest=True as few steps as can be, which takes a search through their cluster.
    ///
    /// Raises
    /// ------
    /// NotJoinedError : they are in different clusters; the message says how large those are.
    ///
    /// Examples
    /// --------
    /// >>> members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
    /// >>> proof = chain.cluster().why(members[0], members[-1])
    /// >>> proof.verify(chain.headers())  # from raw transactions and Merkle branches alone
    #[pyo3(signature = (a: "Address | Output | str", b: "Address | Output | str", /, *, shortest = false) -> "Proof")]
    fn why(&self, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, shortest: bool) -> PyResult<PyProof> {
        why(&self.0, a, b, shortest)
    }

    /// The transactions without any one of which two addresses that are together would not be, in chain order. An empty list says that
    /// no single transaction decides it.
    ///
    /// Raises
    /// ------
    /// NotJoinedError : they are in different clusters.
    #[pyo3(signature = (a: "Address | Output | str", b: "Address | Output | str", /) -> "list[Transaction]")]
    fn bridges(&self, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<Vec<PyTransaction>> {
        let (py, chain) = (a.py(), self.0.chain());
        let (a, b) = (address(chain, &named(chain, a)?)?, address(chain, &named(chain, b)?)?);
        let bridges = while_not_interrupted(py, |go_on| self.0.bridges(a, b, go_on))?;
        bridges.into_iter().map(|number| Ok(PyTransaction(chain.transaction_at(number)?))).collect()
    }

    /// One row a cluster of at least `min_size` addresses, by cluster id.
    ///
    /// Columns: cluster_id, address (the first of the cluster), size (addresses), received, sent, balance (satoshi; what moves within
    /// the cluster is received and sent, too), transactions (that pay it or spend from it), first_height, last_height, first_time,
    /// last_time (microseconds UTC), kinds (of its addresses, joined by commas).
    #[pyo3(signature = (*, min_size = 1) -> "Table")]
    fn table(&self, py: Python<'_>, min_size: u32) -> PyResult<PyTable> {
        Ok(PyTable(while_not_interrupted(py, |go_on| self.0.table(&self.0.names(min_size), go_on))?))
    }

    /// The members of a cluster (a cluster id, an address or a wallet): cluster_id, address_number, address.
    #[pyo3(signature = (cluster: "ClusterIds", /) -> "Table")]
    fn members(&self, cluster: &Bound<'_, PyAny>) -> PyResult<PyTable> {
        let names = cluster_ids(&self.0, cluster)?;
        Ok(PyTable(cluster.py().detach(|| self.0.members_table(&names))?))
    }

    /// The wallets of the `n` clusters with most addresses, the largest first.
    fn largest(&self, py: Python<'_>, n: usize) -> PyResult<Vec<PyWallet>> {
        let names = py.detach(|| self.0.largest(n));
        names.into_iter().map(|name| Ok(PyWallet(self.0.wallet([name])?))).collect()
    }

    /// What two clusters paid each other, one row a transaction and direction, in chain order.
    ///
    /// Columns: transaction, txid, height, time, from_cluster_id, to_cluster_id, amount (satoshi, net: change is not paid).
    /// docs/flows.md says who pays whom where several clusters pay.
    #[pyo3(signature = (a: "ClusterIds", b: "ClusterIds", /) -> "Table")]
    fn between(&self, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<PyTable> {
        let (py, a, b) = (a.py(), cluster_ids(&self.0, a)?, cluster_ids(&self.0, b)?);
        Ok(PyTable(while_not_interrupted(py, |go_on| self.0.between(&a, &b, go_on))?))
    }

    /// The money between different clusters, summed: one row a pair and direction, ordered by cluster ids. For a cluster they are the
    /// counterparties of `chain.flows(wallet, clusters=clusters)`; docs/flows.md defines both.
    ///
    /// Parameters
    /// ----------
    /// clusters : only transfers from or to these (cluster ids, addresses or wallets, or a list of them); None for all.
    ///
    /// Columns: from_cluster_id, to_cluster_id, from_address, to_address, amount (satoshi), transactions, first_height, last_height, first_time, last_time.
    #[pyo3(signature = (clusters: "ClusterIds | None" = None, /) -> "Table")]
    fn transfers(&self, py: Python<'_>, clusters: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        let only = clusters.map(|given| cluster_ids(&self.0, given)).transpose()?;
        let table = while_not_interrupted(py, |go_on| self.0.transfers_table(&self.0.transfers(only.as_deref(), go_on)?));
        Ok(PyTable(table?))
    }

    /// The unions that were refused because of `cannot_link`, in chain order.
    ///
    /// Columns: transaction, txid, height, time, rule, left, right (the addresses that the evidence is about), left_size, right_size
    /// (addresses that would have been joined), left_cannot_link, right_cannot_link (those on either side that must stay apart).
    fn refused(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.refused_table())?))
    }

    /// The joins of two clusters that had at least `min_size` addresses each, in chain order. Large clusters rarely merge; when they do,
    /// the join may be false (Harrigan and Fretter 2016).
    ///
    /// Columns: transaction, txid, height, time, rule, left, right (the addresses that the evidence is about), left_size, right_size.
    #[pyo3(signature = (min_size = 100) -> "Table")]
    fn merges(&self, py: Python<'_>, min_size: u32) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.merges(min_size))?))
    }

    /// Compares with other clusters of the same chain, over the addresses that both know.
    ///
    /// Examples
    /// --------
    /// >>> comparison = chain.cluster().compare(chain.cluster(coinjoin="include"))
    /// >>> comparison.split, comparison.joined > 0
    /// (0, True)
    fn compare(&self, py: Python<'_>, other: &PyClusters) -> PyResult<PyComparison> {
        PyComparison::of(py, self.0.clone(), other.0.clone())
    }

    /// How many clusters there are, those of one address included.
    fn __len__(&self) -> usize {
        self.0.count() as usize
    }

    /// The wallets of all clusters, each once, by their cluster ids.
    fn __iter__(&self, py: Python<'_>) -> PyWallets {
        PyWallets::new(self.0.clone(), py.detach(|| self.0.names(1)))
    }

    /// Whether a wallet is one of these clusters, or several of them; or whether an address is in one of them.
    fn __contains__(&self, given: &Bound<'_, PyAny>) -> PyResult<bool> {
        match given.cast::<PyWallet>() {
            Ok(wallet) => Ok(wallet.get().0.clusters().is_same(&self.0)),
            Err(_) => Ok(known_number(self.0.chain(), given)?.is_some_and(|number| self.0.labels().len() as u64 > number.row())),
        }
    }

    fn __repr__(&self) -> String {
        let count = show::number(self.0.count());
        format!("Clusters({count} of {}, coinjoin={}, height={})", self.rules().join(", "), self.coinjoin(), self.height())
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let mut facts = vec![
            ("clusters", show::number(self.0.count())),
            ("addresses", show::number(self.0.labels().len() as u64)),
            ("rules", self.rules().join(", ")),
            ("CoinJoins", self.coinjoin().to_string()),
            ("refused", show::number(self.0.refused().len() as u64)),
            ("as of height", show::number(self.height() as u64)),
        ];
        if let [rule] = &self.0.settings().rules[..]
            && let Some(headline) = headline(&rule.name(), rule.version())?
        {
            facts.push(("measured", headline));
        }
        Ok(show::facts("Clusters", &facts))
    }
}

/// Joins a chain's addresses.
pub fn cluster(
    chain: &Chain,
    rules: Option<&Bound<'_, PyAny>>,
    coinjoin: &str,
    cannot_link: Option<&Bound<'_, PyAny>>,
    threads: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<PyClusters> {
    let mut settings = Settings::of(chain.network());
    settings.coinjoins = CoinJoins::from_name(coinjoin)?;
    if let Some(rules) = rules {
        settings.rules = given_rules(chain, rules)?;
    }
    if let Some(cannot_link) = cannot_link {
        settings.cannot_link = cannot_link::cannot_link(chain, &named(chain, cannot_link)?)?;
    }
    let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
    Ok(PyClusters(while_not_interrupted(py, |go_on| chain.cluster(settings, threads, go_on))?))
}

fn given_rules(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Vec<Rule>> {
    let single = given.cast::<PyString>().is_ok() || given.try_iter().is_err();
    let list: Vec<Bound<'_, PyAny>> = if single { vec![given.clone()] } else { given.try_iter()?.collect::<PyResult<_>>()? };
    let mut rules: Vec<Rule> = Vec::new();
    for given in list {
        let rule = given_rule(chain, &given)?;
        if rules.iter().all(|known| known.identity() != rule.identity()) {
            rules.push(rule);
        }
    }
    match rules.len() {
        0 => {
            Err(Error::Invalid { what: "no rule is given, so nothing would be joined; leave rules out for co_spend".into() }.into())
        }
        1..=200 => Ok(rules),
        many => Err(Error::Invalid { what: format!("{many} rules are given; 200 is the most") }.into()),
    }
}

fn given_rule(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Rule> {
    if let Ok(name) = given.cast::<PyString>() {
        match &*name.to_cow()? {
            "co_spend" => return Ok(Rule::CoSpend),
            "same_key" => return Ok(Rule::SameKey),
            name if change::named().all(|rule| rule.name != name) => {
                let change = change::named().map(|rule| rule.name).collect::<Vec<_>>();
                return Err(
                    Error::UnknownName { what: "rule", name: name.to_string(), known: [&NAMES[..], &change].concat() }.into()
                );
            }
            _ => {}
        }
    }
    Ok(Rule::Change(crate::python::change::rule(chain, given)?.unique()))
}

/// The ids of the clusters that are named, ascending.
pub fn cluster_ids(clusters: &Clusters, given: &Bound<'_, PyAny>) -> PyResult<Vec<AddrNum>> {
    addresses::cluster_ids(clusters, &named(clusters.chain(), given)?)
}

fn clusters_of(clusters: &Clusters, set: &AddressSet) -> crate::Result<Table> {
    let known = clusters.labels().len() as u64;
    let names: Vec<Option<AddrNum>> = (0..set.len())
        .map(|i| set.number(i).filter(|number| number.row() < known).map(|number| clusters.name_of(number)).transpose())
        .collect::<crate::Result<_>>()?;
    Ok(columns::ready([
        columns::text("address", (0..set.len()).map(|i| set.text(i))),
        nullable::int64("cluster_id", names.iter().map(|name| name.map(|name| name.0 as i64))),
        nullable::int64("size", names.iter().map(|name| name.map(|name| clusters.members(name).len() as i64))),
    ]))
}
