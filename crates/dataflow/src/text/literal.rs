//! Names and constants, in both directions as far as no grammar is needed.

use relift_diagnostics::Span;
use relift_values::{date_from_days, iso_date, python_float_text, timestamp_isoformat};

/// Words that begin an expression and so are no plain column names.
const RESERVED: [&str; 6] = ["if", "true", "false", "None", "nan", "inf"];

/// Text in single quotes.
pub(crate) fn quoted_text(text: &str) -> String {
    quoted(text, '\'')
}

/// A name: plain when it is a word, in double quotes otherwise.
pub(super) fn name_text(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if begins && characters.all(is_word) && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        quoted(name, '"')
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn quoted(text: &str, quote: char) -> String {
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c == '\\' || c == quote => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => quoted.extend(c.escape_unicode()),
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

/// The shortest text of a float; a NaN that is not the usual one shows its bits.
pub(crate) fn float_literal(value: f64) -> String {
    if value.is_nan() && value.to_bits() != f64::NAN.to_bits() {
        return format!("nan({:016x})", value.to_bits());
    }
    python_float_text(value)
}

/// `2.50d`; a negative scale as `25e2d`.
pub(crate) fn decimal_literal(unscaled: i128, scale: i32) -> String {
    if scale < 0 {
        return format!("{unscaled}e{}d", -i64::from(scale));
    }
    format!("{}d", relift_values::decimal_text(unscaled, scale))
}

/// `date '2024-10-01'`; outside the calendar, the number of days.
pub(crate) fn date_text(days: i32) -> String {
    match date_from_days(days) {
        Some(date) if date.year() >= 0 => format!("date '{}'", iso_date(date)),
        _ => format!("date {days}"),
    }
}

/// `timestamp '2024-10-01T09:30:00'`; outside the calendar, the number of microseconds.
pub(crate) fn timestamp_text(microseconds: i64) -> String {
    match timestamp_isoformat(microseconds) {
        Some(text) => format!("timestamp '{text}'"),
        None => format!("timestamp {microseconds}"),
    }
}

/// `@externals/late.py:11-12[120..180]`.
pub(super) fn span_text(span: &Span) -> String {
    let plain = !span.file.is_empty()
        && !span
            .file
            .contains(|c: char| c.is_whitespace() || c.is_control() || "\"[],{}\\".contains(c));
    let file = if plain {
        span.file.to_string()
    } else {
        quoted(&span.file, '"')
    };
    let lines = if span.first_line == span.last_line {
        span.first_line.to_string()
    } else {
        format!("{}-{}", span.first_line, span.last_line)
    };
    format!("@{file}:{lines}[{}..{}]", span.start, span.end)
}
