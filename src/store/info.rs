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
    /// The hash and the median time of the last block; none in an empty store.
    pub tip: Option<([u8; 32], u32)>,
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
        let tip = self.counts().blocks.checked_sub(1);
        let tip = tip.map(|tip| Ok((self.columns.blocks_hash.get(tip)?, self.columns.blocks_median_time.get(tip)?))).transpose()?;
        Ok(StoreInfo {
            tip,
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
