//! Which outputs pay an address: runs, each an immutable file for a range of outputs, sorted by address and then by output.
//!
//! Every ingest adds a run for its new outputs, and neighbouring runs of like size are merged, so there are few of them.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::ids::OutNum;
use crate::store::column::{Column, U40};
use crate::store::mapping::{Mapping, open_for_writing, write_all_at};

const MAGIC: &[u8; 8] = b"STPOSTS1";
/// Magic, number of addresses, number of outputs, checksum of what follows.
const HEADER: usize = 32;

/// A run's place in the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunEntry {
    pub file: String,
    /// The outputs that it was made for.
    pub outputs: Range<u64>,
    /// Outputs from here on are not to be believed: their blocks were rolled back after the run was made.
    pub valid_below: u64,
}

/// One run, mapped.
pub struct PostingRun {
    map: Mapping,
    entry: RunEntry,
    addresses: u64,
    outputs: u64,
    ends_at: usize,
    outputs_at: usize,
}

impl PostingRun {
    pub fn open(folder: &Path, entry: &RunEntry) -> Result<PostingRun> {
        let path = folder.join(&entry.file);
        let size = std::fs::metadata(&path).map_err(|_| Error::corrupt(&path, "is missing"))?.len();
        let map = Mapping::read(&path, size)?;
        if map.len() < HEADER || map.load::<8>(0) != *MAGIC {
            return Err(Error::corrupt(&path, "is not a run of postings: its first bytes are wrong"));
        }
        let (addresses, outputs) = (map.load_u64(8), map.load_u64(16));
        let most = size / 5;
        let ends_at = HEADER + addresses.min(most) as usize * 4;
        let outputs_at = ends_at + addresses.min(most) as usize * 5;
        if addresses > most || outputs > most || outputs_at as u64 + outputs * 5 != size {
            return Err(Error::corrupt(&path, "has a length that does not fit its counts"));
        }
        Ok(PostingRun { map, entry: entry.clone(), addresses, outputs, ends_at, outputs_at })
    }

    pub fn entry(&self) -> &RunEntry {
        &self.entry
    }

    pub fn mapping(&self) -> &Mapping {
        &self.map
    }

    /// Whether the content still has the checksum that it was written with. `tick` is told how many bytes were read since it was
    /// called last.
    pub fn is_intact(&self, mut tick: impl FnMut(u64) -> Result<()>) -> Result<bool> {
        let mut sum = xxhash_rust::xxh3::Xxh3::new();
        for piece in self.map.bytes()[HEADER..].chunks(1 << 20) {
            sum.update(piece);
            tick(piece.len() as u64)?;
        }
        Ok(sum.digest() == self.map.load_u64(24))
    }

    /// How many addresses and how many outputs stand in the run.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.addresses, self.outputs)
    }

    #[inline]
    pub(crate) fn address(&self, i: u64) -> u32 {
        self.map.load_u32(HEADER + i as usize * 4)
    }

    #[inline]
    pub(crate) fn end(&self, i: u64) -> u64 {
        U40::from_bytes(self.map.load(self.ends_at + i as usize * 5)).min(self.outputs)
    }

    #[inline]
    pub(crate) fn output(&self, i: u64) -> u64 {
        U40::from_bytes(self.map.load(self.outputs_at + i as usize * 5))
    }

    /// Where an address stands in the run. In a run from the first output on, all addresses have one and stand at their own number.
    #[inline]
    fn find(&self, address: u32) -> Option<u64> {
        let dense = self.entry.outputs.start == 0;
        if dense {
            return ((address as u64) < self.addresses && self.address(address as u64) == address).then_some(address as u64);
        }
        let (mut low, mut high) = (0, self.addresses);
        while low < high {
            let middle = (low + high) / 2;
            match self.address(middle).cmp(&address) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Asks for the cache lines that a look-up of the address will need.
    #[inline]
    pub fn prefetch(&self, address: u32) {
        if self.entry.outputs.start == 0 {
            self.map.prefetch(HEADER + address as usize * 4);
            self.map.prefetch(self.ends_at + address as usize * 5);
        }
    }

    /// Adds an address's outputs that are below `limit`, ascending.
    #[inline]
    pub fn collect(&self, address: u32, limit: u64, into: &mut Vec<OutNum>) {
        if let Some(i) = self.find(address) {
            self.collect_at(i, limit, into);
        }
    }

    #[inline]
    fn collect_at(&self, i: u64, limit: u64, into: &mut Vec<OutNum>) {
        let start = if i == 0 { 0 } else { self.end(i - 1) };
        let limit = limit.min(self.entry.valid_below);
        let posts = (start..self.end(i)).map(|i| self.output(i));
        into.extend(posts.take_while(|output| *output < limit).map(OutNum));
    }
}

/// Writes the run of a range of outputs. `addresses` are all there are.
pub fn build(
    folder: &Path,
    file: &str,
    addresses_of: &Column<u32>,
    addresses: u64,
    outputs: Range<u64>,
    memory: u64,
) -> Result<RunEntry> {
    // Counting takes four bytes for every address that there is, sorting eight for each of these outputs.
    match (outputs.end - outputs.start) * 2 <= addresses {
        true => build_by_sorting(folder, file, addresses_of, outputs),
        false => build_by_counting(folder, file, addresses_of, outputs, memory),
    }
}

/// For some outputs among many addresses, as most ingests add them.
fn build_by_sorting(folder: &Path, file: &str, addresses_of: &Column<u32>, outputs: Range<u64>) -> Result<RunEntry> {
    let key = |output| (addresses_of.value(output) as u64) << 32 | (output - outputs.start);
    let mut keys: Vec<u64> = outputs.clone().map(key).collect();
    keys.sort_unstable();
    let by_address = || keys.chunk_by(|a, b| a >> 32 == b >> 32);
    let mut run = NewRun::create(folder, file, by_address().count() as u64, outputs.end - outputs.start)?;
    let mut posts = Vec::new();
    for keys in by_address() {
        posts.clear();
        keys.iter().for_each(|key| posts.extend_from_slice(&U40::to_bytes(outputs.start + (key & 0xffff_ffff))));
        run.push_posts(&posts)?;
        run.push_address((keys[0] >> 32) as u32, run.posted)?;
    }
    run.finish(outputs)
}

/// By counting and scattering, in as many passes over the addresses as the memory needs.
fn build_by_counting(folder: &Path, file: &str, addresses_of: &Column<u32>, outputs: Range<u64>, memory: u64) -> Result<RunEntry> {
    let counts = count(addresses_of, &outputs);
    let distinct = counts.iter().filter(|c| **c > 0).count() as u64;
    let mut run = NewRun::create(folder, file, distinct, outputs.end - outputs.start)?;
    let mut first = counts.iter().position(|c| *c > 0).unwrap_or(counts.len());
    let (mut cursors, mut posts) = (Vec::new(), Vec::new());
    while first < counts.len() {
        let (addresses, total) = pass_of(&counts[first..], memory);
        cursors.clear();
        posts.clear();
        posts.resize(total as usize * 5, 0);
        let mut next = 0;
        for (i, count) in counts[first..first + addresses].iter().enumerate().map(|(i, c)| (i, *c as u64)) {
            cursors.push(next);
            next += count;
            if count > 0 {
                run.push_address((first + i) as u32, run.posted + next)?;
            }
        }
        for output in outputs.clone() {
            let address = (addresses_of.value(output) as usize).wrapping_sub(first);
            if let Some(cursor) = cursors.get_mut(address) {
                let at = *cursor as usize * 5;
                posts[at..at + 5].copy_from_slice(&U40::to_bytes(output));
                *cursor += 1;
            }
        }
        run.push_posts(&posts)?;
        first += addresses;
    }
    run.finish(outputs)
}

/// How often each address is paid in the range; as long as the largest address number needs.
fn count(addresses_of: &Column<u32>, outputs: &Range<u64>) -> Vec<u32> {
    let mut counts = Vec::new();
    for output in outputs.clone() {
        let address = addresses_of.value(output) as usize;
        if address >= counts.len() {
            counts.resize(address + 1, 0);
        }
        counts[address] += 1;
    }
    counts
}

/// How many addresses the next pass takes, and how many outputs these have.
fn pass_of(counts: &[u32], memory: u64) -> (usize, u64) {
    let (mut posts, mut bytes) = (0, 0);
    for (i, count) in counts.iter().enumerate() {
        let more = 17 + *count as u64 * 5;
        if bytes + more > memory && i > 0 {
            return (i, posts);
        }
        bytes += more;
        posts += *count as u64;
    }
    (counts.len(), posts)
}

/// Merges neighbouring runs into one: once to count, once to write, so that it needs no memory to speak of.
pub fn merge(folder: &Path, file: &str, runs: &[&PostingRun]) -> Result<RunEntry> {
    let (mut addresses, mut outputs) = (0, 0);
    walk(runs, |_, posts| {
        addresses += 1;
        outputs += posts.len() as u64;
    });
    let mut run = NewRun::create(folder, file, addresses, outputs)?;
    let (mut bytes, mut result) = (Vec::new(), Ok(()));
    walk(runs, |address, posts| {
        bytes.clear();
        posts.iter().for_each(|output| bytes.extend_from_slice(&U40::to_bytes(output.0)));
        result = std::mem::replace(&mut result, Ok(()))
            .and_then(|()| run.push_posts(&bytes))
            .and_then(|()| run.push_address(address, run.posted));
    });
    result?;
    run.finish(runs[0].entry.outputs.start..runs[runs.len() - 1].entry.outputs.end)
}

/// Visits every address that has an output in one of the runs, with its outputs.
fn walk(runs: &[&PostingRun], mut visit: impl FnMut(u32, &[OutNum])) {
    let mut cursors = vec![0u64; runs.len()];
    let mut posts = Vec::new();
    let next = |cursors: &[u64]| runs.iter().zip(cursors).filter(|(r, c)| **c < r.addresses).map(|(r, c)| r.address(*c)).min();
    while let Some(address) = next(&cursors) {
        posts.clear();
        for (run, cursor) in runs.iter().zip(&mut cursors) {
            if *cursor < run.addresses && run.address(*cursor) == address {
                run.collect_at(*cursor, u64::MAX, &mut posts);
                *cursor += 1;
            }
        }
        if !posts.is_empty() {
            visit(address, &posts);
        }
    }
}

/// A run being written: its three parts grow side by side.
struct NewRun {
    path: PathBuf,
    file: File,
    name: String,
    addresses: Part,
    ends: Part,
    posts: Part,
    counts: [u64; 2],
    posted: u64,
}

/// XXH3 of all behind the header; pages that were read are given back, for a run can be large.
fn checksum(map: &Mapping) -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for piece in map.bytes()[HEADER..].chunks(1 << 26) {
        hash.update(piece);
        map.release();
    }
    hash.digest()
}

/// A stretch of a file that is written from its beginning on.
struct Part {
    at: u64,
    bytes: Vec<u8>,
}

impl Part {
    fn push(&mut self, file: &File, bytes: &[u8]) -> std::io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < 1 << 20 { Ok(()) } else { self.flush(file) }
    }

    fn flush(&mut self, file: &File) -> std::io::Result<()> {
        write_all_at(file, &self.bytes, self.at)?;
        self.at += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }
}

impl NewRun {
    fn create(folder: &Path, name: &str, addresses: u64, outputs: u64) -> Result<NewRun> {
        let path = folder.join(name);
        _ = std::fs::remove_file(&path);
        let part = |at| Part { at, bytes: Vec::new() };
        let ends = HEADER as u64 + addresses * 4;
        let (file, name) = (open_for_writing(&path)?, name.to_string());
        let (addresses_part, ends_part, posts) = (part(HEADER as u64), part(ends), part(ends + addresses * 5));
        Ok(NewRun { path, file, name, addresses: addresses_part, ends: ends_part, posts, counts: [addresses, outputs], posted: 0 })
    }

    fn push_address(&mut self, address: u32, end: u64) -> Result<()> {
        let written =
            self.addresses.push(&self.file, &address.to_le_bytes()).and_then(|()| self.ends.push(&self.file, &U40::to_bytes(end)));
        written.map_err(Error::io("write", &self.path))
    }

    fn push_posts(&mut self, posts: &[u8]) -> Result<()> {
        self.posted += posts.len() as u64 / 5;
        self.posts.push(&self.file, posts).map_err(Error::io("write", &self.path))
    }

    fn finish(mut self, outputs: Range<u64>) -> Result<RunEntry> {
        let mut parts = [&mut self.addresses, &mut self.ends, &mut self.posts].into_iter();
        parts.try_for_each(|part| part.flush(&self.file)).map_err(Error::io("write", &self.path))?;
        let length = HEADER as u64 + self.counts[0] * 9 + self.counts[1] * 5;
        let sum = checksum(&Mapping::read(&self.path, length)?);
        let mut header = MAGIC.to_vec();
        [self.counts[0], self.counts[1], sum].iter().for_each(|n| header.extend(n.to_le_bytes()));
        let written = write_all_at(&self.file, &header, 0).and_then(|()| self.file.sync_data());
        written.map_err(Error::io("write", &self.path))?;
        Ok(RunEntry { file: self.name, valid_below: outputs.end, outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::column::AnyColumn;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorting_and_counting_write_the_same_run(owners in prop::collection::vec(0u32..50, 1..300), memory in 1u64..2000) {
            let folder = tempfile::tempdir().unwrap();
            let mut column = Column::<u32>::write(&folder.path().join("owners"), 0, false).unwrap();
            owners.iter().for_each(|owner| column.push(*owner));
            column.flush().unwrap();
            let outputs = 0..owners.len() as u64;
            build_by_sorting(folder.path(), "sorted", &column, outputs.clone()).unwrap();
            build_by_counting(folder.path(), "counted", &column, outputs, memory).unwrap();
            let read = |name| std::fs::read(folder.path().join(name)).unwrap();
            prop_assert_eq!(read("sorted"), read("counted"));
        }
    }
}
