//! The store against the block files: every block is read again from where it was found, and every row held against what it says.

use std::path::{Path, PathBuf};

use crate::blocks::parse::{Fault, ParseOptions, parse};
use crate::blocks::{BlockFiles, Location, ParsedBlock};
use crate::error::Result;
use crate::store::Store;
use crate::verify::comparison::BlockComparison;
use crate::verify::inspection::Inspection;

/// Blocks lie in `blocks`, or where the store was made from.
pub fn block_files(store: &Store, blocks: Option<&Path>, inspection: &mut Inspection<'_>) -> Result<()> {
    let count = store.counts().blocks;
    inspection.begin("block files", count);
    let mut folders: Vec<Folder> = match blocks {
        Some(folder) => vec![Folder::new(folder)],
        None => store.sources().iter().map(|folder| Folder::new(folder)).collect(),
    };
    let mut comparison = BlockComparison::new(store);
    for height in 0..count {
        inspection.look_at_clock(height)?;
        let number = if blocks.is_some() { 0 } else { store.columns.blocks_source.value(height) as usize };
        // A number of no folder is a problem of the column, and told there.
        let Some(folder) = folders.get_mut(number) else { continue };
        match folder.read(store, height) {
            Some(Ok(block)) => comparison.block(height, &block, inspection)?,
            Some(Err(fault)) => inspection.problem("block files", height, format_args!("the block is not valid: {fault}")),
            None => {}
        }
    }
    folders.iter().for_each(|folder| folder.tell(inspection));
    inspection.end();
    Ok(())
}

/// A folder of block files, and how many blocks are no longer where they were.
struct Folder {
    path: PathBuf,
    files: Result<BlockFiles>,
    gone: u64,
    first_gone: u64,
}

impl Folder {
    fn new(path: &Path) -> Folder {
        Folder { path: path.to_path_buf(), files: BlockFiles::open(path), gone: 0, first_gone: 0 }
    }

    /// A block, or what is wrong with its bytes; `None` where it is not at its place.
    fn read(&mut self, store: &Store, height: u64) -> Option<Result<ParsedBlock, Fault>> {
        let bytes = self.bytes(store, height);
        if bytes.is_none() {
            self.gone += 1;
            self.first_gone = if self.gone == 1 { height } else { self.first_gone };
        }
        bytes.map(|bytes| parse(bytes, ParseOptions { verify: true, seed: store.manifest.seed }))
    }

    /// The bytes at a block's place, if they begin with its header.
    fn bytes(&self, store: &Store, height: u64) -> Option<Vec<u8>> {
        let columns = &store.columns;
        let at = Location {
            file: columns.blocks_file.value(height),
            offset: columns.blocks_offset.value(height),
            length: columns.blocks_size.value(height),
        };
        let mut bytes = Vec::new();
        self.files.as_ref().ok()?.read(at, &mut bytes).ok()?;
        bytes.starts_with(&columns.blocks_header.value(height)).then_some(bytes)
    }

    fn tell(&self, inspection: &mut Inspection<'_>) {
        let (folder, gone, first) = (self.path.display().to_string(), self.gone, self.first_gone);
        match &self.files {
            _ if gone == 0 => {}
            Err(error) => inspection.problem(&folder, None, format_args!("{gone} blocks could not be read: {error}")),
            Ok(_) => {
                let what = format_args!(
                    "{gone} blocks, the first at height {first}, are not where they were found: the files were moved or changed"
                );
                inspection.problem(&folder, None, what);
            }
        }
    }
}
