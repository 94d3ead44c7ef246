//! One run of a legacy job: inputs from the lake as Arrow files, the module chain in Python, the commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::ipc::writer::FileWriter;
use relift_engine::{Lake, Scan};
use relift_job::{EffectiveDate, Job, ModuleKind, Side};
use relift_platform::control::RunRecord;
use relift_platform::legacy::{LegacyFailure, LegacyRun};

use super::{Attempt, Basis, Written, commit, lake_view, make, priors, run_key, zone_folder};
use crate::MigrationError;
use crate::bench::Bench;

/// What a legacy run of the job is made from.
pub(crate) fn legacy_basis(bench: &Bench<'_>, job: &Job) -> Result<Basis, MigrationError> {
    let latest = bench.versions()?;
    let mut versions: BTreeMap<String, u64> = job
        .modules
        .iter()
        .filter_map(|module| match &module.kind {
            ModuleKind::DataSourcing(source) => Some((
                source.table.to_string(),
                latest.get(&source.table).copied()?,
            )),
            _ => None,
        })
        .collect();
    for (table, version) in lake_view::tables(&bench.project, job, &latest)? {
        versions.insert(table.to_string(), version);
    }
    Ok(Basis {
        // A baseline made with other versions is another baseline.
        code: format!("{} {}", bench.project.code_hash(job)?, bench.identity()?),
        versions,
    })
}

/// Runs the legacy job for one date unless that was done.
pub(crate) fn run_legacy(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    basis: &Basis,
) -> Result<RunRecord, MigrationError> {
    let key = run_key(&job.name, date, Side::Legacy);
    make(bench, &key, basis, 1, |attempt| run(bench, job, attempt))
}

fn run(bench: &Bench<'_>, job: &Job, attempt: &Attempt<'_>) -> Result<Written, MigrationError> {
    let legacy = bench.legacy()?;
    let date = attempt.key.date;
    let inputs = bring_inputs(bench, &bench.project.lake, job, date, attempt.staging)?;
    let writers = job
        .modules
        .iter()
        .enumerate()
        .filter_map(|(index, module)| match &module.kind {
            ModuleKind::CsvFileWriter(writer) => Some((index, &writer.target, writer.mode)),
            ModuleKind::ParquetFileWriter(writer) => Some((index, &writer.target, writer.mode)),
            _ => None,
        });
    let prior = priors(&zone_folder(bench, Side::Legacy), date, writers);
    let outcome = legacy
        .run(&LegacyRun {
            job,
            date,
            processing_time: attempt.processing_time,
            inputs,
            prior,
            lake: lake_view::write(bench, job, date, attempt.staging)?,
            staging: attempt.staging,
        })
        .map_err(|failure| match failure {
            LegacyFailure::Worker(error) => MigrationError::Python(error.to_string()),
            own => MigrationError::Legacy(Box::new(own)),
        })?;
    commit::commit(bench, attempt, &outcome.files, &outcome.tables)
}

/// Writes what each `DataSourcing` reads from `lake` to a file in staging, by index of the module.
pub(crate) fn bring_inputs(
    bench: &Bench<'_>,
    lake: &Lake,
    job: &Job,
    date: EffectiveDate,
    staging: &Path,
) -> Result<BTreeMap<usize, PathBuf>, MigrationError> {
    let folder = staging.join("in");
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    let mut inputs = BTreeMap::new();
    for (index, module) in job.modules.iter().enumerate() {
        let ModuleKind::DataSourcing(source) = &module.kind else {
            continue;
        };
        let scan = bench.wait(async {
            let version = lake.latest_version(&source.table)?;
            let dates = lake
                .resolve_dates(&source.table, version, &source.dates, date)
                .await?;
            lake.scan(&source.table, version, &dates, &source.columns)
                .await
        })?;
        let file = folder.join(format!("{index}.arrow"));
        write_arrow(&scan, &file)?;
        inputs.insert(index, file);
    }
    Ok(inputs)
}

fn write_arrow(scan: &Scan, path: &Path) -> Result<(), MigrationError> {
    let arrow = |error: arrow::error::ArrowError| {
        MigrationError::Record(format!("cannot write {}: {error}", path.display()))
    };
    let file = File::create(path).map_err(MigrationError::file("create", path))?;
    let mut writer = FileWriter::try_new(file, &scan.schema()).map_err(arrow)?;
    for batch in scan.read() {
        writer.write(&batch?).map_err(arrow)?;
    }
    writer.finish().map_err(arrow)
}
