//! The blk*.dat files of a node, and their XOR key.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where a block's bytes lie: the number in the file's name, the offset of the header in it, and the block's length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Location {
    pub file: u32,
    pub offset: u64,
    pub length: u32,
}

/// A folder of block files. Core XORs all bytes that it writes with the key in xor.dat, by their offset in the file; the space
/// that it preallocates beyond stays zero.
#[derive(Clone, Debug)]
pub struct BlockFiles {
    folder: PathBuf,
    key: [u8; 8],
}

impl BlockFiles {
    /// Finds the folder and its key. Fails when it does not exist or the key has another length than 8.
    pub fn open(folder: &Path) -> Result<BlockFiles> {
        if !folder.is_dir() {
            return Err(Error::NotFound { what: "folder of block files", path: folder.to_path_buf() });
        }
        let path = folder.join("xor.dat");
        let key = match std::fs::read(&path) {
            Ok(bytes) => {
                let found = bytes.len() as u64;
                bytes.try_into().map_err(|_| Error::XorKeyLength { path, found })?
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => [0; 8],
            Err(e) => return Err(Error::io("read", &path)(e)),
        };
        Ok(BlockFiles { folder: folder.to_path_buf(), key })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the files' bytes are XOR'd with.
    pub fn key(&self) -> [u8; 8] {
        self.key
    }

    /// The numbers of the block files, ascending. Fails when there are none.
    pub fn numbers(&self) -> Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(Error::io("list", &self.folder))? {
            let name = entry.map_err(Error::io("list", &self.folder))?.file_name();
            numbers.extend(name.to_str().and_then(file_number));
        }
        numbers.sort_unstable();
        numbers.dedup();
        match numbers.is_empty() {
            true => Err(Error::NoBlockFiles { path: self.folder.clone() }),
            false => Ok(numbers),
        }
    }

    pub fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("blk{number:05}.dat"))
    }

    pub fn file(&self, number: u32) -> Result<BlockFile> {
        let path = self.path(number);
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        Ok(BlockFile { file, path, key: self.key })
    }

    /// A block's bytes, into `bytes`, which is cleared first. No memory is taken for a block that the file cannot hold.
    pub fn read(&self, at: Location, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.clear();
        let file = self.file(at.file)?;
        let (size, _) = file.state()?;
        if at.offset.checked_add(at.length as u64).is_none_or(|end| end > size) {
            return Err(Error::io("read", file.path())(std::io::ErrorKind::UnexpectedEof.into()));
        }
        bytes.resize(at.length as usize, 0);
        file.read_exact(at.offset, bytes)
    }
}

/// The number in a name like blk00012.dat; five digits or more.
fn file_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("blk")?.strip_suffix(".dat")?;
    let plain = digits.len() == 5 || (digits.len() > 5 && !digits.starts_with('0'));
    if plain && digits.bytes().all(|c| c.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// One open block file.
pub struct BlockFile {
    file: File,
    path: PathBuf,
    key: [u8; 8],
}

impl BlockFile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size in bytes and time of last change in nanoseconds since 1970 (0 where the system does not tell).
    pub fn state(&self) -> Result<(u64, u64)> {
        let meta = self.file.metadata().map_err(Error::io("look at", &self.path))?;
        let changed = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        Ok((meta.len(), changed.map_or(0, |d| d.as_nanos() as u64)))
    }

    /// Fills `bytes` with what stands at `offset`, the key taken off.
    pub fn read_exact(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.read_raw(offset, bytes)?;
        self.unmask(offset, bytes);
        Ok(())
    }

    /// Fills `bytes` with what stands at `offset`, as it stands.
    pub fn read_raw(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        read_exact_at(&self.file, bytes, offset).map_err(Error::io("read", &self.path))
    }

    /// Takes the key off bytes that were read raw at `offset`.
    pub fn unmask(&self, offset: u64, bytes: &mut [u8]) {
        if self.key == [0; 8] {
            return;
        }
        let mut key = self.key;
        key.rotate_left((offset % 8) as usize);
        let word = u64::from_ne_bytes(key);
        let mut chunks = bytes.chunks_exact_mut(8);
        for chunk in &mut chunks {
            let masked = u64::from_ne_bytes(chunk.try_into().expect("chunks_exact(8) gives 8 bytes"));
            chunk.copy_from_slice(&(masked ^ word).to_ne_bytes());
        }
        for (byte, key) in chunks.into_remainder().iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[n..];
        offset += n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_block_files_have_a_number() {
        assert_eq!(file_number("blk00000.dat"), Some(0));
        assert_eq!(file_number("blk123456.dat"), Some(123_456));
        for other in ["blk0000.dat", "blk000001.dat", "rev00000.dat", "blk00000.dat.bak", "blk+0001.dat", "blk.dat"] {
            assert_eq!(file_number(other), None, "{other}");
        }
    }

    #[test]
    fn the_key_is_taken_off_by_offset_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let key = [1, 2, 3, 4, 5, 6, 7, 8];
        let plain: Vec<u8> = (0..100).collect();
        let masked: Vec<u8> = plain.iter().enumerate().map(|(i, b)| b ^ key[i % 8]).collect();
        std::fs::write(folder.path().join("xor.dat"), key).unwrap();
        std::fs::write(folder.path().join("blk00000.dat"), masked).unwrap();
        let files = BlockFiles::open(folder.path()).unwrap();
        for offset in 0..20u64 {
            let mut bytes = Vec::new();
            files.read(Location { file: 0, offset, length: 50 }, &mut bytes).unwrap();
            assert_eq!(bytes, plain[offset as usize..offset as usize + 50]);
        }
    }
}
