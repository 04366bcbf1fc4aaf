//! What change rules are given: outputs of a table, and prices.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampSecondType;
use arrow_array::{Array, Float64Array, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, TimeUnit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PySequence;
use pyo3_arrow::input::AnyArray;

use crate::chain::{time, txid_named};
use crate::python::given::moment::{self, Moment};

/// (txid, position) of each row of a table, or item of a list.
pub(super) fn outpoints(given: &Bound<'_, PyAny>) -> PyResult<Vec<([u8; 32], u64)>> {
    if given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")? {
        let wrong = || PyValueError::new_err("the table needs the columns txid (text) and position (whole number)");
        let chunks = given.extract::<AnyArray>()?.into_chunked_array()?;
        let mut outputs = Vec::new();
        for chunk in chunks.chunks() {
            let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
            let column = |name, of: DataType| {
                let column = table.column_by_name(name).ok_or_else(wrong)?;
                arrow_cast::cast(column, &of).map_err(|e| PyValueError::new_err(e.to_string()))
            };
            let (txids, positions) = (column("txid", DataType::Utf8)?, column("position", DataType::Int64)?);
            let (txids, positions): (&StringArray, &Int64Array) = (txids.as_string(), positions.as_primitive());
            if txids.null_count() + positions.null_count() > 0 {
                return Err(PyValueError::new_err("the table has rows without txid or position; leave them out"));
            }
            for (txid, position) in txids.iter().flatten().zip(positions.values()) {
                outputs.push((txid_named(txid)?, position_of(txid, *position)?));
            }
        }
        return Ok(outputs);
    }
    let wrong =
        || PyTypeError::new_err("outputs are given as a table with the columns txid and position, or a list of (txid, position)");
    let row = |pair: PyResult<Bound<'_, PyAny>>| {
        let pair = pair?.cast::<PySequence>().map_err(|_| wrong())?.to_tuple()?;
        let (txid, position): (String, i64) = pair.extract().map_err(|_| wrong())?;
        Ok((txid_named(&txid)?, position_of(&txid, position)?))
    };
    given.try_iter().map_err(|_| wrong())?.map(row).collect()
}

fn position_of(txid: &str, position: i64) -> PyResult<u64> {
    position.try_into().map_err(|_| {
        PyValueError::new_err(format!("position {position} of transaction {txid} is negative; outputs are counted from 0"))
    })
}

/// Hundredths by the moment from which they hold, of a mapping or a table.
pub(super) fn prices_of(given: &Bound<'_, PyAny>) -> PyResult<BTreeMap<i64, u64>> {
    let is_table = given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")?;
    let rows = if is_table { prices_in_table(given)? } else { prices_in_mapping(given)? };
    let mut cents = BTreeMap::new();
    for (moment, price) in rows {
        let text = time::text(moment);
        if !(0.0..1e12).contains(&price) {
            return Err(PyValueError::new_err(format!("the price {price} at {text} is not an amount of money; leave it out")));
        }
        if cents.insert(moment, (price * 100.0).round() as u64).is_some() {
            return Err(PyValueError::new_err(format!("there are two prices at {text}; give one")));
        }
    }
    Ok(cents)
}

fn prices_in_mapping(given: &Bound<'_, PyAny>) -> PyResult<Vec<(i64, f64)>> {
    let wrong =
        || PyTypeError::new_err("prices are given as a mapping of dates to prices, or as a table with the columns date and price");
    let items = given.call_method0("items").map_err(|_| wrong())?;
    let row = |item: PyResult<Bound<'_, PyAny>>| {
        let (moment, price): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let Ok(Moment::Time(time)) = moment::moment(&moment) else {
            return Err(PyValueError::new_err(format!("{moment:?} is not a date; write \"2018-03-05\", or give a date")));
        };
        let price =
            price.extract().map_err(|_| PyTypeError::new_err(format!("the price {price:?} of {moment} is not a number")))?;
        Ok((time, price))
    };
    items.try_iter()?.map(row).collect()
}

fn prices_in_table(given: &Bound<'_, PyAny>) -> PyResult<Vec<(i64, f64)>> {
    let wrong = || {
        PyValueError::new_err(
            "the table of prices needs the columns date or time (a date, timestamp or text) and price (a number), without nulls",
        )
    };
    let mut rows = Vec::new();
    for chunk in given.extract::<AnyArray>()?.into_chunked_array()?.chunks() {
        let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
        let moments = table.column_by_name("date").or(table.column_by_name("time")).ok_or_else(wrong)?;
        let prices = arrow_cast::cast(table.column_by_name("price").ok_or_else(wrong)?, &DataType::Float64).map_err(|_| wrong())?;
        let moments: Vec<i64> = match moments.data_type() {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                let seconds = arrow_cast::cast(moments, &DataType::Timestamp(TimeUnit::Second, None)).map_err(|_| wrong())?;
                seconds
                    .as_primitive::<TimestampSecondType>()
                    .iter()
                    .map(|moment| moment.ok_or_else(wrong))
                    .collect::<PyResult<_>>()?
            }
            _ => {
                let texts = arrow_cast::cast(moments, &DataType::Utf8).map_err(|_| wrong())?;
                let texts: &StringArray = texts.as_string();
                texts.iter().map(|text| Ok(time::parse(text.ok_or_else(wrong)?)?)).collect::<PyResult<_>>()?
            }
        };
        let prices: &Float64Array = prices.as_primitive();
        if prices.null_count() > 0 {
            return Err(wrong());
        }
        rows.extend(moments.into_iter().zip(prices.values().iter().copied()));
    }
    Ok(rows)
}
