//! Cells of a program's tables as values of the interpreter.

use relift_dataflow::interpret::Value;
use relift_job::{EffectiveDate, LakeType};
use relift_values::{Decimal, DecimalRounding};
use serde_json::Value as Json;

/// The value of a cell; an error says what the cell is not.
pub(crate) fn value(cell: &Json, lake_type: LakeType) -> Result<Value, String> {
    let wrong = || format!("{cell} is no {}", crate::program::type_text(lake_type));
    let value = match (cell, lake_type) {
        (Json::Null, _) => Some(Value::None),
        (Json::Bool(value), LakeType::Boolean) => Some(Value::Bool(*value)),
        (Json::Number(number), LakeType::Int32 | LakeType::Int64) => {
            number.as_i64().map(Value::Int)
        }
        (Json::Number(number), LakeType::Float64) => number.as_f64().map(Value::Float),
        (Json::String(text), LakeType::Float64) => text.parse().ok().map(Value::Float),
        (Json::String(text), LakeType::Text) => Some(Value::Text(text.clone())),
        (Json::String(text), LakeType::Date) => {
            EffectiveDate::parse(text).map(|date| Value::Date(date.days_since_epoch()))
        }
        (Json::String(text), LakeType::Timestamp) => microseconds(text).map(Value::Timestamp),
        (Json::String(text), LakeType::Decimal { scale, .. }) => Decimal::parse(text)
            .ok()
            .and_then(|decimal| decimal.rescaled(i32::from(scale), DecimalRounding::HalfEven))
            .map(Value::Decimal),
        _ => None,
    };
    value.ok_or_else(wrong)
}

/// A timestamp without zone, in microseconds since 1970-01-01.
pub(crate) fn microseconds(text: &str) -> Option<i64> {
    let at: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_microsecond())
}
