//! Any text as a date: an error or a moment, whose own text is read back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::chain::time::{parse, text};

fuzz_target!(|given: &str| {
    if let Ok(moment) = parse(given) {
        assert_eq!(parse(&text(moment)).expect("satrail reads the dates that it writes"), moment);
    }
});
