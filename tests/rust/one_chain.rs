//! One chain has one digest, however its blocks lie in files and in whatever steps they come.

use satrail::ids::Height;
use std::path::Path;

use proptest::prelude::*;
use satrail::Error;
use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, Phase, Until, ingest};

use crate::build::work::{Answers, Clean, assert_intact, bring, bring_with, digest, options, scratch, until};
use crate::build::{Folder, Layout, Rng, Shape, Tree, write};

/// A tree whose branches often overtake each other while its blocks come in.
fn tree(seed: u64) -> Tree {
    Tree::random(Shape { seed, blocks: 24, transactions: 5, branches: 4, depth: 9 })
}

/// What a store answers that was made from a node's chain alone.
fn expected(tree: &Tree, tip: usize) -> Answers {
    Answers::of(&Clean::of(&tree.chain(tip)).chain)
}

fn answers(store: &Path) -> Answers {
    assert_intact(store);
    Answers::of(&Chain::open(store).unwrap())
}

proptest! {
    #![proptest_config(crate::cases(6))]

    #[test]
    fn threads_and_files_do_not_matter(seed: u64, threads in 1usize..5) {
        let (tree, mut rng) = (tree(seed), Rng::new(seed));
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &tree.all(), Layout::random(&mut rng), &mut rng);
        let commit_every = *rng.pick(&[1, 2, 7, u64::MAX]);
        let report = bring_with(&files, &store, &IngestOptions { threads: Some(threads), commit_every, ..options() });
        let best = tree.best();
        prop_assert_eq!(report.tip, Some(tree.hash_bytes(best)));
        prop_assert_eq!(report.gap, None);
        prop_assert_eq!(report.invalid_blocks, []);
        prop_assert_eq!(report.blocks_added as usize, tree.nodes[best].height + 1);
        // Without a reorganisation nothing but the best chain is ever added.
        prop_assert_eq!(report.blocks_removed, 0);
        prop_assert_eq!(report.stale_blocks as usize, stale(&tree, best, &(0..tree.nodes.len()).collect::<Vec<_>>()));
        prop_assert!(answers(&store) == expected(&tree, best));
    }

    #[test]
    fn cuts_by_height_and_date_do_not_matter(seed: u64) {
        let (tree, mut rng) = (tree(seed), Rng::new(seed));
        let clean = Clean::best(&tree);
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &tree.all(), Layout::random(&mut rng), &mut rng);
        let mut reader = None;
        let (mut height, mut before) = (0, 0);
        while height < clean.chain.height().0 {
            height += rng.below(8) as u32;
            let limit = if rng.one_in(2) {
                Until::Height(height)
            } else {
                let block = clean.chain.block(Height(height).min(clean.chain.height())).unwrap();
                Until::Time(block.median_time().unwrap() as i64 + rng.below(3) as i64)
            };
            let reached = bring_with(&files, &store, &until(limit)).height.unwrap();
            prop_assert_eq!(digest(&store), clean.digest(reached as u64 + 1));
            let asked = match limit {
                Until::Height(limit) => limit.min(clean.chain.height().0),
                Until::Time(time) => clean.chain.at_time(time).unwrap().height().0,
            };
            prop_assert_eq!(reached, asked.max(before), "{:?}", limit);
            before = reached;
            if rng.one_in(2) {
                reader = Some(Chain::open(&store).unwrap());
            }
        }
        drop(reader);
        // A limit below what is there shortens nothing.
        bring_with(&files, &store, &until(Until::Height(3)));
        prop_assert!(answers(&store) == Answers::of(&clean.chain));
    }

    #[test]
    fn blocks_may_come_bit_by_bit_and_in_any_order(seed: u64) {
        let (tree, mut rng) = (tree(seed), Rng::new(seed));
        let folder = scratch();
        let store = folder.path().join("store");
        let mut files = Folder::create(&folder.path().join("blocks"), rng.array());
        let mut order: Vec<usize> = (1..tree.nodes.len()).collect();
        // Mostly in order, so that there are chains to be reorganised, and not only one that appears at the end.
        for _ in 0..order.len() / 3 {
            let at = rng.below(order.len() - 4);
            rng.shuffle(&mut order[at..at + 4]);
        }
        if rng.one_in(2) {
            // The last branches first.
            let at = rng.below(order.len());
            order.rotate_left(at);
        }
        let mut there = vec![0];
        files.add(0, &tree.nodes[0].bytes);
        let (mut left, mut reader, mut file) = (&order[..], None, 0);
        while !left.is_empty() {
            let (now, later) = left.split_at((1 + rng.below(6)).min(left.len()));
            for node in now {
                files.add(file, &tree.nodes[*node].bytes);
                there.push(*node);
                file = if rng.one_in(4) { file + 1 } else { rng.below(file as usize + 1) as u32 };
            }
            if rng.one_in(3) {
                files.pad(file, 5_000);
            }
            left = later;
            let best = tree.best_of(&there).unwrap();
            let commit_every = *rng.pick(&[1, 3, u64::MAX]);
            if rng.one_in(3) {
                // Interrupted in the middle, perhaps of a reorganisation.
                let interrupted = ingest(&files.path, &store, &options(), |now| now.phase != Phase::Blocks);
                prop_assert!(matches!(interrupted, Ok(_) | Err(Error::Interrupted { .. })), "{:?}", interrupted);
            }
            let report = bring_with(&files.path, &store, &IngestOptions { commit_every, ..options() });
            prop_assert_eq!(report.tip, Some(tree.hash_bytes(best)));
            prop_assert_eq!(report.invalid_blocks, []);
            prop_assert_eq!(report.stale_blocks as usize, stale(&tree, best, &there), "stale blocks at {:?}", there);
            prop_assert_eq!(report.gap.map(|gap| gap.missing), widest_gap(&tree, &there));
            if rng.one_in(3) {
                prop_assert!(answers(&store) == expected(&tree, best));
            }
            reader = if rng.one_in(2) { Some(Chain::open(&store).unwrap()) } else { reader.filter(|_| rng.one_in(2)) };
        }
        drop(reader);
        prop_assert!(answers(&store) == expected(&tree, tree.best()));
    }

    #[test]
    fn an_interrupted_ingest_goes_on(seed: u64) {
        let (tree, mut rng) = (tree(seed), Rng::new(seed));
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &tree.all(), Layout::random(&mut rng), &mut rng);
        let clean = Clean::best(&tree);
        // The progress is asked at the end of the blocks even when they take no long time.
        let limit = until(Until::Height(rng.below(20) as u32));
        let interrupted = ingest(&files, &store, &limit, |now| now.phase != Phase::Blocks);
        let Err(Error::Interrupted { height }) = interrupted else { panic!("{interrupted:?}") };
        prop_assert_eq!(digest(&store), clean.digest(height as u64 + 1));
        prop_assert!(!store.join("writing").exists(), "nothing is left to be put right");
        bring(&files, &store);
        prop_assert!(answers(&store) == Answers::of(&clean.chain));
    }
}

/// Of the nodes that are there, those beside the best chain and not above it, on chains that reach back to the genesis block.
fn stale(tree: &Tree, best: usize, there: &[usize]) -> usize {
    let connected = |node: &usize| tree.path(*node).iter().all(|n| there.contains(n));
    let path = tree.path(best);
    let beside = |node: &usize| !path.contains(node) && tree.nodes[*node].height < path.len();
    there.iter().filter(|node| connected(node) && beside(node)).count()
}

/// The missing parent of the most blocks that have none.
fn widest_gap(tree: &Tree, there: &[usize]) -> Option<[u8; 32]> {
    let parent = |node: usize| tree.nodes[node].parent;
    let far_sides = there.iter().copied().filter(|node| parent(*node).is_some_and(|p| !there.contains(&p)));
    let behind = |far: usize| {
        let reaches = |node: &&usize| tree.path(**node).iter().skip_while(|n| **n != far).all(|n| there.contains(n));
        there.iter().filter(|node| tree.path(**node).contains(&far)).filter(reaches).count()
    };
    let widest = far_sides.max_by(|a, b| behind(*a).cmp(&behind(*b)).then_with(|| tree.hash_bytes(*b).cmp(&tree.hash_bytes(*a))));
    widest.and_then(parent).map(|missing| tree.hash_bytes(missing))
}

#[test]
fn what_stays_keeps_its_numbers_in_a_reorganisation() {
    for with_reader in [false, true] {
        let mut rng = Rng::new(5);
        let (mut tree, mut stem) = Tree::with_genesis();
        (0..15).for_each(|_| _ = tree.extend(&mut stem, 6, &mut rng));
        let (mut first, mut second, common) = (stem.clone(), stem.clone(), stem.tip);
        (0..4).for_each(|_| _ = tree.extend(&mut first, 6, &mut rng));
        (0..6).for_each(|_| _ = tree.extend(&mut second, 6, &mut rng));
        let folder = scratch();
        let store = folder.path().join("store");
        let mut files = Folder::create(&folder.path().join("blocks"), [0; 8]);
        tree.chain(first.tip).iter().for_each(|block| _ = files.add(0, block));
        bring(&files.path, &store);
        let height = tree.nodes[common].height as i64;
        let before = Chain::open(&store).unwrap().at_height(height).unwrap();
        let answers_before = Answers::of(&before);
        let reader = with_reader.then_some(before);
        tree.path(second.tip)[height as usize + 1..].iter().for_each(|node| _ = files.add(1, &tree.nodes[*node].bytes));
        let report = bring(&files.path, &store);
        assert_eq!((report.blocks_removed, report.blocks_added), (4, 6));
        assert_eq!(report.gap, None, "the common block is in the store");
        let after = Chain::open(&store).unwrap();
        assert!(Answers::of(&after) == expected(&tree, second.tip));
        assert!(Answers::of(&after.at_height(height).unwrap()) == answers_before);
        drop(reader);
    }
}

#[test]
fn a_branch_that_came_from_another_folder_is_found_again() {
    let mut rng = Rng::new(6);
    let (mut tree, mut stem) = Tree::with_genesis();
    (0..8).for_each(|_| _ = tree.extend(&mut stem, 4, &mut rng));
    let (mut first, mut second) = (stem.clone(), stem);
    (0..4).for_each(|_| _ = tree.extend(&mut first, 4, &mut rng));
    (0..6).for_each(|_| _ = tree.extend(&mut second, 4, &mut rng));
    let before = first.tip;
    (0..4).for_each(|_| _ = tree.extend(&mut first, 4, &mut rng));
    let folder = scratch();
    let store = folder.path().join("store");
    let mut files = Folder::create(&folder.path().join("old place"), [0; 8]);
    tree.chain(before).iter().for_each(|block| _ = files.add(0, block));
    bring(&files.path, &store);
    // The node's folder moves; its files stay what they are.
    std::fs::rename(&files.path, folder.path().join("new place")).unwrap();
    files.path = folder.path().join("new place");
    bring(&files.path, &store);
    for tip in [second.tip, first.tip] {
        let there = tree.path(if tip == first.tip { before } else { stem_of(&tree, tip, 8) });
        tree.path(tip).iter().filter(|node| !there.contains(node)).for_each(|node| _ = files.add(1, &tree.nodes[*node].bytes));
        let report = bring(&files.path, &store);
        assert_eq!((report.tip, report.gap), (Some(tree.hash_bytes(tip)), None));
    }
    assert!(answers(&store) == expected(&tree, first.tip));
}

/// The node at a height below another one.
fn stem_of(tree: &Tree, node: usize, height: usize) -> usize {
    tree.path(node)[height]
}

#[test]
fn an_ingest_without_news_changes_nothing() {
    let tree = tree(3);
    let folder = scratch();
    let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
    write(&files, &tree.all(), Layout { more_files: 2, padding: true, ..Layout::default() }, &mut Rng::new(3));
    bring(&files, &store);
    let before = contents(&store);
    for _ in 0..2 {
        let report = bring(&files, &store);
        assert_eq!((report.blocks_added, report.blocks_removed), (0, 0));
        assert_eq!(report.height, Some(tree.nodes[tree.best()].height as u32));
        assert_eq!(contents(&store), before);
    }
}

/// All files of a store and what is in them, but for the name of the last writer.
fn contents(store: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(store).unwrap().map(|entry| entry.unwrap());
    let read = |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    let mut files: Vec<_> = entries.map(read).filter(|(name, _)| name != "lock.holder").collect();
    files.sort();
    files
}
