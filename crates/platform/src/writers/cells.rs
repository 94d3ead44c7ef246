//! Text of one cell in a CSV file: `str()` of the pandas value, nothing for what is missing.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use relift_values::{
    DateFormat, Decimal, date_from_days, pandas_timestamp_text, python_bool_text, python_float_text,
};

use super::WriterError;

/// Texts of a column, row by row.
pub(super) fn column_texts(
    name: &str,
    column: &ArrayRef,
    dates: &DateFormat,
) -> Result<Vec<String>, WriterError> {
    let beyond = |what: String| WriterError::Column {
        column: name.to_owned(),
        detail: what,
    };
    // An integer column with a NULL is float64 in pandas, so its whole numbers print a fraction.
    let as_floats = column.null_count() > 0;
    (0..column.len())
        .map(|row| {
            if column.is_null(row) {
                return Ok(String::new());
            }
            Ok(match column.data_type() {
                DataType::Int64 => {
                    let whole = column.as_primitive::<Int64Type>().value(row);
                    if as_floats {
                        python_float_text(whole as f64)
                    } else {
                        whole.to_string()
                    }
                }
                DataType::Float64 => {
                    let float = column.as_primitive::<Float64Type>().value(row);
                    if float.is_nan() {
                        String::new()
                    } else {
                        python_float_text(float)
                    }
                }
                DataType::Boolean => python_bool_text(column.as_boolean().value(row)).to_owned(),
                DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
                DataType::Date32 => {
                    let days = column.as_primitive::<Date32Type>().value(row);
                    let date = date_from_days(days)
                        .ok_or_else(|| beyond(format!("day {days} is no date")))?;
                    dates.text(date)
                }
                DataType::Timestamp(TimeUnit::Microsecond, None) => {
                    let at = column.as_primitive::<TimestampMicrosecondType>().value(row);
                    pandas_timestamp_text(at)
                        .ok_or_else(|| beyond(format!("microsecond {at} is no time")))?
                }
                DataType::Decimal128(_, scale) => {
                    let unscaled = column.as_primitive::<Decimal128Type>().value(row);
                    Decimal::new(unscaled, (*scale).into()).python_text()
                }
                other => {
                    return Err(beyond(format!(
                        "holds {other}, which has no text in a CSV file"
                    )));
                }
            })
        })
        .collect()
}
