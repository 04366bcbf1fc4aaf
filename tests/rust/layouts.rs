//! One chain that Bitcoin Core made, in the three ways in which it lays out its block files.

use std::path::{Path, PathBuf};

use satrail::chain::Chain;
use satrail::store::Manifest;

use crate::build::work::{Answers, bring, scratch};

const LAYOUTS: [&str; 3] = ["tests/data/regtest-core/default", "tests/data/regtest-core/noxor", "python/satrail/demo_chain"];

fn folder(layout: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(layout)
}

#[test]
fn three_layouts_of_one_chain_have_one_digest() {
    let scratch = scratch();
    let mut answers: Vec<Answers> = Vec::new();
    for (i, layout) in LAYOUTS.iter().enumerate() {
        let store = scratch.path().join(i.to_string());
        let report = bring(&folder(layout), &store);
        assert_eq!((report.height, report.blocks_added, report.stale_blocks), (Some(495), 496, 11), "{layout}");
        assert_eq!((&report.gap, &report.invalid_blocks[..], report.blocks_removed), (&None, &[][..], 0), "{layout}");
        assert_eq!((report.skipped_bytes, report.cut_short, report.overspent), (0, 0, 0), "{layout}");
        answers.push(Answers::of(&Chain::open(&store).unwrap()));
    }
    assert!(answers[0] == answers[1] && answers[0] == answers[2]);
}

#[test]
fn an_ingest_without_news_makes_no_commit() {
    let scratch = scratch();
    bring(&folder(LAYOUTS[2]), scratch.path());
    let before = Manifest::read(scratch.path()).unwrap();
    bring(&folder(LAYOUTS[2]), scratch.path());
    assert_eq!(Manifest::read(scratch.path()).unwrap(), before);
    // Another folder with the same blocks only becomes one more source.
    let report = bring(&folder(LAYOUTS[0]), scratch.path());
    assert_eq!((report.blocks_added, report.height), (0, Some(495)));
    let after = Manifest::read(scratch.path()).unwrap();
    assert_eq!((after.counts, after.sources.len()), (before.counts, 2));
}
