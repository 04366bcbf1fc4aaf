//! Addresses of different kinds that one public key opens (P2PK, P2PKH, P2WPKH, and P2WPKH wrapped in P2SH), and scripts both bare and
//! wrapped (P2WSH, and P2WSH in P2SH). That they are of one key follows from hashes alone.

use std::ops::Range;

use bitcoin::hashes::{Hash, hash160};

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{Chain, End};
use crate::cluster::forest::JoinEdge;
use crate::error::Result;
use crate::ids::{AddrNum, TxNum};
use crate::script::Kind;

/// Addresses that a thread looks at together.
const PIECE: u32 = 1 << 16;
/// Scripts that are looked up together.
const TOGETHER: usize = 64;

/// A script by its kind and payload.
type Script = (Kind, Vec<u8>);

/// The edges whose transaction, in which the later of the two addresses appears or the key is shown, is `first` or later; in chain order.
pub(super) fn edges(
    chain: &Chain,
    rule: u8,
    first: TxNum,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<JoinEdge>> {
    let addresses = chain.counts().addresses as u32;
    let pieces: Vec<Range<u32>> =
        (0..addresses).step_by(PIECE as usize).map(|start| start..start.saturating_add(PIECE).min(addresses)).collect();
    let mut edges = Vec::new();
    in_order(
        &pieces,
        threads,
        |piece| edges_from(chain, rule, piece.clone()),
        |mut more| {
            edges.append(&mut more);
            go_on_or_stop(go_on)
        },
    )?;
    // Where two ways lead to a pair, the earlier one counts.
    edges.sort_unstable_by_key(|edge| (edge.left, edge.right, edge.transaction));
    edges.dedup_by_key(|edge| (edge.left, edge.right));
    edges.sort_unstable_by_key(|edge| (edge.transaction, edge.left, edge.right));
    edges.retain(|edge| edge.transaction >= first);
    Ok(edges)
}

/// A script to look for: it is of the same key as an address, which is known from a transaction on where that had to show the key.
struct Wanted {
    address: AddrNum,
    shown: Option<TxNum>,
    script: Script,
}

/// The edges of some addresses to those for the same key.
fn edges_from(chain: &Chain, rule: u8, addresses: Range<u32>) -> Result<Vec<JoinEdge>> {
    let (mut wanted, mut edges) = (Vec::new(), Vec::new());
    for address in addresses.map(AddrNum) {
        let (scripts, shown) = same_key_scripts(chain, address)?;
        wanted.extend(scripts.into_iter().map(|script| Wanted { address, shown, script }));
        if wanted.len() >= TOGETHER {
            look_up(chain, rule, &wanted, &mut edges)?;
            wanted.clear();
        }
    }
    look_up(chain, rule, &wanted, &mut edges)?;
    Ok(edges)
}

fn look_up(chain: &Chain, rule: u8, wanted: &[Wanted], edges: &mut Vec<JoinEdge>) -> Result<()> {
    let scripts: Vec<(Kind, &[u8])> = wanted.iter().map(|wanted| (wanted.script.0, &wanted.script.1[..])).collect();
    let mut found = Vec::with_capacity(scripts.len());
    chain.store().find_addresses(&scripts, chain.counts().addresses, &mut found);
    for (wanted, other) in wanted.iter().zip(found) {
        let Some(other) = other.filter(|other| *other != wanted.address) else { continue };
        let (left, right) = (wanted.address.min(other), wanted.address.max(other));
        let appeared = first_payment(chain, right)?;
        edges.push(JoinEdge { transaction: wanted.shown.map_or(appeared, |shown| shown.max(appeared)), left, right, rule });
    }
    Ok(())
}

/// The scripts of other kinds that the key or script behind an address opens, as far as the chain shows it, and the transaction that
/// had to show the key.
fn same_key_scripts(chain: &Chain, address: AddrNum) -> Result<(Vec<Script>, Option<TxNum>)> {
    let payload = chain.payload_of(address)?;
    Ok(match chain.kind_of(address)? {
        Kind::P2pk => (of_key(payload), None),
        Kind::P2pkh => match shown_uncompressed(chain, address)? {
            Some((compressed, shown)) => (of_key(&compressed), Some(shown)),
            None => (of_key_hash(payload), None),
        },
        Kind::P2wpkh => (of_key_hash(payload), None),
        Kind::P2wsh => (vec![(Kind::P2sh, wrapped(payload))], None),
        _ => (Vec::new(), None),
    })
}

fn of_key_hash(hash: &[u8]) -> Vec<Script> {
    vec![(Kind::P2pkh, hash.to_vec()), (Kind::P2wpkh, hash.to_vec()), (Kind::P2sh, wrapped(hash))]
}

fn of_key(key: &[u8]) -> Vec<Script> {
    let compressed = compressed(key);
    let mut scripts = of_key_hash(&hash_of(&compressed));
    scripts.push((Kind::P2pk, compressed));
    if key.len() == 65 {
        scripts.push((Kind::P2pkh, hash_of(key)));
    }
    scripts
}

/// The 33 bytes of a public key.
pub fn compressed(key: &[u8]) -> Vec<u8> {
    match (key.len(), key.last()) {
        (65, Some(last)) => [&[2 + (last & 1)], &key[1..33]].concat(),
        _ => key.to_vec(),
    }
}

pub fn hash_of(bytes: &[u8]) -> Vec<u8> {
    hash160::Hash::hash(bytes).as_byte_array().to_vec()
}

/// The script hash of a witness program of version 0 in P2SH (BIP141).
pub fn wrapped(program: &[u8]) -> Vec<u8> {
    hash_of(&[&[0, program.len() as u8], program].concat())
}

fn first_payment(chain: &Chain, address: AddrNum) -> Result<TxNum> {
    let mut outputs = Vec::new();
    chain.outputs_to(address, &mut outputs);
    let first = outputs.first().ok_or_else(|| chain.corrupt(format!("never pays address {address}")))?;
    chain.transaction_of(*first)
}

/// The compressed form of the key behind an address that was shown uncompressed, and the transaction that showed it.
pub fn shown_uncompressed(chain: &Chain, address: AddrNum) -> Result<Option<(Vec<u8>, TxNum)>> {
    let Some(revealed) = chain.address_at(address)?.revealed()? else { return Ok(None) };
    let [[form @ (4 | 5), x @ ..]] = revealed.keys[..] else { return Ok(None) };
    let mut outputs = Vec::new();
    chain.outputs_to(address, &mut outputs);
    let mut shown = None;
    for output in outputs {
        if let End::Spent(tx) = chain.end_of(output)? {
            shown = Some(shown.map_or(tx, |first: TxNum| first.min(tx)));
        }
    }
    Ok(shown.map(|tx| ([&[form - 2][..], &x[..]].concat(), tx)))
}
