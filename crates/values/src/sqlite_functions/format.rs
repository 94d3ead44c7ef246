//! `printf` and `format`: `%d`, `%s`, `%f` and `%%` with flags, width and precision.

use super::{SqliteValue, release};
use crate::sqlite::sqlite_fixed_text;
use crate::{SqliteRelease, sqlite_integer_of_text, sqlite_real_of_text, sqlite_real_text};

/// One directive.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent flags of a directive"
)]
struct Directive {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    comma: bool,
    width: usize,
    precision: Option<usize>,
}

/// Whether a format has only directives this file knows, and how many values they take.
pub(super) fn values_of(format: &str) -> Option<usize> {
    let mut count = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            rest = after;
            continue;
        }
        let (_, conversion, after) = directive(rest)?;
        if !matches!(conversion, 'd' | 'i' | 's' | 'f') {
            return None;
        }
        count += 1;
        rest = after;
    }
    Some(count)
}

/// The text of a format and its values; the last argument is SQLite's release.
pub(super) fn printed(arguments: &[SqliteValue]) -> Option<String> {
    let [SqliteValue::Text(format), values @ .., version] = arguments else {
        return None;
    };
    let release = release(version)?;
    let mut values = values.iter();
    let mut text = String::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (directive, conversion, after) = directive(rest)?;
        rest = after;
        let value = values.next().unwrap_or(&SqliteValue::Null);
        text.push_str(&directive.text(conversion, value, release)?);
    }
    text.push_str(rest);
    Some(text)
}

fn directive(mut rest: &str) -> Option<(Directive, char, &str)> {
    let mut found = Directive::default();
    loop {
        let flag = match rest.as_bytes().first()? {
            b'-' => &mut found.left,
            b'+' => &mut found.plus,
            b' ' => &mut found.space,
            b'0' => &mut found.zero,
            b',' => &mut found.comma,
            _ => break,
        };
        *flag = true;
        rest = &rest[1..];
    }
    let number = |rest: &mut &str| -> Option<usize> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (own, after) = rest.split_at(digits);
        *rest = after;
        if own.is_empty() {
            Some(0)
        } else {
            own.parse().ok().filter(|number| *number <= 200)
        }
    };
    found.width = number(&mut rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        found.precision = Some(number(&mut rest)?);
    }
    let conversion = rest.chars().next()?;
    Some((found, conversion, &rest[conversion.len_utf8()..]))
}

impl Directive {
    fn text(
        &self,
        conversion: char,
        value: &SqliteValue,
        release: SqliteRelease,
    ) -> Option<String> {
        match conversion {
            'd' | 'i' => {
                let whole = match value {
                    SqliteValue::Null => 0,
                    SqliteValue::Integer(whole) => *whole,
                    SqliteValue::Real(real) => *real as i64,
                    SqliteValue::Text(text) => sqlite_integer_of_text(text),
                };
                if self.precision.is_some() {
                    return None;
                }
                let digits = whole.unsigned_abs().to_string();
                Some(self.number(whole < 0, &digits))
            }
            'f' => {
                let real = match value {
                    SqliteValue::Null => 0.0,
                    SqliteValue::Integer(whole) => *whole as f64,
                    SqliteValue::Real(real) => *real,
                    SqliteValue::Text(text) => sqlite_real_of_text(text),
                };
                let digits = sqlite_fixed_text(real.abs(), self.precision.unwrap_or(6), release)?;
                let nothing = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
                let negative = real < 0.0 && !(nothing && release == SqliteRelease::Since343);
                Some(self.number(negative, &digits))
            }
            's' => {
                let text = match value {
                    SqliteValue::Null => String::new(),
                    SqliteValue::Integer(whole) => whole.to_string(),
                    SqliteValue::Real(real) => sqlite_real_text(*real, release)?,
                    SqliteValue::Text(text) => text.clone(),
                };
                // Precision and width count bytes; a letter that is cut in two is no text.
                let shown = text.get(..self.precision.unwrap_or(text.len()).min(text.len()))?;
                Some(self.padded(shown))
            }
            _ => None,
        }
    }

    fn number(&self, negative: bool, digits: &str) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let mut digits = digits.to_owned();
        if self.zero && !self.left {
            let missing = self.width.saturating_sub(sign.len() + digits.len());
            digits.insert_str(0, &"0".repeat(missing));
        }
        if self.comma {
            let whole = digits.find('.').unwrap_or(digits.len());
            let mut at = whole;
            while at > 3 {
                at -= 3;
                digits.insert(at, ',');
            }
        }
        self.padded(&format!("{sign}{digits}"))
    }

    fn padded(&self, text: &str) -> String {
        let missing = " ".repeat(self.width.saturating_sub(text.len()));
        if self.left {
            format!("{text}{missing}")
        } else {
            format!("{missing}{text}")
        }
    }
}
