//! The bitcoin networks and the constants that tell them apart.

/// A bitcoin network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// The main chain: real money.
    Mainnet,
    /// The third test network.
    Testnet3,
    /// The fourth test network (BIP94).
    Testnet4,
    /// The default signet (BIP325).
    Signet,
    /// A private chain for tests.
    Regtest,
}

impl Network {
    /// Every network.
    pub const ALL: [Network; 5] = [Network::Mainnet, Network::Testnet3, Network::Testnet4, Network::Signet, Network::Regtest];

    /// The name that messages, files and options use.
    pub const fn name(self) -> &'static str {
        match self {
            Network::Mainnet => "mainnet",
            Network::Testnet3 => "testnet3",
            Network::Testnet4 => "testnet4",
            Network::Signet => "signet",
            Network::Regtest => "regtest",
        }
    }

    /// The network with this name, in any case. Besides [`name`](Network::name), "main" and "bitcoin" mean mainnet, "test" and
    /// "testnet" testnet3.
    pub fn from_name(name: &str) -> Option<Network> {
        match name.to_ascii_lowercase().as_str() {
            "mainnet" | "main" | "bitcoin" => Some(Network::Mainnet),
            "testnet3" | "testnet" | "test" => Some(Network::Testnet3),
            "testnet4" => Some(Network::Testnet4),
            "signet" => Some(Network::Signet),
            "regtest" => Some(Network::Regtest),
            _ => None,
        }
    }

    /// The four bytes that begin each message between nodes and each block in a block file.
    pub const fn magic(self) -> [u8; 4] {
        match self {
            Network::Mainnet => [0xf9, 0xbe, 0xb4, 0xd9],
            Network::Testnet3 => [0x0b, 0x11, 0x09, 0x07],
            Network::Testnet4 => [0x1c, 0x16, 0x3f, 0x28],
            Network::Signet => [0x0a, 0x03, 0xcf, 0x40],
            Network::Regtest => [0xfa, 0xbf, 0xb5, 0xda],
        }
    }

    /// The hash of the first block, in the byte order of block headers (the reverse of how it is shown).
    pub const fn genesis_hash(self) -> [u8; 32] {
        shown_hash(match self {
            Network::Mainnet => b"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
            Network::Testnet3 => b"000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
            Network::Testnet4 => b"00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
            Network::Signet => b"00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
            Network::Regtest => b"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
        })
    }

    /// The version byte of base58 addresses that pay to the hash of a public key.
    pub const fn p2pkh_version(self) -> u8 {
        match self {
            Network::Mainnet => 0x00,
            _ => 0x6f,
        }
    }

    /// The version byte of base58 addresses that pay to the hash of a script.
    pub const fn p2sh_version(self) -> u8 {
        match self {
            Network::Mainnet => 0x05,
            _ => 0xc4,
        }
    }

    /// The human-readable part of bech32 addresses.
    pub const fn hrp(self) -> &'static str {
        match self {
            Network::Mainnet => "bc",
            Network::Testnet3 | Network::Testnet4 | Network::Signet => "tb",
            Network::Regtest => "bcrt",
        }
    }
}

/// A hash as it is shown, turned into the byte order of headers.
const fn shown_hash(hex: &[u8; 64]) -> [u8; 32] {
    let mut hash = [0; 32];
    let mut at = 0;
    while at < 32 {
        hash[31 - at] = nibble(hex[2 * at]) << 4 | nibble(hex[2 * at + 1]);
        at += 1;
    }
    hash
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use bitcoin::constants::genesis_block;
    use bitcoin::hashes::Hash;

    /// The same network in the `bitcoin` crate.
    pub fn oracle(network: Network) -> bitcoin::Network {
        match network {
            Network::Mainnet => bitcoin::Network::Bitcoin,
            Network::Testnet3 => bitcoin::Network::Testnet,
            Network::Testnet4 => bitcoin::Network::Testnet4,
            Network::Signet => bitcoin::Network::Signet,
            Network::Regtest => bitcoin::Network::Regtest,
        }
    }

    #[test]
    fn constants_are_those_of_the_bitcoin_crate() {
        for network in Network::ALL {
            let theirs = oracle(network);
            assert_eq!(network.magic(), theirs.magic().to_bytes());
            assert_eq!(network.genesis_hash(), genesis_block(theirs).block_hash().to_byte_array());
        }
    }

    #[test]
    fn every_name_is_read_back() {
        for network in Network::ALL {
            assert_eq!(Network::from_name(network.name()), Some(network));
            assert_eq!(Network::from_name(&network.name().to_uppercase()), Some(network));
        }
    }

    #[test]
    fn common_aliases_are_read_and_nothing_else() {
        assert_eq!(Network::from_name("main"), Some(Network::Mainnet));
        assert_eq!(Network::from_name("Bitcoin"), Some(Network::Mainnet));
        assert_eq!(Network::from_name("test"), Some(Network::Testnet3));
        assert_eq!(Network::from_name("testnet"), Some(Network::Testnet3));
        assert_eq!(Network::from_name(""), None);
        assert_eq!(Network::from_name("testnet5"), None);
    }
}
