//! Why a rewritten job could not run.

use relift_engine::EngineError;
use relift_job::{ColumnName, FrameName, FrameType, JobName, TableName};

use crate::writers::WriterError;

/// A failed run of a rewritten job; nothing of it may be committed.
#[derive(Debug, thiserror::Error)]
pub enum RewriteFailure {
    /// The data of this date does not meet a condition the rewrite depends on.
    #[error("guard {name} found {rows} rows that break its obligation: {obligation}")]
    Guard {
        /// The guard.
        name: String,
        /// The condition in words.
        obligation: String,
        /// How many rows break it.
        rows: usize,
    },
    /// A module names a SQL file that is not beside `job.json`.
    #[error("modules[{module}].sqlFile: there is no file {file} beside job.json")]
    SqlMissing {
        /// Position of the module.
        module: usize,
        /// The file.
        file: String,
    },
    /// The job reads a table of another job that has no rewritten run on this date.
    #[error(
        "modules[{module}].curated: job {job} has not committed table {table} on this date; run it first"
    )]
    CuratedMissing {
        /// Position of the module.
        module: usize,
        /// The other job.
        job: JobName,
        /// Its table.
        table: String,
    },
    /// A source holds another type than the job was lifted for.
    #[error(
        "modules[{module}].types: column {column} of {table} is {found}, and the job was lifted for {declared}; lift it again"
    )]
    SourceChanged {
        /// Position of the module.
        module: usize,
        /// The table.
        table: TableName,
        /// The column.
        column: ColumnName,
        /// The type it had.
        declared: FrameType,
        /// The type it has.
        found: String,
    },
    /// A query gives other columns than the job declares.
    #[error("modules[{module}] ({frame}): {detail}")]
    Columns {
        /// Position of the module.
        module: usize,
        /// The frame.
        frame: FrameName,
        /// What differs.
        detail: String,
    },
    /// A writer names a frame that no Transformation makes.
    #[error("modules[{module}].source: no Transformation before it makes the frame {frame}")]
    NoSuchFrame {
        /// Position of the module.
        module: usize,
        /// The frame.
        frame: FrameName,
    },
    /// Reading or a query failed.
    #[error("modules[{module}]{}: {what}", .file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default())]
    Engine {
        /// Position of the module.
        module: usize,
        /// Its SQL file, if it has one.
        file: Option<String>,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: Box<EngineError>,
    },
    /// An output could not be staged.
    #[error("modules[{module}]: cannot write the output")]
    Writer {
        /// Position of the module.
        module: usize,
        /// Why.
        source: WriterError,
    },
    /// The staging folder could not be made.
    #[error("cannot create the staging folder {}", .folder.display())]
    Staging {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
