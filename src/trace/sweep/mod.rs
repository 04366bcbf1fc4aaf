//! The pass over the transactions that traced money goes through, and no others.
//!
//! An output is made by one transaction and spent by at most one, so traced money arrives at it once, whichever way the pass goes.
//! Every transaction comes, in the order of the trace, behind those that its traced money comes from: when its turn is there, all of
//! that money is known, and it need not be looked at again.

pub(in crate::trace) mod hops;
pub(in crate::trace) mod log;
pub(in crate::trace) mod lookahead;
pub(in crate::trace) mod money;
pub(in crate::trace) mod next;
pub(in crate::trace) mod order;
pub(in crate::trace) mod pieces;
pub(in crate::trace) mod slots;
pub(in crate::trace) mod sums;

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, TxNum};
use crate::sets::marks::Marks;
use crate::sets::rows::Rows;
use crate::trace::place::Place;
use crate::trace::reason::{ByReason, Reason};
use crate::trace::sweep::hops::Hops;
use crate::trace::sweep::log::{Log, Logged, Mark};
use crate::trace::sweep::lookahead::LookAhead;
use crate::trace::sweep::money::{Money, Piece};
use crate::trace::sweep::next::{Fates, Next, ends_mined, senders};
use crate::trace::sweep::order::Order;
use crate::trace::sweep::slots::Slots;
use crate::trace::{Direction, Fees, Source, TraceOptions};

/// Transactions between two calls of `progress`.
const EVERY: u64 = 1024;

/// What a sweep leaves behind.
#[derive(Clone, Default)]
pub(in crate::trace) struct Swept {
    pub log: Log,
    /// Satoshi by the reason for which they ended; those at the stop set by label.
    pub ended: ByReason,
    pub stopped: Vec<u64>,
    pub joined: u64,
    /// The turn at which the budget was used up.
    pub end: Option<u32>,
}

impl Swept {
    #[inline]
    pub fn end(&mut self, reason: Reason, amount: u64) {
        add(&mut self.ended[reason as usize], amount);
    }
}

/// What somebody who watches a sweep sees: a step, and whose money it is. Where owners are left slots, they are given.
pub(in crate::trace) struct Seen<'a> {
    pub step: usize,
    pub by: Option<TxNum>,
    pub place: Place,
    pub mark: Mark,
    pub parts: &'a [Piece],
    pub left: &'a [(Place, u64)],
}

/// When a sweep stops before its end.
#[derive(Clone, Copy)]
pub(in crate::trace) enum Stop {
    /// When the budget of the options is used up.
    Budget,
    /// Where it stopped before.
    At(Option<u32>),
}

/// Adds to a sum. Only poison, in a store with damaged amounts, comes to the end of the numbers; its ledger does not add up then.
pub(in crate::trace) fn add(sum: &mut u64, amount: u64) {
    *sum = sum.saturating_add(amount);
}

/// Who watches a sweep.
pub(in crate::trace) type Watch<'a> = Option<&'a mut dyn FnMut(Seen<'_>)>;

/// Follows a source to the end. Money is only moved, so a source that can be added up is a bound for every sum of traced money.
pub(in crate::trace) fn run<'a, M: Money>(
    chain: &'a Chain,
    source: &'a Source,
    options: &'a TraceOptions,
    money: M,
    watch: Watch<'a>,
    stop: Stop,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Swept> {
    let last = source.outputs().last().ok_or(Error::EmptySource)?;
    chain.output_at(last.output)?;
    source.sum()?;
    let mut sweep = Sweep::new(chain, source, options, money, watch, stop)?;
    sweep.begin()?;
    sweep.follow(progress)?;
    Ok(sweep.done)
}

struct Sweep<'a, M> {
    chain: &'a Chain,
    source: &'a Source,
    options: &'a TraceOptions,
    money: M,
    watch: Watch<'a>,
    stop: Stop,
    order: Order<'a>,
    fates: Fates<'a>,
    /// The turns of transactions that money waits for.
    waiting: Marks,
    /// For each of those: what waits, and how far it has come.
    rows: Rows,
    slots: Slots,
    senders: Vec<AddrNum>,
    /// The turn of the passage, and one more.
    now: u64,
    /// Pieces beyond the first of each step, which count for the budget.
    pieces: u64,
    done: Swept,
}

impl<'a, M: Money> Sweep<'a, M> {
    fn new(
        chain: &'a Chain,
        source: &'a Source,
        options: &'a TraceOptions,
        money: M,
        watch: Watch<'a>,
        stop: Stop,
    ) -> Result<Sweep<'a, M>> {
        let counts = chain.counts();
        Ok(Sweep {
            chain,
            source,
            options,
            money,
            watch,
            stop,
            order: Order::new(chain, options.direction, options.fees == Fees::Follow),
            fates: Fates::new(chain, source, options)?,
            waiting: Marks::new(counts.transactions),
            rows: Rows::new(counts.transactions),
            slots: Slots::default(),
            senders: Vec::new(),
            now: 0,
            pieces: 0,
            done: Swept {
                stopped: vec![0; options.stops.labels().len()],
                log: Log::with_room(source.outputs().len() * 4),
                ..Swept::default()
            },
        })
    }

    fn begin(&mut self) -> Result<()> {
        for (i, source) in self.source.outputs().iter().enumerate() {
            let place = Place::Output(source.output);
            let next = self.fates.of_source(source.output, source.amount)?;
            self.write(None, place, source.amount, next, false, None);
            if let Some(watch) = &mut self.watch {
                let part = Piece { start: 0, length: source.amount, owner: source.source };
                let mark = next.mark();
                watch(Seen { step: i, by: None, place, mark, parts: &[part], left: &[] });
            }
            // Nothing is never on its way.
            if let (Next::Tx(tx, hops), true) = (next, source.amount > 0) {
                let turn = self.queue(tx, Hops { wallets: hops, transactions: 0 })?;
                self.money.begin(&mut self.rows.at(turn)[0], place, source.amount, source.source);
            }
        }
        Ok(())
    }

    fn follow(&mut self, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        let (mut passed, mut ahead) = (0u64, LookAhead::default());
        while let Some(turn) = self.waiting.next(self.now) {
            if self.has_to_stop(turn as u32) {
                return self.cut_off_rest();
            }
            ahead.step(self.chain, &self.order, &self.waiting, &self.rows, turn as u32, M::NEEDS_LEFT)?;
            self.now = turn + 1;
            self.pass(turn as u32)?;
            passed += 1;
            if passed.is_multiple_of(EVERY) {
                self.rows.forget_before(turn as u32);
                if !progress(passed) {
                    return Err(Error::TraceInterrupted { transactions: passed });
                }
            }
        }
        Ok(())
    }

    fn has_to_stop(&self, turn: u32) -> bool {
        match self.stop {
            Stop::Budget => self.fates.limits().end_after(self.done.log.steps() as u64 + self.pieces),
            Stop::At(end) => end.is_some_and(|end| turn >= end),
        }
    }

    /// Passes a transaction: divides what waits for it, and lets the shares arrive.
    fn pass(&mut self, turn: u32) -> Result<()> {
        let [word, hops] = *self.rows.at(turn);
        let tx = self.order.transaction_at(turn)?;
        let Hops { wallets, transactions } = Hops::of(hops);
        if !self.load(tx)? {
            self.done.end(Reason::Mined, self.money.amount(word));
            return Ok(());
        }
        let divided = self.money.divide(word, &self.slots).ok_or_else(|| self.does_not_spend(tx))?;
        add(&mut self.done.joined, divided.joined);
        let hops = Hops { wallets, transactions: transactions + 1 };
        self.done.log.pass(tx, hops.wallets, hops.transactions);
        self.load_senders(tx)?;
        for slot in 0..self.slots.right.len() {
            if self.money.shares()[slot] > 0 {
                self.arrive(tx, slot, hops)?;
            }
        }
        match divided.beyond {
            0 => Ok(()),
            _ => Err(self.corrupt(format!("has more traced money in transaction number {tx} than it moves"))),
        }
    }

    /// Gathers the slots of a transaction; not of a coinbase that money comes from without more to follow.
    fn load(&mut self, tx: TxNum) -> Result<bool> {
        let (direction, follow) = (self.options.direction, self.options.fees == Fees::Follow);
        if (follow || direction == Direction::In) && self.chain.is_coinbase(tx)? {
            if follow {
                self.slots.load_coinbase(self.chain, direction, self.chain.height_of(tx)?)?;
            }
            return Ok(follow);
        }
        self.slots.load(self.chain, direction, tx, M::NEEDS_LEFT)?;
        Ok(true)
    }

    /// A share of the last division arrives at its slot.
    #[inline]
    fn arrive(&mut self, tx: TxNum, slot: usize, hops: Hops) -> Result<()> {
        let (place, amount) = (self.slots.right[slot], self.money.shares()[slot]);
        let crosses = self.crosses(place)?;
        let here = Hops { wallets: hops.wallets + crosses as u32, ..hops };
        let next = self.fates.of(tx, place, amount, here)?;
        self.write(Some(tx), place, amount, next, crosses, Some(slot));
        if let Next::Tx(next, further) = next {
            let turn = self.queue(next, Hops { wallets: here.wallets + further, ..here })?;
            self.money.wait(&mut self.rows.at(turn)[0], place, slot);
        }
        Ok(())
    }

    /// Writes a step down.
    #[inline]
    fn write(&mut self, by: Option<TxNum>, place: Place, amount: u64, next: Next, crosses: bool, slot: Option<usize>) {
        let mark = next.mark();
        match next {
            Next::Tx(..) => {}
            Next::Stop(label) => add(&mut self.done.stopped[label as usize], amount),
            Next::End(reason) => self.done.end(reason, amount),
        }
        let step = self.done.log.steps();
        self.done.log.step(Logged { place, mark, crosses, amount });
        if let (true, Some(slot)) = (M::NEEDS_LEFT, slot) {
            let parts = self.money.parts(slot);
            self.pieces += parts.len().saturating_sub(1) as u64;
            if let Some(watch) = &mut self.watch {
                watch(Seen { step, by, place, mark, parts, left: &self.slots.left });
            }
        }
    }

    /// Queues a transaction that money waits for; its turn.
    #[inline]
    fn queue(&mut self, tx: TxNum, hops: Hops) -> Result<u32> {
        let turn = self.order.turn_of(tx)?;
        if (turn as u64) < self.now {
            return Err(self.corrupt(format!("has transaction number {tx} spend what it cannot have seen")));
        }
        self.waiting.put(turn as u64);
        hops.put(&mut self.rows.at(turn)[1]);
        Ok(turn)
    }

    /// The budget is used up: nothing more is passed.
    fn cut_off_rest(&mut self) -> Result<()> {
        let mut at = self.now;
        while let Some(turn) = self.waiting.next(at) {
            let amount = self.money.amount(self.rows.at(turn as u32)[0]);
            let mined = ends_mined(self.chain, self.options, self.order.transaction_at(turn as u32)?)?;
            self.done.end(if mined { Reason::Mined } else { Reason::CutOffBudget }, amount);
            at = turn + 1;
        }
        self.done.end = Some(self.now as u32);
        Ok(())
    }

    /// The wallets of a transaction's inputs, where money leaves by outputs.
    #[inline]
    fn load_senders(&mut self, tx: TxNum) -> Result<()> {
        if let (Some(clusters), Direction::Out) = (self.options.hops_by(), self.options.direction) {
            senders(self.chain, clusters, tx, &mut self.senders)?;
        }
        Ok(())
    }

    /// Whether money that leaves by a slot comes to another wallet.
    #[inline]
    fn crosses(&self, place: Place) -> Result<bool> {
        match (self.options.hops_by(), self.options.direction, place) {
            (Some(clusters), Direction::Out, Place::Output(output)) => {
                Ok(!self.senders.contains(&clusters.name_of(self.chain.address_of(output)?)?))
            }
            _ => Ok(false),
        }
    }

    #[cold]
    fn does_not_spend(&self, tx: TxNum) -> Error {
        self.corrupt(format!("has transaction number {tx} spend outputs that are not among its inputs"))
    }

    #[cold]
    fn corrupt(&self, what: String) -> Error {
        Error::corrupt(self.chain.store().folder(), what)
    }
}
