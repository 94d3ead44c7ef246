//! Division and modulo as Python defines them: towards minus infinity, the sign of the divisor.
//!
//! SQL truncates towards zero. Floats follow `Objects/floatobject.c`, `float_floor_div` and `float_rem`.

use crate::PythonError;

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
