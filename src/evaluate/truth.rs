//! What is known of a chain: who owns its addresses, who made its transactions and what for, and which outputs are change.

use std::sync::{Arc, OnceLock};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::evaluate::change_truth;
use crate::evaluate::folder::Folder;
use crate::ids::{AddrNum, NONE_32, TxNum};
use crate::sets::outputs::OutputSet;

/// A truth in the numbers of one chain.
pub struct Truth {
    pub(super) chain: Chain,
    /// What it is a truth of, in short.
    pub(super) name: String,
    /// A digest of all of it.
    pub(super) digest: String,
    pub(super) owners: Option<Owners>,
    pub(super) purposes: Option<Purposes>,
    pub(super) change: OnceLock<Arc<ChangeTruth>>,
    /// The folder that it was read from.
    pub(super) folder: Option<Folder>,
}

/// Whose each address is.
#[derive(Default)]
pub struct Owners {
    pub names: Vec<String>,
    /// What each owner is; empty where nobody says.
    pub categories: Vec<String>,
    /// The numbers that a simulated chain's truth has for them; empty where it is another truth.
    pub entities: Vec<i32>,
    /// By address: the owner's place among the names, or [`NONE_32`].
    pub of: Vec<u32>,
    pub roles: Option<Codes>,
    /// Addresses that were named and never paid.
    pub unpaid: u64,
}

/// A word for each of many rows.
#[derive(Default)]
pub struct Codes {
    pub words: Vec<String>,
    /// By row: the word's place, or `NO_WORD`.
    pub of: Vec<u16>,
}

/// The code of a row of which nothing is known.
pub const NO_WORD: u16 = u16::MAX;

/// What transactions are for, and the software that made them.
pub struct Purposes {
    pub purposes: Codes,
    pub profiles: Option<Codes>,
    /// By transaction: who made it, where one owner did, as a place among the owners' names.
    pub makers: Option<Vec<u32>>,
}

/// Outputs of payments that are known to be the change, and those that are known not to be.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct ChangeTruth {
    pub change: OutputSet,
    pub others: OutputSet,
}

impl Owners {
    /// The owner of an address, where he is known.
    #[inline]
    pub fn of(&self, address: AddrNum) -> Option<u32> {
        self.of.get(address.0 as usize).copied().filter(|owner| *owner != NONE_32)
    }
}

impl Codes {
    /// Of so many rows, of which nothing is known yet.
    pub fn new(rows: usize) -> Codes {
        Codes { words: Vec::new(), of: vec![NO_WORD; rows] }
    }

    /// The code of a word, which is added where it is new.
    pub fn code(&mut self, word: &str) -> Result<u16> {
        if let Some(place) = self.words.iter().position(|known| known == word) {
            return Ok(place as u16);
        }
        if self.words.len() >= NO_WORD as usize {
            return Err(Error::Invalid {
                what: format!("there are more than {NO_WORD} different words like {word:?} in the truth"),
            });
        }
        self.words.push(word.to_string());
        Ok(self.words.len() as u16 - 1)
    }

    /// The code of a row.
    #[inline]
    pub fn at(&self, row: u64) -> Option<u16> {
        self.of.get(row as usize).copied().filter(|code| *code != NO_WORD)
    }

    /// The word of a row.
    pub fn word(&self, row: u64) -> Option<&str> {
        self.at(row).map(|code| self.words[code as usize].as_str())
    }
}

impl Purposes {
    /// What a transaction is for, and by which software it was made, as far as is known.
    pub fn of(&self, number: TxNum) -> (Option<&str>, Option<&str>) {
        let profile = self.profiles.as_ref().and_then(|profiles| profiles.word(number.row()));
        (self.purposes.word(number.row()), profile)
    }
}

impl Truth {
    /// The chain that its numbers are of.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub fn owners(&self) -> Option<&Owners> {
        self.owners.as_ref()
    }

    pub fn purposes(&self) -> Option<&Purposes> {
        self.purposes.as_ref()
    }

    /// The owners, which a question needs.
    pub(super) fn need_owners(&self) -> Result<&Owners> {
        self.owners.as_ref().ok_or_else(|| Error::Invalid {
            what: format!("{} does not say who owns addresses; give a simulated chain's truth, or Truth.of with owners", self.name),
        })
    }

    /// The purposes, which a question needs.
    pub(super) fn need_purposes(&self) -> Result<&Purposes> {
        self.purposes.as_ref().ok_or_else(|| Error::Invalid {
            what: format!(
                "{} does not say what transactions are for; give a simulated chain's truth, or Truth.of with transactions",
                self.name
            ),
        })
    }

    /// Which outputs are change; worked out when it is asked for first.
    pub fn change(&self, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Arc<ChangeTruth>> {
        if let Some(change) = self.change.get() {
            return Ok(change.clone());
        }
        let change = match &self.folder {
            Some(folder) => change_truth::of_folder(self, folder, go_on)?,
            None => change_truth::of_owners(&self.chain, self.need_owners()?, threads, go_on)?,
        };
        Ok(self.change.get_or_init(|| change.into()).clone())
    }

    /// Refuses a chain that it is not a truth of.
    pub fn check(&self, chain: &Chain) -> Result<()> {
        match self.chain.agrees_with(chain)? {
            true => Ok(()),
            false => {
                Err(Error::Invalid { what: format!("{} is the truth of another chain; open the store of that one", self.name) })
            }
        }
    }
}
