//! The truth that stands beside the chain: tables of who owns what and why it moved, and the digest over all of it.

pub mod table;
pub mod tags;
pub mod words;

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::ids::{hash_text, hex};
use crate::script::{Network, address_text, classify};
use crate::simulate::truth::table::{Cell, Column, Table, Type};
use crate::simulate::truth::words::{Category, Funded, Movement, Role, Route, What, Why};
use crate::simulate::world::profile::PROFILES;

const ENTITIES: &[Column] = &[
    ("entity", Type::Int, false),
    ("name", Type::Text, false),
    ("category", Type::Word, false),
    ("country", Type::Word, true),
    ("profile", Type::Word, false),
    ("is_public", Type::Flag, false),
];
const ADDRESSES: &[Column] = &[
    ("address", Type::Text, true),
    ("script", Type::Text, false),
    ("entity", Type::Int, false),
    ("role", Type::Word, false),
    ("customer", Type::Int, true),
    ("is_paid", Type::Flag, false),
];
const TRANSACTIONS: &[Column] = &[
    ("txid", Type::Text, false),
    ("height", Type::Int, false),
    ("time", Type::Time, false),
    ("entity", Type::Int, true),
    ("purpose", Type::Word, false),
    ("profile", Type::Word, false),
];
const OUTPUTS: &[Column] = &[
    ("txid", Type::Word, false),
    ("position", Type::Int, false),
    ("value", Type::Long, false),
    ("entity", Type::Int, true),
    ("purpose", Type::Word, false),
];
const ACCOUNTS: &[Column] = &[
    ("service", Type::Int, false),
    ("customer", Type::Int, false),
    ("kind", Type::Word, false),
    ("txid", Type::Word, true),
    ("position", Type::Int, true),
    ("amount", Type::Long, false),
    ("time", Type::Time, false),
];
const BALANCES: &[Column] = &[("height", Type::Int, false), ("entity", Type::Int, false), ("change", Type::Long, false)];
const CASHOUTS: &[Column] = &[
    ("txid", Type::Word, false),
    ("position", Type::Int, false),
    ("exchange", Type::Int, false),
    ("amount", Type::Long, false),
    ("route", Type::Word, false),
    ("customer", Type::Int, false),
];
const PAYERS: &[Column] = &[
    ("txid", Type::Word, false),
    ("position", Type::Int, false),
    ("payer", Type::Int, false),
    ("country", Type::Word, false),
    ("amount", Type::Long, false),
    ("funded", Type::Word, false),
    ("exchange", Type::Int, true),
    ("withdrawal_txid", Type::Word, true),
];

/// An output by its transaction and position.
pub(in crate::simulate) type Place = ([u8; 32], u32);

/// All tables, open.
pub(in crate::simulate) struct Truth {
    digest: Sha256,
    entities: Table,
    addresses: Table,
    transactions: Table,
    outputs: Table,
    accounts: Table,
    balances: Table,
    cashouts: Option<Table>,
    payers: Option<Table>,
}

/// How many rows there are of everything.
pub(in crate::simulate) struct Counts {
    pub entities: u64,
    pub addresses: u64,
    pub transactions: u64,
    pub outputs: u64,
    pub payments: u64,
    pub cashouts: u64,
}

/// A payment to the hidden service.
pub(in crate::simulate) struct Paid {
    pub place: Place,
    pub payer: u32,
    pub country: &'static str,
    pub amount: u64,
    pub funded: Funded,
    pub exchange: Option<u32>,
    pub withdrawal: Option<[u8; 32]>,
}

impl Truth {
    pub fn create(folder: &Path, with_service: bool) -> Result<Truth> {
        let table = |name: &str, columns| Table::create(folder, name, columns);
        let service_table = |name, columns| if with_service { table(name, columns).map(Some) } else { Ok(None) };
        Ok(Truth {
            digest: Sha256::new(),
            entities: table("entities.parquet", ENTITIES)?,
            addresses: table("addresses.parquet", ADDRESSES)?,
            transactions: table("transactions.parquet", TRANSACTIONS)?,
            outputs: table("outputs.parquet", OUTPUTS)?,
            accounts: table("accounts.parquet", ACCOUNTS)?,
            balances: table("balances.parquet", BALANCES)?,
            cashouts: service_table("cashouts.parquet", CASHOUTS)?,
            payers: service_table("payers.parquet", PAYERS)?,
        })
    }

    /// Takes bytes that are part of what the digest is of: a letter for what they are, then their numbers and texts.
    fn take(&mut self, of: u8, numbers: &[i64], bytes: &[u8]) {
        let mut row = [0; 80];
        row[0] = of;
        let end = 1 + 8 * numbers.len();
        row[1..end].as_chunks_mut::<8>().0.iter_mut().zip(numbers).for_each(|(to, number)| *to = number.to_le_bytes());
        self.digest.update(&row[..end]);
        self.digest.update(bytes);
    }

    pub fn block(&mut self, hash: &[u8; 32]) {
        self.take(b'b', &[], hash);
    }

    pub fn entity(
        &mut self,
        entity: u32,
        name: &str,
        category: Category,
        country: &str,
        profile: u8,
        is_public: bool,
    ) -> Result<()> {
        self.take(b'e', &[entity as i64, category as i64, profile as i64, is_public as i64, name.len() as i64], name.as_bytes());
        self.digest.update(country);
        let profile = PROFILES[profile as usize].name;
        let country = Some(country).filter(|country| !country.is_empty());
        self.entities.row(&[
            Cell::Int(entity as i32),
            Cell::Text(name),
            Cell::Text(category.text()),
            country.into(),
            Cell::Text(profile),
            Cell::Flag(is_public),
        ])
    }

    /// Returns the address's text, where its script has one.
    pub fn address(
        &mut self,
        script: &[u8],
        entity: u32,
        role: Role,
        customer: Option<u32>,
        is_paid: bool,
    ) -> Result<Option<String>> {
        let numbers = [entity as i64, role as i64, customer.map_or(-1, i64::from), is_paid as i64];
        self.take(b'a', &numbers, script);
        let (kind, payload) = classify(script);
        let text = address_text(Network::Regtest, kind, &script[payload]);
        self.addresses.row(&[
            text.as_deref().into(),
            Cell::Text(&hex(script)),
            Cell::Int(entity as i32),
            Cell::Text(role.text()),
            customer.into(),
            Cell::Flag(is_paid),
        ])?;
        Ok(text)
    }

    pub fn transaction(
        &mut self,
        txid: (&[u8; 32], &str),
        height: u32,
        time: u32,
        entity: Option<u32>,
        why: Why,
        profile: u8,
    ) -> Result<()> {
        let numbers = [height as i64, time as i64, entity.map_or(-1, i64::from), why as i64, profile as i64];
        self.take(b't', &numbers, txid.0);
        self.transactions.row(&[
            Cell::Text(txid.1),
            Cell::Int(height as i32),
            Cell::Time(time),
            entity.into(),
            Cell::Text(why.text()),
            Cell::Text(PROFILES[profile as usize].name),
        ])
    }

    pub fn output(&mut self, txid: &str, position: u32, value: u64, entity: Option<u32>, what: What) -> Result<()> {
        self.take(b'o', &[position as i64, value as i64, entity.map_or(-1, i64::from), what as i64], &[]);
        self.outputs.row(&[
            Cell::Text(txid),
            Cell::Int(position as i32),
            Cell::Long(value as i64),
            entity.into(),
            Cell::Text(what.text()),
        ])
    }

    /// `amount` is negative where a customer gives money to another in a transfer.
    pub fn account(
        &mut self,
        service: u32,
        customer: u32,
        kind: Movement,
        place: Option<Place>,
        amount: i64,
        time: u32,
    ) -> Result<()> {
        let position = place.map(|place| place.1);
        let numbers = [service as i64, customer as i64, kind as i64, position.map_or(-1, i64::from), amount, time as i64];
        self.take(b'm', &numbers, place.as_ref().map_or(&[], |place| &place.0[..]));
        let txid = place.map(|place| hash_text(&place.0));
        self.accounts.row(&[
            Cell::Int(service as i32),
            Cell::Int(customer as i32),
            Cell::Text(kind.text()),
            txid.as_deref().into(),
            position.into(),
            Cell::Long(amount),
            Cell::Time(time),
        ])
    }

    pub fn balance(&mut self, height: u32, entity: u32, change: i64) -> Result<()> {
        self.take(b'c', &[height as i64, entity as i64, change], &[]);
        self.balances.row(&[Cell::Int(height as i32), Cell::Int(entity as i32), Cell::Long(change)])
    }

    pub fn cashout(&mut self, place: Place, exchange: u32, amount: u64, route: Route, customer: u32) -> Result<()> {
        self.take(b'x', &[place.1 as i64, exchange as i64, amount as i64, route as i64, customer as i64], &place.0);
        let Some(table) = &mut self.cashouts else { return Ok(()) };
        table.row(&[
            Cell::Text(&hash_text(&place.0)),
            Cell::Int(place.1 as i32),
            Cell::Int(exchange as i32),
            Cell::Long(amount as i64),
            Cell::Text(route.text()),
            Cell::Int(customer as i32),
        ])
    }

    pub fn payer(&mut self, paid: &Paid) -> Result<()> {
        let exchange = paid.exchange.map_or(-1, i64::from);
        let numbers = [paid.place.1 as i64, paid.payer as i64, paid.amount as i64, paid.funded as i64, exchange];
        self.take(b'p', &numbers, &paid.place.0);
        self.digest.update(paid.withdrawal.as_ref().map_or(&[][..], |txid| txid));
        self.digest.update(paid.country);
        let Some(table) = &mut self.payers else { return Ok(()) };
        table.row(&[
            Cell::Text(&hash_text(&paid.place.0)),
            Cell::Int(paid.place.1 as i32),
            Cell::Int(paid.payer as i32),
            Cell::Text(paid.country),
            Cell::Long(paid.amount as i64),
            Cell::Text(paid.funded.text()),
            paid.exchange.into(),
            paid.withdrawal.as_ref().map(hash_text).as_deref().into(),
        ])
    }

    /// Closes all files; returns the digest and how many rows there are.
    pub fn close(self) -> Result<(String, Counts)> {
        let close = |table: Option<Table>| table.map_or(Ok(0), Table::close);
        self.accounts.close()?;
        self.balances.close()?;
        let counts = Counts {
            entities: self.entities.close()?,
            addresses: self.addresses.close()?,
            transactions: self.transactions.close()?,
            outputs: self.outputs.close()?,
            payments: close(self.payers)?,
            cashouts: close(self.cashouts)?,
        };
        Ok((hex(&self.digest.finalize()), counts))
    }
}
