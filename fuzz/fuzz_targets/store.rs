//! A store with damaged bytes: everything that is asked of it is an answer or an error, never a panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail_fuzz::{Damage, Files, make_store};

static SOUND: LazyLock<Files> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    make_store(folder.path());
    Files::of(folder.path())
});

fuzz_target!(|damages: Vec<Damage>| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    SOUND.damaged(&damages).write(folder.path());
    _ = satrail::verify::verify(folder.path(), None, false, &mut |_| true);
    let Ok(chain) = Chain::open(folder.path()) else { return };
    let counts = *chain.counts();
    for tx in (0..counts.transactions.min(1 << 13)).step_by(7) {
        if let Ok(tx) = chain.transaction_at(TxNum(tx as u32)) {
            _ = (
                tx.txid(),
                tx.height(),
                tx.position(),
                tx.fee(),
                tx.inputs().map(|i| i.take(50).for_each(|i| _ = (i.value(), i.address().map(|_| ())))),
            );
        }
    }
    for output in (0..counts.outputs.min(1 << 13)).step_by(11) {
        if let Ok(output) = chain.output_at(OutNum(output)) {
            _ = (output.value(), output.end(), output.spent_by().map(|_| ()), output.position());
        }
    }
    for address in (0..counts.addresses.min(1 << 13)).step_by(13) {
        if let Ok(address) = chain.address_at(AddrNum(address as u32)) {
            _ = (address.name(), address.totals(), address.revealed());
        }
    }
});
