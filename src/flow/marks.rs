//! Addresses that somebody has put a name to: where a walk stops, and who a counterparty is.

use std::collections::HashMap;

use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::AddrNum;

/// Labels of addresses; with clusters, of whole wallets.
#[derive(Clone, Default)]
pub struct Marks {
    clusters: Option<Clusters>,
    labels: HashMap<AddrNum, String>,
}

impl Marks {
    /// Of pairs of an address and its label. With clusters an address stands for its whole wallet. What has several labels gets all
    /// of them, in alphabetical order.
    pub fn of(pairs: impl IntoIterator<Item = (AddrNum, String)>, clusters: Option<&Clusters>) -> Result<Marks> {
        let mut given: HashMap<AddrNum, Vec<String>> = HashMap::new();
        for (address, label) in pairs {
            given.entry(key(clusters, address)?).or_default().push(label);
        }
        let joined = |mut labels: Vec<String>| {
            labels.sort_unstable();
            labels.dedup();
            labels.join(" | ")
        };
        let labels = given.into_iter().map(|(key, labels)| (key, joined(labels))).collect();
        Ok(Marks { clusters: clusters.cloned(), labels })
    }

    pub fn label(&self, address: AddrNum) -> Result<Option<&str>> {
        if self.labels.is_empty() {
            return Ok(None);
        }
        Ok(self.labels.get(&key(self.clusters.as_ref(), address)?).map(String::as_str))
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

fn key(clusters: Option<&Clusters>, address: AddrNum) -> Result<AddrNum> {
    clusters.map_or(Ok(address), |clusters| clusters.name_of(address))
}
