//! What a chain is: its network, height, and the hash of the block at that height. It takes constant time, and depends on no store, file
//! or version: a block's hash commits to all blocks before it.

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::{Height, hash_text, hex};

/// The identity of a chain as of a height.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// The network's name; of a custom signet with its magic, as "signet:0a03cf40".
    pub network: String,
    pub height: Height,
    /// The hash of the block at that height, in the byte order of headers.
    pub block: [u8; 32],
}

impl Chain {
    pub fn identity(&self) -> Result<Identity> {
        let (name, magic) = (self.network().name(), self.store().magic());
        let network = if magic == self.network().magic() { name.to_string() } else { format!("{name}:{}", hex(&magic)) };
        Ok(Identity { network, height: self.height(), block: self.tip().hash()? })
    }

    /// The chain as of the height of an identity, if it is the same chain up to there.
    pub fn identified(&self, wanted: &Identity) -> Result<Chain> {
        let refuse = |what: String| Error::Recipe { what };
        let own = self.identity()?;
        if own.network != wanted.network {
            return Err(refuse(format!("this is a chain of {}, and the recipe is of {}", own.network, wanted.network)));
        }
        if own.height < wanted.height {
            let (height, wanted) = (own.height, wanted.height);
            return Err(refuse(format!(
                "the recipe is as of height {wanted}, and this chain ends at {height}; ingest more blocks or take the chain without at()"
            )));
        }
        let chain = self.at_height(wanted.height.0 as i64)?;
        match chain.tip().hash()? == wanted.block {
            true => Ok(chain),
            false => Err(refuse(format!(
                "the recipe is of another chain: its block at height {} is {}, and here it is {}",
                wanted.height,
                hash_text(&wanted.block),
                hash_text(&chain.tip().hash()?)
            ))),
        }
    }
}

impl Identity {
    /// As it stands in a recipe.
    pub fn value(&self) -> Value {
        json!({ "network": self.network, "height": self.height.0, "block": hash_text(&self.block) })
    }

    /// From how it stands in a recipe.
    pub fn from_value(value: &Value) -> Result<Identity> {
        let wrong = || Error::Recipe { what: "the recipe does not name its chain by network, height and block".to_string() };
        let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(wrong);
        let height = value.get("height").and_then(Value::as_u64).and_then(|height| u32::try_from(height).ok()).ok_or_else(wrong)?;
        let block = crate::chain::block_hash_named(text("block")?)?;
        Ok(Identity { network: text("network")?.to_string(), height: Height(height), block })
    }
}
