//! A store opened for writing: rows are added, and become the store's with a commit.
//!
//! What is written before a commit does not exist for readers: rows beyond the committed counts are not looked at, a spender or a
//! reveal at or beyond them reads as none, an index entry beyond them is passed over. So the store opens at its last commit
//! whenever the writer dies. The file "writing" tells the next writer that such leftovers may be there.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::ids::NONE_32;
use crate::script::Network;
use crate::store::checksums::{Checksums, read_checked};
use crate::store::column::AnyColumn;
use crate::store::columns::{Columns, Counts, SPECS};
use crate::store::index::Index;
use crate::store::lock;
use crate::store::manifest::{self, FileEntry, IndexEntry, Manifest, replace_file, sync_folder};
use crate::store::mapping::not_writable;
use crate::store::names::{DIRTY, files_of, free_name, is_column, is_own_file, remove_strays};
use crate::store::postings::{self, PostingRun, RunEntry};
use crate::store::reader::counts_at;

/// Neighbouring runs of postings are merged when the older is not this many times larger.
const RUN_RATIO: u64 = 4;

pub struct Writer {
    pub(super) folder: PathBuf,
    pub manifest: Manifest,
    pub columns: Columns,
    pub transaction_index: Index,
    pub address_index: Index,
    checksums: Checksums,
    /// Rows that are as the checksums know them.
    pub(super) checked: Counts,
    /// Bytes that a new index may take in memory until it is saved.
    pub index_memory: u64,
    /// Files that the next commit makes superfluous.
    pub(super) obsolete: Vec<PathBuf>,
    /// Whether the file "writing" is there.
    dirty: bool,
    _lock: lock::LockGuard,
}

impl Writer {
    /// Whether a store can be made here: in a folder that does not exist, is empty, or holds what a writer left that was killed
    /// before its first commit.
    pub fn check_new(folder: &Path) -> Result<()> {
        let no_store = |reason: &str| Err(Error::NotAStore { path: folder.to_path_buf(), reason: reason.into() });
        if !folder.exists() {
            return Ok(());
        }
        if !folder.is_dir() {
            return no_store("it is a file");
        }
        for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
            let entry = entry.map_err(Error::io("list", folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !is_own_file(&name) {
                return no_store("it is a folder with other files in it");
            }
            // Before the first commit no column has rows. A store that has lost its manifest is not to be overwritten.
            if is_column(&name) && entry.metadata().is_ok_and(|meta| meta.len() > 0) {
                return no_store("it has a store's columns, but no file \"manifest\"");
            }
        }
        Ok(())
    }

    /// Makes an empty store where [`Writer::check_new`] allows it.
    pub fn create(folder: &Path, network: Network, magic: [u8; 4]) -> Result<Writer> {
        if !folder.join(manifest::FILE).exists() {
            Writer::check_new(folder)?;
        }
        std::fs::create_dir_all(folder).map_err(|e| not_writable(folder, e))?;
        let lock = lock::writer(folder)?;
        if folder.join(manifest::FILE).exists() {
            // Somebody else was faster.
            let writer = Writer::with_lock(folder, lock)?;
            let same = (writer.manifest.network, writer.manifest.magic) == (network, magic);
            return if same {
                Ok(writer)
            } else {
                Err(Error::Locked { path: folder.to_path_buf(), holder: "another ingest".into() })
            };
        }
        remove_strays(folder, None);
        let manifest = Manifest::new(network, magic, random_seed());
        mark_dirty(folder)?;
        let mut writer = Writer {
            transaction_index: Index::create_small(&folder.join(&manifest.transaction_index.file))?,
            address_index: Index::create_small(&folder.join(&manifest.address_index.file))?,
            columns: Columns::write(folder, 0, &manifest.counts)?,
            folder: folder.to_path_buf(),
            manifest,
            checksums: Checksums::default(),
            checked: Counts::default(),
            index_memory: 0,
            obsolete: Vec::new(),
            dirty: true,
            _lock: lock,
        };
        writer.commit()?;
        Ok(writer)
    }

    /// Opens a store that is there, and puts right what a killed writer left behind.
    pub fn open(folder: &Path) -> Result<Writer> {
        Manifest::read(folder)?;
        Writer::with_lock(folder, lock::writer(folder)?)
    }

    fn with_lock(folder: &Path, lock: lock::LockGuard) -> Result<Writer> {
        let manifest = Manifest::read(folder)?;
        let killed = folder.join(DIRTY).exists();
        if killed {
            remove_strays(folder, Some(&manifest));
        }
        let index = |entry: &IndexEntry| Index::write(&folder.join(&entry.file), entry.used, killed);
        let mut writer = Writer {
            columns: Columns::write(folder, manifest.generation, &manifest.counts)?,
            transaction_index: index(&manifest.transaction_index)?,
            address_index: index(&manifest.address_index)?,
            checksums: Checksums::read(folder, &manifest.checksums)?,
            checked: manifest.counts,
            folder: folder.to_path_buf(),
            manifest,
            index_memory: 0,
            obsolete: Vec::new(),
            dirty: killed,
            _lock: lock,
        };
        if counts_at(&writer.columns, writer.manifest.counts.blocks)? != writer.manifest.counts {
            return Err(Error::corrupt(folder, "has a manifest whose counts contradict its blocks"));
        }
        if killed {
            writer.forget_uncommitted();
        }
        Ok(writer)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says on disk that there may be leftovers, before the first one is made.
    pub(super) fn begin(&mut self) -> Result<()> {
        if !self.dirty {
            mark_dirty(&self.folder)?;
            self.dirty = true;
        }
        Ok(())
    }

    /// Whether there are rows that are not committed, or outputs that no posting leads to.
    pub fn has_news(&self) -> bool {
        let indexed = self.manifest.runs.last().map_or(0, |run| run.valid_below);
        self.counts() != self.manifest.counts || indexed < self.manifest.counts.outputs
    }

    /// The rows that are there now, committed or not.
    pub fn counts(&self) -> Counts {
        Counts {
            blocks: self.columns.blocks_hash.rows(),
            transactions: self.columns.transactions_txid.rows(),
            inputs: self.columns.inputs_spends.rows(),
            outputs: self.columns.outputs_value.rows(),
            addresses: self.columns.addresses_kind.rows(),
            payload_bytes: self.columns.addresses_payload.rows(),
            reveals: self.columns.reveals_address.rows(),
            keys: self.columns.keys_key.rows(),
        }
    }

    /// Clears spenders and reveals that point beyond the rows, wherever they stand.
    fn forget_uncommitted(&mut self) {
        let counts = self.counts();
        for output in 0..counts.outputs {
            let spender = self.columns.outputs_spender.value(output);
            if spender != NONE_32 && spender as u64 >= counts.transactions {
                self.columns.outputs_spender.set(output, NONE_32);
            }
        }
        for address in 0..counts.addresses {
            let reveal = self.columns.addresses_reveal.value(address);
            if reveal != NONE_32 && reveal as u64 >= counts.reveals {
                self.columns.addresses_reveal.set(address, NONE_32);
            }
        }
    }

    /// Makes room in the indexes for a block's transactions and addresses.
    pub fn reserve(&mut self, transactions: u64, addresses: u64) -> Result<()> {
        self.begin()?;
        let (numbers, memory) = (self.counts(), self.index_memory);
        grow(
            &mut self.transaction_index,
            &self.folder,
            "index.transactions",
            numbers.transactions,
            transactions,
            memory,
            &mut self.obsolete,
        )?;
        grow(&mut self.address_index, &self.folder, "index.addresses", numbers.addresses, addresses, memory, &mut self.obsolete)
    }

    /// Appends rows to the files where many have come together.
    pub fn flush_if_long(&mut self) -> Result<()> {
        self.columns.all_mut().into_iter().try_for_each(|column| column.flush_if_long())
    }

    /// Makes all rows that are there the store's.
    pub fn commit(&mut self) -> Result<()> {
        self.commit_with(|_| Ok(()))
    }

    /// The same, with postings for the outputs that have none yet.
    pub fn commit_indexed(&mut self, memory: u64) -> Result<()> {
        self.commit_with(|writer| writer.index_postings(memory))
    }

    /// Does `meanwhile` while the disk takes the columns.
    fn commit_with(&mut self, meanwhile: impl FnOnce(&mut Runs) -> Result<()>) -> Result<()> {
        self.begin()?;
        self.columns.all_mut().into_iter().try_for_each(|column| column.flush())?;
        let runs = std::mem::take(&mut self.manifest.runs);
        let mut runs = Runs { folder: &self.folder, columns: &self.columns, runs, obsolete: Vec::new() };
        let (indexes, columns) = ([&mut self.transaction_index, &mut self.address_index], &self.columns);
        let done = std::thread::scope(|scope| {
            let saving = scope.spawn(|| {
                indexes.into_iter().try_for_each(|index| index.save())?;
                sync_all(&columns.all())
            });
            let done = meanwhile(&mut runs);
            saving.join().expect("saving does not panic").and(done)
        });
        self.manifest.runs = runs.runs;
        self.obsolete.append(&mut runs.obsolete);
        done?;
        let mut next = self.manifest.clone();
        next.counts = self.counts();
        next.commit += 1;
        next.transaction_index = index_entry(&self.transaction_index);
        next.address_index = index_entry(&self.address_index);
        next.checksums = self.write_checksums(next.commit)?;
        next.replace(&self.folder)?;
        self.manifest = next;
        self.remove_obsolete();
        Ok(())
    }

    pub(super) fn write_checksums(&mut self, commit: u64) -> Result<FileEntry> {
        let counts = self.counts();
        let (checked, columns) = (self.checked, self.columns.all());
        let rows = |i: usize| checked.of(SPECS[i].count).min(counts.of(SPECS[i].count));
        self.checksums.update(&self.columns, |i| rows(i) * columns[i].width() as u64);
        self.checked = counts;
        if !self.manifest.checksums.file.is_empty() {
            self.obsolete.push(self.folder.join(&self.manifest.checksums.file));
        }
        self.checksums.write(&self.folder, format!("checksums.{commit}"))
    }

    /// Keeps what a scan of block files found, from the next commit on.
    pub fn set_scan(&mut self, bytes: &[u8]) -> Result<()> {
        self.begin()?;
        let file = format!("scan.{}", self.manifest.commit + 1);
        replace_file(&self.folder, &file, bytes)?;
        self.obsolete.extend(self.manifest.scan.take().map(|old| self.folder.join(old.file)));
        self.manifest.scan = Some(FileEntry { file, checksum: xxhash_rust::xxh3::xxh3_64(bytes) });
        Ok(())
    }

    /// What the last scan found; `None` when there is none or it is damaged, for it can be made again.
    pub fn scan(&self) -> Option<Vec<u8>> {
        read_checked(&self.folder, self.manifest.scan.as_ref()?).ok()
    }

    /// Takes all pages out of this process's memory.
    pub fn release_memory(&self) {
        self.columns.all().iter().for_each(|column| column.release());
        self.transaction_index.release();
        self.address_index.release();
    }

    /// Ends the writing: rows that were not committed are removed.
    pub fn close(mut self) -> Result<()> {
        if !self.dirty {
            return Ok(());
        }
        let counts = self.manifest.counts;
        let all_committed = self.counts() == counts;
        self.truncate(&counts);
        self.columns.into_all().into_iter().try_for_each(|column| column.close())?;
        // After a failed commit it is better to look again for what is left of it.
        if all_committed {
            let path = self.folder.join(DIRTY);
            std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            sync_folder(&self.folder)?;
        }
        Ok(())
    }

    pub(super) fn remove_obsolete(&mut self) {
        let used = files_of(&self.manifest);
        let is_used = |path: &PathBuf| path.file_name().is_some_and(|name| used.iter().any(|used| name == used.as_str()));
        for path in self.obsolete.drain(..).filter(|path| !is_used(path)) {
            // Where a reader keeps it from being removed it only takes space.
            _ = std::fs::remove_file(path);
        }
    }
}

/// The runs of postings, while some are being added.
struct Runs<'a> {
    folder: &'a Path,
    columns: &'a Columns,
    runs: Vec<RunEntry>,
    obsolete: Vec<PathBuf>,
}

impl Runs<'_> {
    fn index_postings(&mut self, memory: u64) -> Result<()> {
        let outputs = self.columns.outputs_value.rows();
        let indexed = self.runs.last().map_or(0, |run| run.valid_below);
        if indexed < outputs {
            let name = free_name(self.folder, "postings");
            let (addresses_of, addresses) = (&self.columns.outputs_address, self.columns.addresses_kind.rows());
            self.runs.push(postings::build(self.folder, &name, addresses_of, addresses, indexed..outputs, memory)?);
        }
        while let Some(count) = runs_to_merge(&self.runs) {
            let at = self.runs.len() - count;
            let runs = self.runs[at..].iter().map(|run| PostingRun::open(self.folder, run)).collect::<Result<Vec<_>>>()?;
            let name = free_name(self.folder, "postings");
            let merged = postings::merge(self.folder, &name, &runs.iter().collect::<Vec<_>>())?;
            self.obsolete.extend(self.runs.drain(at..).map(|run| self.folder.join(run.file)));
            self.runs.push(merged);
        }
        Ok(())
    }
}

fn index_entry(index: &Index) -> IndexEntry {
    let file = index.path().file_name().map(|name| name.to_string_lossy().into_owned());
    IndexEntry { file: file.expect("an index has a file name"), used: index.used() }
}

fn grow(
    index: &mut Index,
    folder: &Path,
    stem: &str,
    numbers: u64,
    more: u64,
    memory: u64,
    obsolete: &mut Vec<PathBuf>,
) -> Result<()> {
    if index.has_room(more) {
        return Ok(());
    }
    let larger = index.grown(&folder.join(free_name(folder, stem)), numbers as u32, more, memory)?;
    obsolete.push(std::mem::replace(index, larger).path());
    Ok(())
}

/// How many of the last runs should become one.
fn runs_to_merge(runs: &[RunEntry]) -> Option<usize> {
    let size = |run: &RunEntry| run.outputs.end - run.outputs.start;
    let (mut count, mut total) = (1, size(runs.last()?));
    for run in runs.iter().rev().skip(1) {
        if size(run) > total * RUN_RATIO {
            break;
        }
        total += size(run);
        count += 1;
    }
    (count as u64 >= RUN_RATIO).then_some(count)
}

/// Writes all columns to disk, several at a time, for a disk takes many requests at once.
fn sync_all(columns: &[&dyn AnyColumn]) -> Result<()> {
    std::thread::scope(|scope| {
        let parts = columns.chunks(columns.len().div_ceil(8));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| part.iter().try_for_each(|column| column.sync()))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("syncing does not panic"))
    })
}

fn mark_dirty(folder: &Path) -> Result<()> {
    let path = folder.join(DIRTY);
    std::fs::write(&path, b"").map_err(|e| not_writable(&path, e))?;
    sync_folder(folder)
}

/// From the system's random source, through the standard library's hash seeds.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
