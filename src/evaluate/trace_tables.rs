//! The tables of an evaluation of a trace.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::chain::cells::Cells;
use crate::error::Result;
use crate::evaluate::arrivals::Arrived;
use crate::evaluate::matching::Matched;
use crate::evaluate::traces::{FoundMoney, TraceEvaluation};
use crate::evaluate::truth::Owners;
use crate::table::Table;
use crate::table::columns::{self, TableColumn, always, nullable, ready};

impl TraceEvaluation {
    fn owners_of(&self) -> &Owners {
        self.known.owners().expect("a trace is only evaluated where owners are known")
    }

    /// One row an owner, those to whom most came first: owner, category (null for whom nobody knows), entity (the number of a simulated
    /// chain's truth), is_source (whether the trace began with his money: what is his is what he kept), true, found, right, missed,
    /// blamed (satoshi), precision, recall (null where there is nothing).
    pub fn owners_table(&self) -> Table {
        let mut rows: Vec<(u32, &FoundMoney)> = self.owners.iter().map(|(owner, found)| (*owner, found)).collect();
        rows.sort_by_key(|(owner, found)| (Reverse(found.truth), Reverse(found.found), *owner));
        let owners: Vec<u32> = rows.iter().map(|(owner, _)| *owner).collect();
        let is_source = owners.iter().map(|owner| self.arrivals.payers.contains(owner));
        let mut columns = self.who(&owners);
        columns.push(columns::flag("is_source", is_source));
        columns.extend(sums(&rows.iter().map(|(_, found)| **found).collect::<Vec<FoundMoney>>()));
        ready(columns)
    }

    /// The same by the category of owners, without those of the source.
    pub fn categories_table(&self) -> Table {
        let mut found: BTreeMap<Option<&str>, FoundMoney> = BTreeMap::new();
        for (owner, sums) in self.owners.iter().filter(|(owner, _)| !self.arrivals.payers.contains(owner)) {
            found.entry(self.owners_of().categories.get(*owner as usize).map(String::as_str)).or_default().add(sums);
        }
        let mut rows: Vec<(Option<&str>, FoundMoney)> = found.into_iter().collect();
        rows.sort_by_key(|(category, found)| (Reverse(found.truth), Reverse(found.found), *category));
        let mut columns = vec![nullable::text("category", rows.iter().map(|(category, _)| *category))];
        columns.extend(sums(&rows.iter().map(|(_, found)| *found).collect::<Vec<FoundMoney>>()));
        ready(columns)
    }

    /// One row for what one transaction brought to one owner, or brought him by the trace, in chain order: transaction, txid, height, time,
    /// owner, category, entity, true, brought (by the trace, whether it ends there or goes on), found (what ends there), right (what of the
    /// truth is found, here or where the owner has moved it), missed.
    pub fn arrivals_table(&self) -> Result<Table> {
        let keys: Vec<Arrived> = self.rows.keys().copied().collect();
        let satoshi = |name, of: fn(&Matched) -> u64| columns::amount(name, self.rows.values().map(of));
        let cells = Cells { chain: self.trace.chain(), rows: &keys };
        let tx = |key: &Arrived| Some(key.0);
        let mut columns = vec![
            cells.amount("transaction", |key| key.0.0 as i64)?,
            always(cells.txid("txid", tx)?),
            always(cells.height("height", tx)?),
            always(cells.time("time", tx)?),
        ];
        columns.extend(self.who(&keys.iter().map(|(_, owner)| *owner).collect::<Vec<u32>>()));
        columns.extend([
            satoshi("true", |row| row.truth),
            satoshi("brought", |row| row.brought),
            satoshi("found", |row| row.found),
            satoshi("right", |row| row.right),
            satoshi("missed", |row| row.truth - row.right),
        ]);
        Ok(ready(columns))
    }

    fn who(&self, places: &[u32]) -> Vec<TableColumn> {
        let owners = self.owners_of();
        let text = |name, texts: &[String]| {
            nullable::text(name, places.iter().map(|place| texts.get(*place as usize)).collect::<Vec<_>>())
        };
        let entities = places.iter().map(|place| owners.entities.get(*place as usize).copied());
        vec![text("owner", &owners.names), text("category", &owners.categories), nullable::int32("entity", entities)]
    }
}

fn sums(rows: &[FoundMoney]) -> Vec<TableColumn> {
    let satoshi = |name, of: fn(&FoundMoney) -> u64| columns::amount(name, rows.iter().map(of));
    let share = |name, of: fn(&FoundMoney) -> Option<f64>| nullable::float64(name, rows.iter().map(of));
    vec![
        satoshi("true", |found| found.truth),
        satoshi("found", |found| found.found),
        satoshi("right", |found| found.right),
        satoshi("missed", FoundMoney::missed),
        satoshi("blamed", FoundMoney::blamed),
        share("precision", FoundMoney::precision),
        share("recall", FoundMoney::recall),
    ]
}
