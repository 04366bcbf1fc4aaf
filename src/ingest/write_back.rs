//! Starts writing to disk while blocks are still being added, so that the commit at the end has little left to wait for.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::Scope;

use crate::store::Columns;
use crate::store::columns::{Role, SPECS};

/// Bytes of blocks after which the columns are written back.
const EVERY: u64 = 128 << 20;

pub struct WriteBack {
    send: SyncSender<Vec<File>>,
    busy: Arc<AtomicBool>,
    since: AtomicU64,
}

impl WriteBack {
    /// A thread that writes back what it is given; it ends with the value that is returned.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>) -> WriteBack {
        let (send, receive) = sync_channel::<Vec<File>>(1);
        let busy = Arc::new(AtomicBool::new(false));
        let flag = busy.clone();
        scope.spawn(move || {
            for files in receive {
                // An error here shows again at the commit, which syncs the same files.
                files.iter().for_each(|file| _ = file.sync_data());
                flag.store(false, Relaxed);
            }
        });
        WriteBack { send, busy, since: AtomicU64::new(0) }
    }

    /// Takes note of a block's bytes, and hands the columns that only grow to the thread when it is time.
    pub fn wrote(&self, bytes: u64, columns: &Columns) {
        if self.since.fetch_add(bytes, Relaxed) + bytes < EVERY || self.busy.swap(true, Relaxed) {
            return;
        }
        self.since.store(0, Relaxed);
        let growing = SPECS.iter().zip(columns.all()).filter(|(spec, _)| spec.role != Role::Mutable);
        _ = self.send.send(growing.filter_map(|(_, column)| column.handle()).collect());
    }
}
