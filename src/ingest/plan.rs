//! Which blocks the store should have: the headers in the files and in the store, the branch with the most work, and what stands
//! in the way of it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::blocks::hash::Hash;
use crate::blocks::headers::{HeaderTree, Root, Work, median_time, parent_of, time_of};
use crate::blocks::parse::{ParseOptions, parse};
use crate::blocks::scan::{FileState, Magic, Record, Scan};
use crate::blocks::{BlockFiles, Location};
use crate::error::{Error, Result};
use crate::ids::hash_text;
use crate::script::Network;
use crate::store::Columns;

/// A block to be added.
#[derive(Clone, Debug)]
pub struct PlannedBlock {
    pub hash: [u8; 32],
    pub height: u32,
    pub work: Work,
    pub median_time: u32,
    pub places: Vec<Location>,
}

/// Where to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    Height(u32),
    /// The last block whose median time past is not later, in seconds UTC.
    Time(i64),
}

/// How to get from the store's chain to the best one: keep so many blocks, then add these.
#[derive(Default, Debug)]
pub struct ChainPlan {
    pub keep: u64,
    pub add: Vec<PlannedBlock>,
}

/// The plan for the best branch of the tree as it now is; `None` when the store's chain is as good.
pub fn plan(tree: &HeaderTree, columns: &Columns, until: Option<Until>) -> Result<Option<ChainPlan>> {
    let blocks = columns.blocks_hash.rows();
    let Some(best) = tree.best() else { return Ok(None) };
    let work = best.connected.map(|(_, work)| work).unwrap_or_default();
    if blocks > 0 && !is_better(work, &best.hash, columns)? {
        return Ok(None);
    }
    let mut add = Vec::new();
    let mut keep = blocks;
    let mut times = Vec::new();
    let mut cut = false;
    for node in tree.branch(&best.hash) {
        let (height, work) = node.connected.expect("a branch is connected");
        if (height as u64) < blocks && columns.blocks_hash.get(height as u64)? == node.hash {
            continue;
        }
        if add.is_empty() {
            keep = height as u64;
            times = times_before(columns, keep)?;
        }
        times.push(time_of(&node.header));
        let median_time = median_time(&times);
        cut = match until {
            Some(Until::Height(limit)) => height > limit,
            Some(Until::Time(limit)) => median_time as i64 > limit,
            None => false,
        };
        if cut {
            break;
        }
        add.push(PlannedBlock { hash: node.hash, height, work, median_time, places: node.places.clone() });
    }
    // A limit below what the store already has shortens nothing.
    let shortens = cut && keep + (add.len() as u64) < blocks;
    Ok((!add.is_empty() && !shortens).then_some(ChainPlan { keep, add }))
}

/// More work, or as much and a smaller hash: the same choice as among the headers of the files.
fn is_better(work: Work, hash: &[u8; 32], columns: &Columns) -> Result<bool> {
    let tip = columns.blocks_hash.rows() - 1;
    let own = Work::from_be_bytes(columns.blocks_work.get(tip)?);
    let own_hash = columns.blocks_hash.get(tip)?;
    Ok(work > own || (work == own && hash.iter().rev().lt(own_hash.iter().rev())))
}

/// The times of up to ten blocks before a height.
fn times_before(columns: &Columns, height: u64) -> Result<Vec<u32>> {
    (height.saturating_sub(10)..height).map(|h| Ok(time_of(&columns.blocks_header.get(h)?))).collect()
}

/// The store's blocks among some hashes, as places for branches to grow from. Most are near the tip, so that is looked at first.
pub fn roots_in_store(columns: &Columns, mut wanted: HashSet<Hash>) -> HashMap<Hash, Root> {
    wanted.remove(&[0; 32]);
    let mut roots = HashMap::new();
    for height in (0..columns.blocks_hash.rows()).rev() {
        if wanted.is_empty() {
            break;
        }
        if let Some(hash) = wanted.take(&columns.blocks_hash.value(height)) {
            let work = Work::from_be_bytes(columns.blocks_work.value(height));
            roots.insert(hash, Root { height: height as u32, work });
        }
    }
    roots
}

/// Adds the store's blocks from a height on to the tree, before they are rolled back: they may turn out to be the best again.
pub fn remember_blocks(tree: &mut HeaderTree, columns: &Columns, from: u64, source: u16) {
    for height in (from..columns.blocks_hash.rows()).filter(|h| columns.blocks_source.value(*h) == source) {
        let at = Location {
            file: columns.blocks_file.value(height),
            offset: columns.blocks_offset.value(height),
            length: columns.blocks_size.value(height),
        };
        tree.add_at(columns.blocks_hash.value(height), columns.blocks_header.value(height), at);
    }
}

/// A block that is not in the files although others follow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    pub missing: [u8; 32],
    /// Where the next block's coinbase tells it (BIP34).
    pub height: Option<u32>,
    pub needed_by: [u8; 32],
    pub file: u32,
    pub offset: u64,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let height = self.height.map_or("an unknown height".to_string(), |h| format!("height {h}"));
        let (missing, next) = (hash_text(&self.missing), hash_text(&self.needed_by));
        write!(
            f,
            "block {missing} at {height} is missing in the files; block {next} (blk{:05}.dat, offset {}) follows it",
            self.file, self.offset
        )
    }
}

/// The gap behind which most blocks stand.
pub fn gap(tree: &HeaderTree, files: &BlockFiles) -> Option<Gap> {
    let far = *tree.behind_gaps().first()?;
    let at = *far.places.first()?;
    let height = height_in_coinbase(files, at).and_then(|h| h.checked_sub(1));
    Some(Gap { missing: parent_of(&far.header), height, needed_by: far.hash, file: at.file, offset: at.offset })
}

/// The height that a block of version 2 or later states in its coinbase (BIP34).
fn height_in_coinbase(files: &BlockFiles, at: Location) -> Option<u32> {
    let mut bytes = Vec::new();
    files.read(at, &mut bytes).ok()?;
    let block = parse(bytes, ParseOptions { verify: false, seed: 0 }).ok()?;
    let version = i32::from_le_bytes(block.header()[..4].try_into().ok()?);
    let script = block.slice(&block.inputs.first()?.script);
    match *script.first()? {
        _ if version < 2 => None,
        small @ 0x51..=0x60 => Some(small as u32 - 0x50),
        length @ 1..=4 => {
            let number = script.get(1..1 + length as usize)?;
            Some(number.iter().rev().fold(0, |n, byte| n << 8 | *byte as u32))
        }
        _ => None,
    }
}

/// The network of the records: the one that was asked for, or the one with the most records.
pub fn choose_network(scan: &Scan, wanted: Option<(Network, Magic)>, folder: &Path) -> Result<(Network, Magic)> {
    let mut counts: Vec<(Magic, usize)> = count_by_magic(&scan.records).into_iter().collect();
    counts.sort_by_key(|(magic, count)| (std::cmp::Reverse(*count), *magic));
    let Some((most, _)) = counts.first().copied() else {
        return Err(Error::NoBlocks { path: folder.to_path_buf(), files: scan.files.len() as u64 });
    };
    match wanted {
        Some((network, magic)) if counts.iter().all(|(found, _)| *found != magic) => Err(Error::WrongNetwork {
            wanted: network_text(magic, Some(network)),
            found: counts.iter().map(|(magic, _)| network_text(*magic, None)).collect::<Vec<_>>().join(" and "),
            path: folder.to_path_buf(),
            advice: "name that network, or give other files".into(),
        }),
        Some(network) => Ok(network),
        None => Ok((network_of(most), most)),
    }
}

pub fn count_by_magic(records: &[Record]) -> HashMap<Magic, usize> {
    records.iter().fold(HashMap::new(), |mut counts, record| {
        *counts.entry(record.magic).or_default() += 1;
        counts
    })
}

/// The network of a magic; one that nobody knows is a custom signet's.
pub fn network_of(magic: Magic) -> Network {
    Network::ALL.into_iter().find(|n| n.magic() == magic).unwrap_or(Network::Signet)
}

pub fn network_text(magic: Magic, network: Option<Network>) -> String {
    let network = network.unwrap_or_else(|| network_of(magic));
    if network.magic() == magic {
        network.name().to_string()
    } else {
        format!("{} with magic {}", network.name(), crate::ids::hex(&magic))
    }
}

/// What is kept of a scan so that the next one need not read the same again: how far each file was read, and the headers that are
/// not in the store's chain.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct ScanCache {
    pub source: String,
    /// The XOR key that the files were read with.
    pub key: [u8; 8],
    pub files: Vec<FileState>,
    pub headers: Vec<([u8; 80], Location)>,
}

const CACHE_MAGIC: &[u8; 8] = b"STSCAN02";

impl ScanCache {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = CACHE_MAGIC.to_vec();
        bytes.extend((self.source.len() as u64).to_le_bytes());
        bytes.extend(self.source.as_bytes());
        bytes.extend(self.key);
        bytes.extend((self.files.len() as u64).to_le_bytes());
        for file in &self.files {
            bytes.extend(file.number.to_le_bytes());
            let numbers = [file.size, file.changed, file.scanned_to, file.last, file.last_hash];
            numbers.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        }
        bytes.extend((self.headers.len() as u64).to_le_bytes());
        for (header, at) in &self.headers {
            bytes.extend(header);
            bytes.extend(at.file.to_le_bytes());
            bytes.extend(at.offset.to_le_bytes());
            bytes.extend(at.length.to_le_bytes());
        }
        bytes
    }

    /// `None` for bytes that are not a cache; it is then made again.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<ScanCache> {
        fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
            let (head, rest) = bytes.split_at_checked(n)?;
            *bytes = rest;
            Some(head)
        }
        fn u32(bytes: &mut &[u8]) -> Option<u32> {
            Some(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
        }
        fn u64(bytes: &mut &[u8]) -> Option<u64> {
            Some(u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?))
        }
        let b = &mut bytes;
        if take(b, 8)? != CACHE_MAGIC {
            return None;
        }
        let length = usize::try_from(u64(b)?).ok()?;
        let source = String::from_utf8(take(b, length)?.to_vec()).ok()?;
        let key = take(b, 8)?.try_into().ok()?;
        let mut cache = ScanCache { source, key, ..ScanCache::default() };
        for _ in 0..u64(b)? {
            let (number, size, changed, scanned_to) = (u32(b)?, u64(b)?, u64(b)?, u64(b)?);
            cache.files.push(FileState { number, size, changed, scanned_to, last: u64(b)?, last_hash: u64(b)? });
        }
        for _ in 0..u64(b)? {
            let header = take(b, 80)?.try_into().ok()?;
            cache.headers.push((header, Location { file: u32(b)?, offset: u64(b)?, length: u32(b)? }));
        }
        b.is_empty().then_some(cache)
    }
}
