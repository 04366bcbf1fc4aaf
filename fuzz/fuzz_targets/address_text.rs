//! Any text as an address of any network: an error or a script, whose own text is read back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::script::{Network, address_text, classify, parse, script_of};

fuzz_target!(|text: &str| {
    for network in Network::ALL {
        if let Ok((kind, payload)) = parse(network, text) {
            assert_eq!(classify(&script_of(kind, payload.as_ref())).0, kind);
            if let Some(own) = address_text(network, kind, payload.as_ref()) {
                let (again, same) = parse(network, &own).expect("satrail reads the addresses that it writes");
                assert!(again == kind && same.as_ref() == payload.as_ref());
            }
        }
    }
});
