//! Output scripts as people and the chain know them: which kind a script is, which address it has on which network, and what
//! spending it reveals. Everything here is pure: bytes in, facts out, nothing allocated on the hot paths, no panic on any input.
//!
//! A script is kept as its [`Kind`] and its *payload*, the bytes that differ between scripts of one kind; [`classify`] takes a
//! script apart and [`script_of`] puts it together again.

mod address;
mod address_error;
mod base58;
mod bech32;
mod diagnosis;
mod keys;
mod kind;
mod network;
mod ops;
mod payload;
mod reveal;
mod signature;

pub use address::{address_text, parse};
pub use address_error::{AddressError, Checksum, Encoding};
pub use keys::{Keys, is_public_key};
pub use kind::{Kind, MultisigTerms, classify, is_unspendable, multisig_keys, script_of};
pub use network::Network;
pub use ops::script_pushes;
pub use payload::ScriptPayload;
pub use reveal::{InnerKind, Reveal, reveal, verify_reveal};
pub use signature::{SignatureTraits, signature_traits};
