//! A proof as JSON: every step with the transaction that bears it out, raw, with its Merkle branch, and raw the transactions whose outputs
//! it spends, whose ids it names. docs/proof.md says what each part is.

use std::collections::BTreeMap;

use bitcoin::secp256k1::PublicKey;
use serde_json::{Map, Value, json};

use crate::chain::{Chain, Transaction};
use crate::cluster::{Proof, ProofStep, Rule, hash_of, shown_uncompressed};
use crate::error::{Error, Result};
use crate::evidence::merkle::branch;
use crate::ids::{AddrNum, hash_text, hex};
use crate::script::Kind;

/// The version of the document.
const FORMAT: &str = "satrail proof 1";

impl Proof {
    /// The proof as a JSON document. Fails where the block files are not at hand.
    pub fn json(&self) -> Result<String> {
        let mut document = Document { chain: self.chain(), transactions: BTreeMap::new() };
        let steps: Vec<Value> = self.steps().iter().map(|step| document.step(self, step)).collect::<Result<_>>()?;
        let tip = self.chain().tip();
        let value = json!({
            "format": FORMAT,
            "network": self.chain().network().name(),
            "height": tip.height().0,
            "tip": hash_text(&tip.hash()?),
            "from": document.address(self.from())?,
            "to": document.address(self.to())?,
            "joined_at": self.height()?.map(|height| height.0),
            "steps": steps,
            "transactions": document.transactions.into_iter().collect::<Map<String, Value>>(),
        });
        Ok(format!("{value:#}"))
    }
}

struct Document<'a> {
    chain: &'a Chain,
    /// By transaction id.
    transactions: BTreeMap<String, Value>,
}

impl Document<'_> {
    fn address(&self, address: AddrNum) -> Result<Value> {
        Ok(json!({ "address": self.chain.address_text(address)?, "script": hex(&self.chain.script_of(address)?) }))
    }

    fn step(&mut self, proof: &Proof, step: &ProofStep) -> Result<Value> {
        let rule = proof.clusters().settings().rules.get(step.rule as usize);
        let rule = rule.ok_or_else(|| Error::Invalid { what: format!("rule {} of a proof is none of its settings", step.rule) })?;
        let transaction = self.chain.transaction_at(step.transaction)?;
        let shown = match rule {
            Rule::CoSpend => self.inputs(&transaction, step)?,
            Rule::Change(_) => self.change(&transaction, step)?,
            Rule::SameKey => self.same_key(step)?,
        };
        let mut value = json!({
            "from": self.address(step.from)?,
            "to": self.address(step.to)?,
            "rule": rule.name(),
            "version": rule.identity(),
            "height": transaction.height()?.0,
            "time": transaction.time()?,
        });
        let object = value.as_object_mut().expect("it was made as an object");
        if !matches!(rule, Rule::SameKey) {
            object.insert("transaction".into(), hash_text(&transaction.txid()?).into());
            self.cite(&transaction)?;
        }
        object.insert("shown".into(), shown);
        Ok(value)
    }

    /// The inputs that spend from the two addresses.
    fn inputs(&mut self, transaction: &Transaction, step: &ProofStep) -> Result<Value> {
        Ok(json!({ "inputs": [self.input(transaction, step.from)?, self.input(transaction, step.to)?] }))
    }

    /// The input that spends from one of the two addresses, and the output that pays the other.
    fn change(&mut self, transaction: &Transaction, step: &ProofStep) -> Result<Value> {
        let paid = |address: AddrNum| -> Result<Option<u32>> {
            for output in transaction.outputs()? {
                if output.address()?.number() == address {
                    return Ok(Some(output.position()?));
                }
            }
            Ok(None)
        };
        let to = if self.spends_from(transaction, step.from)? { paid(step.to)? } else { None };
        match to {
            Some(output) => Ok(json!({ "inputs": [self.input(transaction, step.from)?], "outputs": [output] })),
            None => {
                let output = paid(step.from)?.ok_or_else(|| self.not_shown(step))?;
                Ok(json!({ "inputs": [self.input(transaction, step.to)?], "outputs": [output] }))
            }
        }
    }

    fn spends_from(&self, transaction: &Transaction, address: AddrNum) -> Result<bool> {
        for input in transaction.inputs()? {
            if input.address()?.is_some_and(|spent| spent.number() == address) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The position of the first input that spends from an address; the transaction whose output it spends is added.
    fn input(&mut self, transaction: &Transaction, address: AddrNum) -> Result<u32> {
        for input in transaction.inputs()? {
            let Some(spent) = input.spends()? else { continue };
            if spent.address()?.number() == address {
                let from = spent.transaction()?;
                let text = hash_text(&from.txid()?);
                let raw = hex(&from.raw()?);
                self.transactions.entry(text).or_insert_with(|| json!({ "raw": raw }));
                return Ok(input.position());
            }
        }
        Err(Error::corrupt(
            self.chain.store().folder(),
            format!("has no input of transaction {} from address {address}", transaction.number()),
        ))
    }

    /// What both scripts are made of: a public key, its hash, or the hash of a script.
    fn same_key(&self, step: &ProofStep) -> Result<Value> {
        let (mut key, mut hash) = (None, None);
        for address in [step.from, step.to] {
            let payload = self.chain.payload_of(address)?;
            match self.chain.kind_of(address)? {
                // The longer form tells the shorter one, but not the other way round.
                Kind::P2pk => key = key.filter(|key: &Vec<u8>| key.len() > payload.len()).or(Some(payload.to_vec())),
                Kind::P2pkh => match shown_uncompressed(self.chain, address)? {
                    Some((shown, _)) => key = Some(full_key(&shown, payload).ok_or_else(|| self.not_shown(step))?),
                    None => hash = Some(("key_hash", payload)),
                },
                Kind::P2wpkh => hash = Some(("key_hash", payload)),
                Kind::P2wsh => hash = Some(("script_hash", payload)),
                _ => {}
            }
        }
        match (key, hash) {
            (Some(key), _) => Ok(json!({ "key": hex(&key) })),
            (None, Some((name, hash))) => Ok(json!({ name: hex(hash) })),
            (None, None) => Err(self.not_shown(step)),
        }
    }

    /// Adds a transaction with its place in the chain.
    fn cite(&mut self, transaction: &Transaction) -> Result<()> {
        let branch: Vec<String> = branch(transaction)?.iter().map(hash_text).collect();
        let value = json!({
            "raw": hex(&transaction.raw()?),
            "block": hash_text(&transaction.block()?.hash()?),
            "height": transaction.height()?.0,
            "position": transaction.position()?,
            "branch": branch,
        });
        self.transactions.insert(hash_text(&transaction.txid()?), value);
        Ok(())
    }

    fn not_shown(&self, step: &ProofStep) -> Error {
        let what = format!("does not show why addresses {} and {} are joined", step.from, step.to);
        Error::corrupt(self.chain.store().folder(), what)
    }
}

/// The form of 65 bytes of a compressed public key that has a hash.
fn full_key(compressed: &[u8], hash: &[u8]) -> Option<Vec<u8>> {
    let mut key = PublicKey::from_slice(compressed).ok()?.serialize_uncompressed().to_vec();
    let odd = key[64] & 1;
    // Besides the usual form there is one that tells the parity of y, too.
    [4, 6 + odd].into_iter().find_map(|form| {
        key[0] = form;
        (hash_of(&key) == hash).then(|| key.clone())
    })
}
