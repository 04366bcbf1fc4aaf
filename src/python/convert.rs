//! What Python gives, as the core wants it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use arrow_array::builder::StringBuilder;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use chrono::{DateTime, Utc};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBool, PyBytes, PyDate, PyDateTime, PyList, PyString};
use pyo3_arrow::input::AnyArray;

use crate::chain::{Chain, time};
use crate::error::Error;
use crate::ids::parse_hash;
use crate::script::{self, Network};

/// A path, with "~" for the user's home.
pub fn path(given: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    given.py().import("os.path")?.call_method1("expanduser", (given,))?.extract()
}

/// A moment of the chain.
pub enum Moment {
    Height(i64),
    Time(i64),
    Hash([u8; 32]),
}

/// A height, a date (text, date or datetime) or a block hash.
pub fn moment(given: &Bound<'_, PyAny>) -> PyResult<Moment> {
    if let Ok(text) = given.cast::<PyString>() {
        let text = text.to_cow()?;
        return match parse_hash(&text) {
            Ok(hash) => Ok(Moment::Hash(hash)),
            Err(reason) if text.trim().len() >= 40 => Err(Error::BadBlockHash { text: text.into_owned(), reason }.into()),
            Err(_) => Ok(Moment::Time(time::parse(&text)?)),
        };
    }
    if given.cast::<PyDateTime>().is_ok() {
        let aware = match given.getattr("tzinfo")?.is_none() {
            true => given.call_method(
                "replace",
                (),
                Some(&[("tzinfo", pyo3::types::PyTzInfo::utc(given.py())?)].into_py_dict(given.py())?),
            )?,
            false => given.clone(),
        };
        return Ok(Moment::Time(aware.call_method0("timestamp")?.extract::<f64>()?.floor() as i64));
    }
    if given.cast::<PyDate>().is_ok() {
        return Ok(Moment::Time(time::parse(&given.call_method0("isoformat")?.extract::<String>()?)?));
    }
    match given.extract() {
        Ok(height) if given.cast::<PyBool>().is_err() => Ok(Moment::Height(height)),
        // As far beyond every chain as a number of 64 bits can be.
        Err(e) if e.is_instance_of::<PyOverflowError>(given.py()) => {
            Ok(Moment::Height(if given.lt(0)? { i64::MIN } else { i64::MAX }))
        }
        _ => Err(PyTypeError::new_err(format!(
            "{given:?} is neither a height, a date nor a block hash; give 500000, \"2018-03-05\", a datetime, or 64 hex digits"
        ))),
    }
}

/// A height that is not meant to be found in a chain, but to bound one.
pub fn not_negative(height: i64) -> PyResult<u64> {
    height.try_into().map_err(|_| PyValueError::new_err(format!("height {height} is negative; heights begin at 0")))
}

/// The height at which a range begins or ends. A date means the first block whose median time past is not earlier.
pub fn bound(chain: &Chain, given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<u64>> {
    Ok(match given.map(moment).transpose()? {
        None => None,
        Some(Moment::Height(height)) => Some(not_negative(height)?),
        Some(Moment::Time(time)) => Some(chain.blocks_before(time)?),
        Some(Moment::Hash(hash)) => Some(chain.block_by_hash(&hash)?.height().row()),
    })
}

/// A range of heights from `start` up to, and without, `stop`. Dates mean the first block whose median time past is not earlier.
pub fn heights(chain: &Chain, start: Option<&Bound<'_, PyAny>>, stop: Option<&Bound<'_, PyAny>>) -> PyResult<std::ops::Range<u64>> {
    let start = bound(chain, start)?.unwrap_or(0);
    let stop = bound(chain, stop)?.unwrap_or(chain.counts().blocks.max(start));
    match start <= stop {
        true => Ok(start..stop),
        false => Err(PyValueError::new_err(format!("the range ends at height {stop}, before it starts at {start}; swap them"))),
    }
}

/// Bytes from a number, or from a text like "4 GB".
pub fn bytes(given: &Bound<'_, PyAny>) -> PyResult<u64> {
    if let Ok(number) = given.extract::<u64>() {
        return Ok(number);
    }
    let wrong =
        || PyValueError::new_err(format!("{given} is no amount of memory; give bytes, or a text like \"4 GB\" or \"512 MiB\""));
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

/// Texts from a file, an Arrow column or table, or anything that can be iterated.
pub fn texts(given: &Bound<'_, PyAny>) -> PyResult<StringArray> {
    if given.cast::<PyString>().is_ok() || given.hasattr("__fspath__")? {
        let path = path(given)?;
        refuse_address(given, &path)?;
        return given.py().detach(|| Ok(crate::chain::read_texts(&path)?));
    }
    let is_arrow = given.hasattr("__arrow_c_array__")? || given.hasattr("__arrow_c_stream__")?;
    if is_arrow { texts_of_column(given) } else { texts_of_items(given) }
}

fn texts_of_column(given: &Bound<'_, PyAny>) -> PyResult<StringArray> {
    let unreadable = |e| PyTypeError::new_err(format!("the column cannot be read: {e}; give a list of texts"));
    let chunks = given.extract::<AnyArray>().map_err(unreadable)?;
    let chunks = chunks.into_chunked_array().map_err(|e| unreadable(e.into()))?;
    let parts = chunks.chunks().iter().map(text_column).collect::<PyResult<Vec<_>>>()?;
    Ok(parts.iter().flat_map(|part| part.iter()).collect())
}

fn texts_of_items(given: &Bound<'_, PyAny>) -> PyResult<StringArray> {
    let wrong = || PyTypeError::new_err("addresses are given as a list of texts, a file, or an Arrow column");
    let items = if given.cast::<PyBytes>().is_ok() { Err(wrong()) } else { given.try_iter().map_err(|_| wrong()) };
    let mut texts = StringBuilder::new();
    for item in items? {
        let item = item?;
        match item.cast::<PyString>() {
            Ok(text) => texts.append_value(text.to_cow()?),
            // NaN is what pandas puts where a text is missing.
            Err(_) if item.is_none() || item.extract().is_ok_and(f64::is_nan) => texts.append_null(),
            Err(_) => return Err(PyTypeError::new_err(format!("{item:?} is no text; addresses are given as texts"))),
        }
    }
    Ok(texts.finish())
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

/// An array of texts; of a table the column "address", or the only one that holds texts.
fn text_column(array: &ArrayRef) -> PyResult<StringArray> {
    if let Some(table) = array.as_any().downcast_ref::<StructArray>() {
        let texts: Vec<&ArrayRef> = table.columns().iter().filter(|column| holds_texts(column.data_type())).collect();
        let column = table.column_by_name("address").or(if texts.len() == 1 { Some(texts[0]) } else { None });
        return text_column(column.ok_or_else(|| {
            PyValueError::new_err("the table has no column \"address\"; give the column itself, for example table[\"name\"]")
        })?);
    }
    let of = array.data_type();
    if !holds_texts(of) && *of != DataType::Null {
        return Err(PyTypeError::new_err(format!("a column of {of} holds no texts; addresses are given as texts")));
    }
    let text = arrow_cast::cast(array, &DataType::Utf8).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(text.as_any().downcast_ref::<StringArray>().expect("the cast gives texts").clone())
}

fn holds_texts(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => holds_texts(values),
        _ => matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
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
