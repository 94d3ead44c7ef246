//! A finished frame, and the column types it has when it leaves for Parquet or a table.
//!
//! pandas chooses a column's type by its data on the date: integers with a NULL are float64, and an
//! object column without any value tells no type and is written as text. The rewritten job declares
//! types once, so the choice is repeated here, on the day's rows.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, RecordBatch, RecordBatchOptions, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, concat_batches};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef, TimeUnit};

use super::WriterError;

/// Decimals of files and tables, whatever the frame's precision.
const WRITTEN_DECIMAL: DataType = DataType::Decimal128(38, 18);

/// Rows with named columns of the types `int64`, `float64`, `decimal`, `text`, `bool`, `date`, `timestamp`.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// All rows in one batch.
    pub rows: RecordBatch,
}

impl Frame {
    /// Joins batches; without any, the frame has no rows.
    pub fn new(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Self, WriterError> {
        Ok(Self {
            rows: concat_batches(schema, batches)?,
        })
    }

    /// How many rows.
    pub fn row_count(&self) -> usize {
        self.rows.num_rows()
    }

    /// The columns as the legacy runtime hands them to Arrow, and the names of those without a type.
    pub(super) fn written(&self) -> Result<(RecordBatch, Vec<String>), WriterError> {
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut untyped = Vec::new();
        for (field, column) in self.rows.schema().fields().iter().zip(self.rows.columns()) {
            let column = written_column(field.name(), column)?;
            let column = if let Some(column) = column {
                column
            } else {
                untyped.push(field.name().clone());
                new_null_array(&DataType::Utf8, self.row_count())
            };
            fields.push(Field::new(field.name(), column.data_type().clone(), true));
            columns.push(column);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.row_count()));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?;
        Ok((batch, untyped))
    }
}

/// The column as written; `None` when pandas would not know its type.
fn written_column(name: &str, column: &ArrayRef) -> Result<Option<ArrayRef>, WriterError> {
    let all_null = column.null_count() == column.len();
    Ok(match column.data_type() {
        _ if column.is_empty() => None,
        DataType::Int64 if column.null_count() > 0 => {
            let floats = column
                .as_primitive::<Int64Type>()
                .iter()
                .map(|value| value.map(|whole| whole as f64));
            Some(Arc::new(floats.collect::<Float64Array>()))
        }
        DataType::Int64 | DataType::Timestamp(TimeUnit::Microsecond, None) => {
            Some(Arc::clone(column))
        }
        DataType::Float64 => {
            // pandas has one missing value for floats; on the way to Arrow it is NULL.
            let floats = column
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.filter(|x| !x.is_nan()));
            Some(Arc::new(floats.collect::<Float64Array>()))
        }
        DataType::Utf8 | DataType::Boolean | DataType::Date32 | DataType::Decimal128(..)
            if all_null =>
        {
            None
        }
        DataType::Utf8 | DataType::Boolean | DataType::Date32 => Some(Arc::clone(column)),
        DataType::Decimal128(_, scale) => {
            if *scale > 18 {
                let detail = format!("has {scale} digits after the point, files hold 18");
                return Err(WriterError::Column {
                    column: name.to_owned(),
                    detail,
                });
            }
            let options = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            Some(cast_with_options(column, &WRITTEN_DECIMAL, &options)?)
        }
        other => {
            let detail = format!("holds {other}, which no writer supports");
            return Err(WriterError::Column {
                column: name.to_owned(),
                detail,
            });
        }
    })
}
