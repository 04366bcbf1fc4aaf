//! The first 4,313 blocks of the main chain.

use satrail::chain::Chain;
use satrail::ids::{Height, parse_hash};
use satrail::script::Network;

use crate::build::files::record;
use crate::build::work::{bring, scratch, shared};
use crate::oracle::Oracle;

#[test]
fn the_first_blocks_of_the_main_chain_say_what_they_say() {
    let Some(file) = shared("mainnet-0-4312/blk00000.dat") else { return };
    let folder = scratch();
    let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
    std::fs::create_dir(&files).unwrap();
    std::fs::copy(&file, files.join("blk00000.dat")).unwrap();
    let report = bring(&files, &store);
    assert_eq!((report.network, report.height, report.transactions_added), (Network::Mainnet, Some(4312), 4371));
    assert_eq!((report.cut_short, report.skipped_bytes, report.stale_blocks), (0, 0, 0));
    assert_eq!((&report.gap, &report.invalid_blocks[..]), (&None, &[][..]));

    let chain = Chain::open(&store).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let mut blocks: Vec<&[u8]> = Vec::new();
    let mut rest = &bytes[..];
    while let Some((frame, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(frame[4..].try_into().unwrap()) as usize;
        assert_eq!(frame[..4], record(Network::Mainnet.magic(), &[])[..4]);
        let Some((block, after)) = after.split_at_checked(length) else { break };
        blocks.push(block);
        rest = after;
    }
    Oracle::of(&blocks, bitcoin::Network::Bitcoin).check(&chain);

    // The first payment: from the coin of block 9 to Hal Finney, with the change back.
    let txid = parse_hash("f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16").unwrap();
    let payment = chain.transaction(&txid).unwrap();
    assert_eq!((payment.height().unwrap().0, payment.position().unwrap()), (170, 1));
    let values: Vec<u64> = payment.outputs().unwrap().map(|output| output.value().unwrap()).collect();
    assert_eq!(values, [1_000_000_000, 4_000_000_000]);
    let spent = payment.inputs().unwrap().next().unwrap().spends().unwrap().unwrap();
    assert_eq!(spent.transaction().unwrap().height().unwrap().0, 9);

    // A date means the last block whose median time past is not later: no block before it is, none after it is earlier.
    let medians: Vec<u32> = (0..=4312).map(|h| chain.block(Height(h)).unwrap().median_time().unwrap()).collect();
    assert!(medians.is_sorted());
    assert!(
        (1..=4312).any(|h| chain.block(Height(h)).unwrap().time().unwrap() < chain.block(Height(h - 1)).unwrap().time().unwrap())
    );
    for text in ["2009-01-03T18:15:05Z", "2009-01-09", "2009-01-12", "2009-01-12T03:30:25Z", "2009-02-01", "2009-02-15"] {
        let time = satrail::chain::time::parse(text).unwrap();
        let expected = medians.iter().rposition(|median| *median as i64 <= time).unwrap();
        assert_eq!(chain.at_time(time).unwrap().height().row() as usize, expected, "{text}");
    }
    // The genesis block and the six days of silence after it.
    assert_eq!(chain.at_time(satrail::chain::time::parse("2009-01-08").unwrap()).unwrap().height().0, 0);
    assert!(chain.at_time(satrail::chain::time::parse("2009-01-03T18:15:04Z").unwrap()).is_err());
    // Nobody knows yet what the chain is a year later.
    assert!(chain.at_time(satrail::chain::time::parse("2010-01-01").unwrap()).is_err());
}
