//! The x87's 80-bit floats, as far as SQLite before 3.43 computes with them.
//!
//! Those releases print and round through `long double`; on x86-64 that is a 64-bit significand, and
//! whether a half cent goes up or down can hang on its last bit. Only numbers that are not negative.

use std::cmp::Ordering;

/// `significand * 2^exponent`; the top bit of the significand is set unless the number is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extended {
    significand: u64,
    exponent: i32,
}

impl Extended {
    pub(crate) const ZERO: Self = Self {
        significand: 0,
        exponent: 0,
    };

    pub(crate) fn of_integer(value: u64) -> Self {
        Self::rounded(u128::from(value), 0, false)
    }

    /// The magnitude of a finite float, exactly.
    pub(crate) fn of_float(value: f64) -> Self {
        let bits = value.to_bits();
        let biased = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        if biased == 0 {
            Self::rounded(u128::from(fraction), -1074, false)
        } else {
            Self::rounded(u128::from(fraction | (1 << 52)), biased - 1075, false)
        }
    }

    /// Rounds `wide * 2^exponent` to 64 bits, ties to even; `sticky` says that more was cut off below.
    fn rounded(wide: u128, exponent: i32, sticky: bool) -> Self {
        if wide == 0 {
            return Self::ZERO;
        }
        let excess = 64 - wide.leading_zeros() as i32;
        if excess <= 0 {
            return Self {
                significand: (wide << -excess) as u64,
                exponent: exponent + excess,
            };
        }
        let kept = (wide >> excess) as u64;
        let cut = wide & ((1 << excess) - 1);
        let half = 1_u128 << (excess - 1);
        let up = match cut.cmp(&half) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => sticky || kept & 1 == 1,
        };
        match kept.checked_add(u64::from(up)) {
            Some(significand) => Self {
                significand,
                exponent: exponent + excess,
            },
            None => Self {
                significand: 1 << 63,
                exponent: exponent + excess + 1,
            },
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (large, small) = if self.at_least(other) {
            (self, other)
        } else {
            (other, self)
        };
        if small.significand == 0 {
            return large;
        }
        // Two bits below the larger number's last place decide the rounding, the rest is sticky.
        let shift = large.exponent - small.exponent;
        let wide = u128::from(large.significand) << 62;
        let (addend, sticky) = Self::shifted(small.significand, shift);
        Self::rounded_with_sticky(wide + addend, large.exponent - 62, sticky)
    }

    pub(crate) fn minus(self, smaller: Self) -> Self {
        if smaller.significand == 0 {
            return self;
        }
        let shift = self.exponent - smaller.exponent;
        let wide = u128::from(self.significand) << 62;
        let (subtrahend, sticky) = Self::shifted(smaller.significand, shift);
        Self::rounded_with_sticky(
            wide - subtrahend - u128::from(sticky),
            self.exponent - 62,
            sticky,
        )
    }

    /// `significand << 62 >> shift`, and whether bits were lost.
    fn shifted(significand: u64, shift: i32) -> (u128, bool) {
        let wide = u128::from(significand) << 62;
        if shift >= 127 {
            return (0, true);
        }
        (wide >> shift, wide & ((1 << shift) - 1) != 0)
    }

    fn rounded_with_sticky(wide: u128, exponent: i32, sticky: bool) -> Self {
        Self::rounded((wide << 1) | u128::from(sticky), exponent - 1, false)
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let product = u128::from(self.significand) * u128::from(other.significand);
        Self::rounded(product, self.exponent + other.exponent, false)
    }

    pub(crate) fn divided_by(self, divisor: Self) -> Self {
        if self.significand == 0 {
            return Self::ZERO;
        }
        let wide = u128::from(self.significand) << 64;
        let divisor_wide = u128::from(divisor.significand);
        let quotient = wide / divisor_wide;
        let sticky = wide % divisor_wide != 0;
        Self::rounded_with_sticky(quotient, self.exponent - divisor.exponent - 64, sticky)
    }

    pub(crate) fn at_least(self, other: Self) -> bool {
        match (self.significand, other.significand) {
            (_, 0) => true,
            (0, _) => false,
            _ => (self.exponent, self.significand) >= (other.exponent, other.significand),
        }
    }

    /// The whole part, for numbers below 2^63.
    pub(crate) fn whole(self) -> u64 {
        match u32::try_from(-self.exponent) {
            Ok(shift) => self.significand.checked_shr(shift).unwrap_or(0),
            Err(_) => self.significand << self.exponent,
        }
    }

    /// Rounds to a double, ties to even.
    pub(crate) fn float(self) -> f64 {
        if self.significand == 0 {
            return 0.0;
        }
        // Normal doubles only need the 11 low bits rounded off; subnormal ones lose more.
        let lowest = (self.exponent + 11).max(-1074);
        let cut = lowest - self.exponent;
        if cut > 64 {
            return 0.0;
        }
        let wide = u128::from(self.significand);
        let kept = (wide >> cut) as u64;
        let remainder = wide & ((1 << cut) - 1);
        let half = 1_u128 << (cut - 1);
        let up = remainder > half || (remainder == half && kept & 1 == 1);
        let scaled = (kept + u64::from(up)) as f64;
        // Two steps keep each power of two inside the range of normal doubles.
        let first = lowest / 2;
        scaled * 2.0_f64.powi(first) * 2.0_f64.powi(lowest - first)
    }
}
