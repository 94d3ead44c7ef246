//! Brings back partitions that are gone, from where their commit says they came.
//!
//! A partition's rows are made again beside the lake first. Only when they are the rows that the log
//! recorded is the lake touched: files that are gone or broken get their old bytes under their old name,
//! so that the table keeps its version; a partition that a later commit removed is committed again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use relift_engine::{
    ColumnChange, CommitMode, CommittedRun, EngineError, Inventory, Lake, TableCommit,
    commit_stream,
};
use relift_job::{ColumnName, EffectiveDate, TableName};
use serde_json::Value;

use super::{LakeError, generator, import, loading_run};

/// Rows of a partition, made when they are asked for.
pub(super) struct RecordedRows {
    pub(super) schema: SchemaRef,
    pub(super) batches: Box<dyn Iterator<Item = RecordBatch> + Send>,
}

/// Where a partition's rows can be had again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreSource {
    /// The generator, with the options recorded in the log.
    Generator {
        /// As recorded.
        origin: Value,
    },
    /// The folder that was imported.
    Import {
        /// It.
        from: PathBuf,
        /// As recorded.
        origin: Value,
    },
}

impl RestoreSource {
    /// In words, for a plan.
    pub fn words(&self) -> String {
        match self {
            Self::Generator { origin } => {
                let option = |name: &str| origin.get(name).map(ToString::to_string);
                match option("seed") {
                    Some(seed) => format!("generate again, seed {seed}"),
                    None => "generate again".to_owned(),
                }
            }
            Self::Import { from, .. } => format!("import again from {}", from.display()),
        }
    }
}

/// How a gap came about, as far as it decides how to close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// The latest version has no rows for the date.
    Missing,
    /// The latest version has them, but their files are gone or broken.
    Damaged,
}

/// What was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Rows of the partition.
    pub rows: u64,
    /// Whether the log had recorded the hash of these very rows.
    pub verified: bool,
    /// The version that holds them.
    pub version: u64,
}

/// Why a partition cannot be brought back, or failed to be.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no source for it.
    #[error("{0}")]
    NoSource(String),
    /// The source gives other rows than those that were there.
    #[error(
        "{source_words} gives other rows than version {version} held ({recorded}, now {offered}); load the table anew to take them"
    )]
    OtherRows {
        /// The source in words.
        source_words: String,
        /// The version that held the rows.
        version: u64,
        /// Their hash.
        recorded: String,
        /// The hash of the rows there are.
        offered: String,
    },
    /// A file cannot be put in its place.
    #[error("cannot write {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The source cannot be read, or the table not written.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl From<EngineError> for RestoreError {
    fn from(error: EngineError) -> Self {
        Self::Lake(error.into())
    }
}

/// Finds where the rows of a partition came from, or says why they cannot be had again.
pub fn restore_source(
    lake: &Lake,
    table: &TableName,
    date: Option<EffectiveDate>,
) -> Result<RestoreSource, RestoreError> {
    let runs = lake.committed_runs(table)?;
    let no_source = |reason: String| Err(RestoreError::NoSource(reason));
    let own = runs.get(&loading_run(table, date));
    // A date that was never loaded comes from where the dates around it came from.
    let prefix = format!("lake/{table}/");
    let beside = runs
        .iter()
        .filter(|(run, _)| date.is_some() && run.starts_with(&prefix))
        .max_by_key(|(run, _)| run.as_str().to_owned())
        .map(|(_, run)| run);
    let Some(origin) = own.or(beside).and_then(|run| run.metadata.get("origin")) else {
        return no_source(
            "its commits do not say where its rows come from; load it by the tool that wrote it"
                .to_owned(),
        );
    };
    if origin.get("generator").is_some() {
        if let Some(date) = date {
            generator::recorded_rows(origin, table, date).map_err(RestoreError::NoSource)?;
        }
        return Ok(RestoreSource::Generator {
            origin: origin.clone(),
        });
    }
    let from = origin
        .get("import")
        .and_then(|import| import.get("from"))
        .and_then(Value::as_str);
    match (from, origin.as_str()) {
        (Some(from), _) => {
            let from = PathBuf::from(from);
            let folder = from.join(&*table.table);
            if !folder.is_dir() {
                return no_source(format!(
                    "the folder it was imported from is gone: {}",
                    folder.display()
                ));
            }
            if !import::has_date(&folder, lake.effective_date_column(), date)? {
                let date = date.map_or_else(String::new, |date| format!(" for {date}"));
                return no_source(format!(
                    "{} has no rows{date}; put them there and fill again",
                    folder.display()
                ));
            }
            Ok(RestoreSource::Import {
                from,
                origin: origin.clone(),
            })
        }
        (None, Some("import")) => no_source(
            "its import did not record the folder; import it again with `relift lake import`"
                .to_owned(),
        ),
        (None, _) => no_source(format!("its origin is not known to this program: {origin}")),
    }
}

/// Brings a partition back; `scratch` is a folder of the caller's that may be left behind.
pub async fn restore(
    lake: &Lake,
    table: &TableName,
    date: Option<EffectiveDate>,
    kind: GapKind,
    source: &RestoreSource,
    scratch: &Path,
) -> Result<Restored, RestoreError> {
    let runs = lake.committed_runs(table)?;
    let before = runs.get(&loading_run(table, date));
    let trial = Load {
        root: scratch,
        lake,
        table,
        date,
        source,
    };
    let generation = before.map_or(1, |run| run.generation);
    let (hash, rows) = trial.commit(generation).await?;
    let recorded = before.and_then(|run| run.content_hash);
    if let (Some(run), Some(recorded)) = (before, recorded)
        && recorded != hash
    {
        return Err(RestoreError::OtherRows {
            source_words: source.words(),
            version: run.delta_version,
            recorded: recorded.to_string(),
            offered: hash.to_string(),
        });
    }
    let inventory = lake.inventory(table)?;
    if kind == GapKind::Damaged && put_back(lake, &inventory, date, scratch)? {
        return Ok(Restored {
            rows,
            verified: recorded.is_some(),
            version: inventory.version,
        });
    }
    let real = Load {
        root: lake.root(),
        ..trial
    };
    real.commit(next_generation(before)).await?;
    Ok(Restored {
        rows,
        verified: recorded.is_some(),
        version: lake.latest_version(table)?,
    })
}

fn next_generation(before: Option<&CommittedRun>) -> i64 {
    before.map_or(1, |run| run.generation + 1)
}

/// Commits a source's rows to a lake, be it the real one or one beside it.
struct Load<'a> {
    root: &'a Path,
    lake: &'a Lake,
    table: &'a TableName,
    date: Option<EffectiveDate>,
    source: &'a RestoreSource,
}

impl Load<'_> {
    async fn commit(
        &self,
        generation: i64,
    ) -> Result<(relift_diagnostics::ContentHash, u64), RestoreError> {
        let (rows, origin) = match self.source {
            RestoreSource::Generator { origin } => {
                let Some(date) = self.date else {
                    let reason = "generated tables are partitioned by date".to_owned();
                    return Err(RestoreError::NoSource(reason));
                };
                let rows = generator::recorded_rows(origin, self.table, date)
                    .map_err(RestoreError::NoSource)?;
                (rows, origin)
            }
            RestoreSource::Import { from, origin } => {
                let folder = from.join(&*self.table.table);
                let column = self.lake.effective_date_column();
                let Some((schema, batches)) = import::rows_of(&folder, column, self.date)? else {
                    let reason = format!("{} has no rows for it any more", folder.display());
                    return Err(RestoreError::NoSource(reason));
                };
                let rows = RecordedRows {
                    schema,
                    batches: Box::new(batches.into_iter()),
                };
                (rows, origin)
            }
        };
        let commit = TableCommit {
            root: self.root.to_owned(),
            table: self.table.clone(),
            app_id: loading_run(self.table, self.date),
            generation,
            mode: match self.date {
                Some(date) => CommitMode::ReplacePartition {
                    column: ColumnName::from(self.lake.effective_date_column()),
                    date,
                },
                None => CommitMode::OverwriteAll,
            },
            schema: rows.schema,
            batches: rows.batches.map(Ok),
            metadata: BTreeMap::from([("origin".to_owned(), origin.clone())]),
        };
        let outcome = commit_stream(commit, ColumnChange::Additive).await?;
        Ok((outcome.content_hash, outcome.rows))
    }
}

/// Gives the damaged files of a partition their bytes again; `false` when they are not the same files.
fn put_back(
    lake: &Lake,
    inventory: &Inventory,
    date: Option<EffectiveDate>,
    scratch: &Path,
) -> Result<bool, RestoreError> {
    let beside = Lake::open(scratch.to_owned(), lake.effective_date_column());
    let made = beside.table_folder(&inventory.table);
    let files: Vec<_> = inventory
        .files
        .iter()
        .filter(|file| file.date == date)
        .collect();
    let same = |file: &&&relift_engine::InventoryFile| {
        fs::metadata(made.join(&file.path))
            .is_ok_and(|found| file.bytes.is_none_or(|bytes| bytes == found.len()))
    };
    if files.is_empty() || !files.iter().all(|file| same(&file)) {
        return Ok(false);
    }
    for file in files {
        put_in_place(&made.join(&file.path), &inventory.folder.join(&file.path))?;
    }
    Ok(true)
}

/// Copies a file beside its place, makes it durable and gives it its name.
fn put_in_place(from: &Path, to: &Path) -> Result<(), RestoreError> {
    let failed = |source: std::io::Error| RestoreError::File {
        path: to.to_owned(),
        source,
    };
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut beside = to.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    fs::copy(from, &beside).map_err(failed)?;
    File::open(&beside)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    fs::rename(&beside, to).map_err(failed)?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

/// Columns of rows that may have no batch at all.
pub(super) fn schema_of(first: Option<&RecordBatch>) -> SchemaRef {
    first.map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema)
}
