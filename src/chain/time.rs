//! Dates: seconds since 1970 in UTC inside, ISO 8601 outside.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::error::{Error, Result};

/// Seconds UTC of a date like 2018-03-05 (its beginning), or of a date with time like 2018-03-05T12:30:00, 2018-03-05 12:30 or
/// 2018-03-05T12:30:00.5+0100. Without an offset it is UTC; parts of a second are cut off.
pub fn parse(text: &str) -> Result<i64> {
    let trimmed = text.trim();
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(trimmed, format) {
            return Ok(time.and_utc().timestamp());
        }
        if let Ok(time) = DateTime::parse_from_str(trimmed, &format!("{format}%#z")) {
            return Ok(time.timestamp());
        }
    }
    match NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
        Ok(date) => Ok(date.and_hms_opt(0, 0, 0).expect("midnight exists").and_utc().timestamp()),
        Err(e) => Err(Error::BadDate { text: text.to_string(), reason: e.to_string() }),
    }
}

/// 2018-03-05T12:30:00Z
pub fn text(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(|| format!("{seconds} s"), |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_usual_forms() {
        for (written, seconds) in [
            ("1970-01-01", 0),
            ("2018-03-05", 1_520_208_000),
            (" 2018-03-05T12:30:00Z ", 1_520_253_000),
            ("2018-03-05 12:30", 1_520_253_000),
            ("2018-03-05T13:30:00+01:00", 1_520_253_000),
            ("2018-03-05T13:30:00+0100", 1_520_253_000),
            ("2018-03-05 13:30+01", 1_520_253_000),
            ("2018-03-05T07:00:00.999999-05:30", 1_520_253_000),
            ("2018-03-05 12:30:00.5", 1_520_253_000),
        ] {
            assert_eq!(parse(written).unwrap(), seconds, "{written}");
        }
        assert_eq!(text(1_520_253_000), "2018-03-05T12:30:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in ["", "yesterday", "2018-02-30", "2018-3", "05.03.2018"] {
            assert!(matches!(parse(bad), Err(Error::BadDate { .. })), "{bad}");
        }
    }
}
