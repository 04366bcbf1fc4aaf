//! The names of a store's files: which belong to it, and which to its present commit.

use std::path::Path;

use crate::store::columns::{SPECS, file_name};
use crate::store::manifest::{self, Manifest};

/// Stands in the folder while a writer is at work, and after one was killed.
pub(crate) const DIRTY: &str = "writing";
/// Files that do not belong to a commit.
const ALWAYS: [&str; 5] = [manifest::FILE, "lock", "lock.holder", "readers", DIRTY];

/// A file name of the stem that is not taken.
pub(super) fn free_name(folder: &Path, stem: &str) -> String {
    (0u64..).map(|n| format!("{stem}.{n}")).find(|name| !folder.join(name).exists()).expect("there are enough numbers")
}

/// The files that a store of this manifest consists of, besides the manifest.
pub(super) fn files_of(manifest: &Manifest) -> Vec<String> {
    let mut files: Vec<String> = SPECS.iter().map(|spec| file_name(spec.name, manifest.generation)).collect();
    files.extend(manifest.runs.iter().map(|run| run.file.clone()));
    files.extend([&manifest.transaction_index.file, &manifest.address_index.file, &manifest.checksums.file].map(String::clone));
    files.extend(manifest.scan.iter().map(|scan| scan.file.clone()));
    files
}

/// Whether a file's name is one that a writer gives, so that it may be removed when it belongs to no commit.
pub(super) fn is_own_file(name: &str) -> bool {
    let name = name.strip_suffix(".new").unwrap_or(name);
    let stems = ["index.transactions", "index.addresses", "postings", "checksums", "scan"];
    let numbered = stems.iter().any(|stem| is_numbered(name, stem));
    numbered || is_column(name) || ALWAYS.contains(&name)
}

pub(super) fn is_column(name: &str) -> bool {
    SPECS.iter().any(|spec| is_numbered(name, spec.name))
}

/// Whether a name is the stem, a dot and a number.
pub(super) fn is_numbered(name: &str, stem: &str) -> bool {
    let number = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

/// Removes the store's files that do not belong to the commit: what a killed writer left, or what a reader kept from being removed.
pub(super) fn remove_strays(folder: &Path, manifest: Option<&Manifest>) {
    let kept = manifest.map_or(Vec::new(), files_of);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_own_file(&name) && !kept.contains(&name) && !ALWAYS.contains(&&*name) {
            _ = std::fs::remove_file(entry.path());
        }
    }
}
