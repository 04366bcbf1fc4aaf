//! The format does not change by accident: a store of version 1 as it was first written is read, and the document agrees with the
//! code. A change on purpose gets a new version, a new sample beside the old one, and a new document.

use std::path::{Path, PathBuf};

use satrail::blocks::fingerprint::{INPUT_KINDS, OUTPUT_KINDS};
use satrail::chain::{Chain, End, txid_named};
use satrail::ids::{AddrNum, OutNum, TxNum, hash_text, hex};
use satrail::ingest::{IngestOptions, Until, ingest};
use satrail::script::{InnerKind, Kind};
use satrail::store::columns::{Count, Counts, Role, SPECS};
use satrail::store::manifest::VERSION;
use satrail::verify::verify;

use crate::common::{DemoStore, demo_chain};

const HEIGHT: u32 = 190;
const DIGEST: &str = "98d3f668df085c8fbaa1f9a7debac3162a25cf6b3f8813e491da5d2e2cdfbd96";

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/store-v1")
}

fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md")).unwrap()
}

/// The cells of the document's table rows that begin with a word in backquotes.
fn rows_of_columns(document: &str) -> Vec<Vec<&str>> {
    let rows = document.lines().filter(|line| line.starts_with("| `") && line.contains("` | ") && line.split('|').count() == 6);
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn a_store_of_version_1_has_the_counts_that_it_was_written_with() {
    let chain = Chain::open(&sample()).unwrap();
    let expected = Counts {
        blocks: 191,
        transactions: 558,
        inputs: 886,
        outputs: 1572,
        addresses: 1356,
        payload_bytes: 32560,
        reveals: 666,
        keys: 525,
    };
    assert_eq!(*chain.counts(), expected);
    assert_eq!(chain.network().name(), "regtest");
    assert_eq!(chain.store().sources(), [PathBuf::from("/tmp/satrail-sample/blocks")]);
}

#[test]
fn a_store_of_version_1_has_its_digest() {
    assert_eq!(hex(&Chain::open(&sample()).unwrap().digest().unwrap()), DIGEST);
}

#[test]
fn a_store_written_today_has_the_digest_of_version_1() {
    let store = DemoStore::new(None);
    let chain = Chain::open(&store.path).unwrap().at_height(HEIGHT as i64).unwrap();
    assert_eq!(hex(&chain.digest().unwrap()), DIGEST);
}

#[test]
fn a_store_of_version_1_is_sound_and_agrees_with_the_blocks() {
    let report = verify(&sample(), Some(&demo_chain()), true, &mut |_| true).unwrap();
    assert!(report.is_sound(), "{report}");
}

/// What the node that made the chain says about it.
#[test]
fn a_store_of_version_1_tells_the_nodes_facts() {
    let chain = Chain::open(&sample()).unwrap();
    let tip = chain.tip();
    assert_eq!(hash_text(&tip.hash().unwrap()), "206fe6bdf19f39fb1bdb212c93a86374f87ecb751dcf6123097edc4b04f02868");
    assert_eq!((tip.median_time().unwrap(), tip.chain_work().unwrap()[30..] == [0x01, 0x7e]), (1_704_176_955, true));
    let txid = txid_named("5935c1df6551ab63082cfef92a4c10285d9dc99901a867e6265d6db5550ad282").unwrap();
    let last = chain.transaction(&txid).unwrap();
    assert_eq!((last.height().unwrap(), last.fee().unwrap(), last.vsize().unwrap()), (tip.height(), Some(1480), 739));
    assert_eq!(chain.output_at(OutNum(0)).unwrap().end().unwrap(), End::Lost(TxNum(0)));
}

#[test]
fn a_store_of_version_1_finds_addresses_and_what_they_revealed() {
    let chain = Chain::open(&sample()).unwrap();
    let taproot = chain.address("bcrt1p7j0sfquzql8tgx0jsuhp4mrsuafjn0yhn76fh6cq3lplt2ndutxq5lw25v").unwrap();
    let flows = taproot.totals().unwrap();
    assert_eq!((flows.received, flows.sent, flows.outputs, flows.spent_outputs), (6_855_392, 6_855_392, 4, 4));
    assert_eq!(taproot.revealed().unwrap().unwrap().inner, InnerKind::KeyPath);
    let multisig = chain.address("2ND37ff7UZ8viHHZi1D58CCVPt9uyTRFYec").unwrap().revealed().unwrap().unwrap();
    assert_eq!((multisig.inner, multisig.wrapped, multisig.required, multisig.total), (InnerKind::Multisig, true, 2, 3));
    assert_eq!(hex(&multisig.keys[0]), "03a565a90813306bb8c2776e3dec84e7662b1ecc10bdbceccf9f4449c583f58e52");
}

#[test]
fn the_document_lists_the_columns_as_they_are() {
    assert!(document().contains(&format!("# The store's format, version {VERSION}\n")));
    let chain = Chain::open(&sample()).unwrap();
    let columns = chain.store().columns.all();
    let expected: Vec<(String, usize, &str)> = SPECS
        .iter()
        .zip(columns)
        .map(|(spec, column)| {
            let role = match spec.role {
                Role::Content => "content",
                Role::Local => "local",
                Role::Mutable => "mutable",
            };
            (format!("`{}`", spec.name), column.width(), role)
        })
        .collect();
    let document = document();
    let listed: Vec<(String, usize, &str)> = rows_of_columns(&document)
        .into_iter()
        .map(|cells| {
            let (number, bits) = match cells[1].split_once(' ') {
                Some((bytes, "bytes")) => (bytes, 1),
                _ => (cells[1].trim_start_matches(['u', 'i']).trim_end_matches(", signed"), 8),
            };
            (cells[0].to_string(), number.parse::<usize>().unwrap() / bits, cells[2])
        })
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_document_names_the_kinds_as_they_are() {
    let document = document();
    for kind in Kind::ALL {
        assert!(document.contains(&format!("\n| {} | {} |", kind as u8, kind.name())), "{}", kind.name());
    }
    for inner in InnerKind::ALL {
        let [with, without] = [':', ' '].map(|behind| format!("\n| {} | {}{behind}", inner as u8, inner.name()));
        assert!(document.contains(&with) || document.contains(&without), "{}", inner.name());
    }
    for kinds in [INPUT_KINDS.join(", "), OUTPUT_KINDS.join(", ")] {
        assert!(document.contains(&format!("of kind {kinds} |")), "{kinds}");
    }
}

/// The words behind a line's name in the sample's manifest.
fn manifest_words(line: &str) -> Vec<String> {
    let text = std::fs::read_to_string(sample().join("manifest")).unwrap();
    let value = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ')).unwrap();
    value.split(' ').map(String::from).collect()
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

#[test]
fn scripts_are_found_by_the_hash_that_the_document_tells() {
    let chain = Chain::open(&sample()).unwrap();
    let index = std::fs::read(sample().join(&manifest_words("address_index")[1])).unwrap();
    let seed = u64::from_str_radix(&manifest_words("seed")[0], 16).unwrap();
    assert_eq!(&index[..8], b"STINDEX1");
    let slots = u64_at(&index, 8);
    for address in 0..chain.counts().addresses {
        let script = chain.script_of(AddrNum(address as u32)).unwrap();
        let (kind, payload) = satrail::script::classify(&script);
        let tag = xxhash_rust::xxh3::xxh3_64_with_seed(&script[payload], seed.wrapping_add(kind as u64)) >> 32;
        let slots = (0..slots).map(|step| u64_at(&index, 16 + 8 * ((((tag * slots) >> 32) + step) % slots) as usize));
        let mut filled = slots.take_while(|slot| *slot != 0);
        assert!(filled.any(|slot| slot == tag << 32 | (address + 1)), "address {address}");
    }
}

#[test]
fn the_sums_are_of_what_the_document_tells() {
    let sum = |bytes: &[u8]| format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes));
    let manifest = std::fs::read(sample().join("manifest")).unwrap();
    let last = manifest.len() - "checksum 0123456789abcdef\n".len();
    assert_eq!(manifest_words("checksum"), [sum(&manifest[..last])]);

    let [stated, file] = &manifest_words("checksums")[..] else { panic!("two words") };
    let sums = std::fs::read(sample().join(file)).unwrap();
    assert_eq!(*stated, sum(&sums));
    let mut expected = Vec::new();
    for spec in SPECS {
        let rows = std::fs::read(sample().join(format!("{}.0", spec.name))).unwrap();
        let chunks: Vec<&[u8]> = if spec.role == Role::Mutable { Vec::new() } else { rows.chunks(1 << 20).collect() };
        expected.extend((chunks.len() as u64).to_le_bytes());
        chunks.iter().for_each(|chunk| expected.extend(xxhash_rust::xxh3::xxh3_64(chunk).to_le_bytes()));
    }
    assert_eq!(sums, expected);

    let run = std::fs::read(sample().join(&manifest_words("run")[3])).unwrap();
    assert_eq!((&run[..8], format!("{:016x}", u64_at(&run, 24))), (&b"STPOSTS1"[..], sum(&run[32..])));
}

#[test]
fn every_table_is_counted_in_the_manifest() {
    let text = std::fs::read_to_string(sample().join("manifest")).unwrap();
    let counts = *Chain::open(&sample()).unwrap().counts();
    for (name, count) in [
        ("blocks", Count::Blocks),
        ("transactions", Count::Transactions),
        ("inputs", Count::Inputs),
        ("outputs", Count::Outputs),
        ("addresses", Count::Addresses),
        ("payload_bytes", Count::PayloadBytes),
        ("reveals", Count::Reveals),
        ("keys", Count::Keys),
    ] {
        assert!(text.contains(&format!("\n{name} {}\n", counts.of(count))), "{name}");
    }
}

#[test]
#[ignore = "writes the sample, which is done once for a version of the format"]
fn write_the_sample() {
    let blocks = Path::new("/tmp/satrail-sample/blocks");
    std::fs::create_dir_all(blocks).unwrap();
    for entry in std::fs::read_dir(demo_chain()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, blocks.join(path.file_name().unwrap())).unwrap();
    }
    let store = sample();
    assert!(!store.join("manifest").exists(), "the sample of version {VERSION} is there already");
    let options = IngestOptions { until: Some(Until::Height(HEIGHT)), ..IngestOptions::default() };
    let made = tempfile::tempdir().unwrap();
    ingest(blocks, &made.path().join("store"), &options, |_| true).unwrap();
    std::fs::create_dir_all(&store).unwrap();
    for entry in std::fs::read_dir(made.path().join("store")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !["lock", "lock.holder", "readers"].contains(&name) {
            std::fs::copy(&path, store.join(name)).unwrap();
        }
    }
    std::fs::remove_dir_all("/tmp/satrail-sample").unwrap();
}
