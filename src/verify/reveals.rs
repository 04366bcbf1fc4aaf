//! What spends have revealed: of an address that the chain knows by then, in a form that its kind allows, with as many keys.

use crate::error::Result;
use crate::script::{InnerKind, Kind};
use crate::store::{Columns, Store};
use crate::verify::inspection::Inspection;

pub fn reveals(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let (columns, counts) = (&store.columns, store.counts());
    inspection.begin("reveals", counts.reveals);
    for height in 0..counts.blocks {
        let known = columns.blocks_addresses_end.value(height);
        for reveal in columns.blocks_reveals_end.part(height, counts.reveals)? {
            inspection.at(reveal)?;
            address_of(columns, reveal, known, inspection);
            if !has_allowed_form(columns, reveal, counts.keys)? {
                inspection.problem("reveals.inner", reveal, "does not go together with its address's kind, its terms or its keys");
            }
        }
    }
    inspection.end();
    Ok(())
}

fn address_of(columns: &Columns, reveal: u64, known: u32, inspection: &mut Inspection<'_>) {
    let address = columns.reveals_address.value(reveal);
    if address >= known {
        inspection.problem(
            "reveals.address",
            reveal,
            format_args!("is {address}, of {known} addresses that the chain knows by then"),
        );
        return;
    }
    let back = columns.addresses_reveal.get(address as u64);
    if !back.is_ok_and(|back| back as u64 == reveal) {
        inspection.problem("reveals.address", reveal, format_args!("is {address}, an address with another reveal"));
    }
}

fn has_allowed_form(columns: &Columns, reveal: u64, keys: u64) -> Result<bool> {
    let inner = columns.reveals_inner.value(reveal);
    let wrapped = inner & 0x80 != 0;
    let (required, total) = (columns.reveals_required.value(reveal), columns.reveals_total.value(reveal));
    let keys = columns.reveals_keys_end.part(reveal, keys)?;
    let forms = keys.clone().all(|key| matches!(columns.keys_key.value(key)[0], 2..=5));
    let kind = columns.addresses_kind.get(columns.reveals_address.value(reveal) as u64).ok().and_then(Kind::from_u8);
    let (Some(inner), Some(kind)) = (InnerKind::from_u8(inner & 0x7f), kind) else { return Ok(false) };
    Ok(forms && keys.end - keys.start == total as u64 && terms_fit(inner, required, total) && kinds_fit(kind, inner, wrapped))
}

fn terms_fit(inner: InnerKind, required: u8, total: u8) -> bool {
    match inner {
        InnerKind::Key | InnerKind::P2pk | InnerKind::P2pkh => (required, total) == (1, 1),
        InnerKind::Multisig => (1..=total).contains(&required) && total <= 20,
        InnerKind::Other | InnerKind::KeyPath | InnerKind::ScriptPath => (required, total) == (0, 0),
    }
}

fn kinds_fit(kind: Kind, inner: InnerKind, wrapped: bool) -> bool {
    let taproot = matches!(inner, InnerKind::KeyPath | InnerKind::ScriptPath);
    match kind {
        Kind::P2pkh | Kind::P2wpkh => inner == InnerKind::Key && !wrapped,
        Kind::P2sh => !taproot && (wrapped || inner != InnerKind::Key),
        Kind::P2wsh => !taproot && !wrapped && inner != InnerKind::Key,
        Kind::P2tr => taproot && !wrapped,
        _ => false,
    }
}
