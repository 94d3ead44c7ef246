//! The Parquet folder writer.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Date32Array, RecordBatch, RecordBatchOptions, new_null_array,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use relift_job::EffectiveDate;

use super::{Frame, WriterError};

/// Writes a folder of part files; no rows leave the folder empty. Returns the rows written.
pub fn write_parquet(
    folder: &Path,
    frame: &Frame,
    prior: Option<&Path>,
    parts: u32,
    output_date_column: &str,
    date: EffectiveDate,
) -> Result<u64, WriterError> {
    fs::create_dir_all(folder).map_err(WriterError::io("create", folder))?;
    let mut rows = with_date(frame, output_date_column, date)?;
    if let Some(prior) = prior {
        rows = after_prior(prior, rows)?;
    }
    let row_count = rows.num_rows();
    if row_count == 0 {
        return Ok(0);
    }
    let parts = parts as usize;
    let (smallest, larger) = (row_count / parts, row_count % parts);
    let mut start = 0;
    for part in 0..parts {
        let size = smallest + usize::from(part < larger);
        write_part(
            &folder.join(format!("part-{part:05}.parquet")),
            &rows.slice(start, size),
        )?;
        start += size;
    }
    Ok(row_count as u64)
}

fn write_part(path: &Path, rows: &RecordBatch) -> Result<(), WriterError> {
    let file = File::create(path).map_err(WriterError::io("create", path))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties))
        .map_err(WriterError::parquet(path))?;
    writer.write(rows).map_err(WriterError::parquet(path))?;
    writer.close().map_err(WriterError::parquet(path))?;
    Ok(())
}

fn with_date(frame: &Frame, column: &str, date: EffectiveDate) -> Result<RecordBatch, WriterError> {
    let (rows, _) = frame.written()?;
    let mut fields: Vec<Arc<Field>> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(column, DataType::Date32, true)));
    let mut columns = rows.columns().to_vec();
    let dates = Date32Array::from_value(date.days_since_epoch(), rows.num_rows());
    columns.push(Arc::new(dates));
    Ok(RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns,
    )?)
}

/// The earlier partition's rows followed by today's; columns in the earlier order, then new ones.
fn after_prior(prior: &Path, today: RecordBatch) -> Result<RecordBatch, WriterError> {
    let mut batches = Vec::new();
    for path in part_files(prior)? {
        let file = File::open(&path).map_err(WriterError::io("read", &path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(WriterError::parquet(&path))?;
        let schema = builder.schema().clone();
        let reader = builder.build().map_err(WriterError::parquet(&path))?;
        let before = batches.len();
        for batch in reader {
            batches.push(batch?);
        }
        if batches.len() == before {
            batches.push(RecordBatch::new_empty(schema));
        }
    }
    // A frame without rows tells no types, so it adds nothing to those of the earlier rows.
    if today.num_rows() > 0 || batches.is_empty() {
        batches.push(today);
    }
    let refused = |detail: String| WriterError::Prior {
        prior: prior.to_owned(),
        detail,
    };
    let mut fields: Vec<Field> = Vec::new();
    for batch in &batches {
        for field in batch.schema().fields() {
            match fields.iter_mut().find(|known| known.name() == field.name()) {
                None => fields.push(Field::new(field.name(), field.data_type().clone(), true)),
                Some(known) => {
                    let common =
                        common_type(known.data_type(), field.data_type()).ok_or_else(|| {
                            let (before, after) = (known.data_type(), field.data_type());
                            refused(format!(
                                "column {} was {before} and is {after}",
                                field.name()
                            ))
                        })?;
                    known.set_data_type(common);
                }
            }
        }
    }
    let schema = Arc::new(Schema::new(fields));
    let aligned: Result<Vec<RecordBatch>, WriterError> = batches
        .iter()
        .map(|batch| {
            let columns: Result<Vec<ArrayRef>, WriterError> = schema
                .fields()
                .iter()
                .map(|field| match batch.column_by_name(field.name()) {
                    Some(column) => aligned_column(column, field)
                        .map_err(|detail| refused(format!("column {}: {detail}", field.name()))),
                    None => Ok(new_null_array(field.data_type(), batch.num_rows())),
                })
                .collect();
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(
                Arc::clone(&schema),
                columns?,
                &options,
            )?)
        })
        .collect();
    Ok(concat_batches(&schema, &aligned?)?)
}

/// The column in the common type. An integer that no float holds exactly stops the run, as it stops pyarrow.
fn aligned_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef, String> {
    const EXACT_MAX: u64 = 1 << 53;
    if let (DataType::Int64, DataType::Float64) = (column.data_type(), field.data_type())
        && let Some(beyond) = column
            .as_primitive::<Int64Type>()
            .iter()
            .flatten()
            .find(|value| value.unsigned_abs() > EXACT_MAX)
    {
        return Err(format!("integer {beyond} is not exact as a float"));
    }
    cast(column, field.data_type()).map_err(|error| error.to_string())
}

/// The type both sides become; integers beside floats are floats.
fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        _ if left == right => Some(left.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => {
            Some(DataType::Float64)
        }
        _ => None,
    }
}

fn part_files(folder: &Path) -> Result<Vec<PathBuf>, WriterError> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder).map_err(WriterError::io("list", folder))? {
        let path = entry.map_err(WriterError::io("list", folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            parts.push(path);
        }
    }
    parts.sort();
    Ok(parts)
}
