//! What a store says about a chain is what the blocks say.

use proptest::prelude::*;
use satrail::chain::Chain;
use satrail::ingest::IngestOptions;

use crate::build::work::{bring_with, options, scratch};
use crate::build::{Layout, Rng, Shape, Tree, write};
use crate::oracle::Oracle;

proptest! {
    #![proptest_config(crate::cases(8))]
    #[test]
    fn a_chain_says_what_its_blocks_say(seed: u64, threads in 1usize..4) {
        let mut rng = Rng::new(seed);
        let tree = Tree::random(Shape { seed, blocks: 40, transactions: 7, branches: 2, depth: 4 });
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &tree.all(), Layout::random(&mut rng), &mut rng);
        bring_with(&files, &store, &IngestOptions { threads: Some(threads), ..options() });
        let oracle = Oracle::of(&tree.chain(tree.best()), bitcoin::Network::Regtest);
        oracle.check(&Chain::open(&store).unwrap());
    }
}
