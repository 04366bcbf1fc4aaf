//! The tables of an evaluation of clusters.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::cluster::Edge;
use crate::error::Result;
use crate::evaluate::clusters::{Evaluation, Money, OwnerFound, Shown};
use crate::evaluate::pairs::share;
use crate::ids::AddrNum;
use crate::table::Table;

/// An owner's place, and what was found of him.
type Row<'a> = (usize, &'a OwnerFound);

/// A word of what a truth says of a transaction: purpose and profile.
type Word = fn((Option<&str>, Option<&str>)) -> Option<String>;

impl Evaluation {
    /// The owners of whom an address was paid, those with most addresses first.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = self.owners.iter().enumerate().filter(|(_, owner)| owner.addresses > 0).collect();
        rows.sort_by_key(|(place, owner)| (std::cmp::Reverse(owner.addresses), *place));
        rows
    }

    fn names(&self, rows: &[Row<'_>]) -> [(&'static str, ArrayRef, bool); 2] {
        let owners = self.owners_of();
        let text = |texts: &[String]| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.iter().map(|(place, _)| texts[*place].as_str())))
        };
        [("owner", text(&owners.names), false), ("category", text(&owners.categories), false)]
    }

    /// owner, category, addresses (paid ones), clusters (that they are spread over), largest_share (of them in one cluster), recall (share of
    /// their pairs that are together; null for one address), foreign (addresses of other known owners in those clusters), value (satoshi
    /// that they received).
    pub fn owners_table(&self) -> Table {
        let rows = self.rows();
        let pairs = |owner: &OwnerFound| owner.addresses as u128 * (owner.addresses - 1) as u128 / 2;
        let mut columns = self.names(&rows).to_vec();
        columns.extend([
            int64("addresses", &rows, |owner| owner.addresses),
            int64("clusters", &rows, |owner| owner.clusters),
            shares("largest_share", &rows, |owner| share(owner.main_addresses as u128, owner.addresses as u128)),
            shares("recall", &rows, |owner| share(owner.pairs, pairs(owner))),
            int64("foreign", &rows, |owner| owner.foreign),
            int64("value", &rows, |owner| owner.value),
        ]);
        ready(columns)
    }

    /// owner, category, cluster_id (of the one with most of its addresses), cluster_address (its first address), size
    /// (all addresses in it), addresses (his paid ones), found (of them in it), coverage (their share), foreign (of other known owners in
    /// it), unknown (of no known owner in it), false_share (foreign among those of known owners).
    pub fn overlap_table(&self) -> Result<Table> {
        let rows = self.rows();
        let size = |owner: &OwnerFound| self.clusters.members(AddrNum(owner.main)).len() as u64;
        let texts = rows.iter().map(|(_, owner)| self.clusters.chain().address_at(AddrNum(owner.main))?.name());
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts.collect::<Result<Vec<String>>>()?));
        let in_main = |owner: &OwnerFound| owner.main_addresses + owner.main_foreign;
        let mut columns = self.names(&rows).to_vec();
        columns.extend([
            int64("cluster_id", &rows, |owner| owner.main as u64),
            ("cluster_address", texts, false),
            int64("size", &rows, size),
            int64("addresses", &rows, |owner| owner.addresses),
            int64("found", &rows, |owner| owner.main_addresses),
            shares("coverage", &rows, |owner| share(owner.main_addresses as u128, owner.addresses as u128)),
            int64("foreign", &rows, |owner| owner.main_foreign),
            int64("unknown", &rows, |owner| size(owner) - in_main(owner)),
            shares("false_share", &rows, |owner| share(owner.main_foreign as u128, in_main(owner) as u128)),
        ]);
        Ok(ready(columns))
    }

    /// owner, category, received, sent (satoshi, transaction by transaction, net of what moved within), seen_received, seen_sent (of that to
    /// and from his addresses in the cluster), received_share, sent_share (of it that is seen), cluster_received, cluster_sent (what the
    /// cluster shows).
    pub fn transfers_table(&self, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Table> {
        let (money, shown) = self.money(threads, go_on)?;
        let rows = self.rows();
        let of = |number: fn(&Money) -> u64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(place, _)| number(&money[*place]) as i64)))
        };
        let seen = |part: fn(&Money) -> u64, of: fn(&Money) -> u64| -> ArrayRef {
            let of = rows.iter().map(|(place, _)| share(part(&money[*place]) as u128, of(&money[*place]) as u128));
            Arc::new(Float64Array::from_iter(of))
        };
        let cluster = |number: fn(&Shown) -> u64| -> ArrayRef {
            let shown = rows.iter().map(|(_, owner)| shown.get(&owner.main).map_or(0, number) as i64);
            Arc::new(Int64Array::from_iter_values(shown))
        };
        let mut columns = self.names(&rows).to_vec();
        columns.extend([
            ("received", of(|money| money.received), false),
            ("sent", of(|money| money.sent), false),
            ("seen_received", of(|money| money.seen_received), false),
            ("seen_sent", of(|money| money.seen_sent), false),
            ("received_share", seen(|money| money.seen_received, |money| money.received), true),
            ("sent_share", seen(|money| money.seen_sent, |money| money.sent), true),
            ("cluster_received", cluster(|shown| shown.received), false),
            ("cluster_sent", cluster(|shown| shown.sent), false),
        ]);
        Ok(ready(columns))
    }

    /// The joins whose evidence is about addresses of two known owners, in chain order: transaction, txid, height, time, rule, left, right
    /// (addresses), left_owner, right_owner, purpose, profile (of the transaction, where they are known).
    pub fn wrong_joins_table(&self) -> Result<Table> {
        let (owners, clusters) = (self.owners_of(), &self.clusters);
        let of = |edge: &Edge| owners.of(edge.left).zip(owners.of(edge.right));
        let wrong: Vec<Edge> =
            clusters.links().iter().filter(|edge| of(edge).is_some_and(|(left, right)| left != right)).copied().collect();
        let (height, time) = clusters.heights_and_times(wrong.iter().map(|edge| edge.transaction))?;
        let name = |side: fn(&Edge) -> AddrNum| -> ArrayRef {
            let owner = |edge: &Edge| owners.of(side(edge)).map(|owner| owners.names[owner as usize].as_str());
            Arc::new(StringArray::from_iter(wrong.iter().map(owner)))
        };
        let said = |edge: &Edge| self.known.purposes.as_ref().map(|purposes| purposes.of(edge.transaction));
        let text =
            |word: Word| -> ArrayRef { Arc::new(StringArray::from_iter(wrong.iter().map(|edge| said(edge).and_then(word)))) };
        Ok(ready(vec![
            ("transaction", Arc::new(Int64Array::from_iter_values(wrong.iter().map(|edge| edge.transaction.0 as i64))), false),
            ("txid", Arc::new(clusters.txids(wrong.iter().map(|edge| edge.transaction))?), false),
            ("height", height, false),
            ("time", time, false),
            ("rule", Arc::new(StringArray::from_iter_values(wrong.iter().map(|edge| clusters.rule_name(edge)))), false),
            ("left", Arc::new(clusters.address_texts(wrong.iter().map(|edge| edge.left))?), false),
            ("right", Arc::new(clusters.address_texts(wrong.iter().map(|edge| edge.right))?), false),
            ("left_owner", name(|edge| edge.left), false),
            ("right_owner", name(|edge| edge.right), false),
            ("purpose", text(|said| said.0.map(str::to_string)), true),
            ("profile", text(|said| said.1.map(str::to_string)), true),
        ]))
    }

    /// owner, category, role, addresses (his paid ones in it), found (of them in his main cluster), coverage (their share), value (satoshi
    /// that they received), found_value. No rows where nobody told the roles.
    pub fn roles_table(&self) -> Table {
        let mut found: BTreeMap<(usize, u16), [u64; 4]> = BTreeMap::new();
        let owners = self.owners_of();
        for (address, label) in (0..).map(AddrNum).zip(self.clusters.labels()) {
            let (Some(owner), Some(role)) = (owners.of(address), owners.roles.as_ref().and_then(|roles| roles.at(address.row())))
            else {
                continue;
            };
            let (value, here) = (self.received[address.0 as usize], *label == self.owners[owner as usize].main);
            let sums = found.entry((owner as usize, role)).or_default();
            let part = [1, u64::from(here), value, value * u64::from(here)];
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let rows: Vec<((usize, u16), [u64; 4])> = found.into_iter().collect();
        let words = owners.roles.as_ref().map_or(&[][..], |roles| &roles.words);
        let text = |text: &dyn Fn(&(usize, u16)) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.iter().map(|(row, _)| text(row))))
        };
        let sum = |i: usize| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, sums)| sums[i] as i64))) };
        let coverage = rows.iter().map(|(_, sums)| share(sums[1] as u128, sums[0] as u128));
        ready(vec![
            ("owner", text(&|row| owners.names[row.0].clone()), false),
            ("category", text(&|row| owners.categories[row.0].clone()), false),
            ("role", text(&|row| words[row.1 as usize].clone()), false),
            ("addresses", sum(0), false),
            ("found", sum(1), false),
            ("coverage", Arc::new(Float64Array::from_iter(coverage)), true),
            ("value", sum(2), false),
            ("found_value", sum(3), false),
        ])
    }
}

fn int64<'a>(name: &'a str, rows: &[Row<'_>], number: impl Fn(&OwnerFound) -> u64) -> (&'a str, ArrayRef, bool) {
    (name, Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, owner)| number(owner) as i64))), false)
}

fn shares<'a>(name: &'a str, rows: &[Row<'_>], share: impl Fn(&OwnerFound) -> Option<f64>) -> (&'a str, ArrayRef, bool) {
    (name, Arc::new(Float64Array::from_iter(rows.iter().map(|(_, owner)| share(owner)))), true)
}

/// A finished table of columns: (name, values, whether they can be null).
pub(super) fn ready(columns: Vec<(&str, ArrayRef, bool)>) -> Table {
    Table::ready(
        RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may"),
    )
}
