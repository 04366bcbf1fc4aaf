//! Where a transaction stands in its block's Merkle tree: with the branch, a reader needs the block's header alone.

use crate::blocks::hash::double_sha256;
use crate::chain::Transaction;
use crate::error::Result;

/// The hashes beside the way from a transaction to its block's Merkle root, from the leaves up.
pub fn branch(transaction: &Transaction) -> Result<Vec<[u8; 32]>> {
    let chain = transaction.chain();
    let numbers = transaction.block()?.transaction_numbers()?;
    let mut row: Vec<[u8; 32]> = numbers.map(|number| chain.txid(number)).collect::<Result<_>>()?;
    let (mut position, mut branch) = (transaction.position()? as usize, Vec::new());
    while row.len() > 1 {
        // A row of odd length pairs its last hash with itself.
        let beside = position ^ 1;
        branch.push(*row.get(beside).unwrap_or(&row[position]));
        row = row.chunks(2).map(|pair| double_sha256(&[&pair[0], &pair[pair.len() - 1]])).collect();
        position /= 2;
    }
    Ok(branch)
}
