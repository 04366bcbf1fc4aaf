//! What fuzz targets share: sound files, and how they are damaged.

use std::path::{Path, PathBuf};

use satrail::ingest::{IngestOptions, ingest};

/// The block files that come with the package.
pub fn demo_blocks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/satrail/demo_chain")
}

/// Makes a store of them.
pub fn make_store(store: &Path) {
    let options = IngestOptions { threads: Some(1), ..IngestOptions::default() };
    ingest(&demo_blocks(), store, &options, |_| true).expect("the bundled chain is good");
}

/// The files of a folder, without those of folders in it: names and bytes, by name.
#[derive(Clone)]
pub struct Files(Vec<(String, Vec<u8>)>);

/// Which file, which place in it, and what is mixed into its byte.
pub type Damage = (u8, u32, u8);

impl Files {
    pub fn of(folder: &Path) -> Files {
        let entries = std::fs::read_dir(folder).expect("the folder can be listed").map(|entry| entry.expect("it can be listed"));
        let files = entries.filter(|entry| entry.path().is_file());
        let read = |path: PathBuf| std::fs::read(path).expect("it can be read");
        let mut files: Vec<_> = files.map(|entry| (entry.file_name().to_string_lossy().into_owned(), read(entry.path()))).collect();
        files.sort();
        Files(files)
    }

    /// Only those with such names.
    pub fn only(self, wanted: impl Fn(&str) -> bool) -> Files {
        Files(self.0.into_iter().filter(|(name, _)| wanted(name)).collect())
    }

    pub fn damaged(&self, damages: &[Damage]) -> Files {
        let mut files = self.clone();
        for (file, place, byte) in damages {
            let count = files.0.len();
            let bytes = &mut files.0[*file as usize % count].1;
            if !bytes.is_empty() {
                let place = *place as usize % bytes.len();
                bytes[place] ^= byte;
            }
        }
        files
    }

    /// The bytes of the file whose name ends like this.
    pub fn bytes_mut(&mut self, ending: &str) -> &mut Vec<u8> {
        &mut self.0.iter_mut().find(|(name, _)| name.ends_with(ending)).expect("there is such a file").1
    }

    pub fn write(&self, folder: &Path) {
        self.0.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).expect("it can be written"));
    }
}
