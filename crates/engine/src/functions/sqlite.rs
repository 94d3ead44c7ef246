//! Functions of SQLite on single values, each a function of SQL under its own name.
//!
//! What they compute is `relift_values`' matter; here rows become values and values become rows.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use deltalake::datafusion::error::{DataFusionError, Result};
use deltalake::datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use relift_values::{SqliteFunction, SqliteKind, SqliteValue};

use super::function::{failed, integer, number, text};

/// One function of SQLite as a function of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Call(pub(super) SqliteFunction);

impl ScalarUDFImpl for Call {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        static SIGNATURE: LazyLock<Signature> =
            LazyLock::new(|| Signature::user_defined(Volatility::Immutable));
        &SIGNATURE
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let refused = || {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            DataFusionError::Plan(format!(
                "{} cannot take ({})",
                self.0.name(),
                given.join(", ")
            ))
        };
        let coerced = given
            .iter()
            .map(|given| match given {
                DataType::Null => Some((DataType::Utf8, None)),
                given if text(given) => Some((DataType::Utf8, Some(SqliteKind::Text))),
                given if integer(given) => Some((DataType::Int64, Some(SqliteKind::Integer))),
                given if number(given) => Some((DataType::Float64, Some(SqliteKind::Real))),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(refused)?;
        let (types, kinds): (Vec<_>, Vec<_>) = coerced.into_iter().unzip();
        if self.0.accepts(&kinds) {
            Ok(types)
        } else {
            Err(refused())
        }
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Ok(match self.0.result() {
            SqliteKind::Integer => DataType::Int64,
            SqliteKind::Real => DataType::Float64,
            SqliteKind::Text => DataType::Utf8,
        })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let returned = self.return_type(&[])?;
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
            let answer = self
                .0
                .evaluate(&arguments)
                .map_err(|error| failed(format!("{}: {error}", self.0.name())))?;
            answers.push(answer);
        }
        Ok(ColumnarValue::Array(column(answers, self.0.result())))
    }
}

fn value_at(array: &ArrayRef, row: usize) -> Result<SqliteValue> {
    if array.is_null(row) {
        return Ok(SqliteValue::Null);
    }
    Ok(match array.data_type() {
        DataType::Int64 => SqliteValue::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => SqliteValue::Real(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => SqliteValue::Text(array.as_string::<i32>().value(row).to_owned()),
        other => return Err(failed(format!("a value of type {other}"))),
    })
}

fn column(answers: Vec<SqliteValue>, kind: SqliteKind) -> ArrayRef {
    macro_rules! collected {
        ($array:ty, $kind:ident) => {
            Arc::new(
                answers
                    .into_iter()
                    .map(|answer| match answer {
                        SqliteValue::$kind(value) => Some(value),
                        _ => None,
                    })
                    .collect::<$array>(),
            )
        };
    }
    match kind {
        SqliteKind::Integer => collected!(Int64Array, Integer),
        SqliteKind::Real => collected!(Float64Array, Real),
        SqliteKind::Text => collected!(StringArray, Text),
    }
}
