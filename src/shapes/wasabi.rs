//! CoinJoins of Wasabi: 1.0 with one denomination, 1.1 with denominations that double, 2.0 with many.

use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Quick, Record, Verdict};

/// Denominations of Wasabi 1.1: so many times doubled.
const LEVELS: usize = 20;

pub(super) fn wasabi_1_0(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    large_and_mixed(look, thresholds.wasabi_1_min_inputs, thresholds.wasabi_1_first_height, record)?;
    let denomination = look.denomination();
    let base = thresholds.wasabi_1_denomination;
    let known = [base, base / 2].into_iter().any(|level| is_near(denomination.value, level, thresholds.wasabi_1_tolerance));
    let told = || (Found::Number(denomination.value as i64), format!("near {base} or {}", base / 2));
    record.note("denomination", Some(known), told)?;
    record.at_least("equal_outputs", denomination.count, thresholds.wasabi_1_min_participants)?;
    // The coordinator's fee is one output more.
    record.at_most("other_outputs", look.outputs() - denomination.count, denomination.count + 1)?;
    one_address_each(look, denomination.count, record)
}

pub(super) fn wasabi_1_1(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    large_and_mixed(look, thresholds.wasabi_1_min_inputs, thresholds.wasabi_1_first_height, record)?;
    let levels = levels(look);
    let count = |outputs: &[usize]| outputs.iter().filter(|outputs| **outputs >= 2).count();
    record.at_least("levels", count(&levels), thresholds.wasabi_1_1_min_levels)?;
    let most = levels.iter().copied().max().unwrap_or(0);
    record.at_least("equal_outputs", most, thresholds.wasabi_1_min_participants)?;
    let mixed: usize = levels.iter().filter(|outputs| **outputs >= 2).sum();
    // Either one change for each mixed output and the coordinator's fee, or one change for each address and the fee.
    let least = (look.outputs().saturating_sub(1)).div_ceil(2).min(look.outputs().saturating_sub(look.payers().distinct + 1));
    record.at_least("mixed_outputs", mixed, least)?;
    let split = look.inputs() < thresholds.wasabi_1_1_large as usize && pays_equal_shares(look);
    record.holds("not_equal_shares", !split, "no small payment of equal shares")?;
    one_address_each(look, most, record)
}

pub(super) fn wasabi_2_0(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    large_and_mixed(look, thresholds.wasabi_2_min_inputs, thresholds.wasabi_2_first_height, record)?;
    let smallest = look.amounts().first().map_or(0, |amount| amount.value);
    record.at_least("smallest_output", smallest, thresholds.wasabi_2_min_output)?;
    record.exactly("output_addresses", look.paid(), look.outputs())?;
    let repeated = || look.amounts().iter().filter(|amount| amount.count >= 2);
    let mixed: usize = repeated().map(|amount| amount.count).sum();
    record.at_least("mixed_outputs", mixed, look.outputs().saturating_sub(1).div_ceil(2))?;
    record.at_least("other_outputs", look.outputs() - mixed, 1u64)?;
    record.at_least("denominations", repeated().count(), thresholds.wasabi_2_min_denominations)?;
    let sorted =
        look.facts.inputs.is_sorted_by(|a, b| a.value >= b.value) && look.facts.outputs.is_sorted_by(|a, b| a.value >= b.value);
    record.holds("sorted", sorted || !thresholds.wasabi_2_sorted, "amounts in descending order")
}

/// Whether it is a transaction of one of the first versions.
pub(super) fn is_wasabi_1(look: &Look) -> bool {
    let yes = |shape: fn(&Look, &mut Quick) -> Go| {
        let mut record = Quick::default();
        // What stops it is in the record; these rules look at nothing that could fail.
        let _ = shape(look, &mut record);
        record.verdict().0 == Verdict::Yes
    };
    yes(wasabi_1_0) || yes(wasabi_1_1)
}

fn large_and_mixed(look: &Look, inputs: u64, height: u64, record: &mut impl Record) -> Go {
    record.at_least("inputs", look.inputs(), inputs)?;
    record.at_least("height", look.facts.height.0, height)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    let share = look.payers().most as f64 / look.inputs().max(1) as f64;
    record.at_most("address_share", share, look.thresholds.wasabi_max_address_share)
}

fn one_address_each(look: &Look, participants: usize, record: &mut impl Record) -> Go {
    let most = participants as f64 * look.thresholds.wasabi_1_max_inputs_each;
    record.between("input_addresses", look.payers().distinct, participants, most)?;
    record.exactly("output_addresses", look.paid(), look.outputs())
}

/// How many outputs are of each denomination.
fn levels(look: &Look) -> [usize; LEVELS] {
    let (base, tolerance) = (look.thresholds.wasabi_1_denomination, look.thresholds.wasabi_1_tolerance);
    let mut levels = [0; LEVELS];
    for amount in look.amounts() {
        let level = (amount.value as f64 / base as f64).log2().round();
        if (0.0..LEVELS as f64).contains(&level) && is_near(amount.value, base.saturating_mul(1 << level as u32), tolerance) {
            levels[level as usize] += amount.count;
        }
    }
    levels
}

fn is_near(value: u64, level: u64, tolerance: f64) -> bool {
    value.abs_diff(level) as f64 <= level as f64 * tolerance
}

/// Whether all that is paid out is nearly a multiple of the most frequent amount.
fn pays_equal_shares(look: &Look) -> bool {
    let sum: u128 = look.facts.outputs.iter().map(|output| output.value as u128).sum();
    let one = look.denomination().value.max(1) as u128;
    let off = (sum % one).min(one - sum % one);
    off * 10_000 <= sum
}
