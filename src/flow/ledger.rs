//! The sums of a trace.

use crate::flow::{Outcome, Step};

/// What became of the money of a source, in satoshi: `source` is the sum of all the others. [`Outcome`] says what they mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    pub source: u64,
    pub unspent: u64,
    pub lost: u64,
    pub fees: u64,
    pub mined: u64,
    pub unexplained: u64,
    pub cut_off_hops: u64,
    pub rejoined: u64,
}

impl Ledger {
    pub(super) fn of(steps: &[Step]) -> Ledger {
        let mut ledger = Ledger::default();
        for step in steps {
            if step.by.is_none() {
                ledger.source += step.amount;
            }
            if let Some(line) = ledger.line_of(step.outcome) {
                *line += step.amount;
            }
        }
        ledger
    }

    /// Where a trace that ends so is written down.
    fn line_of(&mut self, outcome: Outcome) -> Option<&mut u64> {
        match outcome {
            Outcome::Followed(_) => None,
            Outcome::Unspent => Some(&mut self.unspent),
            Outcome::Lost => Some(&mut self.lost),
            Outcome::Fee => Some(&mut self.fees),
            Outcome::Mined => Some(&mut self.mined),
            Outcome::Unexplained => Some(&mut self.unexplained),
            Outcome::CutOffHops => Some(&mut self.cut_off_hops),
            Outcome::Rejoined => Some(&mut self.rejoined),
        }
    }

    /// What the source came to, by name; a line without an amount too.
    pub fn lines(&self) -> [(&'static str, u64); 7] {
        [
            ("unspent", self.unspent),
            ("lost", self.lost),
            ("fees", self.fees),
            ("mined", self.mined),
            ("unexplained", self.unexplained),
            ("cut_off_hops", self.cut_off_hops),
            ("rejoined", self.rejoined),
        ]
    }

    /// Whether every satoshi of the source is in one of the lines, and no other.
    pub fn balances(&self) -> bool {
        self.lines().iter().map(|(_, amount)| *amount as u128).sum::<u128>() == self.source as u128
    }
}

/// The source and the lines that are not zero, in satoshi and percent of the source.
impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = grouped(self.source).len().max("satoshi".len());
        write!(f, "{:<12}  {:>width$}        %", "", "satoshi")?;
        let lines = self.lines().into_iter().filter(|(_, amount)| *amount > 0);
        for (name, amount) in std::iter::once(("source", self.source)).chain(lines) {
            write!(f, "\n{name:<12}  {:>width$}  {}", grouped(amount), percent(amount, self.source))?;
        }
        Ok(())
    }
}

/// 1,234,567
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two digits behind the point, cut, so that only a whole is shown as a whole.
fn percent(part: u64, whole: u64) -> String {
    let hundredths = (part as u128 * 10_000).checked_div(whole as u128).unwrap_or(0);
    format!("{:>4}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OutNum, TxNum};

    fn step(by: Option<u32>, amount: u64, outcome: Outcome) -> Step {
        Step { hop: by.is_some() as u32, by: by.map(TxNum), output: Some(OutNum(0)), amount, outcome }
    }

    #[test]
    fn money_that_is_followed_is_written_down_where_it_ends() {
        let steps = [
            step(None, 100, Outcome::Followed(TxNum(5))),
            step(None, 20, Outcome::Unspent),
            step(Some(5), 90, Outcome::Rejoined),
            step(Some(5), 10, Outcome::Fee),
        ];
        let ledger = Ledger::of(&steps);
        assert_eq!(ledger, Ledger { source: 120, unspent: 20, rejoined: 90, fees: 10, ..Ledger::default() });
        assert!(ledger.balances());
    }

    #[test]
    fn a_satoshi_too_many_or_too_few_does_not_balance() {
        for unspent in [0, 1, 3] {
            assert!(!Ledger { source: 2, unspent, ..Ledger::default() }.balances());
        }
        assert!(!Ledger { source: 0, unspent: u64::MAX, fees: 1, ..Ledger::default() }.balances());
    }

    #[test]
    fn it_is_shown_as_a_table_of_what_is_not_zero() {
        let ledger = Ledger { source: 1_234_567, unspent: 1_234_000, fees: 567, ..Ledger::default() };
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
