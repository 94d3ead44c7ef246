//! Scalar operations on values; what a value means is asked of `relift_values`.

use std::cmp::Ordering;

use relift_values::{
    DateFormat, Decimal, DecimalRounding, PythonError, PythonValue, SqliteNumber, date_from_days,
    decimal_text, fixed_text, grouped_fixed_text, grouped_thousands, iso_date, numpy_round,
    pandas_timestamp_text, python_bool_text, python_divide_floats, python_divide_integers,
    python_float_of_text, python_float_text, python_floor_divide_floats,
    python_floor_divide_integers, python_int_of_float, python_int_of_text, python_lower,
    python_modulo_floats, python_modulo_integers, python_round_float,
    python_round_float_to_integer, python_round_integer, python_slice, python_strip, python_title,
    python_upper, sqlite_divide, sqlite_integer_of_text, sqlite_like, sqlite_modulo,
    sqlite_real_of_text, sqlite_real_text, sqlite_round, sqlite_substr, timestamp_isoformat,
};

use super::{Cause, Parameters, Value};
use crate::{Comparison, Flavour, Function, RoundingMode};

const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// Applies a function whose arguments are all evaluated.
pub(super) fn apply(
    function: Function,
    arguments: &[Value],
    parameters: &Parameters,
) -> Result<Value, Cause> {
    use Function as F;
    use Value as V;
    let undefined = || Cause::Undefined {
        function: function.name(),
        arguments: arguments
            .iter()
            .map(Value::kind)
            .collect::<Vec<_>>()
            .join(", "),
    };
    if let F::Python(named) = function {
        let arguments: Vec<PythonValue> = arguments.iter().map(Value::python).collect();
        return Ok(named.evaluate(&arguments)?.into());
    }
    if let F::Sqlite(named) = function {
        let mut given = Vec::new();
        for argument in arguments {
            given.push(argument.sqlite().ok_or_else(undefined)?);
        }
        return Ok(named.evaluate(&given)?.into());
    }
    // Functions that say themselves what a missing argument does.
    match (function, arguments) {
        (F::Compare(comparison, flavour), [left, right]) => {
            return Ok(compare(comparison, flavour, left, right));
        }
        (F::IsNone, [value]) => return Ok(V::Bool(matches!(value, V::None))),
        (F::IsMissing, [value]) => return Ok(V::Bool(value.is_missing())),
        (F::Truthy, [value]) => return Ok(V::Bool(truthy(value))),
        (F::Known | F::NotMissing, [value]) => return Ok(value.clone()),
        (F::ToPandasFloat, [V::None]) => return Ok(V::Float(f64::NAN)),
        (F::NullableInteger, [value]) if value.is_missing() => return Ok(V::None),
        (F::NullableInteger, [V::Float(value)]) => return Ok(V::Int(python_int_of_float(*value)?)),
        (F::NullableInteger, [value]) => return Ok(value.clone()),
        (F::MissingAsNan, [V::None]) => return Ok(V::Float(f64::NAN)),
        (F::MissingAsNan, [value]) => return Ok(value.clone()),
        (F::PandasInteger, [V::None, V::Bool(_)]) => return Ok(V::Float(f64::NAN)),
        (F::PandasInteger, [V::Int(value), V::Bool(true)]) => return Ok(V::Float(*value as f64)),
        (F::PandasInteger, [value, V::Bool(false)]) => return Ok(value.clone()),
        (F::ToText, [value]) => return python_text(value).map(V::Text).ok_or_else(undefined),
        (F::NullIf, [value, other]) => {
            let equal = compare(Comparison::Eq, Flavour::Sql, value, other).is_true();
            return Ok(if equal { V::None } else { value.clone() });
        }
        (F::Slice, [V::Text(text), start, end]) => {
            let bound = |value: &Value| match value {
                V::None => Ok(None),
                V::Int(at) => Ok(Some(*at)),
                _ => Err(undefined()),
            };
            return Ok(V::Text(python_slice(text, bound(start)?, bound(end)?)));
        }
        _ => {}
    }
    let sqlite = matches!(
        function,
        F::SqliteDivide
            | F::SqliteModulo
            | F::SqliteRound
            | F::SqliteInt
            | F::SqliteReal
            | F::SqliteText
    );
    let missing = |value: &Value| matches!(value, V::None) || (sqlite && value.is_missing());
    if arguments.iter().any(missing) {
        return Ok(V::None);
    }
    match (function, arguments) {
        (F::Not, [V::Bool(value)]) => Ok(V::Bool(!value)),
        (F::Add | F::Subtract | F::Multiply, [first, rest @ ..]) => {
            rest.iter().try_fold(first.clone(), |left, right| {
                arithmetic(function, &left, right).unwrap_or_else(|| Err(undefined()))
            })
        }
        (F::Greatest, [first, rest @ ..]) => Ok(extreme(first, rest, Ordering::Greater)),
        (F::Least, [first, rest @ ..]) => Ok(extreme(first, rest, Ordering::Less)),
        (F::SquareRoot, [V::Float(value)]) => Ok(V::Float(value.sqrt())),
        (F::Negate, [V::Int(value)]) => whole(value.checked_neg(), "-", &[*value]),
        (F::Negate, [V::Float(value)]) => Ok(V::Float(-value)),
        (F::Negate, [V::Decimal(value)]) => Ok(V::decimal(-value.unscaled, value.scale)),
        (F::Absolute, [V::Int(value)]) => whole(value.checked_abs(), "abs", &[*value]),
        (F::Absolute, [V::Float(value)]) => Ok(V::Float(value.abs())),
        (F::Absolute, [V::Decimal(value)]) => Ok(V::decimal(value.unscaled.abs(), value.scale)),
        (F::Divide, [V::Int(a), V::Int(b)]) => Ok(V::Float(python_divide_integers(*a, *b)?)),
        (F::FloorDivide, [V::Int(a), V::Int(b)]) => {
            Ok(V::Int(python_floor_divide_integers(*a, *b)?))
        }
        (F::Modulo, [V::Int(a), V::Int(b)]) => Ok(V::Int(python_modulo_integers(*a, *b)?)),
        (
            F::Divide | F::FloorDivide | F::Modulo,
            [a @ (V::Int(_) | V::Float(_)), b @ (V::Int(_) | V::Float(_))],
        ) => {
            let (a, b) = (
                float(a).ok_or_else(undefined)?,
                float(b).ok_or_else(undefined)?,
            );
            Ok(V::Float(match function {
                F::Divide => python_divide_floats(a, b)?,
                F::FloorDivide => python_floor_divide_floats(a, b)?,
                _ => python_modulo_floats(a, b)?,
            }))
        }
        (F::SqliteDivide | F::SqliteModulo, [a, b]) => {
            let (a, b) = (
                sqlite_number(a).ok_or_else(undefined)?,
                sqlite_number(b).ok_or_else(undefined)?,
            );
            let number = match function {
                F::SqliteDivide => sqlite_divide(a, b),
                _ => sqlite_modulo(a, b),
            };
            Ok(match number {
                None => V::None,
                Some(SqliteNumber::Integer(value)) => V::Int(value),
                Some(SqliteNumber::Real(value)) => V::Float(value),
            })
        }
        (F::PyRound, [V::Float(value), V::Int(digits)]) => {
            Ok(V::Float(python_round_float(*value, *digits)?))
        }
        (F::PyRound | F::NumpyRound, [V::Int(value), V::Int(digits)]) => {
            Ok(V::Int(python_round_integer(*value, *digits)?))
        }
        (F::NumpyRound, [V::Float(value), V::Int(digits)]) => {
            Ok(V::Float(numpy_round(*value, *digits)))
        }
        (F::SqliteRound, [value @ (V::Int(_) | V::Float(_)), V::Int(digits)]) => {
            let value = float(value).ok_or_else(undefined)?;
            Ok(V::Float(sqlite_round(value, *digits, parameters.sqlite)))
        }
        (F::PyRoundToInt, [value]) => match value {
            V::Bool(value) => Ok(V::Int(i64::from(*value))),
            V::Int(value) => Ok(V::Int(*value)),
            V::Float(value) => Ok(V::Int(python_round_float_to_integer(*value)?)),
            V::Decimal(value) => integer_of(*value, DecimalRounding::HalfEven, function),
            _ => Err(undefined()),
        },
        (F::Quantize(mode), [V::Decimal(value), V::Int(digits)]) => {
            let digits = i32::try_from(*digits).map_err(|_| undefined())?;
            Ok(V::Decimal(value.quantize(digits, rounding(mode))?))
        }
        (F::ToFloat, [V::Text(text)]) => Ok(V::Float(python_float_of_text(text)?)),
        (F::SqliteReal, [V::Text(text)]) => Ok(V::Float(sqlite_real_of_text(text))),
        (F::ToFloat | F::SqliteReal | F::ToPandasFloat, [value]) => {
            float(value).map(V::Float).ok_or_else(undefined)
        }
        (F::ToInt, [value]) => match value {
            V::Bool(value) => Ok(V::Int(i64::from(*value))),
            V::Int(value) => Ok(V::Int(*value)),
            V::Float(value) => Ok(V::Int(python_int_of_float(*value)?)),
            V::Decimal(value) => integer_of(*value, DecimalRounding::Down, function),
            V::Text(text) => Ok(V::Int(python_int_of_text(text)?)),
            _ => Err(undefined()),
        },
        (F::ToDecimal, [V::Int(value)]) => Ok(V::decimal(i128::from(*value), 0)),
        (F::ToDecimal, [V::Decimal(value)]) => Ok(V::Decimal(*value)),
        (F::ToDecimal, [V::Text(text)]) => Ok(V::Decimal(Decimal::parse(text)?)),
        (F::DecimalOfFloat, [V::Float(value), V::Int(precision), V::Int(scale)]) => {
            decimal_of_float(*value, *precision, *scale).ok_or_else(undefined)
        }
        (F::SqliteInt, [value]) => match value {
            V::Text(text) => Ok(V::Int(sqlite_integer_of_text(text))),
            other => {
                let number = sqlite_number(other).ok_or_else(undefined)?;
                Ok(V::Int(number.integer()))
            }
        },
        (F::SqliteText, [value]) => match value {
            V::Text(text) => Ok(V::Text(text.clone())),
            V::Float(value) => Ok(sqlite_real_text(*value, parameters.sqlite).into()),
            other => match sqlite_number(other) {
                Some(SqliteNumber::Integer(value)) => Ok(V::Text(value.to_string())),
                _ => Err(undefined()),
            },
        },
        (F::Concat, texts) => {
            let mut all = String::new();
            for text in texts {
                let V::Text(text) = text else {
                    return Err(undefined());
                };
                all.push_str(text);
            }
            Ok(V::Text(all))
        }
        (F::Upper, [V::Text(text)]) => Ok(V::Text(python_upper(text))),
        (F::Lower, [V::Text(text)]) => Ok(V::Text(python_lower(text))),
        (F::SqliteUpper, [V::Text(text)]) => Ok(V::Text(text.to_ascii_uppercase())),
        (F::SqliteLower, [V::Text(text)]) => Ok(V::Text(text.to_ascii_lowercase())),
        (F::Strip, [V::Text(text)]) => Ok(python_strip(text).into()),
        (F::SqliteTrim, [V::Text(text)]) => Ok(text.trim_matches(' ').into()),
        (F::Title, [V::Text(text)]) => Ok(V::Text(python_title(text))),
        (F::Length, [V::Text(text)]) => Ok(V::Int(text.chars().count() as i64)),
        (F::SqliteSubstr, [V::Text(text), V::Int(start)]) => {
            Ok(V::Text(sqlite_substr(text, *start, None)))
        }
        (F::SqliteSubstr, [V::Text(text), V::Int(start), V::Int(length)]) => {
            Ok(V::Text(sqlite_substr(text, *start, Some(*length))))
        }
        (F::Replace, [V::Text(text), V::Text(old), V::Text(new)]) => {
            Ok(V::Text(text.replace(old.as_str(), new)))
        }
        (F::StartsWith, [V::Text(text), V::Text(part)]) => Ok(V::Bool(text.starts_with(part))),
        (F::EndsWith, [V::Text(text), V::Text(part)]) => Ok(V::Bool(text.ends_with(part))),
        (F::Contains, [V::Text(text), V::Text(part)]) => Ok(V::Bool(text.contains(part))),
        (F::SqliteLike, [V::Text(text), V::Text(pattern)]) => {
            Ok(V::Bool(sqlite_like(text, pattern)))
        }
        (F::FixedText | F::ThousandsText, [value, V::Int(digits)]) => {
            let digits = usize::try_from(*digits).map_err(|_| undefined())?;
            number_text(value, digits, function == F::ThousandsText)
                .map(V::Text)
                .ok_or_else(undefined)
        }
        (F::Year | F::Month | F::Day | F::Weekday | F::IsoYear | F::IsoWeek, [value]) => {
            let days = days(value).ok_or_else(undefined)?;
            let date = date_from_days(days).ok_or_else(undefined)?;
            Ok(V::Int(match function {
                F::Year => i64::from(date.year()),
                F::Month => i64::from(date.month()),
                F::Day => i64::from(date.day()),
                F::IsoYear => i64::from(date.iso_week_date().year()),
                F::IsoWeek => i64::from(date.iso_week_date().week()),
                _ => i64::from(date.weekday().to_monday_zero_offset()),
            }))
        }
        (F::DaysBetween, [V::Date(a), V::Date(b)]) => Ok(V::Int(i64::from(*a) - i64::from(*b))),
        (F::DaysBetween, [V::Timestamp(a), V::Timestamp(b)]) => {
            let between = i128::from(*a) - i128::from(*b);
            Ok(V::Int(
                between.div_euclid(i128::from(DAY_MICROSECONDS)) as i64
            ))
        }
        (F::AddDays, [V::Date(start), V::Int(count)]) => {
            let days = i64::from(*start).saturating_add(*count);
            let date = i32::try_from(days).ok().filter(|days| in_calendar(*days));
            Ok(V::Date(
                date.ok_or(PythonError::Overflow("date value out of range"))?,
            ))
        }
        (F::AddDays, [V::Timestamp(start), V::Int(count)]) => {
            let end = count
                .checked_mul(DAY_MICROSECONDS)
                .and_then(|micros| start.checked_add(micros))
                .filter(|end| day_of(*end).is_some_and(in_calendar));
            Ok(V::Timestamp(
                end.ok_or(PythonError::Overflow("date value out of range"))?,
            ))
        }
        (F::IsoText, [V::Timestamp(microseconds)]) => timestamp_isoformat(*microseconds)
            .map(V::Text)
            .ok_or_else(undefined),
        (F::IsoText, [V::Date(days)]) => {
            let date = date_from_days(*days).ok_or_else(undefined)?;
            Ok(V::Text(iso_date(date)))
        }
        (F::ToDate, [value]) => days(value).map(V::Date).ok_or_else(undefined),
        (F::Strftime, [value, V::Text(format)]) => {
            strftime(value, format).map(V::Text).ok_or_else(undefined)
        }
        (F::LastDayOfMonth, [V::Date(days)]) => {
            let date = date_from_days(*days).ok_or_else(undefined)?;
            let left = i32::from(date.days_in_month()) - i32::from(date.day());
            Ok(V::Date(days + left))
        }
        _ => Err(undefined()),
    }
}

fn compare(comparison: Comparison, flavour: Flavour, left: &Value, right: &Value) -> Value {
    if flavour == Flavour::Sql && (left.is_missing() || right.is_missing()) {
        return Value::None;
    }
    let both_none = matches!((left, right), (Value::None, Value::None));
    let order = left.compare(right);
    let equal = both_none || order == Some(Ordering::Equal);
    Value::Bool(match comparison {
        Comparison::Eq => equal,
        Comparison::Ne => !equal,
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => order.is_some_and(Ordering::is_le),
        Comparison::Gt => order == Some(Ordering::Greater),
        Comparison::Ge => order.is_some_and(Ordering::is_ge),
    })
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(value) => *value,
        Value::Int(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::Decimal(value) => value.unscaled != 0,
        Value::Text(value) => !value.is_empty(),
        Value::Date(_) | Value::Timestamp(_) => true,
    }
}

/// `str(x)`.
fn python_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::None => "None".to_owned(),
        Value::Bool(value) => python_bool_text(*value).to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => python_float_text(*value),
        Value::Decimal(value) => value.python_text(),
        Value::Text(value) => value.clone(),
        Value::Date(days) => iso_date(date_from_days(*days)?),
        Value::Timestamp(microseconds) => pandas_timestamp_text(*microseconds)?,
    })
}

/// Sum, difference or product of two numbers; `None` when they are not.
fn arithmetic(function: Function, left: &Value, right: &Value) -> Option<Result<Value, Cause>> {
    use Value as V;
    let name = function.name();
    match (left, right) {
        (V::Int(a), V::Int(b)) => {
            let result = match function {
                Function::Add => a.checked_add(*b),
                Function::Subtract => a.checked_sub(*b),
                _ => a.checked_mul(*b),
            };
            Some(whole(result, &name, &[*a, *b]))
        }
        (V::Float(_), V::Int(_) | V::Float(_)) | (V::Int(_), V::Float(_)) => {
            let (a, b) = (float(left)?, float(right)?);
            Some(Ok(V::Float(match function {
                Function::Add => a + b,
                Function::Subtract => a - b,
                _ => a * b,
            })))
        }
        _ => {
            let (a, b) = (left.exact()?, right.exact()?);
            let result = match function {
                Function::Add => a.plus(b),
                Function::Subtract => a.plus(Decimal::new(-b.unscaled, b.scale)),
                _ => a.times(b),
            };
            Some(within_digits(&name, result).map(V::Decimal))
        }
    }
}

/// A decimal of at most 38 digits.
pub(super) fn within_digits(function: &str, value: Option<Decimal>) -> Result<Decimal, Cause> {
    value
        .filter(|value| value.unscaled.unsigned_abs() < 10_u128.pow(38))
        .ok_or_else(|| Cause::TooManyDigits(function.to_owned()))
}

fn whole(result: Option<i64>, operation: &str, arguments: &[i64]) -> Result<Value, Cause> {
    let beyond = || {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        PythonError::BeyondInt64(format!("{operation}({})", arguments.join(", ")))
    };
    Ok(Value::Int(result.ok_or_else(beyond)?))
}

fn integer_of(value: Decimal, mode: DecimalRounding, function: Function) -> Result<Value, Cause> {
    let rounded = within_digits(&function.name(), value.rescaled(0, mode))?;
    let whole = i64::try_from(rounded.unscaled)
        .map_err(|_| PythonError::BeyondInt64(format!("{function}({})", value.python_text())))?;
    Ok(Value::Int(whole))
}

/// Python's `max` and `min`: a later value replaces an earlier one only when it is truly beyond it.
fn extreme(first: &Value, rest: &[Value], wanted: Ordering) -> Value {
    let mut best = first;
    for value in rest {
        if value.compare(best) == Some(wanted) {
            best = value;
        }
    }
    best.clone()
}

/// A number or truth value as a float.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Decimal(value) => Some(value.nearest_float()),
        _ => None,
    }
}

fn sqlite_number(value: &Value) -> Option<SqliteNumber> {
    match value {
        Value::Bool(value) => Some(SqliteNumber::Integer(i64::from(*value))),
        Value::Int(value) => Some(SqliteNumber::Integer(*value)),
        Value::Float(value) => Some(SqliteNumber::Real(*value)),
        _ => None,
    }
}

fn rounding(mode: RoundingMode) -> DecimalRounding {
    match mode {
        RoundingMode::HalfEven => DecimalRounding::HalfEven,
        RoundingMode::HalfUp => DecimalRounding::HalfUp,
        RoundingMode::HalfDown => DecimalRounding::HalfDown,
        RoundingMode::Up => DecimalRounding::Up,
        RoundingMode::Down => DecimalRounding::Down,
        RoundingMode::Floor => DecimalRounding::Floor,
        RoundingMode::Ceiling => DecimalRounding::Ceiling,
    }
}

/// `Decimal(str(x))`; NaN stays missing, and `None` says that the value does not fit as promised.
fn decimal_of_float(value: f64, precision: i64, scale: i64) -> Option<Value> {
    if value.is_nan() {
        return Some(Value::Float(value));
    }
    let exact = Decimal::of_float_text(value)?;
    let exact = if exact.scale < 0 {
        exact.rescaled(0, DecimalRounding::Down)?
    } else {
        exact
    };
    let needed = exact.normalized();
    let limit = 10_u128.checked_pow(u32::try_from(precision).ok()?)?;
    let fits = i64::from(needed.scale) <= scale
        && needed
            .rescaled(i32::try_from(scale).ok()?, DecimalRounding::Down)?
            .unscaled
            .unsigned_abs()
            < limit;
    // A float's text has at least one digit after the point, more than a scale of 0 has room for.
    let kept = if i64::from(exact.scale) <= scale {
        exact
    } else {
        needed
    };
    fits.then_some(Value::Decimal(kept))
}

/// `f"{x:.nf}"`, with or without commas.
fn number_text(value: &Value, digits: usize, grouped: bool) -> Option<String> {
    if let Value::Decimal(value) = value {
        let digits = i32::try_from(digits).ok()?;
        let rounded = value.rescaled(digits, DecimalRounding::HalfEven)?;
        let plain = decimal_text(rounded.unscaled, rounded.scale);
        return Some(if grouped {
            grouped_thousands(&plain)
        } else {
            plain
        });
    }
    let value = float(value)?;
    Some(if grouped {
        grouped_fixed_text(value, digits)
    } else {
        fixed_text(value, digits)
    })
}

fn day_of(microseconds: i64) -> Option<i32> {
    i32::try_from(microseconds.div_euclid(DAY_MICROSECONDS)).ok()
}

fn days(value: &Value) -> Option<i32> {
    match value {
        Value::Date(days) => Some(*days),
        Value::Timestamp(microseconds) => day_of(*microseconds),
        _ => None,
    }
}

/// Python's dates are of years 1 to 9999.
fn in_calendar(days: i32) -> bool {
    date_from_days(days).is_some_and(|date| date.year() >= 1)
}

fn strftime(value: &Value, format: &str) -> Option<String> {
    let days = days(value)?;
    // To the settings `iso` is a word for a format; to strftime it is three letters.
    if format == "iso" {
        return Some(format.to_owned());
    }
    let of_day = match value {
        Value::Timestamp(microseconds) => microseconds.rem_euclid(DAY_MICROSECONDS) / 1_000_000,
        _ => 0,
    };
    let format = with_time(format, of_day);
    Some(DateFormat::parse(&format).ok()?.text(date_from_days(days)?))
}

/// The format with hour, minute and second of a day in place of their letters; a `DateFormat` has the others.
fn with_time(format: &str, second_of_day: i64) -> String {
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        text.push(letter);
        if letter != '%' {
            continue;
        }
        let part = match letters.peek() {
            Some('H') => second_of_day / 3600,
            Some('M') => second_of_day / 60 % 60,
            Some('S') => second_of_day % 60,
            // The second sign of `%%` begins nothing.
            _ => {
                text.extend(letters.next());
                continue;
            }
        };
        letters.next();
        text.pop();
        text.push_str(&format!("{part:02}"));
    }
    text
}
