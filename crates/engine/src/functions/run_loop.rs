//! `run_loop('<program>', <shape>, columns …) OVER (PARTITION BY … ORDER BY …)`: a loop over rows in
//! order, for what SQL has no form for.
//!
//! The program is the text of [`LoopProgram`]. The shape is a struct of NULLs that names the answer's
//! fields and their types, since a window function cannot derive them from a text. The answer of each row
//! holds, for every variable, the value before the row and the value after it.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    StringArray, StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, FieldRef, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use deltalake::datafusion::error::{DataFusionError, Result};
use deltalake::datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use deltalake::datafusion::logical_expr::{
    LimitEffect, PartitionEvaluator, Signature, Volatility, WindowUDFImpl,
};
use deltalake::datafusion::physical_expr::PhysicalExpr;
use relift_sql::loops::{Base, LoopProgram, Value};
use relift_values::{Decimal, DecimalRounding};

/// The window function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RunLoop;

impl WindowUDFImpl for RunLoop {
    fn name(&self) -> &'static str {
        "run_loop"
    }

    fn signature(&self) -> &Signature {
        static SIGNATURE: LazyLock<Signature> =
            LazyLock::new(|| Signature::variadic_any(Volatility::Immutable));
        &SIGNATURE
    }

    fn partition_evaluator(
        &self,
        _args: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Rows))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        match args.get_input_field(1) {
            Some(shape) if matches!(shape.data_type(), DataType::Struct(_)) => {
                let field = shape.as_ref().clone();
                Ok(Arc::new(field.with_name(args.name()).with_nullable(true)))
            }
            _ => Err(plan("its second argument is a struct")),
        }
    }

    fn limit_effect(&self, _args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        // A row's answer depends on all rows before it.
        LimitEffect::Unknown
    }
}

fn plan(message: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Plan(format!("run_loop(program, shape, …): {message}"))
}

fn failed(message: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(message.to_string())
}

/// Runs the program over the rows of one partition.
#[derive(Debug)]
struct Rows;

impl PartitionEvaluator for Rows {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let [program, shape, columns @ ..] = values else {
            return Err(plan("it needs a program and a shape"));
        };
        let DataType::Struct(fields) = shape.data_type() else {
            return Err(plan("its second argument is a struct"));
        };
        if num_rows == 0 {
            return Ok(new_null_array(shape.data_type(), 0));
        }
        let program = cast(program, &DataType::Utf8)?;
        let program = LoopProgram::parse(program.as_string::<i32>().value(0)).map_err(plan)?;
        let slots = program.running.slots.len();
        if columns.len() != program.columns.len() || fields.len() != 2 * slots {
            return Err(plan("its arguments are not those of the program"));
        }
        let given = columns
            .iter()
            .zip(&program.columns)
            .map(|(column, name)| values_of(column, program.nan.contains(name)))
            .collect::<Result<Vec<_>>>()?;
        let rows: Vec<Vec<Value>> = (0..num_rows)
            .map(|row| given.iter().map(|column| column[row].clone()).collect())
            .collect();
        let bases = fields
            .iter()
            .step_by(2)
            .map(|field| base_of(field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        let answers = program.run(rows, &bases).map_err(failed)?;
        let arrays = fields
            .iter()
            .enumerate()
            .map(|(at, field)| {
                let held: Vec<&Value> = answers.iter().map(|answer| &answer[at]).collect();
                array_of(&held, field.data_type())
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(StructArray::try_new(
            fields.clone(),
            arrays,
            None,
        )?))
    }

    fn supports_bounded_execution(&self) -> bool {
        false
    }

    fn uses_window_frame(&self) -> bool {
        false
    }
}

fn base_of(ty: &DataType) -> Result<Base> {
    Ok(match ty {
        DataType::Boolean => Base::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Base::Int64,
        DataType::Float64 => Base::Float64,
        DataType::Decimal128(precision, scale) => Base::Decimal {
            precision: *precision,
            scale: *scale,
            padded: true,
        },
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Base::Text,
        DataType::Date32 => Base::Date,
        DataType::Timestamp(..) => Base::Timestamp,
        DataType::Null => Base::Nothing,
        other => return Err(plan(format!("it cannot hold {other}"))),
    })
}

/// A column's values; NULL is NaN in a column of floats that has no None.
fn values_of(column: &ArrayRef, nan: bool) -> Result<Vec<Value>> {
    let rows = 0..column.len();
    let missing = if nan {
        Value::Float(f64::NAN)
    } else {
        Value::None
    };
    let known = |row: usize, value: &dyn Fn(usize) -> Value| {
        if column.is_null(row) {
            missing.clone()
        } else {
            value(row)
        }
    };
    let read = |value: &dyn Fn(usize) -> Value| rows.clone().map(|row| known(row, value)).collect();
    Ok(match base_of(column.data_type())? {
        Base::Bool => {
            let column = column.as_boolean();
            read(&|row| Value::Bool(column.value(row)))
        }
        Base::Int64 => {
            let column = cast(column, &DataType::Int64)?;
            let column = column.as_primitive::<Int64Type>();
            read(&|row| Value::Int(column.value(row)))
        }
        Base::Float64 | Base::Number => {
            let column = column.as_primitive::<Float64Type>();
            read(&|row| Value::Float(column.value(row)))
        }
        Base::Decimal { scale, .. } => {
            let column = column.as_primitive::<Decimal128Type>();
            let scale = i32::from(scale);
            read(&|row| Value::Decimal(Decimal::new(column.value(row), scale)))
        }
        Base::Text => {
            let column = cast(column, &DataType::Utf8)?;
            let column = column.as_string::<i32>();
            read(&|row| Value::Text(column.value(row).to_owned()))
        }
        Base::Date => {
            let column = column.as_primitive::<Date32Type>();
            read(&|row| Value::Date(column.value(row)))
        }
        Base::Timestamp => {
            let column = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let column = column.as_primitive::<TimestampMicrosecondType>();
            read(&|row| Value::Timestamp(column.value(row)))
        }
        Base::Nothing => rows.map(|_| missing.clone()).collect(),
    })
}

fn array_of(held: &[&Value], ty: &DataType) -> Result<ArrayRef> {
    let odd = |value: &Value| failed(format!("a loop holds {value} where {ty} is declared"));
    macro_rules! array {
        ($array:ty, $($pattern:pat => $value:expr),+) => {{
            let column = held
                .iter()
                .map(|value| match value {
                    Value::None => Ok(None),
                    $($pattern => Ok(Some($value)),)+
                    #[allow(unreachable_patterns, reason = "the patterns are the caller's")]
                    other => Err(odd(other)),
                })
                .collect::<Result<Vec<_>>>()?;
            Arc::new(<$array>::from(column)) as ArrayRef
        }};
    }
    let array = match ty {
        DataType::Boolean => array!(BooleanArray, Value::Bool(value) => *value),
        DataType::Int64 => array!(Int64Array, Value::Int(value) => *value),
        DataType::Float64 => {
            array!(Float64Array, Value::Float(value) => *value, Value::Int(value) => *value as f64)
        }
        DataType::Date32 => array!(Date32Array, Value::Date(value) => *value),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            array!(TimestampMicrosecondArray, Value::Timestamp(value) => *value)
        }
        DataType::Decimal128(precision, scale) => {
            let column = held
                .iter()
                .map(|value| match value {
                    Value::None => Ok(None),
                    Value::Decimal(decimal) => decimal
                        .rescaled(i32::from(*scale), DecimalRounding::Down)
                        .filter(|scaled| scaled.compare(*decimal).is_eq())
                        .map(|scaled| Some(scaled.unscaled))
                        .ok_or_else(|| odd(value)),
                    other => Err(odd(other)),
                })
                .collect::<Result<Vec<_>>>()?;
            let column = Decimal128Array::from(column);
            Arc::new(column.with_precision_and_scale(*precision, *scale)?)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            array!(StringArray, Value::Text(value) => value.clone())
        }
        DataType::Timestamp(..) => {
            array!(TimestampMicrosecondArray, Value::Timestamp(value) => *value)
        }
        other => return Err(plan(format!("it cannot hold {other}"))),
    };
    Ok(if array.data_type() == ty {
        array
    } else {
        cast(&array, ty)?
    })
}
