//! Sums of clusters, made in one sweep over the chain for all of them that are asked for, never address by address.

use std::ops::Range;

use crate::chain::cells::{Cells, table};
use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{Chain, End};
use crate::cluster::{Clusters, JoinEdge, is_nobodys};
use crate::error::Result;
use crate::ids::{AddrNum, Height, NONE_32, OutNum, TxNum};
use crate::script::Kind;
use crate::table::Table;
use crate::table::columns::{TableColumn, always};

/// The row of a cluster.
type Row = (AddrNum, Totals);

/// What came to a cluster and left it, as of a height. Money that moves within the cluster is received and sent, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Totals {
    pub addresses: u64,
    /// Satoshi of all outputs that pay it, of those that were spent, and of those that can never be spent.
    pub received: u64,
    pub sent: u64,
    pub lost: u64,
    /// Transactions that pay it or spend from it.
    pub transactions: u64,
    /// The first and the last of those.
    pub first: TxNum,
    pub last: TxNum,
    /// A bit for each kind of address, by the kind's number.
    pub kinds: u16,
}

impl Totals {
    pub(super) const NONE: Totals =
        Totals { addresses: 0, received: 0, sent: 0, lost: 0, transactions: 0, first: TxNum(NONE_32), last: TxNum(0), kinds: 0 };

    /// Satoshi that can still be spent.
    pub fn balance(&self) -> u64 {
        self.received - self.sent - self.lost
    }

    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        (0..16).filter(|bit| self.kinds >> bit & 1 == 1).filter_map(Kind::from_u8)
    }
}

/// Which clusters are summed: for each address the place of its cluster among them.
struct Places(Vec<u32>);

/// What a piece of the chain adds to the sums.
#[derive(Default)]
struct Additions {
    /// (place, satoshi, what became of it).
    payments: Vec<(u32, u64, End)>,
    /// (place, transaction), each once.
    touches: Vec<(u32, TxNum)>,
}

impl Clusters {
    /// The sums of some clusters, given by name in any order, each once; in that order.
    pub fn totals(&self, names: &[AddrNum], go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Totals>> {
        let mut places = vec![NONE_32; self.labels().len()];
        for (place, name) in names.iter().enumerate() {
            places[name.0 as usize] = place as u32;
        }
        // A name is the smallest of its cluster, so its place stands there before its members ask for it.
        for address in 0..places.len() {
            places[address] = places[self.labels()[address] as usize];
        }
        let (places, mut totals) = (Places(places), vec![Totals::NONE; names.len()]);
        for (address, place) in places.0.iter().enumerate().filter(|(_, place)| **place != NONE_32) {
            let totals = &mut totals[*place as usize];
            totals.addresses += 1;
            totals.kinds |= 1 << self.chain().kind_of(AddrNum(address as u32))? as u16;
        }
        let work = |piece: &Range<u64>| places.additions(self.chain(), piece.clone());
        in_order(&self.chain().pieces(0)?, self.threads, work, |additions| {
            add(&mut totals, &additions, self.chain())?;
            go_on_or_stop(go_on)
        })?;
        Ok(totals)
    }

    /// The names of the clusters of at least so many addresses, ascending.
    pub fn names(&self, min_size: u32) -> Vec<AddrNum> {
        let names = (0..self.labels().len() as u32).map(AddrNum).filter(|name| self.labels()[name.0 as usize] == name.0);
        names.filter(|name| self.index().size(*name) >= min_size && !is_nobodys(self.chain(), *name)).collect()
    }

    /// The names of the `n` largest clusters, the largest first; among equal ones the smaller name.
    pub fn largest(&self, n: usize) -> Vec<AddrNum> {
        let mut names = self.names(1);
        let order = |name: &AddrNum| (std::cmp::Reverse(self.index().size(*name)), *name);
        if n < names.len() {
            names.select_nth_unstable_by_key(n, order);
            names.truncate(n);
        }
        names.sort_unstable_by_key(order);
        names
    }

    /// One row a cluster of those named: cluster_id, address (the text or script of the one that it is named by), size, received, sent,
    /// balance, transactions, first and last height and time, kinds.
    pub fn table(&self, names: &[AddrNum], go_on: &mut dyn FnMut() -> bool) -> Result<Table> {
        let rows: Vec<(AddrNum, Totals)> = names.iter().copied().zip(self.totals(names, go_on)?).collect();
        self.totals_table(&rows)
    }

    pub(super) fn totals_table(&self, rows: &[(AddrNum, Totals)]) -> Result<Table> {
        table(self.chain(), rows, |rows| {
            let (first, last) = (|row: &Row| Some(row.1.first), |row: &Row| Some(row.1.last));
            Ok(vec![
                rows.amount("cluster_id", |row| row.0.0 as i64)?,
                rows.named("address", |row| row.0)?,
                rows.amount("size", |row| row.1.addresses as i64)?,
                rows.amount("received", |row| row.1.received as i64)?,
                rows.amount("sent", |row| row.1.sent as i64)?,
                rows.amount("balance", |row| row.1.balance() as i64)?,
                rows.amount("transactions", |row| row.1.transactions as i64)?,
                always(rows.height("first_height", first)?),
                always(rows.height("last_height", last)?),
                always(rows.time("first_time", first)?),
                always(rows.time("last_time", last)?),
                rows.word("kinds", |row| row.1.kinds().map(Kind::name).collect::<Vec<_>>().join(", ")),
            ])
        })
    }

    /// The members of some clusters: cluster_id, address_number, address.
    pub fn members_table(&self, names: &[AddrNum]) -> Result<Table> {
        let rows: Vec<(AddrNum, AddrNum)> =
            names.iter().flat_map(|name| self.members(*name).map(move |member| (*name, member))).collect();
        table(self.chain(), &rows, |rows| {
            Ok(vec![
                rows.amount("cluster_id", |row| row.0.0 as i64)?,
                rows.amount("address_number", |row| row.1.0 as i64)?,
                rows.named("address", |row| row.1)?,
            ])
        })
    }

    /// The unions that were refused, in chain order: transaction, txid, height, rule, left, right (the addresses that the evidence is about),
    /// left_size, right_size, left_cannot_link, right_cannot_link (the addresses on either side that must stay apart).
    pub fn refused_table(&self) -> Result<Table> {
        table(self.chain(), self.refused(), |rows| {
            let mut columns = self.edge_columns(rows, |refused| refused.edge)?;
            columns.extend([
                rows.amount("left_size", |refused| refused.sizes.0 as i64)?,
                rows.amount("right_size", |refused| refused.sizes.1 as i64)?,
                rows.named("left_cannot_link", |refused| refused.conflict.0)?,
                rows.named("right_cannot_link", |refused| refused.conflict.1)?,
            ]);
            Ok(columns)
        })
    }

    /// What joins two addresses, or would: transaction, txid, height, time, rule, left, right.
    pub(crate) fn edge_columns<T>(&self, rows: &Cells<T>, edge: impl Fn(&T) -> JoinEdge) -> Result<Vec<TableColumn>> {
        let tx = |row: &T| Some(edge(row).transaction);
        Ok(vec![
            rows.amount("transaction", |row| edge(row).transaction.0 as i64)?,
            always(rows.txid("txid", tx)?),
            always(rows.height("height", tx)?),
            always(rows.time("time", tx)?),
            rows.word("rule", |row| self.rule_name(&edge(row))),
            rows.named("left", |row| edge(row).left)?,
            rows.named("right", |row| edge(row).right)?,
        ])
    }

    /// The joins of two clusters that had at least `min_size` addresses each, in chain order: transaction, txid, height, time, rule, left,
    /// right (the addresses that the evidence is about), left_size, right_size. It is rare that two large clusters merge: the usual sign
    /// of a false join (Harrigan and Fretter 2016).
    pub fn merges(&self, min_size: u32) -> Result<Table> {
        let mut sizes = vec![1u32; self.labels().len()];
        let mut merges = Vec::new();
        for (link, edge) in (0..).zip(self.links()) {
            let (below, above) = self.forest().ends_of(link);
            let (of_below, of_above) = (sizes[below.0 as usize], sizes[above.0 as usize]);
            sizes[above.0 as usize] += of_below;
            if of_below.min(of_above) >= min_size {
                let left_is_below = self.forest().root_before(edge.left, link) == below;
                merges.push((*edge, if left_is_below { (of_below, of_above) } else { (of_above, of_below) }));
            }
        }
        table(self.chain(), &merges, |rows| {
            let mut columns = self.edge_columns(rows, |row| row.0)?;
            columns.push(rows.amount("left_size", |row| row.1.0 as i64)?);
            columns.push(rows.amount("right_size", |row| row.1.1 as i64)?);
            Ok(columns)
        })
    }
}

impl Places {
    #[inline]
    fn of(&self, chain: &Chain, output: OutNum) -> Result<u32> {
        let address = chain.address_of(output)?;
        self.0.get(address.0 as usize).copied().ok_or_else(|| chain.corrupt(format!("has the unknown address {address}")))
    }

    fn additions(&self, chain: &Chain, heights: Range<u64>) -> Result<Additions> {
        let mut additions = Additions::default();
        for height in heights {
            let transactions = chain.transactions_in(Height(height as u32))?;
            for number in transactions.clone() {
                for input in chain.inputs_of(number)? {
                    if let Some(spends) = chain.spends(input)? {
                        chain.prefetch_address_of(spends);
                    }
                }
            }
            let mut touched = Vec::new();
            for number in transactions {
                touched.clear();
                self.spent_by(chain, number, &mut touched)?;
                self.paid_by(chain, number, &mut touched, &mut additions.payments)?;
                touched.sort_unstable();
                touched.dedup();
                additions.touches.extend(touched.iter().map(|place| (*place, number)));
            }
        }
        Ok(additions)
    }

    fn spent_by(&self, chain: &Chain, number: TxNum, touched: &mut Vec<u32>) -> Result<()> {
        for input in chain.inputs_of(number)? {
            if let Some(spends) = chain.spends(input)? {
                let place = self.of(chain, spends)?;
                touched.extend((place != NONE_32).then_some(place));
            }
        }
        Ok(())
    }

    fn paid_by(&self, chain: &Chain, number: TxNum, touched: &mut Vec<u32>, payments: &mut Vec<(u32, u64, End)>) -> Result<()> {
        for output in chain.outputs_of(number)? {
            let place = self.of(chain, output)?;
            if place != NONE_32 {
                touched.push(place);
                payments.push((place, chain.value_of(output)?, chain.end_of(output)?));
            }
        }
        Ok(())
    }
}

fn add(totals: &mut [Totals], additions: &Additions, chain: &Chain) -> Result<()> {
    for (place, value, end) in &additions.payments {
        let totals = &mut totals[*place as usize];
        // What was sent and lost is part of what was received, so the other sums fit when this one does.
        totals.received = totals.received.checked_add(*value).ok_or_else(|| chain.too_much())?;
        match end {
            End::Unspent => {}
            End::Spent(_) => totals.sent += value,
            End::Lost(_) => totals.lost += value,
        }
    }
    for (place, tx) in &additions.touches {
        let totals = &mut totals[*place as usize];
        totals.transactions += 1;
        totals.first = totals.first.min(*tx);
        totals.last = totals.last.max(*tx);
    }
    Ok(())
}
