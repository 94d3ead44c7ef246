//! Numbers as SQLite computes, rounds, prints and reads them.
//!
//! `round` and number text changed in 3.43: until then `printf.c` worked in `long double` and moved
//! every value up by three parts in 10^16 before cutting digits (so `round(2.675, 2)` is `2.68`), since
//! then the exact digits are rounded half away from zero (`2.67`). The release is an argument, because
//! the interpreter's SQLite is part of what a legacy job means.

use std::cmp::Ordering;

use crate::extended::Extended;

/// What matters of SQLite's release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteRelease {
    /// 3.32 to 3.42, on a machine whose `long double` has a 64-bit significand.
    Before343,
    /// 3.43 and later.
    Since343,
}

impl SqliteRelease {
    /// Reads a version such as `3.40.1`.
    pub fn of_version(version: &str) -> Option<Self> {
        let mut parts = version.split('.').map(str::parse::<u32>);
        let (Some(Ok(3)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
            return None;
        };
        Some(if minor < 43 {
            Self::Before343
        } else {
            Self::Since343
        })
    }
}

/// A value of one of SQLite's two numeric storage classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SqliteNumber {
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
}

impl SqliteNumber {
    /// The value as a float.
    pub fn real(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    /// The value as `CAST(x AS INTEGER)` gives it: truncated, and clamped at the ends of 64 bits.
    pub fn integer(self) -> i64 {
        match self {
            Self::Integer(value) => value,
            Self::Real(value) => value as i64,
        }
    }
}

/// Divides as `/` does: integers truncate, and division by zero is NULL.
pub fn sqlite_divide(dividend: SqliteNumber, divisor: SqliteNumber) -> Option<SqliteNumber> {
    if let (SqliteNumber::Integer(a), SqliteNumber::Integer(b)) = (dividend, divisor) {
        if b == 0 {
            return None;
        }
        if let Some(quotient) = a.checked_div(b) {
            return Some(SqliteNumber::Integer(quotient));
        }
    }
    let quotient = dividend.real() / divisor.real();
    (divisor.real() != 0.0 && !quotient.is_nan()).then_some(SqliteNumber::Real(quotient))
}

/// Takes the remainder as `%` does: both sides become integers, and modulo zero is NULL.
pub fn sqlite_modulo(dividend: SqliteNumber, divisor: SqliteNumber) -> Option<SqliteNumber> {
    let divisor_whole = divisor.integer();
    if divisor_whole == 0 {
        return None;
    }
    let remainder = dividend.integer().wrapping_rem(divisor_whole);
    match (dividend, divisor) {
        (SqliteNumber::Integer(_), SqliteNumber::Integer(_)) => {
            Some(SqliteNumber::Integer(remainder))
        }
        _ => Some(SqliteNumber::Real(remainder as f64)),
    }
}

/// Rounds as `round(x, digits)` does; digits are taken as 0 to 30.
pub fn sqlite_round(value: f64, digits: i64, release: SqliteRelease) -> f64 {
    let digits = digits.clamp(0, 30);
    if !(-4_503_599_627_370_496.0..=4_503_599_627_370_496.0).contains(&value) {
        return value;
    }
    if digits == 0 {
        let half = if value < 0.0 { -0.5 } else { 0.5 };
        return (value + half).trunc() + 0.0;
    }
    match release {
        SqliteRelease::Before343 => {
            let magnitude = nudged_fixed(value.abs(), digits as i32).float();
            if value < 0.0 { -magnitude } else { magnitude }
        }
        SqliteRelease::Since343 => half_away_fixed(value, digits as usize),
    }
}

/// Rounds the exact value half away from zero.
fn half_away_fixed(value: f64, digits: usize) -> f64 {
    // Thirty more digits than needed: a double has no runs of nines that long.
    let text = format!("{:.precision$}", value.abs(), precision = digits + 30);
    let cut = text.len() - 30;
    let up = text.as_bytes()[cut] >= b'5';
    let kept = &text[..cut];
    let magnitude: f64 = if up {
        let mut carried: Vec<u8> = kept.bytes().collect();
        let mut at = carried.len();
        loop {
            if at == 0 {
                carried.insert(0, b'1');
                break;
            }
            at -= 1;
            match carried[at] {
                b'.' => {}
                b'9' => carried[at] = b'0',
                _ => {
                    carried[at] += 1;
                    break;
                }
            }
        }
        let carried: String = carried.into_iter().map(char::from).collect();
        carried.parse().expect("digits and a point are a float")
    } else {
        kept.parse().expect("digits and a point are a float")
    };
    if value < 0.0 { -magnitude } else { magnitude }
}

/// Half a unit of the digit, as the table and loop of `printf.c` compute it.
fn rounder(digits: i32) -> f64 {
    const HALVES: [f64; 10] = [
        0.5, 0.05, 0.005, 0.000_5, 5.0e-5, 5.0e-6, 5.0e-7, 5.0e-8, 5.0e-9, 5.0e-10,
    ];
    let mut half = HALVES[(digits % 10) as usize];
    for _ in 0..digits / 10 {
        half *= 1.0e-10;
    }
    half
}

/// Decimal digits taken one by one out of a number in `[1, 10)`, a limited number of them significant.
struct Digits {
    rest: Extended,
    significant_left: u32,
}

impl Digits {
    fn take(&mut self) -> u64 {
        if self.significant_left == 0 {
            return 0;
        }
        self.significant_left -= 1;
        let digit = self.rest.whole();
        self.rest = self
            .rest
            .minus(Extended::of_integer(digit))
            .times(Extended::of_float(10.0));
        digit
    }
}

/// Scales into `[1, 10)` and counts the decimal exponent, as `printf.c` does.
fn normalized(value: Extended) -> (Extended, i32) {
    let power = Extended::of_float;
    let mut exponent = 0;
    let mut scale = Extended::of_integer(1);
    for (step, places) in [(1e100, 100), (1e10, 10), (10.0, 1)] {
        while value.at_least(power(step).times(scale)) && exponent <= 350 {
            scale = scale.times(power(step));
            exponent += places;
        }
    }
    let mut value = value.divided_by(scale);
    while !value.at_least(power(1e-8)) {
        value = value.times(power(1e8));
        exponent -= 8;
    }
    while !value.at_least(power(1.0)) {
        value = value.times(power(10.0));
        exponent -= 1;
    }
    (value, exponent)
}

/// `printf("%.*f")` of a magnitude; none of what is no number or too large for the digits modelled.
pub(crate) fn sqlite_fixed_text(
    magnitude: f64,
    digits: usize,
    release: SqliteRelease,
) -> Option<String> {
    if !(0.0..1e15).contains(&magnitude) || digits > 15 {
        return None;
    }
    let digits = digits as i32;
    let text = match release {
        SqliteRelease::Before343 => {
            let (printed, whole) = nudged_digits(magnitude, digits);
            let digit = |digit: &u64| char::from(b'0' + *digit as u8);
            let whole_text: String = printed[..whole].iter().map(digit).collect();
            let fraction: String = printed[whole..].iter().map(digit).collect();
            let whole_text = if whole_text.is_empty() {
                "0".to_owned()
            } else {
                whole_text
            };
            format!("{whole_text}.{fraction}")
        }
        SqliteRelease::Since343 => {
            let rounded = half_away_fixed(magnitude, digits as usize);
            format!("{rounded:.places$}", places = digits as usize)
        }
    };
    Some(if digits == 0 {
        text.trim_end_matches('.').to_owned()
    } else {
        text
    })
}

/// `printf("%.*f")` of SQLite 3.32 to 3.42 (16 significant digits), read back by its `sqlite3AtoF`.
fn nudged_fixed(magnitude: f64, digits: i32) -> Extended {
    let (mut printed, whole_digits) = nudged_digits(magnitude, digits);
    while printed.len() > whole_digits && printed.last() == Some(&0) {
        printed.pop();
    }
    read_back(&printed, whole_digits)
}

/// Its digits, and how many of them stand before the point.
fn nudged_digits(magnitude: f64, digits: i32) -> (Vec<u64>, usize) {
    let mut half = rounder(digits);
    let binary_exponent = ((magnitude.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let mut value = Extended::of_float(magnitude);
    if digits + binary_exponent / 3 < 15 {
        half = Extended::of_float(half)
            .plus(value.times(Extended::of_float(3e-16)))
            .float();
    }
    value = value.plus(Extended::of_float(half));
    let (rest, exponent) = normalized(value);
    let mut source = Digits {
        rest,
        significant_left: 16,
    };
    let mut printed = Vec::new();
    for _ in 0..=exponent.max(-1) {
        printed.push(source.take());
    }
    let whole_digits = printed.len();
    for place in 1..=digits {
        printed.push(if place < -exponent { 0 } else { source.take() });
    }
    (printed, whole_digits)
}

/// Reads digits as `sqlite3AtoF` before 3.43: as many as fit 63 bits, then one scaling by a power of ten.
fn read_back(digits: &[u64], whole_digits: usize) -> Extended {
    const FULL: u64 = (i64::MAX as u64 - 9) / 10;
    let mut significand = 0_u64;
    let mut exponent = 0_i32;
    for (at, digit) in digits.iter().enumerate() {
        if significand >= FULL {
            exponent += i32::from(at < whole_digits);
        } else {
            significand = significand * 10 + digit;
            exponent -= i32::from(at >= whole_digits);
        }
    }
    if significand == 0 {
        return Extended::ZERO;
    }
    while exponent > 0 && significand < i64::MAX as u64 / 10 {
        significand *= 10;
        exponent -= 1;
    }
    while exponent < 0 && significand.is_multiple_of(10) {
        significand /= 10;
        exponent += 1;
    }
    let scale = power_of_ten(exponent.unsigned_abs());
    let value = Extended::of_integer(significand);
    if exponent < 0 {
        value.divided_by(scale)
    } else {
        value.times(scale)
    }
}

fn power_of_ten(exponent: u32) -> Extended {
    let mut power = Extended::of_integer(1);
    let mut square = Extended::of_integer(10);
    let mut left = exponent;
    loop {
        if left & 1 == 1 {
            power = power.times(square);
        }
        left >>= 1;
        if left == 0 {
            return power;
        }
        square = square.times(square);
    }
}

/// Prints a REAL as `CAST(x AS TEXT)` and `||` do: 15 significant digits, always with a point.
///
/// `None` for NaN, which SQLite cannot hold: it is NULL.
pub fn sqlite_real_text(value: f64, release: SqliteRelease) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    let sign = if value < 0.0 { "-" } else { "" };
    if value.is_infinite() {
        return Some(format!("{sign}Inf"));
    }
    if value == 0.0 {
        return Some("0.0".to_owned());
    }
    let (digits, exponent) = match release {
        SqliteRelease::Before343 => {
            let (scaled, mut exponent) = normalized(Extended::of_float(value.abs()));
            let mut rest = scaled.plus(Extended::of_float(rounder(14)));
            if rest.at_least(Extended::of_float(10.0)) {
                rest = rest.times(Extended::of_float(0.1));
                exponent += 1;
            }
            let mut source = Digits {
                rest,
                significant_left: 26,
            };
            let digits: String = (0..15)
                .map(|_| char::from(b'0' + source.take() as u8))
                .collect();
            (digits, exponent)
        }
        SqliteRelease::Since343 => {
            let printed = format!("{:.45e}", value.abs());
            let (mantissa, exponent) = printed
                .split_once('e')
                .expect("`{:e}` always prints an exponent");
            let exponent: i32 = exponent.parse().expect("`{:e}` prints a decimal exponent");
            let all: u128 = mantissa
                .bytes()
                .filter(u8::is_ascii_digit)
                .take(16)
                .fold(0, |n, d| n * 10 + u128::from(d - b'0'));
            let rounded = all / 10 + u128::from(all % 10 >= 5);
            if rounded == 10_u128.pow(15) {
                ("100000000000000".to_owned(), exponent + 1)
            } else {
                (rounded.to_string(), exponent)
            }
        }
    };
    let trimmed = digits.trim_end_matches('0');
    let text = if !(-4..=14).contains(&exponent) {
        let (first, rest) = trimmed.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        format!("{first}.{rest}e{exponent_sign}{:02}", exponent.abs())
    } else if exponent < 0 {
        format!("0.{}{trimmed}", "0".repeat((-exponent - 1) as usize))
    } else {
        let (whole, rest) = digits.split_at(exponent as usize + 1);
        let rest = rest.trim_end_matches('0');
        format!("{whole}.{}", if rest.is_empty() { "0" } else { rest })
    };
    Some(format!("{sign}{text}"))
}

/// Reads text as `CAST(text AS INTEGER)` does: the longest integer prefix, 0 when there is none.
pub fn sqlite_integer_of_text(text: &str) -> i64 {
    let trimmed = text.trim_start_matches(sqlite_space);
    let (negative, unsigned) = signed(trimmed);
    let mut magnitude = 0_i128;
    for digit in unsigned.bytes().take_while(u8::is_ascii_digit) {
        magnitude = (magnitude * 10 + i128::from(digit - b'0')).min(1 << 70);
    }
    let value = if negative { -magnitude } else { magnitude };
    value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Reads text as `CAST(text AS REAL)` does: the longest number prefix, 0.0 when there is none.
pub fn sqlite_real_of_text(text: &str) -> f64 {
    let trimmed = text.trim_start_matches(sqlite_space);
    let nothing = if signed(trimmed).0 { -0.0 } else { 0.0 };
    number_prefix(trimmed).parse().unwrap_or(nothing)
}

/// Converts text as a column or operand of NUMERIC affinity does; `None` when it stays text.
pub fn sqlite_numeric_of_text(text: &str) -> Option<SqliteNumber> {
    let trimmed = text.trim_matches(sqlite_space);
    let prefix = number_prefix(trimmed);
    if prefix.is_empty() || prefix.len() != trimmed.len() {
        return None;
    }
    if let Ok(integer) = prefix.parse() {
        return Some(SqliteNumber::Integer(integer));
    }
    let real: f64 = prefix.parse().ok()?;
    // A real that is a whole number of at most 51 bits is stored as an integer.
    if real.fract() == 0.0 && real.abs() < 2_251_799_813_685_248.0 {
        return Some(SqliteNumber::Integer(real as i64));
    }
    Some(SqliteNumber::Real(real))
}

/// Text as an operand of arithmetic: the number it begins with, or 0. It is REAL when that number has a point
/// or an exponent, or does not fit 64 bits.
pub fn sqlite_operand_of_text(text: &str) -> SqliteNumber {
    let prefix = number_prefix(text.trim_start_matches(sqlite_space));
    if prefix.is_empty() {
        return SqliteNumber::Integer(0);
    }
    match prefix.parse() {
        Ok(integer) => SqliteNumber::Integer(integer),
        Err(_) => SqliteNumber::Real(prefix.parse().unwrap_or(0.0)),
    }
}

/// Compares a number with a text as a comparison of NUMERIC affinity does: a text that is no number is more
/// than every number.
pub fn sqlite_compare_with_text(number: SqliteNumber, text: &str) -> Ordering {
    use SqliteNumber::{Integer, Real};
    let Some(other) = sqlite_numeric_of_text(text) else {
        return Ordering::Less;
    };
    match (number, other) {
        (Integer(a), Integer(b)) => a.cmp(&b),
        (Real(a), Real(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (Integer(a), Real(b)) => integer_with_real(a, b),
        (Real(a), Integer(b)) => integer_with_real(b, a).reverse(),
    }
}

/// Compares exactly, where the integer may have more digits than a float holds.
fn integer_with_real(integer: i64, real: f64) -> Ordering {
    if real < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    if real >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    let below = real.trunc();
    integer.cmp(&(below as i64)).then(
        0.0_f64
            .partial_cmp(&(real - below))
            .unwrap_or(Ordering::Equal),
    )
}

/// The integer a well-formed number in a text equals, if it equals one.
pub fn sqlite_whole_of_text(text: &str) -> Option<i64> {
    match sqlite_numeric_of_text(text)? {
        SqliteNumber::Integer(value) => Some(value),
        SqliteNumber::Real(real) => {
            let whole = real as i64;
            (integer_with_real(whole, real) == Ordering::Equal).then_some(whole)
        }
    }
}

fn sqlite_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Longest prefix of the form `[sign]digits[.digits][e[sign]digits]`; empty without a digit.
fn number_prefix(text: &str) -> &str {
    let bytes = text.as_bytes();
    let digits_from = |start: usize| {
        start
            + bytes[start..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count()
    };
    let start = text.len() - signed(text).1.len();
    let mut end = digits_from(start);
    let mut digits = end - start;
    if bytes.get(end) == Some(&b'.') {
        let after = digits_from(end + 1);
        digits += after - end - 1;
        if digits > 0 {
            end = after;
        }
    }
    if digits == 0 {
        return "";
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let first = end + 1 + sign;
        if bytes.get(first).is_some_and(u8::is_ascii_digit) {
            end = digits_from(first);
        }
    }
    &text[..end]
}
