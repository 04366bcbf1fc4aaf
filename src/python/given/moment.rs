//! Moments of a chain: heights, dates and block hashes, checked in one place.

use std::ops::Range;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBool, PyDate, PyDateTime, PyFloat, PyString, PyTzInfo};

use crate::chain::{Chain, time};
use crate::error::Error;
use crate::ids::parse_hash;
use crate::python::given::shown;

/// Seconds that are a moment when they are given as a float (September 2001); fewer may be a height that has become a float.
const LEAST_SECONDS: f64 = 1e9;

/// A moment of a chain.
pub enum Moment {
    Height(i64),
    /// Seconds UTC.
    Time(i64),
    Hash([u8; 32]),
}

/// A height, a date (text, date, datetime, datetime64, or seconds since 1970 as a float, from 1e9 on) or a block hash. An int is always a height.
pub fn moment(given: &Bound<'_, PyAny>) -> PyResult<Moment> {
    if let Ok(text) = given.cast::<PyString>() {
        return of_text(&text.to_cow()?);
    }
    if given.cast::<PyDateTime>().is_ok() {
        return of_datetime(given);
    }
    if given.cast::<PyDate>().is_ok() {
        return Ok(Moment::Time(time::parse(&given.call_method0("isoformat")?.extract::<String>()?)?));
    }
    if given.get_type().name()? == "datetime64" {
        return of_datetime64(given);
    }
    if let Ok(seconds) = given.cast::<PyFloat>().map(|seconds| seconds.value())
        && (seconds >= LEAST_SECONDS || seconds.is_nan())
    {
        return of_seconds(given, seconds);
    }
    match given.extract() {
        Ok(height) if given.cast::<PyBool>().is_err() => Ok(Moment::Height(height)),
        // As far beyond every chain as a number of 64 bits can be.
        Err(e) if e.is_instance_of::<PyOverflowError>(given.py()) => {
            Ok(Moment::Height(if given.lt(0)? { i64::MIN } else { i64::MAX }))
        }
        _ => Err(PyTypeError::new_err(format!(
            "{} is neither a height, a date nor a block hash; give 500000, \"2018-03-05\", a datetime, or 64 hex digits",
            shown(given)
        ))),
    }
}

fn of_text(text: &str) -> PyResult<Moment> {
    match parse_hash(text) {
        Ok(hash) => Ok(Moment::Hash(hash)),
        Err(reason) if text.trim().len() >= 40 => Err(Error::BadBlockHash { text: text.to_string(), reason }.into()),
        Err(_) => Ok(Moment::Time(time::parse(text)?)),
    }
}

/// A datetime, or a Timestamp of pandas, which is one; without a time zone it is UTC.
fn of_datetime(given: &Bound<'_, PyAny>) -> PyResult<Moment> {
    let py = given.py();
    if given.get_type().name()? == "NaTType" {
        return Err(not_a_moment(given));
    }
    let aware = match given.getattr("tzinfo")?.is_none() {
        true => given.call_method("replace", (), Some(&[("tzinfo", PyTzInfo::utc(py)?)].into_py_dict(py)?))?,
        false => given.clone(),
    };
    of_seconds(given, aware.call_method0("timestamp")?.extract()?)
}

/// A date of NumPy, of any unit.
fn of_datetime64(given: &Bound<'_, PyAny>) -> PyResult<Moment> {
    let seconds = given.call_method1("astype", ("datetime64[s]",))?.call_method1("astype", ("int64",))?.extract()?;
    // NumPy's "not a time" is the smallest number.
    if seconds == i64::MIN { Err(not_a_moment(given)) } else { Ok(Moment::Time(seconds)) }
}

fn of_seconds(given: &Bound<'_, PyAny>, seconds: f64) -> PyResult<Moment> {
    if seconds.is_finite() { Ok(Moment::Time(seconds.floor() as i64)) } else { Err(not_a_moment(given)) }
}

fn not_a_moment(given: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!("{} is not a moment; give a date, or leave it out", shown(given)))
}

/// The chain as it was at a moment.
pub fn at(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Chain> {
    Ok(match moment(given)? {
        Moment::Height(height) => chain.at_height(height)?,
        Moment::Time(time) => chain.at_time(time)?,
        Moment::Hash(hash) => chain.at_hash(&hash)?,
    })
}

/// A height that is not meant to be found in a chain, but to bound one.
pub fn not_negative(height: i64) -> PyResult<u64> {
    height.try_into().map_err(|_| PyValueError::new_err(format!("height {height} is negative; heights begin at 0")))
}

/// The height at which a range begins or ends, which may be beyond the tip. A date means the first block whose median time past is not
/// earlier; after the tip's, the height above it.
pub fn bound(chain: &Chain, given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<u64>> {
    Ok(match given.map(moment).transpose()? {
        None => None,
        Some(Moment::Height(height)) => Some(not_negative(height)?),
        Some(Moment::Time(time)) => Some(chain.blocks_before(time)?),
        Some(Moment::Hash(hash)) => Some(chain.block_by_hash(&hash)?.height().row()),
    })
}

/// The same, cut at the tip: at most the height above it.
pub fn cut_bound(chain: &Chain, given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<u64>> {
    Ok(bound(chain, given)?.map(|height| height.min(chain.counts().blocks)))
}

/// How a moment was written, where it was a date or a block hash; nothing for a height, which says all.
pub fn as_given(given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    let Some(given) = given else { return Ok(None) };
    match moment(given)? {
        Moment::Height(_) => Ok(None),
        _ => Ok(Some(given.str()?.to_string())),
    }
}

/// A range of heights from `start` (inclusive) to `stop` (exclusive).
pub fn heights(chain: &Chain, start: Option<&Bound<'_, PyAny>>, stop: Option<&Bound<'_, PyAny>>) -> PyResult<Range<u64>> {
    let start = bound(chain, start)?.unwrap_or(0);
    let stop = bound(chain, stop)?.unwrap_or(chain.counts().blocks.max(start));
    match start <= stop {
        true => Ok(start..stop),
        false => Err(PyValueError::new_err(format!("the range ends at height {stop}, before it starts at {start}; swap them"))),
    }
}
