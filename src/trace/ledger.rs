//! The sums of a trace.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use crate::text::grouped;
use crate::trace::reason::{ByReason, Reason};

/// What became of the money of a source, in satoshi: `source` and `joined` are the sum of all the others. docs/traces.md says what they
/// mean.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    pub source: u64,
    /// What the policy poison added by tracing what was not traced.
    pub joined: u64,
    /// What arrived at the stop set, by label.
    pub ends: BTreeMap<String, u64>,
    /// What ended elsewhere.
    pub ended: ByReason,
}

impl Index<Reason> for Ledger {
    type Output = u64;

    fn index(&self, reason: Reason) -> &u64 {
        &self.ended[reason as usize]
    }
}

impl IndexMut<Reason> for Ledger {
    fn index_mut(&mut self, reason: Reason) -> &mut u64 {
        &mut self.ended[reason as usize]
    }
}

impl Ledger {
    /// What the source came to for each reason, by name; a line without an amount too.
    pub fn plain_lines(&self) -> [(&'static str, u64); Reason::ALL.len()] {
        Reason::ALL.map(|reason| (reason.name(), self[reason]))
    }

    /// What the source came to, by name: first the labels of the stop set, as "stopped: LABEL".
    pub fn lines(&self) -> Vec<(String, u64)> {
        let ends = self.ends.iter().map(|(label, amount)| (format!("stopped: {label}"), *amount));
        ends.chain(self.plain_lines().into_iter().map(|(name, amount)| (name.to_string(), amount))).collect()
    }

    /// Whether every satoshi of the source is in one of the lines, and no other.
    pub fn balances(&self) -> bool {
        let sum: u128 = self.lines().iter().map(|(_, amount)| *amount as u128).sum();
        sum == self.source as u128 + self.joined as u128
    }

    /// The source, what joined it, and the lines that are not zero.
    pub fn shown(&self) -> Vec<(String, u64)> {
        let joined = (self.joined > 0).then(|| ("joined".to_string(), self.joined));
        let lines = self.lines().into_iter().filter(|(_, amount)| *amount > 0);
        std::iter::once(("source".to_string(), self.source)).chain(joined).chain(lines).collect()
    }
}

/// The source and the lines that are not zero, in satoshi and percent of the source (and of what joined it).
impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = self.source as u128 + self.joined as u128;
        let shown = self.shown();
        let names = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(12);
        let width = shown.iter().map(|(_, amount)| grouped(*amount).len()).max().unwrap_or(0).max("satoshi".len());
        write!(f, "{:<names$}  {:>width$}        %", "", "satoshi")?;
        for (name, amount) in shown {
            write!(f, "\n{name:<names$}  {:>width$}  {}", grouped(amount), percent(amount, whole))?;
        }
        Ok(())
    }
}

/// Two digits behind the point, cut, so that only a whole is shown as a whole.
fn percent(part: u64, whole: u128) -> String {
    let hundredths = (part as u128 * 10_000).checked_div(whole).unwrap_or(0);
    format!("{:>4}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(source: u64, lines: &[(Reason, u64)]) -> Ledger {
        let mut ledger = Ledger { source, ..Ledger::default() };
        lines.iter().for_each(|(reason, amount)| ledger[*reason] = *amount);
        ledger
    }

    #[test]
    fn a_satoshi_too_many_or_too_few_does_not_balance() {
        for unspent in [0, 1, 3] {
            assert!(!ledger(2, &[(Reason::Unspent, unspent)]).balances());
        }
        assert!(!ledger(0, &[(Reason::Unspent, u64::MAX), (Reason::Fees, 1)]).balances());
        let ends = [("x".to_string(), 1)].into();
        assert!(Ledger { joined: 3, ends, ..ledger(2, &[(Reason::Unspent, 4)]) }.balances());
    }

    #[test]
    fn it_is_shown_as_a_table_of_what_is_not_zero() {
        let ledger = ledger(1_234_567, &[(Reason::Unspent, 1_234_000), (Reason::Fees, 567)]);
        let lines = [
            "                satoshi        %",
            "source        1,234,567   100.00",
            "unspent       1,234,000    99.95",
            "fees                567     0.04",
        ];
        assert_eq!(ledger.to_string(), lines.join("\n"));
    }

    #[test]
    fn an_empty_ledger_can_be_shown() {
        assert_eq!(Ledger::default().to_string(), "              satoshi        %\nsource              0     0.00");
    }
}
