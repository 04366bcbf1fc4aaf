//! What a trace can end in, held against docs/traces.md.

use satrail::ids::TxNum;
use satrail::trace::{Outcome, Reason};

const PAGE: &str = include_str!("../../docs/traces.md");

/// The names between backticks in a column of the table of a section.
fn names(section: &str, column: usize) -> Vec<&'static str> {
    let section = PAGE.split("\n## ").find(|part| part.starts_with(section)).expect("the page has the section");
    let cells = section.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split('|').nth(column));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_page_defines_the_lines_of_a_ledger_in_their_order() {
    let lines = ["stopped: LABEL"].into_iter().chain(Reason::ALL.map(Reason::name));
    assert_eq!(names("The ledger", 1), lines.collect::<Vec<_>>());
}

#[test]
fn the_page_defines_what_can_become_of_money_at_an_output() {
    let elsewhere = [Reason::Fees, Reason::Unclaimed, Reason::Unexplained];
    let ended = Reason::ALL.into_iter().filter(|reason| !elsewhere.contains(reason)).map(Outcome::Ended);
    let others = [Outcome::Followed(TxNum(0)), Outcome::InAccount, Outcome::Stopped(0)];
    let mut known: Vec<&str> = ended.chain(others).map(Outcome::name).collect();
    let mut defined: Vec<&str> = names("Where a trace ends", 2);
    defined.extend(names("Where a trace ends", 3).into_iter().filter(|name| *name == "in_account"));
    known.sort_unstable();
    defined.sort_unstable();
    assert_eq!(defined, known);
}
