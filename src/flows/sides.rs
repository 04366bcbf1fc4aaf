//! Who pays whom in one transaction, seen from a set of addresses.
//!
//! Everybody takes part with a net: what the outputs pay him less what his inputs bring. Those below zero pay, those above receive, and
//! the fee is what remains. Where several pay, each pays every receiver, and the fee, in proportion, in whole satoshi by the largest
//! remainder.

use crate::apportion::Divider;
use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::Result;
use crate::flows::members::Members;
use crate::ids::{AddrNum, InNum, OutNum, TxNum};
use crate::script::Kind;

/// Somebody who takes part in a transaction with the set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Party {
    /// An address, or with clusters the name of a wallet.
    Other(AddrNum),
    /// A coinbase: new money, and fees.
    Mined,
    /// What a transaction pays out beyond what it takes in; no node accepts one, but simulated chains may have it.
    Unexplained,
}

/// One side of a transaction: the set, or a party.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    Set,
    Party(Party),
}

/// What somebody puts in and takes out.
#[derive(Clone, Copy, Debug)]
struct Part {
    who: Who,
    /// His first place among inputs and outputs.
    order: usize,
    gives: u64,
    gets: u64,
}

/// What a transaction does to the set, in satoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Net {
    pub received: u64,
    pub sent: u64,
    pub fees: u64,
    pub internal: u64,
    /// Inputs of the set, all inputs, and satoshi in those of the set.
    pub set_inputs: u64,
    pub inputs: u64,
    pub spent: u64,
    /// The only output that is not data.
    pub single_output: Option<OutNum>,
}

/// Looks at one transaction after the other; keeps its memory.
pub(super) struct Sides<'a> {
    chain: &'a Chain,
    members: &'a Members,
    clusters: Option<&'a Clusters>,
    parts: Vec<Part>,
    values: Vec<u64>,
    shares: Vec<u64>,
    divider: Divider,
    /// What parties paid the set, and got from it, in the transaction that was looked at last.
    pub paid: Vec<(Party, u64)>,
    pub got: Vec<(Party, u64)>,
}

impl<'a> Sides<'a> {
    pub fn new(chain: &'a Chain, members: &'a Members, clusters: Option<&'a Clusters>) -> Sides<'a> {
        let (parts, values, shares, divider) = Default::default();
        Sides { chain, members, clusters, parts, values, shares, divider, paid: Vec::new(), got: Vec::new() }
    }

    pub fn look(&mut self, tx: TxNum) -> Result<Net> {
        let mut net = self.gather(tx)?;
        self.paid.clear();
        self.got.clear();
        let (gives, gets) = self.sums()?;
        let fee = gives.saturating_sub(gets);
        self.join();
        let Some(set) = self.parts.iter().find(|part| part.who == Who::Set).copied() else { return Ok(net) };
        net.internal = set.gives.min(set.gets);
        if set.gets > set.gives {
            net.received = set.gets - set.gives;
            self.split_received(net.received);
        } else {
            net.fees = self.split_sent(set.gives - set.gets, fee);
            net.sent = set.gives - set.gets - net.fees;
        }
        Ok(net)
    }

    /// All inputs and outputs, each as a part of its own.
    fn gather(&mut self, tx: TxNum) -> Result<Net> {
        self.parts.clear();
        let (mut net, mut spendable) = (Net::default(), 0);
        for input in self.chain.inputs_of(tx)? {
            if let Some(output) = self.chain.spends(InNum(input))? {
                let (who, value) = (self.who(output)?, self.chain.value_of(output)?);
                net.inputs += 1;
                if who == Who::Set {
                    net.set_inputs += 1;
                    net.spent = net.spent.saturating_add(value);
                }
                self.parts.push(Part { who, order: self.parts.len(), gives: value, gets: 0 });
            }
        }
        let mut paid = 0u64;
        for output in self.chain.outputs_of(tx)?.map(OutNum) {
            let (who, value) = (self.who(output)?, self.chain.value_of(output)?);
            self.parts.push(Part { who, order: self.parts.len(), gives: 0, gets: value });
            paid = paid.saturating_add(value);
            if self.chain.kind_of(self.chain.address_of(output)?)? != Kind::OpReturn {
                spendable += 1;
                net.single_output = Some(output);
            }
        }
        net.single_output = net.single_output.filter(|_| spendable == 1);
        if net.inputs == 0 {
            self.parts.push(Part { who: Who::Party(Party::Mined), order: self.parts.len(), gives: paid, gets: 0 });
        }
        Ok(net)
    }

    fn who(&self, output: OutNum) -> Result<Who> {
        let address = self.chain.address_of(output)?;
        if self.members.contains(address) {
            return Ok(Who::Set);
        }
        let name = self.clusters.map_or(Ok(address), |clusters| clusters.name_of(address))?;
        Ok(Who::Party(Party::Other(name)))
    }

    fn sums(&self) -> Result<(u64, u64)> {
        let too_much = || self.chain.too_much();
        let add = |sum: u64, value: u64| sum.checked_add(value).filter(|sum| *sum <= i64::MAX as u64).ok_or_else(too_much);
        self.parts.iter().try_fold((0, 0), |(gives, gets), part| Ok((add(gives, part.gives)?, add(gets, part.gets)?)))
    }

    /// Makes one part of all that somebody has, in the order in which they first appear.
    fn join(&mut self) {
        self.parts.sort_unstable_by_key(|part| (part.who, part.order));
        self.parts.dedup_by(|part, first| {
            let same = part.who == first.who;
            if same {
                first.gives += part.gives;
                first.gets += part.gets;
            }
            same
        });
        self.parts.sort_unstable_by_key(|part| part.order);
    }

    /// The payers share what the set received.
    fn split_received(&mut self, received: u64) {
        let payers = || self.parts.iter().filter(|part| part.gives > part.gets);
        self.values.clear();
        self.values.extend(payers().map(|part| part.gives - part.gets));
        let beyond = self.divider.divide(received, &self.values, &mut self.shares);
        self.paid.extend(parties(payers(), &self.shares));
        self.paid.extend((beyond > 0).then_some((Party::Unexplained, beyond)));
    }

    /// The receivers, and the fee, share what the set pays; returns the part of the fee.
    fn split_sent(&mut self, paid: u64, fee: u64) -> u64 {
        let receivers = || self.parts.iter().filter(|part| part.gets > part.gives);
        self.values.clear();
        self.values.extend(receivers().map(|part| part.gets - part.gives));
        self.values.push(fee);
        self.divider.divide(paid, &self.values, &mut self.shares);
        self.got.extend(parties(receivers(), &self.shares));
        self.shares.last().copied().unwrap_or(0)
    }
}

/// The parties that have a share, with it.
fn parties<'a>(parts: impl Iterator<Item = &'a Part>, shares: &[u64]) -> Vec<(Party, u64)> {
    let party = |(part, share): (&Part, &u64)| match part.who {
        Who::Party(party) if *share > 0 => Some((party, *share)),
        _ => None,
    };
    parts.zip(shares).filter_map(party).collect()
}
