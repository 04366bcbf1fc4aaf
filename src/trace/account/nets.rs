//! What the wallets of a transaction pay and get.

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{AddrNum, InNum, OutNum, TxNum};

/// What the wallets of a transaction pay and get, net.
#[derive(Default)]
pub(super) struct Nets {
    pub payers: Vec<(AddrNum, u64)>,
    pub receivers: Vec<(AddrNum, u64)>,
}

impl Nets {
    pub fn of(chain: &Chain, clusters: &Clusters, tx: TxNum) -> Result<Nets> {
        let wallet = |output: OutNum| clusters.name_of(chain.address_of(output)?);
        let (mut brought, mut got) = (Vec::new(), Vec::new());
        for input in chain.inputs_of(tx)? {
            if let Some(output) = chain.spends(InNum(input))? {
                add(&mut brought, wallet(output)?, chain.value_of(output)?);
            }
        }
        for output in chain.outputs_of(tx)?.map(OutNum) {
            add(&mut got, wallet(output)?, chain.value_of(output)?);
        }
        let of = |sums: &[(AddrNum, u64)], wallet| sums.iter().find(|(name, _)| *name == wallet).map_or(0, |(_, sum)| *sum);
        let net = |(wallet, sum): &(AddrNum, u64), other: &[(AddrNum, u64)]| (*wallet, sum.saturating_sub(of(other, *wallet)));
        let mut nets = Nets {
            payers: brought.iter().map(|payer| net(payer, &got)).collect(),
            receivers: got.iter().map(|receiver| net(receiver, &brought)).collect(),
        };
        nets.payers.retain(|(_, sum)| *sum > 0);
        nets.receivers.retain(|(_, sum)| *sum > 0);
        Ok(nets)
    }
}

fn add(sums: &mut Vec<(AddrNum, u64)>, wallet: AddrNum, amount: u64) {
    match sums.iter_mut().find(|(name, _)| *name == wallet) {
        Some((_, sum)) => *sum = sum.saturating_add(amount),
        None => sums.push((wallet, amount)),
    }
}
