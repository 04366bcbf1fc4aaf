//! Look-ups of transactions whose turns come soon are begun some turns ahead, in three stages of which each needs what the one before
//! it asked for; so that a sweep hardly ever waits for memory. It is only about speed: what comes in between unannounced is slower.

use std::collections::VecDeque;

use crate::chain::Chain;
use crate::error::Result;
use crate::sets::marks::Marks;
use crate::sets::rows::Rows;
use crate::trace::Direction;
use crate::trace::sweep::order::Order;

/// Turns that are looked at ahead of time, and the places among them of the later stages.
const AHEAD: usize = 24;
const MIDDLE: usize = 16;
const NEAR: usize = 8;

#[derive(Default)]
pub(in crate::trace) struct LookAhead {
    turns: VecDeque<u32>,
    /// Where the next turn is looked for.
    next: u64,
}

impl LookAhead {
    /// Begins what the turns behind `turn` need.
    #[inline]
    pub fn step(
        &mut self,
        chain: &Chain,
        order: &Order<'_>,
        waiting: &Marks,
        rows: &Rows,
        turn: u32,
        with_left: bool,
    ) -> Result<()> {
        while self.turns.front().is_some_and(|first| *first <= turn) {
            self.turns.pop_front();
        }
        self.next = self.next.max(turn as u64 + 1);
        while self.turns.len() < AHEAD {
            let Some(found) = waiting.next(self.next) else { break };
            self.next = found + 1;
            self.turns.push_back(found as u32);
            self.far(chain, order, found as u32, with_left)?;
        }
        if let Some(turn) = self.turns.get(MIDDLE) {
            self.middle(chain, order, *turn)?;
        }
        if let Some(turn) = self.turns.get(NEAR) {
            self.near(chain, order, rows, *turn)?;
        }
        Ok(())
    }

    /// Asks for what the transaction spends, or for where its outputs are.
    #[inline]
    fn far(&self, chain: &Chain, order: &Order<'_>, turn: u32, with_left: bool) -> Result<()> {
        let tx = order.transaction_at(turn)?;
        if order.direction() == Direction::Out {
            chain.prefetch_outputs_of(tx);
            chain.prefetch_fee_of(tx);
        }
        if order.direction() == Direction::In || with_left {
            for input in chain.inputs_of(tx)? {
                if let Some(spends) = chain.spends(input)? {
                    chain.prefetch_value_of(spends);
                    chain.prefetch_maker_of(spends);
                }
            }
        }
        Ok(())
    }

    /// Asks for the outputs, or for which transactions made what is spent.
    #[inline]
    fn middle(&self, chain: &Chain, order: &Order<'_>, turn: u32) -> Result<()> {
        let tx = order.transaction_at(turn)?;
        match order.direction() {
            Direction::Out => {
                let first = chain.outputs_of(tx)?.start();
                chain.prefetch_value_of(first);
                chain.prefetch_end_of(first);
            }
            Direction::In => {
                for input in chain.inputs_of(tx)? {
                    if let Some(spends) = chain.spends(input)? {
                        chain.prefetch_makers_outputs(spends)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks for the rows of the transactions that money goes on to.
    #[inline]
    fn near(&self, chain: &Chain, order: &Order<'_>, rows: &Rows, turn: u32) -> Result<()> {
        let tx = order.transaction_at(turn)?;
        match order.direction() {
            Direction::Out => {
                for output in chain.outputs_of(tx)? {
                    if let Some(next) = chain.stated_spender(output)? {
                        rows.prefetch(order.likely_turn_of(next));
                    }
                }
            }
            Direction::In => {
                for input in chain.inputs_of(tx)? {
                    if let Some(spends) = chain.spends(input)? {
                        rows.prefetch(order.likely_turn_of(chain.transaction_of(spends)?));
                    }
                }
            }
        }
        Ok(())
    }
}
