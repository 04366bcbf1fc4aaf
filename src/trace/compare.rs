//! One source under several policies and rules side by side: what holds whichever is chosen, and what does not.

use std::collections::BTreeMap;

use crate::table::Table;
use crate::table::columns;
use crate::trace::exposure::whole;
use crate::trace::{Reason, Trace};

/// A trace with the name of the rules that its clusters come from.
pub struct Run {
    pub rules: String,
    pub trace: Trace,
}

/// What several runs say of one line of their ledgers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conclusion {
    /// A line of the ledger; for the stop set "stopped: LABEL".
    pub line: String,
    /// Satoshi in the run with the least, and in that with the most.
    pub least: u64,
    pub most: u64,
    /// In how many of the runs money came there.
    pub runs: usize,
}

/// What runs conclude, by the lines of their ledgers in order; lines without money in any run are left out.
pub fn conclusions(runs: &[Run]) -> Vec<Conclusion> {
    let mut lines: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for run in runs {
        for (line, amount) in run.trace.ledger().lines().into_iter().filter(|(_, amount)| *amount > 0) {
            if !lines.contains_key(&line) {
                order.push(line.clone());
            }
            lines.entry(line).or_default().push(amount);
        }
    }
    let place = |line: &String| Reason::ALL.iter().position(|reason| reason.name() == line).map_or(0, |place| place + 1);
    order.sort_by(|a, b| place(a).cmp(&place(b)).then(a.cmp(b)));
    let conclusion = |line: String| {
        let amounts = &lines[&line];
        let least = if amounts.len() < runs.len() { 0 } else { amounts.iter().copied().min().unwrap_or(0) };
        Conclusion { least, most: amounts.iter().copied().max().unwrap_or(0), runs: amounts.len(), line }
    };
    order.into_iter().map(conclusion).collect()
}

/// [`conclusions`] as a table: line, least, most (satoshi), runs (in which money came there), of (all runs), holds (in all of them).
pub fn conclusions_table(runs: &[Run]) -> Table {
    let rows = conclusions(runs);
    let amount = |name, number: fn(&Conclusion) -> u64| columns::amount(name, rows.iter().map(number));
    columns::ready([
        columns::text("line", rows.iter().map(|row| &row.line)),
        amount("least", |row| row.least),
        amount("most", |row| row.most),
        amount("runs", |row| row.runs as u64),
        columns::amount("of", rows.iter().map(|_| runs.len() as u64)),
        columns::flag("holds", rows.iter().map(|row| row.runs == runs.len())),
    ])
}

/// All runs side by side, one row a run and a line with money: policy, rules, line, amount (satoshi), share (of the source, each satoshi once).
pub fn runs_table(runs: &[Run]) -> Table {
    let mut rows = Vec::new();
    for run in runs {
        let whole = whole(run.trace.ledger());
        for (line, amount) in run.trace.ledger().lines().into_iter().filter(|(_, amount)| *amount > 0) {
            let share = if whole == 0 { 0.0 } else { amount as f64 / whole as f64 };
            rows.push((run.trace.options().policy.name(), &run.rules, line, amount, share));
        }
    }
    columns::ready([
        columns::text("policy", rows.iter().map(|row| row.0)),
        columns::text("rules", rows.iter().map(|row| row.1)),
        columns::text("line", rows.iter().map(|row| &row.2)),
        columns::amount("amount", rows.iter().map(|row| row.3)),
        columns::float64("share", rows.iter().map(|row| row.4)),
    ])
}
