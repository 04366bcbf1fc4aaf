//! A set of addresses from a list of texts, of any length: which of them the chain knows, and what happened to each.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, StringArray};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::chain::{AddressTotals, Chain};
use crate::error::{Error, Result};
use crate::ids::AddrNum;
use crate::script::{self, Kind, ScriptPayload};
use crate::table::Table;
use crate::table::columns::{self, nullable};

/// Texts that are looked up together, so that their look-ups wait for memory together.
const TOGETHER: usize = 64;

/// A text that names no address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Its place in what was given, from 0.
    pub row: u64,
    pub text: String,
    pub reason: String,
}

/// Distinct addresses, in the order in which they were given first.
#[derive(Clone)]
pub struct AddressSet {
    chain: Chain,
    given: StringArray,
    texts: Arc<StringArray>,
    kinds: Arc<[Kind]>,
    numbers: Arc<[Option<AddrNum>]>,
    rejected: Arc<[Rejected]>,
}

type Identities = HashSet<u128, BuildHasherDefault<IdentityHasher>>;

/// What the texts of one piece of the list came to, in their order.
enum Found {
    Address { row: usize, identity: u128, kind: Kind, number: Option<AddrNum> },
    Rejected(Rejected),
}

impl Chain {
    /// Looks up many texts: addresses of the chain's network, or output scripts in hex.
    pub fn addresses(&self, texts: &StringArray) -> AddressSet {
        let rows: Vec<usize> = (0..texts.len()).collect();
        let pieces = in_parallel(&rows, |rows| self.look_up(texts, rows));
        let (mut seen, mut kinds, mut numbers, mut rejected) =
            (Identities::with_capacity_and_hasher(texts.len(), Default::default()), Vec::new(), Vec::new(), Vec::new());
        let mut kept = Vec::new();
        for found in pieces.into_iter().flatten() {
            match found {
                Found::Rejected(text) => rejected.push(text),
                Found::Address { row, identity, kind, number } => {
                    if seen.insert(identity) {
                        kept.push(texts.value(row).trim());
                        kinds.push(kind);
                        numbers.push(number);
                    }
                }
            }
        }
        AddressSet {
            chain: self.clone(),
            given: texts.clone(),
            texts: Arc::new(StringArray::from(kept)),
            kinds: kinds.into(),
            numbers: numbers.into(),
            rejected: rejected.into(),
        }
    }

    fn look_up(&self, texts: &StringArray, rows: &[usize]) -> Vec<Found> {
        let mut found = Vec::with_capacity(rows.len());
        let (mut scripts, mut parsed, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for rows in rows.chunks(TOGETHER) {
            scripts.clear();
            parsed.clear();
            numbers.clear();
            for row in rows {
                let text = if texts.is_null(*row) { "" } else { texts.value(*row) };
                match script::parse(self.network(), text) {
                    Ok(script) => {
                        scripts.push(script);
                        parsed.push(*row);
                    }
                    Err(e) => {
                        found.push(Found::Rejected(Rejected { row: *row as u64, text: text.to_string(), reason: e.to_string() }))
                    }
                }
            }
            self.store().find_addresses(&scripts, self.counts().addresses, &mut numbers);
            found.extend(parsed.iter().zip(&scripts).zip(&numbers).map(|((row, (kind, payload)), number)| Found::Address {
                row: *row,
                identity: identity(*kind, payload, *number),
                kind: *kind,
                number: *number,
            }));
        }
        found
    }
}

/// What tells addresses apart: known ones by their number, others by 128 bits of a hash.
fn identity(kind: Kind, payload: &ScriptPayload, number: Option<AddrNum>) -> u128 {
    match number {
        Some(number) => number.0 as u128,
        None => xxh3_128_with_seed(payload.as_ref(), kind as u64) | 1 << 127,
    }
}

/// Hashes an identity, most of which are hashes already.
#[derive(Default)]
struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 ^ *byte as u64).wrapping_mul(0x0100_0000_01b3));
    }
    fn write_u128(&mut self, identity: u128) {
        self.0 = (identity as u64 ^ (identity >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl AddressSet {
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// How many texts were given.
    pub fn given(&self) -> u64 {
        self.given.len() as u64
    }

    /// The texts that were given.
    pub fn texts_given(&self) -> &StringArray {
        &self.given
    }

    /// How many distinct addresses they name.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The addresses that the chain knows, in the order given.
    pub fn known(&self) -> impl Iterator<Item = AddrNum> {
        self.numbers.iter().flatten().copied()
    }

    pub fn text(&self, i: usize) -> &str {
        self.texts.value(i)
    }

    pub fn number(&self, i: usize) -> Option<AddrNum> {
        self.numbers[i]
    }

    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// The texts that name no address: row, text, reason.
    pub fn rejected_table(&self) -> Table {
        columns::ready([
            columns::int64("row", self.rejected.iter().map(|rejected| rejected.row as i64)),
            columns::text("text", self.rejected.iter().map(|rejected| &rejected.text)),
            columns::text("reason", self.rejected.iter().map(|rejected| &rejected.reason)),
        ])
    }

    /// One row an address, in the order given: what came to it and left it, and when.
    pub fn summary(&self) -> Result<Table> {
        let totals = in_parallel(&self.numbers, |numbers| self.totals(numbers)).into_iter().collect::<Result<Vec<_>>>()?;
        let rows: Vec<Row> = totals.into_iter().flatten().collect();
        let amount = |name, get: fn(&AddressTotals) -> u64| columns::amount(name, rows.iter().map(|row| get(&row.totals)));
        let height = |name, get: fn(&Row) -> Option<(u32, u32)>| {
            nullable::int32(name, rows.iter().map(|row| get(row).map(|(height, _)| height as i32)))
        };
        let time = |name, get: fn(&Row) -> Option<(u32, u32)>| {
            nullable::time(name, rows.iter().map(|row| get(row).map(|(_, time)| time as i64)))
        };
        Ok(columns::ready([
            ("address", self.texts.clone() as ArrayRef, false),
            columns::text("kind", self.kinds.iter().map(|kind| kind.name())),
            columns::flag("known", self.numbers.iter().map(Option::is_some)),
            amount("received", |totals| totals.received),
            amount("sent", |totals| totals.sent),
            amount("balance", AddressTotals::balance),
            amount("payments", |totals| totals.outputs),
            height("first_height", |row| row.first),
            height("last_height", |row| row.last),
            time("first_time", |row| row.first),
            time("last_time", |row| row.last),
        ]))
    }

    fn totals(&self, numbers: &[Option<AddrNum>]) -> Result<Vec<Row>> {
        let mut outputs = Vec::new();
        let chain = &self.chain;
        let when = |tx| -> Result<(u32, u32)> {
            let height = chain.height_of(tx)?;
            Ok((height.0, chain.time_at(height)?))
        };
        let mut rows = Vec::with_capacity(numbers.len());
        for together in numbers.chunks(TOGETHER) {
            together.iter().flatten().for_each(|address| chain.store().prefetch_outputs_of(*address));
            for number in together {
                let totals = number.map_or(Ok(AddressTotals::default()), |address| chain.totals_of(address, &mut outputs))?;
                rows.push(Row { totals, first: totals.first.map(when).transpose()?, last: totals.last.map(when).transpose()? });
            }
        }
        Ok(rows)
    }
}

/// One address of a summary; (height, time) of its first and last transaction.
struct Row {
    totals: AddressTotals,
    first: Option<(u32, u32)>,
    last: Option<(u32, u32)>,
}

/// Cuts a list into pieces, one for each processor, and works on them at the same time; short lists stay on this thread.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    if threads == 1 || items.len() < 1024 {
        return vec![work(items)];
    }
    let work = &work;
    std::thread::scope(|scope| {
        let pieces: Vec<_> = items.chunks(items.len().div_ceil(threads)).map(|piece| scope.spawn(move || work(piece))).collect();
        pieces.into_iter().map(|piece| piece.join().expect("the work does not panic")).collect()
    })
}

/// The texts in a file: one a line, or of a file of columns (separated by commas, semicolons or tabs) the column that its first line
/// calls "address", else the first one.
pub fn read_texts(path: &Path) -> Result<StringArray> {
    let bytes = std::fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound { what: "file of addresses", path: path.to_path_buf() },
        _ => Error::io("read", path)(e),
    })?;
    let wrong = || Error::Invalid {
        what: format!("{} is not a text file; give a file with an address a line, or a CSV file", path.display()),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first_line = text.lines().next().unwrap_or("");
    let delimiter = [b'\t', b';', b','].into_iter().find(|d| first_line.bytes().any(|byte| byte == *d)).unwrap_or(b',');
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut texts, mut column) = (StringBuilder::new(), None);
    for row in rows.records() {
        let row = row.map_err(|_| wrong())?;
        let named = || row.iter().position(|name| ["address", "addresses"].contains(&name.to_ascii_lowercase().as_str()));
        match column {
            None if named().is_some() => column = named(),
            _ => {
                let text = row.get(*column.get_or_insert(0)).unwrap_or("");
                if row.len() > 1 || !text.is_empty() {
                    texts.append_value(text);
                }
            }
        }
    }
    Ok(texts.finish())
}
