//! Which error a text deserves that is not an address: looked for only after reading it has failed, so it may take its time.

use super::address_error::{AddressError, Encoding};
use super::{base58, bech32};

pub(super) fn is_mixed_case(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The error for a text that begins with a known prefix.
#[cold]
pub(super) fn bech32_error(fault: bech32::Fault, text: &str) -> AddressError {
    match fault {
        bech32::Fault::Checksum => AddressError::Bech32Checksum,
        bech32::Fault::Padding => AddressError::Padding,
        bech32::Fault::Length => inner_space(text).unwrap_or_else(|| bech32_length(text)),
        bech32::Fault::Character => {
            let separator = text.find('1').unwrap_or_default();
            inner_space(text)
                .or_else(|| is_mixed_case(text).then_some(AddressError::MixedCase))
                .or_else(|| invalid_character(text, separator + 1, Encoding::Bech32))
                .unwrap_or_else(|| bech32_length(text))
        }
    }
}

/// The error for a text that is not a base58 address, no hex and has no known prefix.
#[cold]
pub(super) fn other_error(text: &str, fault: base58::Fault) -> AddressError {
    if text.is_empty() {
        return AddressError::Empty;
    }
    if let Some(error) = inner_space(text) {
        return error;
    }
    if text.len() > base58::MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return AddressError::OddHex { digits: text.len() };
    }
    if let Some(prefix) = foreign_prefix(text) {
        return AddressError::UnknownPrefix { prefix };
    }
    let error = match fault {
        base58::Fault::Checksum => Some(AddressError::Base58Checksum),
        _ => invalid_character(text, 0, Encoding::Base58),
    };
    error.unwrap_or_else(|| AddressError::Base58Length { characters: text.chars().count() })
}

/// What stands before the last 1, in lower case, when the text could be bech32 with another prefix.
fn foreign_prefix(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (prefix, data) = lower.rsplit_once('1')?;
    let letters = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    let bech32 = letters && data.len() > 6 && data.bytes().all(bech32::is_char) && !is_mixed_case(text);
    bech32.then(|| prefix.to_owned())
}

fn bech32_length(text: &str) -> AddressError {
    AddressError::Bech32Length { characters: text.chars().count() }
}

fn inner_space(text: &str) -> Option<AddressError> {
    let position = text.chars().position(char::is_whitespace)? + 1;
    Some(AddressError::InnerSpace { position })
}

/// The first character, after the first `skip`, that the encoding does not have.
fn invalid_character(text: &str, skip: usize, encoding: Encoding) -> Option<AddressError> {
    let known = |character: char| match (encoding, u8::try_from(character)) {
        (Encoding::Base58, Ok(byte)) => base58::is_digit(byte),
        (Encoding::Bech32, Ok(byte)) => bech32::is_char(byte.to_ascii_lowercase()),
        _ => false,
    };
    let (at, character) = text.chars().enumerate().skip(skip).find(|&(_, character)| !known(character))?;
    Some(AddressError::InvalidCharacter { character, position: at + 1, encoding })
}

#[cfg(test)]
mod tests {
    use super::super::address::parse;
    use super::super::address_error::Checksum;
    use super::super::network::Network;
    use super::*;

    const LEGACY: &str = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
    const SEGWIT: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

    fn error(text: &str) -> AddressError {
        parse(Network::Mainnet, text).expect_err(text)
    }

    #[test]
    fn faults_of_bip173_and_bip350_are_named() {
        use AddressError::*;
        let bech32 = |version| WrongChecksum { version, found: Checksum::Bech32 };
        let bech32m = |version| WrongChecksum { version, found: Checksum::Bech32m };
        let invalid = [
            ("tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", UnknownPrefix { prefix: "tc".into() }),
            ("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", UnknownPrefix { prefix: "tc".into() }),
            ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", bech32(1)),
            ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", bech32(2)),
            ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", bech32(16)),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", bech32m(0)),
            ("tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47", bech32m(0)),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", Bech32Checksum),
            (
                "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
                InvalidCharacter { character: 'o', position: 60, encoding: Encoding::Bech32 },
            ),
            ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", WitnessVersion { version: 17 }),
            ("BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", WitnessVersion { version: 17 }),
            ("bc1pw5dgrnzv", ProgramLength { version: 1, found: 1 }),
            ("bc1rw5uspcuh", bech32(3)),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
                ProgramLength { version: 1, found: 41 },
            ),
            ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", ProgramLength { version: 0, found: 16 }),
            ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", MixedCase),
            ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7", MixedCase),
            ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", Padding),
            ("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", Padding),
            ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", Padding),
            ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv", Padding),
            ("bc1gmk9yu", Bech32Length { characters: 9 }),
        ];
        for (text, fault) in invalid {
            assert_eq!(error(text), fault, "{text}");
        }
    }

    #[test]
    fn white_space_inside_is_an_error() {
        assert_eq!(error(" bc1q w508"), AddressError::InnerSpace { position: 5 });
        assert_eq!(error("1A1zP1eP5QGefi2DMPT\u{a0}fTL5SLmv7DivfNa"), AddressError::InnerSpace { position: 20 });
        assert_eq!(error(&format!("{SEGWIT} {SEGWIT} {SEGWIT}")), AddressError::InnerSpace { position: 43 });
        assert_eq!(error(&format!("{} {SEGWIT}", SEGWIT.to_uppercase())), AddressError::InnerSpace { position: 43 });
        assert_eq!(error(" \n"), AddressError::Empty);
        assert_eq!(error(""), AddressError::Empty);
    }

    #[test]
    fn faults_of_base58_are_named() {
        let wrong = |character, position| AddressError::InvalidCharacter { character, position, encoding: Encoding::Base58 };
        assert_eq!(error("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), AddressError::Base58Checksum);
        assert_eq!(error("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a"), wrong('0', 33));
        assert_eq!(error("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf\u{200b}"), wrong('\u{200b}', 33));
        assert_eq!(error("\u{feff}1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), wrong('\u{feff}', 1));
        assert_eq!(error("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), wrong(':', 8));
        assert_eq!(error(&LEGACY[..32]), AddressError::Base58Length { characters: 32 });
        assert_eq!(error(&LEGACY.repeat(2)), AddressError::Base58Length { characters: 68 });
        assert_eq!(error("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1"), AddressError::Base58Version { version: 48 });
    }

    #[test]
    fn bech32_of_another_coin_is_said_to_be_so() {
        let litecoin = "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9";
        assert_eq!(error(litecoin), AddressError::UnknownPrefix { prefix: "ltc".into() });
        assert_eq!(error(&litecoin.to_uppercase()), AddressError::UnknownPrefix { prefix: "ltc".into() });
    }
}
