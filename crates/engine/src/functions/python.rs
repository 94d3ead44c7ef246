//! Operations of Python on single values, each a function of SQL under its own name.
//!
//! What they compute is `relift_values`' matter; here rows become values and values become rows. NaN leaves
//! as NULL, which is what a missing float is in a query.
//!
//! An argument on which Python raises gives NULL. The frontend puts every operation behind the condition under
//! which it does not raise, but the optimiser turns a CASE of truth values into AND and OR, which the engine
//! evaluates for all rows; what it finds for the rows outside is never used. An answer that is not modelled,
//! or that a column cannot hold, has no such condition before it and is an error.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, FieldRef, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use deltalake::datafusion::common::ScalarValue;
use deltalake::datafusion::error::{DataFusionError, Result};
use deltalake::datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use relift_values::{Decimal, PythonError, PythonFunction, PythonKind, PythonValue};

use super::function::{decimal, failed, integer, number, text};

/// Digits of a decimal result.
const PRECISION: u8 = 38;

/// One operation as a function of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operation(pub(super) PythonFunction);

impl ScalarUDFImpl for Operation {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        static SIGNATURE: LazyLock<Signature> =
            LazyLock::new(|| Signature::user_defined(Volatility::Immutable));
        &SIGNATURE
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let wanted = self.0.parameters();
        let coerced: Option<Vec<DataType>> = (wanted.len() == given.len())
            .then(|| {
                wanted
                    .iter()
                    .zip(given)
                    .map(|(kind, given)| coerced(*kind, given))
                    .collect()
            })
            .flatten();
        coerced.ok_or_else(|| {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            DataFusionError::Plan(format!(
                "{} cannot take ({})",
                self.0.name(),
                given.join(", ")
            ))
        })
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal(format!(
            "the type of {} depends on its arguments",
            self.0.name()
        )))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let returned = match self.0.result() {
            PythonKind::Bool => DataType::Boolean,
            PythonKind::Int => DataType::Int64,
            PythonKind::Float => DataType::Float64,
            PythonKind::Text => DataType::Utf8,
            PythonKind::Date => DataType::Date32,
            PythonKind::Timestamp | PythonKind::Moment => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            PythonKind::Decimal => {
                let scale = match args.scalar_arguments.get(1).copied().flatten() {
                    Some(ScalarValue::Int64(Some(scale))) => i8::try_from(*scale).ok(),
                    _ => None,
                };
                let scale = scale.ok_or_else(|| {
                    DataFusionError::Plan(format!(
                        "{}: the scale must be a whole number written in the query",
                        self.0.name()
                    ))
                })?;
                DataType::Decimal128(PRECISION, scale)
            }
        };
        Ok(Arc::new(Field::new(self.0.name(), returned, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Vec<ArrayRef> = args
            .args
            .iter()
            .map(|value| value.to_array(args.number_rows))
            .collect::<Result<_>>()?;
        let mut answers = Vec::with_capacity(args.number_rows);
        let mut arguments = Vec::with_capacity(arrays.len());
        for row in 0..args.number_rows {
            arguments.clear();
            for array in &arrays {
                arguments.push(value_at(array, row)?);
            }
            answers.push(match self.0.evaluate(&arguments) {
                Ok(answer) => answer,
                Err(error) if self.guarded(&error) => PythonValue::None,
                Err(error) => return Err(failed(format!("{}: {error}", self.0.name()))),
            });
        }
        column(answers, args.return_field.data_type()).map(ColumnarValue::Array)
    }
}

impl Operation {
    /// Whether the frontend has put a condition before what raises this.
    fn guarded(self, error: &PythonError) -> bool {
        match error {
            PythonError::Value(_) | PythonError::Index(_) | PythonError::ZeroDivision(_) => true,
            PythonError::InvalidOperation(_) => self.0 != PythonFunction::ContextQuantize,
            PythonError::Overflow(_) | PythonError::BeyondInt64(_) | PythonError::Unmodelled(_) => {
                false
            }
        }
    }
}

fn coerced(kind: PythonKind, given: &DataType) -> Option<DataType> {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    match kind {
        PythonKind::Bool => {
            matches!(given, DataType::Boolean | DataType::Null).then_some(DataType::Boolean)
        }
        PythonKind::Int => integer(given).then_some(DataType::Int64),
        PythonKind::Float => number(given).then_some(DataType::Float64),
        PythonKind::Text => text(given).then_some(DataType::Utf8),
        PythonKind::Decimal => match given {
            DataType::Decimal128(..) => Some(given.clone()),
            _ if decimal(given) => Some(DataType::Decimal128(PRECISION, 0)),
            _ => None,
        },
        PythonKind::Date => {
            matches!(given, DataType::Date32 | DataType::Null).then_some(DataType::Date32)
        }
        PythonKind::Timestamp => {
            matches!(given, DataType::Timestamp(_, None) | DataType::Null).then_some(timestamp)
        }
        PythonKind::Moment => match given {
            DataType::Date32 | DataType::Null => Some(DataType::Date32),
            DataType::Timestamp(_, None) => Some(timestamp),
            _ => None,
        },
    }
}

fn value_at(array: &ArrayRef, row: usize) -> Result<PythonValue> {
    if array.is_null(row) {
        return Ok(PythonValue::None);
    }
    Ok(match array.data_type() {
        DataType::Boolean => PythonValue::Bool(array.as_boolean().value(row)),
        DataType::Int64 => PythonValue::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => PythonValue::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => PythonValue::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Date32 => PythonValue::Date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            PythonValue::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Decimal128(_, scale) => PythonValue::Decimal(Decimal::new(
            array.as_primitive::<Decimal128Type>().value(row),
            i32::from(*scale),
        )),
        other => return Err(failed(format!("a value of type {other}"))),
    })
}

fn column(answers: Vec<PythonValue>, data_type: &DataType) -> Result<ArrayRef> {
    macro_rules! collected {
        ($array:ty, $kind:ident) => {
            Arc::new(
                answers
                    .into_iter()
                    .map(|answer| match answer {
                        PythonValue::$kind(value) => Some(value),
                        _ => None,
                    })
                    .collect::<$array>(),
            )
        };
    }
    Ok(match data_type {
        DataType::Boolean => collected!(BooleanArray, Bool),
        DataType::Int64 => collected!(Int64Array, Int),
        DataType::Float64 => Arc::new(
            answers
                .into_iter()
                .map(|answer| match answer {
                    PythonValue::Float(value) if !value.is_nan() => Some(value),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        DataType::Utf8 => collected!(StringArray, Text),
        DataType::Date32 => collected!(Date32Array, Date),
        DataType::Timestamp(..) => collected!(TimestampMicrosecondArray, Timestamp),
        DataType::Decimal128(precision, scale) => {
            let unscaled = answers.into_iter().map(|answer| match answer {
                PythonValue::Decimal(value) => Some(value.unscaled),
                _ => None,
            });
            Arc::new(
                unscaled
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(*precision, *scale)?,
            )
        }
        other => return Err(failed(format!("a result of type {other}"))),
    })
}
