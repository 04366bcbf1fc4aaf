//! A simulated chain's folder with damaged tables or facts: truths and tables are read, or an error; never a panic.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::evaluate::Folder;
use satrail::ingest::{IngestOptions, ingest};
use satrail::simulate::{Plan, Scenario, simulate};
use satrail_fuzz::{Damage, Files};
use tempfile::TempDir;

struct Sound {
    folder: TempDir,
    chain: Chain,
    facts: Files,
    tables: Files,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let city = folder.path().join("city");
    simulate(&Plan { scenario: Scenario::City, seed: 1, scale: 0.004 }, &city, &mut |_| true).expect("a city can be made");
    let store = folder.path().join("store");
    let options = IngestOptions { threads: Some(1), ..IngestOptions::default() };
    ingest(&city.join("blocks"), &store, &options, |_| true).expect("its blocks are good");
    let chain = Chain::open(&store).expect("the store is good");
    let facts = Files::of(&city).only(|name| name == "scenario.json");
    Sound { facts, tables: Files::of(&city.join("truth")), chain, folder }
});

fn read(folder: &Path, chain: &Chain) -> satrail::Result<()> {
    let folder = Folder::open(folder)?;
    for name in folder.tables()? {
        if let Ok(table) = folder.table(&name) {
            table.batches().for_each(|batch| _ = batch);
        }
    }
    folder.known(chain, &mut || true).map(|_| ())
}

// Damages of the tables, and of scenario.json.
fuzz_target!(|given: (Vec<Damage>, Vec<Damage>)| {
    let Sound { folder, chain, facts, tables } = &*SOUND;
    let city = folder.path().join("city");
    tables.damaged(&given.0).write(&city.join("truth"));
    facts.damaged(&given.1).write(&city);
    _ = read(&city, chain);
});
