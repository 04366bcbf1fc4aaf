//! Readers see the commit that they opened, whatever is written meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, ingest};

use crate::build::work::{Answers, Clean, bring, options, scratch};
use crate::build::{Folder, Rng, Tree};

/// A reader, and what it answered when it was opened.
struct Reader(Chain, Answers);

impl Reader {
    fn open(store: &Path) -> Reader {
        let chain = Chain::open(store).unwrap();
        let answers = Answers::of(&chain);
        Reader(chain, answers)
    }

    fn is_steady(&self) {
        assert!(Answers::of(&self.0) == self.1, "a reader at height {} changed its answers", self.0.height());
    }
}

/// Two branches of a tree, the second with more work, the first one overtaking it in the end.
fn branches() -> (Tree, [usize; 3]) {
    let mut rng = Rng::new(41);
    let (mut tree, mut stem) = Tree::with_genesis();
    (0..10).for_each(|_| _ = tree.extend(&mut stem, 6, &mut rng));
    let (mut first, mut second) = (stem.clone(), stem);
    (0..5).for_each(|_| _ = tree.extend(&mut first, 6, &mut rng));
    (0..8).for_each(|_| _ = tree.extend(&mut second, 6, &mut rng));
    let before = first.tip;
    (0..9).for_each(|_| _ = tree.extend(&mut first, 6, &mut rng));
    (tree, [before, second.tip, first.tip])
}

#[test]
fn a_reader_keeps_its_answers_through_blocks_and_reorganisations() {
    let (tree, tips) = branches();
    let folder = scratch();
    let store = folder.path().join("store");
    let mut files = Folder::create(&folder.path().join("blocks"), [0; 8]);
    let (mut readers, mut there): (Vec<Reader>, Vec<usize>) = (vec![], vec![]);
    for tip in tips {
        for node in tree.path(tip) {
            if there.contains(&node) {
                continue;
            }
            there.push(node);
            files.add(0, &tree.nodes[node].bytes);
            bring(&files.path, &store);
            readers.iter().for_each(Reader::is_steady);
            if node % 3 == 0 {
                readers.push(Reader::open(&store));
            }
        }
        let reader = Reader::open(&store);
        assert!(reader.1 == Answers::of(&Clean::of(&tree.chain(tip)).chain));
        readers.push(reader);
    }
    // The copies that the readers made necessary are gone with the commits that they belonged to.
    drop(readers);
    let copies =
        std::fs::read_dir(&store).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("keys.key"));
    assert_eq!(copies.count(), 1);
}

#[test]
fn a_store_can_be_read_at_any_moment_of_an_ingest() {
    let (tree, tips) = branches();
    let folder = scratch();
    let store = folder.path().join("store");
    let mut files = Folder::create(&folder.path().join("blocks"), [3; 8]);
    tree.chain(tips[0]).iter().for_each(|block| _ = files.add(0, block));
    bring(&files.path, &store);
    let clean: Vec<Clean> = tips.iter().map(|tip| Clean::of(&tree.chain(*tip))).collect();
    let done = AtomicBool::new(false);
    let opened = std::thread::scope(|scope| {
        let (done, store, clean) = (&done, &store, &clean);
        let reading = scope.spawn(move || {
            let mut opened = 0;
            while !done.load(Relaxed) {
                let chain = Chain::open(store).unwrap();
                let tip = chain.tip().hash().unwrap();
                let expected = clean.iter().find_map(|clean| clean.chain.at_hash(&tip).ok()).expect("a tip of one of the branches");
                assert!(Answers::of(&chain) == Answers::of(&expected), "at height {}", chain.height());
                opened += 1;
            }
            opened
        });
        // To the second branch and back to the first, one block at a time, and each commit is one that may be read.
        for (file, tip) in [(1, tips[1]), (2, tips[2])] {
            for node in tree.path(tip) {
                files.add(file, &tree.nodes[node].bytes);
                let options = IngestOptions { commit_every: 1, ..options() };
                ingest(&files.path, store, &options, |_| true).unwrap();
            }
        }
        done.store(true, Relaxed);
        reading.join().unwrap()
    });
    assert!(opened > 2, "it was opened {opened} times");
    assert!(Answers::of(&Chain::open(&store).unwrap()) == Answers::of(&clean[2].chain));
}
