//! `decimal.Decimal` in the default context: 28 digits, ties to even, signed zeros and exponents kept.
//!
//! How many digits a quotient has depends on its operands, so such a decimal has no column type; it travels
//! as the text `str` gives it, which holds digits, exponent and sign. Infinities and NaN are not modelled:
//! what would make one is an error, as it is in Python unless its traps are switched off.

use std::cmp::Ordering;

use super::{FormatSpec, PythonFunction, PythonValue, rounding_mode};
use crate::{Decimal, DecimalRounding, PythonError, python_strip};

/// Digits of the default context.
const PRECISION: usize = 28;

/// Largest magnitude of an exponent that is computed with here.
const EXPONENT_MAX: i32 = 5000;

/// `(-1)^negative * digits * 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextDecimal {
    negative: bool,
    /// Decimal digits, most significant first; `[0]` for zero, no leading zeros otherwise.
    digits: Vec<u8>,
    exponent: i32,
}

pub(super) fn evaluate(
    function: PythonFunction,
    arguments: &[PythonValue],
) -> Option<Result<PythonValue, PythonError>> {
    use PythonFunction as F;
    use PythonValue as V;
    if let (F::ContextDecimalOfFloat, [V::Float(value)]) = (function, arguments) {
        return Some(ContextDecimal::of_float(*value).map(|value| V::Text(value.text())));
    }
    let (V::Text(text), rest) = arguments.split_first()? else {
        return None;
    };
    if function == F::IsDecimalText {
        return Some(match ContextDecimal::parse(text) {
            Ok(_) => Ok(V::Bool(true)),
            Err(PythonError::InvalidOperation(_)) => Ok(V::Bool(false)),
            Err(other) => Err(other),
        });
    }
    if function == F::IsDecimalWord {
        let trimmed = python_strip(text).replace('_', "").to_ascii_lowercase();
        let word = trimmed.strip_prefix(['+', '-']).unwrap_or(&trimmed);
        let digits = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
        let nan = word
            .strip_prefix("nan")
            .or_else(|| word.strip_prefix("snan"));
        let found = matches!(word, "inf" | "infinity") || nan.is_some_and(digits);
        return Some(Ok(V::Bool(found)));
    }
    let of = |value: ContextDecimal| V::Text(value.text());
    let one = || ContextDecimal::parse(text);
    let answer = match (function, rest) {
        (F::ContextDecimalOfText, []) => one().map(of),
        (
            F::ContextAdd | F::ContextSubtract | F::ContextMultiply | F::ContextDivide,
            [V::Text(other)],
        ) => one().and_then(|a| {
            let b = ContextDecimal::parse(other)?;
            match function {
                F::ContextAdd => Ok(a.plus(&b)),
                F::ContextSubtract => Ok(a.plus(&b.negated())),
                F::ContextMultiply => a.times(&b),
                _ => a.divided_by(&b),
            }
            .map(of)
        }),
        (F::ContextNegate, []) => one().map(|a| {
            // Minus zero is zero.
            of(if a.is_zero() {
                a.absolute()
            } else {
                a.negated().in_context()
            })
        }),
        (F::ContextAbsolute, []) => one().map(|a| of(a.absolute())),
        (F::ContextNormalize, []) => one().map(|a| of(a.normalized())),
        (F::ContextCompare, [V::Text(other)]) => one().and_then(|a| {
            let order = a.compare(&ContextDecimal::parse(other)?)?;
            Ok(V::Int(match order {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }))
        }),
        (F::ContextIsNegative, []) => one().map(|a| V::Bool(a.negative)),
        (F::ContextQuantize, [V::Int(scale), V::Text(mode)]) => {
            one().and_then(|a| a.quantized(*scale, rounding_mode(mode)?))
        }
        (F::ContextToFloat, []) => one().and_then(|a| {
            a.text()
                .parse()
                .map(V::Float)
                .map_err(|_| PythonError::Unmodelled("this decimal as a float".to_owned()))
        }),
        (F::ContextToInt, []) => one().and_then(|a| {
            let whole = a.rescaled(0, DecimalRounding::Down);
            let text = whole.plain_text();
            text.parse()
                .map(V::Int)
                .map_err(|_| PythonError::BeyondInt64(format!("int(Decimal('{}'))", a.text())))
        }),
        (F::FormatDecimal, [V::Text(spec)]) => one().and_then(|a| {
            FormatSpec::parse(spec)
                .and_then(|spec| spec.decimal(&a))
                .map(V::Text)
        }),
        _ => return None,
    };
    Some(answer)
}

impl ContextDecimal {
    /// Reads `Decimal(text)`, without infinities and NaN.
    pub fn parse(text: &str) -> Result<Self, PythonError> {
        let refused = || PythonError::InvalidOperation("the text is not a finite decimal number");
        let trimmed = python_strip(text).replace('_', "");
        let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(&trimmed);
        if !trimmed.is_ascii() {
            return Err(PythonError::Unmodelled(format!("Decimal of {text:?}")));
        }
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => {
                let exponent = &unsigned[at + 1..];
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(refused());
                }
                (&unsigned[..at], exponent.parse::<i32>().ok())
            }
            None => (unsigned, Some(0)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(refused());
        }
        let exponent = exponent
            .and_then(|exponent| exponent.checked_sub(i32::try_from(fraction.len()).ok()?))
            .filter(|exponent| exponent.abs() <= EXPONENT_MAX)
            .ok_or_else(|| PythonError::Unmodelled(format!("Decimal of {text:?}")))?;
        Ok(Self::made(
            trimmed.starts_with('-'),
            digits.into_iter().map(|byte| byte - b'0').collect(),
            exponent,
        ))
    }

    fn of_float(value: f64) -> Result<Self, PythonError> {
        if !value.is_finite() {
            return Err(PythonError::Unmodelled(
                "Decimal of an infinity or NaN".to_owned(),
            ));
        }
        // All digits of a float: at most 1074 after the point.
        let text = format!("{value:.1074}");
        let plain = text.trim_end_matches('0').trim_end_matches('.');
        Self::parse(plain)
    }

    fn made(negative: bool, mut digits: Vec<u8>, exponent: i32) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros.min(digits.len().saturating_sub(1)));
        if digits.is_empty() {
            digits.push(0);
        }
        Self {
            negative,
            digits,
            exponent,
        }
    }

    fn is_zero(&self) -> bool {
        self.digits == [0]
    }

    fn negated(&self) -> Self {
        Self {
            negative: !self.negative,
            ..self.clone()
        }
    }

    fn absolute(&self) -> Self {
        Self {
            negative: false,
            ..self.clone()
        }
        .in_context()
    }

    /// The same digits times a power of ten.
    pub(super) fn shifted(&self, places: i32) -> Self {
        Self {
            exponent: self.exponent + places,
            ..self.clone()
        }
    }

    /// Rounded to the digits of the context.
    fn in_context(self) -> Self {
        let excess = self.digits.len().saturating_sub(PRECISION);
        if excess == 0 {
            return self;
        }
        let scale = -(self.exponent + excess as i32);
        let mut rounded = self.rescaled(scale, DecimalRounding::HalfEven);
        // 9.99… became 10.00…: one digit too many, which is a zero.
        if rounded.digits.len() > PRECISION {
            rounded.digits.pop();
            rounded.exponent += 1;
        }
        rounded
    }

    /// With `scale` digits after the point.
    pub(super) fn rescaled(&self, scale: i32, mode: DecimalRounding) -> Self {
        let target = -scale;
        if self.is_zero() || target <= self.exponent {
            let mut digits = self.digits.clone();
            if !self.is_zero() {
                digits.extend(std::iter::repeat_n(0, (self.exponent - target) as usize));
            }
            return Self::made(self.negative, digits, target);
        }
        let dropped = (target - self.exponent) as usize;
        let kept = self.digits.len().saturating_sub(dropped);
        let mut digits: Vec<u8> = self.digits[..kept].to_vec();
        let cut = &self.digits[kept..];
        // What is cut off, against a half of the last kept place.
        let half = if dropped > self.digits.len() {
            Ordering::Less
        } else {
            cut[0]
                .cmp(&5)
                .then_with(|| usize::from(cut[1..].iter().any(|digit| *digit != 0)).cmp(&0))
        };
        let exact = cut.iter().all(|digit| *digit == 0);
        let last = digits.last().copied().unwrap_or(0);
        let away = !exact
            && match mode {
                DecimalRounding::HalfEven => half.is_gt() || (half.is_eq() && last % 2 == 1),
                DecimalRounding::HalfUp => half.is_ge(),
                DecimalRounding::HalfDown => half.is_gt(),
                DecimalRounding::Up => true,
                DecimalRounding::Down => false,
                DecimalRounding::Ceiling => !self.negative,
                DecimalRounding::Floor => self.negative,
                DecimalRounding::ZeroFiveUp => last % 5 == 0,
            };
        if away {
            increment(&mut digits);
        }
        Self::made(self.negative, digits, target)
    }

    fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.aligned(exponent), other.aligned(exponent));
        if self.negative == other.negative {
            return Self::made(self.negative, added(&a, &b), exponent).in_context();
        }
        let (negative, digits) = match magnitude_order(&a, &b) {
            Ordering::Equal => (false, vec![0]),
            Ordering::Greater => (self.negative, subtracted(&a, &b)),
            Ordering::Less => (other.negative, subtracted(&b, &a)),
        };
        Self::made(negative, digits, exponent).in_context()
    }

    /// Digits at a smaller exponent.
    fn aligned(&self, exponent: i32) -> Vec<u8> {
        let mut digits = self.digits.clone();
        digits.extend(std::iter::repeat_n(0, (self.exponent - exponent) as usize));
        digits
    }

    fn times(&self, other: &Self) -> Result<Self, PythonError> {
        let mut product = vec![0_u32; self.digits.len() + other.digits.len()];
        for (i, a) in self.digits.iter().rev().enumerate() {
            for (j, b) in other.digits.iter().rev().enumerate() {
                product[i + j] += u32::from(*a) * u32::from(*b);
            }
        }
        let mut carry = 0;
        let mut digits: Vec<u8> = product
            .into_iter()
            .map(|place| {
                let sum = place + carry;
                carry = sum / 10;
                (sum % 10) as u8
            })
            .collect();
        digits.reverse();
        let exponent = checked(self.exponent + other.exponent)?;
        Ok(Self::made(self.negative != other.negative, digits, exponent).in_context())
    }

    fn divided_by(&self, other: &Self) -> Result<Self, PythonError> {
        if other.is_zero() {
            return Err(if self.is_zero() {
                PythonError::InvalidOperation("0 / 0")
            } else {
                PythonError::ZeroDivision("[<class 'decimal.DivisionByZero'>]")
            });
        }
        let negative = self.negative != other.negative;
        let ideal = checked(self.exponent - other.exponent)?;
        if self.is_zero() {
            return Ok(Self::made(negative, vec![0], ideal));
        }
        let shift = other.digits.len() as i32 - self.digits.len() as i32 + PRECISION as i32 + 1;
        let (mut dividend, mut divisor) = (self.digits.clone(), other.digits.clone());
        let zeros = std::iter::repeat_n(0, shift.unsigned_abs() as usize);
        if shift >= 0 {
            dividend.extend(zeros);
        } else {
            divisor.extend(zeros);
        }
        let (mut quotient, exact) = divided(&dividend, &divisor);
        let mut exponent = ideal - shift;
        if exact {
            while exponent < ideal && quotient.len() > 1 && quotient.last() == Some(&0) {
                quotient.pop();
                exponent += 1;
            }
        } else if quotient.last().is_some_and(|digit| digit % 5 == 0) {
            // A digit that says there is more, so that a tie is none.
            increment(&mut quotient);
        }
        Ok(Self::made(negative, quotient, exponent).in_context())
    }

    fn normalized(&self) -> Self {
        let mut value = self.clone().in_context();
        if value.is_zero() {
            value.exponent = 0;
            return value;
        }
        while value.digits.len() > 1 && value.digits.last() == Some(&0) {
            value.digits.pop();
            value.exponent += 1;
        }
        value
    }

    fn compare(&self, other: &Self) -> Result<Ordering, PythonError> {
        let difference = {
            let exponent = self.exponent.min(other.exponent);
            if (self.exponent - exponent).max(other.exponent - exponent) > EXPONENT_MAX {
                return Err(PythonError::Unmodelled("decimals so far apart".to_owned()));
            }
            let (a, b) = (self.aligned(exponent), other.aligned(exponent));
            let (a, b) = (
                Self::made(self.negative, a, 0),
                Self::made(other.negative, b, 0),
            );
            match (a.is_zero() || !a.negative, b.is_zero() || !b.negative) {
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (true, true) => magnitude_order(&a.digits, &b.digits),
                (false, false) => magnitude_order(&b.digits, &a.digits),
            }
        };
        // Zero equals minus zero.
        Ok(if self.is_zero() && other.is_zero() {
            Ordering::Equal
        } else {
            difference
        })
    }

    /// `quantize` to a scale, as a decimal of a column. There zero has no sign.
    fn quantized(&self, scale: i64, mode: DecimalRounding) -> Result<PythonValue, PythonError> {
        let refused = || {
            PythonError::InvalidOperation("quantize result has too many digits for current context")
        };
        let scale = i32::try_from(scale).map_err(|_| refused())?;
        let rounded = self.rescaled(scale, mode);
        if rounded.digits.len() > PRECISION {
            return Err(refused());
        }
        let mut unscaled: i128 = 0;
        for digit in &rounded.digits {
            unscaled = unscaled * 10 + i128::from(*digit);
        }
        let unscaled = if rounded.negative {
            -unscaled
        } else {
            unscaled
        };
        Ok(PythonValue::Decimal(Decimal::new(unscaled, scale)))
    }

    /// `str(decimal)`.
    pub fn text(&self) -> String {
        let adjusted = i64::from(self.exponent) + self.digits.len() as i64 - 1;
        if self.exponent <= 0 && adjusted >= -6 {
            return self.plain_text();
        }
        let digits = self.digit_text();
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{first}{point}{rest}E{adjusted:+}")
    }

    fn digit_text(&self) -> String {
        self.digits
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }

    /// Without an exponent.
    pub(super) fn plain_text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = self.digit_text();
        if self.exponent >= 0 {
            let zeros = if self.is_zero() {
                0
            } else {
                self.exponent as usize
            };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        let places = self.exponent.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        format!("{sign}{whole}.{fraction}")
    }
}

fn checked(exponent: i32) -> Result<i32, PythonError> {
    if exponent.abs() <= EXPONENT_MAX {
        Ok(exponent)
    } else {
        Err(PythonError::Unmodelled(format!(
            "a decimal with exponent {exponent}"
        )))
    }
}

/// Adds one in the last place.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    &digits[zeros..]
}

fn magnitude_order(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn added(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut sum = Vec::with_capacity(a.len().max(b.len()) + 1);
    let mut carry = 0;
    let (mut a, mut b) = (a.iter().rev(), b.iter().rev());
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() && carry == 0 {
            break;
        }
        let place = x.copied().unwrap_or(0) + y.copied().unwrap_or(0) + carry;
        sum.push(place % 10);
        carry = place / 10;
    }
    sum.reverse();
    sum
}

/// `a - b` where `a` is at least `b`.
fn subtracted(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut difference = Vec::with_capacity(a.len());
    let mut borrow = 0;
    let b = significant(b);
    let mut b = b.iter().rev();
    for digit in a.iter().rev() {
        let taken = b.next().copied().unwrap_or(0) + borrow;
        if *digit >= taken {
            difference.push(digit - taken);
            borrow = 0;
        } else {
            difference.push(digit + 10 - taken);
            borrow = 1;
        }
    }
    difference.reverse();
    difference
}

/// Quotient, and whether nothing is left over.
fn divided(dividend: &[u8], divisor: &[u8]) -> (Vec<u8>, bool) {
    let mut quotient = Vec::with_capacity(dividend.len());
    let mut rest: Vec<u8> = Vec::new();
    for digit in dividend {
        rest.push(*digit);
        let mut times = 0;
        while magnitude_order(&rest, divisor).is_ge() {
            rest = subtracted(&rest, divisor);
            times += 1;
        }
        rest = significant(&rest).to_vec();
        quotient.push(times);
    }
    (quotient, rest.is_empty())
}
