//! Any bytes as a manifest: an error, or one that survives its own text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use satrail::store::Manifest;

fuzz_target!(|bytes: &[u8]| {
    let folder = Path::new("store");
    // The checksum is put right, so that what stands before it is reached.
    let body = bytes.iter().rposition(|b| *b == b'\n').map_or(bytes, |end| &bytes[..=end]);
    let text = [body, format!("checksum {:016x}\n", xxhash_rust::xxh3::xxh3_64(body)).as_bytes()].concat();
    for bytes in [bytes, &text] {
        if let Ok(manifest) = Manifest::parse(bytes, folder) {
            assert_eq!(Manifest::parse(manifest.text().as_bytes(), folder).expect("a manifest reads its own text"), manifest);
        }
    }
});
