//! Block files as nodes write them, and as accidents leave them.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Rng;

pub const REGTEST: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];

/// A folder of block files being written.
#[derive(Clone)]
pub struct Folder {
    pub path: PathBuf,
    key: [u8; 8],
    /// Where the content of each file ends; padding may follow.
    ends: BTreeMap<u32, u64>,
}

/// How blocks lie in the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    pub key: [u8; 8],
    /// Files beside the first one.
    pub more_files: usize,
    /// Blocks in any order, in any file.
    pub disorder: bool,
    /// Zeros behind the content of each file, as a node reserves them.
    pub padding: bool,
    /// Some blocks stand in the files twice.
    pub copies: bool,
    /// Records of other networks, bytes without meaning, a record cut short.
    pub noise: bool,
}

impl Layout {
    pub fn random(rng: &mut Rng) -> Layout {
        Layout {
            key: if rng.one_in(3) { [0; 8] } else { rng.array() },
            more_files: rng.below(6),
            disorder: !rng.one_in(4),
            padding: rng.one_in(2),
            copies: rng.one_in(2),
            noise: rng.one_in(2),
        }
    }
}

/// A block's record: magic, length, block.
pub fn record(magic: [u8; 4], block: &[u8]) -> Vec<u8> {
    [&magic, &(block.len() as u32).to_le_bytes(), block].concat()
}

impl Folder {
    pub fn create(path: &Path, key: [u8; 8]) -> Folder {
        std::fs::create_dir_all(path).unwrap();
        if key != [0; 8] {
            std::fs::write(path.join("xor.dat"), key).unwrap();
        }
        Folder { path: path.to_path_buf(), key, ends: BTreeMap::new() }
    }

    pub fn file(&self, number: u32) -> PathBuf {
        self.path.join(format!("blk{number:05}.dat"))
    }

    /// Adds bytes to a file's content and says where they begin.
    pub fn append(&mut self, number: u32, plain: &[u8]) -> u64 {
        let at = self.ends.get(&number).copied().unwrap_or(0);
        self.put(number, at, plain);
        self.ends.insert(number, at + plain.len() as u64);
        at
    }

    /// Adds a block's record and says where the block begins.
    pub fn add(&mut self, number: u32, block: &[u8]) -> u64 {
        self.append(number, &record(REGTEST, block)) + 8
    }

    /// Writes plain bytes anywhere.
    pub fn put(&self, number: u32, at: u64, plain: &[u8]) {
        let masked: Vec<u8> = plain.iter().enumerate().map(|(i, byte)| byte ^ self.key[(at as usize + i) % 8]).collect();
        let mut file = self.raw(number);
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&masked).unwrap();
    }

    /// Reserves zeros behind the content.
    pub fn pad(&self, number: u32, zeros: u64) {
        let file = self.raw(number);
        let end = self.ends.get(&number).copied().unwrap_or(0);
        file.set_len(file.metadata().unwrap().len().max(end + zeros)).unwrap();
    }

    /// Lets the content go on at a later position; what is between is zeros.
    pub fn skip(&mut self, number: u32, to: u64) {
        self.raw(number).set_len(to).unwrap();
        self.ends.insert(number, to);
    }

    /// Flips a bit pattern in one byte.
    pub fn flip(&self, number: u32, at: u64, pattern: u8) {
        let (mut file, mut byte) = (self.raw(number), [0]);
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[byte[0] ^ pattern]).unwrap();
    }

    fn raw(&self, number: u32) -> std::fs::File {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.file(number)).unwrap()
    }
}

/// Writes blocks in a layout.
pub fn write(path: &Path, blocks: &[&[u8]], layout: Layout, rng: &mut Rng) -> Folder {
    let mut folder = Folder::create(path, layout.key);
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    if layout.copies {
        order.extend((0..blocks.len() / 4).map(|_| rng.below(blocks.len())));
    }
    if layout.disorder {
        rng.shuffle(&mut order);
    }
    let files = layout.more_files + 1;
    for (i, block) in order.iter().enumerate() {
        let file = if layout.disorder { rng.below(files) } else { i * files / order.len() } as u32;
        if layout.noise && rng.one_in(8) {
            noise(&mut folder, file, rng);
        }
        folder.add(file, blocks[*block]);
    }
    for file in folder.ends.keys().copied().collect::<Vec<_>>() {
        if layout.noise {
            let part = rng.bytes(200);
            folder.append(file, &record(REGTEST, &[part, vec![0; 3000]].concat())[..208]);
        }
        if layout.padding {
            folder.pad(file, 1 + rng.below(100_000) as u64);
        }
    }
    folder
}

fn noise(folder: &mut Folder, file: u32, rng: &mut Rng) {
    use bitcoin::Network::{Bitcoin, Signet, Testnet};
    let network = *rng.pick(&[Bitcoin, Testnet, Signet]);
    let block = bitcoin::consensus::serialize(&bitcoin::constants::genesis_block(network));
    match rng.below(3) {
        0 => folder.append(file, &record(network.magic().to_bytes(), &block)),
        1 => {
            let length = 1 + rng.below(300);
            folder.append(file, &rng.bytes(length))
        }
        _ => folder.append(file, &record(REGTEST, &rng.bytes(100))),
    };
}
