//! Where a trace is told to stop: labelled addresses, or labelled wallets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::AddrNum;
use crate::sets::marks::Marks;

/// What can be labelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopItem {
    /// With clusters it stands for its wallet.
    Address(AddrNum),
    /// The wallet of a cluster, by its name.
    Cluster(AddrNum),
}

/// Labelled addresses, or, with clusters, labelled wallets.
#[derive(Default)]
pub struct StopSet {
    clusters: Option<Clusters>,
    labels: Vec<String>,
    /// The labels of addresses, or of clusters by their names.
    members: HashMap<u32, u32>,
    marks: Option<Marks>,
}

impl StopSet {
    /// The set of some labelled items. What gets several labels has them all, joined by " | ".
    pub fn of(chain: &Chain, clusters: Option<&Clusters>, items: impl IntoIterator<Item = (StopItem, String)>) -> Result<StopSet> {
        let mut labelled: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (item, label) in items {
            labelled.entry(member(chain, clusters, item)?.0).or_default().insert(label);
        }
        let (mut numbers, mut set) = (BTreeMap::new(), StopSet { clusters: clusters.cloned(), ..StopSet::default() });
        let mut marks = Marks::new(chain.counts().addresses);
        for (member, labels) in labelled {
            let label = labels.into_iter().collect::<Vec<_>>().join(" | ");
            let next = numbers.len() as u32;
            set.members.insert(member, *numbers.entry(label).or_insert(next));
            marks.put(member as u64);
        }
        set.labels = vec![String::new(); numbers.len()];
        numbers.into_iter().for_each(|(label, number)| set.labels[number as usize] = label);
        set.marks = (!set.members.is_empty()).then_some(marks);
        Ok(set)
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_none()
    }

    /// Whether it was made with these clusters, or with none.
    pub(super) fn fits(&self, clusters: Option<&Clusters>) -> bool {
        match (&self.clusters, clusters) {
            (None, None) => true,
            (Some(own), Some(others)) => own.is_same(others),
            _ => self.is_empty(),
        }
    }

    /// The labels, by number.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The labelled addresses, or with clusters the addresses that name the labelled ones, ascending.
    pub fn labelled(&self) -> Vec<(AddrNum, String)> {
        let labelled = self.members.iter().map(|(member, label)| (AddrNum(*member), self.labels[*label as usize].clone()));
        let mut labelled: Vec<(AddrNum, String)> = labelled.collect();
        labelled.sort_unstable();
        labelled
    }

    /// The number of an address's label.
    #[inline]
    pub fn label_of(&self, address: AddrNum) -> Result<Option<u32>> {
        let Some(marks) = &self.marks else { return Ok(None) };
        let member = self.clusters.as_ref().map_or(Ok(address), |clusters| clusters.name_of(address))?;
        Ok(if marks.has(member.row()) { self.members.get(&member.0).copied() } else { None })
    }

    /// An address's label.
    pub fn label(&self, address: AddrNum) -> Result<Option<&str>> {
        Ok(self.label_of(address)?.map(|number| self.labels[number as usize].as_str()))
    }

    /// The number of a wallet's label.
    pub(super) fn label_of_wallet(&self, name: AddrNum) -> Option<u32> {
        self.members.get(&name.0).copied().filter(|_| self.clusters.is_some())
    }
}

fn member(chain: &Chain, clusters: Option<&Clusters>, item: StopItem) -> Result<AddrNum> {
    match (item, clusters) {
        (StopItem::Address(address), None) => Ok(chain.address_at(address)?.number()),
        (StopItem::Address(address), Some(clusters)) => clusters.name_of(address),
        (StopItem::Cluster(name), None) => Err(Error::Invalid {
            what: format!("cluster {name} can only be a stop of a trace that knows the clusters; give them as clusters="),
        }),
        (StopItem::Cluster(name), Some(clusters)) => match clusters.name_of(name)? == name {
            true => Ok(name),
            false => Err(Error::Invalid {
                what: format!(
                    "{name} is not a cluster's name: that address belongs to cluster {}; a cluster is named by its smallest address number",
                    clusters.name_of(name)?
                ),
            }),
        },
    }
}
