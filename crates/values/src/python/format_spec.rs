//! The format language of `format(value, spec)` and f-strings, and `%` formatting in its terms.
//!
//! `[[fill]align][sign][#][0][width][grouping][.precision][type]` as `Python/formatter_unicode.c` reads it.
//! Locale (`n`), `z` and characters by number (`c`) are not modelled.

use std::fmt::Write as _;

use super::{ContextDecimal, rounding_mode};
use crate::{PythonError, fixed_text, python_float_text};

/// A format specification, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    fill: char,
    align: Option<char>,
    /// Filled with zeros because of a `0` before the width, not because `=` was asked for.
    zeros: bool,
    sign: char,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Widest text and most digits that are made.
const LIMIT: usize = 4096;

impl FormatSpec {
    /// Reads a specification.
    pub fn parse(spec: &str) -> Result<Self, PythonError> {
        let refused = || PythonError::Value(format!("Invalid format specifier '{spec}'"));
        let characters: Vec<char> = spec.chars().collect();
        let mut at = 0;
        let peek = |at: usize| characters.get(at).copied();
        let is_align = |c: Option<char>| matches!(c, Some('<' | '>' | '=' | '^'));
        let (mut fill, mut align, mut zeros) = (' ', None, false);
        if is_align(peek(1)) {
            fill = characters[0];
            align = peek(1);
            at = 2;
        } else if is_align(peek(0)) {
            align = peek(0);
            at = 1;
        }
        let mut sign = '-';
        if let Some(c @ ('+' | '-' | ' ')) = peek(at) {
            sign = c;
            at += 1;
        }
        let alternate = peek(at) == Some('#');
        at += usize::from(alternate);
        if peek(at) == Some('0') {
            if align.is_none() {
                fill = '0';
                align = Some('=');
                zeros = true;
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let start = *at;
            while peek(*at).is_some_and(|c| c.is_ascii_digit()) {
                *at += 1;
            }
            let digits: String = characters[start..*at].iter().collect();
            if digits.is_empty() {
                return Ok(None);
            }
            match digits.parse::<usize>() {
                Ok(number) if number <= LIMIT => Ok(Some(number)),
                _ => Err(refused()),
            }
        };
        let width = number(&mut at)?.unwrap_or(0);
        let mut grouping = None;
        if let Some(c @ (',' | '_')) = peek(at) {
            grouping = Some(c);
            at += 1;
        }
        let mut precision = None;
        if peek(at) == Some('.') {
            at += 1;
            precision = Some(number(&mut at)?.ok_or_else(refused)?);
        }
        let kind = peek(at);
        at += usize::from(kind.is_some());
        if at != characters.len() {
            return Err(refused());
        }
        Ok(Self {
            fill,
            align,
            zeros,
            sign,
            alternate,
            width,
            grouping,
            precision,
            kind,
        })
    }

    /// Whether texts are formatted by it.
    pub fn is_of_text(&self) -> bool {
        matches!(self.kind, None | Some('s'))
            && (self.align != Some('=') || self.zeros)
            && self.sign == '-'
            && !self.alternate
            && self.grouping.is_none()
    }

    /// Whether integers are formatted by it.
    pub fn is_of_integer(&self) -> bool {
        match self.kind {
            None | Some('d') => self.precision.is_none() && !self.alternate,
            Some('b' | 'o' | 'x' | 'X') => self.precision.is_none() && self.grouping != Some(','),
            _ => self.is_of_float(),
        }
    }

    /// Whether floats are formatted by it.
    pub fn is_of_float(&self) -> bool {
        !self.alternate
            && matches!(
                self.kind,
                None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')
            )
    }

    /// Whether decimals are formatted by it, as far as is modelled.
    pub fn is_of_decimal(&self) -> bool {
        !self.alternate
            && match self.kind {
                Some('f' | 'F' | '%') => true,
                None => self.precision.is_none(),
                _ => false,
            }
    }

    /// `format(text, spec)`.
    pub(super) fn text(&self, text: &str) -> Result<String, PythonError> {
        if !self.is_of_text() {
            return Err(PythonError::Value("Invalid format specifier".to_owned()));
        }
        let cut: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        let left = Self {
            align: self.align.filter(|_| !self.zeros),
            ..self.clone()
        };
        Ok(left.padded("", &cut, '<'))
    }

    /// `format(integer, spec)`.
    pub(super) fn integer(&self, value: i64) -> Result<String, PythonError> {
        if !self.is_of_integer() {
            return Err(PythonError::Value("Invalid format specifier".to_owned()));
        }
        let magnitude = value.unsigned_abs();
        let (prefix, digits) = match self.kind {
            None | Some('d') => ("", magnitude.to_string()),
            Some('b') => ("0b", format!("{magnitude:b}")),
            Some('o') => ("0o", format!("{magnitude:o}")),
            Some('x') => ("0x", format!("{magnitude:x}")),
            Some('X') => ("0X", format!("{magnitude:X}")),
            _ => return self.float(value as f64),
        };
        let prefix = if self.alternate { prefix } else { "" };
        let sign = format!("{}{prefix}", self.sign_of(value < 0));
        let every = if matches!(self.kind, None | Some('d')) {
            3
        } else {
            4
        };
        Ok(self.number(&sign, &digits, "", every))
    }

    /// `format(float, spec)`.
    pub(super) fn float(&self, value: f64) -> Result<String, PythonError> {
        if !self.is_of_float() {
            return Err(PythonError::Value("Invalid format specifier".to_owned()));
        }
        let negative = value.is_sign_negative() && !value.is_nan();
        let sign = self.sign_of(negative);
        let upper = matches!(self.kind, Some('E' | 'F' | 'G'));
        if !value.is_finite() {
            let word = if value.is_nan() { "nan" } else { "inf" };
            let percent = if self.kind == Some('%') { "%" } else { "" };
            let word = if upper {
                word.to_uppercase()
            } else {
                word.to_owned()
            };
            return Ok(self.padded(sign, &format!("{word}{percent}"), '>'));
        }
        let magnitude = value.abs();
        let precision = self.precision;
        let body = match self.kind {
            Some('f' | 'F') => fixed_text(magnitude, precision.unwrap_or(6)),
            Some('%') => {
                let hundred = magnitude * 100.0;
                if hundred.is_infinite() {
                    return Ok(self.padded(sign, "inf%", '>'));
                }
                format!("{}%", fixed_text(hundred, precision.unwrap_or(6)))
            }
            Some('e' | 'E') => exponent_text(magnitude, precision.unwrap_or(6)),
            Some(_) => general_text(magnitude, precision.unwrap_or(6), false),
            None => match precision {
                None => python_float_text(magnitude),
                Some(precision) => general_text(magnitude, precision, true),
            },
        };
        let body = if upper { body.to_uppercase() } else { body };
        let whole = body.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = body.split_at(whole);
        Ok(self.number(sign, digits, rest, 3))
    }

    /// `format(decimal, spec)`.
    pub(super) fn decimal(&self, value: &ContextDecimal) -> Result<String, PythonError> {
        if !self.is_of_decimal() {
            return Err(PythonError::Unmodelled(
                "this format of a Decimal".to_owned(),
            ));
        }
        let percent = self.kind == Some('%');
        let shifted = if percent {
            value.shifted(2)
        } else {
            value.clone()
        };
        let body = match (self.kind, self.precision) {
            (None, _) => shifted.text(),
            (_, None) => shifted.plain_text(),
            (_, Some(precision)) => shifted
                .rescaled(precision as i32, rounding_mode("ROUND_HALF_EVEN")?)
                .plain_text(),
        };
        let (sign, body) = match body.strip_prefix('-') {
            Some(body) => (self.sign_of(true), body.to_owned()),
            None => (self.sign_of(false), body),
        };
        let whole = body.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = body.split_at(whole);
        let percent = if percent { "%" } else { "" };
        Ok(self.number(sign, digits, &format!("{rest}{percent}"), 3))
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            (false, _) => "",
        }
    }

    /// Sign, digits in groups and what follows them, padded.
    fn number(&self, sign: &str, digits: &str, rest: &str, every: usize) -> String {
        let Some(separator) = self.grouping else {
            return self.padded(sign, &format!("{digits}{rest}"), '>');
        };
        let mut digits = digits.to_owned();
        let mut body = format!("{}{rest}", grouped(&digits, separator, every));
        // Zeros in front are grouped like the rest, and a separator never comes first.
        if self.fill == '0' && self.align == Some('=') {
            while sign.len() + body.chars().count() < self.width {
                digits.insert(0, '0');
                body = format!("{}{rest}", grouped(&digits, separator, every));
            }
        }
        self.padded(sign, &body, '>')
    }

    fn padded(&self, sign: &str, body: &str, align: char) -> String {
        let length = sign.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(align) {
            '<' => format!("{sign}{body}{}", fill(missing)),
            '^' => format!(
                "{}{sign}{body}{}",
                fill(missing / 2),
                fill(missing - missing / 2)
            ),
            '=' => format!("{sign}{}{body}", fill(missing)),
            _ => format!("{}{sign}{body}", fill(missing)),
        }
    }
}

fn grouped(digits: &str, separator: char, every: usize) -> String {
    let mut grouped = String::new();
    for (index, c) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(every) {
            grouped.push(separator);
        }
        grouped.push(c);
    }
    grouped
}

/// `1.234560e+05`.
fn exponent_text(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `g`: fixed or scientific, whichever is shorter, without trailing zeros. With `as_float` there is always
/// a digit after the point, as in `str`.
fn general_text(magnitude: f64, precision: usize, as_float: bool) -> String {
    let precision = precision.max(1);
    let scientific = exponent_text(magnitude, precision - 1);
    let exponent: i32 = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    // The form that shows a float as one has room for one digit less.
    let fixed_until = precision as i32 - i32::from(as_float);
    if exponent < -4 || exponent >= fixed_until {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let digits = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
    let mut text = trimmed(&fixed_text(magnitude, digits));
    if as_float && !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// Part of a `%` format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PercentField {
    /// Text as it stands.
    Literal(String),
    /// A value: the name in parentheses, the conversion letter, and the specification that means the same.
    Value {
        /// Name, for formats that take a dictionary.
        name: Option<String>,
        /// `s`, `r`, `d`, `f` and so on.
        conversion: char,
        /// The specification for `format`.
        spec: String,
    },
}

/// Takes a `%` format apart; nothing when it is not understood.
pub fn percent_fields(format: &str) -> Option<Vec<PercentField>> {
    let mut fields = Vec::new();
    let mut literal = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        literal.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            literal.push('%');
            rest = after;
            continue;
        }
        let mut name = None;
        if let Some(after) = rest.strip_prefix('(') {
            let (inside, after) = after.split_once(')')?;
            name = Some(inside.to_owned());
            rest = after;
        }
        let flags_end = rest.find(|c| !"-+ 0#".contains(c))?;
        let (flags, after) = rest.split_at(flags_end);
        let width_end = after.find(|c: char| !c.is_ascii_digit())?;
        let (width, after) = after.split_at(width_end);
        let (precision, after) = match after.strip_prefix('.') {
            Some(after) => {
                let end = after.find(|c: char| !c.is_ascii_digit())?;
                let (digits, after) = after.split_at(end);
                (Some(if digits.is_empty() { "0" } else { digits }), after)
            }
            None => (None, after),
        };
        let conversion = after.chars().next()?;
        rest = &after[conversion.len_utf8()..];
        if flags.contains('#') {
            return None;
        }
        let of_text = matches!(conversion, 's' | 'r');
        let integer = matches!(conversion, 'd' | 'i' | 'u' | 'x' | 'X' | 'o');
        let float = matches!(conversion, 'f' | 'F' | 'e' | 'E' | 'g' | 'G');
        if !(of_text || integer || float) || (integer && precision.is_some()) {
            return None;
        }
        let mut spec = String::new();
        if flags.contains('-') {
            spec.push('<');
        } else if of_text || !flags.contains('0') {
            spec.push('>');
        }
        if !of_text {
            if flags.contains('+') {
                spec.push('+');
            } else if flags.contains(' ') {
                spec.push(' ');
            }
            if flags.contains('0') && !flags.contains('-') {
                spec.push('0');
            }
        }
        spec.push_str(width);
        if let Some(precision) = precision {
            let _ = write!(spec, ".{precision}");
        }
        match conversion {
            's' | 'r' => {}
            'd' | 'i' | 'u' => spec.push('d'),
            other => spec.push(other),
        }
        if spec == ">" || spec == "<" {
            spec.clear();
        }
        if !literal.is_empty() {
            fields.push(PercentField::Literal(std::mem::take(&mut literal)));
        }
        fields.push(PercentField::Value {
            name,
            conversion,
            spec,
        });
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        fields.push(PercentField::Literal(literal));
    }
    Some(fields)
}
