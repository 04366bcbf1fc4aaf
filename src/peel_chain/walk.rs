//! The walk along a chain. Spending is later than what is spent, so it cannot come to the same transaction twice.

use crate::chain::{BlockFacts, End, Facts};
use crate::error::{Error, Result};
use crate::ids::{Height, OutNum, TxNum};
use crate::peel_chain::decide::{Change, Judge, Reading, change, form, names};
use crate::peel_chain::habits::Habits;
use crate::peel_chain::learn::Learnt;
use crate::peel_chain::{PeelStep, PeelStop, StopReason};
use crate::trace::Direction;

/// Steps between two questions whether to go on.
const EVERY: u64 = 256;

pub(super) struct Walk<'a> {
    judge: &'a Judge<'a>,
    start: OutNum,
    habits: Habits,
    learnt: Learnt,
    facts: BlockFacts,
    pub steps: Vec<PeelStep>,
}

/// What a transaction turned out to be.
enum Turn {
    /// A step; the chain goes on with this coin.
    Step(OutNum),
    Stop(PeelStop),
}

impl<'a> Walk<'a> {
    pub fn new(judge: &'a Judge<'a>, start: OutNum) -> Result<Walk<'a>> {
        let (mut habits, mut learnt) = (Habits::new(&judge.options.features), Learnt::default());
        learnt.wallet_of(judge, start, &mut habits)?;
        Ok(Walk { judge, start, habits, learnt, facts: BlockFacts::default(), steps: Vec::new() })
    }

    /// Goes on from the start until something stops it.
    pub fn run(&mut self, direction: Direction, go_on: &mut dyn FnMut() -> bool) -> Result<PeelStop> {
        if let (Direction::In, End::Spent(spender)) = (direction, self.judge.chain.end_of(self.start)?) {
            self.learnt.transaction(self.judge, spender, &mut self.habits)?;
        }
        let mut coin = self.start;
        loop {
            let steps = self.steps.len() as u64;
            if steps.is_multiple_of(EVERY) && !go_on() {
                return Err(Error::Stopped);
            }
            if let Some(stop) = self.labelled(direction, coin)? {
                return Ok(stop);
            }
            if self.judge.options.max_steps.is_some_and(|most| steps >= most) {
                return Ok(stopped(
                    direction,
                    StopReason::MaxSteps,
                    coin,
                    None,
                    format!("it was told to stop after {steps} steps"),
                ));
            }
            let turn = match direction {
                Direction::Out => self.forward(coin)?,
                Direction::In => self.backward(coin)?,
            };
            match turn {
                Turn::Step(next) => coin = next,
                Turn::Stop(stop) => return Ok(stop),
            }
        }
    }

    /// The start may have a label: somebody wants to know what became of that coin.
    fn labelled(&self, direction: Direction, coin: OutNum) -> Result<Option<PeelStop>> {
        if coin == self.start {
            return Ok(None);
        }
        let label = self.judge.options.stop_at.label(self.judge.chain.address_of(coin)?)?;
        Ok(label.map(|label| stopped(direction, StopReason::StopAt, coin, None, format!("the coin is of {label}"))))
    }

    fn forward(&mut self, coin: OutNum) -> Result<Turn> {
        let stop = |reason, tx, text: &str| Ok(Turn::Stop(stopped(Direction::Out, reason, coin, tx, text.to_string())));
        let tx = match self.judge.chain.end_of(coin)? {
            End::Unspent => return stop(StopReason::Unspent, None, "nothing spends the coin as of this height"),
            End::Lost(_) => return stop(StopReason::Lost, None, "the coin can never be spent"),
            End::Spent(tx) => tx,
        };
        if tx <= self.judge.chain.transaction_of(coin)? {
            return Err(self.corrupt(coin, "is spent before it is made"));
        }
        if let Some(stop) = self.unfit(Direction::Out, coin, tx)? {
            return Ok(Turn::Stop(stop));
        }
        self.learnt.transaction(self.judge, tx, &mut self.habits)?;
        if coin != self.start {
            self.habits.add_change(self.judge.chain, tx)?;
        }
        let (first, readings) = self.read(tx)?;
        match change(&readings) {
            Change::At(at) => {
                let next = OutNum(first.0 + at as u64);
                self.take(self.steps.len() as i64, tx, coin, next, readings);
                self.learnt.wallet_of(self.judge, next, &mut self.habits)?;
                Ok(Turn::Step(next))
            }
            Change::Open => Ok(Turn::Stop(undecided(Direction::Out, StopReason::Unspent, coin, tx, readings))),
            Change::NoCandidate => Ok(Turn::Stop(undecided(Direction::Out, StopReason::NoCandidate, coin, tx, readings))),
            Change::SeveralCandidates => {
                Ok(Turn::Stop(undecided(Direction::Out, StopReason::SeveralCandidates, coin, tx, readings)))
            }
        }
    }

    /// The transaction that made the coin is of the chain when it keeps its habits and the coin is its change.
    fn backward(&mut self, coin: OutNum) -> Result<Turn> {
        let tx = self.judge.chain.transaction_of(coin)?;
        if let Some(stop) = self.unfit(Direction::In, coin, tx)? {
            return Ok(Turn::Stop(stop));
        }
        let differs = self.habits.broken_by_transaction(self.judge.chain, tx)?;
        if !differs.is_empty() {
            let text = format!("the transaction before differs in {}", names(&differs));
            return Ok(Turn::Stop(stopped(Direction::In, StopReason::Features, coin, Some(tx), text)));
        }
        let before = self.habits.clone();
        self.learnt.transaction(self.judge, tx, &mut self.habits)?;
        let (first, readings) = self.read(tx)?;
        let own = coin.0.checked_sub(first.0).and_then(|at| readings.get(at as usize));
        let open = own.ok_or_else(|| self.corrupt(coin, "stands in another transaction than its number says"))?.is_candidate();
        let reason = match change(&readings) {
            Change::At(at) if first.0 + at as u64 == coin.0 => return self.step_back(tx, coin, readings),
            Change::Open if open => StopReason::Unspent,
            Change::SeveralCandidates if open => StopReason::SeveralCandidates,
            Change::NoCandidate => StopReason::NoCandidate,
            _ => StopReason::NotTheChange,
        };
        self.habits = before;
        Ok(Turn::Stop(undecided(Direction::In, reason, coin, tx, readings)))
    }

    fn step_back(&mut self, tx: TxNum, coin: OutNum, readings: Vec<Reading>) -> Result<Turn> {
        let inputs: Vec<OutNum> = self.facts.transactions().flat_map(|facts| facts.inputs).map(|input| input.spends).collect();
        if let End::Spent(spender) = self.judge.chain.end_of(coin)? {
            self.habits.add_change(self.judge.chain, spender)?;
        }
        if let [spent] = inputs[..] {
            self.take(-1 - self.steps.len() as i64, tx, spent, coin, readings);
            self.learnt.wallet_of(self.judge, spent, &mut self.habits)?;
            return Ok(Turn::Step(spent));
        }
        let text = format!("the transaction before has {} inputs", inputs.len());
        Ok(Turn::Stop(stopped(Direction::In, StopReason::SeveralInputs, coin, Some(tx), text)))
    }

    /// What keeps a transaction from being a step, whatever its outputs are.
    fn unfit(&self, direction: Direction, coin: OutNum, tx: TxNum) -> Result<Option<PeelStop>> {
        let stop = |reason, text: String| Ok(Some(stopped(direction, reason, coin, Some(tx), text)));
        let (inputs, outputs) = self.judge.chain.size_of(tx)?;
        if inputs == 0 {
            return stop(StopReason::Coinbase, "the coin was mined".to_string());
        }
        if self.judge.is_coinjoin(tx)? {
            return stop(StopReason::CoinJoin, "the next transaction has the shape of a CoinJoin".to_string());
        }
        if !self.judge.is_form(inputs, outputs) {
            let which = if direction == Direction::Out { "next transaction" } else { "transaction before" };
            return stop(StopReason::Form, format!("the {which} has {}", form(inputs, outputs)));
        }
        Ok(None)
    }

    /// The number of a transaction's first output, and what is read of each.
    fn read(&mut self, tx: TxNum) -> Result<(OutNum, Vec<Reading>)> {
        let chain = self.judge.chain;
        let height: Height = chain.height_of(tx)?;
        self.facts.gather_some(chain, height, std::iter::once(tx))?;
        let facts: Facts = self.facts.transactions().next().expect("one was gathered");
        Ok((facts.outputs[0].number, self.judge.readings(&facts, &self.habits)?))
    }

    fn take(&mut self, step: i64, transaction: TxNum, coin: OutNum, change: OutNum, readings: Vec<Reading>) {
        self.steps.push(PeelStep { step, transaction, coin, change, readings, shared: self.habits.shared() });
    }

    #[cold]
    fn corrupt(&self, coin: OutNum, what: &str) -> Error {
        Error::corrupt(self.judge.chain.store().folder(), format!("has an output, number {coin}, that {what}"))
    }
}

fn stopped(direction: Direction, reason: StopReason, coin: OutNum, transaction: Option<TxNum>, explanation: String) -> PeelStop {
    PeelStop { direction, reason, coin, transaction, readings: Vec::new(), explanation }
}

fn undecided(direction: Direction, reason: StopReason, coin: OutNum, tx: TxNum, readings: Vec<Reading>) -> PeelStop {
    let explanation = in_words(&readings);
    PeelStop { direction, reason, coin, transaction: Some(tx), readings, explanation }
}

/// "output 0 is unspent; output 1 is data"
pub(super) fn in_words(readings: &[Reading]) -> String {
    let texts: Vec<String> = readings.iter().enumerate().map(|(at, reading)| format!("output {at} {reading}")).collect();
    texts.join("; ")
}
