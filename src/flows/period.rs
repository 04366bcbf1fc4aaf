//! Days, weeks, months and years, in UTC.

use chrono::{DateTime, Datelike, Days, NaiveDate};

use crate::error::{Error, Result};

/// How long the periods of a table are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Period {
    Day,
    /// From Monday on, as ISO 8601 has it.
    Week,
    #[default]
    Month,
    Year,
}

impl Period {
    pub const ALL: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Year];

    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Year => "year",
        }
    }

    pub fn from_name(name: &str) -> Result<Period> {
        let known = || Period::ALL.map(Period::name).to_vec();
        let found = Period::ALL.into_iter().find(|period| period.name() == name);
        found.ok_or_else(|| Error::UnknownName { what: "period", name: name.to_string(), known: known() })
    }

    /// When the period of a moment begins; both are seconds UTC.
    pub fn start(self, time: u32) -> i64 {
        let date = DateTime::from_timestamp(time as i64, 0).expect("32 bits of seconds are in range").date_naive();
        let first = match self {
            Period::Day => date,
            Period::Week => date - Days::new(date.weekday().num_days_from_monday() as u64),
            Period::Month => first_of(date.year(), date.month()),
            Period::Year => first_of(date.year(), 1),
        };
        first.and_hms_opt(0, 0, 0).expect("midnight exists").and_utc().timestamp()
    }
}

fn first_of(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::time;

    #[test]
    fn a_moment_is_in_the_period_that_began_last() {
        let moment = time::parse("2018-03-04T23:59:59").unwrap() as u32;
        for (period, start) in
            [(Period::Day, "2018-03-04"), (Period::Week, "2018-02-26"), (Period::Month, "2018-03-01"), (Period::Year, "2018-01-01")]
        {
            assert_eq!(period.start(moment), time::parse(start).unwrap(), "{}", period.name());
        }
        assert_eq!(Period::Week.start(moment + 1), time::parse("2018-03-05").unwrap());
        assert_eq!(Period::Week.start(0), -3 * 86_400);
        assert_eq!(Period::Year.start(u32::MAX), time::parse("2106-01-01").unwrap());
    }

    #[test]
    fn periods_are_found_by_their_names() {
        for period in Period::ALL {
            assert_eq!(Period::from_name(period.name()).unwrap(), period);
        }
        let error = Period::from_name("montly").unwrap_err().to_string();
        assert!(error.contains("month"), "{error}");
    }
}
