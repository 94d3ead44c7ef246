//! Why recorded outputs cannot be taken.

use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use relift_job::JobName;

use crate::outputs::OutputError;
use crate::writers::WriterError;

/// Why recorded outputs cannot be imported or used.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The folder holds nothing of the job on any date of the workspace.
    #[error(
        "nothing in {} is an output of job {job} on a date of the workspace\nhint: looked for {}",
        from.display(),
        expected.join(", ")
    )]
    Nothing {
        /// The job.
        job: JobName,
        /// The folder.
        from: PathBuf,
        /// Places where an output could be.
        expected: Vec<String>,
    },
    /// A file of a date's folder that no writer of the job writes.
    #[error(
        "{}: job {job} writes no such file\nhint: its outputs are {}",
        file.display(),
        expected.join(", ")
    )]
    Unexpected {
        /// The job.
        job: JobName,
        /// The file.
        file: PathBuf,
        /// What it writes.
        expected: Vec<String>,
    },
    /// A file that two writers could have written.
    #[error(
        "{}: two writers of job {job} write a {name}\nhint: put it below the writer's folders, {}",
        file.display(),
        places.join(" or ")
    )]
    Ambiguous {
        /// The job.
        job: JobName,
        /// The file.
        file: PathBuf,
        /// Its name.
        name: String,
        /// Places that tell them apart.
        places: Vec<String>,
    },
    /// A table for all dates lacks the column that tells the date, or has something else in it.
    #[error("{}: {detail}", file.display())]
    Dates {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A column of a type that no table of a job has.
    #[error("{}: column {column} holds {data_type}, which no table of a job can hold", file.display())]
    Type {
        /// The file.
        file: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        data_type: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A Parquet file cannot be read or written.
    #[error("cannot use the Parquet file {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// Rows do not fit together.
    #[error("cannot use the rows of {}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ArrowError,
    },
    /// Hashing or copying failed.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A table cannot be staged.
    #[error(transparent)]
    Writer(#[from] WriterError),
}

impl RecordedError {
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }

    pub(super) fn parquet(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        let path = path.to_owned();
        move |source| Self::Parquet { path, source }
    }

    pub(super) fn rows(path: &Path) -> impl FnOnce(ArrowError) -> Self {
        let path = path.to_owned();
        move |source| Self::Rows { path, source }
    }
}
