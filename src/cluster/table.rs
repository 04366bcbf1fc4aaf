//! Sums of clusters, made in one sweep over the chain for all of them that are asked for, never address by address.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{Chain, End};
use crate::cluster::{Clusters, is_nobodys};
use crate::error::Result;
use crate::ids::{AddrNum, Height, NONE_32, OutNum, TxNum, hash_text};
use crate::script::Kind;
use crate::table::Table;

/// Rows of a batch.
const BATCH: usize = 1 << 16;

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
        batches(rows, |rows| {
            let int64 = |value: fn(&Totals) -> u64| -> ArrayRef {
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, totals)| value(totals) as i64)))
            };
            let (first_height, first_time) = self.heights_and_times(rows.iter().map(|(_, totals)| totals.first))?;
            let (last_height, last_time) = self.heights_and_times(rows.iter().map(|(_, totals)| totals.last))?;
            Ok(vec![
                ("cluster_id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(name, _)| name.0 as i64)))),
                ("address", Arc::new(self.address_texts(rows.iter().map(|(name, _)| *name))?)),
                ("size", int64(|totals| totals.addresses)),
                ("received", int64(|totals| totals.received)),
                ("sent", int64(|totals| totals.sent)),
                ("balance", int64(Totals::balance)),
                ("transactions", int64(|totals| totals.transactions)),
                ("first_height", first_height),
                ("last_height", last_height),
                ("first_time", first_time),
                ("last_time", last_time),
                ("kinds", kinds(rows)),
            ])
        })
    }

    pub(crate) fn heights_and_times(&self, transactions: impl Iterator<Item = TxNum>) -> Result<(ArrayRef, ArrayRef)> {
        let heights: Vec<_> = transactions.map(|tx| self.chain().height_of(tx)).collect::<Result<_>>()?;
        let times: Vec<i64> = heights.iter().map(|height| self.chain().time_at(*height).map(i64::from)).collect::<Result<_>>()?;
        let heights = Int32Array::from_iter_values(heights.iter().map(|height| height.0 as i32));
        Ok((Arc::new(heights), Arc::new(TimestampSecondArray::from(times).with_timezone("UTC"))))
    }

    pub(crate) fn address_texts(&self, addresses: impl Iterator<Item = AddrNum>) -> Result<StringArray> {
        let mut texts = StringBuilder::new();
        for address in addresses {
            texts.append_value(self.chain().address_at(address)?.name()?);
        }
        Ok(texts.finish())
    }

    pub(crate) fn txids(&self, transactions: impl Iterator<Item = TxNum>) -> Result<StringArray> {
        let mut texts = StringBuilder::new();
        for tx in transactions {
            texts.append_value(hash_text(&self.chain().txid(tx)?));
        }
        Ok(texts.finish())
    }

    /// The members of some clusters: cluster_id, address_number, address.
    pub fn members_table(&self, names: &[AddrNum]) -> Result<Table> {
        let rows: Vec<(AddrNum, u32)> =
            names.iter().flat_map(|name| self.members(*name).iter().map(move |member| (*name, *member))).collect();
        batches(&rows, |rows| {
            Ok(vec![
                ("cluster_id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(name, _)| name.0 as i64))) as ArrayRef),
                ("address_number", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, member)| *member as i64)))),
                ("address", Arc::new(self.address_texts(rows.iter().map(|(_, member)| AddrNum(*member)))?)),
            ])
        })
    }

    /// The unions that were refused, in chain order: transaction, txid, height, rule, left, right (the addresses that the evidence is about),
    /// left_size, right_size, left_cannot_link, right_cannot_link (the addresses on either side that must stay apart).
    pub fn refused_table(&self) -> Result<Table> {
        batches(self.refused(), |rows| {
            let edges = || rows.iter().map(|refused| refused.edge);
            let sizes = |side: fn(&(u32, u32)) -> u32| -> ArrayRef {
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|refused| side(&refused.sizes) as i64)))
            };
            let (height, time) = self.heights_and_times(edges().map(|edge| edge.transaction))?;
            Ok(vec![
                ("transaction", Arc::new(Int64Array::from_iter_values(edges().map(|edge| edge.transaction.0 as i64)))),
                ("txid", Arc::new(self.txids(edges().map(|edge| edge.transaction))?)),
                ("height", height),
                ("time", time),
                ("rule", Arc::new(StringArray::from_iter_values(edges().map(|edge| self.rule_name(&edge))))),
                ("left", Arc::new(self.address_texts(edges().map(|edge| edge.left))?)),
                ("right", Arc::new(self.address_texts(edges().map(|edge| edge.right))?)),
                ("left_size", sizes(|sizes| sizes.0)),
                ("right_size", sizes(|sizes| sizes.1)),
                ("left_cannot_link", Arc::new(self.address_texts(rows.iter().map(|refused| refused.conflict.0))?)),
                ("right_cannot_link", Arc::new(self.address_texts(rows.iter().map(|refused| refused.conflict.1))?)),
            ])
        })
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
        batches(&merges, |rows| {
            let edges = || rows.iter().map(|(edge, _)| *edge);
            let (height, time) = self.heights_and_times(edges().map(|edge| edge.transaction))?;
            Ok(vec![
                ("transaction", Arc::new(Int64Array::from_iter_values(edges().map(|edge| edge.transaction.0 as i64)))),
                ("txid", Arc::new(self.txids(edges().map(|edge| edge.transaction))?)),
                ("height", height),
                ("time", time),
                ("rule", Arc::new(StringArray::from_iter_values(edges().map(|edge| self.rule_name(&edge))))),
                ("left", Arc::new(self.address_texts(edges().map(|edge| edge.left))?)),
                ("right", Arc::new(self.address_texts(edges().map(|edge| edge.right))?)),
                ("left_size", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, sizes)| sizes.0 as i64)))),
                ("right_size", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, sizes)| sizes.1 as i64)))),
            ])
        })
    }
}

/// A finished table of what `columns` makes of some rows.
pub(super) fn batches<T>(rows: &[T], columns: impl Fn(&[T]) -> Result<Vec<(&'static str, ArrayRef)>>) -> Result<Table> {
    let batch = |rows: &[T]| -> Result<RecordBatch> {
        let columns = columns(rows)?.into_iter().map(|(name, column)| (name, column, false));
        Ok(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length and no nulls"))
    };
    let schema = batch(&[])?.schema();
    Ok(Table::from_batches(schema, rows.chunks(BATCH).map(batch).collect::<Result<_>>()?))
}

fn kinds(rows: &[(AddrNum, Totals)]) -> ArrayRef {
    let text = |totals: &Totals| totals.kinds().map(Kind::name).collect::<Vec<_>>().join(", ");
    Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, totals)| text(totals))))
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
