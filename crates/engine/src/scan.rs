//! Reading rows in stored order, a batch at a time.
//!
//! A scan is decided before it starts: schema, files and their order. Reading it is a plain loop over
//! files, so its order cannot depend on threads, and one batch is in memory at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use futures::Stream;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use relift_job::TableName;

use crate::EngineError;

const BATCH_ROWS: usize = 8192;

/// Batches of rows as they are read.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch, EngineError>> + Send>>;

/// Rows of a table at a version, decided but not read.
#[derive(Clone, Debug)]
pub struct Scan {
    pub(crate) table: TableName,
    pub(crate) version: u64,
    /// Columns without the row number.
    pub(crate) columns: SchemaRef,
    pub(crate) files: Arc<[ScanFile]>,
    pub(crate) row_number: Option<String>,
}

/// A file of a scan.
#[derive(Debug)]
pub(crate) struct ScanFile {
    pub(crate) path: PathBuf,
    /// Values of partition columns, which the file itself does not hold.
    pub(crate) partition: BTreeMap<String, Option<String>>,
}

impl Scan {
    /// The table read.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// The version read.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Adds a BIGINT column, last, that counts the rows from 0 in the order they are read.
    pub fn with_row_number(mut self, name: &str) -> Result<Self, EngineError> {
        if self.columns.index_of(name).is_ok() {
            return Err(EngineError::SchemaDiffers {
                table: self.table,
                detail: format!("the row number cannot be called {name}, which is a column"),
            });
        }
        self.row_number = Some(name.to_owned());
        Ok(self)
    }

    /// Columns of the batches.
    pub fn schema(&self) -> SchemaRef {
        match &self.row_number {
            None => Arc::clone(&self.columns),
            Some(name) => {
                let mut fields = self.columns.fields().to_vec();
                fields.push(Arc::new(Field::new(name, DataType::Int64, false)));
                Arc::new(Schema::new(fields))
            }
        }
    }

    /// Starts reading.
    pub fn read(&self) -> ScanReader {
        ScanReader {
            schema: self.schema(),
            scan: self.clone(),
            next_file: 0,
            open: None,
            rows_read: 0,
        }
    }

    /// Reads on a blocking thread of the current tokio runtime.
    pub fn stream(&self) -> BatchStream {
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let reader = self.read();
        tokio::task::spawn_blocking(move || {
            for batch in reader {
                if sender.blocking_send(batch).is_err() {
                    // Nobody listens any more.
                    break;
                }
            }
        });
        Box::pin(futures::stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|batch| (batch, receiver))
        }))
    }
}

/// Reads a scan; ends after the first error.
pub struct ScanReader {
    schema: SchemaRef,
    scan: Scan,
    next_file: usize,
    open: Option<(ParquetRecordBatchReader, usize)>,
    rows_read: i64,
}

impl ScanReader {
    /// Columns of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        loop {
            if self.open.is_none() {
                let Some(file) = self.scan.files.get(self.next_file) else {
                    return Ok(None);
                };
                self.open = Some((self.open_file(file)?, self.next_file));
                self.next_file += 1;
            }
            let Some((reader, index)) = &mut self.open else {
                return Ok(None);
            };
            let index = *index;
            match reader.next() {
                None => self.open = None,
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => {
                    return self.complete(&batch, &self.scan.files[index]).map(|batch| {
                        self.rows_read += batch.num_rows() as i64;
                        Some(batch)
                    });
                }
                Some(Err(error)) => return Err(self.corrupt(&self.scan.files[index], &error)),
            }
        }
    }

    fn open_file(&self, file: &ScanFile) -> Result<ParquetRecordBatchReader, EngineError> {
        let handle = File::open(&file.path).map_err(|error| self.corrupt(file, &error))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(handle)
            .map_err(|error| self.corrupt(file, &error))?;
        let wanted = |name: &str| {
            self.scan.columns.index_of(name).is_ok() && !file.partition.contains_key(name)
        };
        let roots = builder.schema().fields().iter().enumerate();
        let roots: Vec<usize> = roots
            .filter(|(_, field)| wanted(field.name()))
            .map(|(index, _)| index)
            .collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| self.corrupt(file, &error))
    }

    /// Puts columns in the scan's order and adds those the file does not hold.
    fn complete(&self, batch: &RecordBatch, file: &ScanFile) -> Result<RecordBatch, EngineError> {
        let rows = batch.num_rows();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.scan.columns.fields() {
            let column = match file.partition.get(field.name()) {
                Some(value) => constant(value.as_deref(), field.data_type(), rows),
                None => match batch.column_by_name(field.name()) {
                    Some(column) => cast(column, field.data_type()),
                    // The column came to the table after this file.
                    None => Ok(new_null_array(field.data_type(), rows)),
                },
            };
            columns.push(column.map_err(|error| self.corrupt(file, &error))?);
        }
        if self.scan.row_number.is_some() {
            columns.push(Arc::new(Int64Array::from_iter_values(
                self.rows_read..self.rows_read + rows as i64,
            )));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns,
            &options,
        )?)
    }

    fn corrupt(&self, file: &ScanFile, error: &dyn std::fmt::Display) -> EngineError {
        EngineError::CorruptFile {
            table: self.scan.table.clone(),
            file: file.path.clone(),
            detail: error.to_string(),
        }
    }
}

impl Iterator for ScanReader {
    type Item = Result<RecordBatch, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch().transpose();
        if matches!(next, Some(Err(_))) {
            self.next_file = self.scan.files.len();
            self.open = None;
        }
        next
    }
}

fn cast(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == data_type {
        return Ok(Arc::clone(column));
    }
    cast_with_options(
        column,
        data_type,
        &CastOptions {
            safe: false,
            ..CastOptions::default()
        },
    )
}

/// A partition value as a column; Delta writes NULL as a missing or an empty text.
fn constant(
    value: Option<&str>,
    data_type: &DataType,
    rows: usize,
) -> Result<ArrayRef, ArrowError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(new_null_array(data_type, rows));
    };
    let text: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let one = cast(&text, data_type)?;
    debug_assert_eq!(one.len(), 1);
    take(&one, &Int64Array::from(vec![0; rows]), None)
}
