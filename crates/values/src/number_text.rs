//! Numbers read from text as `int()` and `float()` read them.
//!
//! Both accept white space around, a sign, single underscores between digits and the decimal digits of
//! every script (`Objects/longobject.c`, `Objects/floatobject.c`, `_Py_string_to_number_with_underscores`).

use crate::{PythonError, python_strip};

/// Zero of each run of ten decimal digits in Unicode 14 (`category(c) == "Nd" and digit(c) == 0`).
const ZEROS: [u32; 66] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Reads an integer as `int(text)` does.
pub fn python_int_of_text(text: &str) -> Result<i64, PythonError> {
    let refused = || {
        PythonError::Value(format!(
            "invalid literal for int() with base 10: {}",
            quoted(text)
        ))
    };
    let ascii = ascii_digits(python_strip(text));
    let unsigned = ascii.strip_prefix(['+', '-']).unwrap_or(&ascii);
    let digits = without_underscores(unsigned).ok_or_else(refused)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let sign = if ascii.starts_with('-') { "-" } else { "" };
    format!("{sign}{digits}")
        .parse()
        .map_err(|_| PythonError::BeyondInt64(format!("int({})", quoted(text))))
}

/// Reads a float as `float(text)` does.
pub fn python_float_of_text(text: &str) -> Result<f64, PythonError> {
    let refused = || {
        PythonError::Value(format!(
            "could not convert string to float: {}",
            quoted(text)
        ))
    };
    let ascii = ascii_digits(python_strip(text));
    let unsigned = ascii.strip_prefix(['+', '-']).unwrap_or(&ascii);
    let magnitude = match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        plain => {
            let plain = without_underscores(plain).ok_or_else(refused)?;
            if !decimal_literal(&plain) {
                return Err(refused());
            }
            plain.parse().map_err(|_| refused())?
        }
    };
    Ok(if ascii.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

/// Whether the text is `digits[.digits][e[sign]digits]` with a digit before the exponent.
fn decimal_literal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    all_digits(whole) && all_digits(fraction) && whole.len() + fraction.len() > 0 && exponent_fits
}

/// Drops underscores that stand between two digits; `None` when one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'_' {
            let digit_at = |index: Option<usize>| {
                index
                    .and_then(|i| bytes.get(i))
                    .is_some_and(u8::is_ascii_digit)
            };
            if !digit_at(at.checked_sub(1)) || !digit_at(Some(at + 1)) {
                return None;
            }
        }
    }
    Some(text.replace('_', ""))
}

fn ascii_digits(text: &str) -> String {
    text.chars()
        .map(|c| {
            let code = u32::from(c);
            let zero = ZEROS
                .iter()
                .find(|zero| (**zero..**zero + 10).contains(&code));
            zero.and_then(|zero| char::from_digit(code - zero, 10))
                .unwrap_or(c)
        })
        .collect()
}

/// Quotes text as `repr` does for plain text, which is what the messages show.
fn quoted(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!(
            "'{}'",
            text.replace('\\', "\\\\")
                .replace('\'', "\\'")
                .replace('\n', "\\n")
                .replace('\t', "\\t")
        )
    }
}
