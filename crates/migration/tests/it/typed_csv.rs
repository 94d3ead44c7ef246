//! Tables as a person writes them: CSV whose header names the types.
//!
//! A column is `name:type`, with `?` behind the type when cells may be missing: `amount:decimal(12,2)?`.
//! In such a column an empty cell is missing and `""` is an empty text.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;

/// A parsed table.
pub(crate) struct TypedCsv {
    columns: Vec<Column>,
    rows: Vec<Vec<Option<String>>>,
}

struct Column {
    name: String,
    kind: String,
    missing: bool,
}

impl TypedCsv {
    pub(crate) fn parse(text: &str) -> Self {
        let mut records = records(text).into_iter();
        let columns: Vec<Column> = records
            .next()
            .expect("a header")
            .into_iter()
            .map(|cell| {
                let cell = cell.expect("a column has a name");
                let (name, kind) = cell
                    .split_once(':')
                    .unwrap_or_else(|| panic!("{cell} names no type"));
                let missing = kind.ends_with('?');
                Column {
                    name: name.to_owned(),
                    kind: kind.trim_end_matches('?').to_owned(),
                    missing,
                }
            })
            .collect();
        let rows: Vec<_> = records
            .map(|cells| {
                assert_eq!(cells.len(), columns.len(), "cells of {cells:?}");
                cells
                    .into_iter()
                    .zip(&columns)
                    .map(|(cell, column)| {
                        if column.missing {
                            cell
                        } else {
                            Some(cell.unwrap_or_default())
                        }
                    })
                    .collect()
            })
            .collect();
        Self { columns, rows }
    }

    /// Values of a column that has no missing cells.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let at = self
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap_or_else(|| panic!("no {name}"));
        self.rows
            .iter()
            .map(|row| row[at].as_deref().expect("a value"))
            .collect()
    }

    pub(crate) fn write_parquet(&self, file: &Path) {
        let batch = self.batch();
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        let file = std::fs::File::create(file).expect("created");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
    }

    fn batch(&self) -> RecordBatch {
        let arrays: Vec<ArrayRef> = (0..self.columns.len()).map(|at| self.array(at)).collect();
        let fields: Vec<Field> = self
            .columns
            .iter()
            .zip(&arrays)
            .map(|(column, array)| {
                Field::new(&column.name, array.data_type().clone(), column.missing)
            })
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length")
    }

    fn array(&self, at: usize) -> ArrayRef {
        let cells = || self.rows.iter().map(|row| row[at].as_deref());
        let column = &self.columns[at];
        if let Some(inner) = column.kind.strip_prefix("decimal(") {
            let (precision, scale) = inner
                .trim_end_matches(')')
                .split_once(',')
                .expect("precision,scale");
            let (precision, scale) = (
                precision.parse().expect("a number"),
                scale.parse::<i8>().expect("a number"),
            );
            let values: Decimal128Array = cells()
                .map(|cell| cell.map(|text| unscaled(text, scale)))
                .collect();
            return Arc::new(
                values
                    .with_precision_and_scale(precision, scale)
                    .expect("it fits"),
            );
        }
        match column.kind.as_str() {
            "bigint" => Arc::new(parsed::<i64>(cells()).collect::<Int64Array>()),
            "int" => Arc::new(parsed::<i32>(cells()).collect::<Int32Array>()),
            "double" => Arc::new(parsed::<f64>(cells()).collect::<Float64Array>()),
            "boolean" => Arc::new(parsed::<bool>(cells()).collect::<BooleanArray>()),
            "string" => Arc::new(cells().collect::<StringArray>()),
            "date" => Arc::new(
                parsed::<jiff::civil::Date>(cells())
                    .map(|date| date.map(|date| relift_job::EffectiveDate(date).days_since_epoch()))
                    .collect::<Date32Array>(),
            ),
            "timestamp" => {
                let micros = |at: jiff::civil::DateTime| {
                    at.to_zoned(jiff::tz::TimeZone::UTC)
                        .expect("a moment")
                        .timestamp()
                        .as_microsecond()
                };
                let values = parsed::<jiff::civil::DateTime>(cells()).map(|cell| cell.map(micros));
                Arc::new(values.collect::<TimestampMicrosecondArray>())
            }
            other => panic!("no type {other}"),
        }
    }
}

fn parsed<'a, T: std::str::FromStr>(
    cells: impl Iterator<Item = Option<&'a str>>,
) -> impl Iterator<Item = Option<T>> {
    cells.map(|cell| {
        cell.map(|text| {
            text.parse()
                .unwrap_or_else(|_| panic!("{text} does not fit its type"))
        })
    })
}

fn unscaled(text: &str, scale: i8) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let scale = usize::try_from(scale).expect("not negative");
    assert!(part.len() <= scale, "{text} has more digits than its type");
    format!("{whole}{part:0<scale$}")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no decimal"))
}

/// Records of RFC 4180; an empty cell without quotes is `None`.
fn records(text: &str) -> Vec<Vec<Option<String>>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut inside = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if inside => inside = false,
            '"' if cell.is_empty() => (inside, quoted) = (true, true),
            ',' | '\n' if !inside => {
                let done = std::mem::take(&mut cell);
                record.push((quoted || !done.is_empty()).then_some(done));
                quoted = false;
                if character == '\n' {
                    records.push(std::mem::take(&mut record));
                }
            }
            other => cell.push(other),
        }
    }
    records
}

#[test]
fn cells_are_missing_empty_or_quoted() {
    let found = records("a,\"b,\"\"c\",,\"\"\n");
    assert_eq!(
        found,
        [[
            Some("a".to_owned()),
            Some("b,\"c".to_owned()),
            None,
            Some(String::new())
        ]]
    );
    assert_eq!((unscaled("-0.5", 2), unscaled("12.25", 2)), (-50, 1225));
}
