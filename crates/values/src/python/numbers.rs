//! `math`, powers and formatted numbers.
//!
//! `exp`, `log` and `pow` are those of the C library, as CPython's are; the recorded table of the tests
//! holds both to the last bit.

use super::{FormatSpec, PythonFunction, PythonValue};
use crate::PythonError;

pub(super) fn evaluate(
    function: PythonFunction,
    arguments: &[PythonValue],
) -> Option<Result<PythonValue, PythonError>> {
    use PythonFunction as F;
    use PythonValue as V;
    let domain = || PythonError::Value("math domain error".to_owned());
    Some(match (function, arguments) {
        (F::FormatInt, [V::Int(value), V::Text(spec)]) => FormatSpec::parse(spec)
            .and_then(|spec| spec.integer(*value))
            .map(V::Text),
        (F::FormatFloat, [V::Float(value), V::Text(spec)]) => FormatSpec::parse(spec)
            .and_then(|spec| spec.float(*value))
            .map(V::Text),
        (F::Floor, [V::Float(value)]) => whole(value.floor()),
        (F::Ceiling, [V::Float(value)]) => whole(value.ceil()),
        (F::SquareRoot, [V::Float(value)]) if *value < 0.0 => Err(domain()),
        (F::SquareRoot, [V::Float(value)]) => Ok(V::Float(value.sqrt())),
        (F::Exponential, [V::Float(value)]) => {
            let result = value.exp();
            if result.is_infinite() && value.is_finite() {
                Err(PythonError::Overflow("math range error"))
            } else {
                Ok(V::Float(result))
            }
        }
        (F::Logarithm | F::Logarithm10 | F::Logarithm2, [V::Float(value)]) => {
            if *value <= 0.0 {
                return Some(Err(domain()));
            }
            Ok(V::Float(match function {
                F::Logarithm => value.ln(),
                F::Logarithm10 => value.log10(),
                _ => value.log2(),
            }))
        }
        (F::IsInfinite, [V::Float(value)]) => Ok(V::Bool(value.is_infinite())),
        (F::Power, [V::Float(base), V::Float(exponent)]) => power(*base, *exponent),
        (F::IntPower, [V::Int(base), V::Int(exponent)]) => {
            let beyond = || PythonError::BeyondInt64(format!("{base} ** {exponent}"));
            match u32::try_from(*exponent) {
                Ok(exponent) => base.checked_pow(exponent).map(V::Int).ok_or_else(beyond),
                // 0, 1 and -1 have large powers, too.
                Err(_) if *exponent > 0 && (0..=1).contains(base) => Ok(V::Int(*base)),
                Err(_) => Err(beyond()),
            }
        }
        _ => return None,
    })
}

fn whole(value: f64) -> Result<PythonValue, PythonError> {
    crate::python_int_of_float(value).map(PythonValue::Int)
}

/// `base ** exponent` of floats.
fn power(base: f64, exponent: f64) -> Result<PythonValue, PythonError> {
    if base == 0.0 && exponent < 0.0 {
        return Err(PythonError::ZeroDivision(
            "0.0 cannot be raised to a negative power",
        ));
    }
    let fraction = exponent.is_finite() && exponent.fract() != 0.0;
    if base.is_finite() && base < 0.0 && fraction {
        return Err(PythonError::Unmodelled(
            "a negative number to a power that is not whole is complex".to_owned(),
        ));
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(PythonError::Overflow("Numerical result out of range"));
    }
    Ok(PythonValue::Float(result))
}
