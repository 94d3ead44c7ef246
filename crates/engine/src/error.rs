//! What can go wrong between Relift and a table, said so that the reader can act on it.
//!
//! Sorted by whose turn it is: the user's data or configuration, what is not supported yet, the
//! machine, a fault of ours.

use std::path::PathBuf;

use deltalake::DeltaTableError;
use deltalake::datafusion::error::DataFusionError;
use relift_job::{ColumnName, TableName};

/// A failed read, query or commit.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A job or command names a table that the lake does not hold.
    #[error("no table {table} in the lake at {}", .root.display())]
    NoSuchTable {
        /// The name asked for.
        table: TableName,
        /// The lake's folder.
        root: PathBuf,
        /// Tables of the lake, in order.
        known: Vec<TableName>,
    },
    /// A job or command names a column that the table does not have.
    #[error("table {table} has no column {column}")]
    NoSuchColumn {
        /// The table.
        table: TableName,
        /// The name asked for.
        column: ColumnName,
        /// Columns of the table, in order.
        known: Vec<String>,
    },
    /// A version is asked for that the table has not reached.
    #[error("table {table} has no version {version}, the latest is {latest}")]
    NoSuchVersion {
        /// The table.
        table: TableName,
        /// The version asked for.
        version: u64,
        /// The latest version there is.
        latest: u64,
    },
    /// Dates are asked of a table that is not partitioned by the effective date column.
    #[error("table {table} is not partitioned by {column}")]
    NotPartitioned {
        /// The table.
        table: TableName,
        /// The effective date column of the workspace.
        column: String,
    },
    /// A partition's value is not a date.
    #[error("table {table} has a partition {column}={value}, which is no date: file {file}")]
    NoDate {
        /// The table.
        table: TableName,
        /// The effective date column of the workspace.
        column: String,
        /// What stands there instead.
        value: String,
        /// A file of that partition.
        file: String,
    },
    /// Old entries of the Delta log are gone, and with them the stored order of the rows.
    #[error("the log of table {table} was cleaned: version {version} is missing in {}", .folder.display())]
    LogCleaned {
        /// The table.
        table: TableName,
        /// First version without an entry.
        version: u64,
        /// The log's folder.
        folder: PathBuf,
    },
    /// An entry of the Delta log cannot be understood.
    #[error("table {table} has a corrupt log entry {}: {detail}", .file.display())]
    CorruptLog {
        /// The table.
        table: TableName,
        /// The entry.
        file: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A data file cannot be read as Parquet.
    #[error("table {table} has an unreadable data file {}: {detail}", .file.display())]
    CorruptFile {
        /// The table.
        table: TableName,
        /// The file.
        file: PathBuf,
        /// What the reader said.
        detail: String,
    },
    /// Rows to be written do not have the table's columns.
    #[error("the rows do not fit table {table}: {detail}")]
    SchemaDiffers {
        /// The table.
        table: TableName,
        /// First difference.
        detail: String,
    },
    /// The same run and generation was committed before with other rows.
    #[error(
        "table {table} holds another result of {app_id} generation {generation}: version {delta_version} has content {committed}, this one has {offered}"
    )]
    Diverged {
        /// The table.
        table: TableName,
        /// The run.
        app_id: String,
        /// Its generation.
        generation: i64,
        /// The version that holds it.
        delta_version: u64,
        /// Content hash recorded there.
        committed: String,
        /// Content hash of the rows offered.
        offered: String,
    },
    /// A later generation of the same run was committed before.
    #[error(
        "generation {generation} of {app_id} is outdated: table {table} holds generation {committed}"
    )]
    Outdated {
        /// The table.
        table: TableName,
        /// The run.
        app_id: String,
        /// The generation offered.
        generation: i64,
        /// The generation the table holds.
        committed: i64,
    },
    /// A SQL text was refused or failed.
    #[error("the query failed: {detail}")]
    Query {
        /// What DataFusion said.
        detail: String,
    },
    /// A table uses a feature of Delta Lake or a type that is not supported yet.
    #[error("table {table} uses {what}, which is not supported yet")]
    Unsupported {
        /// The table.
        table: TableName,
        /// The feature.
        what: String,
    },
    /// Rows hold a type that cannot be stored or hashed.
    #[error("column {column} has type {data_type}, which cannot be stored")]
    UnsupportedType {
        /// The column.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// Other writers were faster each time.
    #[error(
        "gave up committing to table {table} after {attempts} attempts: other writers were faster each time"
    )]
    Contended {
        /// The table.
        table: TableName,
        /// How many attempts were made.
        attempts: u32,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Delta Lake refused.
    #[error("cannot {action} table {table}: {source}")]
    Delta {
        /// What was tried, such as `open`.
        action: &'static str,
        /// On what.
        table: TableName,
        /// Why not.
        source: Box<DeltaTableError>,
    },
    /// Arrow refused a conversion.
    #[error("cannot convert the rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl EngineError {
    /// The way out, in one sentence, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchTable { known, root, .. } if known.is_empty() => Some(format!(
                "no table was found at {}/<schema>/<table>; generate or import a lake, or correct `[lake] root`",
                root.display()
            )),
            Self::NoSuchTable { known, .. } => {
                let names: Vec<String> = known.iter().map(ToString::to_string).collect();
                Some(format!("the lake holds {}", names.join(", ")))
            }
            Self::NoSuchColumn { known, .. } => Some(format!("its columns are {}", known.join(", "))),
            Self::NotPartitioned { .. } => Some(
                "import the table with its date column, or name that column in `[lake] effective_date_column`"
                    .to_owned(),
            ),
            Self::NoDate { .. } => Some("partition values must read YYYY-MM-DD; import the table again".to_owned()),
            Self::LogCleaned { .. } => Some(
                "the order of rows is part of a table's meaning and stands in its log; restore the log or import the table again"
                    .to_owned(),
            ),
            Self::CorruptLog { .. } => Some("restore the entry from a backup, or import the table again".to_owned()),
            Self::CorruptFile { .. } => Some(
                "restore the file from a backup, or remove the table's folder and generate or import it again"
                    .to_owned(),
            ),
            Self::SchemaDiffers { .. } => {
                Some("write to another table, or replace the table's whole content".to_owned())
            }
            Self::Diverged { .. } => {
                Some("the run is not repeatable; commit it as its next generation to replace the rows".to_owned())
            }
            Self::Outdated { .. } => Some("another process has taken over this run; stop this one".to_owned()),
            Self::Unsupported { .. } => Some("rewrite the table without it, or import its files".to_owned()),
            Self::UnsupportedType { .. } => Some("cast the column to a plain type".to_owned()),
            Self::Contended { .. } => Some("run the command again when the other writers have finished".to_owned()),
            Self::NoSuchVersion { .. } | Self::Query { .. } | Self::Io { .. } | Self::Delta { .. } | Self::Arrow(_) => {
                None
            }
        }
    }

    /// An [`EngineError::Io`] builder for `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// An [`EngineError::Delta`] builder for `map_err`.
    pub(crate) fn delta(
        action: &'static str,
        table: &TableName,
    ) -> impl FnOnce(DeltaTableError) -> Self {
        let table = table.clone();
        move |source| Self::Delta {
            action,
            table,
            source: Box::new(source),
        }
    }

    /// Takes one of our own errors back out of a failed query, and keeps DataFusion's text otherwise.
    pub(crate) fn query(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) => Self::Query {
                    detail: other.to_string(),
                },
            },
            DataFusionError::Context(_, inner) => Self::query(*inner),
            other => Self::Query {
                detail: other.strip_backtrace(),
            },
        }
    }
}
