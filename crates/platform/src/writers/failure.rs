//! What can go wrong while an output is written into the staging folder.

use std::path::{Path, PathBuf};

use arrow::error::ArrowError;

/// Why an output could not be staged.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// The earlier partition of an `Append` does not fit today's rows.
    #[error("cannot append to {}: {detail}", .prior.display())]
    Prior {
        /// The earlier file or folder.
        prior: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A column holds something the writer has no text or type for.
    #[error("column {column}: {detail}")]
    Column {
        /// The column.
        column: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The configured date format is not understood.
    #[error("setting legacy.csv_date_format: {0}")]
    DateFormat(#[from] relift_values::DateFormatError),
    /// A frame for trailer tokens must have one row.
    #[error("trailerSource {frame} has {rows} rows; a trailer needs exactly one")]
    TrailerRows {
        /// The frame.
        frame: String,
        /// Its rows.
        rows: usize,
    },
    /// The machine refused a read or a write.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// Read or write.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Arrow or Parquet refused rows that were checked before.
    #[error("cannot encode rows")]
    Arrow(#[from] ArrowError),
    /// Parquet refused a file.
    #[error("cannot use the Parquet file {}", .path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
}

impl WriterError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn parquet(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        let path = path.to_owned();
        move |source| Self::Parquet { path, source }
    }
}
