//! The tables of error rates.

use crate::evaluate::interval::Proportion;
use crate::evaluate::rates::{Confusion, Rates};
use crate::table::Table;
use crate::table::columns::{TableColumn, amount, int32, nullable, ready, text};

impl Rates {
    /// One row a year: year, and what `columns` has.
    pub fn years_table(&self) -> Table {
        let (years, counts): (Vec<i32>, Vec<Confusion>) = self.by_year().into_iter().unzip();
        table(int32("year", years), &counts)
    }

    /// One row a profile, those with most false positives first: profile, and what `columns` has.
    pub fn profiles_table(&self) -> Table {
        by_mistakes("profile", self.by_profile())
    }

    /// One row a purpose, those with most false positives first: purpose, and what `columns` has.
    pub fn purposes_table(&self) -> Table {
        by_mistakes("purpose", self.by_purpose())
    }
}

fn by_mistakes(name: &'static str, found: impl IntoIterator<Item = (String, Confusion)>) -> Table {
    let mut rows: Vec<(String, Confusion)> = found.into_iter().collect();
    rows.sort_by(|(a, x), (b, y)| (y.false_positive, y.false_negative, a).cmp(&(x.false_positive, x.false_negative, b)));
    let (names, counts): (Vec<String>, Vec<Confusion>) = rows.into_iter().unzip();
    table(text(name, names), &counts)
}

fn table(names: TableColumn, counts: &[Confusion]) -> Table {
    ready([names].into_iter().chain(columns(counts)))
}

/// The counts, and each rate with the ends of its interval; a rate of nothing is null.
fn columns(counts: &[Confusion]) -> Vec<TableColumn> {
    let number = |name, number: fn(&Confusion) -> u64| amount(name, counts.iter().map(number));
    let mut columns = vec![
        number("true_positive", |counts| counts.true_positive),
        number("false_negative", |counts| counts.false_negative),
        number("cannot_tell_positive", |counts| counts.untold_positive),
        number("false_positive", |counts| counts.false_positive),
        number("true_negative", |counts| counts.true_negative),
        number("cannot_tell_negative", |counts| counts.untold_negative),
    ];
    let mut rate = |names: [&'static str; 3], share: fn(&Confusion) -> Proportion| {
        let mut column = |name, value: &dyn Fn(Proportion) -> Option<f64>| {
            columns.push(nullable::float64(name, counts.iter().map(|counts| value(share(counts)))));
        };
        column(names[0], &Proportion::value);
        column(names[1], &|share| share.interval().map(|ends| ends.0));
        column(names[2], &|share| share.interval().map(|ends| ends.1));
    };
    let of = ["true_positive_rate", "true_positive_rate_low", "true_positive_rate_high"];
    rate(of, Confusion::true_positive_rate);
    rate(["false_positive_rate", "false_positive_rate_low", "false_positive_rate_high"], Confusion::false_positive_rate);
    rate(["precision", "precision_low", "precision_high"], Confusion::precision);
    columns
}
