//! Recorded tables: Parquet files, of one date or of many told apart by a column.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_job::{DateRange, EffectiveDate};

use super::RecordedError;

/// How rows of many dates are told apart.
pub(super) struct ByDate<'a> {
    /// The column, in the files or in the name of a folder, `column=value`.
    pub(super) column: &'a str,
    /// Whether it is one of the table's own columns.
    pub(super) keep: bool,
    /// Dates wanted.
    pub(super) dates: DateRange,
}

/// Parquet files of a table recorded at `path`, a file or a folder, by name; empty when there is nothing.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, RecordedError> {
    let mut found = Vec::new();
    if path.is_file() {
        found.push(path.to_owned());
    } else if path.is_dir() {
        list(path, &mut found)?;
    }
    Ok(found)
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), RecordedError> {
    let failed = RecordedError::file("list", folder);
    let entries: Result<Vec<_>, _> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries = entries.map_err(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list(&path, found)?;
        } else if path.extension().is_some_and(|found| found == "parquet") {
            found.push(path);
        }
    }
    Ok(())
}

/// Writes the rows of some files as one Parquet file.
pub(super) fn copy(from: &[PathBuf], to: &Path) -> Result<(), RecordedError> {
    let mut target = Target::default();
    for file in from {
        let (schema, reader) = open(file)?;
        target.prepare(to, &plain_schema(file, &schema)?)?;
        for batch in reader {
            let batch = batch.map_err(RecordedError::rows(file))?;
            target.write(file, &plain(file, &batch)?)?;
        }
    }
    target.close()
}

/// Writes the rows of each date as a Parquet file at `place(date)`; returns the dates that have rows.
pub(super) fn split(
    from: &[PathBuf],
    by: &ByDate<'_>,
    place: impl Fn(EffectiveDate) -> PathBuf,
) -> Result<Vec<EffectiveDate>, RecordedError> {
    let mut targets: BTreeMap<EffectiveDate, Target> = BTreeMap::new();
    for file in from {
        let of_folder = folder_date(file, by.column)?;
        let (schema, reader) = open(file)?;
        let at = schema.index_of(by.column).ok();
        if at.is_none() && of_folder.is_none() {
            let names: Vec<&str> = schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .collect();
            let detail = format!(
                "it has no column {} to tell the date by, its columns are {}; name another with --date-column",
                by.column,
                names.join(", ")
            );
            return Err(RecordedError::Dates {
                file: file.clone(),
                detail,
            });
        }
        for batch in reader {
            let batch = batch.map_err(RecordedError::rows(file))?;
            let days = days(file, &batch, at, of_folder, by.column)?;
            let mut present: Vec<i32> = days.values().to_vec();
            present.sort_unstable();
            present.dedup();
            let plain = plain(file, &own_columns(file, &batch, at, &days, by)?)?;
            for day in present {
                let Some(date) = relift_values::date_from_days(day).map(EffectiveDate) else {
                    continue;
                };
                if !by.dates.contains(date) {
                    continue;
                }
                let mask = days.iter().map(|found| Some(found == Some(day))).collect();
                let rows = filter_record_batch(&plain, &mask).map_err(RecordedError::rows(file))?;
                let target = targets.entry(date).or_default();
                target.prepare(&place(date), &plain.schema())?;
                target.write(file, &rows)?;
            }
        }
    }
    let dates = targets.keys().copied().collect();
    for target in targets.into_values() {
        target.close()?;
    }
    Ok(dates)
}

/// The date of each row.
fn days(
    file: &Path,
    batch: &RecordBatch,
    at: Option<usize>,
    of_folder: Option<EffectiveDate>,
    column: &str,
) -> Result<Date32Array, RecordedError> {
    let Some(at) = at else {
        let day = of_folder.map_or(0, EffectiveDate::days_since_epoch);
        return Ok(Date32Array::from_value(day, batch.num_rows()));
    };
    let wrong = |detail: String| RecordedError::Dates {
        file: file.to_owned(),
        detail,
    };
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let values = batch.column(at);
    let tells_dates = matches!(
        values.data_type(),
        DataType::Date32
            | DataType::Date64
            | DataType::Timestamp(..)
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
    );
    if !tells_dates {
        let found = values.data_type();
        return Err(wrong(format!(
            "column {column} holds {found}, which tells no date"
        )));
    }
    let days = cast_with_options(values, &DataType::Date32, &strict).map_err(|error| {
        wrong(format!(
            "column {column} holds something else than dates: {error}"
        ))
    })?;
    if days.null_count() > 0 {
        let count = days.null_count();
        return Err(wrong(format!("column {column} is empty in {count} rows")));
    }
    Ok(days.as_primitive::<Date32Type>().clone())
}

/// The table's own columns: with or without the one that tells the date.
fn own_columns(
    file: &Path,
    batch: &RecordBatch,
    at: Option<usize>,
    days: &Date32Array,
    by: &ByDate<'_>,
) -> Result<RecordBatch, RecordedError> {
    let schema = batch.schema();
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    match at {
        Some(at) if !by.keep => {
            fields.remove(at);
            columns.remove(at);
        }
        None if by.keep => {
            fields.push(Arc::new(Field::new(by.column, DataType::Date32, true)));
            columns.push(Arc::new(days.clone()));
        }
        _ => {}
    }
    batch_of(
        file,
        Arc::new(Schema::new(fields)),
        columns,
        batch.num_rows(),
    )
}

/// The value of a `column=YYYY-MM-DD` folder above the file.
fn folder_date(file: &Path, column: &str) -> Result<Option<EffectiveDate>, RecordedError> {
    let prefix = format!("{column}=");
    let value = file
        .ancestors()
        .find_map(|folder| folder.file_name()?.to_str()?.strip_prefix(&prefix));
    match value {
        None => Ok(None),
        Some(text) => match EffectiveDate::parse(text) {
            Some(date) => Ok(Some(date)),
            None => Err(RecordedError::Dates {
                file: file.to_owned(),
                detail: format!("the folder {prefix}{text} names no date; write YYYY-MM-DD"),
            }),
        },
    }
}

type Batches = parquet::arrow::arrow_reader::ParquetRecordBatchReader;

fn open(file: &Path) -> Result<(SchemaRef, Batches), RecordedError> {
    let handle = File::open(file).map_err(RecordedError::file("read", file))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(handle).map_err(RecordedError::parquet(file))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(RecordedError::parquet(file))?;
    Ok((schema, reader))
}

/// A file that is written once its columns are known.
#[derive(Default)]
struct Target {
    open: Option<(PathBuf, SchemaRef, ArrowWriter<File>)>,
}

impl Target {
    fn prepare(&mut self, path: &Path, schema: &SchemaRef) -> Result<(), RecordedError> {
        if self.open.is_none() {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(RecordedError::file("create", folder))?;
            }
            let file = File::create(path).map_err(RecordedError::file("write", path))?;
            let writer = ArrowWriter::try_new(file, Arc::clone(schema), None)
                .map_err(RecordedError::parquet(path))?;
            self.open = Some((path.to_owned(), Arc::clone(schema), writer));
        }
        Ok(())
    }

    fn write(&mut self, from: &Path, rows: &RecordBatch) -> Result<(), RecordedError> {
        let Some((path, schema, writer)) = &mut self.open else {
            return Ok(());
        };
        if rows.schema().fields() != schema.fields() {
            return Err(RecordedError::Dates {
                file: from.to_owned(),
                detail: "its columns are not those of the table's first file".to_owned(),
            });
        }
        writer.write(rows).map_err(RecordedError::parquet(path))
    }

    fn close(self) -> Result<(), RecordedError> {
        if let Some((path, _, writer)) = self.open {
            writer.close().map_err(RecordedError::parquet(&path))?;
        }
        Ok(())
    }
}

/// Reads a kept table whole.
pub(super) fn read(file: &Path) -> Result<(SchemaRef, Vec<RecordBatch>), RecordedError> {
    let (schema, reader) = open(file)?;
    let batches: Result<Vec<_>, _> = reader
        .map(|batch| {
            let batch = batch.map_err(RecordedError::rows(file))?;
            plain(file, &batch)
        })
        .collect();
    Ok((plain_schema(file, &schema)?, batches?))
}

/// The types of frames; how wide the exporter stored an integer or a decimal says nothing of the job.
fn plain_type(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Boolean => DataType::Boolean,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => DataType::Int64,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => DataType::Decimal128(38, *scale),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            DataType::Utf8
        }
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Dictionary(_, values) => return plain_type(values),
        _ => return None,
    })
}

fn plain_schema(file: &Path, schema: &Schema) -> Result<SchemaRef, RecordedError> {
    let fields: Result<Vec<Field>, RecordedError> = schema
        .fields()
        .iter()
        .map(|field| match plain_type(field.data_type()) {
            Some(plain) => Ok(Field::new(field.name(), plain, true)),
            None => Err(RecordedError::Type {
                file: file.to_owned(),
                column: field.name().clone(),
                data_type: field.data_type().to_string(),
            }),
        })
        .collect();
    Ok(Arc::new(Schema::new(fields?)))
}

fn plain(file: &Path, batch: &RecordBatch) -> Result<RecordBatch, RecordedError> {
    let schema = plain_schema(file, &batch.schema())?;
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let columns: Result<Vec<ArrayRef>, _> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast_with_options(column, field.data_type(), &strict))
        .collect();
    let columns = columns.map_err(RecordedError::rows(file))?;
    batch_of(file, schema, columns, batch.num_rows())
}

fn batch_of(
    file: &Path,
    schema: SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, RecordedError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).map_err(RecordedError::rows(file))
}
