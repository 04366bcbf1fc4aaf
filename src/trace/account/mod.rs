//! Following money through the accounts of wallets, as courts follow it through bank accounts. docs/traces.md defines the accounts.
//!
//! An account is opened when traced money first comes to its wallet: with the balance that the wallet has by then, none of it traced, and
//! with all its later transactions queued. So only wallets that traced money reaches are looked at, each from then on.

mod held;
mod queue;

use std::collections::{BTreeMap, VecDeque};

use crate::chain::Chain;
use crate::chain::parties::Parties;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::sets::marks::Marks;
use crate::trace::limits::Limits;
use crate::trace::place::Place;
use crate::trace::sweep::log::{Log, Logged, Mark};
use crate::trace::sweep::money::Piece;
use crate::trace::sweep::{Seen, Swept, Watch};
use crate::trace::{Reason, Source, TraceOptions};

pub(super) use held::Accounts;
use held::Held;
use queue::{Account, Arrival, Part, take, traced};

/// Members of a wallet, and transactions, between two questions whether to go on.
const EVERY: u64 = 1024;

/// Follows a source through accounts.
pub(super) fn run<'a>(
    chain: &'a Chain,
    source: &Source,
    options: &'a TraceOptions,
    watch: Watch<'a>,
    by_slot: bool,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(Swept, Accounts)> {
    let clusters = options.clusters.as_ref().expect("the options were checked");
    let last = source.outputs().last().ok_or(Error::EmptySource)?;
    chain.output_at(last.output)?;
    source.sum()?;
    let done = Swept { stopped: vec![0; options.stops.labels().len()], log: Log::default(), ..Swept::default() };
    let mut books = Books {
        chain,
        clusters,
        options,
        watch,
        by_slot,
        waiting: Marks::new(chain.counts().transactions),
        accounts: BTreeMap::new(),
        sources: BTreeMap::new(),
        ended: BTreeMap::new(),
        limits: Limits::new(chain, options)?,
        traced: 0,
        done,
    };
    books.begin(source)?;
    books.follow(progress)?;
    books.close();
    Ok((books.done, Accounts { held: books.ended.into_values().collect() }))
}

struct Books<'a> {
    chain: &'a Chain,
    clusters: &'a Clusters,
    options: &'a TraceOptions,
    watch: Watch<'a>,
    by_slot: bool,
    waiting: Marks,
    accounts: BTreeMap<AddrNum, Account>,
    /// The outputs of the source, by the transaction that makes them: wallet, source, amount, output.
    sources: BTreeMap<TxNum, Vec<(AddrNum, u32, u64, OutNum)>>,
    /// What ended in accounts, by wallet and reason.
    ended: BTreeMap<(AddrNum, &'static str), Held>,
    limits: Limits,
    /// Satoshi of traced money in all accounts.
    traced: u64,
    done: Swept,
}

impl Books<'_> {
    fn begin(&mut self, source: &Source) -> Result<()> {
        for given in source.outputs() {
            let place = Place::Output(given.output);
            self.done.log.step(Logged { place, mark: Mark::Followed, crosses: false, amount: given.amount });
            let tx = self.chain.transaction_of(given.output)?;
            let wallet = self.clusters.name_of(self.chain.address_of(given.output)?)?;
            self.sources.entry(tx).or_default().push((wallet, given.source, given.amount, given.output));
            if tx.row() >= self.chain.counts().transactions {
                return Err(Error::corrupt(
                    self.chain.store().folder(),
                    format!("names transaction number {tx}, which it does not have"),
                ));
            }
            self.waiting.put(tx.row());
        }
        Ok(())
    }

    fn follow(&mut self, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        let (mut now, mut passed) = (0, 0u64);
        while let Some(turn) = self.waiting.next(now) {
            let tx = TxNum(turn as u32);
            self.pass(tx, progress)?;
            self.mark_sources(tx, progress)?;
            now = turn + 1;
            // What is left in accounts is not traced any more.
            if self.traced == 0 && self.sources.is_empty() {
                break;
            }
            passed += 1;
            if passed.is_multiple_of(EVERY) && !progress(passed) {
                return Err(Error::TraceInterrupted { transactions: passed });
            }
        }
        Ok(())
    }

    /// Lets the payers of a transaction pay, and the receivers get.
    fn pass(&mut self, tx: TxNum, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        let (chain, clusters) = (self.chain, self.clusters);
        let parties = Parties::of(chain, tx, |output| clusters.name_of(chain.address_of(output)?))?;
        let mut line = VecDeque::new();
        for (i, (wallet, amount)) in parties.payers().iter().enumerate() {
            self.cut_off(*wallet, tx);
            match self.accounts.get_mut(wallet) {
                Some(account) => line.extend(account.pay(self.options.policy, *amount, i as u32)),
                None => line.push_back(Part { length: *amount, traced: None, payer: i as u32 }),
            }
        }
        let arrivals = || line.iter().filter_map(|part| part.traced).map(|(_, arrival)| arrival);
        let hop = arrivals().map(|arrival| arrival.hop).min().unwrap_or(0);
        let tx_hop = arrivals().map(|arrival| arrival.tx_hop).min().unwrap_or(0) + 1;
        if arrivals().next().is_some() {
            self.done.log.pass(tx, hop, tx_hop);
        }
        for (wallet, amount) in parties.receivers() {
            let parts = take(&mut line, *amount);
            self.receive(
                tx,
                *wallet,
                &parts,
                Arrival { hop: hop + 1, tx_hop, amount: traced(&parts) },
                parties.payers(),
                progress,
            )?;
        }
        let parts = take(&mut line, parties.fee());
        self.step(tx, Place::Fee(tx), &parts, Mark::Ended(Reason::Fees), false, parties.payers());
        Ok(())
    }

    /// Ends what of the traced money in an account the limits do not let a transaction take on.
    fn cut_off(&mut self, wallet: AddrNum, by: TxNum) {
        if !self.limits.look_at_arrivals() && self.limit(Arrival::default(), by).is_none() {
            return;
        }
        let Some(mut account) = self.accounts.remove(&wallet) else { return };
        for part in account.parts.iter_mut() {
            if let Some((source, arrival)) = part.traced
                && let Some(reason) = self.limit(arrival, by)
            {
                self.end(wallet, reason, source, arrival, part.length);
                self.traced -= part.length;
                part.traced = None;
            }
        }
        self.accounts.insert(wallet, account);
    }

    /// The first limit that money does not keep.
    fn limit(&self, arrival: Arrival, by: TxNum) -> Option<Reason> {
        let used_up = || self.limits.end_after(self.done.log.steps() as u64).then_some(Reason::CutOffBudget);
        self.limits.cut(Some(arrival.hop), arrival.tx_hop, arrival.amount, by).or_else(used_up)
    }

    /// Writes down that traced money ended in an account.
    fn end(&mut self, wallet: AddrNum, reason: Reason, source: u32, arrival: Arrival, amount: u64) {
        if amount == 0 {
            return;
        }
        let (hop, tx_hop) = (arrival.hop, arrival.tx_hop);
        let new = Held { wallet, amount: 0, reason, hop, tx_hop, by_source: BTreeMap::new() };
        let held = self.ended.entry((wallet, reason.name())).or_insert(new);
        held.amount += amount;
        (held.hop, held.tx_hop) = (held.hop.min(hop), held.tx_hop.min(tx_hop));
        *held.by_source.entry(source).or_default() += amount;
    }

    fn receive(
        &mut self,
        tx: TxNum,
        wallet: AddrNum,
        parts: &[Part],
        arrival: Arrival,
        payers: &[(AddrNum, u64)],
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<()> {
        let label = self.options.stops.label_of_wallet(wallet);
        let goes_on = arrival.amount > 0 && label.is_none();
        if let (Some(label), true) = (label, arrival.amount > 0) {
            self.done.stopped[label as usize] += arrival.amount;
        }
        let mark = if label.is_some() { Mark::Stopped } else { Mark::Followed };
        self.step(tx, Place::Account(wallet), parts, mark, true, payers);
        if goes_on {
            self.open(wallet, tx, progress)?;
        }
        let Some(account) = self.accounts.get_mut(&wallet) else { return Ok(()) };
        for part in parts {
            // What stopped is money like any other from here on.
            let traced = part.traced.filter(|_| goes_on).map(|(source, _)| (source, arrival));
            account.put(Part { traced, ..*part });
        }
        Ok(())
    }

    fn step(&mut self, by: TxNum, place: Place, parts: &[Part], mark: Mark, crosses: bool, payers: &[(AddrNum, u64)]) {
        let amount = traced(parts);
        if amount == 0 {
            return;
        }
        if let Mark::Ended(reason) = mark {
            self.done.end(reason, amount);
        }
        self.traced -= if mark == Mark::Followed { 0 } else { amount };
        let step = self.done.log.steps();
        self.done.log.step(Logged { place, mark, crosses, amount });
        let by_slot = self.by_slot;
        if let Some(watch) = &mut self.watch {
            let left: Vec<(Place, u64)> = payers.iter().map(|(wallet, sum)| (Place::Account(*wallet), *sum)).collect();
            let piece = |part: &Part| {
                let (source, _) = part.traced?;
                Some(Piece { start: 0, length: part.length, owner: if by_slot { part.payer } else { source } })
            };
            let parts: Vec<Piece> = parts.iter().filter_map(piece).collect();
            watch(Seen { step, by: Some(by), place, mark, parts: &parts, left: &left });
        }
    }

    /// Marks what the source has in the accounts of the wallets that a transaction paid.
    fn mark_sources(&mut self, tx: TxNum, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        let Some(mut given) = self.sources.remove(&tx) else { return Ok(()) };
        given.sort_by_key(|(wallet, _, _, output)| (*wallet, *output));
        for given in given.chunk_by(|a, b| a.0 == b.0) {
            let wallet = given[0].0;
            self.open(wallet, TxNum(tx.0 + 1), progress)?;
            let amounts: Vec<(u32, u64)> = given.iter().map(|(_, source, amount, _)| (*source, *amount)).collect();
            let overlaps = self.accounts.get_mut(&wallet).expect("it was just opened").mark(&amounts);
            for ((source, amount), overlap) in amounts.into_iter().zip(overlaps) {
                self.traced += amount - overlap;
                self.end(wallet, Reason::Rejoined, source, Arrival { hop: 0, tx_hop: 0, amount }, overlap);
            }
            if let (Some(watch), true) = (&mut self.watch, self.by_slot) {
                for (_, _, amount, output) in given {
                    let (place, part) = (Place::Account(wallet), Piece { start: 0, length: *amount, owner: 0 });
                    let (mark, left) = (Mark::Followed, [(Place::Output(*output), *amount)]);
                    watch(Seen { step: 0, by: Some(tx), place, mark, parts: &[part], left: &left });
                }
            }
        }
        Ok(())
    }

    /// Opens a wallet's account as it is before a transaction, and queues what touches the wallet from then on.
    fn open(&mut self, wallet: AddrNum, before: TxNum, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        if self.accounts.contains_key(&wallet) {
            return Ok(());
        }
        let (mut balance, mut paid, mut seen) = (0u64, Vec::new(), 0u64);
        for member in self.clusters.members(wallet) {
            self.chain.outputs_to(member, &mut paid);
            for output in paid.iter().copied() {
                seen += 1;
                let passed = self.done.log.passages().len() as u64;
                if seen.is_multiple_of(EVERY) && !progress(passed) {
                    return Err(Error::TraceInterrupted { transactions: passed });
                }
                let maker = self.chain.transaction_of(output)?;
                let spent = self.chain.end_of(output)?.spender();
                if maker < before && spent.is_none_or(|tx| tx >= before) {
                    balance = balance.saturating_add(self.chain.value_of(output)?);
                }
                let later = [Some(maker), spent].into_iter().flatten().filter(|tx| *tx >= before);
                // Those that the chain does not have yet are none of its business.
                let known = self.chain.counts().transactions;
                later.filter(|tx| tx.row() < known).for_each(|tx| _ = self.waiting.put(tx.row()));
            }
        }
        let mut account = Account::default();
        account.put(Part { length: balance, traced: None, payer: 0 });
        self.accounts.insert(wallet, account);
        Ok(())
    }

    /// What no transaction takes on stays where it is.
    fn close(&mut self) {
        for (wallet, account) in std::mem::take(&mut self.accounts) {
            for part in account.parts {
                if let Some((source, arrival)) = part.traced {
                    self.end(wallet, Reason::Unspent, source, arrival, part.length);
                }
            }
        }
    }
}
