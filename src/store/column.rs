//! A column: one file of rows of one width, little-endian.
//!
//! For a reader it is a mapping. For the writer it is a mapping of what is in the file, and a tail of new rows in memory that is
//! appended to the file from time to time: writing through a mapping would cost a page fault, and an interrupt of all processors when
//! the page goes to disk, for every page.

use std::fs::{File, OpenOptions};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Result};
use crate::store::mapping::{Mapping, open_for_writing, write_all_at};

/// What a row of a column can be.
pub trait Value: Copy + 'static {
    const WIDTH: usize;
    /// The row at an offset of a mapping.
    fn load(map: &Mapping, offset: usize) -> Self;
    /// The row at the beginning of some bytes.
    fn decode(bytes: &[u8]) -> Self;
    fn append(self, bytes: &mut Vec<u8>);
}

/// A number of 40 bits in five bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct U40(pub u64);

impl U40 {
    #[inline]
    pub fn from_bytes(b: [u8; 5]) -> u64 {
        u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], 0, 0, 0])
    }

    #[inline]
    pub fn to_bytes(number: u64) -> [u8; 5] {
        let b = number.to_le_bytes();
        [b[0], b[1], b[2], b[3], b[4]]
    }
}

impl From<U40> for u64 {
    fn from(number: U40) -> u64 {
        number.0
    }
}

macro_rules! value {
    ($type:ty, $width:expr, |$bytes:ident| $decode:expr, |$this:ident| $encode:expr) => {
        impl Value for $type {
            const WIDTH: usize = $width;
            #[inline]
            fn load(map: &Mapping, offset: usize) -> Self {
                let $bytes = map.load::<{ $width }>(offset);
                $decode
            }
            #[inline]
            fn decode(bytes: &[u8]) -> Self {
                let $bytes: [u8; $width] = bytes[..$width].try_into().expect("the slice has the width");
                $decode
            }
            #[inline]
            fn append(self, bytes: &mut Vec<u8>) {
                let $this = self;
                bytes.extend_from_slice(&$encode);
            }
        }
    };
}

value!(u8, 1, |b| b[0], |v| [v]);
value!(u16, 2, |b| u16::from_le_bytes(b), |v| v.to_le_bytes());
value!(i32, 4, |b| i32::from_le_bytes(b), |v| v.to_le_bytes());
value!(u64, 8, |b| u64::from_le_bytes(b), |v| v.to_le_bytes());
value!(i64, 8, |b| i64::from_le_bytes(b), |v| v.to_le_bytes());
value!(U40, 5, |b| U40(U40::from_bytes(b)), |v| U40::to_bytes(v.0));
value!([u8; 32], 32, |b| b, |v| v);
value!([u8; 33], 33, |b| b, |v| v);
value!([u8; 80], 80, |b| b, |v| v);

/// Some columns of this type are changed while others read them, so it is read as an atomic.
impl Value for u32 {
    const WIDTH: usize = 4;
    #[inline]
    fn load(map: &Mapping, offset: usize) -> u32 {
        map.load_u32(offset)
    }
    #[inline]
    fn decode(bytes: &[u8]) -> u32 {
        u32::from_le_bytes(bytes[..4].try_into().expect("the slice has four bytes"))
    }
    #[inline]
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

/// One column, for reading or for writing.
pub struct Column<T> {
    map: Mapping,
    /// Bytes that are in the file and mapped.
    flushed: usize,
    /// Rows behind those.
    tail: Vec<u8>,
    rows: u64,
    writing: Option<Writing>,
    value: PhantomData<T>,
}

struct Writing {
    file: File,
    /// Whether rows in the file may be changed.
    in_place: bool,
}

/// Bytes of new rows after which they are appended to the file.
const TAIL: usize = 1 << 20;

impl<T: Value> Column<T> {
    pub fn read(path: &Path, rows: u64) -> Result<Column<T>> {
        let length = Self::length(path, rows)?;
        Ok(Column {
            map: Mapping::read(path, length)?,
            flushed: length as usize,
            tail: Vec::new(),
            rows,
            writing: None,
            value: PhantomData,
        })
    }

    /// Opens or makes a column to be written; rows in the file may be changed only where `in_place` says so.
    pub fn write(path: &Path, rows: u64, in_place: bool) -> Result<Column<T>> {
        let length = Self::length(path, rows)?;
        // A column that has lost its rows is told before a file is made in its place.
        let mut map = if length > 0 { Mapping::read(path, length)? } else { Mapping::none(path) };
        let file = open_for_writing(path)?;
        if in_place {
            map = Mapping::none(path);
            map.cover(&file, length, true)?;
        }
        let writing = Some(Writing { file, in_place });
        Ok(Column { map, flushed: length as usize, tail: Vec::new(), rows, writing, value: PhantomData })
    }

    fn length(path: &Path, rows: u64) -> Result<u64> {
        let length = rows.checked_mul(T::WIDTH as u64).filter(|length| *length < 1 << 62);
        length.ok_or_else(|| Error::corrupt(path, "has an impossible number of rows"))
    }

    #[inline]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A row, or what is wrong with a number that points beyond the last one.
    #[inline]
    pub fn get(&self, row: u64) -> Result<T> {
        if row < self.rows { Ok(self.value(row)) } else { Err(self.beyond(row)) }
    }

    /// A row that is known to be there.
    #[inline]
    pub fn value(&self, row: u64) -> T {
        let offset = row as usize * T::WIDTH;
        if offset < self.flushed { T::load(&self.map, offset) } else { T::decode(&self.tail[offset - self.flushed..]) }
    }

    #[cold]
    fn beyond(&self, row: u64) -> Error {
        self.damaged(format!("is asked for row {row} and has {}", self.rows))
    }

    /// An error that names the column's file.
    pub fn damaged(&self, what: String) -> Error {
        Error::corrupt(self.map.path(), what)
    }

    /// The rows' bytes; of a column that is being written, those in the file.
    pub fn bytes(&self) -> &[u8] {
        &self.map.bytes()[..self.flushed]
    }

    /// The rows of another table, which has `of` of them, that belong to a row of this column of ends: those behind the end of the
    /// row before.
    #[inline]
    pub fn part(&self, row: u64, of: u64) -> Result<Range<u64>>
    where
        T: Into<u64>,
    {
        let start = if row == 0 { 0 } else { self.get(row - 1)?.into() };
        let end = self.get(row)?.into();
        if start <= end && end <= of { Ok(start..end) } else { Err(self.out_of_order(row, start..end, of)) }
    }

    #[cold]
    fn out_of_order(&self, row: u64, part: Range<u64>, of: u64) -> Error {
        self.damaged(format!("gives row {row} what stands from {} to {} among {of}", part.start, part.end))
    }

    /// The bytes of a range of rows; the part beyond the last row is left out.
    pub fn slice(&self, rows: Range<u64>) -> &[u8] {
        let end = rows.end.min(self.rows) as usize * T::WIDTH;
        let start = (rows.start.min(self.rows) as usize * T::WIDTH).min(end);
        match start.checked_sub(self.flushed) {
            // An empty range may stand anywhere, also where nothing is mapped.
            _ if start == end => &[],
            Some(start) => &self.tail[start..end - self.flushed],
            None => &self.map.bytes()[start..end],
        }
    }

    #[inline]
    pub fn prefetch(&self, row: u64) {
        let offset = (row as usize).wrapping_mul(T::WIDTH);
        if offset < self.flushed {
            self.map.prefetch(offset);
        }
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, value: T) {
        value.append(&mut self.tail);
        self.rows += 1;
    }
}

impl Column<u8> {
    /// Adds many one-byte rows. They stay together: all in the file or all in the tail.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.rows += bytes.len() as u64;
    }
}

impl Column<u32> {
    /// Changes a row of a column that was opened for it.
    #[inline]
    pub fn set(&mut self, row: u64, value: u32) {
        self.swap(row, value);
    }

    /// Changes a row of a column that was opened for it, and returns what it was.
    #[inline]
    pub fn swap(&mut self, row: u64, value: u32) -> u32 {
        assert!(row < self.rows, "only rows that exist are changed");
        let offset = row as usize * 4;
        match offset.checked_sub(self.flushed) {
            Some(offset) => {
                let cell = &mut self.tail[offset..offset + 4];
                let before = u32::decode(cell);
                cell.copy_from_slice(&value.to_le_bytes());
                before
            }
            None => self.map.swap_u32(offset, value),
        }
    }
}

/// What can be done with a column whatever its rows are.
pub trait AnyColumn: Send + Sync {
    fn width(&self) -> usize;
    /// The rows' bytes; of a column that is being written, those in the file.
    fn content(&self) -> &[u8];
    /// Forgets the rows from `rows` on.
    fn truncate(&mut self, rows: u64);
    /// Appends the new rows to the file if there are many of them.
    fn flush_if_long(&mut self) -> Result<()>;
    /// Appends the new rows to the file.
    fn flush(&mut self) -> Result<()>;
    /// Waits until what was appended or changed is on disk.
    fn sync(&self) -> Result<()>;
    /// The file opened once more, for syncing from another thread. It must not share its description with the writer's handle: the
    /// system reports a failed write only once to each, and the commit has to hear of it.
    fn handle(&self) -> Option<File>;
    /// Takes the mapped pages out of this process's memory.
    fn release(&self);
    /// Cuts the file to the rows that there are.
    fn close(self: Box<Self>) -> Result<()>;
}

impl<T: Value + Send + Sync> AnyColumn for Column<T> {
    fn width(&self) -> usize {
        T::WIDTH
    }

    fn content(&self) -> &[u8] {
        self.bytes()
    }

    fn truncate(&mut self, rows: u64) {
        self.rows = self.rows.min(rows);
        let length = self.rows as usize * T::WIDTH;
        self.tail.truncate(length.saturating_sub(self.flushed));
        self.flushed = self.flushed.min(length);
    }

    fn flush_if_long(&mut self) -> Result<()> {
        if self.tail.len() < TAIL { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        let Some(writing) = &self.writing else { return Ok(()) };
        if self.tail.is_empty() {
            return Ok(());
        }
        write_all_at(&writing.file, &self.tail, self.flushed as u64).map_err(Error::io("write", self.map.path()))?;
        let length = self.flushed + self.tail.len();
        self.map.cover(&writing.file, length as u64, writing.in_place)?;
        self.flushed = length;
        self.tail.clear();
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let sync = |writing: &Writing| writing.file.sync_data().map_err(Error::io("write", self.map.path()));
        self.writing.as_ref().map_or(Ok(()), sync)
    }

    fn handle(&self) -> Option<File> {
        self.writing.as_ref().and_then(|_| OpenOptions::new().write(true).open(self.map.path()).ok())
    }

    fn release(&self) {
        self.map.release();
    }

    fn close(self: Box<Self>) -> Result<()> {
        let Column { map, flushed, writing, .. } = *self;
        let path = map.path().to_path_buf();
        drop(map);
        writing.map_or(Ok(()), |w| w.file.set_len(flushed as u64).map_err(Error::io("shorten", &path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_part_can_be_taken_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let mut column = Column::<u8>::write(&folder.path().join("bytes"), 0, false).unwrap();
        column.extend(b"abc");
        for start in 0..=3 {
            assert_eq!(column.slice(start..start), b"");
        }
        column.flush().unwrap();
        column.extend(b"de");
        for start in 0..=5 {
            assert_eq!(column.slice(start..start), b"");
        }
        assert_eq!((column.slice(1..3), column.slice(3..9)), (&b"bc"[..], &b"de"[..]));
    }
}
