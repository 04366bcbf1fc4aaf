//! What rules ask about the transactions before and behind one.

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::{Chain, Facts};
use crate::error::Result;
use crate::ids::{OutNum, TxNum};

/// Whether a transaction has one input and two outputs; a coinbase has none.
pub(super) fn looks_like_peeling(chain: &Chain, number: TxNum) -> Result<bool> {
    let (inputs, outputs) = (chain.inputs_of(number)?, chain.outputs_of(number)?);
    Ok(inputs.end - inputs.start == 1 && outputs.end - outputs.start == 2 && !chain.is_coinbase(number)?)
}

/// The transaction that an output belongs to.
pub(super) fn made_by(chain: &Chain, output: OutNum) -> Result<TxNum> {
    chain.transaction_of(output)
}

/// Fee in whole satoshi for 1000 virtual bytes, rounded down.
pub(super) fn fee_rate(fee: i64, weight: u32) -> i64 {
    fee.saturating_mul(1000).div_euclid(weight.div_ceil(4).max(1) as i64)
}

pub(super) fn fee_rate_of(chain: &Chain, number: TxNum) -> Result<i64> {
    let columns = chain.columns();
    Ok(fee_rate(columns.transactions_fee.get(number.row())?, columns.transactions_weight.get(number.row())?))
}

/// What the software that made a transaction shows in it.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    pub version: i32,
    pub locktime: u32,
    pub fingerprint: Fingerprint,
}

impl Habits {
    pub fn of(facts: &Facts<'_>) -> Habits {
        Habits { version: facts.version, locktime: facts.locktime, fingerprint: facts.fingerprint }
    }

    pub fn at(chain: &Chain, number: TxNum) -> Result<Habits> {
        let columns = chain.columns();
        Ok(Habits {
            version: columns.transactions_version.get(number.row())?,
            locktime: columns.transactions_locktime.get(number.row())?,
            fingerprint: Fingerprint(columns.transactions_fingerprint.get(number.row())?),
        })
    }
}

/// Asks for what rules look at in the spenders of a transaction's outputs.
pub(super) fn prefetch_spenders(chain: &Chain, facts: &Facts<'_>) {
    let columns = chain.columns();
    for spender in facts.outputs.iter().filter_map(|output| output.spender) {
        columns.transactions_locktime.prefetch(spender.row());
        columns.transactions_version.prefetch(spender.row());
        columns.transactions_fingerprint.prefetch(spender.row());
    }
}
