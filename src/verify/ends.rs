//! Where the rows that belong to a row end: the other checks walk along these columns, and believe them once this has looked.

use crate::error::Result;
use crate::store::column::Value;
use crate::store::{Column, Store};
use crate::verify::inspection::Inspection;

/// Whether every column of ends goes up, as far as the table that it cuts into parts.
pub fn ends(store: &Store, inspection: &mut Inspection<'_>) -> Result<bool> {
    let (columns, counts) = (&store.columns, store.counts());
    let before = inspection.problems();
    inspection.begin("order of rows", 3 * counts.blocks + 2 * counts.transactions + counts.addresses + counts.reveals);
    let mut walk = Walk { done: 0, inspection };
    walk.along(&columns.blocks_transactions_end, "blocks.transactions_end", 1, counts.transactions)?;
    walk.along(&columns.blocks_addresses_end, "blocks.addresses_end", 0, counts.addresses)?;
    walk.along(&columns.blocks_reveals_end, "blocks.reveals_end", 0, counts.reveals)?;
    walk.along(&columns.transactions_inputs_end, "transactions.inputs_end", 1, counts.inputs)?;
    walk.along(&columns.transactions_outputs_end, "transactions.outputs_end", 1, counts.outputs)?;
    walk.along(&columns.addresses_payload_end, "addresses.payload_end", 0, counts.payload_bytes)?;
    walk.along(&columns.reveals_keys_end, "reveals.keys_end", 0, counts.keys)?;
    inspection.end();
    Ok(inspection.problems() == before)
}

struct Walk<'a, 'b> {
    done: u64,
    inspection: &'a mut Inspection<'b>,
}

impl Walk<'_, '_> {
    /// Every row must have `least` rows of the other table, and all together its `of` rows.
    fn along<T: Value + Into<u64>>(&mut self, ends: &Column<T>, name: &str, least: u64, of: u64) -> Result<()> {
        let mut last = 0;
        for row in 0..ends.rows() {
            self.inspection.at(self.done)?;
            self.done += 1;
            let end = ends.value(row).into();
            if end < last + least || end > of {
                self.inspection.problem(name, row, format_args!("is {end}, behind {last} in a table of {of} rows"));
            }
            last = end;
        }
        if last != of {
            self.inspection.problem(name, None, format_args!("ends at {last} of {of} rows"));
        }
        Ok(())
    }
}
