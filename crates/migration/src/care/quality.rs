//! Declared checks, made and recorded: in the Delta table `data_quality_log`, one commit per date.
//!
//! A row of the log is (what was checked, on which date); checking again with the same result writes
//! nothing, with another result replaces the rows of that date. Its time is the recorded processing time
//! of the date, so that the log is the same however often the checks are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use relift_engine::{CommitMode, TableCommit, commit_table, content_hash};
use relift_job::{
    DateRange, EffectiveDate, Job, JobName, ModuleKind, QualityCheck, QualityTarget, SchemaName,
    Side, TableName, WriteMode,
};
use relift_platform::care::{
    self, CheckOutcome, QualityRequest, QualityStatus, Weight, check_rows, worst,
};
use relift_platform::control::RunStatus;
use relift_platform::outputs::StagedTable;
use serde::Serialize;

use super::declared::{self, QUALITY};
use crate::bench::Bench;
use crate::runs::{nominal_processing_time, read_arrow, run_key};
use crate::{Migration, MigrationError};

/// What checks found.
#[derive(Clone, Debug, Serialize)]
pub struct QualityReport {
    /// Each check on each date.
    pub outcomes: Vec<CheckOutcome>,
    /// The table that records them.
    pub log: String,
}

impl QualityReport {
    /// Outcomes of a status.
    pub fn count(&self, status: QualityStatus) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.status == status)
            .count()
    }

    /// Whether a check asks to stop.
    pub fn aborts(&self) -> bool {
        worst(&self.outcomes) == Some(Weight::Error)
    }
}

impl Migration<'_> {
    /// Makes the declared checks for some dates and records what they found.
    pub fn check_quality(&self, dates: DateRange) -> Result<QualityReport, MigrationError> {
        let bench = &self.bench;
        let project = &bench.project;
        let checks = declared::quality_checks(project)?.checks;
        if checks.is_empty() {
            let file = project.workspace.care.quality.as_deref().unwrap_or(QUALITY);
            return Err(MigrationError::Unknown(format!(
                "no checks are declared; write them to {file}, for example [[check]] table = \"schema.table\" \
                 check = \"not_null\" columns = [\"id\"]"
            )));
        }
        let request = QualityRequest {
            lake: &project.lake,
            checks: &checks,
            range: dates,
        };
        let mut outcomes = self.with_care_progress("quality", |tell| {
            bench.wait(care::check_tables(&request, tell))
        })?;
        record(bench, "tables", &outcomes)?;
        let mut by_job: BTreeMap<&JobName, Vec<&QualityCheck>> = BTreeMap::new();
        for check in &checks {
            if let QualityTarget::Job { job, .. } = &check.target {
                by_job.entry(job).or_default().push(check);
            }
        }
        for (name, checks) in by_job {
            let Some(job) = project.jobs.get(name) else {
                continue;
            };
            let mut found = Vec::new();
            for date in dates.iter() {
                found.extend(self.check_job(job, &checks, date)?);
            }
            record(bench, &format!("job/{name}"), &found)?;
            outcomes.extend(found);
        }
        Ok(QualityReport {
            outcomes,
            log: log_table(bench).to_string(),
        })
    }

    /// Checks what a job's recorded legacy run committed.
    fn check_job(
        &self,
        job: &Job,
        checks: &[&QualityCheck],
        date: EffectiveDate,
    ) -> Result<Vec<CheckOutcome>, MigrationError> {
        let bench = &self.bench;
        let run = bench
            .store
            .read()
            .latest_run(&run_key(&job.name, date, Side::Legacy))?
            .filter(|run| run.status == RunStatus::Succeeded);
        let mut outcomes = Vec::new();
        for (schema, table, mode) in written_tables(bench, job) {
            let own = checks_of(job, checks, &table)?;
            let name = TableName::new(schema, &table);
            let version = run
                .as_ref()
                .and_then(|run| run.outcome.output_versions.get(&name.to_string()));
            let Some(version) = version else {
                continue;
            };
            let (schema, batches) = bench.wait(async {
                let scan = match mode {
                    WriteMode::Overwrite => bench.zone.scan_table(&name, *version).await?,
                    WriteMode::Append => bench.zone.scan_added(&name, *version).await?,
                };
                let batches = scan.read().collect::<Result<Vec<_>, _>>()?;
                Ok::<_, relift_engine::EngineError>((scan.schema(), batches))
            })?;
            let lake = &bench.project.lake;
            outcomes.extend(bench.wait(check_rows(lake, &table, &own, date, &schema, &batches))?);
        }
        Ok(outcomes)
    }
}

/// Tables a job writes by `DataFrameWriter`.
fn written_tables(bench: &Bench<'_>, job: &Job) -> Vec<(SchemaName, String, WriteMode)> {
    let curated = &bench.project.workspace.curated_schema;
    job.modules
        .iter()
        .filter_map(|module| match &module.kind {
            ModuleKind::DataFrameWriter(writer) => Some((
                writer.schema.clone().unwrap_or_else(|| curated.clone()),
                writer.table.clone(),
                writer.mode,
            )),
            _ => None,
        })
        .collect()
}

/// The checks that are about one output; a check whose output the job does not write is an error.
fn checks_of<'c>(
    job: &Job,
    checks: &[&'c QualityCheck],
    table: &str,
) -> Result<Vec<&'c QualityCheck>, MigrationError> {
    let tables: Vec<&str> = job
        .modules
        .iter()
        .filter_map(|module| match &module.kind {
            ModuleKind::DataFrameWriter(writer) => Some(writer.table.as_str()),
            _ => None,
        })
        .collect();
    let mut own = Vec::new();
    for check in checks {
        let QualityTarget::Job { output, .. } = &check.target else {
            continue;
        };
        match output.as_deref() {
            Some(output) if !tables.contains(&output) => {
                return Err(MigrationError::Unknown(format!(
                    "{}: job {} writes no table \"{output}\"; {}",
                    check.span,
                    job.name,
                    relift_job::nearest_hint(output, tables.iter().copied())
                )));
            }
            Some(output) if output != table => {}
            None if tables.len() > 1 => {
                return Err(MigrationError::Unknown(format!(
                    "{}: job {} writes {}; say which with output = \"{}\"",
                    check.span,
                    job.name,
                    tables.join(" and "),
                    tables[0]
                )));
            }
            _ => own.push(*check),
        }
    }
    Ok(own)
}

/// Checks what a legacy run staged, before it is committed, and records what was found. The reason why the
/// run must not be committed, if a check asks for that.
pub(crate) fn check_staged(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    tables: &[StagedTable],
) -> Result<Option<String>, MigrationError> {
    let all = declared::quality_checks(&bench.project)?.checks;
    let checks: Vec<&QualityCheck> = all
        .iter()
        .filter(|check| matches!(&check.target, QualityTarget::Job { job: own, .. } if *own == job.name))
        .collect();
    if checks.is_empty() {
        return Ok(None);
    }
    if let (Some(check), true) = (checks.first(), written_tables(bench, job).is_empty()) {
        return Err(MigrationError::Unknown(format!(
            "{}: job {} writes files only; checks of jobs are about tables written by DataFrameWriter",
            check.span, job.name
        )));
    }
    let mut outcomes = Vec::new();
    for staged in tables {
        let own = checks_of(job, &checks, &staged.table)?;
        let (schema, batches) = read_arrow(&staged.arrow_file)?;
        let lake = &bench.project.lake;
        let found = check_rows(lake, &staged.table, &own, date, &schema, &batches);
        outcomes.extend(bench.wait(found)?);
    }
    record(bench, &format!("job/{}", job.name), &outcomes)?;
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| outcome.status == QualityStatus::Failed)
        .map(|outcome| {
            format!(
                "quality check {} of {}({}): {} of {} rows, {}",
                outcome.check,
                outcome.table,
                outcome.column,
                outcome.rows_failed,
                outcome.rows_checked,
                outcome.detail
            )
        })
        .collect();
    Ok((!failed.is_empty()).then(|| failed.join("; ")))
}

/// The table of outcomes, beside the curated tables.
fn log_table(bench: &Bench<'_>) -> TableName {
    let curated = &bench.project.workspace.curated_schema;
    TableName::new(format!("{curated}_quality"), "data_quality_log")
}

/// Writes outcomes to the log, one commit per date; the same outcomes again write nothing.
fn record(bench: &Bench<'_>, topic: &str, outcomes: &[CheckOutcome]) -> Result<(), MigrationError> {
    let table = log_table(bench);
    let mut by_date: BTreeMap<&str, Vec<&CheckOutcome>> = BTreeMap::new();
    for outcome in outcomes {
        by_date
            .entry(outcome.effective_date.as_str())
            .or_default()
            .push(outcome);
    }
    let before = bench.zone.committed_runs(&table)?;
    for (date, outcomes) in by_date {
        let batch = log_rows(date, &outcomes)?;
        let app_id = format!("{}/quality/{topic}/{date}", bench.project.workspace.name);
        let hash = content_hash(&batch.schema(), std::slice::from_ref(&batch))?;
        let known = before.get(&app_id);
        if known.is_some_and(|run| run.content_hash == Some(hash)) {
            continue;
        }
        let commit = TableCommit {
            root: bench.zone.root().to_owned(),
            table: table.clone(),
            app_id,
            generation: known.map_or(1, |run| run.generation + 1),
            mode: CommitMode::ReplaceRun,
            schema: batch.schema(),
            batches: vec![batch],
            metadata: BTreeMap::new(),
        };
        bench.wait(commit_table(&commit))?;
    }
    Ok(())
}

fn log_rows(date: &str, outcomes: &[&CheckOutcome]) -> Result<RecordBatch, MigrationError> {
    let Some(day) = EffectiveDate::parse(date) else {
        return Err(MigrationError::Record(format!("\"{date}\" is no date")));
    };
    let checked_at = nominal_processing_time(day).as_microsecond();
    let count = outcomes.len();
    let texts = |of: &dyn Fn(&CheckOutcome) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            outcomes.iter().map(|outcome| of(outcome)),
        ))
    };
    let counts = |of: &dyn Fn(&CheckOutcome) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            outcomes
                .iter()
                .map(|outcome| i64::try_from(of(outcome)).unwrap_or(i64::MAX)),
        ))
    };
    let columns: Vec<(&str, DataType, ArrayRef)> = vec![
        (
            "checked_at",
            DataType::Timestamp(TimeUnit::Microsecond, None),
            Arc::new(TimestampMicrosecondArray::from(vec![checked_at; count])),
        ),
        ("table", DataType::Utf8, texts(&|found| found.table.clone())),
        ("check", DataType::Utf8, texts(&|found| found.check.clone())),
        (
            "column",
            DataType::Utf8,
            texts(&|found| found.column.clone()),
        ),
        (
            "effective_date",
            DataType::Date32,
            Arc::new(Date32Array::from(vec![day.days_since_epoch(); count])),
        ),
        (
            "status",
            DataType::Utf8,
            texts(&|found| found.status.word().to_owned()),
        ),
        (
            "rows_checked",
            DataType::Int64,
            counts(&|found| found.rows_checked),
        ),
        (
            "rows_failed",
            DataType::Int64,
            counts(&|found| found.rows_failed),
        ),
        (
            "detail",
            DataType::Utf8,
            texts(&|found| found.detail.clone()),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, data_type, _)| Field::new(*name, data_type.clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| MigrationError::Record(format!("the quality log: {error}")))
}
