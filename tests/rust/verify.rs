use std::path::Path;
use std::time::Instant;

use satrail::ingest::{IngestOptions, Until, ingest};
use satrail::verify::verify;

#[test]
fn timing() {
    for until in [None, Some(Until::Height(250)), Some(Until::Height(120))] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let blocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/satrail/demo_chain");
        let t = Instant::now();
        ingest(&blocks, &store, &IngestOptions { until, ..IngestOptions::default() }, |_| true).unwrap();
        println!("ingest {:?}", t.elapsed());
        for check_blocks in [false, true] {
            let t = Instant::now();
            let report = verify(&store, None, check_blocks, &mut |_| true).unwrap();
            println!("verify {:?}\n{report}", t.elapsed());
        }
        for e in std::fs::read_dir(&store).unwrap() {
            let e = e.unwrap();
            println!("{:?} {}", e.file_name(), e.metadata().unwrap().len());
        }
    }
}
