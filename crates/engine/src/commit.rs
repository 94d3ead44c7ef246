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

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, TableReference};
use deltalake::kernel::{Action, MetadataExt, StructType, Transaction};
use deltalake::logstore::CommitOrBytes;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use relift_diagnostics::ContentHash;
use relift_job::{ColumnName, EffectiveDate, TableName};
use serde_json::{Value, json};

use crate::data_files::{DataFiles, Layout, RowDigest};
use crate::history::{
    self, CommittedRun, LogEntry, RUN_KEY, committed_runs, entry_file, log_folder,
};
use crate::schema::{schema_difference, stored_schema, widened_schema};
use crate::snapshot::{folder_url, open};
use crate::{EngineError, durable};

const ATTEMPTS_MAX: u32 = 100;

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

/// What happens when rows have other columns than the table they are added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnChange {
    /// The commit is refused.
    Refused,
    /// Columns that the table lacks are added to it, NULL in the rows that are there; columns that the
    /// rows lack are NULL in them. A column of another type is refused.
    Additive,
}

/// Rows to be committed.
#[derive(Clone, Debug)]
pub struct TableCommit<Batches = Vec<RecordBatch>> {
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
    pub batches: Batches,
    /// Recorded in the log beside the run.
    pub metadata: BTreeMap<String, Value>,
}

impl<Batches> TableCommit<Batches> {
    /// The commit without its rows, and the rows.
    fn split(self) -> (TableCommit<()>, Batches) {
        let commit = TableCommit {
            root: self.root,
            table: self.table,
            app_id: self.app_id,
            generation: self.generation,
            mode: self.mode,
            schema: self.schema,
            batches: (),
            metadata: self.metadata,
        };
        (commit, self.batches)
    }
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

/// Commits rows exactly once; their columns are those of the table.
pub async fn commit_table(commit: &TableCommit) -> Result<CommitOutcome, EngineError> {
    let (commit, batches) = commit.clone().split();
    commit_rows(&commit, batches.into_iter().map(Ok), ColumnChange::Refused).await
}

/// Commits rows exactly once, asking for each batch when the one before is on disk.
pub async fn commit_stream<Batches>(
    commit: TableCommit<Batches>,
    columns: ColumnChange,
) -> Result<CommitOutcome, EngineError>
where
    Batches: Iterator<Item = Result<RecordBatch, EngineError>> + Send,
{
    let (commit, batches) = commit.split();
    commit_rows(&commit, batches, columns).await
}

async fn commit_rows(
    commit: &TableCommit<()>,
    batches: impl Iterator<Item = Result<RecordBatch, EngineError>> + Send,
    columns: ColumnChange,
) -> Result<CommitOutcome, EngineError> {
    let layout = Layout::of(commit)?;
    let folder = commit
        .root
        .join(commit.table.schema.as_str())
        .join(&*commit.table.table);
    let mut log = Log::read(commit, &folder)?;
    if let Some(run) = log.run_of(commit)? {
        return adopted(commit, &run, layout.digest(batches)?);
    }
    let files = layout.write(&folder, batches)?;
    durable::create_folder(&log_folder(&folder))?;
    for attempt in 1..=ATTEMPTS_MAX {
        let (version, entry) = match log.latest {
            None => (0, first_entry(&layout, commit, &folder, &files).await?),
            Some(latest) => {
                let next = Next {
                    commit,
                    folder: &folder,
                    layout: &layout,
                    files: &files,
                    columns,
                };
                (latest + 1, next.entry(latest, &log.entries).await?)
            }
        };
        if durable::create_whole(&entry_file(&folder, version), &entry)? {
            return Ok(outcome(version, false, files.digest));
        }
        tokio::time::sleep(backoff(commit, attempt)).await;
        log = Log::read(commit, &folder)?;
        if let Some(run) = log.run_of(commit)? {
            return adopted(commit, &run, files.digest);
        }
    }
    Err(EngineError::Contended {
        table: commit.table.clone(),
        attempts: ATTEMPTS_MAX,
    })
}

/// A table's log as it is before a commit.
struct Log {
    /// `None` when there is no table.
    latest: Option<u64>,
    entries: Vec<LogEntry>,
}

impl Log {
    fn read(commit: &TableCommit<()>, folder: &Path) -> Result<Self, EngineError> {
        let latest = history::latest_version(folder)?;
        let entries = match latest {
            Some(version) => history::read(&commit.table, folder, version)?,
            None => Vec::new(),
        };
        Ok(Self { latest, entries })
    }

    /// The run of the commit in this generation, if it is there.
    fn run_of(&self, commit: &TableCommit<()>) -> Result<Option<CommittedRun>, EngineError> {
        match committed_runs(&self.entries).remove(&commit.app_id) {
            Some(run) if run.generation > commit.generation => Err(EngineError::Outdated {
                table: commit.table.clone(),
                app_id: commit.app_id.clone(),
                generation: commit.generation,
                committed: run.generation,
            }),
            Some(run) if run.generation == commit.generation => Ok(Some(run)),
            Some(_) | None => Ok(None),
        }
    }
}

/// The version that holds the run already, if its rows are the same.
fn adopted(
    commit: &TableCommit<()>,
    run: &CommittedRun,
    offered: RowDigest,
) -> Result<CommitOutcome, EngineError> {
    if run.content_hash == Some(offered.content_hash) {
        return Ok(outcome(run.delta_version, true, offered));
    }
    Err(EngineError::Diverged {
        table: commit.table.clone(),
        app_id: commit.app_id.clone(),
        generation: commit.generation,
        delta_version: run.delta_version,
        committed: run
            .content_hash
            .map_or_else(|| "no recorded hash".to_owned(), |hash| hash.to_string()),
        offered: offered.content_hash.to_string(),
    })
}

fn outcome(delta_version: u64, adopted: bool, digest: RowDigest) -> CommitOutcome {
    CommitOutcome {
        delta_version,
        adopted,
        content_hash: digest.content_hash,
        rows: digest.rows,
    }
}

async fn first_entry(
    layout: &Layout<'_>,
    commit: &TableCommit<()>,
    folder: &Path,
    files: &DataFiles,
) -> Result<Vec<u8>, EngineError> {
    let failed = |error| EngineError::delta("create", &commit.table)(error);
    let template = template(commit, &layout.table_schema).await?;
    let state = template.snapshot().map_err(failed)?;
    let mut actions = vec![
        Action::Protocol(state.protocol().clone()),
        Action::Metadata(state.metadata().clone()),
    ];
    actions.extend(files.adds.iter().cloned().map(Action::Add));
    let log_store = deltalake::DeltaTableBuilder::from_url(folder_url(folder)?)
        .and_then(deltalake::DeltaTableBuilder::build)
        .map_err(failed)?
        .log_store();
    let mode = SaveMode::ErrorIfExists;
    entry_bytes(commit, files.digest, None, actions, log_store, mode).await
}

/// A commit to a table that exists.
struct Next<'a> {
    commit: &'a TableCommit<()>,
    folder: &'a Path,
    layout: &'a Layout<'a>,
    files: &'a DataFiles,
    columns: ColumnChange,
}

impl Next<'_> {
    /// The entry that follows the version `latest`.
    async fn entry(&self, latest: u64, entries: &[LogEntry]) -> Result<Vec<u8>, EngineError> {
        let commit = self.commit;
        let failed = |error| EngineError::delta("write", &commit.table)(error);
        let delta = open(&commit.table, self.folder, Some(latest)).await?;
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
        if let Some(columns) = self.changed_columns(&table_schema, remain)? {
            let template = template(commit, &columns).await?;
            let new = template.snapshot().map_err(failed)?;
            if new.protocol().min_reader_version() > state.protocol().min_reader_version() {
                actions.push(Action::Protocol(new.protocol().clone()));
            }
            let metadata = if remain {
                let columns: StructType = columns.as_ref().try_into_kernel()?;
                state.metadata().clone().with_schema(&columns)
            } else {
                let id = state.metadata().id().to_owned();
                new.metadata().clone().with_table_id(id)
            };
            actions.push(Action::Metadata(
                metadata.map_err(|error| failed(error.into()))?,
            ));
        }
        let save_mode = if removed.is_empty() {
            SaveMode::Append
        } else {
            SaveMode::Overwrite
        };
        actions.extend(removed.into_iter().map(|(_, action)| action));
        actions.extend(self.files.adds.iter().cloned().map(Action::Add));
        let (digest, log_store) = (self.files.digest, delta.log_store());
        entry_bytes(commit, digest, Some(state), actions, log_store, save_mode).await
    }

    /// The columns the table gets with this commit; `None` when it has them.
    fn changed_columns(
        &self,
        table: &SchemaRef,
        remain: bool,
    ) -> Result<Option<SchemaRef>, EngineError> {
        let rows = &self.layout.table_schema;
        let Some(difference) = schema_difference(table, rows) else {
            return Ok(None);
        };
        let differs = |detail| EngineError::SchemaDiffers {
            table: self.commit.table.clone(),
            detail,
        };
        if !remain {
            return Ok(Some(Arc::clone(rows)));
        }
        match self.columns {
            ColumnChange::Refused => Err(differs(difference)),
            ColumnChange::Additive => {
                let partition = partition_columns_of(self.commit);
                let widened = widened_schema(table, rows, &partition).map_err(differs)?;
                Ok((widened.fields().len() > table.fields().len()).then_some(widened))
            }
        }
    }
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
    commit: &TableCommit<()>,
    digest: RowDigest,
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
        "contentHash": digest.content_hash.to_string(),
        "rows": digest.rows,
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

/// An empty table in memory with the given columns: delta-rs decides which protocol they need.
async fn template(
    commit: &TableCommit<()>,
    columns: &SchemaRef,
) -> Result<DeltaTable, EngineError> {
    let schema: StructType = columns.as_ref().try_into_kernel()?;
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

fn partition_columns_of(commit: &TableCommit<()>) -> Vec<String> {
    match &commit.mode {
        CommitMode::ReplacePartition { column, .. } => vec![column.to_string()],
        CommitMode::OverwriteAll | CommitMode::Append | CommitMode::ReplaceRun => Vec::new(),
    }
}

/// Grows with the attempts and differs between runs, so that rivals do not meet again each time.
fn backoff(commit: &TableCommit<()>, attempt: u32) -> Duration {
    let seed =
        ContentHash::of(format!("{}\n{}\n{attempt}", commit.app_id, std::process::id()).as_bytes());
    let spread = u64::from(seed.as_bytes()[0]) % (u64::from(attempt.min(8)) * 4);
    Duration::from_millis(1 + spread)
}

pub(crate) fn milliseconds_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis() as i64)
}
