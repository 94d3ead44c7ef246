//! Columns put together into a record batch, in the order they are given.
//!
//! A partition is a sequence of such batches, each made when it is asked for, so that the size of a
//! day does not matter to memory.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};

/// The rows of a partition, made as they are asked for.
pub(super) type Batches = Box<dyn Iterator<Item = RecordBatch> + Send>;

/// Things (orders, customers, sessions) whose rows make one batch.
const CHUNK: i64 = 16_384;

/// The rows of `count` things, some thousand things at a time and in order.
///
/// There is at least one batch, so that the columns are known.
pub(super) fn in_chunks(
    count: i64,
    mut rows: impl FnMut(Range<i64>) -> RecordBatch + Send + 'static,
) -> Batches {
    let starts = (0..count.max(1)).step_by(CHUNK as usize);
    Box::new(starts.map(move |first| rows(first..(first + CHUNK).min(count))))
}

/// A record batch in the making.
#[derive(Default)]
pub(super) struct Frame {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Frame {
    /// Adds a BIGINT column.
    pub(super) fn bigint<V: Into<Option<i64>>>(
        self,
        name: &str,
        values: impl Iterator<Item = V>,
    ) -> Self {
        self.column(
            name,
            Arc::new(values.map(Into::into).collect::<Int64Array>()),
        )
    }

    /// Adds an INT column.
    pub(super) fn int(self, name: &str, values: impl Iterator<Item = i32>) -> Self {
        self.column(name, Arc::new(values.map(Some).collect::<Int32Array>()))
    }

    /// Adds a DOUBLE column.
    pub(super) fn double(self, name: &str, values: impl Iterator<Item = f64>) -> Self {
        self.column(name, Arc::new(values.map(Some).collect::<Float64Array>()))
    }

    /// Adds a TEXT column.
    pub(super) fn text<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = T>) -> Self {
        self.column(name, Arc::new(StringArray::from_iter_values(values)))
    }

    /// Adds a TEXT column with NULLs.
    pub(super) fn maybe_text<T: AsRef<str>>(
        self,
        name: &str,
        values: impl Iterator<Item = Option<T>>,
    ) -> Self {
        self.column(name, Arc::new(values.collect::<StringArray>()))
    }

    /// Adds a BOOLEAN column.
    pub(super) fn boolean(self, name: &str, values: impl Iterator<Item = bool>) -> Self {
        self.column(name, Arc::new(values.map(Some).collect::<BooleanArray>()))
    }

    /// Adds a DATE column of days since 1970.
    pub(super) fn date<V: Into<Option<i64>>>(
        self,
        name: &str,
        values: impl Iterator<Item = V>,
    ) -> Self {
        let days = values.map(|value| value.into().map(|day| day as i32));
        self.column(name, Arc::new(days.collect::<Date32Array>()))
    }

    /// Adds a TIMESTAMP column of seconds since 1970.
    pub(super) fn timestamp<V: Into<Option<i64>>>(
        self,
        name: &str,
        values: impl Iterator<Item = V>,
    ) -> Self {
        let micros = values.map(|value| value.into().map(|seconds| seconds * 1_000_000));
        self.column(
            name,
            Arc::new(micros.collect::<TimestampMicrosecondArray>()),
        )
    }

    /// Adds a DECIMAL column of unscaled values.
    pub(super) fn decimal<V: Into<Option<i64>>>(
        self,
        name: &str,
        precision: u8,
        scale: i8,
        values: impl Iterator<Item = V>,
    ) -> Self {
        let unscaled: Decimal128Array = values.map(|value| value.into().map(i128::from)).collect();
        self.column(
            name,
            Arc::new(unscaled.with_data_type(DataType::Decimal128(precision, scale))),
        )
    }

    /// Ends the making.
    pub(super) fn finish(self) -> RecordBatch {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.columns)
            .expect("columns are made from the same rows, hence equally long")
    }

    fn column(mut self, name: &str, column: ArrayRef) -> Self {
        self.fields
            .push(Field::new(name, column.data_type().clone(), true));
        self.columns.push(column);
        self
    }
}
