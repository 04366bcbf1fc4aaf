//! A wallet: one or several clusters seen as somebody's purse.

use crate::cluster::Clusters;
use crate::cluster::table::Totals;
use crate::error::Result;
use crate::ids::AddrNum;
use crate::table::Table;

#[derive(Clone)]
pub struct Wallet {
    clusters: Clusters,
    names: Vec<AddrNum>,
}

/// Clusters of up to so many addresses are summed address by address; of larger ones the sums are made in one sweep for all, once.
const WALKED: u64 = 1000;

impl Clusters {
    /// The wallet of the clusters of some addresses.
    pub fn wallet(&self, addresses: impl IntoIterator<Item = AddrNum>) -> Result<Wallet> {
        let mut names = addresses.into_iter().map(|address| self.name_of(address)).collect::<Result<Vec<_>>>()?;
        names.sort_unstable();
        names.dedup();
        Ok(Wallet { clusters: self.clone(), names })
    }

    /// The sums of a cluster.
    fn totals_of(&self, name: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Totals> {
        let size = self.members(name).len() as u64;
        if size <= WALKED {
            return self.walked_totals(name);
        }
        let names = self.names(WALKED as u32 + 1);
        if self.large.get().is_none() {
            let totals = self.totals(&names, go_on)?;
            _ = self.large.set(totals);
        }
        let place = names.binary_search(&name).expect("a cluster of its size is among them");
        Ok(self.large.get().expect("it was just set")[place])
    }

    fn walked_totals(&self, name: AddrNum) -> Result<Totals> {
        let (mut outputs, mut transactions, mut totals) = (Vec::new(), Vec::new(), Totals::NONE);
        for member in self.members(name) {
            let flows = self.chain().totals_of(member, &mut outputs)?;
            totals.addresses += 1;
            totals.received += flows.received;
            totals.sent += flows.sent;
            totals.lost += flows.lost;
            totals.kinds |= 1 << self.chain().kind_of(member)? as u16;
            transactions.extend(self.chain().transactions_touching(member)?);
        }
        transactions.sort_unstable();
        transactions.dedup();
        totals.transactions = transactions.len() as u64;
        if let (Some(first), Some(last)) = (transactions.first(), transactions.last()) {
            (totals.first, totals.last) = (*first, *last);
        }
        Ok(totals)
    }
}

impl Wallet {
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The names of its clusters, ascending.
    pub fn names(&self) -> &[AddrNum] {
        &self.names
    }

    /// How many addresses it has.
    pub fn size(&self) -> u64 {
        self.names.iter().map(|name| self.clusters.members(*name).len() as u64).sum()
    }

    pub fn members(&self) -> impl Iterator<Item = AddrNum> + '_ {
        self.names.iter().flat_map(|name| self.clusters.members(*name))
    }

    pub fn contains(&self, address: AddrNum) -> bool {
        self.clusters.name_of(address).is_ok_and(|name| self.names.binary_search(&name).is_ok())
    }

    /// The sums of each of its clusters.
    pub fn totals(&self, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Totals>> {
        self.names.iter().map(|name| self.clusters.totals_of(*name, go_on)).collect()
    }

    /// The sums of each of its clusters as a table.
    pub fn table(&self, go_on: &mut dyn FnMut() -> bool) -> Result<Table> {
        let rows: Vec<_> = self.names.iter().copied().zip(self.totals(go_on)?).collect();
        self.clusters.totals_table(&rows)
    }
}
