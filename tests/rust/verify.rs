//! A sound store passes; damage anywhere in a store is told, and nothing that reads it panics or goes on for ever.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use satrail::blocks::hash::double_sha256;
use satrail::blocks::parse::{ParseOptions, parse};
use satrail::chain::tables::Of;
use satrail::chain::{Chain, End};
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::ingest::resolve::{BlockEntry, add_block};
use satrail::ingest::{IngestOptions, Until, ingest};
use satrail::store::Writer;
use satrail::verify::{Problem, VerifyReport, verify};
use satrail::{Error, Result};

use crate::common::{DemoStore, Random, blocks_in, coinbase, demo_chain, mine, transaction, write_blocks};

/// High enough that outputs of most kinds are there and spent.
const HEIGHT: u32 = 190;

fn check(store: &Path, blocks: bool) -> Result<VerifyReport> {
    verify(store, None, blocks, &mut |_| true)
}

/// A file of a store that is damaged, until the value is dropped.
struct Damage {
    path: PathBuf,
    before: Vec<u8>,
}

impl Damage {
    fn new(store: &DemoStore, file: &str, change: impl FnOnce(&mut Vec<u8>)) -> Damage {
        let path = store.path.join(file);
        let before = std::fs::read(&path).unwrap();
        let mut after = before.clone();
        change(&mut after);
        std::fs::write(&path, after).unwrap();
        Damage { path, before }
    }
}

impl Drop for Damage {
    fn drop(&mut self) {
        std::fs::write(&self.path, &self.before).unwrap();
    }
}

/// Asks a chain for everything that it has, and counts the errors.
fn walk(folder: &Path) -> Result<u64> {
    let chain = Chain::open(folder)?;
    let mut errors = 0;
    let mut note = |failed: bool| errors += failed as u64;
    note(chain.digest().is_err());
    for height in 0..chain.counts().blocks as i64 {
        note(walk_block(&chain, height).is_err());
        if height % 50 == 3 {
            note(chain.at_height(height).and_then(|chain| chain.digest()).is_err());
        }
    }
    for number in 0..chain.counts().transactions {
        note(walk_transaction(&chain, TxNum(number as u32)).is_err());
    }
    for number in 0..chain.counts().outputs {
        note(walk_output(&chain, OutNum(number)).is_err());
    }
    for number in 0..chain.counts().addresses {
        note(walk_address(&chain, AddrNum(number as u32)).is_err());
    }
    let names = (0..chain.counts().addresses).filter_map(|number| chain.address_at(AddrNum(number as u32)).ok()?.name().ok());
    note(chain.addresses(&arrow_array::StringArray::from_iter_values(names.step_by(7))).summary().is_err());
    for of in [Of::Blocks, Of::Transactions, Of::Inputs, Of::Outputs] {
        for heights in [0..u64::MAX, 100..150] {
            note(chain.table(of, heights, None).and_then(|table| table.batches().try_for_each(|batch| batch.map(drop))).is_err());
        }
    }
    Ok(errors)
}

fn walk_block(chain: &Chain, height: i64) -> Result<()> {
    let block = chain.block(chain.check_height(height)?)?;
    _ = (block.header()?, block.parent()?, block.median_time()?, block.size()?, block.weight()?, block.chain_work()?);
    chain.at_time(block.time()? as i64)?;
    chain.block_by_hash(&block.hash()?)?;
    block.transactions()?.try_for_each(|tx| tx.txid().map(drop))
}

fn walk_transaction(chain: &Chain, number: TxNum) -> Result<()> {
    let tx = chain.transaction_at(number)?;
    _ = (tx.block()?.hash()?, tx.position()?, tx.time()?, tx.version()?, tx.locktime()?, tx.size()?, tx.vsize()?, tx.fee()?);
    let print = tx.fingerprint()?;
    _ = (print.input_kinds(), print.output_kinds(), print.sequences());
    chain.transaction(&tx.txid()?)?;
    for input in tx.inputs()? {
        _ = (input.value()?, input.sequence()?, input.address()?.map(|address| address.kind()).transpose()?);
    }
    for output in tx.outputs()? {
        _ = (output.value()?, output.position()?);
    }
    if number.0.is_multiple_of(16) { tx.raw().map(drop) } else { Ok(()) }
}

fn walk_output(chain: &Chain, number: OutNum) -> Result<()> {
    let output = chain.output_at(number)?;
    _ = (output.transaction()?.txid()?, output.position()?, output.value()?, output.end()?, output.address()?.number());
    output.spent_by()?.map_or(Ok(()), |input| input.transaction().txid().map(drop))
}

fn walk_address(chain: &Chain, number: AddrNum) -> Result<()> {
    let address = chain.address_at(number)?;
    _ = (address.text()?, address.script()?, address.revealed()?, address.seen()?, address.transactions()?.len());
    address.totals()?.balance();
    address.outputs().into_iter().try_for_each(|output| output.value().map(drop))?;
    // The empty script has no text by which it could be looked up.
    let name = address.name()?;
    if name.is_empty() { Ok(()) } else { chain.address(&name).map(drop) }
}

/// What is found in a damaged store: problems or an error, and never a panic.
fn found_in(store: &DemoStore, what: &str) -> Result<VerifyReport> {
    let found = catch_unwind(AssertUnwindSafe(|| {
        let found = check(&store.path, false);
        _ = walk(&store.path);
        found
    }));
    found.unwrap_or_else(|_| panic!("{what} made it panic"))
}

fn is_told(found: &Result<VerifyReport>) -> bool {
    !found.as_ref().is_ok_and(|report| report.is_sound())
}

/// Slots of an index that hold nothing: what stands there is never taken for an answer.
fn is_spare(file: &str, bytes: &[u8], at: usize) -> bool {
    file.starts_with("index.") && at >= 16 && bytes[at / 8 * 8..][..8] == [0; 8]
}

#[test]
fn a_sound_store_has_no_problems_and_agrees_with_its_block_files() {
    let store = DemoStore::new(None);
    let report = check(&store.path, true).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!(report.height, Some(495));
    let rows = |name| report.checks.iter().find(|check| check.name == name).unwrap().rows;
    assert_eq!((rows("headers"), rows("block files")), (496, 496));
    let chain = Chain::open(&store.path).unwrap();
    assert_eq!(rows("postings"), chain.counts().outputs);
    assert_eq!(rows("transactions"), chain.counts().transactions);
    assert_eq!(walk(&store.path).unwrap(), 0);
}

#[test]
fn a_store_that_grew_in_steps_has_no_problems() {
    let store = DemoStore::new(Some(100));
    for until in [101, 150, 151, 300] {
        let options = IngestOptions { until: Some(Until::Height(until)), ..IngestOptions::default() };
        ingest(&demo_chain(), &store.path, &options, |_| true).unwrap();
        let report = check(&store.path, false).unwrap();
        assert!(report.is_sound(), "{report}");
    }
}

/// A branch of the bundled chain that lost: its blocks down to genesis, in chain order.
fn stale_chain(known: &HashMap<[u8; 32], ([u8; 32], Vec<u8>)>, store: &Path) -> Vec<Vec<u8>> {
    let chain = Chain::open(store).unwrap();
    let length = |hash: &[u8; 32]| std::iter::successors(Some(hash), |hash| known.get(*hash).map(|(parent, _)| parent)).count();
    let stale = known.keys().filter(|hash| chain.block_by_hash(hash).is_err());
    let mut next = *stale.max_by_key(|hash| length(hash)).unwrap();
    let mut blocks = Vec::new();
    while let Some((parent, block)) = known.get(&next) {
        blocks.push(block.clone());
        next = *parent;
    }
    blocks.reverse();
    blocks
}

#[test]
fn a_reorganised_store_has_no_problems_with_a_reader_and_without() {
    let best = DemoStore::new(None);
    let stale = stale_chain(&blocks_in(&demo_chain()), &best.path);
    assert!(stale.len() > 100);
    let folder = tempfile::tempdir().unwrap();
    write_blocks(folder.path(), &stale);
    for with_reader in [false, true] {
        let store = DemoStore::of(folder.path(), None);
        let reader = with_reader.then(|| Chain::open(&store.path).unwrap());
        let before = reader.as_ref().map(|reader| reader.digest().unwrap());
        let report = ingest(&demo_chain(), &store.path, &Default::default(), |_| true).unwrap();
        assert!(report.blocks_removed > 0);
        let report = check(&store.path, true).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!(store.files().contains(&"blocks.hash.1".to_string()), with_reader);
        assert_eq!(reader.as_ref().map(|reader| reader.digest().unwrap()), before);
        let digest = |path: &Path| Chain::open(path).unwrap().digest().unwrap();
        assert_eq!(digest(&store.path), digest(&best.path));
    }
}

#[test]
fn what_a_killed_writer_leaves_is_no_problem() {
    let store = DemoStore::new(Some(HEIGHT));
    let next = DemoStore::new(Some(HEIGHT + 1));
    let tip = Chain::open(&next.path).unwrap().tip().hash().unwrap();
    let (_, bytes) = blocks_in(&demo_chain()).remove(&tip).unwrap();
    let mut writer = Writer::open(&store.path).unwrap();
    let block = parse(bytes, ParseOptions { verify: true, seed: writer.manifest.seed }).unwrap();
    let facts = BlockEntry { work: Default::default(), median_time: 0, source: 0, file: 0, offset: 0 };
    assert!(add_block(&mut writer, &mut satrail::ingest::resolve::Scratch::new(u64::MAX), &block, &facts).is_ok());
    writer.columns.all_mut().into_iter().for_each(|column| column.flush().unwrap());
    drop(writer);
    assert!(store.files().contains(&"writing".to_string()));
    let report = check(&store.path, false).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!(walk(&store.path).unwrap(), 0);
    ingest(&demo_chain(), &store.path, &Default::default(), |_| true).unwrap();
    let report = check(&store.path, true).unwrap();
    assert!(report.is_sound(), "{report}");
}

#[test]
fn coins_that_were_replaced_are_lost_and_no_problem() {
    let (script, folder) = ([0x51; 3], tempfile::tempdir().unwrap());
    let id = |transaction: &[u8]| double_sha256(&[transaction]);
    let again = coinbase(b"again", &[(50, &script), (7, &[])]);
    let spend = transaction((id(&again), 1), &[], &[(7, &[])]);
    let contents = [
        vec![coinbase(b"first", &[(50, &script)])],
        vec![again.clone()],
        vec![again],
        vec![coinbase(b"last", &[(50, &script)]), spend],
    ];
    let (mut blocks, mut parent) = (Vec::new(), [0; 32]);
    for (height, transactions) in contents.iter().enumerate() {
        let block = mine(parent, 1_600_000_000 + height as u32, transactions);
        parent = double_sha256(&[&block[..80]]);
        blocks.push(block);
    }
    write_blocks(folder.path(), &blocks);
    let store = DemoStore::of(folder.path(), None);
    let report = check(&store.path, true).unwrap();
    assert!(report.is_sound(), "{report}");
    let chain = Chain::open(&store.path).unwrap();
    let ends: Vec<End> = (0..7).map(|output| chain.output_at(OutNum(output)).unwrap().end().unwrap()).collect();
    let (genesis, replaced) = (End::Lost(TxNum(0)), End::Lost(TxNum(2)));
    assert_eq!(ends, [genesis, replaced, replaced, End::Unspent, End::Spent(TxNum(4)), End::Unspent, End::Unspent]);
}

#[test]
fn a_flipped_byte_anywhere_is_told_and_nothing_panics() {
    let (store, mut random) = (DemoStore::new(Some(HEIGHT)), Random(1));
    for file in store.files() {
        let bytes = std::fs::read(store.path.join(&file)).unwrap();
        for _ in 0..6.min(bytes.len()) {
            let (at, bits) = (random.below(bytes.len()), 1 + random.below(255) as u8);
            let _damage = Damage::new(&store, &file, |bytes| bytes[at] ^= bits);
            let what = format!("byte {at} of {file}, changed by {bits:#04x}");
            let found = found_in(&store, &what);
            assert!(is_told(&found) || is_spare(&file, &bytes, at), "{what}, is not told");
        }
    }
    assert!(!is_told(&check(&store.path, true)));
}

#[test]
fn a_flipped_byte_of_a_column_contradicts_other_columns_or_the_blocks() {
    let (store, mut random) = (DemoStore::new(Some(HEIGHT)), Random(2));
    let columns = satrail::store::columns::SPECS.iter().map(|spec| format!("{}.0", spec.name));
    for file in columns {
        let length = std::fs::metadata(store.path.join(&file)).unwrap().len() as usize;
        for _ in 0..6.min(length) {
            let (at, bits) = (random.below(length), 1 + random.below(255) as u8);
            let _damage = Damage::new(&store, &file, |bytes| bytes[at] ^= bits);
            let report = check(&store.path, true);
            let by_checksum = |problem: &Problem| problem.what.contains("not as they were written");
            let told = !report.as_ref().is_ok_and(|report| report.problems.iter().all(by_checksum));
            assert!(told, "byte {at} of {file}, changed by {bits:#04x}, is told by its checksum alone");
        }
    }
}

#[test]
fn a_file_of_other_bytes_is_told_and_nothing_panics() {
    let (store, mut random) = (DemoStore::new(Some(150)), Random(3));
    for file in store.files() {
        let length = std::fs::metadata(store.path.join(&file)).unwrap().len() as usize;
        let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        for (bytes, name) in [(vec![0; length], "zeros"), (vec![0xff; length], "ones"), (noise, "noise")] {
            for kept in [0, 32] {
                let same = std::fs::read(store.path.join(&file)).unwrap()[kept.min(length)..] == bytes[kept.min(length)..];
                let _damage = Damage::new(&store, &file, |old| old[kept.min(length)..].copy_from_slice(&bytes[kept.min(length)..]));
                let what = format!("{file}, from byte {kept} on all {name},");
                assert!(same || is_told(&found_in(&store, &what)), "{what} is not told");
            }
        }
    }
}

#[test]
fn a_file_cut_short_or_missing_is_told_by_its_name_and_nothing_panics() {
    let store = DemoStore::new(Some(HEIGHT));
    for file in store.files() {
        let length = std::fs::metadata(store.path.join(&file)).unwrap().len() as usize;
        for left in [0, length / 2, length.saturating_sub(1)].into_iter().filter(|left| *left < length) {
            let _damage = Damage::new(&store, &file, |bytes| bytes.truncate(left));
            let what = format!("{file}, cut to {left} bytes,");
            assert!(is_told(&found_in(&store, &what)), "{what} is not told");
        }
        let damage = Damage::new(&store, &file, |_| ());
        std::fs::remove_file(&damage.path).unwrap();
        match found_in(&store, &format!("{file}, missing,")) {
            Ok(report) => assert!(report.problems.iter().any(|problem| problem.place == file), "{file}: {report}"),
            Err(error) => assert!(file == "manifest" && matches!(error, Error::NotAStore { .. }), "{file}: {error}"),
        }
    }
}

#[test]
fn block_files_that_are_gone_are_one_problem_until_they_are_found() {
    let (elsewhere, blocks) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for entry in std::fs::read_dir(demo_chain()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, blocks.path().join(path.file_name().unwrap())).unwrap();
    }
    let store = DemoStore::of(blocks.path(), Some(HEIGHT));
    assert!(check(&store.path, true).unwrap().is_sound());

    std::fs::rename(blocks.path().join("blk00003.dat"), elsewhere.path().join("blk00003.dat")).unwrap();
    let report = check(&store.path, true).unwrap();
    assert_eq!(report.problems_total, 1, "{report}");
    assert!(report.problems[0].what.contains("not where they were found"), "{report}");

    drop(blocks);
    let report = check(&store.path, true).unwrap();
    assert_eq!(report.problems_total, 1, "{report}");
    assert!(report.problems[0].what.contains("could not be read"), "{report}");
    assert!(verify(&store.path, Some(&demo_chain()), true, &mut |_| true).unwrap().is_sound());
    assert!(check(&store.path, false).unwrap().is_sound());
}

#[test]
fn a_changed_block_is_told_with_its_height() {
    let blocks = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(demo_chain()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, blocks.path().join(path.file_name().unwrap())).unwrap();
    }
    let store = DemoStore::of(blocks.path(), Some(HEIGHT));
    let chain = Chain::open(&store.path).unwrap();
    let columns = &chain.store().columns;
    let file = blocks.path().join(format!("blk{:05}.dat", columns.blocks_file.value(120)));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[columns.blocks_offset.value(120) as usize + 100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let report = check(&store.path, true).unwrap();
    assert_eq!(report.problems.iter().map(|problem| problem.row).collect::<Vec<_>>(), [Some(120)], "{report}");
}

#[test]
fn a_spender_that_does_not_spend_is_named() {
    let store = DemoStore::new(Some(HEIGHT));
    let chain = Chain::open(&store.path).unwrap();
    let unspent = (0..chain.counts().outputs).rev().find(|o| chain.store().columns.outputs_spender.value(*o) == u32::MAX).unwrap();
    drop(chain);
    let _damage =
        Damage::new(&store, "outputs.spender.0", |bytes| bytes[unspent as usize * 4..][..4].copy_from_slice(&[7, 0, 0, 0]));
    let report = check(&store.path, false).unwrap();
    assert_eq!(report.problems_total, 1, "{report}");
    assert_eq!((report.problems[0].place.as_str(), report.problems[0].row), ("outputs.spender", Some(unspent)));
}

#[test]
fn what_a_killed_writer_marked_beyond_the_commit_is_no_problem() {
    let store = DemoStore::new(Some(HEIGHT));
    let chain = Chain::open(&store.path).unwrap();
    let unspent = (0..chain.counts().outputs).rev().find(|o| chain.store().columns.outputs_spender.value(*o) == u32::MAX).unwrap();
    let beyond = (chain.counts().transactions as u32 + 5).to_le_bytes();
    drop(chain);
    let _damage = Damage::new(&store, "outputs.spender.0", |bytes| bytes[unspent as usize * 4..][..4].copy_from_slice(&beyond));
    assert!(!check(&store.path, false).unwrap().is_sound());
    std::fs::write(store.path.join("writing"), b"").unwrap();
    let report = check(&store.path, false).unwrap();
    assert!(report.is_sound(), "{report}");
}

#[test]
fn many_problems_are_counted_and_the_first_hundred_kept() {
    let store = DemoStore::new(Some(HEIGHT));
    let _damage = Damage::new(&store, "outputs.value.0", |bytes| bytes.fill(0xff));
    let report = check(&store.path, false).unwrap();
    assert_eq!(report.problems.len(), VerifyReport::MOST_PROBLEMS);
    assert!(report.problems_total > 100);
    assert!(report.to_string().ends_with(&format!("- and {} more\n", report.problems_total - 100)));
}

#[test]
fn a_verification_can_be_interrupted() {
    let store = DemoStore::new(None);
    let mut asked = 0;
    let result = verify(&store.path, None, true, &mut |progress| {
        asked += 1;
        assert!(progress.rows <= progress.rows_total && !progress.check.is_empty());
        false
    });
    // A fast machine may be done before it is first asked.
    assert!(matches!(result, Err(Error::Interrupted { height: 495 })) == (asked > 0));
}

#[test]
fn what_is_no_store_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(check(folder.path(), false), Err(Error::NotAStore { .. })));
    assert!(matches!(check(&folder.path().join("x"), false), Err(Error::NotFound { .. })));
}
