//! The addresses: kinds and payloads that are those of a script, and reveals that know the way back.

use crate::error::Result;
use crate::ids::NONE_32;
use crate::script::{Kind, classify, script_of};
use crate::store::Store;
use crate::store::reader::payload_of;
use crate::verify::inspection::Inspection;
use crate::verify::spenders::is_at_rest;

pub fn addresses(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let counts = store.counts();
    inspection.begin("addresses", counts.addresses);
    let mut beyond = None;
    for address in 0..counts.addresses {
        inspection.at(address)?;
        if let Some(what) = fault_of_script(store, address as u32)? {
            inspection.problem("addresses.kind", address, what);
        }
        let reveal = store.columns.addresses_reveal.value(address);
        if (reveal as u64) < counts.reveals {
            let of = store.columns.reveals_address.value(reveal as u64);
            if of as u64 != address {
                inspection.problem("addresses.reveal", address, format_args!("is {reveal}, which is of address {of}"));
            }
        } else if reveal != NONE_32 {
            beyond = beyond.or(Some((address, reveal)));
        }
    }
    if let Some((address, reveal)) = beyond.filter(|_| is_at_rest(store)) {
        inspection.problem("addresses.reveal", address, format_args!("is {reveal}, beyond the last reveal, and nobody writes"));
    }
    inspection.end();
    Ok(())
}

/// What is wrong with an address's kind and payload, of which every script has just one pair.
fn fault_of_script(store: &Store, address: u32) -> Result<Option<String>> {
    let number = store.columns.addresses_kind.value(address as u64);
    let Some(kind) = Kind::from_u8(number) else { return Ok(Some(format!("is {number}, which is not a kind"))) };
    let payload = payload_of(&store.columns, address)?;
    let script = script_of(kind, payload);
    let (found, range) = classify(&script);
    let same = found == kind && script[range] == *payload;
    Ok((!same).then(|| format!("is {}, but its script is one of {}", kind.name(), found.name())))
}
