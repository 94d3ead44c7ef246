//! One text for one JSON value, as RFC 8785 asks: sorted keys, no blanks, shortest escapes.
//!
//! The ledger hashes text, so equal values must give equal bytes. Numbers with a fraction are left
//! out on purpose (their text form is a matter of taste); whole numbers print as they are.

use serde_json::{Number, Value};

/// Prints a value canonically, or gives back the first fractional number it holds.
pub fn canonical_json(value: &Value) -> Result<String, Number> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<(), Number> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) if number.is_f64() => return Err(number.clone()),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (at, (key, item)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write(item, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// Quotes a string; serde_json escapes exactly what the RFC wants escaped, in the same short form.
fn write_string(string: &str, text: &mut String) {
    text.push_str(&Value::from(string).to_string());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_by_utf16_units() {
        let value = json!({"b": [1, null, true], "a": {"z": "é\n\u{1}\"", "y": -3}, "\u{1F600}": 1, "\u{FB33}": 2});
        let text = canonical_json(&value).expect("no fractions");
        assert_eq!(
            text,
            "{\"a\":{\"y\":-3,\"z\":\"é\\n\\u0001\\\"\"},\"b\":[1,null,true],\"\u{1F600}\":1,\"\u{FB33}\":2}"
        );
    }

    #[test]
    fn fractions_are_refused() {
        assert_eq!(
            canonical_json(&json!({"a": [0.5]}))
                .expect_err("a fraction")
                .to_string(),
            "0.5"
        );
    }
}
