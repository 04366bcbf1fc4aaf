//! Whirlpool: mixes of equal inputs and outputs, and the Tx0 that cuts coins into pieces for them.

use crate::error::Result;
use crate::ids::OutNum;
use crate::script::Kind;
use crate::shapes::around::Around;
use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Quick, Record, Stop, Verdict};

/// A pool: the amount that is mixed, and the fee for entering it.
struct Pool {
    amount: u64,
    fee: u64,
}

const POOLS: [Pool; 4] = [
    Pool { amount: 100_000, fee: 5_000 },
    Pool { amount: 1_000_000, fee: 50_000 },
    Pool { amount: 5_000_000, fee: 175_000 },
    Pool { amount: 50_000_000, fee: 1_750_000 },
];

pub(super) fn whirlpool(look: &Look, around: &dyn Around, record: &mut impl Record) -> Go {
    mix(look, record)?;
    let lineage = match look.thresholds.whirlpool_lineage {
        false => Some(true),
        true if record.settled() => None,
        true => lineage(look, around)?,
    };
    record.answer("lineage", lineage, "new inputs from a Tx0, the others from a mix, if it is asked for")
}

/// A mix, as far as it shows by itself.
fn mix(look: &Look, record: &mut impl Record) -> Go {
    let (facts, thresholds) = (look.facts, look.thresholds);
    record.between("inputs", look.inputs(), thresholds.whirlpool_min_participants, thresholds.whirlpool_max_participants)?;
    record.exactly("outputs", look.outputs(), look.inputs())?;
    let amount = facts.outputs.first().map_or(0, |output| output.value);
    let told = || (Found::Number(amount as i64), "a pool's amount".to_string());
    record.note("pool", Some(POOLS.iter().any(|pool| pool.amount == amount)), told)?;
    record.exactly("equal_outputs", facts.outputs.iter().filter(|output| output.value == amount).count(), look.outputs())?;
    record.at_least("height", facts.height.0, thresholds.whirlpool_first_height)?;
    let (least, most) =
        (amount.saturating_add(thresholds.whirlpool_min_excess), amount.saturating_add(thresholds.whirlpool_max_excess));
    let new = facts.inputs.iter().filter(|input| (least..=most).contains(&input.value)).count();
    let mixed = facts.inputs.iter().filter(|input| input.value == amount).count();
    record.at_least("new_inputs", new, 1u64)?;
    record.at_least("mixed_inputs", mixed, 1u64)?;
    record.exactly("fitting_inputs", new + mixed, look.inputs())?;
    record.holds("input_kinds", facts.inputs.iter().all(|input| input.kind == Kind::P2wpkh), "all p2wpkh")?;
    record.exactly("input_addresses", look.payers().distinct, look.inputs())?;
    record.exactly("output_addresses", look.paid(), look.outputs())
}

pub(super) fn whirlpool_tx0(look: &Look, record: &mut impl Record) -> Go {
    let (facts, thresholds) = (look.facts, look.thresholds);
    record.at_least("outputs", look.outputs(), 3u64)?;
    record.exactly("data_outputs", look.data_outputs(), 1u64)?;
    record.at_least("inputs", look.inputs(), 1u64)?;
    record.at_least("height", facts.height.0, thresholds.whirlpool_first_height)?;
    let spendable = || facts.outputs.iter().filter(|output| output.kind != Kind::OpReturn).map(|output| output.value);
    // Of amounts that are equally frequent, the one that a pool takes.
    let premixes = look.amounts().iter().filter(|amount| pool_of(amount.value, look).is_some());
    let premix = premixes.max_by_key(|amount| amount.count).copied();
    let (value, count) = premix.map_or((0, 0), |premix| (premix.value, premix.count));
    record.between("premix_outputs", count, 1u64, thresholds.tx0_max_premix)?;
    record.at_most("other_outputs", look.spendable().saturating_sub(count), thresholds.tx0_max_others)?;
    let fee = pool_of(value, look).map_or(0.0, |pool| pool.fee as f64);
    let (least, most) = (fee * thresholds.tx0_min_fee_share, fee * thresholds.tx0_max_fee_share);
    let fees = spendable().filter(|amount| *amount != value && (least..=most).contains(&(*amount as f64))).count();
    record.at_least("fee_outputs", fees, 1u64)
}

/// The pool that an amount is made for.
fn pool_of(premix: u64, look: &Look) -> Option<&'static Pool> {
    let allowed = look.thresholds.whirlpool_min_excess..=look.thresholds.whirlpool_max_excess;
    POOLS.iter().find(|pool| premix.checked_sub(pool.amount).is_some_and(|excess| allowed.contains(&excess)))
}

/// Whether each input comes from where it must; none where that cannot be seen.
fn lineage(look: &Look, around: &dyn Around) -> Result<Option<bool>> {
    let amount = look.facts.outputs.first().map_or(0, |output| output.value);
    for input in look.facts.inputs {
        match comes_from(input.spends, input.value > amount, look, around)? {
            Some(true) => {}
            other => return Ok(other),
        }
    }
    Ok(Some(true))
}

fn comes_from(spends: OutNum, tx0: bool, look: &Look, around: &dyn Around) -> Result<Option<bool>> {
    let mut found = None;
    around.show_maker(spends, &mut |facts| found = Some(verdict(&Look::new(facts, look.thresholds), tx0)))?;
    Ok(found.map(|before| before == Verdict::Yes))
}

fn verdict(look: &Look, tx0: bool) -> Verdict {
    let mut record = Quick::default();
    // What stops it is in the record; these rules look at nothing that could fail.
    let _: Result<(), Stop> = if tx0 { whirlpool_tx0(look, &mut record) } else { mix(look, &mut record) };
    record.verdict().0
}
