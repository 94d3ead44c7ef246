//! Outputs decoded to rows of typed cells: the one form in which text, Parquet and tables are compared.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Schema, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_values::{
    CsvRecords, Decimal, date_from_days, decimal_text, iso_date, pandas_timestamp_text,
    python_bool_text, python_float_text,
};

use crate::TextLayout;

/// One value.
#[derive(Clone, Debug)]
pub enum Cell {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float; compared by its bits, all NaN being one.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text; every cell of a text file.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970.
    Timestamp(i64),
}

impl Cell {
    /// Text to show a user; `None` for NULL.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => python_bool_text(*value).to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => python_float_text(*value),
            Self::Decimal(value) => decimal_text(value.unscaled, value.scale),
            Self::Text(value) => value.clone(),
            Self::Date(days) => {
                date_from_days(*days).map_or_else(|| format!("day {days}"), iso_date)
            }
            Self::Timestamp(at) => {
                pandas_timestamp_text(*at).unwrap_or_else(|| format!("microsecond {at}"))
            }
        })
    }

    /// The value as an exact decimal, if it is a number or text that prints one.
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(value) => Some(Decimal::new((*value).into(), 0)),
            Self::Float(value) => Decimal::of_float_text(*value),
            Self::Decimal(value) => Some(*value),
            Self::Text(text) if text.bytes().any(|byte| byte.is_ascii_digit()) => {
                Decimal::parse(text).ok()
            }
            _ => None,
        }
    }

    /// Whether it stands for an absent value on some side: NULL, nothing, NaN or a word for them.
    pub fn blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Float(value) => value.is_nan(),
            Self::Text(text) => matches!(
                text.as_str(),
                "" | "None" | "nan" | "NaN" | "NaT" | "NULL" | "null" | "<NA>"
            ),
            _ => false,
        }
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) | (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => {
                a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
            }
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Cell {}

/// A column's name and type in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; by position (`column 3`) where the file has no header.
    pub name: String,
    /// Its type.
    pub column_type: String,
}

/// Decoded rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Rows in order; rows of text files may be ragged.
    pub rows: Vec<Vec<Cell>>,
    /// Rows of each part, for Parquet folders.
    pub part_rows: Vec<usize>,
    /// The header line of a text file, with its end.
    pub header: Option<String>,
    /// The trailer line of a text file, with its end.
    pub trailer: Option<String>,
}

impl Grid {
    /// Reads a text file; bytes that are not UTF-8 are replaced, which only matters for showing them.
    pub fn of_text(bytes: &[u8], layout: TextLayout) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut body: &str = &text;
        let mut trailer = None;
        if layout.trailer {
            let lines = body.trim_end_matches(['\r', '\n']);
            let start = lines.rfind(['\r', '\n']).map_or(0, |at| at + 1);
            // A file of a header alone has no trailer.
            if start > 0 || !layout.header {
                trailer = Some(body[start..].to_owned());
                body = &body[..start];
            }
        }
        let mut records = CsvRecords::new(body);
        let mut header = None;
        let mut names = Vec::new();
        if layout.header
            && let Some((range, fields)) = records.next()
        {
            header = Some(body[range].to_owned());
            names = fields;
        }
        let rows: Vec<Vec<Cell>> = records
            .map(|(_, fields)| fields.into_iter().map(Cell::Text).collect())
            .collect();
        let width = rows
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(names.len());
        let columns = (0..width)
            .map(|at| Column {
                name: names
                    .get(at)
                    .cloned()
                    .unwrap_or_else(|| format!("column {}", at + 1)),
                column_type: "text".to_owned(),
            })
            .collect();
        Self {
            columns,
            rows,
            part_rows: Vec::new(),
            header,
            trailer,
        }
    }

    /// Reads a Parquet folder, parts in the order of their names; an error names the part.
    pub fn of_parquet<'p>(
        parts: impl Iterator<Item = (&'p String, &'p Vec<u8>)>,
    ) -> Result<Self, String> {
        let mut grid = Self::default();
        for (at, (name, bytes)) in parts.enumerate() {
            let corrupt = |error: &dyn std::fmt::Display| {
                format!("{name} is not a readable Parquet file: {error}")
            };
            let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes))
                .map_err(|error| corrupt(&error))?;
            let columns = columns_of(builder.schema());
            if at == 0 {
                grid.columns = columns;
            } else if grid.columns != columns {
                return Err(format!("{name} has other columns than the parts before it"));
            }
            let before = grid.rows.len();
            for batch in builder.build().map_err(|error| corrupt(&error))? {
                grid.push(&batch.map_err(|error| corrupt(&error))?);
            }
            grid.part_rows.push(grid.rows.len() - before);
        }
        Ok(grid)
    }

    /// Takes rows of a table.
    pub fn of_batches(schema: &Schema, batches: &[RecordBatch]) -> Self {
        let mut grid = Self {
            columns: columns_of(schema),
            ..Self::default()
        };
        for batch in batches {
            grid.push(batch);
        }
        grid
    }

    fn push(&mut self, batch: &RecordBatch) {
        let start = self.rows.len();
        self.rows.resize_with(start + batch.num_rows(), || {
            Vec::with_capacity(batch.num_columns())
        });
        for column in batch.columns() {
            for row in 0..batch.num_rows() {
                self.rows[start + row].push(cell(column.as_ref(), row));
            }
        }
    }
}

fn columns_of(schema: &Schema) -> Vec<Column> {
    let column_type = |data_type: &DataType| match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        other => other.to_string(),
    };
    let column = |field: &arrow::datatypes::FieldRef| Column {
        name: field.name().clone(),
        column_type: column_type(field.data_type()),
    };
    schema.fields().iter().map(column).collect()
}

fn cell(column: &dyn Array, row: usize) -> Cell {
    if column.is_null(row) {
        return Cell::Null;
    }
    match column.data_type() {
        DataType::Boolean => Cell::Bool(column.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Int(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Cell::Float(column.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => Cell::Decimal(Decimal::new(
            column.as_primitive::<Decimal128Type>().value(row),
            (*scale).into(),
        )),
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Cell::Text(column.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Cell::Text(column.as_string_view().value(row).to_owned()),
        DataType::Date32 => Cell::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(unit, None) => timestamp(column, row, *unit),
        _ => {
            Cell::Text(array_value_to_string(column, row).unwrap_or_else(|error| error.to_string()))
        }
    }
}

fn timestamp(column: &dyn Array, row: usize, unit: TimeUnit) -> Cell {
    let micros = match unit {
        TimeUnit::Microsecond => Some(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        TimeUnit::Second => column
            .as_primitive::<TimestampSecondType>()
            .value(row)
            .checked_mul(1_000_000),
        TimeUnit::Millisecond => column
            .as_primitive::<TimestampMillisecondType>()
            .value(row)
            .checked_mul(1_000),
        TimeUnit::Nanosecond => {
            let nanos = column.as_primitive::<TimestampNanosecondType>().value(row);
            (nanos % 1_000 == 0).then_some(nanos / 1_000)
        }
    };
    micros.map_or_else(
        || Cell::Text(array_value_to_string(column, row).unwrap_or_else(|error| error.to_string())),
        Cell::Timestamp,
    )
}
