//! Exact decimals: an integer and a count of digits after the point.
//!
//! `quantize` follows Python's `decimal` module: every rounding mode, and `InvalidOperation` when the
//! result needs more digits than the default context's 28. A zero has no sign here (Arrow's decimals
//! have none either), where Python prints `-0.00` for a negative amount rounded to nothing.

use std::cmp::Ordering;

use crate::{PythonError, python_float_text, python_strip};

/// Digits of Python's default decimal context.
const CONTEXT_DIGITS: u32 = 28;

/// `unscaled` divided by ten to the `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits with their sign.
    pub unscaled: i128,
    /// Digits after the point; negative for trailing zeros before it.
    pub scale: i32,
}

/// The rounding modes of Python's `decimal` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecimalRounding {
    /// To nearest, ties to the even digit.
    HalfEven,
    /// To nearest, ties away from zero.
    HalfUp,
    /// To nearest, ties towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards plus infinity.
    Ceiling,
    /// Towards minus infinity.
    Floor,
    /// Away from zero when the last kept digit would be 0 or 5, otherwise towards zero.
    ZeroFiveUp,
}

impl DecimalRounding {
    /// Every mode.
    pub const ALL: [Self; 8] = [
        Self::HalfEven,
        Self::HalfUp,
        Self::HalfDown,
        Self::Up,
        Self::Down,
        Self::Ceiling,
        Self::Floor,
        Self::ZeroFiveUp,
    ];

    /// The constant's name in Python, `ROUND_HALF_EVEN` and so on.
    pub fn python_name(self) -> &'static str {
        match self {
            Self::HalfEven => "ROUND_HALF_EVEN",
            Self::HalfUp => "ROUND_HALF_UP",
            Self::HalfDown => "ROUND_HALF_DOWN",
            Self::Up => "ROUND_UP",
            Self::Down => "ROUND_DOWN",
            Self::Ceiling => "ROUND_CEILING",
            Self::Floor => "ROUND_FLOOR",
            Self::ZeroFiveUp => "ROUND_05UP",
        }
    }

    /// Finds a mode by its name in Python.
    pub fn of_python_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.python_name() == name)
    }

    /// Divides and rounds; `divisor` is positive.
    fn divide(self, dividend: i128, divisor: i128) -> i128 {
        let quotient = dividend / divisor;
        let remainder = dividend % divisor;
        if remainder == 0 {
            return quotient;
        }
        let negative = dividend < 0;
        // Twice the remainder may overflow; the rest of the divisor does not.
        let half = remainder.abs().cmp(&(divisor - remainder.abs()));
        let away = match self {
            Self::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 != 0),
            Self::HalfUp => half.is_ge(),
            Self::HalfDown => half.is_gt(),
            Self::Up => true,
            Self::Down => false,
            Self::Ceiling => !negative,
            Self::Floor => negative,
            Self::ZeroFiveUp => quotient % 5 == 0,
        };
        match (away, negative) {
            (false, _) => quotient,
            (true, false) => quotient + 1,
            (true, true) => quotient - 1,
        }
    }
}

impl Decimal {
    /// Puts digits and scale together.
    pub fn new(unscaled: i128, scale: i32) -> Self {
        Self { unscaled, scale }
    }

    /// Returns the exact value of the float's `repr`, as `Decimal(str(x))`; `None` for nan, infinities
    /// and magnitudes beyond 38 digits.
    pub fn of_float_text(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        Self::parse(&python_float_text(value)).ok()
    }

    /// Reads text as `Decimal(text)` does, without nan, infinities and non-ASCII digits.
    pub fn parse(text: &str) -> Result<Self, PythonError> {
        let refused = || {
            PythonError::InvalidOperation("the text is not a decimal number of at most 38 digits")
        };
        let trimmed = python_strip(text).replace('_', "");
        let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(&trimmed);
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (
                &unsigned[..at],
                unsigned[at + 1..].parse::<i32>().map_err(|_| refused())?,
            ),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let magnitude: i128 = digits.parse().map_err(|_| refused())?;
        let scale = (fraction.len() as i32)
            .checked_sub(exponent)
            .ok_or_else(refused)?;
        let unscaled = if trimmed.starts_with('-') {
            -magnitude
        } else {
            magnitude
        };
        Ok(Self { unscaled, scale })
    }

    /// Rounds to `scale` digits after the point as `x.quantize(Decimal(1).scaleb(-scale), rounding=mode)`
    /// does, the limit of 28 digits included.
    pub fn quantize(self, scale: i32, mode: DecimalRounding) -> Result<Self, PythonError> {
        let refused = PythonError::InvalidOperation(
            "quantize result has too many digits for current context",
        );
        let rounded = self.rescaled(scale, mode).ok_or_else(|| refused.clone())?;
        if rounded.unscaled.unsigned_abs() >= 10_u128.pow(CONTEXT_DIGITS) {
            return Err(refused);
        }
        Ok(rounded)
    }

    /// Rounds to `scale` digits after the point without a limit but that of 128 bits.
    pub fn rescaled(self, scale: i32, mode: DecimalRounding) -> Option<Self> {
        let places = i64::from(scale) - i64::from(self.scale);
        let unscaled = match u32::try_from(places.unsigned_abs())
            .ok()
            .and_then(|places| 10_i128.checked_pow(places))
        {
            Some(power) if places >= 0 => self.unscaled.checked_mul(power)?,
            Some(power) => mode.divide(self.unscaled, power),
            None if self.unscaled == 0 => 0,
            None if places > 0 => return None,
            // The unit is larger than any value: what is left is the direction of rounding.
            None => mode.divide(self.unscaled.signum(), 10),
        };
        Some(Self { unscaled, scale })
    }

    /// Adds exactly; `None` beyond 128 bits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let exact = |value: Self| value.rescaled(scale, DecimalRounding::Down);
        let unscaled = exact(self)?.unscaled.checked_add(exact(other)?.unscaled)?;
        Some(Self { unscaled, scale })
    }

    /// Multiplies exactly; `None` beyond 128 bits.
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self {
            unscaled: self.unscaled.checked_mul(other.unscaled)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// Orders by value: `1.0` and `1.00` are equal.
    pub fn compare(self, other: Self) -> Ordering {
        let places = i64::from(other.scale) - i64::from(self.scale);
        if places < 0 {
            return other.compare(self).reverse();
        }
        let scaled = u32::try_from(places)
            .ok()
            .and_then(|places| 10_i128.checked_pow(places))
            .and_then(|power| self.unscaled.checked_mul(power));
        match scaled {
            Some(scaled) => scaled.cmp(&other.unscaled),
            None if self.unscaled == 0 => 0.cmp(&other.unscaled),
            // More than 128 bits on this side, so its sign decides.
            None => self.unscaled.cmp(&0),
        }
    }

    /// Returns the nearest float, as `float(Decimal)` does.
    pub fn nearest_float(self) -> f64 {
        format!("{}e{}", self.unscaled, -i64::from(self.scale))
            .parse()
            .expect("digits with an exponent are a float")
    }

    /// Drops trailing zeros after the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        let mut value = self;
        while value.scale > 0 && value.unscaled % 10 == 0 {
            value.unscaled /= 10;
            value.scale -= 1;
        }
        value
    }

    /// Prints as `str(Decimal)` does: fixed, or scientific for positive exponents and beyond six leading zeros.
    pub fn python_text(self) -> String {
        let digits = self.unscaled.unsigned_abs().to_string();
        let adjusted = digits.len() as i64 - 1 - i64::from(self.scale);
        if self.scale >= 0 && adjusted >= -6 {
            return decimal_text(self.unscaled, self.scale);
        }
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}E{adjusted:+}")
    }
}

/// Prints a decimal in fixed notation with all digits of its scale, as `format(d, "f")` does.
pub fn decimal_text(unscaled: i128, scale: i32) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs().to_string();
    let Ok(places) = usize::try_from(scale) else {
        let zeros = if unscaled == 0 {
            0
        } else {
            scale.unsigned_abs() as usize
        };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    };
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}")
}
