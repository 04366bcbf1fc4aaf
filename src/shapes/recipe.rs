//! Thresholds as they stand in a recipe.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::shapes::{GivenThreshold, Thresholds};

impl Thresholds {
    /// All of them by name: whole numbers and flags as they are, the others as texts, for a recipe has no fractions.
    pub fn form(&self) -> Value {
        let form = |given: GivenThreshold| match given {
            GivenThreshold::Number(number) => json!(number as i64),
            GivenThreshold::Flag(flag) => json!(flag),
            other => json!(other.to_string()),
        };
        let all = Thresholds::ALL.iter().map(|one| (one.name.to_string(), form((one.get)(self))));
        Value::Object(all.collect::<Map<_, _>>())
    }

    /// Those of a recipe; one that is not named there has its default.
    pub fn of_form(form: &Value) -> Result<Thresholds> {
        let forms = form.as_object().ok_or_else(|| Error::Recipe { what: "the recipe has no thresholds".to_string() })?;
        let mut thresholds = Thresholds::default();
        for (name, form) in forms {
            thresholds.set(name, &given(form))?;
        }
        Ok(thresholds)
    }
}

fn given(form: &Value) -> GivenThreshold {
    match form {
        Value::Bool(flag) => GivenThreshold::Flag(*flag),
        Value::Number(number) => GivenThreshold::Number(number.as_i64().unwrap_or(i64::MAX) as i128),
        other => {
            let text = other.as_str().unwrap_or_default();
            text.parse().map_or_else(|_| GivenThreshold::Other(text.to_string()), GivenThreshold::Real)
        }
    }
}
