//! Double SHA-256 and the Merkle tree over it.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// SHA-256 of SHA-256 of the concatenated parts.
#[inline]
pub fn double_sha256(parts: &[&[u8]]) -> Hash {
    let mut first = Sha256::new();
    for part in parts {
        first.update(part);
    }
    Sha256::digest(first.finalize()).into()
}

/// The Merkle root of the leaves, which are overwritten; `None` when two equal neighbours would let another list of leaves
/// have the same root (CVE-2012-2459), or when there are no leaves.
pub fn merkle_root(leaves: &mut Vec<Hash>) -> Option<Hash> {
    while leaves.len() > 1 {
        let pairs = leaves.len() / 2;
        for i in 0..pairs {
            if leaves[2 * i] == leaves[2 * i + 1] {
                return None;
            }
            leaves[i] = double_sha256(&[&leaves[2 * i], &leaves[2 * i + 1]]);
        }
        if leaves.len() % 2 == 1 {
            let last = leaves[leaves.len() - 1];
            leaves[pairs] = double_sha256(&[&last, &last]);
            leaves.truncate(pairs + 1);
        } else {
            leaves.truncate(pairs);
        }
    }
    leaves.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::{Hash as _, sha256d};

    #[test]
    fn the_root_agrees_with_the_bitcoin_crate_for_1_to_40_leaves() {
        for n in 1..=40u8 {
            let mut leaves: Vec<Hash> = (0..n).map(|i| double_sha256(&[&[i]])).collect();
            let theirs = bitcoin::merkle_tree::calculate_root(leaves.iter().map(|l| sha256d::Hash::from_byte_array(*l)));
            assert_eq!(merkle_root(&mut leaves), theirs.map(|h| h.to_byte_array()));
        }
    }

    #[test]
    fn a_repeated_pair_is_refused() {
        assert_eq!(merkle_root(&mut vec![[1; 32], [2; 32], [3; 32], [3; 32]]), None);
        assert_eq!(merkle_root(&mut vec![]), None);
    }
}
