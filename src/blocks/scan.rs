//! Finds the block records in block files: magic, length, block. What is no record (preallocated padding, a record cut short,
//! bytes that a crash left behind) is stepped over.

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileState {
    pub number: u32,
    pub size: u64,
    pub changed: u64,
    pub scanned_to: u64,
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
    for number in files.numbers()? {
        let file = files.file(number)?;
        let (size, changed) = file.state()?;
        let before = known.iter().find(|k| k.number == number && k.size <= size);
        let mut state = FileState { number, size, changed, scanned_to: before.map_or(0, |k| k.scanned_to) };
        let same = before.is_some_and(|k| k.size == size && k.changed == changed && changed != 0);
        if !same {
            let mut scanner = Scanner { file: &file, size, custom, window: Window::default(), scan: &mut scan };
            state.scanned_to = scanner.file(number, state.scanned_to)?;
        }
        scan.files.push(state);
        tick(size)?;
    }
    Ok(scan)
}

struct Scanner<'a> {
    file: &'a BlockFile,
    size: u64,
    custom: Option<Magic>,
    window: Window,
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
    /// Reads the records from `position` on; returns where the next scan should begin.
    fn file(&mut self, number: u32, mut position: u64) -> Result<u64> {
        let mut resume = position;
        while position + 8 <= self.size {
            if self.zeros(position)? {
                match self.after_zeros(position)? {
                    Some(next) => position = next,
                    None => break,
                }
                continue;
            }
            position = match self.record(number, position)? {
                Step::Record(end) => {
                    resume = end;
                    end
                }
                Step::Skip(end) => {
                    self.scan.skipped_bytes += end - position;
                    end
                }
                Step::CutShort => {
                    self.scan.cut_short += 1;
                    position + 1
                }
            };
        }
        Ok(resume)
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
        Ok(Step::Record(if lines_up { end } else { start }))
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
            let found = self.window.plain[offset..].windows(4).position(|w| self.is_known([w[0], w[1], w[2], w[3]]));
            let padding = self.window.raw[offset..].windows(8).position(|w| w == [0; 8]);
            if let Some(i) = [found, padding].into_iter().flatten().min() {
                return Ok((position + i as u64).min(self.size));
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
    Record(u64),
    Skip(u64),
    CutShort,
}
