//! What a trace stops at, or what gets a label.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::ids::AddrNum;
use crate::python::given::addresses::{Place, Wanted};
use crate::python::given::{Named, shown};
use crate::trace::{StopItem, StopSet};

/// The label of what is given without one.
const UNLABELLED: &str = "stop_at";

const TAKES: &str = "addresses, outputs (for the addresses that they pay), address sets, wallets, cluster ids (with clusters), lists of these, a mapping of \
                     these to labels or of labels to these, or a table with address (or txid and position) and label";

/// The labelled addresses or wallets that are named; nothing where nothing is given. Addresses that were never paid are passed over.
pub fn stops(chain: &Chain, named: Option<&Named<'_>>, clusters: Option<&Clusters>) -> PyResult<Arc<StopSet>> {
    let mut stops = Stops { wanted: Wanted { chain, takes: TAKES, known: false }, clusters, found: Vec::new() };
    if let Some(named) = named {
        stops.labelled(named, UNLABELLED)?;
        let items = stops.found;
        return Ok(Arc::new(named.given().py().detach(|| StopSet::of(chain, clusters, items))?));
    }
    Ok(Arc::default())
}

/// A stop set while it is gathered.
struct Stops<'a> {
    wanted: Wanted<'a>,
    clusters: Option<&'a Clusters>,
    found: Vec<(StopItem, String)>,
}

impl Stops<'_> {
    fn labelled(&mut self, named: &Named<'_>, label: &str) -> PyResult<()> {
        match named {
            Named::Mapping(_, pairs) => pairs.iter().try_for_each(|(key, value)| self.pair(key, value)),
            Named::Iterable(_, items) => items.iter().try_for_each(|item| self.labelled(item, label)),
            Named::Table(_, rows) if rows.has_labels() => {
                for (number, row) in rows.iter().enumerate() {
                    let label = row.label.ok_or_else(|| rows.lacks(number, "label"))?.to_string();
                    let address = self.wanted.row(rows, number, row)?;
                    self.found.extend(address.map(|address| (StopItem::Address(address), label)));
                }
                Ok(())
            }
            other => self.all(other, label),
        }
    }

    fn pair(&mut self, key: &Named<'_>, value: &Named<'_>) -> PyResult<()> {
        match (key, value) {
            // Where both are texts, the key is what is labelled.
            (_, Named::Text(label)) => self.labelled(key, &label.to_cow()?),
            (Named::Text(label), _) => self.labelled(value, &label.to_cow()?),
            _ => Err(PyTypeError::new_err(format!(
                "{}: {} labels nothing; map what is labelled to its label, or labels to lists",
                shown(key.given()),
                shown(value.given())
            ))),
        }
    }

    fn all(&mut self, named: &Named<'_>, label: &str) -> PyResult<()> {
        let (clusters, known) = (self.clusters, self.wanted.chain.counts().addresses);
        let mut add = |item| self.found.push((item, label.to_string()));
        self.wanted.each(named, &mut |place| {
            match place {
                Place::Address(address) => add(StopItem::Address(address)),
                Place::Number(number) => match number.extract() {
                    Ok(number) => add(StopItem::Cluster(AddrNum(number))),
                    Err(_) => return Err(named.refused(TAKES)),
                },
                Place::Wallet(wallet) => {
                    let wallet = &wallet.get().0;
                    // By the rules that made it, its id stands for it; by others, its members may be of several wallets.
                    let same = clusters.is_some_and(|clusters| clusters.is_same(wallet.clusters()));
                    let members: Vec<AddrNum> = if same { wallet.names().to_vec() } else { wallet.members().collect() };
                    members.into_iter().filter(|member| member.row() < known).for_each(|member| add(StopItem::Address(member)));
                }
            }
            Ok(())
        })
    }
}
