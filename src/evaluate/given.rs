//! A truth that somebody gives: owners of addresses, and what transactions are for.

use std::collections::HashMap;
use std::sync::OnceLock;

use arrow_array::{Array, StringArray};
use sha2::{Digest, Sha256};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::evaluate::truth::{Codes, Owners, Purposes, Truth};
use crate::ids::{AddrNum, NONE_32, TxNum, hash_text, hex};

/// Owners of addresses, row by row.
#[derive(Clone)]
pub struct GivenOwners {
    pub addresses: StringArray,
    pub owners: StringArray,
    pub roles: Option<StringArray>,
}

/// What transactions are for, row by row.
#[derive(Clone)]
pub struct GivenTransactions {
    pub txids: Vec<[u8; 32]>,
    pub purposes: StringArray,
    pub profiles: Option<StringArray>,
}

/// Addresses that are looked up together.
const TOGETHER: usize = 1 << 16;
/// Rows that are named when they cannot be found.
const NAMED: usize = 3;

impl Truth {
    /// A truth of owners, of what transactions are for, or of both. Addresses that were never paid count for nothing; a text that is no
    /// address, an address of two owners and a transaction that is not in the chain are refused.
    pub fn given(chain: &Chain, owners: Option<GivenOwners>, transactions: Option<GivenTransactions>) -> Result<Truth> {
        let owners = owners.map(|given| owners_of(chain, &given)).transpose()?;
        let purposes = transactions.map(|given| purposes_of(chain, &given)).transpose()?;
        let digest = digest(chain, owners.as_ref(), purposes.as_ref())?;
        let name = "the truth that was given".to_string();
        Ok(Truth { chain: chain.clone(), name, digest, owners, purposes, change: OnceLock::new(), folder: None })
    }
}

fn owners_of(chain: &Chain, given: &GivenOwners) -> Result<Owners> {
    let mut owners = Owners { of: vec![NONE_32; chain.counts().addresses as usize], ..Owners::default() };
    let mut places = HashMap::new();
    let mut roles = given.roles.as_ref().map(|_| Codes::new(owners.of.len()));
    for (row, number) in numbers(chain, &given.addresses)?.into_iter().enumerate() {
        let Some(number) = number else {
            owners.unpaid += 1;
            continue;
        };
        if given.owners.is_null(row) {
            continue;
        }
        let place = *places.entry(given.owners.value(row)).or_insert_with(|| {
            owners.names.push(given.owners.value(row).to_string());
            owners.names.len() as u32 - 1
        });
        owners.set(chain, number, place)?;
        if let (Some(roles), Some(given)) = (&mut roles, given.roles.as_ref().filter(|given| !given.is_null(row))) {
            roles.of[number.0 as usize] = roles.code(given.value(row))?;
        }
    }
    if owners.names.is_empty() {
        let what = format!("none of the {} addresses was ever paid up to height {}", given.addresses.len(), chain.height());
        return Err(Error::Invalid { what: format!("the truth does not fit the chain: {what}; give the truth of this one") });
    }
    owners.categories = vec![String::new(); owners.names.len()];
    Ok(Owners { roles, ..owners })
}

impl Owners {
    /// Notes whose an address is; one of two owners is a contradiction.
    pub(super) fn set(&mut self, chain: &Chain, number: AddrNum, owner: u32) -> Result<()> {
        let known = std::mem::replace(&mut self.of[number.0 as usize], owner);
        if known == NONE_32 || known == owner {
            return Ok(());
        }
        let (address, names) = (chain.address_at(number)?.name()?, [known, owner].map(|owner| &self.names[owner as usize]));
        Err(Error::Invalid {
            what: format!("the truth contradicts itself: {address} is of {:?} and of {:?}; give it one owner", names[0], names[1]),
        })
    }
}

/// The numbers of the addresses of some texts, row by row; none for those that were never paid.
pub(super) fn numbers(chain: &Chain, texts: &StringArray) -> Result<Vec<Option<AddrNum>>> {
    let mut numbers = Vec::with_capacity(texts.len());
    for start in (0..texts.len()).step_by(TOGETHER) {
        numbers.extend(numbers_from(chain, &texts.slice(start, TOGETHER.min(texts.len() - start)))?);
    }
    Ok(numbers)
}

fn numbers_from(chain: &Chain, texts: &StringArray) -> Result<Vec<Option<AddrNum>>> {
    let set = chain.addresses(texts);
    if let Some(rejected) = set.rejected().first() {
        let what = format!("the truth has no address in one of its rows, but {:?}: {}", rejected.text, rejected.reason);
        return Err(Error::Invalid { what: format!("{what}; take it out") });
    }
    if set.len() == texts.len() {
        return Ok((0..set.len()).map(|i| set.number(i)).collect());
    }
    // An address that is there twice is in the set once.
    let one = |text: Option<&str>| match chain.address(text.unwrap_or("")) {
        Ok(address) => Ok(Some(address.number())),
        Err(Error::UnknownAddress { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    texts.iter().map(one).collect()
}

fn purposes_of(chain: &Chain, given: &GivenTransactions) -> Result<Purposes> {
    let rows = chain.counts().transactions as usize;
    let (mut purposes, mut unknown) = (Codes::new(rows), Vec::new());
    let mut profiles = given.profiles.as_ref().map(|_| Codes::new(rows));
    for (row, txid) in given.txids.iter().enumerate() {
        let Some(TxNum(number)) = chain.store().find_transaction(txid, chain.counts().transactions) else {
            unknown.push(hash_text(txid));
            continue;
        };
        if !given.purposes.is_null(row) {
            purposes.of[number as usize] = purposes.code(given.purposes.value(row))?;
        }
        if let (Some(profiles), Some(given)) = (&mut profiles, given.profiles.as_ref().filter(|given| !given.is_null(row))) {
            profiles.of[number as usize] = profiles.code(given.value(row))?;
        }
    }
    match unknown.is_empty() {
        true => Ok(Purposes { purposes, profiles, makers: None }),
        false => Err(unknown_transactions(chain, &unknown, given.txids.len())),
    }
}

/// That transactions of a truth are not in the chain.
pub(super) fn unknown_transactions(chain: &Chain, unknown: &[String], rows: usize) -> Error {
    let (first, more) = (unknown[..unknown.len().min(NAMED)].join(", "), if unknown.len() > NAMED { ", ..." } else { "" });
    Error::Invalid {
        what: format!(
            "the truth does not fit the chain: {} of its {rows} transactions are not in it up to height {}: {first}{more}; give the truth of this chain",
            unknown.len(),
            chain.height()
        ),
    }
}

fn digest(chain: &Chain, owners: Option<&Owners>, purposes: Option<&Purposes>) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update("satrail truth 1\n");
    hash.update(chain.tip().hash()?);
    if let Some(owners) = owners {
        owners.names.iter().for_each(|name| hash.update(format!("owner {name:?}\n")));
        owners.of.iter().for_each(|owner| hash.update(owner.to_le_bytes()));
        owners.roles.iter().for_each(|roles| roles.digest("role", &mut hash));
    }
    if let Some(purposes) = purposes {
        purposes.purposes.digest("purpose", &mut hash);
        purposes.profiles.iter().for_each(|profiles| profiles.digest("profile", &mut hash));
    }
    Ok(hex(&hash.finalize()))
}

impl Codes {
    fn digest(&self, what: &str, hash: &mut Sha256) {
        self.words.iter().for_each(|word| hash.update(format!("{what} {word:?}\n")));
        self.of.iter().for_each(|code| hash.update(code.to_le_bytes()));
    }
}
