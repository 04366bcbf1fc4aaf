//! A simulated chain's truth in the numbers of a store of that chain.

use std::collections::HashMap;
use std::sync::OnceLock;

use arrow_array::{Array, StringArray};

use crate::chain::{Chain, txid_named};
use crate::error::{Error, Result};
use crate::evaluate::folder::{Columns, Folder, wrong};
use crate::evaluate::given::{numbers, unknown_transactions};
use crate::evaluate::known::{Codes, Known, Owners, Purposes};
use crate::ids::{Height, NONE_32, TxNum};

/// The category of the entity that stands for nobody: what it has, nobody can spend.
const NOBODY: &str = "burn";

/// Entities by the numbers that the truth has for them.
type Places = HashMap<i32, u32>;

/// What the truth says of one output.
pub(super) struct OutputRow<'a> {
    pub transaction: TxNum,
    pub output: u64,
    pub owner: Option<u32>,
    pub purpose: &'a str,
}

impl Folder {
    /// The truth as of a chain's height. Fails where it does not fit the chain.
    pub fn known(&self, chain: &Chain, go_on: &mut dyn FnMut() -> bool) -> Result<Known> {
        let (mut owners, places) = self.owners(go_on)?;
        let (purposes, whole) = self.purposes(chain, &places, go_on)?;
        self.addresses(chain, &places, whole, &mut owners, go_on)?;
        let fact = |name| self.fact(name).unwrap_or_else(|| "?".to_string());
        let name = format!("{} (seed {}, scale {})", fact("scenario"), fact("seed"), fact("scale"));
        Ok(Known {
            chain: chain.clone(),
            name,
            digest: fact("digest"),
            owners: Some(owners),
            purposes: Some(purposes),
            change: OnceLock::new(),
            folder: Some(self.clone()),
        })
    }

    fn owners(&self, go_on: &mut dyn FnMut() -> bool) -> Result<(Owners, Places)> {
        let (mut owners, mut places) = (Owners::default(), Places::new());
        let take = |columns: &Columns<'_>| {
            let (entities, names, categories) = (columns.int32("entity")?, columns.texts("name")?, columns.texts("category")?);
            for row in 0..columns.rows() {
                let entity = columns.there("entity", entities.is_valid(row).then(|| entities.value(row)))?;
                if places.insert(entity, owners.names.len() as u32).is_some() {
                    return Err(wrong(self.path(), format!("has entity {entity} twice")));
                }
                owners.names.push(columns.there("name", text(&names, row))?.to_string());
                owners.categories.push(columns.there("category", text(&categories, row))?.to_string());
            }
            Ok(())
        };
        self.read("entities", &["entity", "name", "category"], take, go_on)?;
        Ok((owners, places))
    }

    /// What the transactions are for, and whether all of the truth's are in the chain, at its height.
    fn purposes(&self, chain: &Chain, places: &Places, go_on: &mut dyn FnMut() -> bool) -> Result<(Purposes, bool)> {
        let rows = chain.counts().transactions as usize;
        let (mut purposes, mut profiles) = (Codes::new(rows), Codes::new(rows));
        let mut makers = vec![NONE_32; rows];
        let (mut finder, mut unknown, mut given, mut later) = (Finder::new(chain), Vec::new(), 0, 0);
        let take = |columns: &Columns<'_>| {
            let (txids, heights, entities) = (columns.texts("txid")?, columns.int32("height")?, columns.int32("entity")?);
            let (said, software) = (columns.texts("purpose")?, columns.texts("profile")?);
            given += columns.rows();
            for row in 0..columns.rows() {
                let height = columns.there("height", heights.is_valid(row).then(|| heights.value(row)))?;
                if height > chain.height().0 as i32 {
                    later += 1;
                    continue;
                }
                let txid = columns.there("txid", text(&txids, row))?;
                match finder.find(txid)?.filter(|number| chain.height_of(*number).is_ok_and(|at| at == Height(height as u32))) {
                    None => unknown.push(txid.to_string()),
                    Some(number) => {
                        let place = number.0 as usize;
                        purposes.of[place] = purposes.code(columns.there("purpose", text(&said, row))?)?;
                        profiles.of[place] = profiles.code(columns.there("profile", text(&software, row))?)?;
                        if entities.is_valid(row) {
                            makers[place] = entity(self, places, entities.value(row))?;
                        }
                    }
                }
            }
            Ok(())
        };
        self.read("transactions", &["txid", "height", "entity", "purpose", "profile"], take, go_on)?;
        match unknown.is_empty() {
            true => Ok((Purposes { purposes, profiles: Some(profiles), makers: Some(makers) }, later == 0)),
            false => Err(unknown_transactions(chain, &unknown, given)),
        }
    }

    /// Whose the addresses are. Where the chain is `whole`, every one that is said to be paid must be in it.
    fn addresses(
        &self,
        chain: &Chain,
        places: &Places,
        whole: bool,
        owners: &mut Owners,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        owners.of = vec![NONE_32; chain.counts().addresses as usize];
        let mut roles = Codes::new(owners.of.len());
        let take = |columns: &Columns<'_>| {
            let (scripts, entities, said) = (columns.texts("script")?, columns.int32("entity")?, columns.texts("role")?);
            let paid = columns.flags("is_paid")?;
            let addresses = columns.texts("address").unwrap_or_else(|_| scripts.clone());
            for (row, number) in numbers(chain, &scripts)?.into_iter().enumerate() {
                match number {
                    Some(number) => {
                        let owner = columns.there("entity", entities.is_valid(row).then(|| entities.value(row)))?;
                        let owner = entity(self, places, owner)?;
                        if owners.categories[owner as usize] == NOBODY {
                            continue;
                        }
                        owners.set(chain, number, owner)?;
                        roles.of[number.0 as usize] = roles.code(columns.there("role", text(&said, row))?)?;
                    }
                    None if whole && paid.is_valid(row) && paid.value(row) => {
                        let name = text(&addresses, row).or(text(&scripts, row)).unwrap_or("?");
                        return Err(Error::Invalid {
                            what: format!(
                                "the truth does not fit the chain: address {name}, which it says was paid, is not in it; give the truth of this chain"
                            ),
                        });
                    }
                    None => owners.unpaid += 1,
                }
            }
            Ok(())
        };
        self.read("addresses", &["address", "script", "entity", "role", "is_paid"], take, go_on)?;
        owners.roles = Some(roles);
        Ok(())
    }

    /// Goes through what the truth says of the outputs of a chain's transactions, up to its height.
    pub(super) fn outputs(
        &self,
        known: &Known,
        mut take: impl FnMut(OutputRow<'_>) -> Result<()>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let chain = known.chain();
        let (_, places) = self.owners(go_on)?;
        let mut finder = Finder::new(chain);
        let take = |columns: &Columns<'_>| {
            let (txids, positions) = (columns.texts("txid")?, columns.int32("position")?);
            let (entities, purposes) = (columns.int32("entity")?, columns.texts("purpose")?);
            for row in 0..columns.rows() {
                let txid = columns.there("txid", text(&txids, row))?;
                // What is not in the chain is of a later height: the transactions were looked for before.
                let Some(transaction) = finder.find(txid)? else { continue };
                let (outputs, position) = (chain.outputs_of(transaction)?, positions.value(row) as u64);
                if position >= outputs.end - outputs.start {
                    return Err(Error::Invalid {
                        what: format!(
                            "the truth does not fit the chain: it has an output {txid}:{position}, which is not there; give the truth of this chain"
                        ),
                    });
                }
                let owner = entities.is_valid(row).then(|| entity(self, &places, entities.value(row))).transpose()?;
                let purpose = columns.there("purpose", text(&purposes, row))?;
                take(OutputRow { transaction, output: outputs.start + position, owner, purpose })?;
            }
            Ok(())
        };
        self.read("outputs", &["txid", "position", "entity", "purpose"], take, go_on)
    }
}

fn text(texts: &StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}

fn entity(folder: &Folder, places: &Places, entity: i32) -> Result<u32> {
    places.get(&entity).copied().ok_or_else(|| wrong(folder.path(), format!("has no entity {entity} in its table of entities")))
}

/// Finds transactions, most of which follow one another in the chain.
struct Finder<'a> {
    chain: &'a Chain,
    last: Option<([u8; 32], TxNum)>,
}

impl<'a> Finder<'a> {
    fn new(chain: &'a Chain) -> Finder<'a> {
        Finder { chain, last: None }
    }

    fn find(&mut self, text: &str) -> Result<Option<TxNum>> {
        let (txid, transactions) = (txid_named(text)?, self.chain.counts().transactions);
        let near = self.last.into_iter().flat_map(|(_, TxNum(last))| [TxNum(last), TxNum(last.saturating_add(1))]);
        for number in near.filter(|number| number.row() < transactions) {
            if self.chain.txid(number)? == txid {
                self.last = Some((txid, number));
                return Ok(Some(number));
            }
        }
        let found = self.chain.store().find_transaction(&txid, transactions);
        self.last = found.map(|number| (txid, number)).or(self.last);
        Ok(found)
    }
}
