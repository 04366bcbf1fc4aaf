//! Finds the block records in block files: magic, length, block. What is not a record (preallocated padding, a record cut short,
//! bytes that a crash left behind) is stepped over.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::blocks::files::{BlockFile, BlockFiles, Location};
use crate::blocks::hash::{Hash, double_sha256};
use crate::blocks::headers::Work;
use crate::error::Result;
use crate::script::Network;

/// The four bytes before each record, which tell the network.
pub type Magic = [u8; 4];

/// The largest block that a record can hold: the consensus limit is 4,000,000 bytes.
const MAX_BLOCK: u64 = 4_000_000;
/// Header and transaction count.
const MIN_BLOCK: u64 = 81;
const WINDOW: usize = 1 << 16;
/// The genesis block of every signet, whatever its magic.
const SIGNET_GENESIS: Network = Network::Signet;

/// One block found in a file.
#[derive(Clone, Debug)]
pub struct Record {
    pub magic: Magic,
    pub hash: Hash,
    pub header: [u8; 80],
    pub at: Location,
}

/// How far a file was read, and how it looked then: unchanged size and time mean that nothing was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileState {
    pub number: u32,
    pub size: u64,
    /// When the file was last changed, in nanoseconds; 0 when that was so short before the scan that a further change may have got
    /// the same time.
    pub changed: u64,
    /// Up to here the file is one record after the other. What stands behind may yet change: it may be half written or damaged.
    pub scanned_to: u64,
    /// Where the last of these records begins, and a hash of its frame and header, by which a file that grew is told from another
    /// one that took its place.
    pub last: u64,
    pub last_hash: u64,
}

/// What a scan found.
#[derive(Default, Debug)]
pub struct Scan {
    pub records: Vec<Record>,
    pub files: Vec<FileState>,
    /// Bytes that are neither a record nor padding.
    pub skipped_bytes: u64,
    /// Records whose end lies beyond the end of their file.
    pub cut_short: u64,
}

/// Scans all files, those in `known` only from where they were left, and not at all when they look the same.
/// `tick` is called after each file with the bytes behind it.
pub fn scan(
    files: &BlockFiles,
    known: &[FileState],
    custom: Option<Magic>,
    mut tick: impl FnMut(u64) -> Result<()>,
) -> Result<Scan> {
    let mut scan = Scan::default();
    let known: HashMap<u32, &FileState> = known.iter().map(|state| (state.number, state)).collect();
    for number in files.numbers()? {
        let file = files.file(number)?;
        let (size, changed) = file.state()?;
        let before = known.get(&number).copied().filter(|k| k.size <= size);
        let state = match before {
            Some(same) if same.size == size && same.changed == changed && changed != 0 => *same,
            _ => {
                let grew = |k: &&FileState| frame_hash(&file, k.last, size).is_ok_and(|hash| hash == k.last_hash);
                let before = before.filter(grew);
                let was_recent = before.is_some_and(|k| k.changed == 0 && k.size == size);
                let changed = if is_long_ago(changed) && !was_recent { changed } else { 0 };
                let start = before.copied().unwrap_or_default();
                let mut scanner = Scanner { file: &file, size, custom, window: Window::default(), believed: 0, scan: &mut scan };
                scanner.file(FileState { number, size, changed, ..start })?
            }
        };
        scan.files.push(state);
        tick(size)?;
    }
    Ok(scan)
}

/// A hash of a record's frame and header; 0 where the file is too short for them.
fn frame_hash(file: &BlockFile, at: u64, size: u64) -> Result<u64> {
    let mut bytes = [0; 88];
    if at + 88 > size {
        return Ok(0);
    }
    file.read_raw(at, &mut bytes)?;
    Ok(xxhash_rust::xxh3::xxh3_64(&bytes))
}

/// Whether a time in nanoseconds since 1970 is so long past that a change now would get another one on any file system.
fn is_long_ago(changed: u64) -> bool {
    let changed = UNIX_EPOCH + Duration::from_nanos(changed);
    SystemTime::now().duration_since(changed).is_ok_and(|age| age > Duration::from_secs(2))
}

struct Scanner<'a> {
    file: &'a BlockFile,
    size: u64,
    custom: Option<Magic>,
    window: Window,
    /// Where the last record ends: bytes before that are told of already, also when they are looked at again.
    believed: u64,
    scan: &'a mut Scan,
}

/// A piece of the file, as it stands and with the key taken off.
#[derive(Default)]
struct Window {
    start: u64,
    raw: Vec<u8>,
    plain: Vec<u8>,
}

impl Scanner<'_> {
    /// Reads the records from where the file was left on; returns where it is left now.
    fn file(&mut self, mut state: FileState) -> Result<FileState> {
        let (number, mut position) = (state.number, state.scanned_to);
        while position + 8 <= self.size {
            if self.zeros(position)? {
                match self.after_zeros(position)? {
                    Some(next) => position = self.record_before(next)?,
                    None => break,
                }
                continue;
            }
            position = match self.record(number, position)? {
                Step::Record { end, next } => {
                    if state.scanned_to == position {
                        (state.last, state.scanned_to) = (position, end);
                    }
                    self.believed = end;
                    next
                }
                Step::Skip(end) => {
                    self.scan.skipped_bytes += end.saturating_sub(position.max(self.believed));
                    end
                }
                Step::CutShort => {
                    self.scan.cut_short += 1;
                    self.believed = self.size;
                    position + 1
                }
            };
        }
        state.last_hash = frame_hash(self.file, state.last, self.size)?;
        Ok(state)
    }

    fn record(&mut self, number: u32, position: u64) -> Result<Step> {
        let Some(magic) = self.magic_at(position)? else {
            return Ok(Step::Skip(self.next_magic(position + 1)?));
        };
        let length = u32::from_le_bytes(self.plain(position + 4)?) as u64;
        if !(MIN_BLOCK..=MAX_BLOCK).contains(&length) {
            return Ok(Step::Skip(position + 1));
        }
        let (start, end) = (position + 8, position + 8 + length);
        if end > self.size {
            return Ok(Step::CutShort);
        }
        let header: [u8; 80] = self.plain(start)?;
        let hash = double_sha256(&[&header]);
        if !Work::of_header(&header).is_some_and(|work| work.covers(&hash)) {
            return Ok(Step::Skip(position + 1));
        }
        let at = Location { file: number, offset: start, length: length as u32 };
        self.scan.records.push(Record { magic, hash, header, at });
        // A length that does not lead to another record is not believed: the blocks behind it must not be lost.
        let lines_up = end + 8 > self.size || self.zeros(end)? || self.magic_at(end)?.is_some();
        Ok(Step::Record { end, next: if lines_up { end } else { start } })
    }

    /// The magic at a position: a known one, the custom one, or that of a file which begins with the signets' genesis block.
    fn magic_at(&mut self, position: u64) -> Result<Option<Magic>> {
        if position + 8 > self.size {
            return Ok(None);
        }
        let magic: Magic = self.plain(position)?;
        if self.is_known(magic) {
            return Ok(Some(magic));
        }
        if position == 0 && self.size >= 88 {
            let header: [u8; 80] = self.plain(8)?;
            if double_sha256(&[&header]) == SIGNET_GENESIS.genesis_hash() {
                self.custom = Some(magic);
                return Ok(Some(magic));
            }
        }
        Ok(None)
    }

    fn is_known(&self, magic: Magic) -> bool {
        self.custom == Some(magic) || Network::ALL.iter().any(|n| n.magic() == magic)
    }

    /// The next position at or after `position` with a known magic, or the end of the file.
    fn next_magic(&mut self, mut position: u64) -> Result<u64> {
        while position + 8 <= self.size {
            self.load(position, 8)?;
            let offset = (position - self.window.start) as usize;
            let mut bytes = self.window.plain[offset..].windows(8).zip(self.window.raw[offset..].windows(8));
            if let Some(i) = bytes.position(|(plain, raw)| self.is_known([plain[0], plain[1], plain[2], plain[3]]) || raw == [0; 8])
            {
                return Ok(position + i as u64);
            }
            position = (self.window.start + self.window.plain.len() as u64 - 7).max(position + 1);
        }
        Ok(self.size)
    }

    fn zeros(&mut self, position: u64) -> Result<bool> {
        self.load(position, 8)?;
        let offset = (position - self.window.start) as usize;
        Ok(self.window.raw[offset..offset + 8] == [0; 8])
    }

    /// The first position after the padding at `position` that is not zero; `None` when the rest of the file is.
    fn after_zeros(&mut self, mut position: u64) -> Result<Option<u64>> {
        while position < self.size {
            self.load(position, 1)?;
            let offset = (position - self.window.start) as usize;
            if let Some(i) = self.window.raw[offset..].iter().position(|b| *b != 0) {
                return Ok(Some(position + i as u64));
            }
            position = self.window.start + self.window.raw.len() as u64;
        }
        Ok(None)
    }

    /// Where a record begins whose first byte that is not zero, as it stands in the file, is at `position`.
    fn record_before(&mut self, position: u64) -> Result<u64> {
        for begin in position.saturating_sub(3)..position {
            if self.magic_at(begin)?.is_some() {
                return Ok(begin);
            }
        }
        Ok(position)
    }

    fn plain<const N: usize>(&mut self, position: u64) -> Result<[u8; N]> {
        self.load(position, N)?;
        let offset = (position - self.window.start) as usize;
        Ok(self.window.plain[offset..offset + N].try_into().expect("load makes the window cover N bytes"))
    }

    /// Makes the window cover `length` bytes from `position`, which must lie within the file.
    fn load(&mut self, position: u64, length: usize) -> Result<()> {
        let window = &mut self.window;
        let covered = position >= window.start && position + length as u64 <= window.start + window.raw.len() as u64;
        if covered {
            return Ok(());
        }
        // Sparse records need little of the file; only what follows on from the last window is read ahead.
        let follows = position <= window.start + window.raw.len() as u64 && position >= window.start;
        let size = if follows { WINDOW } else { 4096 }.max(length).min((self.size - position) as usize);
        window.start = position;
        window.raw.resize(size, 0);
        self.file.read_raw(position, &mut window.raw)?;
        window.plain.clone_from(&window.raw);
        self.file.unmask(position, &mut window.plain);
        Ok(())
    }
}

enum Step {
    Record { end: u64, next: u64 },
    Skip(u64),
    CutShort,
}
