//! Who takes part in a transaction, and who of them pays whom. docs/flows.md defines it.
//!
//! A party is whatever a caller takes for one: an address, a cluster, an owner, a set of addresses. Whoever asks who pays whom asks here:
//! transfers between clusters, flows of a set, accounts of wallets, and true arrivals.

use crate::apportion::Divider;
use crate::chain::Chain;
use crate::error::Result;
use crate::ids::{OutNum, TxNum};

/// What a party puts into a transaction and takes out of it, in satoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part<K> {
    pub who: K,
    pub gives: u64,
    pub gets: u64,
    /// The places of its first input and its first output.
    input: u32,
    output: u32,
}

/// No place among inputs or outputs.
const NOWHERE: u32 = u32::MAX;

/// The parties of one transaction; keeps its memory for the next.
#[derive(Debug)]
pub struct Parties<K> {
    parts: Vec<Part<K>>,
    payers: Vec<(K, u64)>,
    receivers: Vec<(K, u64)>,
    fee: u64,
    left: Vec<u64>,
    shares: Vec<u64>,
    divider: Divider,
}

impl<K> Default for Parties<K> {
    fn default() -> Parties<K> {
        let (parts, payers, receivers) = Default::default();
        Parties { parts, payers, receivers, fee: 0, left: Vec::new(), shares: Vec::new(), divider: Divider::default() }
    }
}

impl<K: Copy + Ord> Parties<K> {
    /// The parties of a transaction, where `who` says whose an output is.
    pub fn of(chain: &Chain, tx: TxNum, who: impl Fn(OutNum) -> Result<K>) -> Result<Parties<K>> {
        let mut parties = Parties::default();
        for input in chain.inputs_of(tx)? {
            if let Some(output) = chain.spends(input)? {
                parties.give(who(output)?, chain.value_of(output)?);
            }
        }
        for output in chain.outputs_of(tx)? {
            parties.get(who(output)?, chain.value_of(output)?);
        }
        parties.settle(chain)?;
        Ok(parties)
    }

    /// Forgets the transaction that was looked at last.
    pub fn clear(&mut self) {
        self.parts.clear();
    }

    /// A party has an input of so many satoshi. Inputs come in their order, as outputs do.
    #[inline]
    pub fn give(&mut self, who: K, value: u64) {
        self.parts.push(Part { who, gives: value, gets: 0, input: self.parts.len() as u32, output: NOWHERE });
    }

    /// A party has an output of so many satoshi.
    #[inline]
    pub fn get(&mut self, who: K, value: u64) {
        self.parts.push(Part { who, gives: 0, gets: value, input: NOWHERE, output: self.parts.len() as u32 });
    }

    /// Finds who pays and who receives, when all inputs and outputs are there.
    pub fn settle(&mut self, chain: &Chain) -> Result<()> {
        let (gives, gets) = (self.sum(chain, |part| part.gives)?, self.sum(chain, |part| part.gets)?);
        self.fee = gives.saturating_sub(gets);
        self.join();
        let parts = &mut self.parts;
        self.payers.clear();
        parts.sort_unstable_by_key(|part| part.input);
        self.payers.extend(parts.iter().filter(|part| part.gives > part.gets).map(|part| (part.who, part.gives - part.gets)));
        self.receivers.clear();
        parts.sort_unstable_by_key(|part| part.output);
        self.receivers.extend(parts.iter().filter(|part| part.gets > part.gives).map(|part| (part.who, part.gets - part.gives)));
        Ok(())
    }

    fn sum(&self, chain: &Chain, of: fn(&Part<K>) -> u64) -> Result<u64> {
        let sum = self.parts.iter().try_fold(0u64, |sum, part| sum.checked_add(of(part)));
        sum.filter(|sum| *sum <= i64::MAX as u64).ok_or_else(|| chain.too_much())
    }

    /// Makes one part of all that a party has.
    fn join(&mut self) {
        self.parts.sort_unstable_by_key(|part| part.who);
        self.parts.dedup_by(|part, first| {
            let same = part.who == first.who;
            if same {
                first.gives += part.gives;
                first.gets += part.gets;
                first.input = first.input.min(part.input);
                first.output = first.output.min(part.output);
            }
            same
        });
    }

    /// What a party puts in and takes out.
    pub fn part(&self, who: K) -> Option<&Part<K>> {
        self.parts.iter().find(|part| part.who == who)
    }

    /// Those who pay, with their nets, in the order of their first inputs.
    pub fn payers(&self) -> &[(K, u64)] {
        &self.payers
    }

    /// Those who receive, with their nets, in the order of their first outputs.
    pub fn receivers(&self) -> &[(K, u64)] {
        &self.receivers
    }

    /// What is paid and nobody receives.
    pub fn fee(&self) -> u64 {
        self.fee
    }

    /// Tells what each payer pays each receiver, and of the fee, where it is more than nothing.
    ///
    /// Each payer in turn divides its net over what is left of the receivers' nets and of the fee. So every payer pays its net, and every
    /// receiver gets its own, but for what a transaction pays out beyond what it takes in.
    pub fn payments(&mut self, mut tell: impl FnMut(K, Payee<K>, u64)) {
        let Parties { payers, receivers, fee, left, shares, divider, .. } = self;
        left.clear();
        left.extend(receivers.iter().map(|(_, net)| *net).chain([*fee]));
        for (payer, net) in payers.iter() {
            divider.divide(*net, left, shares);
            let payees = receivers.iter().map(|(who, _)| Payee::Party(*who)).chain([Payee::Fee]);
            for ((payee, share), left) in payees.zip(shares.iter()).zip(left.iter_mut()) {
                *left -= share;
                if *share > 0 {
                    tell(*payer, payee, *share);
                }
            }
        }
    }
}

/// Whom a payer pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payee<K> {
    Party(K),
    Fee,
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Parties with nets, as they are after `settle`.
    fn parties(payers: &[u64], receivers: &[u64], fee: u64) -> Parties<usize> {
        let numbered = |nets: &[u64], first| nets.iter().enumerate().map(|(i, net)| (first + i, *net)).collect();
        Parties { payers: numbered(payers, 0), receivers: numbered(receivers, payers.len()), fee, ..Parties::default() }
    }

    fn payments(parties: &mut Parties<usize>) -> Vec<(usize, Payee<usize>, u64)> {
        let mut payments = Vec::new();
        parties.payments(|from, to, amount| payments.push((from, to, amount)));
        payments
    }

    #[test]
    fn several_payers_pay_several_receivers_and_the_fee_in_proportion() {
        let found = payments(&mut parties(&[50, 50], &[60, 30], 10));
        let (a, b) = (Payee::Party(2), Payee::Party(3));
        assert_eq!(found, [(0, a, 30), (0, b, 15), (0, Payee::Fee, 5), (1, a, 30), (1, b, 15), (1, Payee::Fee, 5)]);
    }

    #[test]
    fn what_is_rounded_for_one_payer_is_made_up_for_by_the_next() {
        let found = payments(&mut parties(&[1, 1], &[1, 1], 0));
        assert_eq!(found, [(0, Payee::Party(2), 1), (1, Payee::Party(3), 1)]);
    }

    proptest! {
        #[test]
        fn every_payer_pays_its_net_and_every_receiver_gets_its_own(
            payers in vec(1..1u64 << 50, 1..8), cuts in vec(0..1u64 << 53, 0..8),
        ) {
            // All that is paid, cut into the nets of receivers and a fee.
            let all: u64 = payers.iter().sum();
            let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut % all).chain([0, all]).collect();
            cuts.sort_unstable();
            let mut nets: Vec<u64> = cuts.windows(2).map(|ends| ends[1] - ends[0]).filter(|net| *net > 0).collect();
            let fee = nets.pop().expect("all is more than nothing");
            let mut parties = parties(&payers, &nets, fee);
            let found = payments(&mut parties);
            for (who, net) in parties.payers() {
                prop_assert_eq!(found.iter().filter(|(from, ..)| from == who).map(|(.., amount)| amount).sum::<u64>(), *net);
            }
            for (who, net) in parties.receivers() {
                let got = found.iter().filter(|(_, to, _)| *to == Payee::Party(*who));
                prop_assert_eq!(got.map(|(.., amount)| amount).sum::<u64>(), *net);
            }
            // No payment is further from its due than rounding makes it, once for each payer before.
            for (from, to, amount) in &found {
                let net = match to { Payee::Party(who) => nets[who - payers.len()], Payee::Fee => fee };
                let due = payers[*from] as u128 * net as u128;
                prop_assert!((*amount as u128 * all as u128).abs_diff(due) <= payers.len() as u128 * all as u128);
            }
        }
    }
}
