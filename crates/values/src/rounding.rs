//! The roundings of Python and numpy; SQLite's is in [`crate::sqlite_round`].
//!
//! Three programs, three answers for `round(2.675, 2)`-like values: Python rounds the exact binary
//! value half to even (`Objects/floatobject.c`, `double_round`), numpy multiplies, rounds to even and
//! divides (`numpy/_core/src/multiarray/calculation.c`, `PyArray_Round`), SQLite works on decimal text.

use crate::{PythonError, python_float_text};

/// Largest number of digits for which rounding can change a float (`NDIGITS_MAX` in CPython).
const DIGITS_MAX: i64 = 323;
/// Below this number of digits every float rounds to zero (`NDIGITS_MIN` in CPython).
const DIGITS_MIN: i64 = -308;

/// Rounds as `round(x, digits)` of a Python float does.
pub fn python_round_float(value: f64, digits: i64) -> Result<f64, PythonError> {
    if !value.is_finite() || digits > DIGITS_MAX {
        return Ok(value);
    }
    if digits < DIGITS_MIN {
        return Ok(0.0 * value);
    }
    let rounded = if digits >= 0 {
        let text = format!("{value:.precision$}", precision = digits as usize);
        text.parse().expect("fixed text of a float reads back")
    } else {
        round_left_of_point(value, digits.unsigned_abs() as usize)
    };
    if rounded.is_infinite() {
        return Err(PythonError::Overflow(
            "rounded value too large to represent",
        ));
    }
    Ok(rounded)
}

/// Rounds the exact value half to even at the `places`-th digit left of the point.
fn round_left_of_point(value: f64, places: usize) -> f64 {
    let magnitude = value.abs();
    // `{:.0}` of a whole float prints its exact digits, however long.
    let whole = format!("{:.0}", magnitude.trunc());
    let padded = format!("{whole:0>width$}", width = places + 1);
    let (kept, dropped) = padded.split_at(padded.len() - places);
    let (first, rest) = dropped.split_at(1);
    let beyond_half = rest.bytes().any(|digit| digit != b'0') || magnitude.fract() != 0.0;
    let last_kept_odd = kept
        .bytes()
        .next_back()
        .is_some_and(|digit| (digit - b'0') % 2 == 1);
    let up = match first.as_bytes()[0] {
        b'0'..=b'4' => false,
        b'5' => beyond_half || last_kept_odd,
        _ => true,
    };
    let kept = if up {
        incremented(kept)
    } else {
        kept.to_owned()
    };
    let rounded: f64 = format!("{kept}e{places}")
        .parse()
        .expect("digits with an exponent are a float");
    rounded.copysign(value)
}

fn incremented(digits: &str) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    for digit in bytes.iter_mut().rev() {
        if *digit == b'9' {
            *digit = b'0';
        } else {
            *digit += 1;
            return bytes.iter().map(|byte| char::from(*byte)).collect();
        }
    }
    let zeros: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    format!("1{zeros}")
}

/// Rounds as `round(x)` of a Python float does: to an integer, half to even.
pub fn python_round_float_to_integer(value: f64) -> Result<i64, PythonError> {
    check_finite(value)?;
    whole_float(value.round_ties_even())
        .ok_or_else(|| PythonError::BeyondInt64(format!("round({})", python_float_text(value))))
}

/// Cuts off the fraction as `int(x)` of a Python float does.
pub fn python_int_of_float(value: f64) -> Result<i64, PythonError> {
    check_finite(value)?;
    whole_float(value.trunc())
        .ok_or_else(|| PythonError::BeyondInt64(format!("int({})", python_float_text(value))))
}

fn check_finite(value: f64) -> Result<(), PythonError> {
    if value.is_nan() {
        return Err(PythonError::Value(
            "cannot convert float NaN to integer".into(),
        ));
    }
    if value.is_infinite() {
        return Err(PythonError::Overflow(
            "cannot convert float infinity to integer",
        ));
    }
    Ok(())
}

fn whole_float(whole: f64) -> Option<i64> {
    // 2^63 is exact as a float, so the comparison is too.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&whole)
        .then_some(whole as i64)
}

/// Rounds as `round(n, digits)` of a Python integer does: only negative digits change anything.
pub fn python_round_integer(value: i64, digits: i64) -> Result<i64, PythonError> {
    if digits >= 0 {
        return Ok(value);
    }
    if digits < -19 {
        return Ok(0);
    }
    let unit = 10_i128.pow(digits.unsigned_abs() as u32);
    let value_wide = i128::from(value);
    let floor = value_wide.div_euclid(unit);
    let twice = 2 * value_wide.rem_euclid(unit);
    let up = twice > unit || (twice == unit && floor % 2 != 0);
    let rounded = (floor + i128::from(up)) * unit;
    i64::try_from(rounded)
        .map_err(|_| PythonError::BeyondInt64(format!("round({value}, {digits})")))
}

/// Rounds as `numpy.round(x, digits)`, `Series.round` and `round()` of a `numpy.float64` do.
pub fn numpy_round(value: f64, digits: i64) -> f64 {
    if digits == 0 {
        return value.round_ties_even();
    }
    let power: f64 = format!("1e{}", digits.unsigned_abs())
        .parse()
        .expect("a power of ten is a float");
    if digits > 0 {
        (value * power).round_ties_even() / power
    } else {
        (value / power).round_ties_even() * power
    }
}
