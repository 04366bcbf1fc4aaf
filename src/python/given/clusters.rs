//! The clusters that a caller gives, or that a wallet brings.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::python::cluster::PyClusters;
use crate::python::given::{Named, check_chain, shown};

/// Clusters of this chain, as of its height: those of a later one would tell what nobody could know yet.
fn clusters(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Clusters> {
    let wrong = || PyTypeError::new_err(format!("{} are not clusters; give what chain.cluster() returns", shown(given)));
    let clusters = &given.cast::<PyClusters>().map_err(|_| wrong())?.get().0;
    check_chain(chain, clusters.chain(), given)?;
    let (theirs, ours) = (clusters.chain().height(), chain.height());
    match theirs == ours {
        true => Ok(clusters.clone()),
        false => Err(PyValueError::new_err(format!(
            "the clusters are as of height {theirs}, and the chain of height {ours}; take clusters.at({ours}) or chain.at({theirs})"
        ))),
    }
}

/// The clusters to use: those that are given, else those that the first wallet among what is named brings, as of the chain's height.
pub fn given_or_brought(
    chain: &Chain,
    given: Option<&Bound<'_, PyAny>>,
    named: &[Option<&Named<'_>>],
) -> PyResult<Option<Clusters>> {
    match given {
        Some(given) => clusters(chain, given).map(Some),
        None => brought(chain, named),
    }
}

/// The clusters that the first wallet among what is named brings.
pub fn brought(chain: &Chain, named: &[Option<&Named<'_>>]) -> PyResult<Option<Clusters>> {
    let Some(wallet) = named.iter().flatten().find_map(|named| named.wallet()) else { return Ok(None) };
    let clusters = wallet.get().0.clusters();
    let (theirs, ours) = (clusters.chain().height(), chain.height());
    if theirs < ours {
        return Err(PyValueError::new_err(format!(
            "the wallet is of clusters as of height {theirs}, and the chain is as of height {ours}; take it from chain.cluster(), or ask chain.at({theirs})"
        )));
    }
    Ok(Some(if theirs == ours { clusters.clone() } else { clusters.at_height(ours.0 as i64)? }))
}

/// Clusters and perhaps a name: one, several, or a mapping of names to them; None means that nobody says who belongs together.
pub fn rule_sets(chain: &Chain, named: &Named<'_>) -> PyResult<Vec<(Option<String>, Option<Clusters>)>> {
    let one = |named: &Named<'_>| match named {
        Named::Missing(_) => Ok(None),
        Named::Clusters(given) => clusters(chain, given).map(Some),
        _ => Err(named.refused("what chain.cluster() returns, a list of such clusters, or a mapping of names to them")),
    };
    match named {
        Named::Mapping(_, pairs) => {
            pairs.iter().map(|(name, named)| Ok((Some(name.given().str()?.to_string()), one(named)?))).collect()
        }
        Named::Iterable(_, items) => items.iter().map(|named| Ok((None, one(named)?))).collect(),
        named => Ok(vec![(None, one(named)?)]),
    }
}
