//! Division and modulo as Python defines them: towards minus infinity, the sign of the divisor.
//!
//! SQL truncates towards zero. Floats follow `Objects/floatobject.c`, `float_floor_div` and `float_rem`.

use crate::PythonError;

/// Divides as `a / b` of integers does: the quotient nearest to the exact one, also beyond 2^53.
pub fn python_divide_integers(dividend: i64, divisor: i64) -> Result<f64, PythonError> {
    if divisor == 0 {
        return Err(PythonError::ZeroDivision("division by zero"));
    }
    if dividend == 0 {
        return Ok(if divisor < 0 { -0.0 } else { 0.0 });
    }
    let (a, b) = (
        u128::from(dividend.unsigned_abs()),
        u128::from(divisor.unsigned_abs()),
    );
    // The widest dividend leaves 64 or more quotient bits; what is cut off only breaks ties.
    let shift = a.leading_zeros();
    let wide = a << shift;
    let quotient = (wide / b) | u128::from(wide % b != 0);
    let magnitude = quotient as f64 * 2.0_f64.powi(-(shift as i32));
    Ok(if (dividend < 0) == (divisor < 0) {
        magnitude
    } else {
        -magnitude
    })
}

/// Divides as `a / b` of floats does.
pub fn python_divide_floats(dividend: f64, divisor: f64) -> Result<f64, PythonError> {
    if divisor == 0.0 {
        return Err(PythonError::ZeroDivision("float division by zero"));
    }
    Ok(dividend / divisor)
}

/// Divides as `a // b` of integers does.
pub fn python_floor_divide_integers(dividend: i64, divisor: i64) -> Result<i64, PythonError> {
    if divisor == 0 {
        return Err(PythonError::ZeroDivision(
            "integer division or modulo by zero",
        ));
    }
    let (quotient, overflowed) = dividend.overflowing_div(divisor);
    if overflowed {
        return Err(PythonError::BeyondInt64(format!("{dividend} // {divisor}")));
    }
    let remainder = dividend % divisor;
    Ok(if remainder != 0 && (remainder < 0) != (divisor < 0) {
        quotient - 1
    } else {
        quotient
    })
}

/// Takes the remainder as `a % b` of integers does.
pub fn python_modulo_integers(dividend: i64, divisor: i64) -> Result<i64, PythonError> {
    if divisor == 0 {
        return Err(PythonError::ZeroDivision("integer modulo by zero"));
    }
    let remainder = dividend.wrapping_rem(divisor);
    Ok(if remainder != 0 && (remainder < 0) != (divisor < 0) {
        remainder + divisor
    } else {
        remainder
    })
}

/// Divides as `a // b` of floats does.
pub fn python_floor_divide_floats(dividend: f64, divisor: f64) -> Result<f64, PythonError> {
    if divisor == 0.0 {
        return Err(PythonError::ZeroDivision("float floor division by zero"));
    }
    let remainder = dividend % divisor;
    let mut quotient = (dividend - remainder) / divisor;
    if remainder != 0.0 && (divisor < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return Ok(0.0_f64.copysign(dividend / divisor));
    }
    let floor = quotient.floor();
    Ok(if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    })
}

/// Takes the remainder as `a % b` of floats does.
pub fn python_modulo_floats(dividend: f64, divisor: f64) -> Result<f64, PythonError> {
    if divisor == 0.0 {
        return Err(PythonError::ZeroDivision("float modulo"));
    }
    let remainder = dividend % divisor;
    if remainder == 0.0 {
        return Ok(0.0_f64.copysign(divisor));
    }
    Ok(
        if (divisor < 0.0) == (remainder < 0.0) || remainder.is_nan() {
            remainder
        } else {
            remainder + divisor
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_of_long_integers_are_rounded_once() {
        for (a, b, quotient) in [
            (7, 2, 3.5),
            (-1, 3, -1.0 / 3.0),
            (9_007_199_254_740_993, 1, 9_007_199_254_740_992.0),
            (9_007_199_254_740_995, 3, 3_002_399_751_580_331.5),
            (i64::MAX, i64::MIN, -1.0),
            (1, i64::MIN, -1.084_202_172_485_504_4e-19),
        ] {
            assert_eq!(python_divide_integers(a, b), Ok(quotient), "{a} / {b}");
        }
        assert!(python_divide_integers(1, 0).is_err());
    }
}
