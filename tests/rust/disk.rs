//! Full disks and places that cannot be written. Each test runs itself in a process of its own, with a small file system or a
//! limit for the size of files.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use satrail::Error;
use satrail::chain::Chain;
use satrail::ingest::IngestOptions;

use crate::build::work::{Truth, bring, options, scratch, try_bring};
use crate::build::{Folder, Rng, Tree};

const PLACE: &str = "SATRAIL_TEST_PLACE";

/// Runs a test of this file again, behind a shell command; false when that command failed.
fn run_behind(mut shell: Command, command: &str, test: &str, place: &Path) -> bool {
    let script = format!("{command}; exec \"$0\" --exact disk::{test} --nocapture");
    let Ok(output) = shell.args(["-ec", &script]).arg(std::env::current_exe().unwrap()).env(PLACE, place).output() else {
        return false;
    };
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let began = text.contains("running 1 test");
    assert!(!began || output.status.success(), "{text}");
    began
}

/// A shell whose mounts are its own.
fn shell_that_mounts() -> Command {
    let mut shell = Command::new("unshare");
    shell.args([if rustix::process::geteuid().is_root() { "-m" } else { "-rm" }, "sh"]);
    shell
}

/// A chain in two branches, in its files: so that there is also something to be rolled back.
fn tree() -> (Tree, usize, usize) {
    let mut rng = Rng::new(51);
    let (mut tree, mut stem) = Tree::with_genesis();
    (0..60).for_each(|_| _ = tree.extend(&mut stem, 8, &mut rng));
    let (mut first, mut second) = (stem.clone(), stem);
    (0..5).for_each(|_| _ = tree.extend(&mut first, 8, &mut rng));
    (0..9).for_each(|_| _ = tree.extend(&mut second, 8, &mut rng));
    (tree, first.tip, second.tip)
}

#[test]
fn a_full_disk_leaves_the_last_commit_and_the_ingest_goes_on_when_there_is_room() {
    const NAME: &str = "a_full_disk_leaves_the_last_commit_and_the_ingest_goes_on_when_there_is_room";
    let Ok(place) = std::env::var(PLACE) else {
        let folder = scratch();
        let mount = format!("mount -t tmpfs -o size=300k satrail {}", folder.path().display());
        if !run_behind(shell_that_mounts(), &mount, NAME, folder.path()) {
            println!("skipped: no file system can be mounted here");
        }
        return;
    };
    let folder = scratch();
    let (tree, first, second) = tree();
    let mut truth = Truth::of(&tree, &[first, second]);
    let store = Path::new(&place).join("store");
    let mut files = Folder::create(&folder.path().join("blocks"), [5; 8]);
    tree.chain(first).iter().for_each(|block| _ = files.add(0, block));
    let (mut full, mut size, mut reader) = (0, 300, None);
    for tip in [first, second] {
        if tip == second {
            tree.chain(second).iter().for_each(|block| _ = files.add(1, block));
        }
        loop {
            let commit_every = [1, 7, 60][full % 3];
            match satrail::ingest::ingest(&files.path, &store, &IngestOptions { commit_every, ..options() }, |_| true) {
                Ok(report) => {
                    assert_eq!(report.tip, Some(tree.hash_bytes(tip)));
                    break;
                }
                Err(Error::DiskFull { .. }) => {
                    truth.check(&store);
                    full += 1;
                    size += 50;
                    let room = format!("remount,size={size}k");
                    assert!(Command::new("mount").args(["-o", &room, &place]).status().unwrap().success());
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        // With a reader the rows that stay are copied, for which there is no room at first either.
        reader = Some(Chain::open(&store).unwrap());
    }
    drop(reader);
    assert!(full > 6, "the disk was full {full} times, {size}");
    assert_eq!(truth.check(&store), Some(69));
}

#[test]
fn files_that_may_not_grow_leave_the_last_commit() {
    const NAME: &str = "files_that_may_not_grow_leave_the_last_commit";
    let Ok(place) = std::env::var(PLACE) else {
        let folder = scratch();
        let (tree, first, second) = tree();
        let mut truth = Truth::of(&tree, &[first, second]);
        let store = folder.path().join("store");
        let mut files = Folder::create(&folder.path().join("blocks"), [5; 8]);
        tree.chain(first).iter().for_each(|block| _ = files.add(0, block));
        let mut reader = None;
        for tip in [first, second] {
            for blocks in [16, 24, 32, 48, 64, 96, 128, 160, 200, 256, 300, 350, 400, 500] {
                // The shell counts in units of 512 bytes; the signal for a file that is too large is ignored.
                if !run_behind(Command::new("sh"), &format!("trap '' XFSZ; ulimit -f {blocks}"), NAME, folder.path()) {
                    println!("skipped: no limit can be set here");
                    return;
                }
                truth.check(&store);
            }
            assert_eq!(bring(&files.path, &store).tip, Some(tree.hash_bytes(tip)));
            reader = Some(Chain::open(&store).unwrap());
            tree.chain(second).iter().for_each(|block| _ = files.add(1, block));
        }
        drop(reader);
        assert_eq!(truth.check(&store), Some(69));
        return;
    };
    let place = Path::new(&place);
    match try_bring(&place.join("blocks"), &place.join("store")) {
        Ok(_) => {}
        Err(Error::Io { source, .. }) => assert_eq!(source.kind(), std::io::ErrorKind::FileTooLarge),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_store_that_cannot_be_written_is_read_and_not_changed() {
    const NAME: &str = "a_store_that_cannot_be_written_is_read_and_not_changed";
    let Ok(place) = std::env::var(PLACE) else {
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        let tree = Tree::line(52, 6, 3);
        let mut blocks = Folder::create(&files, [0; 8]);
        tree.all()[..5].iter().for_each(|block| _ = blocks.add(0, block));
        bring(&files, &store);
        tree.all()[5..].iter().for_each(|block| _ = blocks.add(0, block));
        // Root may write anything, whatever its permissions say; a mount that is read-only binds it too.
        let path = folder.path().display();
        if !run_behind(
            shell_that_mounts(),
            &format!("mount --bind {path} {path}; mount -o remount,bind,ro {path}"),
            NAME,
            folder.path(),
        ) {
            println!("skipped: no file system can be mounted here");
        }
        return;
    };
    let (files, store) = (Path::new(&place).join("blocks"), Path::new(&place).join("store"));
    assert_eq!(Chain::open(&store).unwrap().height().0, 4);
    for store in [store, Path::new(&place).join("new")] {
        let error = try_bring(&files, &store).unwrap_err();
        assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    }
}
