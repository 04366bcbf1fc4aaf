//! A hash index on disk: from a 32-bit tag of a key to the numbers that may have it.
//!
//! Open addressing with linear probing. A slot is zero when empty, else `tag << 32 | number + 1`. The home of a tag is
//! `tag * slots >> 32`, so homes keep the order of tags and a larger table is filled in one pass. Keys are not stored: whoever asks
//! compares the key in the columns. Nothing is ever removed; a slot whose number is not (or no longer) the key's is harmless,
//! because the comparison fails.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::mapping::{Mapping, open_for_writing, write_all_at};

const MAGIC: &[u8; 8] = b"STINDEX1";
const HEADER: usize = 16;
const LEAST_SLOTS: u64 = 1 << 10;

pub struct Index {
    map: Mapping,
    slots: u64,
    used: u64,
    /// Whether it is only in memory so far.
    unsaved: bool,
}

impl Index {
    pub fn read(path: &Path) -> Result<Index> {
        Index::check(Mapping::read(path, file_size(path)?)?)
    }

    /// Opens for writing. Slots that a killed ingest left behind are counted, so that the table never gets full unnoticed.
    pub fn write(path: &Path, used: u64, recount: bool) -> Result<Index> {
        let mut index = Index::check(Mapping::write(path, file_size(path)?)?)?;
        index.used = if recount { (0..index.slots).filter(|s| index.slot(*s) != 0).count() as u64 } else { used };
        Ok(index)
    }

    /// A new index; in memory until it is saved, if it is not larger than `memory`, else in its file.
    pub fn create(path: &Path, slots: u64, memory: u64) -> Result<Index> {
        let length = HEADER as u64 + slots * 8;
        let unsaved = length <= memory;
        let mut map = if unsaved { Mapping::anonymous(path, length)? } else { Mapping::create(path, length)? };
        map.store(0, *MAGIC);
        map.store_u64(8, slots);
        Ok(Index { map, slots, used: 0, unsaved })
    }

    /// An empty index of the smallest size.
    pub fn create_small(path: &Path) -> Result<Index> {
        Index::create(path, LEAST_SLOTS, u64::MAX)
    }

    /// Brings everything to disk.
    pub fn save(&mut self) -> Result<()> {
        if self.unsaved {
            let path = self.path();
            _ = std::fs::remove_file(&path);
            let file = open_for_writing(&path)?;
            write_all_at(&file, self.map.bytes(), 0).map_err(Error::io("write", &path))?;
            self.map = Mapping::write(&path, self.map.len() as u64)?;
            self.unsaved = false;
        }
        self.map.sync()
    }

    fn check(map: Mapping) -> Result<Index> {
        if map.len() < HEADER || map.load::<8>(0) != *MAGIC {
            return Err(Error::corrupt(map.path(), "is not an index: its first bytes are wrong"));
        }
        let slots = map.load_u64(8);
        if slots == 0 || slots > 1 << 40 || (map.len() as u64) < HEADER as u64 + slots * 8 {
            return Err(Error::corrupt(map.path(), format!("is not an index: {slots} slots do not fit in {} bytes", map.len())));
        }
        Ok(Index { map, slots, used: 0, unsaved: false })
    }

    pub fn used(&self) -> u64 {
        self.used
    }

    pub fn slots(&self) -> u64 {
        self.slots
    }

    pub fn mapping(&self) -> &Mapping {
        &self.map
    }

    /// Takes the mapped pages out of this process's memory; an index that is only in memory stays.
    pub fn release(&self) {
        if !self.unsaved {
            self.map.release();
        }
    }

    pub fn path(&self) -> PathBuf {
        self.map.path().to_path_buf()
    }

    #[inline]
    fn home(&self, tag: u32) -> u64 {
        ((tag as u128 * self.slots as u128) >> 32) as u64
    }

    #[inline]
    pub(crate) fn slot(&self, slot: u64) -> u64 {
        self.map.load_u64(HEADER + slot as usize * 8)
    }

    #[inline]
    pub fn prefetch(&self, tag: u32) {
        self.map.prefetch(HEADER + self.home(tag) as usize * 8);
    }

    /// The numbers entered under a tag, those entered first coming first.
    #[inline]
    pub fn candidates(&self, tag: u32) -> Candidates<'_> {
        Candidates { index: self, tag, slot: self.home(tag), left: self.slots }
    }

    /// Enters a number. Room must have been reserved.
    #[inline]
    pub fn insert(&mut self, tag: u32, number: u32) {
        self.insert_unless(tag, number, |_| false, false);
    }

    /// Looks for a number that `is` right under a tag, and enters `number` when there is none, or in any case if it is to be `added_too`.
    /// A number that a killed ingest entered already is not entered twice.
    #[inline]
    pub fn insert_unless(&mut self, tag: u32, number: u32, mut is: impl FnMut(u32) -> bool, added_too: bool) -> Option<u32> {
        let (mut slot, mut found, mut entered) = (self.home(tag), None, false);
        if !self.unsaved {
            self.map.touch_u64(HEADER + slot as usize * 8);
        }
        loop {
            let entry = self.slot(slot);
            if entry == 0 {
                break;
            }
            if (entry >> 32) as u32 == tag {
                let candidate = (entry as u32).wrapping_sub(1);
                entered |= candidate == number;
                if found.is_none() && candidate != number && is(candidate) {
                    found = Some(candidate);
                    if !added_too {
                        return found;
                    }
                }
            }
            slot = self.after(slot);
        }
        if !entered {
            self.map.store_u64(HEADER + slot as usize * 8, (tag as u64) << 32 | (number as u64 + 1));
            self.used += 1;
        }
        found
    }

    #[inline]
    fn after(&self, slot: u64) -> u64 {
        if slot + 1 == self.slots { 0 } else { slot + 1 }
    }

    /// Whether `more` numbers fit with at least a quarter of the slots left empty.
    pub fn has_room(&self, more: u64) -> bool {
        (self.used + more) * 4 <= self.slots * 3
    }

    /// A larger copy at another path, of the numbers below `numbers`, with room for `more`; in memory as [`Index::create`] says.
    pub fn grown(&self, path: &Path, numbers: u32, more: u64, memory: u64) -> Result<Index> {
        let slots = (self.slots * 8 / 5).max((self.used + more) * 8 / 5).max(LEAST_SLOTS);
        let mut larger = Index::create(path, slots, memory)?;
        for slot in 0..self.slots {
            let entry = self.slot(slot);
            if entry != 0 && (entry as u32).wrapping_sub(1) < numbers {
                larger.insert((entry >> 32) as u32, entry as u32 - 1);
            }
        }
        Ok(larger)
    }
}

fn file_size(path: &Path) -> Result<u64> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::corrupt(path, "is missing")),
        Err(e) => Err(Error::io("look at", path)(e)),
    }
}

/// The numbers that were entered under one tag.
pub struct Candidates<'a> {
    index: &'a Index,
    tag: u32,
    slot: u64,
    left: u64,
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.left > 0 {
            let entry = self.index.slot(self.slot);
            if entry == 0 {
                self.left = 0;
                return None;
            }
            self.slot = self.index.after(self.slot);
            self.left -= 1;
            if (entry >> 32) as u32 == self.tag {
                return Some((entry as u32).wrapping_sub(1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_is_found_under_its_tag_before_and_after_growing(tags in prop::collection::vec(prop::num::u32::ANY, 0..700)) {
            let folder = tempfile::tempdir().unwrap();
            let mut index = Index::create(&folder.path().join("a"), LEAST_SLOTS, u64::MAX).unwrap();
            for (number, tag) in tags.iter().enumerate() {
                index.insert(*tag, number as u32);
            }
            let larger = index.grown(&folder.path().join("b"), tags.len() as u32, 0, 0).unwrap();
            for (number, tag) in tags.iter().enumerate() {
                prop_assert!(index.candidates(*tag).any(|n| n == number as u32));
                prop_assert!(larger.candidates(*tag).any(|n| n == number as u32));
            }
            prop_assert_eq!(index.used(), tags.len() as u64);
        }
    }

    #[test]
    fn a_full_table_ends_a_search() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::create(&folder.path().join("a"), 4, 0).unwrap();
        (0..4).for_each(|n| index.insert(7, n));
        assert_eq!(index.candidates(7).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(index.candidates(u32::MAX).count(), 0);
    }

    #[test]
    fn a_file_that_is_no_index_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"STINDEX1\xff\xff\xff\xff\xff\xff\xff\xff").unwrap();
        assert!(Index::read(&path).is_err());
        std::fs::write(&path, b"what").unwrap();
        assert!(Index::read(&path).is_err());
    }
}
