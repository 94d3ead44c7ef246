//! The data files of one commit, written from rows as they come.
//!
//! Rows pass through once: each batch is checked, hashed, counted and written before the next one is
//! asked for, so that a commit of any size needs the memory of a row group. A file ends after a fixed
//! number of rows. Names follow from the run and the content, hence files lie under temporary names
//! until the last row is known; an attempt cut short leaves nothing that Delta knows of.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use deltalake::kernel::Add;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use relift_diagnostics::ContentHash;
use relift_job::TableName;
use serde_json::{Map, Value, json};

use crate::commit::{CommitMode, TableCommit, milliseconds_now};
use crate::content::RowHasher;
use crate::durable::Unnamed;
use crate::schema::{cast_batch, stored_schema};
use crate::{EngineError, durable};

/// Batches are made equal in size first, so that files do not depend on how rows arrived.
const BATCH_ROWS: usize = 8 * 1024;
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// A multiple of both.
const FILE_ROWS_MAX: u64 = 1024 * 1024;

/// How many rows there are, and what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowDigest {
    pub(crate) content_hash: ContentHash,
    pub(crate) rows: u64,
}

/// Files on disk that no version of the table knows yet.
#[derive(Debug)]
pub(crate) struct DataFiles {
    pub(crate) digest: RowDigest,
    /// In stored order.
    pub(crate) adds: Vec<Add>,
}

/// How the rows of a commit stand in the table and in its files.
pub(crate) struct Layout<'a> {
    commit: &'a TableCommit<()>,
    /// Columns as they are given, with stored types.
    given: SchemaRef,
    /// Columns of the files: all but the effective date.
    pub(crate) file_schema: SchemaRef,
    /// Columns of the table: those of the files, then the effective date if there is one.
    pub(crate) table_schema: SchemaRef,
    /// Where the columns of the files stand among those given.
    kept: Vec<usize>,
    /// Where the effective date stands, if it is given.
    date_at: Option<usize>,
}

impl<'a> Layout<'a> {
    /// The layout of a commit's rows.
    pub(crate) fn of(commit: &'a TableCommit<()>) -> Result<Self, EngineError> {
        let given = stored_schema(&commit.schema)?;
        let all = 0..given.fields().len();
        let CommitMode::ReplacePartition { column, .. } = &commit.mode else {
            return Ok(Self {
                commit,
                file_schema: Arc::clone(&given),
                table_schema: Arc::clone(&given),
                kept: all.collect(),
                date_at: None,
                given,
            });
        };
        let date_at = given.index_of(column.as_str()).ok();
        let kept: Vec<usize> = all.filter(|index| Some(*index) != date_at).collect();
        let file_schema = Arc::new(given.project(&kept)?);
        let mut fields = file_schema.fields().to_vec();
        fields.push(Arc::new(Field::new(
            column.as_str(),
            DataType::Date32,
            true,
        )));
        Ok(Self {
            commit,
            file_schema,
            table_schema: Arc::new(Schema::new(fields)),
            kept,
            date_at,
            given,
        })
    }

    /// Hashes and counts rows that need not be written.
    pub(crate) fn digest(
        &self,
        batches: impl Iterator<Item = Result<RecordBatch, EngineError>>,
    ) -> Result<RowDigest, EngineError> {
        let mut hasher = RowHasher::new(&self.file_schema);
        for batch in batches {
            hasher.update(&self.file_rows(&batch?)?)?;
        }
        Ok(hasher.finish())
    }

    /// Writes rows below the table's folder; no file when there are none.
    pub(crate) fn write(
        &self,
        folder: &Path,
        batches: impl Iterator<Item = Result<RecordBatch, EngineError>>,
    ) -> Result<DataFiles, EngineError> {
        let (subfolder, partition) = self.partition();
        let place = subfolder
            .as_ref()
            .map_or_else(|| folder.to_owned(), |subfolder| folder.join(subfolder));
        let mut hasher = RowHasher::new(&self.file_schema);
        let mut coalescer = BatchCoalescer::new(Arc::clone(&self.file_schema), BATCH_ROWS);
        let mut files = FileSeries {
            layout: self,
            place: &place,
            open: None,
            closed: Vec::new(),
        };
        for batch in batches {
            let batch = self.file_rows(&batch?)?;
            hasher.update(&batch)?;
            coalescer.push_batch(batch)?;
            while let Some(batch) = coalescer.next_completed_batch() {
                files.write(&batch)?;
            }
        }
        coalescer.finish_buffered_batch()?;
        while let Some(batch) = coalescer.next_completed_batch() {
            files.write(&batch)?;
        }
        files.close()?;

        let digest = hasher.finish();
        let run = format!(
            "{}\n{}\n{}",
            self.commit.app_id, self.commit.generation, digest.content_hash
        );
        let run = ContentHash::of(run.as_bytes()).to_string();
        let run = run.trim_start_matches("blake3:");
        let run = run.get(..32).unwrap_or(run);
        let mut adds = Vec::with_capacity(files.closed.len());
        for (ordinal, closed) in files.closed.into_iter().enumerate() {
            let name = format!("part-{ordinal:05}-{run}.parquet");
            let path = place.join(&name);
            let stats = closed.statistics(&self.file_schema);
            closed.file.name(&path)?;
            let size = std::fs::metadata(&path)
                .map_err(EngineError::io("read", &path))?
                .len();
            adds.push(Add {
                path: match &subfolder {
                    Some(subfolder) => format!("{subfolder}/{name}"),
                    None => name,
                },
                partition_values: partition.iter().cloned().collect(),
                size: size as i64,
                modification_time: milliseconds_now(),
                data_change: true,
                stats: Some(stats.to_string()),
                tags: None,
                deletion_vector: None,
                base_row_id: None,
                default_row_commit_version: None,
                clustering_provider: None,
            });
        }
        if !adds.is_empty() {
            durable::sync_folder(&place)?;
        }
        Ok(DataFiles { digest, adds })
    }

    /// Folder and value of the partition; none in a table without partitions.
    fn partition(&self) -> (Option<String>, Option<(String, Option<String>)>) {
        let CommitMode::ReplacePartition { column, date } = &self.commit.mode else {
            return (None, None);
        };
        let plain = column
            .as_str()
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
        let subfolder = if plain {
            format!("{column}={date}")
        } else {
            date.to_string()
        };
        (
            Some(subfolder),
            Some((column.to_string(), Some(date.to_string()))),
        )
    }

    /// A batch as it goes to the files.
    fn file_rows(&self, batch: &RecordBatch) -> Result<RecordBatch, EngineError> {
        if batch.num_columns() != self.given.fields().len() {
            return Err(EngineError::SchemaDiffers {
                table: self.commit.table.clone(),
                detail: format!(
                    "{} columns are declared and {} are given",
                    self.given.fields().len(),
                    batch.num_columns()
                ),
            });
        }
        let batch = cast_batch(batch, &self.given)?;
        if let Some(at) = self.date_at {
            self.all_on_date(batch.column(at).as_ref())?;
        }
        Ok(batch.project(&self.kept)?)
    }

    fn all_on_date(&self, values: &dyn Array) -> Result<(), EngineError> {
        let CommitMode::ReplacePartition { column, date } = &self.commit.mode else {
            return Ok(());
        };
        let day = date.days_since_epoch();
        let same = *values.data_type() == DataType::Date32
            && values
                .as_primitive::<Date32Type>()
                .iter()
                .all(|value| value == Some(day));
        if same {
            return Ok(());
        }
        Err(EngineError::SchemaDiffers {
            table: self.commit.table.clone(),
            detail: format!("column {column} must hold the date {date} in every row"),
        })
    }
}

/// Files of a commit, the last of them open.
struct FileSeries<'a> {
    layout: &'a Layout<'a>,
    place: &'a Path,
    open: Option<OpenFile>,
    closed: Vec<ClosedFile>,
}

impl FileSeries<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.rows >= FILE_ROWS_MAX)
        {
            self.close()?;
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                durable::create_folder(self.place)?;
                OpenFile::begin(self.place, self.layout)?
            }
        };
        let open = self.open.insert(open);
        open.write(batch)
            .map_err(|error| failed(&self.layout.commit.table, self.place, &error))
    }

    fn close(&mut self) -> Result<(), EngineError> {
        if let Some(open) = self.open.take() {
            self.closed.push(open.end(self.layout, self.place)?);
        }
        Ok(())
    }
}

struct OpenFile {
    unnamed: Unnamed,
    writer: ArrowWriter<File>,
    rows: u64,
    nulls: Vec<usize>,
}

impl OpenFile {
    fn begin(place: &Path, layout: &Layout<'_>) -> Result<Self, EngineError> {
        let (unnamed, file) = Unnamed::create(place)?;
        let properties = WriterProperties::builder()
            .set_created_by("relift".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let schema = Arc::clone(&layout.file_schema);
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(|error| failed(&layout.commit.table, place, &error))?;
        Ok(Self {
            unnamed,
            writer,
            rows: 0,
            nulls: vec![0; layout.file_schema.fields().len()],
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.rows += batch.num_rows() as u64;
        for (nulls, column) in self.nulls.iter_mut().zip(batch.columns()) {
            *nulls += column.null_count();
        }
        self.writer.write(batch)
    }

    fn end(self, layout: &Layout<'_>, place: &Path) -> Result<ClosedFile, EngineError> {
        let file = self
            .writer
            .into_inner()
            .map_err(|error| failed(&layout.commit.table, place, &error))?;
        file.sync_all().map_err(EngineError::io("sync", place))?;
        Ok(ClosedFile {
            file: self.unnamed,
            rows: self.rows,
            nulls: self.nulls,
        })
    }
}

/// A file that is whole and has no name yet.
struct ClosedFile {
    file: Unnamed,
    rows: u64,
    nulls: Vec<usize>,
}

impl ClosedFile {
    fn statistics(&self, schema: &Schema) -> Value {
        let nulls = schema
            .fields()
            .iter()
            .zip(&self.nulls)
            .map(|(field, nulls)| (field.name().clone(), Value::from(*nulls)));
        json!({
            "numRecords": self.rows,
            "minValues": {},
            "maxValues": {},
            "nullCount": nulls.collect::<Map<String, Value>>(),
        })
    }
}

fn failed(table: &TableName, place: &Path, error: &ParquetError) -> EngineError {
    EngineError::CorruptFile {
        table: table.clone(),
        file: place.to_owned(),
        detail: error.to_string(),
    }
}
