//! What one transaction does to a set of addresses: the set is one party of it, and everybody else an address or a wallet
//! (`chain::parties`).

use crate::chain::Chain;
use crate::chain::parties::{Parties, Payee};
use crate::cluster::Clusters;
use crate::error::Result;
use crate::flows::members::Members;
use crate::ids::{AddrNum, OutNum, TxNum};
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
    parties: Parties<Who>,
    /// What parties paid the set, and got from it, in the transaction that was looked at last.
    pub paid: Vec<(Party, u64)>,
    pub got: Vec<(Party, u64)>,
}

impl<'a> Sides<'a> {
    pub fn new(chain: &'a Chain, members: &'a Members, clusters: Option<&'a Clusters>) -> Sides<'a> {
        Sides { chain, members, clusters, parties: Parties::default(), paid: Vec::new(), got: Vec::new() }
    }

    pub fn look(&mut self, tx: TxNum) -> Result<Net> {
        let mut net = self.gather(tx)?;
        self.paid.clear();
        self.got.clear();
        let Some(set) = self.parties.part(Who::Set).copied() else { return Ok(net) };
        net.internal = set.gives.min(set.gets);
        self.divide(&mut net);
        net.received = set.gets - net.internal;
        net.sent = set.gives - net.internal - net.fees;
        let unexplained = net.received.saturating_sub(self.paid.iter().map(|(_, amount)| amount).sum());
        self.paid.extend((unexplained > 0).then_some((Party::Unexplained, unexplained)));
        Ok(net)
    }

    /// Notes who pays the set, whom it pays, and what of the fee.
    fn divide(&mut self, net: &mut Net) {
        let Sides { parties, paid, got, .. } = self;
        parties.payments(|from, to, amount| match (from, to) {
            (Who::Party(party), Payee::Party(Who::Set)) => paid.push((party, amount)),
            (Who::Set, Payee::Party(Who::Party(party))) => got.push((party, amount)),
            (Who::Set, Payee::Fee) => net.fees = amount,
            _ => {}
        });
    }

    /// The parties of a transaction, and what it has of the set.
    fn gather(&mut self, tx: TxNum) -> Result<Net> {
        self.parties.clear();
        let (mut net, mut spendable) = (Net::default(), 0);
        for input in self.chain.inputs_of(tx)? {
            if let Some(output) = self.chain.spends(input)? {
                let (who, value) = (self.who(output)?, self.chain.value_of(output)?);
                net.inputs += 1;
                if who == Who::Set {
                    net.set_inputs += 1;
                    net.spent = net.spent.saturating_add(value);
                }
                self.parties.give(who, value);
            }
        }
        let mut paid = 0u64;
        for output in self.chain.outputs_of(tx)? {
            let (who, value) = (self.who(output)?, self.chain.value_of(output)?);
            self.parties.get(who, value);
            paid = paid.saturating_add(value);
            if self.chain.kind_of(self.chain.address_of(output)?)? != Kind::OpReturn {
                spendable += 1;
                net.single_output = Some(output);
            }
        }
        net.single_output = net.single_output.filter(|_| spendable == 1);
        if net.inputs == 0 {
            self.parties.give(Who::Party(Party::Mined), paid);
        }
        self.parties.settle(self.chain)?;
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
}
