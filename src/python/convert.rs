//! What Python gives, as the core wants it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::DataType;
use chrono::{DateTime, Utc};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::script::{self, Network};

/// A path, with "~" for the user's home.
pub fn path(given: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    given.py().import("os.path")?.call_method1("expanduser", (given,))?.extract()
}

/// Bytes from a number, or from a text like "4 GB".
pub fn bytes(given: &Bound<'_, PyAny>) -> PyResult<u64> {
    if let Ok(number) = given.extract::<u64>() {
        return Ok(number);
    }
    let wrong =
        || PyValueError::new_err(format!("{given} is not an amount of memory; give bytes, or a text like \"4 GB\" or \"512 MiB\""));
    let text: String = given.extract().map_err(|_| wrong())?;
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let factor = match text[digits..].trim() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024f64.powi(2),
        "gib" => 1024f64.powi(3),
        "tib" => 1024f64.powi(4),
        _ => return Err(wrong()),
    };
    text[..digits].parse::<f64>().map(|n| (n * factor) as u64).map_err(|_| wrong())
}

/// A number between others, by the name of its parameter.
pub fn count(name: &str, given: &Bound<'_, PyAny>, allowed: RangeInclusive<u32>) -> PyResult<u32> {
    let wrong = || format!("{name}={given:?}: give a number from {} to {}, or None", allowed.start(), allowed.end());
    match given.extract() {
        Ok(number) if allowed.contains(&number) => Ok(number),
        Err(e) if e.is_instance_of::<PyTypeError>(given.py()) => Err(PyTypeError::new_err(wrong())),
        _ => Err(PyValueError::new_err(wrong())),
    }
}

/// A whole number of 64 bits from `least` on, by the name of its parameter.
pub fn whole(name: &str, given: &Bound<'_, PyAny>, least: u64) -> PyResult<u64> {
    let wrong = || format!("{name}={given:?}: give a whole number from {least} on, or None");
    match given.extract() {
        Ok(number) if number >= least => Ok(number),
        Err(e) if e.is_instance_of::<PyTypeError>(given.py()) => Err(PyTypeError::new_err(wrong())),
        _ => Err(PyValueError::new_err(wrong())),
    }
}

/// Threads that anybody may ask for.
const MOST_THREADS: u32 = 1024;

/// How many threads to use; none where nobody says.
pub fn threads(given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<usize>> {
    Ok(given.map(|threads| count("threads", threads, 1..=MOST_THREADS)).transpose()?.map(|n| n as usize))
}

/// Seconds UTC as a datetime.
pub fn datetime(seconds: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds as i64, 0).expect("32 bits of seconds are in range")
}

/// The path of a file of addresses.
pub fn address_file(given: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let path = path(given)?;
    refuse_address(given, &path)?;
    Ok(path)
}

/// Notices an address where the path of a file is expected.
fn refuse_address(given: &Bound<'_, PyAny>, path: &Path) -> PyResult<()> {
    let Ok(text) = given.cast::<PyString>() else { return Ok(()) };
    let text = text.to_cow()?;
    if path.exists() || !Network::ALL.iter().any(|network| script::parse(*network, &text).is_ok()) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{text:?} is an address and no file; look it up with chain.address, or give a list of addresses"
    )))
}

/// Adds an array's values to a list.
pub fn append_values(list: &Bound<'_, PyList>, array: &ArrayRef) -> PyResult<()> {
    if let DataType::Dictionary(_, values) = array.data_type() {
        let array = arrow_cast::cast(array, values).map_err(|e| PyValueError::new_err(e.to_string()))?;
        return append_values(list, &array);
    }
    macro_rules! append {
        ($array:ty, |$value:ident| $convert:expr) => {
            if let Some(array) = array.as_any().downcast_ref::<$array>() {
                return array.iter().try_for_each(|value| list.append(value.map(|$value| $convert)));
            }
        };
    }
    append!(Int64Array, |v| v);
    append!(Int32Array, |v| v);
    append!(Float64Array, |v| v);
    append!(BooleanArray, |v| v);
    append!(StringArray, |v| v);
    append!(TimestampMicrosecondArray, |v| DateTime::from_timestamp_micros(v));
    Err(PyTypeError::new_err(format!(
        "a column of {} cannot be made into a list; read the table with polars, pandas or pyarrow",
        array.data_type()
    )))
}
