//! The hash indexes: every transaction is found by its id and every address by its script.

use crate::error::Result;
use crate::ids::{AddrNum, TxNum};
use crate::script::Kind;
use crate::store::Store;
use crate::store::index::Index;
use crate::store::reader::{payload_of, tag_of_txid};
use crate::verify::files::name_of;
use crate::verify::inspection::Inspection;

/// Rows that are looked up together, so that they wait for memory together.
const TOGETHER: u64 = 64;
/// More filled slots in a row than a table with a quarter of them empty ever has.
const LONGEST_ROW: u64 = 1 << 14;

pub fn transaction_index(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let (index, count, txids) = (&store.transaction_index, store.counts().transactions, &store.columns.transactions_txid);
    inspection.begin("transaction index", index.slots() + count);
    if is_searchable(index, inspection)? {
        for first in (0..count).step_by(TOGETHER as usize) {
            inspection.look_at_clock(index.slots() + first)?;
            let rows = first..(first + TOGETHER).min(count);
            rows.clone().for_each(|tx| index.prefetch(tag_of_txid(&txids.value(tx))));
            rows.for_each(|tx| transaction(store, TxNum(tx as u32), inspection));
        }
    }
    inspection.end();
    Ok(())
}

fn transaction(store: &Store, tx: TxNum, inspection: &mut Inspection<'_>) {
    let found = store.find_transaction(&store.columns.transactions_txid.value(tx.row()), store.counts().transactions);
    let later = |found: &TxNum| store.manifest.duplicates.contains(&(found.0, tx.0));
    if found.is_some_and(|found| found == tx || later(&found)) {
        return;
    }
    let place = name_of(&store.transaction_index.path());
    match found {
        None => inspection.problem(&place, None, format_args!("does not find transaction {tx}")),
        Some(other) => inspection.problem(&place, None, format_args!("finds transaction {other} by the id of {tx}")),
    }
}

pub fn address_index(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let (index, count) = (&store.address_index, store.counts().addresses);
    inspection.begin("address index", index.slots() + count);
    if is_searchable(index, inspection)? {
        let (mut numbers, mut scripts, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for first in (0..count).step_by(TOGETHER as usize) {
            inspection.look_at_clock(index.slots() + first)?;
            numbers.clear();
            scripts.clear();
            found.clear();
            for address in first as u32..(first + TOGETHER).min(count) as u32 {
                // An unknown kind is a problem of the address, and told there.
                let Some(kind) = Kind::from_u8(store.columns.addresses_kind.value(address as u64)) else { continue };
                numbers.push(AddrNum(address));
                scripts.push((kind, payload_of(&store.columns, address)?));
            }
            store.find_addresses(&scripts, count, &mut found);
            numbers.iter().zip(&found).for_each(|(address, found)| compare(store, *address, *found, inspection));
        }
    }
    inspection.end();
    Ok(())
}

fn compare(store: &Store, address: AddrNum, found: Option<AddrNum>, inspection: &mut Inspection<'_>) {
    let place = || name_of(&store.address_index.path());
    match found {
        Some(found) if found == address => {}
        Some(other) => inspection.problem(&place(), None, format_args!("finds address {other} by the script of {address}")),
        None => inspection.problem(&place(), None, format_args!("does not find address {address}")),
    }
}

/// Whether every search comes soon to an empty slot, which ends it.
fn is_searchable(index: &Index, inspection: &mut Inspection<'_>) -> Result<bool> {
    let (mut row, mut longest) = (0, 0);
    for slot in 0..index.slots() {
        inspection.at(slot)?;
        row = if index.slot(slot) == 0 { 0 } else { row + 1 };
        longest = longest.max(row);
    }
    let searchable = longest < LONGEST_ROW;
    if !searchable {
        inspection.problem(&name_of(&index.path()), None, format_args!("has {longest} filled slots in a row"));
    }
    Ok(searchable)
}
