//! One commit per run, recognised when it is offered again.
//!
//! A commit carries an application transaction: the run and its generation. delta-rs writes a
//! repeated one without complaint, so the log is searched for it before each attempt; the entry itself
//! is created only if its version is free. Between the two nothing can slip in: whoever takes the
//! version first wins, and the loser reads the winner's entry and decides anew from the new version.
//! Rows and log entry are durable before this returns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, TableReference};
use deltalake::kernel::{Action, Add, MetadataExt, StructType, Transaction};
use deltalake::logstore::CommitOrBytes;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use relift_diagnostics::ContentHash;
use relift_job::{ColumnName, EffectiveDate, TableName};
use serde_json::{Map, Value, json};

use crate::history::{self, LogEntry, RUN_KEY, committed_runs, entry_file, log_folder};
use crate::schema::{cast_batch, stored_schema};
use crate::snapshot::{folder_url, open};
use crate::{EngineError, content_hash, durable};

const ATTEMPTS_MAX: u32 = 100;
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// What a commit does to the rows that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitMode {
    /// Replaces the rows of one date in a table partitioned by `column`.
    ReplacePartition {
        /// The effective date column.
        column: ColumnName,
        /// The date.
        date: EffectiveDate,
    },
    /// Replaces all rows, and the columns if they differ.
    OverwriteAll,
    /// Keeps all rows.
    Append,
    /// Removes the rows that earlier generations of the same run added and keeps the others.
    ReplaceRun,
}

/// Rows to be committed.
#[derive(Clone, Debug)]
pub struct TableCommit {
    /// Folder of the lake or zone; the table lives at `<root>/<schema>/<table>`.
    pub root: PathBuf,
    /// The table, created if missing.
    pub table: TableName,
    /// The run, such as a campaign, job, date and side; one run commits to a table once.
    pub app_id: String,
    /// Counts deliberate repetitions of the run, from 1.
    pub generation: i64,
    /// What happens to the rows that are there.
    pub mode: CommitMode,
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
    /// Recorded in the log beside the run.
    pub metadata: BTreeMap<String, Value>,
}

/// Where the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOutcome {
    /// The version that holds them.
    pub delta_version: u64,
    /// Whether an earlier, identical commit of the run was found instead of made.
    pub adopted: bool,
    /// Hash of the rows.
    pub content_hash: ContentHash,
    /// How many rows.
    pub rows: u64,
}

/// Commits rows exactly once.
pub async fn commit_table(commit: &TableCommit) -> Result<CommitOutcome, EngineError> {
    let rows = Rows::prepare(commit)?;
    let folder = commit
        .root
        .join(commit.table.schema.as_str())
        .join(&*commit.table.table);
    let mut written = None;
    for attempt in 1..=ATTEMPTS_MAX {
        let latest = history::latest_version(&folder)?;
        let entries = match latest {
            Some(version) => history::read(&commit.table, &folder, version)?,
            None => Vec::new(),
        };
        if let Some(delta_version) = already_committed(commit, &entries, &rows)? {
            return Ok(rows.outcome(delta_version, true));
        }
        if written.is_none() {
            durable::create_folder(&log_folder(&folder))?;
            written = Some(rows.write(&folder, commit)?);
        }
        let added = written.clone().flatten();
        let (version, entry) = match latest {
            None => (0, first_entry(commit, &folder, &rows, added).await?),
            Some(version) => (
                version + 1,
                next_entry(commit, &folder, version, &entries, &rows, added).await?,
            ),
        };
        if durable::create_whole(&entry_file(&folder, version), &entry)? {
            return Ok(rows.outcome(version, false));
        }
        tokio::time::sleep(backoff(commit, attempt)).await;
    }
    Err(EngineError::Contended {
        table: commit.table.clone(),
        attempts: ATTEMPTS_MAX,
    })
}

/// Rows as they go to the file, without the partition column.
struct Rows {
    table_schema: SchemaRef,
    file_schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: u64,
    content_hash: ContentHash,
}

impl Rows {
    fn prepare(commit: &TableCommit) -> Result<Self, EngineError> {
        let given = stored_schema(&commit.schema)?;
        let mut batches = Vec::with_capacity(commit.batches.len());
        for batch in &commit.batches {
            if batch.num_columns() != given.fields().len() {
                return Err(EngineError::SchemaDiffers {
                    table: commit.table.clone(),
                    detail: format!(
                        "{} columns are declared and {} are given",
                        given.fields().len(),
                        batch.num_columns()
                    ),
                });
            }
            batches.push(cast_batch(batch, &given)?);
        }
        let CommitMode::ReplacePartition { column, date } = &commit.mode else {
            let content_hash = content_hash(&given, &batches)?;
            let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
            return Ok(Self {
                table_schema: Arc::clone(&given),
                file_schema: given,
                batches,
                rows,
                content_hash,
            });
        };
        let data = match given.index_of(column.as_str()) {
            Err(_) => (0..given.fields().len()).collect::<Vec<_>>(),
            Ok(at) => {
                for batch in &batches {
                    all_on_date(&commit.table, batch, at, column, *date)?;
                }
                (0..given.fields().len())
                    .filter(|index| *index != at)
                    .collect()
            }
        };
        let file_schema = Arc::new(given.project(&data)?);
        let batches = batches
            .iter()
            .map(|batch| batch.project(&data))
            .collect::<Result<Vec<_>, _>>()?;
        let mut fields = file_schema.fields().to_vec();
        fields.push(Arc::new(Field::new(
            column.as_str(),
            DataType::Date32,
            true,
        )));
        let content_hash = content_hash(&file_schema, &batches)?;
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        Ok(Self {
            table_schema: Arc::new(Schema::new(fields)),
            file_schema,
            batches,
            rows,
            content_hash,
        })
    }

    fn outcome(&self, delta_version: u64, adopted: bool) -> CommitOutcome {
        CommitOutcome {
            delta_version,
            adopted,
            content_hash: self.content_hash,
            rows: self.rows,
        }
    }

    /// Writes the data file; `None` when there are no rows.
    ///
    /// Its name follows from the run and the content, so that an attempt cut short leaves nothing
    /// that the next one does not use.
    fn write(&self, folder: &Path, commit: &TableCommit) -> Result<Option<Add>, EngineError> {
        if self.rows == 0 {
            return Ok(None);
        }
        let run = format!(
            "{}\n{}\n{}",
            commit.app_id, commit.generation, self.content_hash
        );
        let run = ContentHash::of(run.as_bytes()).to_string();
        let name = format!(
            "part-00000-{}.parquet",
            run.trim_start_matches("blake3:").get(..32).unwrap_or(&run)
        );
        let (relative, partition) = match &commit.mode {
            CommitMode::ReplacePartition { column, date } => {
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
                    format!("{subfolder}/{name}"),
                    Some((column.to_string(), Some(date.to_string()))),
                )
            }
            CommitMode::OverwriteAll | CommitMode::Append | CommitMode::ReplaceRun => (name, None),
        };
        let path = folder.join(&relative);
        if let Some(parent) = path.parent() {
            durable::create_folder(parent)?;
        }
        durable::write_file(&path, |file| {
            let properties = WriterProperties::builder()
                .set_created_by("relift".to_owned())
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                .build();
            self.write_parquet(file, properties)
                .map_err(|error| EngineError::CorruptFile {
                    table: commit.table.clone(),
                    file: path.clone(),
                    detail: error.to_string(),
                })
        })?;
        let size = std::fs::metadata(&path)
            .map_err(EngineError::io("read", &path))?
            .len();
        Ok(Some(Add {
            path: relative,
            partition_values: partition.into_iter().collect(),
            size: size as i64,
            modification_time: milliseconds_now(),
            data_change: true,
            stats: Some(self.statistics().to_string()),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        }))
    }

    /// Batches are made equal in size first, so that the file does not depend on how rows arrived.
    fn write_parquet(
        &self,
        file: &mut std::fs::File,
        properties: WriterProperties,
    ) -> Result<(), parquet::errors::ParquetError> {
        let mut writer =
            ArrowWriter::try_new(file, Arc::clone(&self.file_schema), Some(properties))?;
        let mut coalescer = BatchCoalescer::new(Arc::clone(&self.file_schema), 8192);
        for batch in &self.batches {
            coalescer.push_batch(batch.clone())?;
            while let Some(batch) = coalescer.next_completed_batch() {
                writer.write(&batch)?;
            }
        }
        coalescer.finish_buffered_batch()?;
        while let Some(batch) = coalescer.next_completed_batch() {
            writer.write(&batch)?;
        }
        writer.close()?;
        Ok(())
    }

    fn statistics(&self) -> Value {
        let nulls = self
            .file_schema
            .fields()
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let nulls: usize = self
                    .batches
                    .iter()
                    .map(|batch| batch.column(index).null_count())
                    .sum();
                (field.name().clone(), Value::from(nulls))
            });
        json!({
            "numRecords": self.rows,
            "minValues": {},
            "maxValues": {},
            "nullCount": nulls.collect::<Map<String, Value>>(),
        })
    }
}

fn all_on_date(
    table: &TableName,
    batch: &RecordBatch,
    at: usize,
    column: &ColumnName,
    date: EffectiveDate,
) -> Result<(), EngineError> {
    let values = batch.column(at);
    let same = match values.data_type() {
        DataType::Date32 => {
            let day = date.days_since_epoch();
            values
                .as_primitive::<Date32Type>()
                .iter()
                .all(|value| value == Some(day))
        }
        _ => false,
    };
    if same {
        return Ok(());
    }
    Err(EngineError::SchemaDiffers {
        table: table.clone(),
        detail: format!("column {column} must hold the date {date} in every row"),
    })
}

/// The version that holds this run and generation, if its rows are the same.
fn already_committed(
    commit: &TableCommit,
    entries: &[LogEntry],
    rows: &Rows,
) -> Result<Option<u64>, EngineError> {
    let runs = committed_runs(entries);
    let Some(run) = runs
        .get(&commit.app_id)
        .filter(|run| run.generation >= commit.generation)
    else {
        return Ok(None);
    };
    if run.generation > commit.generation {
        return Err(EngineError::Outdated {
            table: commit.table.clone(),
            app_id: commit.app_id.clone(),
            generation: commit.generation,
            committed: run.generation,
        });
    }
    if run.content_hash != Some(rows.content_hash) {
        return Err(EngineError::Diverged {
            table: commit.table.clone(),
            app_id: commit.app_id.clone(),
            generation: commit.generation,
            delta_version: run.delta_version,
            committed: run
                .content_hash
                .map_or_else(|| "no recorded hash".to_owned(), |hash| hash.to_string()),
            offered: rows.content_hash.to_string(),
        });
    }
    Ok(Some(run.delta_version))
}

async fn first_entry(
    commit: &TableCommit,
    folder: &Path,
    rows: &Rows,
    added: Option<Add>,
) -> Result<Vec<u8>, EngineError> {
    let failed = |error| EngineError::delta("create", &commit.table)(error);
    let template = template(commit, rows).await?;
    let state = template.snapshot().map_err(failed)?;
    let mut actions = vec![
        Action::Protocol(state.protocol().clone()),
        Action::Metadata(state.metadata().clone()),
    ];
    actions.extend(added.map(Action::Add));
    let log_store = deltalake::DeltaTableBuilder::from_url(folder_url(folder)?)
        .and_then(deltalake::DeltaTableBuilder::build)
        .map_err(failed)?
        .log_store();
    entry_bytes(
        commit,
        rows,
        None,
        actions,
        log_store,
        SaveMode::ErrorIfExists,
    )
    .await
}

async fn next_entry(
    commit: &TableCommit,
    folder: &Path,
    version: u64,
    entries: &[LogEntry],
    rows: &Rows,
    added: Option<Add>,
) -> Result<Vec<u8>, EngineError> {
    let failed = |error| EngineError::delta("write", &commit.table)(error);
    let delta = open(&commit.table, folder, Some(version)).await?;
    let state = delta.snapshot().map_err(failed)?;
    let partition_columns = state.metadata().partition_columns().to_vec();
    let wanted: Vec<String> = partition_columns_of(commit);
    if partition_columns != wanted {
        return Err(EngineError::SchemaDiffers {
            table: commit.table.clone(),
            detail: format!(
                "it is partitioned by {partition_columns:?} and the rows by {wanted:?}"
            ),
        });
    }

    let mut removed = Vec::new();
    let mut remain = false;
    for view in state.log_data().iter() {
        let path = view.path().into_owned();
        let remove = match &commit.mode {
            CommitMode::ReplacePartition { column, date } => {
                let values = view.partition_values_map();
                values.get(column.as_str()).cloned().flatten().as_deref()
                    == Some(date.to_string().as_str())
            }
            CommitMode::OverwriteAll => true,
            CommitMode::Append => false,
            CommitMode::ReplaceRun => added_by_run(entries, &commit.app_id, &path),
        };
        if remove {
            removed.push((path, Action::Remove(view.remove_action(true))));
        } else {
            remain = true;
        }
    }
    removed.sort_by(|(left, _), (right, _)| left.cmp(right));

    let mut actions = Vec::new();
    let table_schema = stored_schema(&state.snapshot().arrow_schema())?;
    if let Some(detail) = schema_difference(&table_schema, &rows.table_schema) {
        if remain {
            return Err(EngineError::SchemaDiffers {
                table: commit.table.clone(),
                detail,
            });
        }
        let template = template(commit, rows).await?;
        let new = template.snapshot().map_err(failed)?;
        if new.protocol().min_reader_version() > state.protocol().min_reader_version() {
            actions.push(Action::Protocol(new.protocol().clone()));
        }
        let metadata = new
            .metadata()
            .clone()
            .with_table_id(state.metadata().id().to_owned())
            .map_err(|error| failed(error.into()))?;
        actions.push(Action::Metadata(metadata));
    }
    let save_mode = if removed.is_empty() {
        SaveMode::Append
    } else {
        SaveMode::Overwrite
    };
    actions.extend(removed.into_iter().map(|(_, action)| action));
    actions.extend(added.map(Action::Add));
    entry_bytes(
        commit,
        rows,
        Some(state),
        actions,
        delta.log_store(),
        save_mode,
    )
    .await
}

/// Whether the last commit that added the file was one of the run.
fn added_by_run(entries: &[LogEntry], app_id: &str, path: &str) -> bool {
    let added_in = entries
        .iter()
        .rev()
        .find(|entry| entry.adds.iter().any(|added| added.path == path));
    added_in.is_some_and(|entry| entry.transactions.iter().any(|(run, _)| run == app_id))
}

/// Lets delta-rs check the actions against the table's protocol and turn them into a log entry.
async fn entry_bytes(
    commit: &TableCommit,
    rows: &Rows,
    state: Option<&dyn TableReference>,
    mut actions: Vec<Action>,
    log_store: deltalake::logstore::LogStoreRef,
    mode: SaveMode,
) -> Result<Vec<u8>, EngineError> {
    actions.push(Action::Txn(Transaction::new_with_last_update(
        &commit.app_id,
        commit.generation,
        Some(milliseconds_now()),
    )));
    let run = json!({
        "run": commit.app_id,
        "generation": commit.generation,
        "contentHash": rows.content_hash.to_string(),
        "rows": rows.rows,
        "metadata": commit.metadata,
    });
    let partition_by = Some(partition_columns_of(commit)).filter(|columns| !columns.is_empty());
    let predicate = match &commit.mode {
        CommitMode::ReplacePartition { column, date } => Some(format!("{column} = '{date}'")),
        CommitMode::OverwriteAll | CommitMode::Append | CommitMode::ReplaceRun => None,
    };
    let operation = DeltaOperation::Write {
        mode,
        partition_by,
        predicate,
    };
    let prepared = CommitBuilder::default()
        .with_actions(actions)
        .with_app_metadata([(RUN_KEY.to_owned(), run)].into_iter().collect())
        .build(state, log_store, operation)
        .into_prepared_commit_future()
        .await
        .map_err(EngineError::delta("write", &commit.table))?;
    match prepared.commit_or_bytes() {
        CommitOrBytes::LogBytes(bytes) => Ok(bytes.to_vec()),
        CommitOrBytes::TmpCommit(_) => Err(EngineError::Unsupported {
            table: commit.table.clone(),
            what: "a storage other than local files".to_owned(),
        }),
    }
}

/// An empty table in memory with the rows' columns: delta-rs decides which protocol they need.
async fn template(commit: &TableCommit, rows: &Rows) -> Result<DeltaTable, EngineError> {
    let schema: StructType = rows.table_schema.as_ref().try_into_kernel()?;
    CreateBuilder::new()
        .with_location("memory:///")
        .with_columns(schema.fields().cloned())
        .with_partition_columns(partition_columns_of(commit))
        // The log holds the order of rows and the runs; no tool may clean it.
        .with_configuration_property(
            deltalake::TableProperty::EnableExpiredLogCleanup,
            Some("false"),
        )
        .await
        .map_err(EngineError::delta("create", &commit.table))
}

fn partition_columns_of(commit: &TableCommit) -> Vec<String> {
    match &commit.mode {
        CommitMode::ReplacePartition { column, .. } => vec![column.to_string()],
        CommitMode::OverwriteAll | CommitMode::Append | CommitMode::ReplaceRun => Vec::new(),
    }
}

/// The first difference between a table's columns and those of rows.
fn schema_difference(table: &Schema, rows: &Schema) -> Option<String> {
    let describe = |field: Option<&arrow::datatypes::FieldRef>| match field {
        Some(field) => format!("{} {}", field.name(), field.data_type()),
        None => "none".to_owned(),
    };
    let count = table.fields().len().max(rows.fields().len());
    (0..count).find_map(|index| {
        let (left, right) = (table.fields().get(index), rows.fields().get(index));
        let same = matches!((left, right), (Some(left), Some(right)) if left.name() == right.name() && left.data_type() == right.data_type());
        (!same).then(|| {
            format!("column {} is {} in the table and {} in the rows", index + 1, describe(left), describe(right))
        })
    })
}

/// Grows with the attempts and differs between runs, so that rivals do not meet again each time.
fn backoff(commit: &TableCommit, attempt: u32) -> Duration {
    let seed =
        ContentHash::of(format!("{}\n{}\n{attempt}", commit.app_id, std::process::id()).as_bytes());
    let spread = u64::from(seed.as_bytes()[0]) % (u64::from(attempt.min(8)) * 4);
    Duration::from_millis(1 + spread)
}

fn milliseconds_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis() as i64)
}
