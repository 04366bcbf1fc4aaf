//! What a store is, without looking at its rows.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::script::Network;
use crate::store::manifest::VERSION;
use crate::store::{Counts, Store};

/// What a store is.
#[derive(Clone, Debug)]
pub struct StoreInfo {
    pub folder: PathBuf,
    pub format: u32,
    pub network: Network,
    /// The number of its last commit.
    pub commit: u64,
    pub counts: Counts,
    /// Bytes of all its files.
    pub bytes: u64,
    /// The folders of block files that it was made from.
    pub sources: Vec<PathBuf>,
}

impl Store {
    pub fn info(&self) -> Result<StoreInfo> {
        let folder = self.folder().to_path_buf();
        let entries = std::fs::read_dir(&folder).map_err(Error::io("list", &folder))?;
        let bytes = entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|meta| meta.len()).sum();
        Ok(StoreInfo {
            format: VERSION,
            network: self.network(),
            commit: self.manifest.commit,
            counts: *self.counts(),
            bytes,
            sources: self.sources().to_vec(),
            folder,
        })
    }
}
