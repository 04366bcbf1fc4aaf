//! What questions about money name: coins, wallets, and addresses with labels.

pub mod source;

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::ids::{AddrNum, OutNum};
use crate::python::chain::output::PyOutput;
use crate::python::cluster::{PyClusters, PyWallet, seen};
use crate::python::given::source::not_yet;
use crate::python::trace::check_chain;
use crate::trace::StopSet;

/// An output: the object, or "txid:n".
pub fn output(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<OutNum> {
    if let Ok(output) = given.cast::<PyOutput>() {
        let output = &output.get().0;
        check_chain(chain, output.chain(), given)?;
        if output.number().row() >= chain.counts().outputs {
            return Err(not_yet(chain, &output.transaction()?));
        }
        return Ok(output.number());
    }
    match given.cast::<PyString>() {
        Ok(text) => Ok(chain.output_named(&text.to_cow()?)?.number()),
        Err(_) => Err(PyTypeError::new_err(format!("{given:?} is no output; give an Output, or a text like \"txid:n\""))),
    }
}

/// Several outputs.
pub fn outputs(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Vec<OutNum>> {
    if given.cast::<PyString>().is_ok() || given.cast::<PyOutput>().is_ok() {
        return Ok(vec![output(chain, given)?]);
    }
    let wrong = || PyTypeError::new_err(format!("{given:?} is no list of outputs; give Outputs, or texts like \"txid:n\""));
    given.try_iter().map_err(|_| wrong())?.map(|item| output(chain, &item?)).collect()
}

/// Clusters of this chain, as of its height: those of a later one would tell what nobody could know yet.
pub fn clusters(chain: &Chain, given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Clusters>> {
    let Some(given) = given else { return Ok(None) };
    let wrong = || PyTypeError::new_err(format!("{given:?} are no clusters; give what chain.cluster() returns"));
    let clusters = &given.cast::<PyClusters>().map_err(|_| wrong())?.get().0;
    check_chain(chain, clusters.chain(), given)?;
    let (theirs, ours) = (clusters.chain().height(), chain.height());
    match theirs == ours {
        true => Ok(Some(clusters.clone())),
        false => Err(PyValueError::new_err(format!(
            "the clusters are as of height {theirs} and the chain as of height {ours}; cluster the chain that is asked"
        ))),
    }
}

/// Labelled addresses or wallets: a mapping of these to labels, or of labels to these, or such without labels.
pub fn stops(chain: &Chain, given: Option<&Bound<'_, PyAny>>, clusters: Option<&Clusters>) -> PyResult<Arc<StopSet>> {
    let items = given.map(|given| source::stops(chain, clusters, given)).transpose()?.unwrap_or_default();
    Ok(Arc::new(StopSet::of(chain, clusters, items)?))
}

/// The addresses of a set: addresses, address sets, wallets, or lists of these. Those that were never paid are passed over.
pub fn addresses(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Vec<AddrNum>> {
    let known = chain.counts().addresses;
    let single = given.cast::<PyWallet>().is_ok() || given.cast::<PyString>().is_ok();
    let numbers = match given.try_iter() {
        Ok(list) if !single => {
            let mut numbers = Vec::new();
            for item in list {
                numbers.extend(seen(chain, &item?)?);
            }
            numbers
        }
        _ => seen(chain, given)?,
    };
    Ok(numbers.into_iter().filter(|address| address.row() < known).collect())
}

/// The clusters to use: those that are given, or those that a wallet brings, if they are as of the chain's height.
pub fn clusters_with(chain: &Chain, given: Option<&Bound<'_, PyAny>>, set: &Bound<'_, PyAny>) -> PyResult<Option<Clusters>> {
    let own = set.cast::<PyWallet>().ok().map(|wallet| wallet.get().0.clusters());
    match (given, own) {
        (None, Some(own)) if own.chain().height() == chain.height() => Ok(Some(own.clone())),
        _ => clusters(chain, given),
    }
}
