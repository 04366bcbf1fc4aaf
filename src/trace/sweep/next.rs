//! What comes after a place that traced money has come to: the transaction that takes it on, or the reason why the trace ends there.

use std::cell::{Cell, RefCell};

use crate::chain::{Chain, End};
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::sets::marks::Marks;
use crate::trace::limits::Limits;
use crate::trace::place::Place;
use crate::trace::sweep::hops::Hops;
use crate::trace::sweep::log::Mark;
use crate::trace::{Direction, Fees, Reason, Source, TraceOptions};

/// What comes after a place.
#[derive(Clone, Copy)]
pub(in crate::trace) enum Next {
    End(Reason),
    /// It is in the stop set, under the label of this number.
    Stop(u32),
    /// This transaction, so many hops further.
    Tx(TxNum, u32),
}

impl Next {
    pub fn mark(self) -> Mark {
        match self {
            Next::Tx(..) => Mark::Followed,
            Next::Stop(_) => Mark::Stopped,
            Next::End(reason) => Mark::Ended(reason),
        }
    }
}

/// What a trace was told of where to end, and what the chain says of it.
pub(in crate::trace) struct Fates<'a> {
    chain: &'a Chain,
    options: &'a TraceOptions,
    /// The outputs of the source.
    given: Marks,
    limits: Limits,
    /// The transaction whose senders were looked up last, with them; and the coinbase that was asked about last.
    senders: RefCell<(TxNum, Vec<AddrNum>)>,
    coinbase: Cell<Option<(TxNum, bool)>>,
}

impl<'a> Fates<'a> {
    pub fn new(chain: &'a Chain, source: &Source, options: &'a TraceOptions) -> Result<Fates<'a>> {
        let (limits, mut given) = (Limits::new(chain, options)?, Marks::new(chain.counts().outputs));
        source.outputs().iter().for_each(|source| _ = given.put(source.output.0));
        Ok(Fates { chain, options, given, limits, senders: RefCell::default(), coinbase: Cell::new(None) })
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What comes after an output of the source.
    pub fn of_source(&self, output: OutNum, amount: u64) -> Result<Next> {
        match self.of_output(output)? {
            Next::Tx(next, further) => self.within_limits(Place::Output(output), next, further, amount, Hops::NONE),
            end => Ok(end),
        }
    }

    /// What comes after money arrived at a place by a transaction.
    #[inline]
    pub fn of(&self, by: TxNum, place: Place, amount: u64, hops: Hops) -> Result<Next> {
        match self.wherever(by, place)? {
            Next::Tx(next, further) => self.within_limits(place, next, further, amount, hops),
            end => Ok(end),
        }
    }

    /// What comes after a place, limits aside.
    #[inline]
    fn wherever(&self, by: TxNum, place: Place) -> Result<Next> {
        match place {
            Place::Output(output) if self.given.has(output.0) => Ok(Next::End(Reason::Rejoined)),
            Place::Output(output) => match self.stop_of(output)? {
                Some(label) => Ok(Next::Stop(label)),
                None => self.of_output(output),
            },
            Place::Fee(payer) => match (self.options.fees, self.options.direction) {
                (Fees::Report, _) => Ok(Next::End(Reason::Fees)),
                (Fees::Follow, Direction::In) => Ok(Next::Tx(payer, 0)),
                (Fees::Follow, Direction::Out) => self.coinbase_over(by),
            },
            Place::Subsidy(_) => Ok(Next::End(Reason::Mined)),
            Place::Unclaimed(_) => Ok(Next::End(Reason::Unclaimed)),
            Place::Unexplained(_) | Place::Account(_) => Ok(Next::End(Reason::Unexplained)),
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
    fn of_output(&self, output: OutNum) -> Result<Next> {
        match self.options.direction {
            Direction::Out => Ok(match self.chain.end_of(output)? {
                End::Unspent => Next::End(Reason::Unspent),
                End::Lost(_) => Next::End(Reason::Lost),
                End::Spent(tx) => Next::Tx(tx, 0),
            }),
            Direction::In => {
                let tx = self.chain.transaction_of(output)?;
                if self.options.fees == Fees::Follow && self.chain.is_coinbase(tx)? && !self.can_follow_into(tx)? {
                    return Ok(Next::End(Reason::Mined));
                }
                Ok(Next::Tx(tx, self.crosses_into(output, tx)?))
            }
        }
    }

    /// The coinbase that gets the fee of a transaction, where it can be followed.
    fn coinbase_over(&self, payer: TxNum) -> Result<Next> {
        let block = self.chain.transactions_in(self.chain.height_of(payer)?)?;
        let coinbase = block.start();
        Ok(if self.can_follow_into(coinbase)? { Next::Tx(coinbase, 0) } else { Next::End(Reason::Fees) })
    }

    /// Whether no output of a coinbase is spent in its own block.
    fn can_follow_into(&self, coinbase: TxNum) -> Result<bool> {
        if let Some((_, known)) = self.coinbase.get().filter(|(asked, _)| *asked == coinbase) {
            return Ok(known);
        }
        let can = !self.is_spent_in_its_block(coinbase)?;
        self.coinbase.set(Some((coinbase, can)));
        Ok(can)
    }

    fn is_spent_in_its_block(&self, coinbase: TxNum) -> Result<bool> {
        let block = self.chain.transactions_in(self.chain.height_of(coinbase)?)?;
        for output in self.chain.outputs_of(coinbase)? {
            if self.chain.end_of(output)?.spender().is_some_and(|tx| tx < block.end()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same, or the limit that ends it there.
    #[inline]
    fn within_limits(&self, place: Place, next: TxNum, further: u32, amount: u64, hops: Hops) -> Result<Next> {
        let is_output = matches!(place, Place::Output(_));
        let hop = is_output.then_some(hops.wallets);
        let Some(reason) = self.limits.cut(hop, hops.transactions, amount, next) else { return Ok(Next::Tx(next, further)) };
        // Money of a coinbase is not cut off: it has come to its beginning.
        Ok(Next::End(if is_output && ends_mined(self.chain, self.options, next)? { Reason::Mined } else { reason }))
    }

    /// Hops from an output back to the senders of the transaction that made it.
    #[inline]
    fn crosses_into(&self, output: OutNum, tx: TxNum) -> Result<u32> {
        let Some(clusters) = self.options.hops_by() else { return Ok(0) };
        let wallet = clusters.name_of(self.chain.address_of(output)?)?;
        let mut last = self.senders.borrow_mut();
        if last.1.is_empty() || last.0 != tx {
            last.0 = tx;
            senders(self.chain, clusters, tx, &mut last.1)?;
        }
        Ok(!last.1.contains(&wallet) as u32)
    }
}

/// Whether money that waits for a transaction has come to its beginning.
pub(in crate::trace) fn ends_mined(chain: &Chain, options: &TraceOptions, tx: TxNum) -> Result<bool> {
    Ok(options.direction == Direction::In && options.fees == Fees::Report && chain.is_coinbase(tx)?)
}

/// The wallets of a transaction's inputs.
pub(in crate::trace) fn senders(chain: &Chain, clusters: &Clusters, tx: TxNum, senders: &mut Vec<AddrNum>) -> Result<()> {
    senders.clear();
    for input in chain.inputs_of(tx)? {
        if let Some(output) = chain.spends(input)? {
            let name = clusters.name_of(chain.address_of(output)?)?;
            if senders.last() != Some(&name) && !senders.contains(&name) {
                senders.push(name);
            }
        }
    }
    Ok(())
}
