//! The tables of an evaluation of clusters.

use std::collections::BTreeMap;

use crate::chain::cells::table;
use crate::cluster::JoinEdge;
use crate::error::Result;
use crate::evaluate::clusters::{Evaluation, Money, OwnerFound, ShownMoney};
use crate::evaluate::pairs::share;
use crate::ids::AddrNum;
use crate::table::Table;
use crate::table::columns::{self, TableColumn, always, nullable, ready};

/// An owner's place, and what was found of him.
type Row<'a> = (usize, &'a OwnerFound);

impl Evaluation {
    /// The owners of whom an address was paid, those with most addresses first.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = self.owners.iter().enumerate().filter(|(_, owner)| owner.addresses > 0).collect();
        rows.sort_by_key(|(place, owner)| (std::cmp::Reverse(owner.addresses), *place));
        rows
    }

    fn names(&self, rows: &[Row<'_>]) -> Vec<TableColumn> {
        let owners = self.owners_of();
        let text = |name, texts: &[String]| columns::text(name, rows.iter().map(|(place, _)| texts[*place].as_str()));
        vec![text("owner", &owners.names), text("category", &owners.categories)]
    }

    /// owner, category, addresses (paid ones), clusters (that they are spread over), largest_share (of them in one cluster), recall (share of
    /// their pairs that are together; null for one address), foreign (addresses of other known owners in those clusters), value (satoshi
    /// that they received).
    pub fn owners_table(&self) -> Table {
        let rows = self.rows();
        let pairs = |owner: &OwnerFound| owner.addresses as u128 * (owner.addresses - 1) as u128 / 2;
        let mut columns = self.names(&rows);
        columns.extend([
            counts("addresses", &rows, |owner| owner.addresses),
            counts("clusters", &rows, |owner| owner.clusters),
            shares("largest_share", &rows, |owner| share(owner.main_addresses as u128, owner.addresses as u128)),
            shares("recall", &rows, |owner| share(owner.pairs, pairs(owner))),
            counts("foreign", &rows, |owner| owner.foreign),
            counts("value", &rows, |owner| owner.value),
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
        let texts = texts.collect::<Result<Vec<String>>>()?;
        let in_main = |owner: &OwnerFound| owner.main_addresses + owner.main_foreign;
        let mut columns = self.names(&rows);
        columns.extend([
            counts("cluster_id", &rows, |owner| owner.main as u64),
            columns::text("cluster_address", texts),
            counts("size", &rows, size),
            counts("addresses", &rows, |owner| owner.addresses),
            counts("found", &rows, |owner| owner.main_addresses),
            shares("coverage", &rows, |owner| share(owner.main_addresses as u128, owner.addresses as u128)),
            counts("foreign", &rows, |owner| owner.main_foreign),
            counts("unknown", &rows, |owner| size(owner) - in_main(owner)),
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
        let of = |name, number: fn(&Money) -> u64| columns::amount(name, rows.iter().map(|(place, _)| number(&money[*place])));
        let seen = |name, part: fn(&Money) -> u64, of: fn(&Money) -> u64| {
            let shares = rows.iter().map(|(place, _)| share(part(&money[*place]) as u128, of(&money[*place]) as u128));
            nullable::float64(name, shares)
        };
        let cluster = |name, number: fn(&ShownMoney) -> u64| {
            columns::amount(name, rows.iter().map(|(_, owner)| shown.get(&owner.main).map_or(0, number)))
        };
        let mut columns = self.names(&rows);
        columns.extend([
            of("received", |money| money.received),
            of("sent", |money| money.sent),
            of("seen_received", |money| money.seen_received),
            of("seen_sent", |money| money.seen_sent),
            seen("received_share", |money| money.seen_received, |money| money.received),
            seen("sent_share", |money| money.seen_sent, |money| money.sent),
            cluster("cluster_received", |shown| shown.received),
            cluster("cluster_sent", |shown| shown.sent),
        ]);
        Ok(ready(columns))
    }

    /// The joins whose evidence is about addresses of two known owners, in chain order: transaction, txid, height, time, rule, left, right
    /// (addresses), left_owner, right_owner, purpose, profile (of the transaction, where they are known).
    pub fn wrong_joins_table(&self) -> Result<Table> {
        let (owners, clusters) = (self.owners_of(), &self.clusters);
        let of = |edge: &JoinEdge| owners.of(edge.left).zip(owners.of(edge.right));
        let wrong: Vec<JoinEdge> =
            clusters.links().iter().filter(|edge| of(edge).is_some_and(|(left, right)| left != right)).copied().collect();
        let name = |side: AddrNum| Ok(owners.of(side).map(|owner| owners.names[owner as usize].as_str()));
        let said = |edge: &JoinEdge| self.known.purposes.as_ref().map(|purposes| purposes.of(edge.transaction));
        table(clusters.chain(), &wrong, |rows| {
            let mut columns = clusters.edge_columns(rows, |edge| *edge)?;
            columns.extend([
                always(rows.text("left_owner", |edge| name(edge.left))?),
                always(rows.text("right_owner", |edge| name(edge.right))?),
                rows.text("purpose", |edge| Ok(said(edge).and_then(|said| said.0.map(str::to_string))))?,
                rows.text("profile", |edge| Ok(said(edge).and_then(|said| said.1.map(str::to_string))))?,
            ]);
            Ok(columns)
        })
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
        let text = |name, text: &dyn Fn(&(usize, u16)) -> String| columns::text(name, rows.iter().map(|(row, _)| text(row)));
        let sum = |name, i: usize| columns::amount(name, rows.iter().map(|(_, sums)| sums[i]));
        ready([
            text("owner", &|row| owners.names[row.0].clone()),
            text("category", &|row| owners.categories[row.0].clone()),
            text("role", &|row| words[row.1 as usize].clone()),
            sum("addresses", 0),
            sum("found", 1),
            nullable::float64("coverage", rows.iter().map(|(_, sums)| share(sums[1] as u128, sums[0] as u128))),
            sum("value", 2),
            sum("found_value", 3),
        ])
    }
}

fn counts(name: &'static str, rows: &[Row<'_>], number: impl Fn(&OwnerFound) -> u64) -> TableColumn {
    columns::amount(name, rows.iter().map(|(_, owner)| number(owner)))
}

fn shares(name: &'static str, rows: &[Row<'_>], share: impl Fn(&OwnerFound) -> Option<f64>) -> TableColumn {
    nullable::float64(name, rows.iter().map(|(_, owner)| share(owner)))
}
