//! The pass over the transactions that payments reach, in chain order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::chain::{Chain, End};
use crate::convergence::{Arrival, Convergence, ConvergenceOptions, Meeting, WalletMeeting, Waypoint};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::script::Kind;

/// Transactions between two questions whether to go on.
const EVERY: u64 = 256;

pub(super) struct Sweep<'a> {
    chain: &'a Chain,
    payments: &'a [OutNum],
    options: &'a ConvergenceOptions,
    /// Coins by the transaction at whose turn they are looked at: the one that spends them, or of a payment the one that makes it.
    queue: BinaryHeap<Reverse<(TxNum, OutNum)>>,
    /// The payments that each transaction was reached by.
    reached: HashMap<TxNum, Vec<Arrival>>,
    wallets: HashMap<AddrNum, Vec<Arrival>>,
    meetings: Vec<Meeting>,
    wallet_meetings: Vec<WalletMeeting>,
    transactions: u64,
}

impl<'a> Sweep<'a> {
    pub fn new(chain: &'a Chain, payments: &'a [OutNum], options: &'a ConvergenceOptions) -> Sweep<'a> {
        Sweep {
            chain,
            payments,
            options,
            queue: BinaryHeap::new(),
            reached: HashMap::new(),
            wallets: HashMap::new(),
            meetings: Vec::new(),
            wallet_meetings: Vec::new(),
            transactions: 0,
        }
    }

    pub fn run(mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Sweep<'a>> {
        for payment in self.payments {
            self.queue.push(Reverse((self.chain.transaction_of(*payment)?, *payment)));
        }
        let mut coins = Vec::new();
        while let Some(Reverse((tx, _))) = self.queue.peek().copied() {
            if self.transactions.is_multiple_of(EVERY) && !go_on() {
                return Err(Error::Stopped);
            }
            self.take(tx, &mut coins);
            self.pass(tx, &coins)?;
            self.transactions += 1;
            let most = self.meetings.last().map_or(0, |meeting| meeting.at_least);
            let together = self.wallet_meetings.last().map_or(0, |meeting| meeting.at_least);
            if most.max(together) as usize == self.payments.len() {
                break;
            }
        }
        Ok(self)
    }

    /// The coins whose turn it is.
    fn take(&mut self, tx: TxNum, coins: &mut Vec<OutNum>) {
        coins.clear();
        while let Some(Reverse((_, coin))) = self.queue.peek().copied().filter(|Reverse((next, _))| *next == tx) {
            self.queue.pop();
            coins.push(coin);
        }
    }

    fn pass(&mut self, tx: TxNum, coins: &[OutNum]) -> Result<()> {
        let mut arrivals: Vec<Arrival> = Vec::new();
        for coin in coins {
            let maker = self.chain.transaction_of(*coin)?;
            if maker != tx {
                self.arrive(maker, *coin, &mut arrivals);
            }
        }
        arrivals.sort_unstable_by_key(|arrival| arrival.payment);
        let payments: Vec<usize> = (0..self.payments.len()).filter(|at| coins.contains(&self.payments[*at])).collect();
        self.meet(tx, &arrivals);
        for output in self.chain.outputs_of(tx)? {
            let payment = payments.iter().find(|at| self.payments[**at] == output).map(|at| *at as u8);
            if !arrivals.is_empty() || payment.is_some() {
                self.leave(tx, output, &arrivals, payment)?;
            }
        }
        if !arrivals.is_empty() {
            self.reached.insert(tx, arrivals);
        }
        Ok(())
    }

    /// Adds what a coin brings, by the shortest way, among equal ones by the earliest coin.
    fn arrive(&self, maker: TxNum, coin: OutNum, arrivals: &mut Vec<Arrival>) {
        let own = self.payments.iter().position(|payment| *payment == coin);
        let own = own.map(|payment| Arrival { payment: payment as u8, tx_hops: 0, coin });
        let before = self.reached.get(&maker).into_iter().flatten().copied();
        for Arrival { payment, tx_hops, .. } in before.chain(own) {
            let arrival = Arrival { payment, tx_hops: tx_hops + 1, coin };
            if self.options.max_tx_hops.is_some_and(|most| arrival.tx_hops > most) {
                continue;
            }
            match arrivals.iter_mut().find(|known| known.payment == payment) {
                Some(known) if (known.tx_hops, known.coin) > (arrival.tx_hops, coin) => *known = arrival,
                Some(_) => {}
                None => arrivals.push(arrival),
            }
        }
    }

    fn meet(&mut self, tx: TxNum, arrivals: &[Arrival]) {
        let most = self.meetings.last().map_or(1, |meeting| meeting.at_least);
        for at_least in most + 1..=arrivals.len() as u32 {
            self.meetings.push(Meeting { at_least, transaction: tx, arrivals: arrivals.to_vec() });
        }
    }

    /// Sends an output on, to the wallet that it pays and to the transaction that spends it.
    fn leave(&mut self, tx: TxNum, output: OutNum, arrivals: &[Arrival], payment: Option<u8>) -> Result<()> {
        let address = self.chain.address_of(output)?;
        if self.chain.kind_of(address)? == Kind::OpReturn {
            return Ok(());
        }
        self.come_to_wallet(tx, output, address, arrivals, payment)?;
        // A payment is followed wherever it was made to.
        if payment.is_none() && self.options.stop_at.label(address)?.is_some() {
            return Ok(());
        }
        if let End::Spent(next) = self.chain.end_of(output)? {
            if next <= tx {
                return Err(self.corrupt(format!("has an output, number {output}, that is spent before it is made")));
            }
            self.queue.push(Reverse((next, output)));
        }
        Ok(())
    }

    fn come_to_wallet(
        &mut self,
        tx: TxNum,
        coin: OutNum,
        address: AddrNum,
        arrivals: &[Arrival],
        payment: Option<u8>,
    ) -> Result<()> {
        let Some(clusters) = &self.options.clusters else { return Ok(()) };
        let wallet = clusters.name_of(address)?;
        let own = payment.map(|payment| Arrival { payment, tx_hops: 0, coin });
        let there = self.wallets.entry(wallet).or_default();
        for arrival in arrivals.iter().copied().chain(own) {
            if there.iter().all(|known| known.payment != arrival.payment) {
                there.push(Arrival { coin, ..arrival });
            }
        }
        let most = self.wallet_meetings.last().map_or(1, |meeting| meeting.at_least);
        for at_least in most + 1..=there.len() as u32 {
            let arrivals = there.clone();
            self.wallet_meetings.push(WalletMeeting { at_least, wallet, transaction: tx, arrivals });
        }
        Ok(())
    }

    /// What was found, with the ways to where most of the payments meet.
    pub fn into_gathering(self, overlapping: u64) -> Result<Convergence> {
        let (mut paths, mut wallet_paths) = (Vec::new(), Vec::new());
        if let Some(meeting) = self.meetings.last() {
            for arrival in &meeting.arrivals {
                self.way(arrival.payment, arrival.coin, Some(meeting.transaction), &mut paths)?;
            }
        }
        if let Some(meeting) = self.wallet_meetings.last() {
            let mut arrivals = meeting.arrivals.clone();
            arrivals.sort_unstable_by_key(|arrival| arrival.payment);
            for arrival in arrivals {
                self.way(arrival.payment, arrival.coin, None, &mut wallet_paths)?;
            }
        }
        let mut reached = vec![0; self.payments.len()];
        self.reached.values().flatten().for_each(|arrival| reached[arrival.payment as usize] += 1);
        Ok(Convergence {
            chain: self.chain.clone(),
            options: self.options.clone(),
            payments: self.payments.to_vec(),
            overlapping,
            meetings: self.meetings,
            wallets: self.wallet_meetings,
            paths,
            wallet_paths,
            reached,
            transactions: self.transactions,
        })
    }

    /// The coins by which a payment came to a coin, from the payment on.
    fn way(&self, payment: u8, last: OutNum, end: Option<TxNum>, ways: &mut Vec<Waypoint>) -> Result<()> {
        let (mut coin, mut next, mut way) = (last, end, Vec::new());
        loop {
            way.push((coin, next));
            if coin == self.payments[payment as usize] {
                break;
            }
            let maker = self.chain.transaction_of(coin)?;
            let mut arrivals = self.reached.get(&maker).into_iter().flatten();
            // A way passes each transaction once, and each of them was reached by the payment.
            let before = arrivals.find(|arrival| arrival.payment == payment && arrival.coin < coin);
            (coin, next) = (before.ok_or_else(|| self.no_way_to(coin))?.coin, Some(maker));
        }
        let points = way.into_iter().rev().enumerate();
        ways.extend(points.map(|(hop, (coin, next))| Waypoint { payment, hop: hop as u32, coin, next }));
        Ok(())
    }

    #[cold]
    fn no_way_to(&self, coin: OutNum) -> Error {
        self.corrupt(format!("has an output, number {coin}, that is not of the transaction that it was found at"))
    }

    #[cold]
    fn corrupt(&self, what: String) -> Error {
        Error::corrupt(self.chain.store().folder(), what)
    }
}
