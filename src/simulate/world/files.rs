//! Block files as a node writes them: records of magic, length and block, hidden by a key of eight bytes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::script::Network;

/// What a file grows to at most, as in a node.
const FILE_SIZE: u64 = 128 << 20;

/// Writes the blocks of a chain, in order.
pub(in crate::simulate) struct BlockFiles {
    folder: PathBuf,
    key: [u8; 8],
    file: BufWriter<File>,
    path: PathBuf,
    number: u32,
    size: u64,
    record: Vec<u8>,
    /// Bytes written to all files.
    pub bytes: u64,
}

impl BlockFiles {
    pub fn create(folder: &Path, key: [u8; 8]) -> Result<BlockFiles> {
        std::fs::create_dir(folder).map_err(Error::io("create", folder))?;
        let key_path = folder.join("xor.dat");
        std::fs::write(&key_path, key).map_err(Error::io("write", &key_path))?;
        let (file, path) = open(folder, 0)?;
        Ok(BlockFiles { folder: folder.to_path_buf(), key, file, path, number: 0, size: 0, record: Vec::new(), bytes: 0 })
    }

    /// Adds a block that is given in parts.
    pub fn add(&mut self, parts: &[&[u8]]) -> Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.record.clear();
        self.record.extend_from_slice(&Network::Regtest.magic());
        self.record.extend_from_slice(&(length as u32).to_le_bytes());
        parts.iter().for_each(|part| self.record.extend_from_slice(part));
        if self.size + self.record.len() as u64 > FILE_SIZE {
            self.close()?;
            self.number += 1;
            (self.file, self.path) = open(&self.folder, self.number)?;
            self.size = 0;
        }
        self.hide();
        self.file.write_all(&self.record).map_err(Error::io("write", &self.path))?;
        self.size += self.record.len() as u64;
        self.bytes += self.record.len() as u64;
        Ok(())
    }

    /// Puts the key over the record; its first byte belongs to the first byte of the file.
    fn hide(&mut self) {
        let mut key = self.key;
        key.rotate_left((self.size % 8) as usize);
        let (words, rest) = self.record.as_chunks_mut::<8>();
        let word = u64::from_le_bytes(key);
        words.iter_mut().for_each(|bytes| *bytes = (u64::from_le_bytes(*bytes) ^ word).to_le_bytes());
        rest.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    }

    pub fn close(&mut self) -> Result<()> {
        self.file.flush().map_err(Error::io("write", &self.path))
    }
}

fn open(folder: &Path, number: u32) -> Result<(BufWriter<File>, PathBuf)> {
    let path = folder.join(format!("blk{number:05}.dat"));
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    Ok((BufWriter::with_capacity(1 << 18, file), path))
}
