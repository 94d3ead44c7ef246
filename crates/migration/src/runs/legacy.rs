//! One run of a legacy job: inputs from the lake as Arrow files, the module chain in Python, the commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::FileWriter;
use relift_engine::{EngineError, Lake, OutputRead, QueryResult};
use relift_job::{ColumnName, DataSourcing, EffectiveDate, Job, ModuleKind, Side, TableName};
use relift_platform::control::RunRecord;
use relift_platform::legacy::{LakeView, LegacyFailure, LegacyOutcome, LegacyPart, LegacyRun};

use super::upstream::{Upstream, upstream};
use super::{
    Attempt, Basis, Repeat, Written, commit, lake_view, make, priors, recorded, run_key, skip,
    zone_folder,
};
use crate::bench::Bench;
use crate::care::check_staged;
use crate::{MigrationError, Project};

/// Versions of the lake tables a job reads, by its sources and by SQL of its own; those that other jobs write
/// are none of them.
pub(crate) fn lake_versions(
    project: &Project,
    job: &Job,
    latest: &BTreeMap<TableName, u64>,
) -> Result<BTreeMap<String, u64>, MigrationError> {
    let sources = job.modules.iter().filter_map(|module| match &module.kind {
        ModuleKind::DataSourcing(source) => Some(&source.table),
        _ => None,
    });
    let mut versions: BTreeMap<String, u64> = sources
        .filter(|table| !project.edges.is_written(table))
        .filter_map(|table| Some((table.to_string(), latest.get(table).copied()?)))
        .collect();
    for (table, version) in lake_view::tables(project, job, latest)? {
        versions.insert(table.to_string(), version);
    }
    Ok(versions)
}

/// Runs the legacy job for one date unless that was done, or records why it cannot run.
pub(crate) fn run_legacy(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    repeat: Repeat,
) -> Result<RunRecord, MigrationError> {
    let key = run_key(&job.name, date, Side::Legacy);
    if let Some(recordings) = recorded::of(&bench.project, &job.name) {
        return recorded::run(bench, job, &key, &recordings, repeat);
    }
    let read = match upstream(bench, &job.name, date)? {
        Ok(read) => read,
        Err(reason) => return skip(bench, &key, 1, &reason),
    };
    let versions = lake_versions(&bench.project, job, bench.versions()?)?;
    let basis = Basis::new(&bench.legacy_code(job)?, versions).on(&read);
    make(bench, &key, &basis, 1, repeat, |attempt| {
        run(bench, job, &read, attempt)
    })
}

fn run(
    bench: &Bench<'_>,
    job: &Job,
    read: &Upstream,
    attempt: &Attempt<'_>,
) -> Result<Written, MigrationError> {
    let prepared = Prepared {
        side: Side::Legacy,
        staging: attempt.staging,
        part: None,
    };
    let outcome = run_prepared(bench, job, read, attempt, prepared)?;
    let date = attempt.key.date;
    let targets = commit::targets(job);
    match outcome {
        Ok(outcome) => {
            if let Some(reason) = check_staged(bench, job, date, &outcome.tables)? {
                commit::commit(bench, attempt, targets, &[], &[])?;
                return Err(MigrationError::Quality(reason));
            }
            commit::commit(bench, attempt, targets, &outcome.files, &outcome.tables)
        }
        Err(LegacyFailure::Worker(error)) => Err(MigrationError::Python(error.to_string())),
        Err(own) => {
            // What an earlier attempt wrote is not what this date has now.
            commit::commit(bench, attempt, targets, &[], &[])?;
            Err(MigrationError::Legacy(Box::new(own)))
        }
    }
}

/// Where and how much of a legacy job is run.
pub(super) struct Prepared<'a> {
    /// The side whose earlier output an appending writer continues.
    pub(super) side: Side,
    /// The run's own folder.
    pub(super) staging: &'a Path,
    /// The modules, when these are not all.
    pub(super) part: Option<LegacyPart<'a>>,
}

/// Brings what a legacy job reads, and runs it; nothing is committed.
pub(super) fn run_prepared(
    bench: &Bench<'_>,
    job: &Job,
    read: &Upstream,
    attempt: &Attempt<'_>,
    prepared: Prepared<'_>,
) -> Result<Result<LegacyOutcome, LegacyFailure>, MigrationError> {
    let legacy = bench.legacy()?;
    let date = attempt.key.date;
    let lake = &bench.project.lake;
    let staging = prepared.staging;
    let part = prepared.part.as_ref();
    let wanted = |module| part.is_none_or(|part| part.modules.modules.contains(&module));
    let inputs = bring_inputs(bench, lake, job, &wanted, date, read, staging)?;
    let prior = legacy_priors(bench, job, prepared.side, date);
    let lake = legacy_lake(bench, job, date, staging)?;
    Ok(legacy.run(&LegacyRun {
        job,
        date,
        processing_time: attempt.processing_time,
        inputs,
        prior,
        part: prepared.part,
        lake,
        staging,
    }))
}

/// For each appending file writer of a legacy job, the latest partition before the date.
pub(crate) fn legacy_priors(
    bench: &Bench<'_>,
    job: &Job,
    side: Side,
    date: EffectiveDate,
) -> BTreeMap<usize, PathBuf> {
    let modules = job.modules.iter().enumerate();
    let writers = modules.filter_map(|(index, module)| match &module.kind {
        ModuleKind::CsvFileWriter(writer) => Some((index, &writer.target, writer.mode)),
        ModuleKind::ParquetFileWriter(writer) => Some((index, &writer.target, writer.mode)),
        _ => None,
    });
    priors(&zone_folder(bench, side), date, writers)
}

/// What SQL of an External may read on the date, laid out in the staging folder.
pub(crate) fn legacy_lake(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    staging: &Path,
) -> Result<Option<LakeView>, MigrationError> {
    lake_view::write(bench, job, date, staging)
}

/// Writes what each wanted `DataSourcing` reads from `lake`, or of another job, to a file in staging, by index of the
/// module.
pub(crate) fn bring_inputs(
    bench: &Bench<'_>,
    lake: &Lake,
    job: &Job,
    wanted: &dyn Fn(usize) -> bool,
    date: EffectiveDate,
    read: &Upstream,
    staging: &Path,
) -> Result<BTreeMap<usize, PathBuf>, MigrationError> {
    let folder = staging.join("in");
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    let mut inputs = BTreeMap::new();
    for (index, module) in job.modules.iter().enumerate() {
        let ModuleKind::DataSourcing(source) = &module.kind else {
            continue;
        };
        if !wanted(index) {
            continue;
        }
        let file = folder.join(format!("{index}.arrow"));
        if let Some(table) = read.get(&source.table) {
            let rows = match table {
                Some(table) => {
                    let read = OutputRead {
                        columns: &source.columns,
                        dates: &source.dates,
                        today: date,
                    };
                    let zone = &bench.zone;
                    bench.wait(zone.read_output(&table.table, table.version, &read))?
                }
                None => no_rows(source, lake.effective_date_column()),
            };
            let batches = rows.batches.into_iter().map(Ok);
            write_arrow(&rows.schema, batches, &file)?;
            inputs.insert(index, file);
            continue;
        }
        let scan = bench.wait(async {
            let version = lake.latest_version(&source.table)?;
            let dates = lake
                .resolve_dates(&source.table, version, &source.dates, date)
                .await?;
            lake.scan(&source.table, version, &dates, &source.columns)
                .await
        })?;
        write_arrow(&scan.schema(), scan.read(), &file)?;
        inputs.insert(index, file);
    }
    Ok(inputs)
}

/// A table nobody has written yet: its columns without rows.
fn no_rows(source: &DataSourcing, date_column: &str) -> QueryResult {
    let date = ColumnName::from(date_column);
    let mut names: Vec<&ColumnName> = source.columns.iter().collect();
    if !source.columns.contains(&date) {
        names.push(&date);
    }
    let fields: Vec<Field> = names
        .into_iter()
        .map(|name| {
            let data_type = if *name == date {
                DataType::Date32
            } else {
                DataType::Utf8
            };
            Field::new(name.as_str(), data_type, true)
        })
        .collect();
    QueryResult {
        schema: Arc::new(Schema::new(fields)),
        batches: Vec::new(),
    }
}

fn write_arrow(
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, EngineError>>,
    path: &Path,
) -> Result<(), MigrationError> {
    let arrow = |error: arrow::error::ArrowError| {
        MigrationError::Record(format!("cannot write {}: {error}", path.display()))
    };
    let file = File::create(path).map_err(MigrationError::file("create", path))?;
    let mut writer = FileWriter::try_new(file, schema).map_err(arrow)?;
    for batch in batches {
        writer.write(&batch?).map_err(arrow)?;
    }
    writer.finish().map_err(arrow)
}
