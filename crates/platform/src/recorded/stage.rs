//! A recorded date as a run that has staged its outputs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_job::{CsvFileWriter, EffectiveDate, FileTarget, Job, ModuleKind, SchemaName};
use relift_values::CsvRecords;

use super::{FILES, OUTPUTS, RecordedError, TABLES, tables};
use crate::outputs::{StagedFile, StagedTable};
use crate::writers::{Frame, write_table};

/// Outputs of a recorded date, in the order of the job's writers; tables are laid out below `staging`.
pub fn stage(
    job: &Job,
    recording: &Path,
    date: EffectiveDate,
    curated_schema: &SchemaName,
    staging: &Path,
) -> Result<(Vec<StagedFile>, Vec<StagedTable>), RecordedError> {
    let mut files = Vec::new();
    let mut staged_tables = Vec::new();
    let outputs = recording.join(OUTPUTS);
    for (module, step) in job.modules.iter().enumerate() {
        match &step.kind {
            ModuleKind::CsvFileWriter(writer) => {
                let staged = below(&outputs, &writer.target);
                if staged.is_file() {
                    let rows = Some(text_rows(&staged, writer)?);
                    files.push(file(module, &writer.target, date, staged, rows));
                }
            }
            ModuleKind::ParquetFileWriter(writer) => {
                let staged = below(&outputs, &writer.target);
                if staged.is_dir() {
                    let rows = Some(part_rows(&staged)?);
                    files.push(file(module, &writer.target, date, staged, rows));
                }
            }
            ModuleKind::DataFrameWriter(writer) => {
                let kept = recording
                    .join(TABLES)
                    .join(format!("{}.parquet", writer.table));
                if kept.is_file() {
                    let (schema, batches) = tables::read(&kept)?;
                    let frame = Frame::new(&schema, &batches)?;
                    let arrow_file = staging.join(format!("table-{module}.arrow"));
                    let untyped = write_table(&arrow_file, &frame)?;
                    staged_tables.push(StagedTable {
                        module,
                        schema: writer
                            .schema
                            .clone()
                            .unwrap_or_else(|| curated_schema.clone()),
                        table: writer.table.clone(),
                        mode: writer.mode,
                        arrow_file,
                        rows: frame.row_count() as u64,
                        untyped,
                    });
                }
            }
            ModuleKind::DataSourcing(_)
            | ModuleKind::Transformation(_)
            | ModuleKind::External(_) => {}
        }
    }
    let own = recording.join(FILES);
    if own.is_dir() {
        own_files(&own, &format!("{}/files/{date}", job.name), &mut files)?;
    }
    Ok((files, staged_tables))
}

fn below(outputs: &Path, target: &FileTarget) -> PathBuf {
    outputs
        .join(&target.job_dir)
        .join(&target.table_dir)
        .join(&target.file_name)
}

fn file(
    module: usize,
    target: &FileTarget,
    date: EffectiveDate,
    staged: PathBuf,
    rows: Option<u64>,
) -> StagedFile {
    StagedFile {
        module: Some(module),
        relative: format!(
            "{}/{}/{date}/{}",
            target.job_dir, target.table_dir, target.file_name
        ),
        staged,
        rows,
    }
}

/// Rows of a text file, its header and trailer left out. Text that is not UTF-8 is counted by lines.
fn text_rows(path: &Path, writer: &CsvFileWriter) -> Result<u64, RecordedError> {
    let bytes = fs::read(path).map_err(RecordedError::file("read", path))?;
    let records = match std::str::from_utf8(&bytes) {
        Ok(text) => CsvRecords::new(text).count(),
        Err(_) => bytes.split(|byte| *byte == b'\n').count() - 1,
    };
    let around = usize::from(writer.include_header) + usize::from(writer.trailer.is_some());
    Ok(records.saturating_sub(around) as u64)
}

fn part_rows(folder: &Path) -> Result<u64, RecordedError> {
    let mut rows = 0;
    for path in tables::files(folder)? {
        let handle = File::open(&path).map_err(RecordedError::file("read", &path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(handle)
            .map_err(RecordedError::parquet(&path))?;
        rows += u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    }
    Ok(rows)
}

fn own_files(
    folder: &Path,
    relative: &str,
    files: &mut Vec<StagedFile>,
) -> Result<(), RecordedError> {
    let entries: Result<Vec<_>, _> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries = entries.map_err(RecordedError::file("list", folder))?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let relative = format!("{relative}/{name}");
        if path.is_dir() {
            own_files(&path, &relative, files)?;
        } else {
            files.push(StagedFile {
                module: None,
                relative,
                staged: path,
                rows: None,
            });
        }
    }
    Ok(())
}
