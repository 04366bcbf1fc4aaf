//! Addresses as text: writing them, and reading what people and files give, with errors that say what is wrong.

use super::address_error::{AddressError, Checksum};
use super::base58;
use super::bech32::{self, Prefix};
use super::diagnosis::{bech32_error, is_mixed_case, other_error};
use super::kind::{Kind, classify, witness_program};
use super::network::Network;
use super::payload::ScriptPayload;

/// A prefix, and the networks that share it.
struct Family {
    prefix: Prefix,
    networks: &'static [Network],
}

static MAIN: Family = Family { prefix: Prefix::new(Network::Mainnet.hrp()), networks: &[Network::Mainnet] };
static TEST: Family =
    Family { prefix: Prefix::new(Network::Testnet3.hrp()), networks: &[Network::Testnet3, Network::Testnet4, Network::Signet] };
static REGTEST: Family = Family { prefix: Prefix::new(Network::Regtest.hrp()), networks: &[Network::Regtest] };

/// The networks that share the version bytes of test networks in base58.
const BASE58_TEST: &[Network] = &[Network::Testnet3, Network::Testnet4, Network::Signet, Network::Regtest];

/// The address of a script, given by kind and payload; `None` for kinds that have no address (p2pk, multisig, op_return,
/// nonstandard), and for a payload that is none of its kind.
pub fn address_text(network: Network, kind: Kind, payload: &[u8]) -> Option<String> {
    match kind {
        Kind::P2pkh => Some(base58::encode(network.p2pkh_version(), payload.try_into().ok()?)),
        Kind::P2sh => Some(base58::encode(network.p2sh_version(), payload.try_into().ok()?)),
        Kind::P2wpkh if payload.len() == 20 => Some(bech32::encode(prefix(network), 0, payload)),
        Kind::P2wsh if payload.len() == 32 => Some(bech32::encode(prefix(network), 0, payload)),
        Kind::P2tr if payload.len() == 32 => Some(bech32::encode(prefix(network), 1, payload)),
        Kind::Anchor | Kind::WitnessUnknown => {
            let (version, program) = witness_program(payload)?;
            Some(bech32::encode(prefix(network), version, program))
        }
        _ => None,
    }
}

fn prefix(network: Network) -> &'static Prefix {
    match network {
        Network::Mainnet => &MAIN.prefix,
        Network::Testnet3 | Network::Testnet4 | Network::Signet => &TEST.prefix,
        Network::Regtest => &REGTEST.prefix,
    }
}

/// Reads an address of the network, or any output script in hex, as kind and payload. White space around it is passed over; a text
/// that is both hex and a valid address is the address.
pub fn parse(network: Network, text: &str) -> Result<(Kind, ScriptPayload), AddressError> {
    let text = text.trim();
    if let Some((family, data)) = split_prefix(text.as_bytes()) {
        return parse_bech32(network, family, text, data);
    }
    match base58::decode(text.as_bytes()) {
        Ok((version, hash)) => base58_script(network, version, &hash),
        Err(fault) => parse_rest(network, text, fault),
    }
}

/// What the known prefix that a text begins with belongs to, and what follows its separator.
fn split_prefix(text: &[u8]) -> Option<(&'static Family, &[u8])> {
    match text {
        [b'b', b'c', b'1', data @ ..] => Some((&MAIN, data)),
        [b't', b'b', b'1', data @ ..] => Some((&TEST, data)),
        [b'b', b'c', b'r', b't', b'1', data @ ..] => Some((&REGTEST, data)),
        _ => None,
    }
}

/// `data` is in lower case; `text` is the whole as it was given.
fn parse_bech32(network: Network, family: &Family, text: &str, data: &[u8]) -> Result<(Kind, ScriptPayload), AddressError> {
    let decoded = bech32::decode(&family.prefix, data).map_err(|fault| bech32_error(fault, text))?;
    let script = witness_script(&decoded)?;
    own_network(network, family.networks)?;
    Ok(script)
}

/// The script of a decoded text, when its version, checksum and length go together.
fn witness_script(decoded: &bech32::Decoded) -> Result<(Kind, ScriptPayload), AddressError> {
    let (version, program) = (decoded.version, decoded.program());
    if version > 16 {
        return Err(AddressError::WitnessVersion { version });
    }
    if decoded.checksum != Checksum::of_version(version) {
        return Err(AddressError::WrongChecksum { version, found: decoded.checksum });
    }
    let wrong_length = AddressError::ProgramLength { version, found: program.len() };
    match (version, program.len()) {
        (0, 20) => Ok((Kind::P2wpkh, program.into())),
        (0, 32) => Ok((Kind::P2wsh, program.into())),
        (1, 32) => Ok((Kind::P2tr, program.into())),
        (1..=16, 2..=40) => Ok(script_payload(&[&[0x50 + version, program.len() as u8], program].concat())),
        _ => Err(wrong_length),
    }
}

fn script_payload(script: &[u8]) -> (Kind, ScriptPayload) {
    let (kind, payload) = classify(script);
    (kind, script[payload].into())
}

fn base58_script(network: Network, version: u8, hash: &[u8]) -> Result<(Kind, ScriptPayload), AddressError> {
    let (kind, of) = match version {
        0x00 => (Kind::P2pkh, MAIN.networks),
        0x05 => (Kind::P2sh, MAIN.networks),
        0x6f => (Kind::P2pkh, BASE58_TEST),
        0xc4 => (Kind::P2sh, BASE58_TEST),
        _ => return Err(AddressError::Base58Version { version }),
    };
    own_network(network, of)?;
    Ok((kind, hash.into()))
}

fn own_network(store: Network, of: &'static [Network]) -> Result<(), AddressError> {
    if of.contains(&store) { Ok(()) } else { Err(AddressError::OtherNetwork { of, store }) }
}

/// What is neither a base58 address nor begins with a known prefix in lower case: bech32 in upper case, hex, or an error.
fn parse_rest(network: Network, text: &str, fault: base58::Fault) -> Result<(Kind, ScriptPayload), AddressError> {
    if text.starts_with(['B', 'b', 'T', 't']) {
        let lower = text.to_ascii_lowercase();
        if let Some((family, data)) = split_prefix(lower.as_bytes()) {
            return match is_mixed_case(text) {
                true => Err(bech32_error(bech32::Fault::Character, text)),
                false => parse_bech32(network, family, text, data),
            };
        }
    }
    match from_hex(text.as_bytes()) {
        Some(script) => Ok(script_payload(&script)),
        None => Err(other_error(text, fault)),
    }
}

/// The bytes of a hex text; `None` if it is empty, of odd length or not hex.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = pairs.iter().map(|&[high, low]| Some((digit(high)? << 4 | digit(low)?) as u8));
    bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::kind::script_of;
    use super::super::network::tests::oracle;
    use super::*;
    use bitcoin::hashes::hex::FromHex;
    use bitcoin::{Address, Script};
    use proptest::prelude::*;

    fn on(network: Network, text: &str) -> Result<Vec<u8>, AddressError> {
        parse(network, text).map(|(kind, payload)| script_of(kind, payload.as_ref()))
    }

    fn hex(text: &str) -> Vec<u8> {
        Vec::from_hex(text).unwrap()
    }

    const LEGACY: &str = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
    const SEGWIT: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

    #[test]
    fn vectors_of_bip173_and_bip350_are_read() {
        let valid = [
            ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
            (
                "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
                "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
            ),
            (
                "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
                "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
            ),
            ("BC1SW50QGDZ25J", "6002751e"),
            ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"),
            (
                "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
                "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
            ),
            (
                "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
                "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
            ),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            ),
        ];
        for (text, script) in valid {
            let network = if text.to_lowercase().starts_with("bc") { Network::Mainnet } else { Network::Signet };
            assert_eq!(on(network, text), Ok(hex(script)), "{text}");
        }
    }

    #[test]
    fn white_space_around_is_passed_over() {
        for text in [LEGACY, SEGWIT, "6a00"] {
            assert_eq!(on(Network::Mainnet, &format!(" \t{text}\r\n\u{a0}")), on(Network::Mainnet, text));
        }
    }

    #[test]
    fn an_address_of_another_network_names_its_networks() {
        let error = |network, text| on(network, text).expect_err(text);
        for (kind, payload) in [(Kind::P2pkh, &[7; 20][..]), (Kind::P2sh, &[7; 20]), (Kind::P2tr, &[7; 32])] {
            for (store, of) in Network::ALL.into_iter().flat_map(|store| Network::ALL.map(|of| (store, of))) {
                let text = address_text(of, kind, payload).unwrap();
                match on(store, &text) {
                    Ok(script) => assert_eq!(script, script_of(kind, payload)),
                    Err(AddressError::OtherNetwork { of: networks, store: named }) => {
                        assert!(networks.contains(&of) && !networks.contains(&store) && named == store);
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
        let testnets = AddressError::OtherNetwork { of: TEST.networks, store: Network::Regtest };
        assert_eq!(error(Network::Regtest, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"), testnets);
    }

    #[test]
    fn scripts_are_read_from_hex_in_any_case() {
        let script = "5221022222222222222222222222222222222222222222222222222222222222222222\
                      2103333333333333333333333333333333333333333333333333333333333333333352ae";
        assert_eq!(parse(Network::Mainnet, script), Ok((Kind::Multisig, hex(script)[..].into())));
        let upper = script.to_uppercase();
        assert_eq!(parse(Network::Mainnet, &upper), Ok((Kind::Multisig, hex(script)[..].into())));
        assert_eq!(parse(Network::Mainnet, "51024E73"), Ok((Kind::Anchor, [0x51, 2, 0x4e, 0x73][..].into())));
        let hash = "00".repeat(20);
        let p2pkh = format!("76a914{hash}88ac");
        assert_eq!(parse(Network::Mainnet, &p2pkh), Ok((Kind::P2pkh, [0; 20][..].into())));
        assert_eq!(parse(Network::Mainnet, &p2pkh[1..]), Err(AddressError::OddHex { digits: 49 }));
    }

    #[test]
    fn a_payload_that_is_none_of_its_kind_has_no_address() {
        for kind in Kind::ALL {
            for len in [0, 1, 19, 21, 31, 33, 65, 600] {
                assert_eq!(address_text(Network::Mainnet, kind, &vec![0; len]), None);
            }
        }
    }

    /// Output scripts that have addresses, and some that do not.
    fn scripts() -> impl Strategy<Value = Vec<u8>> {
        let hash = (1..7u8, prop_oneof![Just(20), Just(32)], any::<[u8; 32]>(), 0..20usize);
        let hashes = hash.prop_map(|(kind, len, mut bytes, zeros)| {
            bytes[..zeros].fill(0);
            script_of(Kind::from_u8(kind).unwrap(), &bytes[..len])
        });
        let program = (0x50..=0x61u8, proptest::collection::vec(any::<u8>(), 0..43));
        let programs = program.prop_map(|(version, bytes)| [&[version, bytes.len() as u8], &bytes[..]].concat());
        prop_oneof![hashes, programs, Just(vec![0x51, 2, 0x4e, 0x73])]
    }

    fn networks() -> impl Strategy<Value = Network> {
        (0..5usize).prop_map(|at| Network::ALL[at])
    }

    proptest! {
        #[test]
        fn addresses_are_those_of_the_bitcoin_crate(network in networks(), script in scripts()) {
            let (kind, payload) = classify(&script);
            let text = address_text(network, kind, &script[payload]);
            let theirs = Address::from_script(Script::from_bytes(&script), oracle(network)).ok();
            prop_assert_eq!(&text, &theirs.map(|address| address.to_string()));
            if let Some(text) = text {
                prop_assert_eq!(on(network, &text).unwrap(), script);
            }
        }

        #[test]
        fn every_script_is_read_back_from_hex(network in networks(), script in scripts()) {
            let text: String = script.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(on(network, &text).unwrap(), script);
        }

        #[test]
        fn no_text_panics(network in networks(), text in ".{0,100}") {
            if let Err(error) = parse(network, &text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }

        #[test]
        fn no_near_address_panics(prefix in "(bc|tb|bcrt|BC|TB|BCRT|Bc|ltc|)1?", text in "[0-9a-zA-Z \u{e9}]{0,90}") {
            if let Err(error) = parse(Network::Mainnet, &format!("{prefix}{text}")) {
                prop_assert!(!error.to_string().is_empty());
            }
        }

        #[test]
        fn a_changed_address_is_refused_or_the_same(script in scripts(), at: proptest::sample::Index, with: char) {
            let (kind, payload) = classify(&script);
            let Some(text) = address_text(Network::Mainnet, kind, &script[payload]) else { return Ok(()) };
            let mut changed: Vec<char> = text.chars().collect();
            let at = at.index(changed.len());
            changed[at] = with;
            let changed: String = changed.into_iter().collect();
            if let Ok(read) = on(Network::Mainnet, &changed) {
                prop_assert!(read == script || text == changed);
            }
        }
    }
}
