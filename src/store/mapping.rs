//! A file in memory, read-only or to be written, that can grow. The only place with raw pointers.
//!
//! A store has one writer and any number of readers, who map the same files. Rows below a reader's committed count never change,
//! but for the 32- and 64-bit cells of mutable columns and indexes; those are read and written as atomics.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use memmap2::{Mmap, MmapMut, MmapOptions};

use crate::error::{Error, Result};

/// How much more of a growing file is mapped than it has.
const MAP_AHEAD: u64 = 64 << 20;

pub struct Mapping {
    path: PathBuf,
    file: Option<File>,
    pages: Pages,
    start: *mut u8,
    length: usize,
}

enum Pages {
    Empty,
    Read(Mmap),
    Write(MmapMut),
}

// SAFETY: the pointer leads into `pages`, which live as long as the mapping; writing needs &mut, and what another process writes
// at the same time is read through atomics only.
unsafe impl Send for Mapping {}
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `length` bytes for reading. Fails when the file is shorter.
    pub fn read(path: &Path, length: u64) -> Result<Mapping> {
        let file = File::open(path).map_err(|e| missing(path, e))?;
        let mut mapping = Mapping::empty(path, None);
        mapping.check_size(&file, length)?;
        mapping.map_readable(&file, length)?;
        Ok(mapping)
    }

    /// No bytes of a file, that more may be mapped of later.
    pub fn none(path: &Path) -> Mapping {
        Mapping::empty(path, None)
    }

    /// Maps a file for writing in place; it must have `length` bytes at least.
    pub fn write(path: &Path, length: u64) -> Result<Mapping> {
        let file = open_for_writing(path)?;
        let mut mapping = Mapping::empty(path, None);
        let size = mapping.check_size(&file, length)?;
        mapping.map_writable(&file, size)?;
        mapping.file = Some(file);
        Ok(mapping)
    }

    /// Makes a new file of `length` bytes and maps it for writing. The space is reserved on disk first, so that a full disk is found
    /// here and not when a page is written.
    pub fn create(path: &Path, length: u64) -> Result<Mapping> {
        _ = std::fs::remove_file(path);
        let file = open_for_writing(path)?;
        allocate(&file, length).map_err(Error::io("extend", path))?;
        let mut mapping = Mapping::empty(path, None);
        mapping.map_writable(&file, length)?;
        mapping.file = Some(file);
        Ok(mapping)
    }

    /// Memory without a file, zeroed, in large pages where the system has them: the fastest for random access.
    pub fn anonymous(path: &Path, length: u64) -> Result<Mapping> {
        let mut mapping = Mapping::empty(path, None);
        let mut pages = MmapMut::map_anon(length as usize).map_err(Error::io("get memory for", path))?;
        #[cfg(target_os = "linux")]
        {
            _ = pages.advise(memmap2::Advice::HugePage);
        }
        (mapping.start, mapping.length) = (pages.as_mut_ptr(), pages.len());
        mapping.pages = Pages::Write(pages);
        Ok(mapping)
    }

    fn empty(path: &Path, file: Option<File>) -> Mapping {
        Mapping { path: path.to_path_buf(), file, pages: Pages::Empty, start: std::ptr::null_mut(), length: 0 }
    }

    /// Maps more of a growing file, and what it will soon hold where the system allows that. Bytes beyond the end of the file must
    /// not be touched before they are written.
    pub fn cover(&mut self, file: &File, length: u64, writable: bool) -> Result<()> {
        if length as usize <= self.length {
            return Ok(());
        }
        let ahead = if cfg!(unix) { (length / 2).max(MAP_AHEAD) } else { 0 };
        if writable { self.map_writable(file, length + ahead) } else { self.map_readable(file, length + ahead) }
    }

    fn map_readable(&mut self, file: &File, length: u64) -> Result<()> {
        if length > 0 {
            // SAFETY: see the module's rule for what may change under a reader.
            let pages = unsafe { MmapOptions::new().len(length as usize).map(file) }.map_err(Error::io("map", &self.path))?;
            (self.start, self.length) = (pages.as_ptr().cast_mut(), pages.len());
            self.pages = Pages::Read(pages);
        }
        Ok(())
    }

    fn map_writable(&mut self, file: &File, length: u64) -> Result<()> {
        if length > 0 {
            // SAFETY: the store's lock makes this process the only writer.
            let mut pages =
                unsafe { MmapOptions::new().len(length as usize).map_mut(file) }.map_err(Error::io("map", &self.path))?;
            (self.start, self.length) = (pages.as_mut_ptr(), pages.len());
            self.pages = Pages::Write(pages);
        }
        Ok(())
    }

    fn check_size(&self, file: &File, length: u64) -> Result<u64> {
        let size = file.metadata().map_err(Error::io("look at", &self.path))?.len();
        if size < length {
            return Err(Error::corrupt(&self.path, format!("is cut short: it has {size} bytes, and {length} are needed")));
        }
        Ok(size)
    }

    /// Waits until all that was written is on disk.
    pub fn sync(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.sync_data().map_err(Error::io("write", &self.path)))
    }

    /// Takes the pages out of this process's memory; they come back from the page cache or the disk when touched.
    pub fn release(&self) {
        #[cfg(unix)]
        match &self.pages {
            // SAFETY: both mappings are shared with their file, so nothing is lost with the pages.
            Pages::Write(pages) => _ = unsafe { pages.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) },
            Pages::Read(pages) => _ = unsafe { pages.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) },
            Pages::Empty => {}
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.pages {
            Pages::Empty => &[],
            Pages::Read(pages) => pages,
            Pages::Write(pages) => pages,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline]
    fn at<const N: usize>(&self, offset: usize) -> *mut u8 {
        assert!(offset.checked_add(N).is_some_and(|end| end <= self.length), "an offset beyond its mapping");
        // SAFETY: the assertion keeps the pointer within the mapped pages.
        unsafe { self.start.add(offset) }
    }

    #[inline]
    pub fn load<const N: usize>(&self, offset: usize) -> [u8; N] {
        // SAFETY: `at` checks the bounds; arrays of bytes need no alignment.
        unsafe { self.at::<N>(offset).cast::<[u8; N]>().read() }
    }

    /// `offset` must be a multiple of four.
    #[inline]
    pub fn load_u32(&self, offset: usize) -> u32 {
        let cell = self.at::<4>(offset).cast::<u32>();
        debug_assert!(cell.is_aligned());
        // SAFETY: in bounds, and aligned because mappings begin at a page.
        u32::from_le(unsafe { AtomicU32::from_ptr(cell) }.load(Relaxed))
    }

    /// `offset` must be a multiple of eight.
    #[inline]
    pub fn load_u64(&self, offset: usize) -> u64 {
        let cell = self.at::<8>(offset).cast::<u64>();
        debug_assert!(cell.is_aligned());
        // SAFETY: as in `load_u32`.
        u64::from_le(unsafe { AtomicU64::from_ptr(cell) }.load(Relaxed))
    }

    #[inline]
    pub fn store<const N: usize>(&mut self, offset: usize, bytes: [u8; N]) {
        self.assert_writable();
        // SAFETY: `at` checks the bounds, the pages are writable and borrowed mutably.
        unsafe { self.at::<N>(offset).cast::<[u8; N]>().write(bytes) }
    }

    /// `offset` must be a multiple of four.
    #[inline]
    pub fn store_u32(&mut self, offset: usize, value: u32) {
        self.assert_writable();
        // SAFETY: as in `load_u32`, and the pages are writable.
        unsafe { AtomicU32::from_ptr(self.at::<4>(offset).cast()) }.store(value.to_le(), Relaxed)
    }

    /// Stores a number and returns the one that was there; `offset` must be a multiple of four. A page that is read first and written
    /// then faults twice.
    #[inline]
    pub fn swap_u32(&mut self, offset: usize, value: u32) -> u32 {
        self.assert_writable();
        // SAFETY: as in `store_u32`.
        u32::from_le(unsafe { AtomicU32::from_ptr(self.at::<4>(offset).cast()) }.swap(value.to_le(), Relaxed))
    }

    /// Writes what is there, so that its page faults for writing at once; `offset` must be a multiple of eight.
    #[inline]
    pub fn touch_u64(&mut self, offset: usize) {
        self.assert_writable();
        // SAFETY: as in `store_u64`.
        unsafe { AtomicU64::from_ptr(self.at::<8>(offset).cast()) }.fetch_or(0, Relaxed);
    }

    /// `offset` must be a multiple of eight.
    #[inline]
    pub fn store_u64(&mut self, offset: usize, value: u64) {
        self.assert_writable();
        // SAFETY: as in `load_u64`, and the pages are writable.
        unsafe { AtomicU64::from_ptr(self.at::<8>(offset).cast()) }.store(value.to_le(), Relaxed)
    }

    #[inline]
    fn assert_writable(&self) {
        assert!(matches!(self.pages, Pages::Write(_)), "only a mapping made for writing is written");
    }

    /// Asks the processor to fetch the cache line at `offset`; beyond the end nothing happens.
    #[inline]
    pub fn prefetch(&self, offset: usize) {
        if offset < self.length {
            // SAFETY: in bounds; a prefetch has no effect but on caches.
            #[cfg(target_arch = "x86_64")]
            unsafe {
                std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(self.start.add(offset).cast())
            }
        }
    }
}

fn missing(path: &Path, e: std::io::Error) -> Error {
    match e.kind() {
        std::io::ErrorKind::NotFound => Error::corrupt(path, "is missing"),
        _ => Error::io("open", path)(e),
    }
}

/// What a refused write to the store means to its user.
pub fn not_writable(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::PermissionDenied => Error::ReadOnly { path: path.to_path_buf(), source },
        _ => Error::io("write", path)(source),
    }
}

/// Opens a file of the store for reading and writing, and makes it where there is none.
pub fn open_for_writing(path: &Path) -> Result<File> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    open.map_err(|source| not_writable(path, source))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn allocate(file: &File, length: u64) -> std::io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, length) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => fill(file, length),
        other => Ok(other?),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn allocate(file: &File, length: u64) -> std::io::Result<()> {
    fill(file, length)
}

/// Writes zeros, for file systems that cannot reserve space.
fn fill(file: &File, length: u64) -> std::io::Result<()> {
    let zeros = [0; 1 << 16];
    (0..length).step_by(zeros.len()).try_for_each(|at| write_all_at(file, &zeros[..zeros.len().min((length - at) as usize)], at))
}

#[cfg(unix)]
pub fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
pub fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        bytes = &bytes[n..];
        offset += n as u64;
    }
    Ok(())
}
