//! The content hash of rows: the same for the same rows in the same order, however they are batched.
//!
//! Each column is hashed by itself, value after value, each value with a mark for NULL and texts with
//! their length, so that no two columns of different values look alike. The hash of the whole covers
//! names, stored types, row count and the columns' hashes.

use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Schema, SchemaRef, TimestampMicrosecondType, ToByteSlice,
};
use blake3::Hasher;
use relift_diagnostics::ContentHash;

use crate::EngineError;
use crate::data_files::RowDigest;
use crate::schema::{cast_batch, stored_schema};

const NULL: u8 = 0;
const VALUE: u8 = 1;

/// Hashes rows: column names, stored types and values, in order.
pub fn content_hash(schema: &Schema, batches: &[RecordBatch]) -> Result<ContentHash, EngineError> {
    let stored = stored_schema(schema)?;
    let mut hasher = RowHasher::new(&stored);
    for batch in batches {
        hasher.update(&cast_batch(batch, &stored)?)?;
    }
    Ok(hasher.finish().content_hash)
}

/// The content hash in the making.
pub(crate) struct RowHasher {
    schema: SchemaRef,
    columns: Vec<Hasher>,
    rows: u64,
}

impl RowHasher {
    /// Starts with the columns, which have stored types.
    pub(crate) fn new(schema: &SchemaRef) -> Self {
        Self {
            schema: Arc::clone(schema),
            columns: vec![Hasher::new(); schema.fields().len()],
            rows: 0,
        }
    }

    /// Adds rows.
    pub(crate) fn update(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        for (column, hasher) in batch.columns().iter().zip(&mut self.columns) {
            hash_column(column.as_ref(), hasher)?;
        }
        Ok(())
    }

    /// The hash and the number of rows.
    pub(crate) fn finish(self) -> RowDigest {
        let mut whole = Vec::new();
        whole.extend_from_slice(b"relift-rows-1");
        whole.extend_from_slice(&self.rows.to_le_bytes());
        for (field, hasher) in self.schema.fields().iter().zip(&self.columns) {
            for text in [field.name().clone(), field.data_type().to_string()] {
                whole.extend_from_slice(&(text.len() as u64).to_le_bytes());
                whole.extend_from_slice(text.as_bytes());
            }
            whole.extend_from_slice(hasher.finalize().as_bytes());
        }
        RowDigest {
            content_hash: ContentHash::of(&whole),
            rows: self.rows,
        }
    }
}

fn hash_column(column: &dyn Array, hasher: &mut Hasher) -> Result<(), EngineError> {
    match column.data_type() {
        DataType::Boolean => hash_booleans(column.as_boolean(), hasher),
        DataType::Int8 => hash_numbers::<Int8Type>(column.as_primitive(), hasher),
        DataType::Int16 => hash_numbers::<Int16Type>(column.as_primitive(), hasher),
        DataType::Int32 => hash_numbers::<Int32Type>(column.as_primitive(), hasher),
        DataType::Int64 => hash_numbers::<Int64Type>(column.as_primitive(), hasher),
        DataType::Float32 => hash_numbers::<Float32Type>(column.as_primitive(), hasher),
        DataType::Float64 => hash_numbers::<Float64Type>(column.as_primitive(), hasher),
        DataType::Decimal128(_, _) => hash_numbers::<Decimal128Type>(column.as_primitive(), hasher),
        DataType::Date32 => hash_numbers::<Date32Type>(column.as_primitive(), hasher),
        DataType::Timestamp(_, _) => {
            hash_numbers::<TimestampMicrosecondType>(column.as_primitive(), hasher);
        }
        DataType::Utf8 => hash_texts(column.as_string::<i32>(), hasher),
        DataType::Binary => hash_bytes(column.as_binary::<i32>(), hasher),
        other => {
            return Err(EngineError::UnsupportedType {
                column: "?".to_owned(),
                data_type: other.to_string(),
            });
        }
    }
    Ok(())
}

fn hash_numbers<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, hasher: &mut Hasher) {
    let mut bytes = Vec::with_capacity(column.len() * (size_of::<T::Native>() + 1));
    for value in column {
        push(&mut bytes, value.as_ref().map(ToByteSlice::to_byte_slice));
    }
    hasher.update(&bytes);
}

fn hash_booleans(column: &BooleanArray, hasher: &mut Hasher) {
    let mut bytes = Vec::with_capacity(column.len() * 2);
    for value in column {
        push(
            &mut bytes,
            value
                .map(|value| [u8::from(value)])
                .as_ref()
                .map(<[u8; 1]>::as_slice),
        );
    }
    hasher.update(&bytes);
}

fn hash_texts(column: &StringArray, hasher: &mut Hasher) {
    let mut bytes = Vec::new();
    for value in column {
        push_sized(&mut bytes, value.map(str::as_bytes));
    }
    hasher.update(&bytes);
}

fn hash_bytes(column: &BinaryArray, hasher: &mut Hasher) {
    let mut bytes = Vec::new();
    for value in column {
        push_sized(&mut bytes, value);
    }
    hasher.update(&bytes);
}

fn push(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => bytes.push(NULL),
        Some(value) => {
            bytes.push(VALUE);
            bytes.extend_from_slice(value);
        }
    }
}

fn push_sized(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => bytes.push(NULL),
        Some(value) => {
            bytes.push(VALUE);
            bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
            bytes.extend_from_slice(value);
        }
    }
}
