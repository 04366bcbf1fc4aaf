//! Block files that are missing, damaged, half written or of something else: the exact error, or the chain up to the damage and a
//! report that names it.

use satrail::ids::Height;
use std::path::Path;
use std::time::{Duration, SystemTime};

use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, Until, network_named};
use satrail::script::Network;
use satrail::{Error, Result};
use tempfile::TempDir;

use crate::build::files::{REGTEST, record};
use crate::build::work::{Answers, Clean, assert_intact, bring, bring_with, digest, options, scratch, shared, try_bring, until};
use crate::build::{Folder, Layout, Rng, Tree, write};

/// A folder for block files and a store beside it.
struct Place {
    folder: TempDir,
    files: Folder,
}

impl Place {
    fn new(key: [u8; 8]) -> Place {
        let folder = scratch();
        Place { files: Folder::create(&folder.path().join("blocks"), key), folder }
    }

    fn with(blocks: &[&[u8]]) -> Place {
        let mut place = Place::new([0; 8]);
        blocks.iter().for_each(|block| _ = place.files.add(0, block));
        place
    }

    fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    fn try_bring(&self) -> Result<satrail::ingest::IngestReport> {
        try_bring(&self.files.path, &self.store())
    }

    fn bring(&self) -> satrail::ingest::IngestReport {
        self.try_bring().unwrap()
    }

    /// Makes the files look as if they had been written long ago, so that nothing but size and time tells a change.
    fn age(&self) {
        for entry in std::fs::read_dir(&self.files.path).unwrap() {
            let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
        }
    }
}

fn asked(name: &str) -> IngestOptions {
    IngestOptions { network: Some(network_named(name).unwrap()), ..options() }
}

fn mainnet_genesis() -> Vec<u8> {
    let block = bitcoin::consensus::serialize(&bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin));
    record(Network::Mainnet.magic(), &block)
}

#[test]
fn a_missing_folder_is_not_found() {
    let folder = scratch();
    let error = try_bring(&folder.path().join("nowhere"), &folder.path().join("store")).unwrap_err();
    assert!(matches!(&error, Error::NotFound { what: "folder of block files", .. }), "{error:?}");
    assert!(!folder.path().join("store").exists());
}

#[test]
fn a_folder_without_block_files_is_told() {
    let place = Place::new([0; 8]);
    std::fs::write(place.files.path.join("rev00000.dat"), b"no block").unwrap();
    let error = place.try_bring().unwrap_err();
    assert!(matches!(error, Error::NoBlockFiles { .. }), "{error:?}");
    assert!(!place.store().exists());
}

#[test]
fn files_without_blocks_are_told() {
    let place = Place::new([0; 8]);
    place.files.pad(0, 100_000);
    std::fs::write(place.files.file(1), b"").unwrap();
    for options in [options(), asked("regtest")] {
        let error = satrail::ingest::ingest(&place.files.path, &place.store(), &options, |_| true).unwrap_err();
        assert!(matches!(error, Error::NoBlocks { files: 2, .. }), "{error:?}");
    }
    assert!(!place.store().exists());
}

#[test]
fn files_whose_xor_key_is_missing_have_no_blocks() {
    let tree = Tree::line(4, 5, 2);
    let place = scratch();
    let files =
        write(&place.path().join("blocks"), &tree.all(), Layout { key: *b"an xor k", ..Layout::default() }, &mut Rng::new(4));
    let key = std::fs::read(files.path.join("xor.dat")).unwrap();
    let store = place.path().join("store");
    std::fs::remove_file(files.path.join("xor.dat")).unwrap();
    let error = try_bring(&files.path, &store).unwrap_err();
    assert!(matches!(error, Error::NoBlocks { files: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("xor.dat"), "{error}");
    std::fs::write(files.path.join("xor.dat"), key).unwrap();
    assert_eq!(bring(&files.path, &store).height, Some(5));
}

#[test]
fn blocks_that_came_while_the_xor_key_was_missing_are_found_when_it_is_back() {
    let tree = Tree::line(4, 8, 2);
    let mut place = Place::new(*b"an xor k");
    tree.all()[..5].iter().for_each(|block| _ = place.files.add(0, block));
    place.age();
    place.bring();
    let (key, away) = (place.files.path.join("xor.dat"), place.files.path.join("away"));
    tree.all()[5..].iter().for_each(|block| _ = place.files.add(1, block));
    place.age();
    std::fs::rename(&key, &away).unwrap();
    assert_eq!(place.bring().height, Some(4));
    std::fs::rename(&away, &key).unwrap();
    assert_eq!(place.bring().height, Some(8));
}

#[test]
fn a_key_of_another_length_is_refused() {
    let place = Place::with(&Tree::line(4, 3, 0).all());
    for length in [0, 7, 9] {
        std::fs::write(place.files.path.join("xor.dat"), vec![1; length]).unwrap();
        let error = place.try_bring().unwrap_err();
        assert!(matches!(error, Error::XorKeyLength { found, .. } if found == length as u64), "{error:?}");
    }
}

#[test]
fn files_of_another_network_than_asked_for_are_refused() {
    let place = Place::with(&Tree::line(4, 3, 0).all());
    let error = satrail::ingest::ingest(&place.files.path, &place.store(), &asked("mainnet"), |_| true).unwrap_err();
    let Error::WrongNetwork { wanted, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!((&wanted[..], &found[..]), ("mainnet", "regtest"));
    assert!(!place.store().exists());
}

#[test]
fn a_store_takes_only_blocks_of_its_network() {
    let place = Place::with(&Tree::line(4, 3, 0).all());
    place.bring();
    let before = digest(&place.store());
    let error = satrail::ingest::ingest(&place.files.path, &place.store(), &asked("signet"), |_| true).unwrap_err();
    assert!(matches!(&error, Error::WrongNetwork { wanted, found, .. } if wanted == "regtest" && found == "signet"), "{error:?}");
    let mut other = Place::new([0; 8]);
    other.files.append(0, &mainnet_genesis());
    let error = try_bring(&other.files.path, &place.store()).unwrap_err();
    assert!(matches!(&error, Error::WrongNetwork { wanted, found, .. } if wanted == "regtest" && found == "mainnet"), "{error:?}");
    assert_eq!(digest(&place.store()), before);
    assert!(!place.store().join("writing").exists(), "nothing is left to be put right");
}

#[test]
fn records_of_other_networks_are_counted_and_passed_over() {
    let (tree, mut place) = (Tree::line(4, 3, 0), Place::new([0; 8]));
    for block in tree.all() {
        place.files.add(0, block);
        place.files.append(0, &mainnet_genesis());
    }
    place.files.add(0, &tree.nodes[1].bytes);
    let report = place.bring();
    assert_eq!(report.network, Network::Regtest);
    assert_eq!(report.height, Some(3));
    assert_eq!(report.other_networks, [("mainnet".to_string(), 4)]);
    // The one with fewer records is taken when it is asked for.
    let store = place.folder.path().join("mainnet");
    let report = bring_with(&place.files.path, &store, &asked("mainnet"));
    assert_eq!((report.network, report.height), (Network::Mainnet, Some(0)));
    assert_eq!(report.other_networks, [("regtest".to_string(), 5)]);
    // What is new in a known file may be all of another network.
    place.files.append(0, &mainnet_genesis());
    assert_eq!(place.bring().height, Some(3));
}

#[test]
fn one_file_with_real_blocks_of_many_networks_is_sorted_by_network() {
    let Some(file) = shared("mainnet-blocks/hcl-multinet.blk") else { return };
    let place = Place::new([0; 8]);
    std::fs::copy(file, place.files.file(0)).unwrap();
    let report = place.bring();
    // The genesis block of testnet, one block of mainnet, and a far later one of testnet.
    assert_eq!((report.network, report.height), (Network::Testnet3, Some(0)));
    assert_eq!(report.other_networks, [("mainnet".to_string(), 1)]);
    assert_eq!((report.skipped_bytes, report.cut_short), (0, 0));
    let gap = report.gap.unwrap();
    assert_eq!((gap.file, gap.offset, gap.height), (0, 191_491 + 8, Some(685_414)));
    let error = satrail::ingest::ingest(&place.files.path, &place.folder.path().join("main"), &asked("mainnet"), |_| true);
    assert!(matches!(error, Err(Error::NoGenesis { .. })), "{error:?}");
}

#[test]
fn files_that_do_not_reach_back_to_a_genesis_block_are_refused() {
    let tree = Tree::line(4, 6, 2);
    let place = Place::with(&tree.all()[2..]);
    let error = place.try_bring().unwrap_err();
    assert!(matches!(error, Error::NoGenesis { .. }), "{error:?}");
    assert!(!place.store().exists());
}

#[test]
fn a_flipped_byte_ends_the_chain_where_it_stands_and_is_named() {
    let (mut rng, tree) = (Rng::new(6), Tree::line(6, 20, 4));
    let (clean, tip) = (Clean::best(&tree), tree.nodes.len() - 1);
    for round in 0..120 {
        let mut place = Place::new(if round % 2 == 0 { [0; 8] } else { rng.array() });
        let starts: Vec<u64> = tree.all().iter().map(|block| place.files.add(0, block)).collect();
        // Half of the time the frame or the header, which are few bytes of many.
        let damaged = 1 + rng.below(tip - 1);
        let inside = if rng.one_in(2) { rng.below(88) } else { rng.below(8 + tree.nodes[damaged].bytes.len()) };
        place.files.flip(0, starts[damaged] - 8 + inside as u64, 1 << rng.below(8));
        let report = place.bring();
        let told = format!("byte {inside} of block {damaged}: {report:?}");
        let height = report.height.unwrap() as usize;
        // At regtest's difficulty a changed header is every other time one that could have been mined.
        let header = (8..88).contains(&inside);
        assert!(height == damaged - 1 || (header && height == damaged), "{told}");
        let named = report.invalid_blocks.iter().any(|bad| bad.hash == tree.hash_bytes(damaged) && bad.height as usize == damaged);
        let gap = report.gap.as_ref().is_some_and(|gap| gap.missing == tree.hash_bytes(damaged));
        let reborn = header && report.invalid_blocks.iter().any(|bad| bad.height as usize == damaged);
        assert!(named || gap || (reborn && report.gap.is_some()), "{told}");
        let chain = Chain::open(&place.store()).unwrap().at_height(damaged as i64 - 1).unwrap();
        assert!(Answers::of(&chain) == Answers::of(&clean.chain.at_height(damaged as i64 - 1).unwrap()), "{told}");
    }
}

#[test]
fn no_damage_makes_an_ingest_panic_even_if_nothing_is_verified() {
    let (mut rng, tree) = (Rng::new(19), Tree::line(19, 12, 5));
    for _ in 0..150 {
        let mut place = Place::new([0; 8]);
        let starts: Vec<u64> = tree.all().iter().map(|block| place.files.add(0, block)).collect();
        for _ in 0..1 + rng.below(3) {
            let damaged = rng.below(tree.nodes.len());
            // Behind the header, where counts, lengths, kinds and amounts stand.
            let inside = 80 + rng.below(tree.nodes[damaged].bytes.len() - 80).min(rng.below(400));
            place.files.flip(0, starts[damaged] + inside as u64, if rng.one_in(2) { 0xff } else { 1 << rng.below(8) });
        }
        let report = bring_with(&place.files.path, &place.store(), &IngestOptions { verify: false, ..options() });
        if report.height.is_some() {
            Answers::of(&Chain::open(&place.store()).unwrap());
            assert_intact(&place.store());
        }
    }
}

#[test]
fn an_intact_copy_is_taken_instead_of_a_damaged_one() {
    let (mut rng, tree) = (Rng::new(7), Tree::line(7, 16, 4));
    let clean = Clean::best(&tree);
    for _ in 0..30 {
        let mut place = Place::new(rng.array());
        let starts: Vec<u64> = tree.all().iter().map(|block| place.files.add(0, block)).collect();
        let mut second: Vec<_> = tree.all();
        rng.shuffle(&mut second);
        second.iter().for_each(|block| _ = place.files.add(1, block));
        // Not the last block: with another header it could be a better tip.
        for _ in 0..5 {
            let damaged = rng.below(tree.nodes.len() - 1);
            place.files.flip(0, starts[damaged] - 8 + rng.below(8 + tree.nodes[damaged].bytes.len()) as u64, 1 << rng.below(8));
        }
        let report = place.bring();
        assert_eq!((report.height, &report.invalid_blocks[..]), (Some(16), &[][..]));
        assert_eq!(digest(&place.store()), clean.chain.digest().unwrap());
    }
}

#[test]
fn a_missing_file_is_a_gap_that_says_which_block_is_needed() {
    let tree = Tree::line(8, 30, 3);
    let modern = |node: &usize| tree.nodes[*node].block.header.version.to_consensus() > 1;
    // Only a block that states its height can tell that of its parent.
    let far = (12..20).find(modern).expect("two of three blocks state their height");
    let mut place = Place::new([7; 8]);
    for (height, block) in tree.all().into_iter().enumerate() {
        let file = if height < 9 { 0 } else { 1 + (height >= far) as u32 };
        place.files.add(file, block);
    }
    let away = place.folder.path().join("away");
    std::fs::rename(place.files.file(1), &away).unwrap();
    let report = place.bring();
    assert_eq!(report.height, Some(8));
    let gap = report.gap.expect("blocks 9 and on are missing");
    assert_eq!((gap.missing, gap.needed_by), (tree.hash_bytes(far - 1), tree.hash_bytes(far)));
    assert_eq!((gap.height, gap.file, gap.offset), (Some(far as u32 - 1), 2, 8));
    assert!(gap.to_string().contains(&tree.hash(far - 1).to_string()), "{gap}");
    // The gap is told again when nothing changed, and closed when the file is back.
    assert_eq!(place.bring().gap, Some(gap));
    std::fs::rename(&away, place.files.file(1)).unwrap();
    let report = place.bring();
    assert_eq!((report.height, report.gap), (Some(30), None));
    assert_eq!(digest(&place.store()), Clean::best(&tree).chain.digest().unwrap());
}

#[test]
fn a_record_that_is_cut_short_is_taken_when_it_is_whole() {
    let tree = Tree::line(9, 12, 4);
    for (cut, padding) in [(4, 0), (8, 0), (50, 0), (300, 0), (50, 20_000), (300, 20_000)] {
        let mut place = Place::with(&tree.all()[..12]);
        let last = record(REGTEST, &tree.nodes[12].bytes);
        let at = place.files.append(0, &last[..cut]);
        place.files.pad(0, padding);
        place.age();
        let report = place.bring();
        assert_eq!(report.height, Some(11), "{cut} bytes");
        assert_eq!(report.cut_short, (padding == 0 && cut >= 8) as u64);
        place.files.put(0, at, &last);
        let report = place.bring();
        assert_eq!((report.height, &report.invalid_blocks[..]), (Some(12), &[][..]), "{cut} bytes");
    }
}

#[test]
fn the_files_of_a_running_node_are_followed_in_their_reserved_space() {
    let (tree, mut rng) = (Tree::line(10, 40, 4), Rng::new(10));
    let clean = Clean::best(&tree);
    let mut place = Place::new(rng.array());
    place.files.add(0, &tree.nodes[0].bytes);
    place.bring();
    for (height, node) in tree.nodes.iter().enumerate().skip(1) {
        let file = height as u32 / 15;
        place.files.pad(file, 300_000);
        let whole = record(REGTEST, &node.bytes);
        // A node writes in pieces, and an ingest may come between two of them.
        let written = rng.below(whole.len());
        let at = place.files.append(file, &whole[..written]);
        if rng.one_in(2) {
            let report = place.bring();
            assert_eq!(report.height, Some(height as u32 - 1));
        }
        place.files.append(file, &whole[written..]);
        assert_eq!(place.files.append(file, &[]), at + whole.len() as u64);
        if rng.one_in(2) {
            assert_eq!(place.bring().height, Some(height as u32));
        }
    }
    place.bring();
    assert_eq!(digest(&place.store()), clean.chain.digest().unwrap());
}

#[test]
fn a_damaged_file_that_is_copied_again_is_read_again() {
    let tree = Tree::line(11, 20, 4);
    let mut place = Place::new([0; 8]);
    let starts: Vec<u64> = tree.all().iter().map(|block| place.files.add(0, block)).collect();
    // Without its magic the block is lost, and all that follow it stand behind a gap.
    place.files.flip(0, starts[9] - 8, 1);
    place.age();
    assert_eq!(place.bring().height, Some(8));
    place.files.flip(0, starts[9] - 8, 1);
    let report = place.bring();
    assert_eq!((report.height, report.gap), (Some(20), None));
}

#[test]
fn a_hole_in_a_file_that_is_filled_later_is_read_then() {
    let tree = Tree::line(12, 20, 4);
    let mut place = Place::new([0; 8]);
    let starts: Vec<u64> = tree.all().iter().map(|block| place.files.add(0, block)).collect();
    let content = std::fs::read(place.files.file(0)).unwrap();
    let hole = starts[5] as usize - 8..starts[11] as usize - 8;
    place.files.put(0, hole.start as u64, &vec![0; hole.len()]);
    place.age();
    assert_eq!(place.bring().height, Some(4));
    std::fs::write(place.files.file(0), content).unwrap();
    assert_eq!(place.bring().height, Some(20));
}

#[test]
fn files_that_others_took_the_place_of_are_read_from_their_beginning() {
    let mut rng = Rng::new(13);
    let place = Place::with(&Tree::line(13, 15, 4).all());
    place.age();
    place.bring();
    // Another node's files: larger ones of another chain, from the same genesis block on; then the same with another key.
    let tree = Tree::line(14, 40, 4);
    for key in [[0; 8], rng.array()] {
        std::fs::remove_file(place.files.file(0)).unwrap();
        let files = write(&place.files.path, &tree.all(), Layout { more_files: 1, key, ..Layout::default() }, &mut rng);
        (0..2).for_each(|file| files.pad(file, 900_000));
        let report = place.bring();
        assert_eq!((report.height, report.tip, report.gap), (Some(40), Some(tree.hash_bytes(40)), None));
        assert_eq!(report.invalid_blocks, []);
    }
    assert_eq!(digest(&place.store()), Clean::best(&tree).chain.digest().unwrap());
}

#[test]
fn a_record_behind_padding_is_found_whatever_its_first_byte_is_xored_to() {
    let tree = Tree::line(15, 6, 2);
    for zeros in 0..20 {
        // With this key the first bytes of some records are zeros in the file, as the padding is.
        let mut place = Place::new([REGTEST[0], REGTEST[1], REGTEST[0], 9, REGTEST[0], REGTEST[1], REGTEST[2], 9]);
        for block in tree.all() {
            place.files.add(0, block);
            let end = place.files.append(0, &[]);
            place.files.skip(0, end + 8 + zeros);
        }
        assert_eq!(place.bring().height, Some(6), "{zeros} zeros");
    }
}

#[test]
fn a_second_folder_adds_what_the_first_one_has_not() {
    let tree = Tree::line(16, 20, 4);
    let (first, second) = (Place::with(&tree.all()[..12]), Place::with(&tree.all()[8..]));
    first.bring();
    let report = try_bring(&second.files.path, &first.store()).unwrap();
    assert_eq!((report.height, report.blocks_added, report.gap), (Some(20), 9, None));
    let chain = Chain::open(&first.store()).unwrap();
    assert_eq!(chain.digest().unwrap(), Clean::best(&tree).chain.digest().unwrap());
    for height in [0, 11, 12, 20] {
        let tx = chain.block(Height(height)).unwrap().transactions().unwrap().next().unwrap();
        assert_eq!(tx.raw().unwrap(), bitcoin::consensus::serialize(&tree.nodes[height as usize].block.txdata[0]));
    }
}

#[test]
fn limits_before_the_beginning_and_beyond_the_end_are_taken_as_they_are() {
    let tree = Tree::line(17, 10, 2);
    let place = Place::with(&tree.all());
    let report = bring_with(&place.files.path, &place.store(), &until(Until::Time(0)));
    assert_eq!((report.height, report.tip, report.blocks_added), (None, None, 0));
    assert!(matches!(Chain::open(&place.store()), Err(Error::EmptyStore)));
    let report = bring_with(&place.files.path, &place.store(), &until(Until::Height(0)));
    assert_eq!(report.height, Some(0));
    assert_eq!(bring_with(&place.files.path, &place.store(), &until(Until::Time(-5))).height, Some(0));
    assert_eq!(bring_with(&place.files.path, &place.store(), &until(Until::Height(u32::MAX))).height, Some(10));
    assert_eq!(bring_with(&place.files.path, &place.store(), &until(Until::Time(i64::MAX))).height, Some(10));
    assert_eq!(digest(&place.store()), Clean::best(&tree).chain.digest().unwrap());
}

#[test]
fn a_memory_limit_below_the_least_is_refused() {
    let place = Place::with(&Tree::line(18, 2, 0).all());
    let least = satrail::ingest::LEAST_MEMORY;
    let options = IngestOptions { memory_limit: least - 1, ..options() };
    let error = satrail::ingest::ingest(&place.files.path, &place.store(), &options, |_| true).unwrap_err();
    assert!(matches!(error, Error::MemoryLimit { limit, least: stated } if limit == least - 1 && stated == least), "{error:?}");
    let options = IngestOptions { memory_limit: least, ..options };
    assert_eq!(bring_with(&place.files.path, &place.store(), &options).height, Some(2));
}

#[test]
fn a_folder_whose_name_cannot_be_written_down_is_refused() {
    let place = Place::with(&Tree::line(18, 2, 0).all());
    let odd = place.folder.path().join("blo\ncks");
    std::fs::rename(&place.files.path, &odd).unwrap();
    assert!(matches!(try_bring(&odd, &place.store()), Err(Error::Invalid { .. })));
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let no_text = place.folder.path().join(Path::new(std::ffi::OsStr::from_bytes(b"blo\xffcks")));
        std::fs::rename(&odd, &no_text).unwrap();
        assert!(matches!(try_bring(&no_text, &place.store()), Err(Error::Invalid { .. })));
    }
    assert!(!place.store().exists());
}
