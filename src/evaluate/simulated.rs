//! A simulated chain's truth in the numbers of a store of that chain.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::chain::{Chain, txid_named};
use crate::error::{Error, Result};
use crate::evaluate::folder::{Columns, Folder, wrong};
use crate::evaluate::given::{numbers, unknown_transactions};
use crate::evaluate::truth::{Codes, Owners, Purposes, Truth};
use crate::ids::{Height, NONE_32, TxNum};

/// The category of the entity that stands for nobody: what it has, nobody can spend.
const NOBODY: &str = "burn";

/// What the truth says of one output.
pub(super) struct OutputRow<'a> {
    pub transaction: TxNum,
    pub output: u64,
    pub owner: Option<u32>,
    pub purpose: &'a str,
}

impl Folder {
    /// The truth as of a chain's height. Fails where it does not fit the chain.
    pub fn known(&self, chain: &Chain, go_on: &mut dyn FnMut() -> bool) -> Result<Truth> {
        let (owners, places) = self.entities(go_on)?;
        let mut transactions = Transactions::new(chain, &places);
        self.read("transactions", Transactions::COLUMNS, |columns| transactions.take(columns), go_on)?;
        let (purposes, is_whole) = transactions.done()?;
        let mut addresses = Addresses::new(chain, &places, owners, is_whole);
        self.read("addresses", Addresses::COLUMNS, |columns| addresses.take(columns), go_on)?;
        let fact = |name| self.fact(name).unwrap_or_else(|| "?".to_string());
        Ok(Truth {
            chain: chain.clone(),
            name: format!("{} (seed {}, scale {})", fact("scenario"), fact("seed"), fact("scale")),
            digest: fact("digest"),
            owners: Some(addresses.done()),
            purposes: Some(purposes),
            change: OnceLock::new(),
            folder: Some(self.clone()),
        })
    }

    fn entities(&self, go_on: &mut dyn FnMut() -> bool) -> Result<(Owners, Places)> {
        let (mut owners, mut places) = (Owners::default(), Places { of: HashMap::new(), folder: self.clone() });
        let take = |columns: &Columns<'_>| {
            let (entities, names, categories) = (columns.numbers("entity")?, columns.texts("name")?, columns.texts("category")?);
            for row in columns.rows() {
                let entity = entities.need(row)?;
                if places.of.insert(entity, owners.names.len() as u32).is_some() {
                    return Err(wrong(self.path(), format!("has entity {entity} twice")));
                }
                owners.entities.push(entity);
                owners.names.push(names.need(row)?.to_string());
                owners.categories.push(categories.need(row)?.to_string());
            }
            Ok(())
        };
        self.read("entities", &["entity", "name", "category"], take, go_on)?;
        Ok((owners, places))
    }

    /// Goes through what the truth says of the outputs of a chain's transactions, up to its height.
    pub(super) fn outputs(
        &self,
        known: &Truth,
        mut take: impl FnMut(OutputRow<'_>) -> Result<()>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let chain = known.chain();
        let (_, places) = self.entities(go_on)?;
        let mut finder = Finder::new(chain);
        let take = |columns: &Columns<'_>| {
            let (txids, positions) = (columns.texts("txid")?, columns.numbers("position")?);
            let (entities, purposes) = (columns.numbers("entity")?, columns.texts("purpose")?);
            for row in columns.rows() {
                let (txid, position) = (txids.need(row)?, positions.need(row)?);
                // What is not in the chain is of a later height: the transactions were looked for before.
                let Some(transaction) = finder.find(txid)? else { continue };
                let outputs = chain.outputs_of(transaction)?;
                let output = u64::try_from(position).ok().and_then(|position| outputs.at(position)).map(|output| output.0);
                let output =
                    output.ok_or_else(|| does_not_fit(format!("it has an output {txid}:{position}, which is not there")))?;
                let owner = entities.get(row).map(|entity| places.of(entity)).transpose()?;
                take(OutputRow { transaction, output, owner, purpose: purposes.need(row)? })?;
            }
            Ok(())
        };
        self.read("outputs", &["txid", "position", "entity", "purpose"], take, go_on)
    }
}

fn does_not_fit(what: String) -> Error {
    Error::Invalid { what: format!("the truth does not fit the chain: {what}; give the truth of this chain") }
}

/// Entities' places among the owners, by the numbers that the truth has for them.
struct Places {
    of: HashMap<i32, u32>,
    folder: Folder,
}

impl Places {
    fn of(&self, entity: i32) -> Result<u32> {
        let place = self.of.get(&entity).copied();
        place.ok_or_else(|| wrong(self.folder.path(), format!("has no entity {entity} in its table of entities")))
    }
}

/// What transactions are for, as it is read.
struct Transactions<'a> {
    chain: &'a Chain,
    places: &'a Places,
    finder: Finder<'a>,
    purposes: Codes,
    profiles: Codes,
    makers: Vec<u32>,
    /// Ids that the chain does not have at the height that the truth says.
    unknown: Vec<String>,
    rows: usize,
    /// Rows of later heights than the chain's.
    later: usize,
}

impl<'a> Transactions<'a> {
    const COLUMNS: &'static [&'static str] = &["txid", "height", "entity", "purpose", "profile"];

    fn new(chain: &'a Chain, places: &'a Places) -> Transactions<'a> {
        let rows = chain.counts().transactions as usize;
        Transactions {
            chain,
            places,
            finder: Finder::new(chain),
            purposes: Codes::new(rows),
            profiles: Codes::new(rows),
            makers: vec![NONE_32; rows],
            unknown: Vec::new(),
            rows: 0,
            later: 0,
        }
    }

    fn take(&mut self, columns: &Columns<'_>) -> Result<()> {
        let (txids, heights, entities) = (columns.texts("txid")?, columns.numbers("height")?, columns.numbers("entity")?);
        let (purposes, profiles) = (columns.texts("purpose")?, columns.texts("profile")?);
        self.rows += columns.rows().len();
        for row in columns.rows() {
            let height = heights.need(row)?;
            if height > self.chain.height().0 as i32 {
                self.later += 1;
                continue;
            }
            let txid = txids.need(row)?;
            let found = self.finder.find(txid)?;
            let is_there = |number: &TxNum| self.chain.height_of(*number).is_ok_and(|at| at == Height(height as u32));
            let Some(TxNum(number)) = found.filter(is_there) else {
                self.unknown.push(txid.to_string());
                continue;
            };
            let place = number as usize;
            self.purposes.of[place] = self.purposes.code(purposes.need(row)?)?;
            self.profiles.of[place] = self.profiles.code(profiles.need(row)?)?;
            if let Some(entity) = entities.get(row) {
                self.makers[place] = self.places.of(entity)?;
            }
        }
        Ok(())
    }

    /// The purposes, and whether the chain has all transactions of the truth.
    fn done(self) -> Result<(Purposes, bool)> {
        if !self.unknown.is_empty() {
            return Err(unknown_transactions(self.chain, &self.unknown, self.rows));
        }
        let (profiles, makers) = (Some(self.profiles), Some(self.makers));
        Ok((Purposes { purposes: self.purposes, profiles, makers }, self.later == 0))
    }
}

/// Whose addresses are, as it is read.
struct Addresses<'a> {
    chain: &'a Chain,
    places: &'a Places,
    owners: Owners,
    roles: Codes,
    /// Whether every address that is said to be paid must be in the chain.
    is_whole: bool,
}

impl<'a> Addresses<'a> {
    const COLUMNS: &'static [&'static str] = &["script", "entity", "role", "is_paid"];

    fn new(chain: &'a Chain, places: &'a Places, owners: Owners, is_whole: bool) -> Addresses<'a> {
        let rows = chain.counts().addresses as usize;
        Addresses { chain, places, owners: Owners { of: vec![NONE_32; rows], ..owners }, roles: Codes::new(rows), is_whole }
    }

    fn take(&mut self, columns: &Columns<'_>) -> Result<()> {
        let (scripts, entities) = (columns.texts("script")?, columns.numbers("entity")?);
        let (roles, paid) = (columns.texts("role")?, columns.flags("is_paid")?);
        let found = numbers(self.chain, scripts.array())?;
        for (row, number) in columns.rows().zip(found) {
            let owner = self.places.of(entities.need(row)?)?;
            let Some(number) = number else {
                if self.is_whole && paid.need(row)? {
                    let what = format!("output script {}, which it says was paid, is not in it", scripts.need(row)?);
                    return Err(does_not_fit(what));
                }
                self.owners.unpaid += 1;
                continue;
            };
            if self.owners.categories[owner as usize] != NOBODY {
                self.owners.set(self.chain, number, owner)?;
                self.roles.of[number.0 as usize] = self.roles.code(roles.need(row)?)?;
            }
        }
        Ok(())
    }

    fn done(self) -> Owners {
        Owners { roles: Some(self.roles), ..self.owners }
    }
}

/// Finds transactions, most of which follow one another in the chain.
struct Finder<'a> {
    chain: &'a Chain,
    last: Option<TxNum>,
}

impl<'a> Finder<'a> {
    fn new(chain: &'a Chain) -> Finder<'a> {
        Finder { chain, last: None }
    }

    fn find(&mut self, text: &str) -> Result<Option<TxNum>> {
        let (txid, transactions) = (txid_named(text)?, self.chain.counts().transactions);
        let near = self.last.into_iter().flat_map(|TxNum(last)| [TxNum(last), TxNum(last.saturating_add(1))]);
        for number in near.filter(|number| number.row() < transactions) {
            if self.chain.txid(number)? == txid {
                self.last = Some(number);
                return Ok(Some(number));
            }
        }
        let found = self.chain.store().find_transaction(&txid, transactions);
        self.last = found.or(self.last);
        Ok(found)
    }
}
