//! A writer may be killed at any instant: the store opens at a commit, and the next ingest goes on to the same chain as ever.
#![cfg(unix)]

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, ingest};

use crate::build::work::{Answers, Truth, bring, options, scratch};
use crate::build::{Folder, Layout, Rng, Tree, write};

const JOB: &str = "SATRAIL_TEST_INGEST_TO_KILL";

/// Does nothing unless a test of this file runs it in a process of its own: an ingest that ends itself, as by kill -9, after some
/// microseconds.
#[test]
fn an_ingest_to_be_killed() {
    let Ok(job) = std::env::var(JOB) else { return };
    let [blocks, store, micros, commit_every] = job.lines().collect::<Vec<_>>()[..] else { panic!("{job}") };
    let (micros, commit_every): (u64, u64) = (micros.parse().unwrap(), commit_every.parse().unwrap());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_micros(micros));
        _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
    let options = IngestOptions { commit_every, threads: Some(1 + micros as usize % 3), ..options() };
    let start = Instant::now();
    ingest(Path::new(blocks), Path::new(store), &options, |_| true).unwrap();
    println!("took {}", start.elapsed().as_micros());
    std::process::exit(0);
}

/// The microseconds of an ingest in a process of its own; `None` when it was killed before its end.
fn ingest_for(micros: u64, blocks: &Path, store: &Path, commit_every: u64) -> Option<u64> {
    let job = format!("{}\n{}\n{micros}\n{commit_every}", blocks.display(), store.display());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "kills::an_ingest_to_be_killed", "--nocapture"]).env(JOB, job);
    let output = child.output().unwrap();
    if output.status.signal() == Some(9) {
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let took = text.lines().find_map(|line| Some(line.split_once("took ")?.1.parse().unwrap()));
    Some(took.expect("the ingest tells how long it took"))
}

const NEVER: u64 = 60_000_000;

/// A moment of an ingest that once took so long. After many kills it may be a later one, for the machine may have become slower.
fn moment(rng: &mut Rng, took: u64, kills_in_a_row: u64) -> u64 {
    rng.next() % (took + took / 4 * kills_in_a_row + 1)
}

#[test]
fn a_killed_ingest_leaves_its_last_commit_and_goes_on() {
    let (mut rng, tree) = (Rng::new(1), Tree::line(1, 60, 6));
    let folder = scratch();
    let files = folder.path().join("blocks");
    write(&files, &tree.all(), Layout { more_files: 3, disorder: true, ..Layout::default() }, &mut rng);
    let mut truth = Truth::of(&tree, &[tree.best()]);
    let whole = ingest_for(NEVER, &files, &folder.path().join("first"), 3).unwrap();
    let (mut kills, mut heights) = (0, Vec::new());
    for round in 0.. {
        let store = folder.path().join(format!("store{round}"));
        let mut height = None;
        for in_a_row in 0.. {
            let commit_every = 1 + rng.below(8) as u64;
            let ended = ingest_for(moment(&mut rng, whole, in_a_row / 8), &files, &store, commit_every).is_some();
            let now = truth.check(&store);
            assert!(now >= height, "what was committed stays");
            height = now;
            if ended {
                break;
            }
            kills += 1;
            heights.push(height);
        }
        assert_eq!(height, Some(60));
        let report = bring(&files, &store);
        assert_eq!((report.blocks_added, report.height), (0, Some(60)));
        if kills >= 80 {
            break;
        }
    }
    heights.sort();
    heights.dedup();
    assert!(heights.len() > 10, "the kills struck at heights {heights:?}");
}

#[test]
fn a_kill_in_a_reorganisation_leaves_the_old_chain_or_the_new_one() {
    let mut rng = Rng::new(2);
    let (mut tree, mut stem) = Tree::with_genesis();
    (0..12).for_each(|_| _ = tree.extend(&mut stem, 6, &mut rng));
    let (mut old, mut new) = (stem.clone(), stem);
    (0..8).for_each(|_| _ = tree.extend(&mut old, 6, &mut rng));
    (0..12).for_each(|_| _ = tree.extend(&mut new, 6, &mut rng));
    let mut back = old.clone();
    (0..6).for_each(|_| _ = tree.extend(&mut back, 6, &mut rng));
    let mut truth = Truth::of(&tree, &[new.tip, back.tip]);
    let folder = scratch();
    let (mut kills, mut whole) = (0, None);
    let mut tips = HashMap::new();
    for round in 0.. {
        let store = folder.path().join(format!("store{round}"));
        let mut files = Folder::create(&folder.path().join(format!("blocks{round}")), rng.array());
        tree.chain(old.tip).iter().for_each(|block| _ = files.add(0, block));
        bring(&files.path, &store);
        // To the other branch, and back to the first one, which has grown: its old blocks must still be known then.
        for to in [new.tip, back.tip] {
            let known = tree.path(old.tip);
            tree.path(to).iter().filter(|node| !known.contains(node)).for_each(|n| _ = files.add(1, &tree.nodes[*n].bytes));
            let mut reader = None;
            for in_a_row in 0.. {
                if rng.one_in(3) {
                    reader = Chain::open(&store).ok().filter(|_| rng.one_in(2)).map(|chain| (Answers::of(&chain), chain));
                }
                let micros = whole.map_or(NEVER, |took| moment(&mut rng, took, in_a_row));
                let ended = ingest_for(micros, &files.path, &store, 1 + rng.below(6) as u64);
                let height = truth.check(&store).expect("there was a store before");
                *tips.entry((to, height)).or_insert(0) += 1;
                if let Some((answers, chain)) = &reader {
                    assert!(Answers::of(chain) == *answers, "a reader's answers stay");
                }
                if let Some(took) = ended {
                    whole.get_or_insert(took);
                    break;
                }
                kills += 1;
            }
            assert_eq!(Chain::open(&store).unwrap().tip().hash().unwrap(), tree.hash_bytes(to));
        }
        if kills >= 90 {
            break;
        }
    }
    assert!(tips.len() > 12, "the kills struck at {tips:?}");
}

#[test]
fn kills_of_many_small_ingests_do_not_add_up() {
    let (mut rng, tree) = (Rng::new(3), Tree::line(3, 40, 5));
    let mut truth = Truth::of(&tree, &[tree.best()]);
    let folder = scratch();
    let mut kills = 0;
    for round in 0.. {
        let store = folder.path().join(format!("store{round}"));
        let mut files = Folder::create(&folder.path().join(format!("blocks{round}")), rng.array());
        files.add(0, &tree.nodes[0].bytes);
        let took = ingest_for(NEVER, &files.path, &store, 1).unwrap();
        for (height, node) in tree.nodes.iter().enumerate().skip(1) {
            files.add(height as u32 / 10, &node.bytes);
            // Some ingests are killed more than once, some end, and some find what two killed ones before them left.
            for in_a_row in 0..rng.below(4) as u64 {
                let ended = ingest_for(moment(&mut rng, took, in_a_row), &files.path, &store, 1 + rng.below(2) as u64);
                truth.check(&store).expect("there was a store before");
                if ended.is_some() {
                    break;
                }
                kills += 1;
            }
        }
        bring(&files.path, &store);
        assert_eq!(truth.check(&store), Some(40));
        if kills >= 40 {
            break;
        }
    }
}
