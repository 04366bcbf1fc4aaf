//! Following money the slow and obvious way: over all transactions, with everything about every output at hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use satrail::chain::{Chain, End};
use satrail::ids::{OutNum, TxNum};
use satrail::trace::{Direction, Step, Trace};

/// By which transaction (none: the source), to which output (none: fee or unexplained), satoshi, hop, what becomes of it.
pub type Row = (Option<u32>, Option<u64>, u64, u32, &'static str);

struct Tx {
    inputs: Vec<u64>,
    outputs: Vec<u64>,
}

/// A chain as plain lists. Who spends an output is taken from the inputs alone.
struct Plain {
    transactions: Vec<Tx>,
    values: Vec<u64>,
    lost: Vec<bool>,
    spent: Vec<bool>,
    mined: Vec<bool>,
}

pub fn rows(chain: &Chain, source: &[OutNum], direction: Direction, max_tx_hops: Option<u32>) -> BTreeSet<Row> {
    let plain = Plain::of(chain);
    let source: BTreeSet<u64> = source.iter().map(|output| output.0).collect();
    match direction {
        Direction::Out => plain.out(&source, max_tx_hops.unwrap_or(u32::MAX)),
        Direction::In => plain.back(&source, max_tx_hops.unwrap_or(u32::MAX)),
    }
}

/// A trace's steps as rows of the same form; all of them, also should two be alike.
pub fn rows_of(trace: &Trace) -> BTreeSet<Row> {
    let row =
        |step: &Step| (step.by.map(|tx| tx.0), step.place.output().map(|o| o.0), step.amount, step.tx_hop, step.outcome.name());
    let rows: BTreeSet<Row> = trace.rows().unwrap().iter().map(row).collect();
    assert_eq!(rows.len() as u64, trace.len(), "no step is written down twice");
    rows
}

/// The sums of the rows that end, by the names of the ledger's lines.
pub fn sums(rows: &BTreeSet<Row>) -> BTreeMap<&'static str, u64> {
    let mut sums = BTreeMap::new();
    for (by, _, amount, _, outcome) in rows {
        *sums.entry(*outcome).or_default() += amount;
        *sums.entry("source").or_default() += if by.is_none() { *amount } else { 0 };
    }
    sums.remove("followed");
    sums.retain(|_, amount| *amount > 0);
    sums
}

impl Plain {
    fn of(chain: &Chain) -> Plain {
        let outputs = chain.counts().outputs as usize;
        let mut plain = Plain {
            transactions: Vec::new(),
            values: (0..outputs).map(|o| chain.value_of(OutNum(o as u64)).unwrap()).collect(),
            lost: (0..outputs).map(|o| matches!(chain.end_of(OutNum(o as u64)).unwrap(), End::Lost(_))).collect(),
            spent: vec![false; outputs],
            mined: vec![false; outputs],
        };
        for number in 0..chain.counts().transactions {
            let tx = chain.transaction_at(TxNum(number as u32)).unwrap();
            let inputs: Vec<u64> =
                tx.inputs().unwrap().filter_map(|input| input.spends().unwrap()).map(|output| output.number().0).collect();
            let outputs: Vec<u64> = tx.output_numbers().unwrap().rows().collect();
            inputs.iter().for_each(|o| plain.spent[*o as usize] = true);
            outputs.iter().for_each(|o| plain.mined[*o as usize] = inputs.is_empty());
            plain.transactions.push(Tx { inputs, outputs });
        }
        plain
    }

    fn value(&self, output: &u64) -> u128 {
        self.values[*output as usize] as u128
    }

    fn out(&self, source: &BTreeSet<u64>, max_tx_hops: u32) -> BTreeSet<Row> {
        let fate = |output: u64, hop: u32| match output as usize {
            o if self.lost[o] => "lost",
            o if !self.spent[o] => "unspent",
            _ if hop >= max_tx_hops => "cut_off_tx_hops",
            _ => "followed",
        };
        let mut rows = BTreeSet::new();
        let mut traced: HashMap<u64, (u128, u32)> = HashMap::new();
        for output in source {
            let value = self.value(output);
            traced.insert(*output, (value, 0));
            rows.insert((None, Some(*output), value as u64, 0, fate(*output, 0)));
        }
        for (number, tx) in self.transactions.iter().enumerate() {
            let Some((amount, hop)) = gathered(&traced, &tx.inputs, max_tx_hops) else { continue };
            let taken: u128 = tx.inputs.iter().map(|o| self.value(o)).sum();
            let paid: u128 = tx.outputs.iter().map(|o| self.value(o)).sum();
            let mut weights: Vec<u128> = tx.outputs.iter().map(|o| self.value(o)).collect();
            weights.push(taken.saturating_sub(paid));
            let shares = largest_remainder(amount, &weights);
            for (output, share) in tx.outputs.iter().zip(&shares).filter(|(_, share)| **share > 0) {
                let fate = if source.contains(output) { "rejoined" } else { fate(*output, hop) };
                rows.insert((Some(number as u32), Some(*output), *share as u64, hop, fate));
                traced.entry(*output).or_insert((*share, hop));
            }
            if *shares.last().unwrap() > 0 {
                rows.insert((Some(number as u32), None, *shares.last().unwrap() as u64, hop, "fees"));
            }
        }
        rows
    }

    fn back(&self, source: &BTreeSet<u64>, max_tx_hops: u32) -> BTreeSet<Row> {
        let fate = |output: u64, hop: u32| match output as usize {
            o if self.mined[o] => "mined",
            _ if hop >= max_tx_hops => "cut_off_tx_hops",
            _ => "followed",
        };
        let mut rows = BTreeSet::new();
        let mut traced: HashMap<u64, (u128, u32)> = HashMap::new();
        for output in source {
            let value = self.value(output);
            traced.insert(*output, (value, 0));
            rows.insert((None, Some(*output), value as u64, 0, fate(*output, 0)));
        }
        for (number, tx) in self.transactions.iter().enumerate().rev().filter(|(_, tx)| !tx.inputs.is_empty()) {
            let Some((amount, hop)) = gathered(&traced, &tx.outputs, max_tx_hops) else { continue };
            let mut weights: Vec<u128> = tx.inputs.iter().map(|o| self.value(o)).collect();
            let paid: u128 = tx.outputs.iter().map(|o| self.value(o)).sum();
            weights.push(paid.saturating_sub(weights.iter().sum()));
            let shares = largest_remainder(amount, &weights);
            for (output, share) in tx.inputs.iter().zip(&shares).filter(|(_, share)| **share > 0) {
                let fate = if source.contains(output) { "rejoined" } else { fate(*output, hop) };
                rows.insert((Some(number as u32), Some(*output), *share as u64, hop, fate));
                traced.entry(*output).or_insert((*share, hop));
            }
            if *shares.last().unwrap() > 0 {
                rows.insert((Some(number as u32), None, *shares.last().unwrap() as u64, hop, "unexplained"));
            }
        }
        rows
    }
}

/// The traced money in some outputs, without those that are as far as the trace goes, and the hop that it goes on with.
fn gathered(traced: &HashMap<u64, (u128, u32)>, outputs: &[u64], max_tx_hops: u32) -> Option<(u128, u32)> {
    let coming = outputs.iter().filter_map(|o| traced.get(o)).copied();
    let coming: Vec<(u128, u32)> = coming.filter(|(amount, hop)| *amount > 0 && *hop < max_tx_hops).collect();
    let nearest = coming.iter().map(|(_, hop)| *hop).min()?;
    Some((coming.iter().map(|(amount, _)| amount).sum(), nearest + 1))
}

fn largest_remainder(amount: u128, weights: &[u128]) -> Vec<u128> {
    let whole: u128 = weights.iter().sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<u128> = weights.iter().map(|weight| amount * weight / whole).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(amount * weights[*i] % whole), *i));
    let left = amount - shares.iter().sum::<u128>();
    order[..left as usize].iter().for_each(|i| shares[*i] += 1);
    shares
}
