//! The canonical text of a JSON value (RFC 8785), in which equal values are equal bytes.
//!
//! Numbers are whole and at most 2^53 - 1, the range in which a reader that keeps them as floats loses nothing; fractions are refused.

use serde_json::{Number, Value};

use crate::error::{Error, Result};

/// The largest number that every reader of JSON keeps exactly.
pub const MOST: u64 = (1 << 53) - 1;

/// The canonical text of a value.
pub fn canonical(value: &Value) -> Result<String> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<()> {
    match value {
        Value::Null | Value::Bool(_) => text.push_str(&value.to_string()),
        Value::Number(number) => write_number(number, text)?,
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(place, text);
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                separate(place, text);
                write_string(name, text);
                text.push(':');
                write(value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn separate(place: usize, text: &mut String) {
    if place > 0 {
        text.push(',');
    }
}

/// serde_json escapes what RFC 8785 escapes, in the same way.
fn write_string(string: &str, text: &mut String) {
    text.push_str(&serde_json::to_string(string).expect("a text is always JSON"));
}

fn write_number(number: &Number, text: &mut String) -> Result<()> {
    let is_exact = number.as_u64().is_some_and(|n| n <= MOST) || number.as_i64().is_some_and(|n| n.unsigned_abs() <= MOST);
    if !is_exact {
        return Err(Error::Invalid { what: format!("a recipe holds whole numbers up to {MOST}, not {number}") });
    }
    text.push_str(&number.to_string());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_ordered_by_their_utf_16_code_units() {
        // The names of RFC 8785, section 3.2.3.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            canonical(&value).unwrap(),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn strings_are_escaped_as_little_as_possible() {
        // The string of RFC 8785, section 3.2.2.
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}");
        assert_eq!(canonical(&value).unwrap(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\"");
    }

    #[test]
    fn literals_and_nesting_have_no_white_space() {
        let value = json!({"b": [true, false, null, -7, {}], "a": []});
        assert_eq!(canonical(&value).unwrap(), r#"{"a":[],"b":[true,false,null,-7,{}]}"#);
    }

    #[test]
    fn fractions_and_numbers_that_floats_lose_are_refused() {
        for value in [json!(1.5), json!(1u64 << 53), json!(-(1i64 << 53)), json!(1e300)] {
            assert!(canonical(&value).unwrap_err().to_string().contains("whole numbers"), "{value}");
        }
        assert_eq!(canonical(&json!(MOST)).unwrap(), "9007199254740991");
    }
}
