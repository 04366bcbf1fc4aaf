//! One hash of all that a chain says: the same for the same blocks, whatever files, threads and number of ingests they came from.

use sha2::{Digest, Sha256};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::store::columns::{Role, SPECS};

/// Bytes between two questions whether to go on.
const PIECE: usize = 32 << 20;

impl Chain {
    /// SHA-256 over the network, and over each content column's name, number of rows and rows up to the chain's height.
    /// docs/format.md lists the columns; where the blocks lie in the files is not part of it.
    pub fn digest(&self) -> Result<[u8; 32]> {
        self.digest_while(|| true)
    }

    /// The same, as long as `go_on`, which is asked after every few hundredths of a second, says so.
    pub fn digest_while(&self, mut go_on: impl FnMut() -> bool) -> Result<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(format!("satrail digest 1\n{}\n", crate::ids::hex(&self.store().magic())));
        let contents = SPECS.iter().zip(self.columns().all()).filter(|(spec, _)| spec.role == Role::Content);
        for (spec, column) in contents {
            let rows = self.counts().of(spec.count);
            hash.update(format!("{} {rows}\n", spec.name));
            for piece in column.content()[..rows as usize * column.width()].chunks(PIECE) {
                hash.update(piece);
                if !go_on() {
                    return Err(Error::Stopped);
                }
            }
        }
        Ok(hash.finalize().into())
    }
}
