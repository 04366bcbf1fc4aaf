//! Forests that are kept beside the store, to be found again: for each settings a file of links, a file of refused unions, and a small
//! text that says what they hold. Links only grow, so new blocks append to them. What does not fit the chain, is damaged or of another
//! version is made anew: nothing here is the only copy of anything.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::chain::Chain;
use crate::cluster::build::Built;
use crate::cluster::cannot_link::Refused;
use crate::cluster::forest::{Forest, JoinEdge};
use crate::cluster::settings::Settings;
use crate::error::Result;
use crate::ids::{AddrNum, Height, TxNum, hash_text};
use crate::recipe::{canonical, digest_of};

const FOLDER: &str = "clusters";
/// The version of these files.
const VERSION: &str = "satrail clusters 2";
/// Numbers of a link: the address below, the one above, left, right, transaction, rule.
const LINK: usize = 6;
/// Numbers of a refused union: left, right, transaction, rule, the two that must stay apart, the two sizes.
const REFUSED: usize = 8;
/// The last blocks are a segment of their own, so that a reorganisation does not cost all.
const SAFE: u64 = 144;
/// Segments after which all is written anew as two.
const SEGMENTS: usize = 64;

/// Where the forest for some settings is kept.
pub(super) struct Kept {
    folder: PathBuf,
    key: String,
    head: String,
}

/// What the files hold after one saving: the first `blocks` blocks, the last of which has this hash, gave so many rows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Segment {
    blocks: u64,
    hash: String,
    links: usize,
    refused: usize,
    /// Of the links and the refused unions that the segment before does not have.
    sums: (u64, u64),
}

/// A forest from the files, and how far they hold it.
pub(super) struct Loaded {
    pub built: Built,
    /// The segments that fit the chain.
    segments: Vec<Segment>,
    /// Whether the files go further than this chain.
    pub further: bool,
}

impl Kept {
    pub fn of(chain: &Chain, settings: &Settings) -> Result<Kept> {
        let magic = crate::ids::hex(&chain.store().magic());
        let arguments = Value::Object(settings.recipe(chain)?.arguments().clone());
        Ok(Kept {
            folder: chain.store().folder().join(FOLDER),
            key: digest_of(&arguments)?[..16].to_string(),
            head: format!("{VERSION}\nnetwork {magic}\n{}", canonical(&arguments)?),
        })
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.key))
    }

    /// The kept forest as far as it fits the chain: that of its first blocks, or all of them. Where the rules look at later spends, only
    /// one of the very same chain does.
    pub fn load(&self, chain: &Chain, dynamic: bool) -> Option<Loaded> {
        let mut segments = self.segments()?;
        let fitting = segments.iter().take_while(|segment| segment.is_of(chain)).count();
        segments.truncate(fitting);
        let last = segments.last()?;
        if dynamic && last.blocks != chain.counts().blocks {
            return None;
        }
        let blocks = last.blocks.min(chain.counts().blocks);
        let sums = |sum: fn(&Segment) -> (usize, u64)| segments.iter().map(sum).collect::<Vec<_>>();
        let links = rows::<LINK>(&self.file("links"), &sums(|s| (s.links, s.sums.0)))?;
        let refused = rows::<REFUSED>(&self.file("refused"), &sums(|s| (s.refused, s.sums.1)))?;
        let built = built(chain, blocks, &links, &refused)?;
        Some(Loaded { further: last.blocks > blocks, built, segments })
    }

    /// The segments of the text, if it is whole and of these settings.
    fn segments(&self) -> Option<Vec<Segment>> {
        let text = std::fs::read_to_string(self.file("text")).ok()?;
        let (body, checksum) = text.trim_end().rsplit_once('\n')?;
        let rest = body.strip_prefix(&self.head).filter(|_| checksum == checksum_of(body))?;
        rest.split("\nsegment ").skip(1).map(Segment::parse).collect()
    }

    /// Keeps a forest of the whole chain, which goes on from what was loaded. Another process that is doing the same, or a folder that
    /// cannot be written, leaves everything as it is.
    pub fn save(&self, chain: &Chain, built: &Built, loaded: Vec<Segment>) {
        _ = self.try_save(chain, built, loaded);
    }

    fn try_save(&self, chain: &Chain, built: &Built, loaded: Vec<Segment>) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let lock = File::options().write(true).create(true).truncate(false).open(self.file("lock"))?;
        if lock.try_lock().is_err() {
            return Ok(());
        }
        let unchanged = self.segments().is_some_and(|now| now.starts_with(&loaded));
        let mut segments = if unchanged && loaded.len() < SEGMENTS { loaded } else { Vec::new() };
        for blocks in [built.blocks.saturating_sub(SAFE), built.blocks] {
            let before = segments.last().map_or((0, 0, 0), |last| (last.blocks, last.links, last.refused));
            if blocks > before.0 {
                let mut segment = Segment::of(chain, built, blocks).map_err(std::io::Error::other)?;
                let links: Vec<_> = (before.1..segment.links).map(|link| link_row(&built.forest, link as u32)).collect();
                let refused: Vec<_> = built.refused[before.2..segment.refused].iter().map(refused_row).collect();
                segment.sums.0 = write_rows(&self.file("links"), before.1, &links)?;
                segment.sums.1 = write_rows(&self.file("refused"), before.2, &refused)?;
                segments.push(segment);
            }
        }
        let text: Vec<String> = segments.iter().map(Segment::text).collect();
        let body = [self.head.clone(), text.concat()].concat();
        let new = self.file("text.new");
        std::fs::write(&new, format!("{body}\n{}\n", checksum_of(&body)))?;
        std::fs::rename(new, self.file("text"))
    }
}

fn checksum_of(body: &str) -> String {
    format!("checksum {:016x}", xxh3_64(body.as_bytes()))
}

impl Loaded {
    /// The forest, and what is to be given back when a longer one is saved.
    pub fn into_parts(self) -> (Built, Vec<Segment>) {
        (self.built, self.segments)
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Segment> {
        let words: Vec<&str> = text.split(' ').collect();
        let [blocks, hash, links, refused, sum_of_links, sum_of_refused] = words[..] else { return None };
        let sum = |text| u64::from_str_radix(text, 16).ok();
        Some(Segment {
            blocks: blocks.parse().ok().filter(|blocks| *blocks > 0)?,
            hash: hash.to_string(),
            links: links.parse().ok()?,
            refused: refused.parse().ok()?,
            sums: (sum(sum_of_links)?, sum(sum_of_refused)?),
        })
    }

    fn text(&self) -> String {
        let Segment { blocks, hash, links, refused, sums } = self;
        format!("\nsegment {blocks} {hash} {links} {refused} {:016x} {:016x}", sums.0, sums.1)
    }

    fn of(chain: &Chain, built: &Built, blocks: u64) -> crate::Result<Segment> {
        let block = chain.block(Height(blocks as u32 - 1))?;
        let end = block.transaction_numbers()?.end();
        Ok(Segment {
            blocks,
            hash: hash_text(&block.hash()?),
            links: built.forest.links().partition_point(|link| link.transaction < end),
            refused: built.refused.partition_point(|refused| refused.edge.transaction < end),
            sums: (0, 0),
        })
    }

    /// Whether the chain's store has its block at its height.
    fn is_of(&self, chain: &Chain) -> bool {
        chain.stored_hash(Height(self.blocks as u32 - 1)).is_ok_and(|hash| hash_text(&hash) == self.hash)
    }
}

/// The forest of the first `blocks` blocks from rows that may go further. None where rows cannot be right.
fn built(chain: &Chain, blocks: u64, links: &[[u32; LINK]], refused: &[[u32; REFUSED]]) -> Option<Built> {
    let end = chain.block(Height(blocks.checked_sub(1)? as u32)).ok()?.transaction_numbers().ok()?.end().0;
    let addresses = chain.counts_before(blocks).ok()?.addresses;
    let mut forest = Forest::new(addresses as usize);
    for [below, above, left, right, transaction, rule] in links.iter().take_while(|link| link[4] < end) {
        let edge = JoinEdge { transaction: TxNum(*transaction), left: AddrNum(*left), right: AddrNum(*right), rule: *rule as u8 };
        if !forest.add_known(AddrNum(*below), AddrNum(*above), edge) {
            return None;
        }
    }
    let refused = refused.iter().take_while(|refused| refused[2] < end);
    let refused = refused.map(|[left, right, transaction, rule, a, b, of_left, of_right]| Refused {
        edge: JoinEdge { transaction: TxNum(*transaction), left: AddrNum(*left), right: AddrNum(*right), rule: *rule as u8 },
        conflict: (AddrNum(*a), AddrNum(*b)),
        sizes: (*of_left, *of_right),
    });
    Some(Built { forest, refused: refused.collect(), blocks })
}

fn link_row(forest: &Forest, link: u32) -> [u32; LINK] {
    let edge = forest.links()[link as usize];
    let (below, above) = forest.ends_of(link);
    [below.0, above.0, edge.left.0, edge.right.0, edge.transaction.0, edge.rule as u32]
}

fn refused_row(refused: &Refused) -> [u32; REFUSED] {
    let Refused { edge, conflict: (a, b), sizes } = refused;
    [edge.left.0, edge.right.0, edge.transaction.0, edge.rule as u32, a.0, b.0, sizes.0, sizes.1]
}

/// The rows of a file's segments, given as how many there are up to their ends, and their checksums.
fn rows<const N: usize>(path: &Path, segments: &[(usize, u64)]) -> Option<Vec<[u32; N]>> {
    let length = segments.last()?.0.checked_mul(N * 4)?;
    let mut bytes = Vec::new();
    if length > 0 {
        File::open(path).ok()?.take(length as u64).read_to_end(&mut bytes).ok()?;
    }
    let mut start = 0;
    for (end, sum) in segments {
        let end = end.checked_mul(N * 4)?;
        if xxh3_64(bytes.get(start..end)?) != *sum {
            return None;
        }
        start = end;
    }
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("a number has four bytes"));
    let row = |bytes: &[u8]| std::array::from_fn(|i| number(&bytes[i * 4..i * 4 + 4]));
    Some(bytes.chunks_exact(N * 4).map(row).collect())
}

/// Writes rows behind the first `before` of a file, where it ends then; returns their checksum.
fn write_rows<const N: usize>(path: &Path, before: usize, rows: &[[u32; N]]) -> std::io::Result<u64> {
    let bytes: Vec<u8> = rows.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
    let start = (before * N * 4) as u64;
    let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
    file.set_len(start)?;
    file.seek(SeekFrom::Start(start))?;
    file.write_all(&bytes)?;
    Ok(xxh3_64(&bytes))
}
