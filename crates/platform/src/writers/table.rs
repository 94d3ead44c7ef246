//! Staging of rows for a Delta table: an Arrow file that the platform commits.

use std::fs::File;
use std::path::Path;

use arrow::ipc::writer::FileWriter;
use relift_job::ColumnName;

use super::{Frame, WriterError};

/// Writes a frame as an Arrow IPC file; returns the columns whose type the rows do not tell.
pub fn write_table(path: &Path, frame: &Frame) -> Result<Vec<ColumnName>, WriterError> {
    let (rows, untyped) = frame.written()?;
    let file = File::create(path).map_err(WriterError::io("create", path))?;
    let mut writer = FileWriter::try_new(file, &rows.schema())?;
    writer.write(&rows)?;
    writer.finish()?;
    Ok(untyped.into_iter().map(ColumnName::from).collect())
}
