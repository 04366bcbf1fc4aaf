//! Stores that are none, damaged, newer, in use or in the wrong place.

use std::path::{Path, PathBuf};

use satrail::Error;
use satrail::chain::Chain;
use satrail::script::Network;
use satrail::store::{Store, Writer};
use tempfile::TempDir;

use crate::build::work::{Answers, Clean, bring, digest, scratch, try_bring};
use crate::build::{Layout, Rng, Tree, write};

fn tree() -> Tree {
    Tree::line(31, 12, 4)
}

/// Block files and a store of them.
fn place() -> (TempDir, PathBuf, PathBuf) {
    let folder = scratch();
    let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
    write(&files, &tree().all(), Layout::default(), &mut Rng::new(31));
    (folder, files, store)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_with_other_files_is_not_made_a_store() {
    // Names that a store might give, but does not.
    for name in
        ["notes.txt", "index.html", "manifest.json", "scan.pdf", "postings.csv", "lock.txt", "checksums.sha256", "readers.md"]
    {
        let (_folder, files, store) = place();
        std::fs::create_dir(&store).unwrap();
        std::fs::write(store.join(name), b"precious").unwrap();
        let error = try_bring(&files, &store).unwrap_err();
        assert!(matches!(&error, Error::NotAStore { reason, .. } if reason.contains("other files")), "{name}: {error:?}");
        assert_eq!(names(&store), [name]);
    }
}

#[test]
fn other_files_in_a_store_are_left_alone() {
    let (_folder, files, store) = place();
    bring(&files, &store);
    for name in ["notes.txt", "index.html", "blocks.hash.bak"] {
        std::fs::write(store.join(name), b"precious").unwrap();
    }
    // As if a writer had been killed, with something of its own left behind.
    std::fs::write(store.join("writing"), b"").unwrap();
    std::fs::write(store.join("postings.99"), b"left behind").unwrap();
    let before = digest(&store);
    assert_eq!(bring(&files, &store).height, Some(12));
    assert_eq!(digest(&store), before);
    let names = names(&store);
    for name in ["notes.txt", "index.html", "blocks.hash.bak"] {
        assert!(names.iter().any(|n| n == name), "{name}");
    }
    assert!(!names.iter().any(|n| n == "postings.99" || n == "writing"));
}

#[test]
fn an_empty_folder_becomes_a_store() {
    let (_folder, files, store) = place();
    std::fs::create_dir(&store).unwrap();
    assert_eq!(bring(&files, &store).height, Some(12));
}

#[test]
fn a_file_is_no_place_for_a_store() {
    let (_folder, files, store) = place();
    std::fs::write(&store, b"precious").unwrap();
    let error = try_bring(&files, &store).unwrap_err();
    assert!(matches!(&error, Error::NotAStore { reason, .. } if reason == "it is a file"), "{error:?}");
    assert_eq!(std::fs::read(&store).unwrap(), b"precious");
    assert!(matches!(Store::open(&store), Err(Error::NotAStore { .. })));
}

#[test]
fn a_store_that_lost_its_manifest_is_not_written_over() {
    let (_folder, files, store) = place();
    bring(&files, &store);
    std::fs::remove_file(store.join("manifest")).unwrap();
    let before = names(&store);
    let error = try_bring(&files, &store).unwrap_err();
    assert!(matches!(&error, Error::NotAStore { reason, .. } if reason.contains("manifest")), "{error:?}");
    assert_eq!(names(&store), before);
}

#[test]
fn what_is_no_store_is_not_opened() {
    let folder = scratch();
    assert!(matches!(Chain::open(&folder.path().join("nowhere")), Err(Error::NotFound { what: "store", .. })));
    assert!(matches!(Chain::open(folder.path()), Err(Error::NotAStore { .. })));
    std::fs::write(folder.path().join("manifest"), b"{\"something\": \"else\"}").unwrap();
    assert!(matches!(Chain::open(folder.path()), Err(Error::NotAStore { .. })));
    std::fs::write(folder.path().join("manifest"), [0xff; 100]).unwrap();
    assert!(matches!(Chain::open(folder.path()), Err(Error::NotAStore { .. })));
}

#[test]
fn a_store_of_a_newer_format_is_told() {
    let (_folder, files, store) = place();
    bring(&files, &store);
    let manifest = std::fs::read_to_string(store.join("manifest")).unwrap();
    std::fs::write(store.join("manifest"), manifest.replace("version 1\n", "version 7\n")).unwrap();
    for error in [Chain::open(&store).map(drop).unwrap_err(), try_bring(&files, &store).map(drop).unwrap_err()] {
        assert!(matches!(error, Error::StoreVersion { found: 7, supported: 1, .. }), "{error:?}");
    }
}

#[test]
fn a_flipped_byte_of_the_manifest_is_noticed() {
    let (_folder, files, store) = place();
    bring(&files, &store);
    let (path, mut rng) = (store.join("manifest"), Rng::new(32));
    let manifest = std::fs::read(&path).unwrap();
    for _ in 0..200 {
        let mut damaged = manifest.clone();
        damaged[rng.below(manifest.len())] ^= 1 << rng.below(8);
        std::fs::write(&path, &damaged).unwrap();
        for error in [Chain::open(&store).map(drop).unwrap_err(), try_bring(&files, &store).map(drop).unwrap_err()] {
            let known = matches!(error, Error::NotAStore { .. } | Error::Corrupt { .. } | Error::StoreVersion { .. });
            assert!(known, "{error:?}");
        }
    }
    std::fs::write(&path, &manifest).unwrap();
    assert_eq!(bring(&files, &store).height, Some(12));
}

#[test]
fn a_file_of_the_store_that_is_cut_short_or_missing_is_named() {
    let (folder, files, store) = place();
    bring(&files, &store);
    let copy = folder.path().join("copy");
    for name in names(&store).iter().filter(|n| !["lock", "lock.holder", "readers", "manifest"].contains(&&n[..])) {
        for missing in [false, true] {
            _ = std::fs::remove_dir_all(&copy);
            std::fs::create_dir(&copy).unwrap();
            names(&store).iter().for_each(|n| _ = std::fs::copy(store.join(n), copy.join(n)).unwrap());
            let (path, length) = (copy.join(name), std::fs::metadata(store.join(name)).unwrap().len());
            match missing {
                true => std::fs::remove_file(&path).unwrap(),
                false => std::fs::File::options().write(true).open(&path).unwrap().set_len(length.saturating_sub(1)).unwrap(),
            }
            if length == 0 && !missing {
                continue;
            }
            let named = |error: Error| matches!(&error, Error::Corrupt { path, .. } if path.ends_with(name));
            let is = |stem: &str| name.starts_with(stem);
            // Readers need neither checksums nor scan, and what a scan found can be found again. Postings are not read to add more.
            assert!(is("scan.") || is("checksums.") || named(Chain::open(&copy).map(drop).unwrap_err()), "{name}");
            match try_bring(&files, &copy) {
                Ok(report) => assert!(report.height == Some(12) && (is("scan.") || is("postings.")), "{name}"),
                Err(error) => assert!(named(error), "{name}"),
            }
            assert!(!missing || is("scan.") || !path.exists(), "{name} is not made anew");
        }
    }
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let (_folder, files, store) = place();
    bring(&files, &store);
    let writer = Writer::open(&store).unwrap();
    let holder = format!("process {}", std::process::id());
    for error in [Writer::open(&store).map(drop).unwrap_err(), try_bring(&files, &store).map(drop).unwrap_err()] {
        assert!(matches!(&error, Error::Locked { holder: told, .. } if *told == holder), "{error:?}");
    }
    // Readers do not mind.
    assert_eq!(Chain::open(&store).unwrap().height().0, 12);
    writer.close().unwrap();
    assert_eq!(bring(&files, &store).height, Some(12));
    assert!(Answers::of(&Chain::open(&store).unwrap()) == Answers::of(&Clean::best(&tree()).chain));
}

#[test]
fn the_first_of_two_writers_of_a_new_store_decides_its_network() {
    let folder = scratch();
    let store = folder.path().join("store");
    Writer::create(&store, Network::Regtest, Network::Regtest.magic()).unwrap().close().unwrap();
    let error = Writer::create(&store, Network::Mainnet, Network::Mainnet.magic()).map(drop).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
}
