//! What rules ask about the transactions before and behind one.

use crate::chain::{Chain, Facts, Shown};
use crate::error::Result;
use crate::ids::TxNum;

/// Fee in whole satoshi for 1000 virtual bytes, rounded down.
pub(super) fn fee_rate(fee: i64, weight: u32) -> i64 {
    fee.saturating_mul(1000).div_euclid(weight.div_ceil(4).max(1) as i64)
}

pub(super) fn fee_rate_of(chain: &Chain, number: TxNum) -> Result<i64> {
    let columns = chain.columns();
    Ok(fee_rate(columns.transactions_fee.get(number.row())?, columns.transactions_weight.get(number.row())?))
}

/// Asks for what rules look at in the spenders of a transaction's outputs.
pub(super) fn prefetch_spenders(chain: &Chain, facts: &Facts<'_>) {
    facts.outputs.iter().filter_map(|output| output.spender).for_each(|spender| Shown::prefetch(chain, spender));
}
