//! The pass over the transactions that traced money goes through, and no others.
//!
//! An output is made by one transaction and spent by at most one, so traced money arrives at it once, whichever way the pass goes.
//! Every transaction comes, in the order of the trace, behind those that its traced money comes from: when its turn is there, all of
//! that money is known, and it need not be looked at again.

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::flow::log::{Log, Logged, Mark};
use crate::flow::lookahead::LookAhead;
use crate::flow::money::{Money, Piece};
use crate::flow::movement::Place;
use crate::flow::slots::Slots;
use crate::flow::turns::{Marks, Order, Rows};
use crate::flow::{Direction, Fees, Source, TraceOptions};
use crate::ids::{AddrNum, InNum, OutNum, TxNum};
use crate::store::reader::spender_below;

/// Transactions between two calls of `progress`.
const EVERY: u64 = 1024;

/// What a sweep leaves behind.
#[derive(Clone, Default)]
pub(super) struct Swept {
    pub log: Log,
    /// Satoshi by what became of them; those at the stop set by label.
    pub sums: [u64; Mark::CutOffDate as usize + 1],
    pub stopped: Vec<u64>,
    pub cut_off_budget: u64,
    pub joined: u64,
    /// The turn at which the budget was used up.
    pub end: Option<u32>,
}

/// What somebody who watches a sweep sees: a step, and whose money it is. Where owners are left slots, they are given.
pub(super) struct Seen<'a> {
    pub step: usize,
    pub by: Option<TxNum>,
    pub place: Place,
    pub parts: &'a [Piece],
    pub left: &'a [(Place, u64)],
}

/// When a sweep stops before its end.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    /// When the budget of the options is used up.
    Budget,
    /// Where it stopped before.
    At(Option<u32>),
}

/// Who watches a sweep.
pub(super) type Watch<'a> = Option<&'a mut dyn FnMut(Seen<'_>)>;

/// Follows a source to the end. Money is only moved, so a source that can be added up is a bound for every sum of traced money.
pub(super) fn run<'a, M: Money>(
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
    /// The outputs of the source.
    given: Marks,
    /// The turns of transactions that money waits for.
    waiting: Marks,
    /// For each of those: what waits, and how far it has come.
    rows: Rows,
    /// The transactions that may be passed.
    window: std::ops::Range<u32>,
    slots: Slots,
    senders: Vec<AddrNum>,
    /// The turn of the passage, and one more.
    now: u64,
    /// Pieces beyond the first of each step, which count for the budget.
    pieces: u64,
    done: Swept,
}

/// How far money has come: hops between wallets, and transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hops {
    wallets: u32,
    transactions: u32,
}

/// What comes after a place.
enum Next {
    End(Mark),
    /// This transaction, so many hops further.
    Tx(TxNum, u32),
}

impl Hops {
    const NONE: Hops = Hops { wallets: 0, transactions: 0 };

    /// The lesser of both and of those in a word, which is 0 when there are none.
    #[inline]
    fn put(self, word: &mut u64) {
        let least = match *word {
            0 => self,
            packed => {
                let other = Hops::of(packed);
                Hops { wallets: self.wallets.min(other.wallets), transactions: self.transactions.min(other.transactions) }
            }
        };
        *word = (least.wallets as u64) << 32 | (least.transactions as u64 + 1);
    }

    #[inline]
    fn of(word: u64) -> Hops {
        Hops { wallets: (word >> 32) as u32, transactions: (word as u32).wrapping_sub(1) }
    }
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
        let (counts, mut given) = (chain.counts(), Marks::new(chain.counts().outputs));
        source.outputs().iter().for_each(|source| _ = given.put(source.output.0));
        let first_of = |height: u64| -> Result<u32> {
            Ok(crate::store::reader::counts_at(chain.columns(), height.min(counts.blocks))?.transactions as u32)
        };
        let window = options.since.map_or(Ok(0), first_of)?..options.until.map_or(Ok(u32::MAX), first_of)?;
        Ok(Sweep {
            chain,
            source,
            options,
            money,
            watch,
            stop,
            order: Order::new(chain, options.direction, options.fees == Fees::Follow),
            given,
            waiting: Marks::new(counts.transactions),
            rows: Rows::new(counts.transactions),
            window,
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
            let next = match self.next_of_output(source.output)? {
                Next::Tx(tx, hops) => self.cut_off(place, tx, hops, source.amount, Hops::NONE)?,
                end => end,
            };
            self.write(None, place, source.amount, &next, false, None);
            if let Some(watch) = &mut self.watch {
                let part = Piece { start: 0, length: source.amount, owner: source.source };
                watch(Seen { step: i, by: None, place, parts: &[part], left: &[] });
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
            Stop::Budget => self.done.log.steps() as u64 + self.pieces >= self.options.budget,
            Stop::At(end) => end.is_some_and(|end| turn >= end),
        }
    }

    /// Passes a transaction: divides what waits for it, and lets the shares arrive.
    fn pass(&mut self, turn: u32) -> Result<()> {
        let [word, hops] = *self.rows.at(turn);
        let tx = self.order.transaction_at(turn)?;
        let Hops { wallets, transactions } = Hops::of(hops);
        if !self.load(tx)? {
            self.done.sums[Mark::Mined as usize] += self.money.amount(word);
            return Ok(());
        }
        let divided = self.money.divide(word, &self.slots).ok_or_else(|| self.does_not_spend(tx))?;
        self.done.joined += divided.joined;
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
        let next = match self.next_of(tx, place, amount)? {
            Next::Tx(next, further) => self.cut_off(place, next, further, amount, here)?,
            end => end,
        };
        self.write(Some(tx), place, amount, &next, crosses, Some(slot));
        if let Next::Tx(next, further) = next {
            let turn = self.queue(next, Hops { wallets: here.wallets + further, ..here })?;
            self.money.wait(&mut self.rows.at(turn)[0], place, slot);
        }
        Ok(())
    }

    /// Writes a step down.
    #[inline]
    fn write(&mut self, by: Option<TxNum>, place: Place, amount: u64, next: &Next, crosses: bool, slot: Option<usize>) {
        let mark = match next {
            Next::Tx(..) => Mark::Followed,
            Next::End(mark) => *mark,
        };
        self.done.sums[mark as usize] += amount;
        let step = self.done.log.steps();
        self.done.log.step(Logged { place, mark, crosses, amount });
        if let (true, Some(slot)) = (M::NEEDS_LEFT, slot) {
            let parts = self.money.parts(slot);
            self.pieces += parts.len().saturating_sub(1) as u64;
            if let Some(watch) = &mut self.watch {
                watch(Seen { step, by, place, parts, left: &self.slots.left });
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

    /// What comes after money of the trace arrived at a place.
    #[inline]
    fn next_of(&mut self, by: TxNum, place: Place, amount: u64) -> Result<Next> {
        match place {
            Place::Output(output) => {
                if self.given.has(output.0) {
                    return Ok(Next::End(Mark::Rejoined));
                }
                if let Some(label) = self.stop_of(output)? {
                    self.done.stopped[label as usize] += amount;
                    return Ok(Next::End(Mark::Stopped));
                }
                self.next_of_output(output)
            }
            Place::Fee(payer) => match (self.options.fees, self.options.direction) {
                (Fees::Report, _) => Ok(Next::End(Mark::Fee)),
                (Fees::Follow, Direction::In) => Ok(Next::Tx(payer, 0)),
                (Fees::Follow, Direction::Out) => self.coinbase_over(by),
            },
            Place::Subsidy(_) => Ok(Next::End(Mark::Mined)),
            Place::Unclaimed(_) => Ok(Next::End(Mark::Unclaimed)),
            Place::Unexplained(_) | Place::Account(_) => Ok(Next::End(Mark::Unexplained)),
        }
    }

    #[inline]
    fn stop_of(&self, output: OutNum) -> Result<Option<u32>> {
        match self.options.stops.is_empty() {
            true => Ok(None),
            false => self.options.stops.label_of(self.chain.address_of(output)?),
        }
    }

    /// What comes after an output, wherever its money comes from.
    #[inline]
    fn next_of_output(&self, output: OutNum) -> Result<Next> {
        match self.options.direction {
            Direction::Out => Ok(match spender_of(self.chain, output)? {
                Spender::None => Next::End(Mark::Unspent),
                Spender::Lost => Next::End(Mark::Lost),
                Spender::Tx(tx) => Next::Tx(tx, 0),
            }),
            Direction::In => {
                let tx = self.chain.transaction_of(output)?;
                if self.options.fees == Fees::Follow && self.chain.is_coinbase(tx)? && !self.can_follow_into(tx)? {
                    return Ok(Next::End(Mark::Mined));
                }
                Ok(Next::Tx(tx, self.crosses_into(output, tx)?))
            }
        }
    }

    /// The coinbase that gets the fee of a transaction, where it can be followed.
    fn coinbase_over(&self, payer: TxNum) -> Result<Next> {
        let block = self.chain.block(self.chain.height_of(payer)?.0 as i64)?.transaction_numbers()?;
        let coinbase = TxNum(block.start);
        Ok(if self.can_follow_into(coinbase)? { Next::Tx(coinbase, 0) } else { Next::End(Mark::Fee) })
    }

    /// Whether no output of a coinbase is spent in its own block.
    fn can_follow_into(&self, coinbase: TxNum) -> Result<bool> {
        let block = self.chain.block(self.chain.height_of(coinbase)?.0 as i64)?.transaction_numbers()?;
        for output in self.chain.outputs_of(coinbase)?.map(OutNum) {
            if let Spender::Tx(tx) = spender_of(self.chain, output)?
                && tx.0 < block.end
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The limits of the trace.
    #[inline]
    fn cut_off(&self, place: Place, next: TxNum, further: u32, amount: u64, hops: Hops) -> Result<Next> {
        let options = self.options;
        let is_output = matches!(place, Place::Output(_));
        let mark = if is_output && options.max_hops.is_some_and(|most| hops.wallets >= most) {
            Mark::CutOffHops
        } else if options.max_tx_hops.is_some_and(|most| hops.transactions >= most) {
            Mark::CutOffTxHops
        } else if options.min_value.is_some_and(|least| amount < least) {
            Mark::CutOffValue
        } else if !self.window.contains(&next.0) {
            Mark::CutOffDate
        } else {
            return Ok(Next::Tx(next, further));
        };
        // Money of a coinbase is not cut off: it has come to its beginning.
        let begins = options.direction == Direction::In && options.fees == Fees::Report && is_output;
        Ok(Next::End(if begins && self.chain.is_coinbase(next)? { Mark::Mined } else { mark }))
    }

    /// The budget is used up: nothing more is passed.
    fn cut_off_rest(&mut self) -> Result<()> {
        let mut at = self.now;
        while let Some(turn) = self.waiting.next(at) {
            let amount = self.money.amount(self.rows.at(turn as u32)[0]);
            match ends_mined(self.chain, self.options, self.order.transaction_at(turn as u32)?)? {
                true => self.done.sums[Mark::Mined as usize] += amount,
                false => self.done.cut_off_budget += amount,
            }
            at = turn + 1;
        }
        self.done.end = Some(self.now as u32);
        Ok(())
    }

    /// The wallets of a transaction's inputs, where money leaves by outputs.
    #[inline]
    fn load_senders(&mut self, tx: TxNum) -> Result<()> {
        if let (Some(clusters), Direction::Out) = (&self.options.clusters, self.options.direction) {
            senders(self.chain, clusters, tx, &mut self.senders)?;
        }
        Ok(())
    }

    /// Whether money that leaves by a slot comes to another wallet.
    #[inline]
    fn crosses(&self, place: Place) -> Result<bool> {
        match (&self.options.clusters, self.options.direction, place) {
            (Some(clusters), Direction::Out, Place::Output(output)) => {
                Ok(!self.senders.contains(&clusters.name_of(self.chain.address_of(output)?)?))
            }
            _ => Ok(false),
        }
    }

    /// Hops from an output back to the senders of the transaction that made it.
    #[inline]
    fn crosses_into(&self, output: OutNum, tx: TxNum) -> Result<u32> {
        let Some(clusters) = &self.options.clusters else { return Ok(0) };
        let wallet = clusters.name_of(self.chain.address_of(output)?)?;
        for input in self.chain.inputs_of(tx)? {
            if let Some(spends) = self.chain.spends(InNum(input))?
                && clusters.name_of(self.chain.address_of(spends)?)? == wallet
            {
                return Ok(0);
            }
        }
        Ok(1)
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

/// Whether money that waits for a transaction has come to its beginning.
pub(super) fn ends_mined(chain: &Chain, options: &TraceOptions, tx: TxNum) -> Result<bool> {
    Ok(options.direction == Direction::In && options.fees == Fees::Report && chain.is_coinbase(tx)?)
}

/// The wallets of a transaction's inputs.
pub(super) fn senders(chain: &Chain, clusters: &Clusters, tx: TxNum, senders: &mut Vec<AddrNum>) -> Result<()> {
    senders.clear();
    for input in chain.inputs_of(tx)? {
        if let Some(output) = chain.spends(InNum(input))? {
            let name = clusters.name_of(chain.address_of(output)?)?;
            if senders.last() != Some(&name) && !senders.contains(&name) {
                senders.push(name);
            }
        }
    }
    Ok(())
}

pub(super) enum Spender {
    None,
    /// It can never be spent.
    Lost,
    Tx(TxNum),
}

/// What spends an output. No coinbase spends anything, so one here says that the coin ended without being spent.
#[inline]
pub(super) fn spender_of(chain: &Chain, output: OutNum) -> Result<Spender> {
    let spender = chain.columns().outputs_spender.get(output.row())?;
    Ok(match spender_below(spender, chain.counts().transactions) {
        None => Spender::None,
        Some(tx) if (tx.0 == 0 || chain.store().took_over_an_id(tx)) && chain.is_coinbase(tx)? => Spender::Lost,
        Some(tx) => Spender::Tx(tx),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_hops_are_kept() {
        let mut word = 0;
        for (wallets, transactions) in [(3, 5), (4, 2), (7, 9)] {
            Hops { wallets, transactions }.put(&mut word);
        }
        assert_eq!(Hops::of(word), Hops { wallets: 3, transactions: 2 });
    }
}
