//! Exact decimals: rounding to a scale by Python's modes, and the decimal a float prints as.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use deltalake::datafusion::error::{DataFusionError, Result};
use relift_values::{Decimal, DecimalRounding, decimal_text, python_float_text};

use super::function::{Function, decimal, failed, integer, number, text, text_at};

pub(super) const ROUND_HALF_EVEN: Function = Function {
    name: "round_half_even",
    parameters: "decimal, scale",
    summary: "rounds a decimal half to even to a scale written in the query, keeping its precision",
    coerced: |types| match types {
        [d, n] if decimal(d) && integer(n) => Some(vec![wide(d), DataType::Int64]),
        _ => None,
    },
    returned: |types, constants| match types[0] {
        DataType::Decimal128(precision, _) => {
            let scale = scale(constants.whole(1, "scale")?, precision)?;
            Ok(DataType::Decimal128(precision, scale))
        }
        _ => Err(DataFusionError::Plan(
            "the first argument is not a decimal".into(),
        )),
    },
    computed: |arrays, returned| {
        rounded(&arrays[0], returned, |value, scale, _| {
            value
                .rescaled(scale, DecimalRounding::HalfEven)
                .ok_or_else(|| failed("the result is beyond 38 digits"))
        })
    },
};

pub(super) const QUANTIZE: Function = Function {
    name: "quantize",
    parameters: "decimal, scale, mode",
    summary: "rounds as Decimal.quantize with a mode such as 'ROUND_HALF_UP'; more than 28 digits is an error",
    coerced: |types| match types {
        [d, n, mode] if decimal(d) && integer(n) && text(mode) => {
            Some(vec![wide(d), DataType::Int64, DataType::Utf8])
        }
        _ => None,
    },
    returned: |_, constants| {
        Ok(DataType::Decimal128(
            38,
            scale(constants.whole(1, "scale")?, 38)?,
        ))
    },
    computed: |arrays, returned| {
        let modes = arrays[2].as_string::<i32>();
        rounded(&arrays[0], returned, |value, scale, row| {
            let name = text_at(modes, row).unwrap_or_default();
            let mode = DecimalRounding::of_python_name(name).ok_or_else(|| {
                let known = DecimalRounding::ALL
                    .map(DecimalRounding::python_name)
                    .join(", ");
                failed(format!(
                    "unknown rounding mode \"{name}\"; known are {known}"
                ))
            })?;
            value.quantize(scale, mode).map_err(failed)
        })
    },
};

pub(super) const DECIMAL_OF_DOUBLE: Function = Function {
    name: "decimal_of_double",
    parameters: "double, precision, scale",
    summary: "returns the decimal that a float prints as, as Decimal(str(x)); more digits than given are an error",
    coerced: |types| match types {
        [x, p, s] if number(x) && integer(p) && integer(s) => {
            Some(vec![DataType::Float64, DataType::Int64, DataType::Int64])
        }
        _ => None,
    },
    returned: |_, constants| {
        let precision = constants.whole(1, "precision")?;
        let precision = u8::try_from(precision)
            .ok()
            .filter(|digits| (1..=38).contains(digits))
            .ok_or_else(|| {
                DataFusionError::Plan(format!("precision {precision} is not between 1 and 38"))
            })?;
        Ok(DataType::Decimal128(
            precision,
            scale(constants.whole(2, "scale")?, precision)?,
        ))
    },
    computed: |arrays, returned| {
        let DataType::Decimal128(precision, scale) = *returned else {
            return Err(wrong_type(returned));
        };
        let values = arrays[0].as_primitive::<Float64Type>();
        let limit = 10_u128.pow(precision.into());
        let decimals: Result<Decimal128Array> = values
            .iter()
            .map(|value| {
                let Some(value) = value else { return Ok(None) };
                let too_long = || {
                    let shown = python_float_text(value);
                    failed(format!(
                        "{shown} has more digits than decimal({precision},{scale})"
                    ))
                };
                let exact = Decimal::of_float_text(value).ok_or_else(too_long)?;
                let scaled = exact
                    .rescaled(scale.into(), DecimalRounding::Down)
                    .ok_or_else(too_long)?;
                let back = scaled.rescaled(exact.scale.max(scale.into()), DecimalRounding::Down);
                let same = exact.rescaled(exact.scale.max(scale.into()), DecimalRounding::Down);
                if back != same || scaled.unscaled.unsigned_abs() >= limit {
                    return Err(too_long());
                }
                Ok(Some(scaled.unscaled))
            })
            .collect();
        Ok(Arc::new(
            decimals?.with_precision_and_scale(precision, scale)?,
        ))
    },
};

/// Smaller decimals are computed in 128 bits.
fn wide(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        other => other.clone(),
    }
}

fn scale(scale: i64, precision: u8) -> Result<i8> {
    i8::try_from(scale)
        .ok()
        .filter(|digits| (0..=precision.cast_signed()).contains(digits))
        .ok_or_else(|| {
            DataFusionError::Plan(format!(
                "scale {scale} is not between 0 and the precision {precision}"
            ))
        })
}

fn wrong_type(data_type: &DataType) -> DataFusionError {
    DataFusionError::Internal(format!("a decimal result was planned as {data_type}"))
}

/// Rounds a column; `round` gets value, target scale and row.
fn rounded(
    values: &ArrayRef,
    returned: &DataType,
    round: impl Fn(Decimal, i32, usize) -> Result<Decimal>,
) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, scale) = *returned else {
        return Err(wrong_type(returned));
    };
    let DataType::Decimal128(_, from) = *values.data_type() else {
        return Err(wrong_type(values.data_type()));
    };
    let limit = 10_u128.pow(precision.into());
    let decimals: Result<Decimal128Array> = values
        .as_primitive::<Decimal128Type>()
        .iter()
        .enumerate()
        .map(|(row, value)| {
            let Some(unscaled) = value else {
                return Ok(None);
            };
            let result = round(Decimal::new(unscaled, from.into()), scale.into(), row)?;
            if result.unscaled.unsigned_abs() >= limit {
                let shown = decimal_text(result.unscaled, result.scale);
                return Err(failed(format!(
                    "{shown} does not fit decimal({precision},{scale})"
                )));
            }
            Ok(Some(result.unscaled))
        })
        .collect();
    Ok(Arc::new(
        decimals?.with_precision_and_scale(precision, scale)?,
    ))
}
