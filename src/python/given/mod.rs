//! What a caller gives: recognised once, and turned into what the core takes by one `match` for each question.

pub mod addresses;
pub mod cannot_link;
pub mod clusters;
mod columns;
pub mod ends;
pub mod moment;
pub mod named;
pub mod source;
pub mod stops;
pub mod trace_parameters;

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::chain::Chain;

pub use named::{Named, named};

/// Characters of something that an error shows.
const SHOWN: usize = 200;

/// What was given, as an error shows it: short, and also where Python itself cannot show it.
pub fn shown(given: &Bound<'_, PyAny>) -> String {
    let Ok(text) = given.repr().map(|text| text.to_string().split_whitespace().collect::<Vec<_>>().join(" ")) else {
        return format!("a {}", given.get_type().name().map_or_else(|_| "thing".to_string(), |name| name.to_string()));
    };
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// Notices what is of another chain, where its number means something else.
pub fn check_chain(ours: &Chain, theirs: &Chain, given: &Bound<'_, PyAny>) -> PyResult<()> {
    if Arc::ptr_eq(ours.store(), theirs.store()) {
        return Ok(());
    }
    match ours.agrees_with(theirs)? {
        true => Ok(()),
        false => Err(PyValueError::new_err(format!("{} is of another chain; look it up in this one", shown(given)))),
    }
}
