//! Who may do what at the same time: one writer, told by a lock on the file "lock"; any number of readers, told by a shared lock
//! on the file "readers", which the writer asks for when it wants to roll back rows that a reader may look at.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};
use crate::store::mapping::not_writable;

const WRITER: &str = "lock";
const HOLDER: &str = "lock.holder";
const READERS: &str = "readers";

/// A lock on a file, given back when it is dropped. Closing the file would not do: while another thread starts a process, that
/// process holds the file for a moment too, and the lock with it.
pub struct LockGuard(File);

impl Drop for LockGuard {
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// The right to write, until it is dropped.
pub fn writer(folder: &Path) -> Result<LockGuard> {
    let path = folder.join(WRITER);
    let file = open(&path).map_err(|e| not_writable(&path, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(folder.join(HOLDER)).unwrap_or_else(|_| "another process".into());
            return Err(Error::Locked { path: folder.to_path_buf(), holder: holder.trim().to_string() });
        }
        Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
    }
    _ = std::fs::write(folder.join(HOLDER), format!("process {}", std::process::id()));
    let readers = folder.join(READERS);
    open(&readers).map_err(|e| not_writable(&readers, e))?;
    Ok(LockGuard(file))
}

/// A sign that a reader is there, until it is dropped; `None` where the system cannot lock.
pub fn reader(folder: &Path) -> Option<LockGuard> {
    let file = File::open(folder.join(READERS)).ok()?;
    file.lock_shared().ok().map(|()| LockGuard(file))
}

/// The right to change rows in place, while no reader is there and none can come; `None` when there is one.
pub fn without_readers(folder: &Path) -> Option<LockGuard> {
    let file = open(&folder.join(READERS)).ok()?;
    file.try_lock().ok().map(|()| LockGuard(file))
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}
