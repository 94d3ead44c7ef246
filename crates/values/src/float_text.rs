//! Numbers as Python prints them.
//!
//! CPython's `repr(float)` is the shortest text that reads back as the same float, fixed for decimal
//! exponents -4 to 15 and scientific outside (`Python/pystrtod.c`, `format_float_short`). Rust finds
//! the same digits but for ties; their layout differs.

/// Prints a float as `repr` and `str` do: `0.1`, `5.0`, `1e-05`, `1e+16`, `nan`, `-inf`.
pub fn python_float_text(value: f64) -> String {
    if let Some(text) = non_finite(value) {
        return text.to_owned();
    }
    let scientific = shortest(value);
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("`{:e}` always prints an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` prints a decimal exponent");
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let (sign, magnitude) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = magnitude.chars().filter(|c| *c != '.').collect();
    let whole = usize::try_from(exponent + 1).unwrap_or_default();
    if whole == 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
        format!("{sign}0.{}{digits}", "0".repeat(zeros))
    } else if digits.len() <= whole {
        format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    }
}

/// The shortest digits that read back as `value`, in scientific notation. Where two such texts lie equally
/// near, as for 2157922921882730.25, CPython takes the even digit and Rust the upper one.
fn shortest(value: f64) -> String {
    // With up to fifteen digits no second text reads back as the same float.
    const UNIQUE_DIGITS: usize = 15;
    let text = format!("{value:e}");
    let mantissa = text.split('e').next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    if digits <= UNIQUE_DIGITS {
        return text;
    }
    let nearest = format!("{value:.*e}", digits - 1);
    if nearest.parse() == Ok(value) {
        nearest
    } else {
        text
    }
}

/// Prints a float as `f"{x:.{digits}f}"` does: the exact binary value, ties to even.
pub fn fixed_text(value: f64, digits: usize) -> String {
    match non_finite(value) {
        Some(text) => text.to_owned(),
        None => format!("{value:.digits$}"),
    }
}

/// Prints a float as `f"{x:,.{digits}f}"` does: as [`fixed_text`], with commas between thousands.
pub fn grouped_fixed_text(value: f64, digits: usize) -> String {
    let plain = fixed_text(value, digits);
    if !value.is_finite() {
        return plain;
    }
    grouped_thousands(&plain)
}

/// Puts commas between the thousands of a number in fixed notation.
pub fn grouped_thousands(plain: &str) -> String {
    let (sign, magnitude) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain),
    };
    let (whole, fraction) = match magnitude.find('.') {
        Some(point) => magnitude.split_at(point),
        None => (magnitude, ""),
    };
    let mut text = sign.to_owned();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// Prints a truth value as `str` does.
pub fn python_bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

fn non_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("nan")
    } else if value == f64::INFINITY {
        Some("inf")
    } else if value == f64::NEG_INFINITY {
        Some("-inf")
    } else {
        None
    }
}
