//! Column types on their way between Arrow, Delta Lake and the vocabulary of jobs.
//!
//! Arrow has several types for one meaning (three text types, timestamps of four units). Tables hold
//! one of each; everything read or written is brought to that one here.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use relift_job::LakeType;

use crate::EngineError;

/// The type a column is stored as; `None` when Relift cannot store it.
pub(crate) fn stored_type(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Date32
        | DataType::Binary => data_type.clone(),
        DataType::Decimal128(_, scale) if *scale >= 0 => data_type.clone(),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale)
            if *scale >= 0 =>
        {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            DataType::Utf8
        }
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Dictionary(_, values) => return stored_type(values),
        _ => return None,
    })
}

/// The vocabulary's word for a stored type; `None` when jobs cannot use it.
pub(crate) fn lake_type(data_type: &DataType) -> Option<LakeType> {
    Some(match stored_type(data_type)? {
        DataType::Boolean => LakeType::Boolean,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => LakeType::Int32,
        DataType::Int64 => LakeType::Int64,
        DataType::Float32 | DataType::Float64 => LakeType::Float64,
        DataType::Decimal128(precision, scale) => LakeType::Decimal { precision, scale },
        DataType::Utf8 => LakeType::Text,
        DataType::Date32 => LakeType::Date,
        DataType::Timestamp(_, _) => LakeType::Timestamp,
        _ => return None,
    })
}

/// The schema as stored: stored types, every column nullable, no Arrow metadata.
pub(crate) fn stored_schema(schema: &Schema) -> Result<SchemaRef, EngineError> {
    let fields = schema.fields().iter().map(|field| {
        let stored =
            stored_type(field.data_type()).ok_or_else(|| EngineError::UnsupportedType {
                column: field.name().clone(),
                data_type: field.data_type().to_string(),
            })?;
        Ok(Field::new(field.name(), stored, true))
    });
    Ok(Arc::new(Schema::new(
        fields.collect::<Result<Vec<_>, EngineError>>()?,
    )))
}

/// The rows with the given columns and types; a value that does not fit is an error, not a NULL.
pub(crate) fn cast_batch(
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, EngineError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                cast_with_options(column, field.data_type(), &options)
            }
        });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns,
        &rows,
    )?)
}

/// The first difference between a table's columns and those of rows.
pub(crate) fn schema_difference(table: &Schema, rows: &Schema) -> Option<String> {
    let describe = |field: Option<&FieldRef>| match field {
        Some(field) => format!("{} {}", field.name(), field.data_type()),
        None => "none".to_owned(),
    };
    let count = table.fields().len().max(rows.fields().len());
    (0..count).find_map(|index| {
        let (left, right) = (table.fields().get(index), rows.fields().get(index));
        let same = matches!((left, right), (Some(left), Some(right)) if left.name() == right.name() && left.data_type() == right.data_type());
        (!same).then(|| {
            format!("column {} is {} in the table and {} in the rows", index + 1, describe(left), describe(right))
        })
    })
}

/// A table's columns with those that rows bring in addition, before the partition columns.
///
/// Columns that the rows lack stay. An error says which column has two types or two spellings.
pub(crate) fn widened_schema(
    table: &Schema,
    rows: &Schema,
    partition_columns: &[String],
) -> Result<SchemaRef, String> {
    let is_partition = |field: &&FieldRef| partition_columns.contains(field.name());
    let mut fields: Vec<FieldRef> = table
        .fields()
        .iter()
        .filter(|field| !is_partition(field))
        .cloned()
        .collect();
    for field in rows.fields() {
        let known = table
            .fields()
            .iter()
            .find(|known| known.name().to_lowercase() == field.name().to_lowercase());
        match known {
            None => fields.push(Arc::clone(field)),
            Some(known) if known.name() != field.name() => {
                return Err(format!(
                    "column {} is called {} in the table",
                    field.name(),
                    known.name()
                ));
            }
            Some(known) if known.data_type() != field.data_type() => {
                return Err(format!(
                    "column {} is {} in the table and {} in the rows",
                    field.name(),
                    known.data_type(),
                    field.data_type()
                ));
            }
            Some(_) => {}
        }
    }
    fields.extend(table.fields().iter().filter(is_partition).cloned());
    Ok(Arc::new(Schema::new(fields)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(columns: &[(&str, DataType)]) -> Schema {
        let fields = columns
            .iter()
            .map(|(name, data_type)| Field::new(*name, data_type.clone(), true));
        Schema::new(fields.collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_only_added() {
        let day = || ("day", DataType::Date32);
        let table = columns(&[("a", DataType::Int64), ("b", DataType::Utf8), day()]);
        let widened = |rows: &Schema| {
            widened_schema(&table, rows, &["day".to_owned()]).map(|schema| {
                let names = schema.fields().iter().map(|field| field.name().clone());
                names.collect::<Vec<_>>().join(" ")
            })
        };
        let more = columns(&[("c", DataType::Int64), ("a", DataType::Int64), day()]);
        assert_eq!(widened(&more), Ok("a b c day".to_owned()));
        assert_eq!(widened(&columns(&[day()])), Ok("a b day".to_owned()));
        let other = columns(&[("a", DataType::Int32), day()]);
        assert_eq!(
            widened(&other),
            Err("column a is Int64 in the table and Int32 in the rows".to_owned())
        );
        assert_eq!(
            widened(&columns(&[("B", DataType::Utf8)])),
            Err("column B is called b in the table".to_owned())
        );
    }
}
