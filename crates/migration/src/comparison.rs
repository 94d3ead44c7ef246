//! Both sides of one (job, effective date), read from what was committed, and their comparison.
//!
//! The date is part of every path and of every run key, so two dates cannot meet here.

use std::collections::BTreeMap;
use std::path::Path;

use relift_governance::{
    CauseNamed, CellCompared, CellStatus, ColumnDifference, Grade, LedgerEvent, OutputCompared,
    RowDifference, RowsCompared,
};
use relift_job::{EffectiveDate, FileTarget, Job, ModuleKind, Side, TableName, WriteMode};
use relift_platform::control::{RunRecord, RunStatus};
use relift_reconcile::{
    Comparison, Output, OutputComparison, RunOutput, Status, TextLayout, reconcile,
};

use crate::MigrationError;
use crate::bench::Bench;
use crate::runs::{RAISED, recorded, run_key, zone_folder};

/// A compared date.
pub(crate) struct Compared {
    /// As the ledger keeps it.
    pub(crate) cell: CellCompared,
    /// With everything `reconcile.json` shows; absent when a side has no output for another reason than
    /// an exception of the job's own.
    pub(crate) comparison: Option<Comparison>,
}

impl Compared {
    /// What is recorded about it.
    pub(crate) fn events(&self) -> Vec<LedgerEvent> {
        let causes = self
            .comparison
            .iter()
            .flat_map(|comparison| &comparison.outputs)
            .filter_map(|output| {
                let cause = output.cause.as_ref()?;
                Some(LedgerEvent::CauseNamed(CauseNamed {
                    job: self.cell.job.clone(),
                    round: self.cell.round,
                    cause: cause.name.to_owned(),
                    experiment: format!(
                        "{} {}: {}",
                        self.cell.effective_date, output.name, cause.statement
                    ),
                    explained: cause.agreeing,
                    of: cause.of,
                }))
            });
        std::iter::once(LedgerEvent::CellCompared(self.cell.clone()))
            .chain(causes)
            .collect()
    }
}

/// Compares one date; `None` when neither side has run.
pub(crate) fn compare(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    round: u32,
) -> Result<Option<Compared>, MigrationError> {
    let run = |side| {
        bench
            .store
            .read()
            .latest_run(&run_key(&job.name, date, side))
    };
    let (legacy, rewrite) = (run(Side::Legacy)?, run(Side::Rewrite)?);
    if legacy.is_none() && rewrite.is_none() {
        return Ok(None);
    }
    let cell = |status, grade, rows, cause, outputs| CellCompared {
        job: job.name.to_string(),
        effective_date: date.to_string(),
        round,
        status,
        grade,
        rows,
        cause,
        sensitive_columns: Vec::new(),
        outputs,
    };
    for (side, run) in [(Side::Legacy, &legacy), (Side::Rewrite, &rewrite)] {
        if let Some(error) = run.as_ref().and_then(|run| run.outcome.error.as_deref())
            && !error.starts_with(RAISED)
        {
            let cause = Some(format!("the {} run has no output: {error}", side.word()));
            let status = match run {
                Some(run) if recorded::is_unrecorded(run) => CellStatus::Missing,
                _ => CellStatus::Error,
            };
            let cell = cell(
                status,
                Grade::None,
                RowsCompared::default(),
                cause,
                Vec::new(),
            );
            return Ok(Some(Compared {
                cell,
                comparison: None,
            }));
        }
    }
    let comparison = reconcile(
        &output(bench, job, date, Side::Legacy, legacy.as_ref())?,
        &output(bench, job, date, Side::Rewrite, rewrite.as_ref())?,
        date,
    );
    let status = match comparison.status {
        Status::Pass => CellStatus::Pass,
        Status::Differs => CellStatus::Differs,
        Status::Error => CellStatus::Error,
        Status::Missing => CellStatus::Missing,
    };
    let rows = RowsCompared {
        legacy: comparison.rows_legacy,
        rewrite: comparison.rows_rewrite,
        matched: comparison.rows_matched,
    };
    let cause = Some(comparison.cause_line()).filter(|line| !line.is_empty());
    let grade = Grade::parse(comparison.grade.word()).unwrap_or(Grade::None);
    let outputs = comparison.outputs.iter().map(recorded).collect();
    Ok(Some(Compared {
        cell: cell(status, grade, rows, cause, outputs),
        comparison: Some(comparison),
    }))
}

fn recorded(output: &OutputComparison) -> OutputCompared {
    let differences = output
        .differences
        .iter()
        .map(|difference| {
            let row = match (&difference.legacy, &difference.rewrite) {
                (Some((at, _)), Some(_)) => format!("row {at}"),
                (Some((at, _)), None) => format!("row {at}, only in the legacy output"),
                (None, Some((at, _))) => format!("row {at}, only in the rewrite"),
                (None, None) => String::new(),
            };
            let value = |side: &Option<(usize, Vec<Option<String>>)>, at: usize| {
                side.as_ref()
                    .map(|(_, cells)| cells.get(at).cloned().flatten().unwrap_or_default())
            };
            // A row without a partner differs in every column; its first ones tell which it is.
            let shown: Vec<usize> = (0..output.columns.len())
                .filter(|at| {
                    difference.columns.is_empty()
                        || difference.columns.contains(&output.columns[*at])
                })
                .take(6)
                .collect();
            let columns = shown
                .into_iter()
                .map(|at| ColumnDifference {
                    column: output.columns[at].clone(),
                    legacy: value(&difference.legacy, at),
                    rewrite: value(&difference.rewrite, at),
                })
                .collect();
            RowDifference { row, columns }
        })
        .collect();
    OutputCompared {
        output: output.name.clone(),
        grade: Grade::parse(output.grade.word()).unwrap_or(Grade::None),
        rows: RowsCompared {
            legacy: output.rows_legacy,
            rewrite: output.rows_rewrite,
            matched: output.rows_matched,
        },
        note: (!output.remarks.is_empty()).then(|| output.remarks.join("; ")),
        differences,
    }
}

/// What a run of a side wrote, or why it wrote nothing.
pub(crate) fn output(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    side: Side,
    run: Option<&RunRecord>,
) -> Result<RunOutput, MigrationError> {
    let Some(run) = run else {
        return Ok(RunOutput::Missing);
    };
    match run.status {
        RunStatus::Failed => {
            let error = run.outcome.error.clone().unwrap_or_default();
            return Ok(RunOutput::Raised(
                error.trim_start_matches(RAISED).to_owned(),
            ));
        }
        RunStatus::Succeeded => {}
        RunStatus::Running | RunStatus::Interrupted | RunStatus::Skipped => {
            return Ok(RunOutput::Missing);
        }
    }
    let zone = zone_folder(bench, side);
    let mut outputs = BTreeMap::new();
    for module in &job.modules {
        match &module.kind {
            ModuleKind::CsvFileWriter(writer) => {
                let layout = TextLayout {
                    header: writer.include_header,
                    trailer: writer.trailer.is_some(),
                };
                let (name, path) = place(&zone, &writer.target, date);
                if path.is_file() {
                    let bytes = std::fs::read(&path)
                        .map_err(MigrationError::file("read", path.as_path()))?;
                    outputs.insert(name, Output::Text { bytes, layout });
                }
            }
            ModuleKind::ParquetFileWriter(writer) => {
                let (name, path) = place(&zone, &writer.target, date);
                if path.is_dir() {
                    outputs.insert(
                        name,
                        Output::Parquet {
                            parts: parts(&path)?,
                        },
                    );
                }
            }
            ModuleKind::DataFrameWriter(writer) => {
                let schema = match side {
                    Side::Legacy => writer
                        .schema
                        .clone()
                        .unwrap_or_else(|| bench.project.workspace.curated_schema.clone()),
                    Side::Rewrite => bench.project.workspace.rewrite_schema.clone(),
                };
                let table = TableName::new(schema, &writer.table);
                let Some(version) = run.outcome.output_versions.get(&table.to_string()).copied()
                else {
                    continue;
                };
                let scan = bench.wait(async {
                    match writer.mode {
                        WriteMode::Overwrite => bench.zone.scan_table(&table, version).await,
                        WriteMode::Append => bench.zone.scan_added(&table, version).await,
                    }
                })?;
                let schema = scan.schema();
                let batches = scan.read().collect::<Result<Vec<_>, _>>()?;
                outputs.insert(writer.table.clone(), Output::Table { schema, batches });
            }
            ModuleKind::DataSourcing(_)
            | ModuleKind::Transformation(_)
            | ModuleKind::External(_) => {}
        }
    }
    own_files(
        &zone
            .join(job.name.as_str())
            .join("files")
            .join(date.to_string()),
        "files",
        &mut outputs,
    )?;
    Ok(RunOutput::Wrote(outputs))
}

/// Files an External wrote by itself, compared as bytes.
fn own_files(
    folder: &Path,
    name: &str,
    outputs: &mut BTreeMap<String, Output>,
) -> Result<(), MigrationError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(MigrationError::file("list", folder))? {
        let path = entry.map_err(MigrationError::file("list", folder))?.path();
        let name = format!(
            "{name}/{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        if path.is_dir() {
            own_files(&path, &name, outputs)?;
        } else {
            let bytes =
                std::fs::read(&path).map_err(MigrationError::file("read", path.as_path()))?;
            outputs.insert(
                name,
                Output::Text {
                    bytes,
                    layout: TextLayout::default(),
                },
            );
        }
    }
    Ok(())
}

fn place(zone: &Path, target: &FileTarget, date: EffectiveDate) -> (String, std::path::PathBuf) {
    let name = format!(
        "{}/{}/{}",
        target.job_dir, target.table_dir, target.file_name
    );
    let path = zone
        .join(&target.job_dir)
        .join(&target.table_dir)
        .join(date.to_string())
        .join(&target.file_name);
    (name, path)
}

/// Part files of a Parquet folder by name.
pub(crate) fn parts(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, MigrationError> {
    let mut parts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(MigrationError::file("list", folder))? {
        let path = entry.map_err(MigrationError::file("list", folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = std::fs::read(&path).map_err(MigrationError::file("read", path.as_path()))?;
        parts.insert(name, bytes);
    }
    Ok(parts)
}
