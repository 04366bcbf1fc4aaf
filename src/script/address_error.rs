//! Why a text is not an address of the chain at hand, said so that whoever typed it can put it right.

use std::fmt;

use super::network::Network;

/// Why a text was not read as an address or script. Positions count characters from 1, after white space around the text is taken
/// off. The text itself is not repeated: it might be a private key, pasted by mistake.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing but white space.
    #[error("the text is empty: give an address, or an output script in hex")]
    Empty,
    /// White space between other characters.
    #[error("white space inside the text, at position {position}: give one address at a time, without spaces")]
    InnerSpace {
        /// Where the first white space is.
        position: usize,
    },
    /// A character that the encoding does not have.
    #[error("{character:?} at position {position} is not a character of {encoding} addresses: compare the text with its source")]
    InvalidCharacter {
        /// The first such character.
        character: char,
        /// Where it is.
        position: usize,
        /// The encoding that the rest of the text looks like.
        encoding: Encoding,
    },
    /// A bech32 text in upper and lower case.
    #[error("upper and lower case are mixed, which bech32 addresses never do: write it all in lower case")]
    MixedCase,
    /// The base58 checksum does not hold.
    #[error(
        "the base58 checksum does not hold, so a character is wrong, in the wrong case or missing: compare the text with its source"
    )]
    Base58Checksum,
    /// The bech32 checksum does not hold.
    #[error("the bech32 checksum does not hold, so a character is wrong or missing: compare the text with its source")]
    Bech32Checksum,
    /// The checksum holds, but it is the other variant's.
    #[error(
        "the checksum is {found}'s, but witness version {version} asks for {}'s: whoever made this address must make it anew",
        Checksum::of_version(*.version)
    )]
    WrongChecksum {
        /// The witness version of the address.
        version: u8,
        /// The checksum that it carries.
        found: Checksum,
    },
    /// Not the length of a base58 address.
    #[error("{characters} characters do not make a base58 address, which has 26 to 35: see whether the text is whole")]
    Base58Length {
        /// How many characters the text has.
        characters: usize,
    },
    /// Not the length of a bech32 address.
    #[error("{characters} characters do not make a bech32 address, which has 14 to 76: see whether the text is whole")]
    Bech32Length {
        /// How many characters the text has.
        characters: usize,
    },
    /// Bits left over at the end of a bech32 address.
    #[error("the last bits of this bech32 address belong to no byte: whoever made this address must make it anew")]
    Padding,
    /// A witness version above 16.
    #[error("witness version {version} does not exist (0 to 16 do): whoever made this address must make it anew")]
    WitnessVersion {
        /// The version found.
        version: u8,
    },
    /// A witness program of a length that its version does not allow.
    #[error(
        "a witness program of {found} bytes is not possible in version {version} ({}): whoever made this address must make it anew",
        if *.version == 0 { "20 or 32 are" } else { "2 to 40 are" }
    )]
    ProgramLength {
        /// The witness version of the address.
        version: u8,
        /// The length of its program.
        found: usize,
    },
    /// A base58 address, but of no bitcoin network.
    #[error("base58 version {version} is not a bitcoin address's: see whether this is an address of another coin, or a key")]
    Base58Version {
        /// The version byte found.
        version: u8,
    },
    /// A bech32 text, but of no bitcoin network.
    #[error(
        "the prefix {prefix:?} is not a bitcoin network's (bc, tb and bcrt are): see whether this is an address of another coin"
    )]
    UnknownPrefix {
        /// What stands before the separator, in lower case.
        prefix: String,
    },
    /// An address of another bitcoin network.
    #[error("this is an address of {}, but the store holds {}: open a store of that network", names(.of), .store.name())]
    OtherNetwork {
        /// The networks that the address can belong to.
        of: &'static [Network],
        /// The network of the store.
        store: Network,
    },
    /// Hex, but half a byte too many or too few.
    #[error("a script in hex has an even number of digits, this has {digits}: see whether the text is whole")]
    OddHex {
        /// How many digits the text has.
        digits: usize,
    },
}

/// The two encodings of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// Addresses that begin with 1 or 3 on mainnet; upper and lower case matter.
    Base58,
    /// Addresses that begin with bc1 on mainnet.
    Bech32,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Base58 => "base58",
            Encoding::Bech32 => "bech32",
        })
    }
}

/// The two checksums of bech32 texts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Checksum {
    /// BIP173, for witness version 0.
    Bech32,
    /// BIP350, for witness versions 1 to 16.
    Bech32m,
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Checksum::Bech32 => "bech32",
            Checksum::Bech32m => "bech32m",
        })
    }
}

/// "testnet3, testnet4 or signet".
fn names(networks: &[Network]) -> String {
    let names: Vec<&str> = networks.iter().map(|network| network.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_network_is_named() {
        let error =
            AddressError::OtherNetwork { of: &[Network::Testnet3, Network::Testnet4, Network::Signet], store: Network::Mainnet };
        let message =
            "this is an address of testnet3, testnet4 or signet, but the store holds mainnet: open a store of that network";
        assert_eq!(error.to_string(), message);
        assert_eq!(names(&[Network::Regtest]), "regtest");
        assert_eq!(names(&[]), "");
    }

    #[test]
    fn the_checksum_asked_for_is_named() {
        let error = AddressError::WrongChecksum { version: 1, found: Checksum::Bech32 };
        assert!(error.to_string().starts_with("the checksum is bech32's, but witness version 1 asks for bech32m's"));
    }

    #[test]
    fn the_lengths_that_are_possible_are_named() {
        let message = |version| AddressError::ProgramLength { version, found: 41 }.to_string();
        assert!(message(0).contains("(20 or 32 are)"));
        assert!(message(1).contains("(2 to 40 are)"));
    }
}
