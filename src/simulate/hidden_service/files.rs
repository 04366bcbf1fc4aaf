//! What the case begins with: the list of addresses that the service gave to its users, and the investigator's own payments.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::ids::hash_text;
use crate::script::{Network, address_text, classify};
use crate::simulate::hidden_service::HiddenService;
use crate::simulate::truth::words::Role;
use crate::simulate::world::World;
use crate::simulate::world::keys::{Address, Lock};

/// Writes watch.csv and test_payments.csv, and into the truth all addresses that were given and never paid.
pub(in crate::simulate) fn write(hidden: &HiddenService, world: &mut World, folder: &Path) -> Result<()> {
    write_watch_list(hidden, world, &folder.join("watch.csv"))?;
    write_tests(hidden, &folder.join("test_payments.csv"))
}

fn write_watch_list(hidden: &HiddenService, world: &mut World, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).map_err(Error::io("create", path))?);
    let mut line = |text: &str| writeln!(file, "{text}").map_err(Error::io("write", path));
    line("address")?;
    let entity = world.entity_of(hidden.till);
    let mut script = Vec::new();
    for (given, paid) in hidden.paid.iter().enumerate() {
        script.clear();
        world.keys.script(Address::new(Lock::P2pkh, hidden.first_address + given as u32), &mut script);
        let text = match paid {
            true => {
                let (kind, payload) = classify(&script);
                address_text(Network::Regtest, kind, &script[payload])
            }
            false => world.truth.address(&script, entity, Role::Receive, None, false)?,
        };
        line(&text.expect("the hash of a key has an address"))?;
    }
    file.flush().map_err(Error::io("write", path))
}

fn write_tests(hidden: &HiddenService, path: &Path) -> Result<()> {
    let mut text = String::from("txid,position,amount\n");
    for ((txid, position), amount) in &hidden.tests {
        text += &format!("{},{position},{amount}\n", hash_text(txid));
    }
    std::fs::write(path, text).map_err(Error::io("write", path))
}
