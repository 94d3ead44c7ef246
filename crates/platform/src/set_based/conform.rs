//! The columns a query gives against those the job declares.
//!
//! Types are changed only where every value survives it; anything else is a fault of the rewrite and
//! must be seen, not smoothed over.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use relift_job::{FrameColumn, FrameType};

/// The Arrow type of a frame column.
pub(super) fn arrow_type(frame_type: FrameType) -> DataType {
    match frame_type {
        FrameType::Int64 => DataType::Int64,
        FrameType::Float64 => DataType::Float64,
        FrameType::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
        FrameType::Text => DataType::Utf8,
        FrameType::Bool => DataType::Boolean,
        FrameType::Date => DataType::Date32,
        FrameType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

/// Whether a source column of this type is what a frame type stands for: narrower integers and floats are read
/// as the wide ones.
pub(super) fn is_read_as(found: &DataType, frame_type: FrameType) -> bool {
    match frame_type {
        FrameType::Int64 => matches!(
            found,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64
        ),
        FrameType::Float64 => matches!(found, DataType::Float32 | DataType::Float64),
        FrameType::Text => matches!(
            found,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ),
        FrameType::Timestamp => matches!(found, DataType::Timestamp(..)),
        FrameType::Bool | FrameType::Date | FrameType::Decimal { .. } => {
            *found == arrow_type(frame_type)
        }
    }
}

/// The declared columns as an Arrow schema.
pub(super) fn declared_schema(columns: &[FrameColumn]) -> SchemaRef {
    let field = |column: &FrameColumn| {
        Field::new(column.name.as_str(), arrow_type(column.frame_type), true)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// Checks names and order of a query's columns, and whether its types can become the declared ones.
pub(super) fn check_columns(found: &Schema, declared: &Schema) -> Result<(), String> {
    let names = |schema: &Schema| {
        schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect::<Vec<_>>()
    };
    let (given, wanted) = (names(found), names(declared));
    if given != wanted {
        return Err(format!(
            "the query gives columns {}, declared are {}",
            given.join(", "),
            wanted.join(", ")
        ));
    }
    for (from, to) in found.fields().iter().zip(declared.fields()) {
        if !may_become(from.data_type(), to.data_type()) {
            let (name, from, to) = (from.name(), from.data_type(), to.data_type());
            return Err(format!(
                "column {name} is {from} in the query and declared {to}; cast it in the SQL"
            ));
        }
    }
    Ok(())
}

fn may_become(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Float32, Float64, Int8,
        Int16, Int32, Int64, LargeUtf8, Null, Timestamp, UInt8, UInt16, UInt32, UInt64, Utf8,
        Utf8View,
    };
    let whole = matches!(
        from,
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64
    );
    from == to
        || match to {
            _ if *from == Null => true,
            Int64 => whole,
            Float64 => whole || *from == Float32,
            Decimal128(..) => {
                whole
                    || matches!(
                        from,
                        Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..)
                    )
            }
            Utf8 => matches!(from, LargeUtf8 | Utf8View),
            Date32 => *from == Date64,
            Timestamp(..) => matches!(from, Timestamp(_, None)),
            _ => false,
        }
}

/// The batch with the declared types; an error names the column whose values would change.
pub(super) fn conformed(batch: &RecordBatch, declared: &SchemaRef) -> Result<RecordBatch, String> {
    let mut columns = Vec::with_capacity(declared.fields().len());
    for (column, field) in batch.columns().iter().zip(declared.fields()) {
        let cast = lossless(column, field.data_type());
        columns.push(cast.map_err(|detail| format!("column {}: {detail}", field.name()))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(declared), columns, &options)
        .map_err(|error| error.to_string())
}

fn lossless(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    let from = column.data_type();
    if from == to {
        return Ok(Arc::clone(column));
    }
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let cast = cast_with_options(column, to, &strict).map_err(|error| error.to_string())?;
    if *from == DataType::Null {
        return Ok(cast);
    }
    let back = cast_with_options(&cast, from, &strict).map_err(|error| error.to_string())?;
    if back.as_ref() != column.as_ref() {
        return Err(format!(
            "values of the query's {from} do not fit the declared {to}"
        ));
    }
    Ok(cast)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array};

    #[test]
    fn only_lossless_casts_pass() {
        let big: ArrayRef = Arc::new(Int64Array::from(vec![(1 << 53) + 1]));
        assert!(lossless(&big, &DataType::Float64).is_err());
        let small: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(7.0), None]));
        assert_eq!(
            &lossless(&small, &DataType::Float64).expect("small integers are floats"),
            &floats
        );
        let cents = Decimal128Array::from(vec![1_005])
            .with_precision_and_scale(9, 3)
            .expect("fits");
        let cents: ArrayRef = Arc::new(cents);
        assert!(lossless(&cents, &DataType::Decimal128(9, 2)).is_err());
        assert!(lossless(&cents, &DataType::Decimal128(12, 4)).is_ok());
        assert!(!may_become(&DataType::Float64, &DataType::Int64));
        assert!(!may_become(&DataType::Decimal128(9, 2), &DataType::Float64));
    }
}
