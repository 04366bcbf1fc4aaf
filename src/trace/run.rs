//! One run of following.

use std::sync::{Arc, OnceLock};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::TxNum;
use crate::trace::account::{self, Accounts};
use crate::trace::place::{Movement, Place};
use crate::trace::sweep::log::{Log, Logged, Mark, Passage};
use crate::trace::sweep::next::ends_mined;
use crate::trace::sweep::order::Order;
use crate::trace::sweep::pieces::{Owners, Pieces};
use crate::trace::sweep::sums::Sums;
use crate::trace::sweep::{self, Seen, Stop, Swept, Watch};
use crate::trace::{Direction, Fees, Ledger, Outcome, Reason, Source, SourceShare, Step, TraceOptions};

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
    let labels = options.stops.labels().iter().zip(&swept.stopped).filter(|(_, amount)| **amount > 0);
    let ends = labels.map(|(label, amount)| (label.clone(), *amount)).collect();
    let mut ledger = Ledger { source: source.sum()?, joined: swept.joined, ends, ended: swept.ended };
    for held in accounts.held() {
        ledger[held.reason] += held.amount;
    }
    Ok(ledger)
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

    /// All steps, and then what stays in accounts under the policies that keep them, which no transaction in particular brought there.
    pub fn rows_and_accounts(&self) -> Result<Vec<Step>> {
        let mut steps = self.rows()?;
        steps.extend(self.accounts().held().iter().map(|held| held.step()));
        Ok(steps)
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
            Mark::Stopped => Outcome::Stopped(self.label_at(logged.place)?),
            Mark::Ended(reason) => Outcome::Ended(reason),
        })
    }

    /// What became of money that was to be followed: the budget may have ended before its turn.
    fn followed(&self, place: Place, by: Option<TxNum>) -> Result<Outcome> {
        if self.options.policy.is_of_accounts() {
            return Ok(Outcome::InAccount);
        }
        let Some(next) = self.next(place, by)? else { return Ok(Outcome::Ended(Reason::Unspent)) };
        if ends_mined(&self.chain, &self.options, next)? {
            return Ok(Outcome::Ended(Reason::Mined));
        }
        let order = Order::new(&self.chain, self.options.direction, self.options.fees == Fees::Follow);
        Ok(match self.swept.end {
            Some(end) if order.turn_of(next)? >= end => Outcome::Ended(Reason::CutOffBudget),
            _ => Outcome::Followed(next),
        })
    }

    fn next(&self, place: Place, by: Option<TxNum>) -> Result<Option<TxNum>> {
        Ok(match (place, self.options.direction) {
            (Place::Output(output), Direction::In) => Some(self.chain.transaction_of(output)?),
            (Place::Output(output), Direction::Out) => self.chain.end_of(output)?.spender(),
            (Place::Fee(payer), Direction::In) => Some(payer),
            (_, _) => by.map(|by| Ok(self.chain.transactions_in(self.chain.height_of(by)?)?.start())).transpose()?,
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
