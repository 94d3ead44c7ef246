//! Cells of any column as 64-bit marks for counting, and as text for people.
//!
//! Keys, references and distinct values are counted by marks, so that the memory of a scan does not
//! depend on how long values are. Two values of one column that differ have different marks but for
//! one pair in 2^64; integers of all widths share theirs, because a reference may widen its key.

use std::hash::{DefaultHasher, Hasher};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use relift_job::EffectiveDate;

/// One mark per row; `None` is NULL.
pub(super) fn marks(column: &ArrayRef) -> Vec<Option<u64>> {
    macro_rules! of {
        ($type:ty, $bytes:expr) => {
            column
                .as_primitive::<$type>()
                .iter()
                .map(|value| value.map(|value| mark(&$bytes(value))))
                .collect()
        };
    }
    match column.data_type() {
        DataType::Int8 => of!(Int8Type, |value: i8| i64::from(value).to_le_bytes()),
        DataType::Int16 => of!(Int16Type, |value: i16| i64::from(value).to_le_bytes()),
        DataType::Int32 => of!(Int32Type, |value: i32| i64::from(value).to_le_bytes()),
        DataType::Int64 => of!(Int64Type, i64::to_le_bytes),
        DataType::Float32 => of!(Float32Type, |value: f32| f64::from(value).to_le_bytes()),
        DataType::Float64 => of!(Float64Type, f64::to_le_bytes),
        DataType::Decimal128(_, _) => of!(Decimal128Type, i128::to_le_bytes),
        DataType::Date32 => of!(Date32Type, i32::to_le_bytes),
        DataType::Timestamp(_, _) => of!(TimestampMicrosecondType, i64::to_le_bytes),
        DataType::Boolean => column
            .as_boolean()
            .iter()
            .map(|value| value.map(|value| mark(&[u8::from(value)])))
            .collect(),
        DataType::Utf8 => column
            .as_string::<i32>()
            .iter()
            .map(|value| value.map(|value| mark(value.as_bytes())))
            .collect(),
        DataType::Binary => column
            .as_binary::<i32>()
            .iter()
            .map(|value| value.map(mark))
            .collect(),
        // Scans only hand out the types above.
        _ => vec![None; column.len()],
    }
}

/// The mark of a row of several columns; `None` when one of them is NULL.
pub(super) fn joint_mark(columns: &[&[Option<u64>]], row: usize) -> Option<u64> {
    if let [only] = columns {
        return only[row];
    }
    let mut hasher = DefaultHasher::new();
    for column in columns {
        hasher.write_u64(column[row]?);
    }
    Some(hasher.finish())
}

fn mark(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Cells of one column as text.
pub(super) struct Texts<'a> {
    formatter: Option<ArrayFormatter<'a>>,
    column: &'a ArrayRef,
}

impl<'a> Texts<'a> {
    pub(super) fn of(column: &'a ArrayRef) -> Self {
        const OPTIONS: FormatOptions<'static> = FormatOptions::new();
        Self {
            formatter: ArrayFormatter::try_new(column.as_ref(), &OPTIONS).ok(),
            column,
        }
    }

    /// The value as text; empty for NULL.
    pub(super) fn at(&self, row: usize) -> String {
        if self.column.is_null(row) {
            return String::new();
        }
        match (self.column.data_type(), &self.formatter) {
            (DataType::Utf8, _) => self.column.as_string::<i32>().value(row).to_owned(),
            (_, Some(formatter)) => formatter.value(row).to_string(),
            (_, None) => String::new(),
        }
    }
}

/// The date of a count of days since 1970-01-01.
pub(super) fn date_of_day(day: i32) -> EffectiveDate {
    EffectiveDate(jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day)))
}

/// The type's word in reports.
pub(super) fn type_word(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(_, _) => "TIMESTAMP".to_owned(),
        DataType::Utf8 => "TEXT".to_owned(),
        DataType::Binary => "BINARY".to_owned(),
        other => other.to_string(),
    }
}
