//! Choke points and cuts as tables.

use crate::chain::cells::Cells;
use crate::error::Result;
use crate::table::Table;
use crate::table::columns::{flag, float64, ready, text};
use crate::trace::graph::choke::ChokePoint;
use crate::trace::graph::cut::Cut;
use crate::trace::graph::movements::Movements;

impl Movements {
    /// Choke points as a table, one row each.
    ///
    /// | column | |
    /// |---|---|
    /// | `kind` | `transaction`, `address` or `wallet` |
    /// | `name` | the txid, the address, or the address that a wallet's cluster is named by |
    /// | `number` | of the transaction or address, or the cluster's name |
    /// | `amount` | satoshi that reach the ends and pass it |
    /// | `share` | `amount` of all that reaches the ends |
    /// | `on_every_way` | whether every way from the source to the ends leads through it |
    /// | `first_height`, `last_height`, `first_time`, `last_time` | of what moves that money by or into it; null where it only begins there |
    pub fn choke_points_table(&self, points: &[ChokePoint]) -> Result<Table> {
        let cells = Cells { chain: self.chain(), rows: points };
        let (first, last) = (|point: &ChokePoint| point.first, |point: &ChokePoint| point.last);
        Ok(ready([
            cells.word("kind", |point| point.holder.kind()),
            text("name", points.iter().map(|point| &point.name)),
            cells.amount("number", |point| point.holder.number().map_or(-1, i64::from))?,
            cells.amount("amount", |point| point.amount as i64)?,
            float64("share", points.iter().map(ChokePoint::share)),
            flag("on_every_way", points.iter().map(|point| point.is_on_every_way)),
            cells.height("first_height", first)?,
            cells.height("last_height", last)?,
            cells.time("first_time", first)?,
            cells.time("last_time", last)?,
        ]))
    }

    /// The movements of a cut as a table: transaction, txid, height, time, from, from_address, to, to_address, amount.
    pub fn cut_table(&self, cut: &Cut) -> Result<Table> {
        self.table(&cut.movements)
    }
}
