//! The files: whether they are there, long enough, and as they were written.

use std::path::Path;

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::checksums::{Checksums, read_checked};
use crate::store::columns::{Role, SPECS, file_name};
use crate::store::manifest::Manifest;
use crate::verify::inspection::Inspection;

/// An opened store, and its checksums if their file is good.
pub type Opened = (Store, Option<Checksums>);
/// A file, and what is wrong with it.
type Found = (String, String);

/// Opens the store if its files are there.
pub fn open(folder: &Path, inspection: &mut Inspection<'_>) -> Result<Option<Opened>> {
    loop {
        let (opened, problems) = look(folder)?;
        let commit = opened.as_ref().map(|(store, _)| store.manifest.commit);
        // A writer that commits meanwhile removes small files that the commit before it named.
        if !problems.is_empty() && commit.is_some_and(|commit| commit_of(folder).is_some_and(|now| now != commit)) {
            continue;
        }
        let files = Manifest::read(folder).map_or(0, |manifest| names_in(&manifest).len() as u64);
        inspection.begin("files", files + 1);
        problems.iter().for_each(|(place, what)| inspection.problem(place, None, what));
        inspection.end();
        return Ok(opened);
    }
}

/// The number of a store's last commit.
pub fn commit_of(folder: &Path) -> Option<u64> {
    Manifest::read(folder).ok().map(|manifest| manifest.commit)
}

/// A file's name, to be told as the place of a problem.
pub fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn look(folder: &Path) -> Result<(Option<Opened>, Vec<Found>)> {
    let mut problems = Vec::new();
    let Some(store) = noted(Store::open(folder), &mut problems)? else {
        let missing = missing_files(folder);
        return Ok((None, if missing.is_empty() { problems } else { missing }));
    };
    let checksums = noted(Checksums::read(folder, &store.manifest.checksums), &mut problems)?;
    if let Some(scan) = &store.manifest.scan {
        noted(read_checked(folder, scan), &mut problems)?;
    }
    Ok((Some((store, checksums)), problems))
}

/// Takes note of damage; any other error is one.
fn noted<T>(result: Result<T>, problems: &mut Vec<Found>) -> Result<Option<T>> {
    match result {
        Err(Error::Corrupt { path, what }) => {
            problems.push((name_of(&path), what));
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// The files that the manifest names and the folder does not have.
fn missing_files(folder: &Path) -> Vec<Found> {
    let names = Manifest::read(folder).map_or(Vec::new(), |manifest| names_in(&manifest));
    let missing = names.into_iter().filter(|name| !folder.join(name).exists());
    missing.map(|name| (name, "is missing".to_string())).collect()
}

fn names_in(manifest: &Manifest) -> Vec<String> {
    let mut names: Vec<String> = SPECS.iter().map(|spec| file_name(spec.name, manifest.generation)).collect();
    names.extend([&manifest.transaction_index.file, &manifest.address_index.file, &manifest.checksums.file].map(String::clone));
    names.extend(manifest.runs.iter().map(|run| run.file.clone()));
    names.extend(manifest.scan.iter().map(|scan| scan.file.clone()));
    names
}

/// Checks the sums of all columns that have some, and of the postings.
pub fn checksums(store: &Store, sums: Option<&Checksums>, inspection: &mut Inspection<'_>) -> Result<()> {
    let columns = store.columns.all();
    let summed = SPECS.iter().zip(&columns).filter(|(spec, _)| sums.is_some() && spec.role != Role::Mutable);
    let in_columns: usize = summed.map(|(_, column)| column.content().len()).sum();
    let in_runs: usize = store.runs.iter().map(|run| run.mapping().len()).sum();
    inspection.begin("checksums", (in_columns + in_runs) as u64);
    let mut done = 0;
    let mut tick = |bytes| {
        done += bytes;
        inspection.look_at_clock(done)
    };
    let different = sums.map_or(Ok(Vec::new()), |sums| sums.differences(&store.columns, &mut tick))?;
    let mut broken = Vec::new();
    for run in &store.runs {
        if !run.is_intact(&mut tick)? {
            broken.push(&run.entry().file);
        }
    }
    for (column, byte) in different {
        let row = byte / columns[column].width() as u64;
        inspection.problem(SPECS[column].name, row, "here or in the MiB that follows, bytes are not as they were written");
    }
    broken.into_iter().for_each(|file| inspection.problem(file, None, "does not have the checksum that it states"));
    inspection.end();
    Ok(())
}
