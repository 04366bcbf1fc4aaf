//! The manifest: a text file that says what belongs to the store. It is replaced last, in one step, so it is the commit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::script::Network;
use crate::store::columns::Counts;
use crate::store::mapping::not_writable;
use crate::store::postings::RunEntry;

pub const FILE: &str = "manifest";
/// The version of the store's format.
pub const VERSION: u32 = 1;
const FIRST_LINE: &str = "satrail store";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    pub network: Network,
    pub magic: [u8; 4],
    /// Seeds the hash of the address index, so that nobody can prepare scripts that collide in it.
    pub seed: u64,
    /// Raised with every commit.
    pub commit: u64,
    /// The generation of the column files.
    pub generation: u32,
    pub counts: Counts,
    pub transaction_index: IndexEntry,
    pub address_index: IndexEntry,
    pub runs: Vec<RunEntry>,
    /// The folders of block files that blocks were read from.
    pub sources: Vec<PathBuf>,
    /// Transactions that have the id of an earlier one: (the later, the latest before it), ascending.
    pub duplicates: Vec<(u32, u32)>,
    pub checksums: FileEntry,
    pub scan: Option<FileEntry>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IndexEntry {
    pub file: String,
    pub used: u64,
}

/// A file that is written whole, and its XXH3.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileEntry {
    pub file: String,
    pub checksum: u64,
}

impl Manifest {
    pub fn new(network: Network, magic: [u8; 4], seed: u64) -> Manifest {
        Manifest {
            network,
            magic,
            seed,
            commit: 0,
            generation: 0,
            counts: Counts::default(),
            transaction_index: IndexEntry { file: "index.transactions.0".into(), used: 0 },
            address_index: IndexEntry { file: "index.addresses.0".into(), used: 0 },
            runs: Vec::new(),
            sources: Vec::new(),
            duplicates: Vec::new(),
            checksums: FileEntry::default(),
            scan: None,
        }
    }

    pub fn read(folder: &Path) -> Result<Manifest> {
        let path = folder.join(FILE);
        if !folder.exists() {
            return Err(Error::NotFound { what: "store", path: folder.to_path_buf() });
        }
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Err(Error::NotAStore { path: folder.to_path_buf(), reason: "it has no file \"manifest\"".into() });
            }
            Err(e) => return Err(Error::io("read", &path)(e)),
        };
        Manifest::parse(&bytes, folder)
    }

    /// Reads a manifest's text; `folder` is for messages.
    pub fn parse(bytes: &[u8], folder: &Path) -> Result<Manifest> {
        let no_store = |reason: &str| Error::NotAStore { path: folder.to_path_buf(), reason: reason.into() };
        let text = std::str::from_utf8(bytes).map_err(|_| no_store("its manifest is not text"))?;
        let mut lines = Lines { path: folder.join(FILE), lines: text.lines() };
        if lines.lines.next() != Some(FIRST_LINE) {
            return Err(no_store("its manifest begins with other words"));
        }
        let version: u32 = lines.number("version")?;
        if version != VERSION {
            return Err(Error::StoreVersion { path: folder.to_path_buf(), found: version, supported: VERSION });
        }
        let body = text.rfind("\nchecksum ").ok_or_else(|| lines.wrong("checksum"))? + 1;
        if text[body..] != last_line(&text[..body]) {
            return Err(Error::corrupt(&lines.path, "does not have the checksum that it states"));
        }
        lines.manifest()
    }

    pub fn text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nversion {VERSION}\nnetwork {}\n", self.network.name());
        let mut line = |name: &str, value: String| writeln!(text, "{name} {value}").expect("writing to a String cannot fail");
        line("magic", crate::ids::hex(&self.magic));
        line("seed", format!("{:016x}", self.seed));
        line("commit", self.commit.to_string());
        line("generation", self.generation.to_string());
        line("blocks", self.counts.blocks.to_string());
        line("transactions", self.counts.transactions.to_string());
        line("inputs", self.counts.inputs.to_string());
        line("outputs", self.counts.outputs.to_string());
        line("addresses", self.counts.addresses.to_string());
        line("payload_bytes", self.counts.payload_bytes.to_string());
        line("reveals", self.counts.reveals.to_string());
        line("keys", self.counts.keys.to_string());
        for (name, index) in [("transaction_index", &self.transaction_index), ("address_index", &self.address_index)] {
            line(name, format!("{} {}", index.used, index.file));
        }
        line("runs", self.runs.len().to_string());
        for run in &self.runs {
            line("run", format!("{} {} {} {}", run.outputs.start, run.outputs.end, run.valid_below, run.file));
        }
        line("sources", self.sources.len().to_string());
        for source in &self.sources {
            line("source", source.display().to_string());
        }
        line("duplicates", self.duplicates.len().to_string());
        for (later, earlier) in &self.duplicates {
            line("duplicate", format!("{later} {earlier}"));
        }
        line("checksums", format!("{:016x} {}", self.checksums.checksum, self.checksums.file));
        let scan = self.scan.clone().unwrap_or_default();
        line("scan", format!("{:016x} {}", scan.checksum, scan.file));
        let last = last_line(&text);
        text + &last
    }

    /// Replaces the manifest of a store in one step, after which it is on disk.
    pub fn replace(&self, folder: &Path) -> Result<()> {
        replace_file(folder, FILE, self.text().as_bytes())
    }
}

/// The line that ends a manifest, from the lines before it.
fn last_line(lines: &str) -> String {
    format!("checksum {:016x}\n", xxhash_rust::xxh3::xxh3_64(lines.as_bytes()))
}

/// Writes a small file so that at any instant either the old or the new one is there, whole.
pub fn replace_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let (new, path) = (folder.join(format!("{name}.new")), folder.join(name));
    let mut file = std::fs::File::create(&new).map_err(|e| not_writable(&new, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io("write", &new))?;
    std::fs::rename(&new, &path).map_err(Error::io("replace", &path))?;
    sync_folder(folder)
}

/// Makes the names in a folder durable.
pub fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let handle = std::fs::File::open(folder).map_err(Error::io("open", folder))?;
        handle.sync_all().map_err(Error::io("write", folder))?;
    }
    Ok(())
}

/// The lines of a manifest, read in their fixed order.
struct Lines<'a> {
    path: PathBuf,
    lines: std::str::Lines<'a>,
}

impl<'a> Lines<'a> {
    fn manifest(&mut self) -> Result<Manifest> {
        let network = self.parsed("network", Network::from_name)?;
        let magic = self.parsed("magic", |t| u32::from_str_radix(t, 16).ok())?.to_be_bytes();
        let seed = self.parsed("seed", |t| u64::from_str_radix(t, 16).ok())?;
        let commit = self.number("commit")?;
        let generation = self.number("generation")?;
        let counts = Counts {
            blocks: self.number("blocks")?,
            transactions: self.number("transactions")?,
            inputs: self.number("inputs")?,
            outputs: self.number("outputs")?,
            addresses: self.number("addresses")?,
            payload_bytes: self.number("payload_bytes")?,
            reveals: self.number("reveals")?,
            keys: self.number("keys")?,
        };
        let index = |t: &str| {
            t.split_once(' ').and_then(|(used, file)| Some(IndexEntry { used: used.parse().ok()?, file: plain_name(file)? }))
        };
        let transaction_index = self.parsed("transaction_index", index)?;
        let address_index = self.parsed("address_index", index)?;
        let runs = self.list("runs", "run", run_entry)?;
        let sources = self.list("sources", "source", |t| Some(PathBuf::from(t)))?;
        let duplicates = self.list("duplicates", "duplicate", |t| {
            let (later, earlier) = t.split_once(' ')?;
            Some((later.parse().ok()?, earlier.parse().ok()?))
        })?;
        let checksums = self.parsed("checksums", file_entry)?;
        let scan = Some(self.parsed("scan", file_entry)?).filter(|scan| !scan.file.is_empty());
        Ok(Manifest {
            network,
            magic,
            seed,
            commit,
            generation,
            counts,
            transaction_index,
            address_index,
            runs,
            sources,
            duplicates,
            checksums,
            scan,
        })
    }

    fn value(&mut self, name: &str) -> Result<&'a str> {
        let line = self.lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.ok_or_else(|| self.wrong(name))
    }

    fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        parse(self.value(name)?).ok_or_else(|| self.wrong(name))
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T> {
        self.parsed(name, |text| text.parse().ok())
    }

    fn list<T>(&mut self, count: &str, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
        let count: u32 = self.number(count)?;
        (0..count).map(|_| self.parsed(name, &parse)).collect()
    }

    fn wrong(&self, name: &str) -> Error {
        Error::corrupt(&self.path, format!("has no proper line {name:?} where one must be"))
    }
}

fn run_entry(text: &str) -> Option<RunEntry> {
    let mut words = text.splitn(4, ' ');
    let mut number = || words.next()?.parse::<u64>().ok();
    let (start, end, valid_below) = (number()?, number()?, number()?);
    Some(RunEntry { file: plain_name(words.next()?)?, outputs: start..end, valid_below })
}

fn file_entry(text: &str) -> Option<FileEntry> {
    let (checksum, file) = text.split_once(' ')?;
    Some(FileEntry {
        file: if file.is_empty() { String::new() } else { plain_name(file)? },
        checksum: u64::from_str_radix(checksum, 16).ok()?,
    })
}

/// A file's name that does not lead out of the store's folder.
fn plain_name(name: &str) -> Option<String> {
    let plain =
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c));
    plain.then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let mut manifest = Manifest::new(Network::Regtest, [0xfa, 0xbf, 0xb5, 0xda], 0x1234);
        manifest.counts.blocks = 7;
        manifest.runs.push(RunEntry { file: "postings.1".into(), outputs: 0..9, valid_below: 8 });
        manifest.sources.push("/a folder/blocks".into());
        manifest.duplicates.push((5, 3));
        manifest.checksums = FileEntry { file: "checksums.1".into(), checksum: 77 };
        manifest
    }

    #[test]
    fn a_manifest_survives_its_text() {
        assert_eq!(Manifest::parse(manifest().text().as_bytes(), Path::new("x")).unwrap(), manifest());
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let text = manifest().text().into_bytes();
        for i in 0..text.len() {
            for bit in 0..8 {
                let mut damaged = text.clone();
                damaged[i] ^= 1 << bit;
                assert!(Manifest::parse(&damaged, Path::new("x")).is_err(), "byte {i} bit {bit}");
            }
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let text = manifest().text().replace("version 1", "version 2");
        let error = Manifest::parse(text.as_bytes(), Path::new("x")).unwrap_err();
        assert!(matches!(error, Error::StoreVersion { found: 2, supported: 1, .. }), "{error}");
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_store() {
        for bad in ["../x", "", ".x", "a/b", "a b"] {
            assert_eq!(plain_name(bad), None);
        }
    }
}
