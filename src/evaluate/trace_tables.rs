//! The tables of an evaluation of a trace.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, TimestampSecondArray};

use crate::error::Result;
use crate::evaluate::arrivals::Arrived;
use crate::evaluate::cluster_tables::ready;
use crate::evaluate::known::Owners;
use crate::evaluate::matching::Matched;
use crate::evaluate::traces::{Found, TraceEvaluation};
use crate::ids::{TxNum, hash_text};
use crate::table::Table;

type Column = (&'static str, ArrayRef, bool);

impl TraceEvaluation {
    fn owners_of(&self) -> &Owners {
        self.known.owners().expect("a trace is only evaluated where owners are known")
    }

    /// One row an owner, those to whom most came first: owner, category (null for whom nobody knows), entity (the number of a simulated
    /// chain's truth), is_source (whether the trace began with his money: what is his is what he kept), true, found, right, missed,
    /// blamed (satoshi), precision, recall (null where there is nothing).
    pub fn owners_table(&self) -> Table {
        let mut rows: Vec<(u32, &Found)> = self.owners.iter().map(|(owner, found)| (*owner, found)).collect();
        rows.sort_by_key(|(owner, found)| (Reverse(found.truth), Reverse(found.found), *owner));
        let owners: Vec<u32> = rows.iter().map(|(owner, _)| *owner).collect();
        let is_source = owners.iter().map(|owner| Some(self.arrivals.payers.contains(owner)));
        let mut columns = self.who(&owners);
        columns.push(("is_source", Arc::new(is_source.collect::<BooleanArray>()), false));
        columns.extend(sums(&rows.iter().map(|(_, found)| **found).collect::<Vec<Found>>()));
        ready(columns)
    }

    /// The same by the category of owners, without those of the source.
    pub fn categories_table(&self) -> Table {
        let mut found: BTreeMap<Option<&str>, Found> = BTreeMap::new();
        for (owner, sums) in self.owners.iter().filter(|(owner, _)| !self.arrivals.payers.contains(owner)) {
            found.entry(self.owners_of().categories.get(*owner as usize).map(String::as_str)).or_default().add(sums);
        }
        let mut rows: Vec<(Option<&str>, Found)> = found.into_iter().collect();
        rows.sort_by_key(|(category, found)| (Reverse(found.truth), Reverse(found.found), *category));
        let categories = StringArray::from_iter(rows.iter().map(|(category, _)| *category));
        let mut columns: Vec<Column> = vec![("category", Arc::new(categories), true)];
        columns.extend(sums(&rows.iter().map(|(_, found)| *found).collect::<Vec<Found>>()));
        ready(columns)
    }

    /// One row for what one transaction brought to one owner, or brought him by the trace, in chain order: transaction, txid, height, time,
    /// owner, category, entity, true, brought (by the trace, whether it ends there or goes on), found (what ends there), right (what of the
    /// truth is found, here or where the owner has moved it), missed.
    pub fn arrivals_table(&self) -> Result<Table> {
        let (keys, chain): (Vec<Arrived>, _) = (self.rows.keys().copied().collect(), self.trace.chain());
        let txids = keys.iter().map(|(tx, _)| Ok(hash_text(&chain.txid(*tx)?))).collect::<Result<Vec<String>>>()?;
        let heights = keys.iter().map(|(tx, _)| chain.height_of(*tx)).collect::<Result<Vec<_>>>()?;
        let times = heights.iter().map(|height| Ok(chain.time_at(*height)? as i64)).collect::<Result<Vec<i64>>>()?;
        let satoshi = |of: fn(&Matched) -> u64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(self.rows.values().map(|row| of(row) as i64)))
        };
        let mut columns: Vec<Column> = vec![
            ("transaction", Arc::new(Int64Array::from_iter_values(keys.iter().map(|(TxNum(tx), _)| *tx as i64))), false),
            ("txid", Arc::new(StringArray::from(txids)), false),
            ("height", Arc::new(Int32Array::from_iter_values(heights.iter().map(|height| height.0 as i32))), false),
            ("time", Arc::new(TimestampSecondArray::from(times).with_timezone("UTC")), false),
        ];
        columns.extend(self.who(&keys.iter().map(|(_, owner)| *owner).collect::<Vec<u32>>()));
        columns.extend([
            ("true", satoshi(|row| row.truth), false),
            ("brought", satoshi(|row| row.brought), false),
            ("found", satoshi(|row| row.found), false),
            ("right", satoshi(|row| row.right), false),
            ("missed", satoshi(|row| row.truth - row.right), false),
        ]);
        Ok(ready(columns))
    }

    fn who(&self, places: &[u32]) -> Vec<Column> {
        let owners = self.owners_of();
        let text = |texts: &[String]| -> ArrayRef {
            Arc::new(StringArray::from_iter(places.iter().map(|place| texts.get(*place as usize).map(String::as_str))))
        };
        let entities = places.iter().map(|place| owners.entities.get(*place as usize).copied());
        vec![
            ("owner", text(&owners.names), true),
            ("category", text(&owners.categories), true),
            ("entity", Arc::new(entities.collect::<Int32Array>()), true),
        ]
    }
}

fn sums(rows: &[Found]) -> Vec<Column> {
    let satoshi = |of: &dyn Fn(&Found) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|found| of(found) as i64)))
    };
    let share = |of: fn(&Found) -> Option<f64>| -> ArrayRef { Arc::new(Float64Array::from_iter(rows.iter().map(of))) };
    vec![
        ("true", satoshi(&|found| found.truth), false),
        ("found", satoshi(&|found| found.found), false),
        ("right", satoshi(&|found| found.right), false),
        ("missed", satoshi(&Found::missed), false),
        ("blamed", satoshi(&Found::blamed), false),
        ("precision", share(Found::precision), true),
        ("recall", share(Found::recall), true),
    ]
}
