//! Checksums of the columns that only grow: an XXH3 for every MiB, so that adding rows does not read the old ones again.

use std::path::Path;

use crate::error::{Error, Result};
use crate::store::columns::{Columns, Role, SPECS};
use crate::store::manifest::{FileEntry, replace_file};

const CHUNK: usize = 1 << 20;
/// Bytes that are summed up before their pages are given back.
const PIECE: usize = 64 * CHUNK;
/// So few bytes may keep their pages.
const FEW: usize = 4 * CHUNK;

/// For each column, in the format's order, the sums of its chunks; the last chunk may be shorter. Mutable columns have none.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Checksums(Vec<Vec<u64>>);

impl Checksums {
    /// Brings the sums up to the columns' present rows, which must all be in their files. `unchanged` says how many bytes of a column are as they were.
    pub fn update(&mut self, columns: &Columns, unchanged: impl Fn(usize) -> u64) {
        self.0.resize_with(SPECS.len(), Vec::new);
        for (i, (spec, column)) in SPECS.iter().zip(columns.all()).enumerate() {
            if spec.role != Role::Mutable {
                let sums = &mut self.0[i];
                sums.truncate(unchanged(i) as usize / CHUNK);
                let from = sums.len() * CHUNK;
                for piece in column.content()[from..].chunks(PIECE) {
                    sums.extend(piece.chunks(CHUNK).map(xxhash_rust::xxh3::xxh3_64));
                    if piece.len() > FEW {
                        column.release();
                    }
                }
            }
        }
    }

    pub fn write(&self, folder: &Path, file: String) -> Result<FileEntry> {
        let mut bytes = Vec::new();
        for sums in &self.0 {
            bytes.extend((sums.len() as u64).to_le_bytes());
            sums.iter().for_each(|sum| bytes.extend(sum.to_le_bytes()));
        }
        replace_file(folder, &file, &bytes)?;
        Ok(FileEntry { file, checksum: xxhash_rust::xxh3::xxh3_64(&bytes) })
    }

    pub fn read(folder: &Path, entry: &FileEntry) -> Result<Checksums> {
        let bytes = read_checked(folder, entry)?;
        let path = folder.join(&entry.file);
        let mut words = bytes.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().expect("eight bytes")));
        let mut column = || -> Option<Vec<u64>> {
            let count = words.next()?;
            let sums: Vec<u64> = words.by_ref().take(count.min(bytes.len() as u64) as usize).collect();
            (sums.len() as u64 == count).then_some(sums)
        };
        let sums = (0..SPECS.len()).map(|_| column()).collect::<Option<_>>();
        sums.map(Checksums).ok_or_else(|| Error::corrupt(&path, "ends too early"))
    }

    /// The columns and chunks whose bytes do not have their sums: (index of the column, first byte that may be wrong). `tick` is
    /// told how many bytes were read since it was called last.
    pub fn differences(&self, columns: &Columns, mut tick: impl FnMut(u64) -> Result<()>) -> Result<Vec<(usize, u64)>> {
        let mut found = Vec::new();
        let checked = SPECS.iter().zip(columns.all()).enumerate().filter(|(_, (spec, _))| spec.role != Role::Mutable);
        for (i, (_, column)) in checked {
            let sums = self.0.get(i).map_or(&[][..], |s| s);
            let chunks = column.content().chunks(CHUNK);
            if chunks.len() != sums.len() {
                found.push((i, 0));
            }
            for (at, (chunk, sum)) in chunks.zip(sums).enumerate() {
                if xxhash_rust::xxh3::xxh3_64(chunk) != *sum {
                    found.push((i, (at * CHUNK) as u64));
                }
                tick(chunk.len() as u64)?;
            }
        }
        Ok(found)
    }
}

/// A file that is written whole, if it is as it was written.
pub fn read_checked(folder: &Path, entry: &FileEntry) -> Result<Vec<u8>> {
    let path = folder.join(&entry.file);
    let bytes = std::fs::read(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::corrupt(&path, "is missing"),
        _ => Error::io("read", &path)(e),
    })?;
    if xxhash_rust::xxh3::xxh3_64(&bytes) != entry.checksum {
        return Err(Error::corrupt(&path, "does not have the checksum that the manifest states"));
    }
    Ok(bytes)
}
