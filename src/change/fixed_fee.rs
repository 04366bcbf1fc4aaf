//! Some wallets pay the same fee rate always.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark_by_spender;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;
use crate::ids::TxNum;

/// Unspent outputs, and those whose spender pays the same fee rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedFee;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "fixed_fee",
    version: 1,
    dynamic: true,
    leaves: "outputs that are unspent, or whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes, rounded down",
    source: "practice",
    default: Some(default_of::<FixedFee>),
};

impl Primitive for FixedFee {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let own = fee_rate(facts.fee, facts.weight);
        mark_by_spender(facts, marks, |spender| Ok(fee_rate_of(chain, spender)? == own))
    }
}

/// Fee in whole satoshi for 1000 virtual bytes, rounded down.
fn fee_rate(fee: i64, weight: u32) -> i64 {
    fee.saturating_mul(1000).div_euclid(weight.div_ceil(4).max(1) as i64)
}

fn fee_rate_of(chain: &Chain, number: TxNum) -> Result<i64> {
    Ok(fee_rate(chain.fee_of(number)?, chain.weight_of(number)?))
}
