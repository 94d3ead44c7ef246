//! Values of the interpreter, and the two ways to compare them: identity for tests, order for rows.

use std::cmp::Ordering;
use std::fmt;

use relift_values::{Decimal, PythonValue, SqliteValue};

use crate::Literal;
use crate::text::{date_text, decimal_literal, float_literal, quoted_text, timestamp_text};

/// A value of a row.
///
/// Equality is identity: floats to the last bit (all NaN being one), decimals with their scale. How the
/// legacy languages compare is the matter of [`Function`](crate::Function).
#[derive(Clone, Debug)]
pub enum Value {
    /// None or NULL.
    None,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float; NaN is the missing value of float columns.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01, without zone.
    Timestamp(i64),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => {
                a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
            }
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            _ => false,
        }
    }
}

impl From<SqliteValue> for Value {
    fn from(value: SqliteValue) -> Self {
        match value {
            SqliteValue::Null => Self::None,
            SqliteValue::Integer(value) => Self::Int(value),
            SqliteValue::Real(value) => Self::Float(value),
            SqliteValue::Text(value) => Self::Text(value),
        }
    }
}

impl From<PythonValue> for Value {
    fn from(value: PythonValue) -> Self {
        match value {
            PythonValue::None => Self::None,
            PythonValue::Bool(value) => Self::Bool(value),
            PythonValue::Int(value) => Self::Int(value),
            PythonValue::Float(value) => Self::Float(value),
            PythonValue::Decimal(value) => Self::Decimal(value),
            PythonValue::Text(value) => Self::Text(value),
            PythonValue::Date(days) => Self::Date(days),
            PythonValue::Timestamp(at) => Self::Timestamp(at),
        }
    }
}

impl Value {
    /// The same value as SQLite holds it; none of a kind it does not have.
    pub(super) fn sqlite(&self) -> Option<SqliteValue> {
        Some(match self {
            value if value.is_missing() => SqliteValue::Null,
            Self::Bool(value) => SqliteValue::Integer(i64::from(*value)),
            Self::Int(value) => SqliteValue::Integer(*value),
            Self::Float(value) => SqliteValue::Real(*value),
            Self::Text(value) => SqliteValue::Text(value.clone()),
            _ => return None,
        })
    }

    /// The same value for an operation of Python.
    pub(super) fn python(&self) -> PythonValue {
        match self {
            Self::None => PythonValue::None,
            Self::Bool(value) => PythonValue::Bool(*value),
            Self::Int(value) => PythonValue::Int(*value),
            Self::Float(value) => PythonValue::Float(*value),
            Self::Decimal(value) => PythonValue::Decimal(*value),
            Self::Text(value) => PythonValue::Text(value.clone()),
            Self::Date(days) => PythonValue::Date(*days),
            Self::Timestamp(at) => PythonValue::Timestamp(*at),
        }
    }

    /// A decimal.
    pub fn decimal(unscaled: i128, scale: i32) -> Self {
        Self::Decimal(Decimal::new(unscaled, scale))
    }

    /// Whether it is None, NULL or NaN.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::None => true,
            Self::Float(value) => value.is_nan(),
            _ => false,
        }
    }

    /// Whether it is the truth value true.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// Orders two values of one kind, numbers by their exact value; `None` for missing values and for
    /// values of different kinds.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a), Self::Timestamp(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Float(a), _) => compare_with_float(other.exact()?, *a).map(Ordering::reverse),
            (_, Self::Float(b)) => compare_with_float(self.exact()?, *b),
            _ => Some(self.exact()?.compare(other.exact()?)),
        }
    }

    /// An integer or decimal as a decimal.
    pub(super) fn exact(&self) -> Option<Decimal> {
        match self {
            Self::Int(value) => Some(Decimal::new(i128::from(*value), 0)),
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// The word for its kind in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Timestamp(_) => "timestamp",
        }
    }

    /// Numbers are one kind; missing values stand before all others.
    fn rank(&self) -> u8 {
        match self {
            value if value.is_missing() => 0,
            Self::Bool(_) => 1,
            Self::Int(_) | Self::Float(_) | Self::Decimal(_) => 2,
            Self::Text(_) => 3,
            Self::Date(_) => 4,
            _ => 5,
        }
    }
}

/// Compares without rounding, as Python compares an int or a Decimal with a float.
fn compare_with_float(exact: Decimal, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // Beyond 38 digits no decimal reaches, and what is smaller has at most 39 digits and a fraction.
    if float.abs() >= 1e39 {
        return Some(if float > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let near = exact.nearest_float();
    #[expect(
        clippy::float_cmp,
        reason = "different nearest floats settle the order"
    )]
    if near != float {
        return near.partial_cmp(&float);
    }
    // Same nearest float: compare digit by digit. `{:.1074}` prints a float exactly.
    let digits = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (
            format!("{:0>45}", whole.trim_start_matches('-')),
            fraction.trim_end_matches('0').to_owned(),
        )
    };
    let exact_digits = digits(&relift_values::decimal_text(exact.unscaled, exact.scale));
    let float_digits = digits(&format!("{float:.1074}"));
    let magnitudes = exact_digits.cmp(&float_digits);
    Some(if float < 0.0 {
        magnitudes.reverse()
    } else {
        magnitudes
    })
}

/// A value as a key: missing equals missing and stands first, numbers are equal by value.
#[derive(Clone, Debug)]
pub(super) struct Key(pub(super) Value);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let ranks = self.0.rank().cmp(&other.0.rank());
        // Missing values have no order of their own: they are equal.
        ranks.then_with(|| self.0.compare(&other.0).unwrap_or(Ordering::Equal))
    }
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::None => Self::None,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Float(value) => Self::Float(*value),
            Literal::Decimal { unscaled, scale } => Self::decimal(*unscaled, i32::from(*scale)),
            Literal::Text(value) => Self::Text(value.clone()),
            Literal::Date(days) => Self::Date(*days),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl fmt::Display for Value {
    /// As a constant of the text form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&float_literal(*value)),
            Self::Decimal(value) => f.write_str(&decimal_literal(value.unscaled, value.scale)),
            Self::Text(value) => f.write_str(&quoted_text(value)),
            Self::Date(days) => f.write_str(&date_text(*days)),
            Self::Timestamp(microseconds) => f.write_str(&timestamp_text(*microseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_their_exact_value() {
        let tenth = Value::decimal(1, 1);
        // 0.1 as a float is a little more than a tenth.
        assert_eq!(tenth.compare(&Value::Float(0.1)), Some(Ordering::Less));
        assert_eq!(Value::Float(0.1).compare(&tenth), Some(Ordering::Greater));
        assert_eq!(
            Value::decimal(-1, 1).compare(&Value::Float(-0.1)),
            Some(Ordering::Greater)
        );
        assert_eq!(
            Value::decimal(250, 2).compare(&Value::Float(2.5)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            Value::Int((1 << 53) + 1).compare(&Value::Float(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(
            Value::Int(i64::MAX).compare(&Value::Float(f64::INFINITY)),
            Some(Ordering::Less)
        );
        assert_eq!(Value::Int(1).compare(&Value::Float(f64::NAN)), None);
        assert_eq!(
            Value::decimal(0, 2).compare(&Value::Float(-0.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            Value::decimal(10, 1).compare(&Value::Int(1)),
            Some(Ordering::Equal)
        );
    }

    #[test]
    fn keys_take_missing_values_as_one() {
        assert_eq!(Key(Value::None), Key(Value::Float(f64::NAN)));
        assert!(Key(Value::None) < Key(Value::Int(i64::MIN)));
        assert_eq!(Key(Value::Int(1)), Key(Value::Float(1.0)));
    }
}
