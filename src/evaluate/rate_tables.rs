//! The tables of error rates.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, StringArray};

use crate::evaluate::cluster_tables::ready;
use crate::evaluate::interval::Share;
use crate::evaluate::rates::{Counts, Rates};
use crate::table::Table;

impl Rates {
    /// One row a year: year, and what `columns` has.
    pub fn years_table(&self) -> Table {
        let (years, counts): (Vec<i32>, Vec<Counts>) = self.by_year().into_iter().unzip();
        table("year", Arc::new(Int32Array::from(years)), &counts)
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

fn by_mistakes(name: &'static str, found: impl IntoIterator<Item = (String, Counts)>) -> Table {
    let mut rows: Vec<(String, Counts)> = found.into_iter().collect();
    rows.sort_by(|(a, x), (b, y)| (y.false_positive, y.false_negative, a).cmp(&(x.false_positive, x.false_negative, b)));
    let (names, counts): (Vec<String>, Vec<Counts>) = rows.into_iter().unzip();
    table(name, Arc::new(StringArray::from(names)), &counts)
}

fn table(name: &'static str, names: ArrayRef, counts: &[Counts]) -> Table {
    let mut all = vec![(name, names, false)];
    all.extend(columns(counts));
    ready(all)
}

/// The counts, and each rate with the ends of its interval; a rate of nothing is null.
fn columns(counts: &[Counts]) -> Vec<(&'static str, ArrayRef, bool)> {
    let number = |name, number: fn(&Counts) -> u64| {
        (name, Arc::new(Int64Array::from_iter_values(counts.iter().map(|counts| number(counts) as i64))) as ArrayRef, false)
    };
    let mut columns = vec![
        number("true_positive", |counts| counts.true_positive),
        number("false_negative", |counts| counts.false_negative),
        number("cannot_tell_positive", |counts| counts.untold_positive),
        number("false_positive", |counts| counts.false_positive),
        number("true_negative", |counts| counts.true_negative),
        number("cannot_tell_negative", |counts| counts.untold_negative),
    ];
    let mut rate = |names: [&'static str; 3], share: fn(&Counts) -> Share| {
        let column = |value: &dyn Fn(Share) -> Option<f64>| -> ArrayRef {
            Arc::new(Float64Array::from_iter(counts.iter().map(|counts| value(share(counts)))))
        };
        columns.push((names[0], column(&Share::value), true));
        columns.push((names[1], column(&|share| share.interval().map(|ends| ends.0)), true));
        columns.push((names[2], column(&|share| share.interval().map(|ends| ends.1)), true));
    };
    let of = ["true_positive_rate", "true_positive_rate_low", "true_positive_rate_high"];
    rate(of, Counts::true_positive_rate);
    rate(["false_positive_rate", "false_positive_rate_low", "false_positive_rate_high"], Counts::false_positive_rate);
    rate(["precision", "precision_low", "precision_high"], Counts::precision);
    columns
}
