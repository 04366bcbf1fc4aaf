//! Choke points and cuts as tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, TimestampSecondArray};

use crate::error::Result;
use crate::ids::{Height, TxNum};
use crate::table::Table;
use crate::trace::graph::choke::ChokePoint;
use crate::trace::graph::cut::Cut;
use crate::trace::graph::movements::Movements;
use crate::trace::graph::tables::ready;

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
        let amounts =
            |amount: fn(&ChokePoint) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(points.iter().map(amount))) };
        let (first_height, first_time) = self.when(points.iter().map(|point| point.first))?;
        let (last_height, last_time) = self.when(points.iter().map(|point| point.last))?;
        let every = points.iter().map(|point| Some(point.is_on_every_way));
        Ok(ready(vec![
            ("kind", Arc::new(StringArray::from_iter_values(points.iter().map(|point| point.holder.kind()))), false),
            ("name", Arc::new(StringArray::from_iter_values(points.iter().map(|point| &point.name))), false),
            ("number", amounts(|point| point.holder.number().map_or(-1, i64::from)), false),
            ("amount", amounts(|point| point.amount as i64), false),
            ("share", Arc::new(Float64Array::from_iter_values(points.iter().map(ChokePoint::share))), false),
            ("on_every_way", Arc::new(BooleanArray::from_iter(every)), false),
            ("first_height", first_height, true),
            ("last_height", last_height, true),
            ("first_time", first_time, true),
            ("last_time", last_time, true),
        ]))
    }

    /// The movements of a cut as a table: transaction, txid, height, time, from, from_address, to, to_address, amount.
    pub fn cut_table(&self, cut: &Cut) -> Result<Table> {
        self.table(&cut.movements)
    }

    /// Heights and times of transactions.
    fn when(&self, transactions: impl Iterator<Item = Option<TxNum>>) -> Result<(ArrayRef, ArrayRef)> {
        let height = |tx: Option<TxNum>| tx.map(|tx| self.chain().height_of(tx)).transpose();
        let heights: Vec<Option<Height>> = transactions.map(height).collect::<Result<_>>()?;
        let time = |height: &Option<Height>| height.map(|height| Ok(self.chain().time_at(height)? as i64)).transpose();
        let times: Vec<Option<i64>> = heights.iter().map(time).collect::<Result<_>>()?;
        let heights = Int32Array::from_iter(heights.iter().map(|height| height.map(|height| height.0 as i32)));
        Ok((Arc::new(heights), Arc::new(TimestampSecondArray::from(times).with_timezone("UTC"))))
    }
}
