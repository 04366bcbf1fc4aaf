//! One run of following.

use std::sync::{Arc, OnceLock};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::TxNum;
use crate::table::Table;
use crate::trace::account::{self, Accounts};
use crate::trace::place::{Movement, Place};
use crate::trace::step::{Outcome, Step};
use crate::trace::sweep::log::{Log, Logged, Mark, Passage};
use crate::trace::sweep::next::ends_mined;
use crate::trace::sweep::order::Order;
use crate::trace::sweep::pieces::{Owners, Pieces};
use crate::trace::sweep::sums::Sums;
use crate::trace::sweep::{self, Seen, Stop, Swept, Watch};
use crate::trace::{Direction, Fees, Ledger, Source, TraceOptions, tables};

/// What became of the money of a source, as of the height of a chain. Cheap to copy.
#[derive(Clone)]
pub struct Trace {
    inner: Arc<Inner>,
}

struct Inner {
    chain: Chain,
    source: Source,
    options: TraceOptions,
    swept: Swept,
    /// What stands in accounts in the end, under the policies that keep them.
    accounts: Accounts,
    ledger: Ledger,
    ends: OnceLock<Vec<u32>>,
}

/// How much of a step came from one of the sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceShare {
    pub source: u32,
    pub step: Step,
    /// Satoshi.
    pub amount: u64,
}

impl Chain {
    /// Follows the money of a source. From time to time `progress` is told how many transactions the trace has passed, and ends it when
    /// it returns false.
    pub fn trace(&self, source: &Source, options: &TraceOptions, mut progress: impl FnMut(u64) -> bool) -> Result<Trace> {
        options.check(self)?;
        let (swept, accounts) = run(self, source, options, None, Owners::One, Stop::Budget, &mut progress)?;
        let ledger = ledger(source, options, &swept, &accounts)?;
        if !ledger.balances() {
            return Err(self.too_much());
        }
        let (chain, source, options) = (self.clone(), source.clone(), options.clone());
        Ok(Trace { inner: Arc::new(Inner { chain, source, options, swept, accounts, ledger, ends: OnceLock::new() }) })
    }
}

fn run<'a>(
    chain: &'a Chain,
    source: &'a Source,
    options: &'a TraceOptions,
    watch: Watch<'a>,
    owners: Owners,
    stop: Stop,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(Swept, Accounts)> {
    if options.policy.is_of_accounts() {
        return account::run(chain, source, options, watch, owners == Owners::Slots, progress);
    }
    let swept = match owners {
        Owners::One if !options.policy.knows_places() => {
            sweep::run(chain, source, options, Sums::new(options.policy), watch, stop, progress)
        }
        _ => {
            let pieces = Pieces::new(options.policy, owners, options.direction == Direction::Out);
            sweep::run(chain, source, options, pieces, watch, stop, progress)
        }
    };
    Ok((swept?, Accounts::default()))
}

fn ledger(source: &Source, options: &TraceOptions, swept: &Swept, accounts: &Accounts) -> Result<Ledger> {
    let sum = |mark: Mark, outcome: Outcome| swept.sums[mark as usize] + accounts.sum(outcome);
    let labels = options.stops.labels().iter().zip(&swept.stopped).filter(|(_, amount)| **amount > 0);
    Ok(Ledger {
        source: source.sum()?,
        joined: swept.joined,
        ends: labels.map(|(label, amount)| (label.clone(), *amount)).collect(),
        unspent: sum(Mark::Unspent, Outcome::Unspent),
        lost: sum(Mark::Lost, Outcome::Lost),
        mined: sum(Mark::Mined, Outcome::Mined),
        fees: sum(Mark::Fee, Outcome::Fee),
        unclaimed: sum(Mark::Unclaimed, Outcome::Unclaimed),
        unexplained: sum(Mark::Unexplained, Outcome::Unexplained),
        cut_off_hops: sum(Mark::CutOffHops, Outcome::CutOffHops),
        cut_off_tx_hops: sum(Mark::CutOffTxHops, Outcome::CutOffTxHops),
        cut_off_value: sum(Mark::CutOffValue, Outcome::CutOffValue),
        cut_off_date: sum(Mark::CutOffDate, Outcome::CutOffDate),
        cut_off_budget: swept.cut_off_budget + accounts.sum(Outcome::CutOffBudget),
        rejoined: sum(Mark::Rejoined, Outcome::Rejoined),
    })
}

impl Trace {
    /// The chain that it was done on, at its height.
    pub fn chain(&self) -> &Chain {
        &self.inner.chain
    }

    pub fn options(&self) -> &TraceOptions {
        &self.inner.options
    }

    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    /// What became of the money, in sums.
    pub fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// How many transactions it passed.
    pub fn transactions(&self) -> u64 {
        self.inner.swept.log.passages().len() as u64
    }

    /// How many steps it has.
    pub fn len(&self) -> u64 {
        self.inner.swept.log.steps() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A step: first the outputs of the source, in chain order, then those of each transaction, in the order of the trace.
    pub fn step(&self, number: u64) -> Result<Step> {
        if number >= self.len() {
            return Err(Error::Invalid {
                what: format!("there is no step {number}: the trace has {}, numbered from 0", self.len()),
            });
        }
        let (logged, passage) = self.inner.swept.log.get(number as usize);
        self.inner.decode(logged, passage)
    }

    /// All steps.
    pub fn rows(&self) -> Result<Vec<Step>> {
        (0..self.len()).map(|number| self.step(number)).collect()
    }

    /// The numbers of the steps at which the trace ends at an output.
    pub(super) fn ends_at(&self) -> Result<&[u32]> {
        if self.inner.ends.get().is_none() {
            let mut ends = Vec::new();
            for number in 0..self.len() {
                let logged = self.log().logged(number as usize);
                let may_end = logged.place.is_coin() && self.inner.may_end(logged.mark);
                if may_end && (logged.mark != Mark::Followed || self.step(number)?.outcome.is_end()) {
                    ends.push(number as u32);
                }
            }
            _ = self.inner.ends.set(ends);
        }
        Ok(self.inner.ends.get().expect("it was just set"))
    }

    pub(super) fn log(&self) -> &Log {
        &self.inner.swept.log
    }

    /// The number of the label of a place where the trace stopped.
    pub(super) fn label_at(&self, place: Place) -> Result<u32> {
        self.inner.label_at(place)
    }

    /// What stands in accounts in the end.
    pub(super) fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// One row a step: an output or an account that traced money arrived at, or a part of it that none took (fee, unexplained).
    ///
    /// | column | |
    /// |---|---|
    /// | `step` | its number, from 0 |
    /// | `hop` | steps between wallets from the source on; null without clusters |
    /// | `tx_hop` | transactions from the source on, this one included; 0 for the source |
    /// | `transaction`, `txid`, `height`, `time` | the transaction that moved the money; null for the source |
    /// | `from_address`, `from_wallet` | of that transaction's inputs, where all have the same; a wallet by its cluster's name |
    /// | `output`, `output_txid`, `output_position`, `address`, `wallet`, `kind`, `value` | where it arrived; null for a fee and the like |
    /// | `amount` | satoshi of traced money |
    /// | `share` | `amount / value` |
    /// | `outcome`, `label` | `followed`, or why the trace ends here; at which label it stopped |
    /// | `next`, `next_txid` | the transaction by which it is followed |
    ///
    /// A row stands for a transaction and an output, not for a pair of input and output. The amounts with a transaction as `next` and the
    /// amounts with it as `transaction` have the same sum, but under poison.
    pub fn steps(&self) -> Table {
        tables::steps(self)
    }

    /// One row an output, or an account, at which the trace ends, in the order of the steps.
    ///
    /// | column | |
    /// |---|---|
    /// | `output`, `txid`, `position`, `address`, `kind` | the output; null for an account |
    /// | `wallet` | the name of the cluster that it belongs to |
    /// | `reason`, `label` | why the trace ends here, an outcome of docs/traces.md; at which label it stopped |
    /// | `amount` | satoshi of traced money |
    /// | `value` | satoshi in the output |
    /// | `height`, `time` | of the transaction that it belongs to |
    /// | `hop`, `tx_hop` | steps between wallets, and transactions, from the source to it |
    ///
    /// With the ledger's fees, unclaimed, unexplained and what comes from subsidies, the amounts add up to its source.
    pub fn ends(&self) -> Result<Table> {
        tables::ends(self)
    }

    /// How much of each end came from which source, fees and the like included: the trace is done once more, with an eye on that.
    pub fn source_shares(&self, mut progress: impl FnMut(u64) -> bool) -> Result<Vec<SourceShare>> {
        let mut seen: Vec<(u32, u32, u64)> = Vec::new();
        let may_end = |mark| self.inner.may_end(mark);
        let mut watch = |now: Seen<'_>| {
            if !may_end(now.mark) {
                return;
            }
            let mut owners: Vec<(u32, u64)> = now.parts.iter().map(|part| (part.owner, part.length)).collect();
            owners.sort_unstable_by_key(|(owner, _)| *owner);
            for part in owners.chunk_by(|a, b| a.0 == b.0) {
                seen.push((now.step as u32, part[0].0, part.iter().map(|(_, length)| length).sum()));
            }
        };
        let inner = &self.inner;
        run(&inner.chain, &inner.source, &inner.options, Some(&mut watch), Owners::Sources, inner.stop(), &mut progress)?;
        let mut shares = Vec::new();
        for (step, source, amount) in seen {
            let step = self.step(step as u64)?;
            if step.outcome.is_end() {
                shares.push(SourceShare { source, step, amount });
            }
        }
        shares.extend(inner.accounts.shares());
        Ok(shares)
    }

    /// [`Trace::source_shares`] as a table: source (number and name), output, txid, position, wallet, reason, label, amount.
    pub fn ends_by_source(&self, progress: impl FnMut(u64) -> bool) -> Result<Table> {
        tables::ends_by_source(self, &self.source_shares(progress)?)
    }

    /// Where the money of each step came from, passage by passage: the trace is done once more, with an eye on that. Under every policy but
    /// poison the movements to a place have the sum of its step; what poison adds comes from nowhere.
    pub fn movements(&self, mut progress: impl FnMut(u64) -> bool) -> Result<Vec<Movement>> {
        let mut movements: Vec<Movement> = Vec::new();
        let mut watch = |now: Seen<'_>| {
            let Some(by) = now.by else { return };
            let first = movements.len();
            for part in now.parts {
                let from = now.left[part.owner as usize].0;
                // Parts come by their owners, or one behind the other.
                match movements[first..].last_mut().filter(|movement| movement.from == from) {
                    Some(movement) => movement.amount += part.length,
                    None => movements.push(Movement { by, from, to: now.place, amount: part.length }),
                }
            }
        };
        let inner = &self.inner;
        run(&inner.chain, &inner.source, &inner.options, Some(&mut watch), Owners::Slots, inner.stop(), &mut progress)?;
        Ok(movements)
    }
}

impl Inner {
    /// Whether a step with a mark may turn out to be an end; what is followed may be so only where the trace stopped before its end, or
    /// where what is followed to a coinbase has come to its beginning.
    fn may_end(&self, mark: Mark) -> bool {
        let accounts = self.options.policy.is_of_accounts();
        let begins = self.options.direction == Direction::In && self.options.fees == Fees::Report;
        mark != Mark::Followed || !accounts && (self.swept.end.is_some() || begins)
    }

    /// Where a trace that is done once more stops.
    fn stop(&self) -> Stop {
        Stop::At(self.swept.end)
    }

    fn decode(&self, logged: Logged, passage: Option<Passage>) -> Result<Step> {
        let (hop, tx_hop) = passage.map_or((0, 0), |passage| (passage.hop, passage.tx_hop));
        let by = passage.map(|passage| passage.by);
        Ok(Step {
            hop: self.options.hops_by().map(|_| hop + logged.crosses as u32),
            tx_hop,
            by,
            place: logged.place,
            amount: logged.amount,
            outcome: self.outcome(logged, by)?,
        })
    }

    fn outcome(&self, logged: Logged, by: Option<TxNum>) -> Result<Outcome> {
        Ok(match logged.mark {
            Mark::Followed => self.followed(logged.place, by)?,
            Mark::Rejoined => Outcome::Rejoined,
            Mark::Stopped => Outcome::Stopped(self.label_at(logged.place)?),
            Mark::Unspent => Outcome::Unspent,
            Mark::Lost => Outcome::Lost,
            Mark::Mined => Outcome::Mined,
            Mark::Fee => Outcome::Fee,
            Mark::Unclaimed => Outcome::Unclaimed,
            Mark::Unexplained => Outcome::Unexplained,
            Mark::CutOffHops => Outcome::CutOffHops,
            Mark::CutOffTxHops => Outcome::CutOffTxHops,
            Mark::CutOffValue => Outcome::CutOffValue,
            Mark::CutOffDate => Outcome::CutOffDate,
        })
    }

    /// What became of money that was to be followed: the budget may have ended before its turn.
    fn followed(&self, place: Place, by: Option<TxNum>) -> Result<Outcome> {
        if self.options.policy.is_of_accounts() {
            return Ok(Outcome::InAccount);
        }
        let Some(next) = self.next(place, by)? else { return Ok(Outcome::Unspent) };
        if ends_mined(&self.chain, &self.options, next)? {
            return Ok(Outcome::Mined);
        }
        let order = Order::new(&self.chain, self.options.direction, self.options.fees == Fees::Follow);
        Ok(match self.swept.end {
            Some(end) if order.turn_of(next)? >= end => Outcome::CutOffBudget,
            _ => Outcome::Followed(next),
        })
    }

    fn next(&self, place: Place, by: Option<TxNum>) -> Result<Option<TxNum>> {
        Ok(match (place, self.options.direction) {
            (Place::Output(output), Direction::In) => Some(self.chain.transaction_of(output)?),
            (Place::Output(output), Direction::Out) => self.chain.end_of(output)?.spender(),
            (Place::Fee(payer), Direction::In) => Some(payer),
            (_, _) => match by {
                Some(by) => {
                    let block = self.chain.block(self.chain.height_of(by)?.0 as i64)?;
                    Some(TxNum(block.transaction_numbers()?.start))
                }
                None => None,
            },
        })
    }

    fn label_at(&self, place: Place) -> Result<u32> {
        let label = match place {
            Place::Output(output) => self.options.stops.label_of(self.chain.address_of(output)?)?,
            Place::Account(wallet) => self.options.stops.label_of_wallet(wallet),
            _ => None,
        };
        Ok(label.unwrap_or(0))
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (direction, policy) = (self.options().direction.name(), self.options().policy.name());
        write!(f, "Trace({direction}, {policy}, {} steps, {:?})", self.len(), self.chain())
    }
}
