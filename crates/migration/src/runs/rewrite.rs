//! One run of a rewritten job: the files below `artifacts/<job>/`, as they are now, in the set-based runtime.

use std::collections::BTreeMap;
use std::path::Path;

use relift_diagnostics::ContentHash;
use relift_job::{
    EffectiveDate, FileTarget, Job, JobName, LegacyModules, RewrittenJob, RewrittenModule, Side,
    SourceOrigin, TableName, WriteMode,
};
use relift_platform::control::RunRecord;
use relift_platform::legacy::{LegacyFailure, LegacyOutcome, LegacyPart};
use relift_platform::set_based::{self, CuratedInput, RewriteFailure, RewriteOutcome, RewriteRun};

use super::upstream::{Upstream, rewrite_upstream};
use super::{Attempt, Basis, Repeat, Written, commit, make, priors, run_key, skip, zone_folder};
use crate::bench::Bench;
use crate::project::read_source;
use crate::{MigrationError, Project};

/// A rewritten job as it lies on disk.
#[derive(Clone, Debug)]
pub(crate) struct RewriteFiles {
    pub(crate) job: RewrittenJob,
    /// SQL texts by file name.
    pub(crate) sql: BTreeMap<String, String>,
    /// Hash over all of it.
    pub(crate) code: String,
    /// Modules of the legacy job that run as they are.
    pub(crate) legacy: Option<LegacyModules>,
}

impl RewriteFiles {
    /// Reads them; `None` when the job has not been rewritten.
    pub(crate) fn read(bench: &Bench<'_>, job: &JobName) -> Result<Option<Self>, MigrationError> {
        Self::of(&bench.project, job)
    }

    /// Reads those of a project.
    pub(crate) fn of(project: &Project, job: &JobName) -> Result<Option<Self>, MigrationError> {
        let folder = project.artifacts(job);
        if !folder.join("job.json").is_file() {
            return Ok(None);
        }
        let relative = format!("artifacts/{job}");
        let source = read_source(&project.root, &format!("{relative}/job.json"))?;
        let parsed = RewrittenJob::parse(&source).map_err(MigrationError::Configuration)?;
        let mut sql = BTreeMap::new();
        let mut hashed = source.text().to_owned();
        for file in parsed.sql_files("datafusion") {
            let text = read_source(&project.root, &format!("{relative}/{file}"))?;
            hashed.push_str(&format!(
                "\n{file}\n{}",
                ContentHash::of(text.text().as_bytes())
            ));
            sql.insert(file.to_owned(), text.text().to_owned());
        }
        // What stays Python is part of the code.
        let legacy = parsed.modules.iter().find_map(|module| match module {
            RewrittenModule::LegacyModules(legacy) => Some(legacy.clone()),
            _ => None,
        });
        if legacy.is_some()
            && let Some(legacy) = project.jobs.get(job)
        {
            hashed.push_str(&format!("\n{}", project.code_hash(legacy)?));
        }
        Ok(Some(Self {
            code: ContentHash::of(hashed.as_bytes()).to_string(),
            job: parsed,
            sql,
            legacy,
        }))
    }

    fn sources(&self) -> impl Iterator<Item = &SourceOrigin> {
        self.job.modules.iter().filter_map(|module| match module {
            RewrittenModule::DataSourcing(source) => Some(&source.origin),
            _ => None,
        })
    }

    /// Tables of other jobs that it reads.
    pub(crate) fn upstream(&self) -> Vec<CuratedRead> {
        self.sources()
            .filter_map(|origin| match origin {
                SourceOrigin::Curated { job, table, side } => Some(CuratedRead {
                    job: job.clone(),
                    table: table.clone(),
                    side: *side,
                }),
                SourceOrigin::Lake { .. } => None,
            })
            .collect()
    }
}

/// A table of another job that a rewritten job says it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CuratedRead {
    /// The job that writes it.
    pub(crate) job: JobName,
    /// Its name there.
    pub(crate) table: String,
    /// Whose run is read.
    pub(crate) side: Side,
}

/// Versions of the lake tables a rewritten job reads.
pub(crate) fn lake_versions(
    project: &Project,
    files: &RewriteFiles,
    latest: &BTreeMap<TableName, u64>,
) -> Result<BTreeMap<String, u64>, MigrationError> {
    let tables = files.sources().filter_map(|origin| match origin {
        SourceOrigin::Lake { table, .. } => Some(table),
        SourceOrigin::Curated { .. } => None,
    });
    let mut versions: BTreeMap<String, u64> = tables
        .filter_map(|table| Some((table.to_string(), latest.get(table).copied()?)))
        .collect();
    if files.legacy.is_some()
        && let Some(job) = project.jobs.get(&files.job.name)
    {
        versions.extend(super::legacy::lake_versions(project, job, latest)?);
    }
    Ok(versions)
}

/// Runs the rewritten job for one date unless that was done, or records why it cannot run.
pub(crate) fn run_rewrite(
    bench: &Bench<'_>,
    name: &JobName,
    files: &RewriteFiles,
    date: EffectiveDate,
    round: u32,
    repeat: Repeat,
) -> Result<RunRecord, MigrationError> {
    let key = run_key(name, date, Side::Rewrite);
    let read = match rewrite_upstream(bench, name, files, date)? {
        Ok(read) => read,
        Err(reason) => return skip(bench, &key, round, &reason),
    };
    let versions = lake_versions(&bench.project, files, bench.versions()?)?;
    let basis = Basis::new(&files.code, versions).on(&read);
    make(bench, &key, &basis, round, repeat, |attempt| {
        run(bench, files, &read, attempt)
    })
}

fn run(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    read: &Upstream,
    attempt: &Attempt<'_>,
) -> Result<Written, MigrationError> {
    let (date, time) = (attempt.key.date, attempt.processing_time);
    let outcome = stage_rewrite(bench, files, read, date, time, attempt.staging)?;
    let targets = writers(files).map(|(_, target, _)| target);
    // What stays Python has the same writers as the legacy job.
    let kept = bench.project.jobs.get(&files.job.name);
    let kept = kept.filter(|_| files.legacy.is_some());
    let targets = targets.chain(kept.into_iter().flat_map(commit::targets));
    match outcome {
        Ok(mut outcome) => {
            if let (Some(modules), Some(job)) = (&files.legacy, kept) {
                let part = LegacyPart {
                    modules,
                    given: std::mem::take(&mut outcome.given),
                };
                match run_part(bench, job, read, attempt, part)? {
                    Ok(made) => {
                        outcome.files.extend(made.files);
                        outcome.tables.extend(made.tables);
                    }
                    Err(failure) => {
                        commit::commit(bench, attempt, targets, &[], &[])?;
                        return Err(MigrationError::Legacy(Box::new(failure)));
                    }
                }
            }
            commit::commit(bench, attempt, targets, &outcome.files, &outcome.tables)
        }
        Err(failure) => {
            commit::commit(bench, attempt, targets, &[], &[])?;
            Err(MigrationError::Rewrite(Box::new(failure)))
        }
    }
}

/// File writers by module.
fn writers(files: &RewriteFiles) -> impl Iterator<Item = (usize, &FileTarget, WriteMode)> + Clone {
    let modules = files.job.modules.iter().enumerate();
    modules.filter_map(|(index, module)| match module {
        RewrittenModule::CsvFileWriter(writer) => Some((index, &writer.target, writer.mode)),
        RewrittenModule::ParquetFileWriter(writer) => Some((index, &writer.target, writer.mode)),
        _ => None,
    })
}

/// Runs a rewritten job for a date into a staging folder; nothing is committed.
pub(crate) fn stage_rewrite(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    read: &Upstream,
    date: EffectiveDate,
    processing_time: jiff::Timestamp,
    staging: &Path,
) -> Result<Result<RewriteOutcome, RewriteFailure>, MigrationError> {
    let curated = read
        .values()
        .flatten()
        .map(|read| {
            let input = CuratedInput {
                zone: &bench.zone,
                table: read.table.clone(),
                version: read.version,
            };
            ((read.job.clone(), read.table.table.to_string()), input)
        })
        .collect();
    let prior = priors(&zone_folder(bench, Side::Rewrite), date, writers(files));
    let versions = bench.versions()?;
    Ok(bench.wait(set_based::run(RewriteRun {
        job: &files.job,
        sql: &files.sql,
        workspace: &bench.project.workspace,
        date,
        processing_time,
        lake: &bench.project.lake,
        versions,
        curated: &curated,
        prior: &prior,
        staging,
    })))
}

/// Runs what stays of the legacy job, in a folder of its own below that of the run.
fn run_part(
    bench: &Bench<'_>,
    job: &Job,
    read: &Upstream,
    attempt: &Attempt<'_>,
    part: LegacyPart<'_>,
) -> Result<Result<LegacyOutcome, LegacyFailure>, MigrationError> {
    let staging = attempt.staging.join("legacy");
    let run = super::legacy::Prepared {
        side: Side::Rewrite,
        staging: &staging,
        part: Some(part),
    };
    match super::legacy::run_prepared(bench, job, read, attempt, run)? {
        Err(LegacyFailure::Worker(error)) => Err(MigrationError::Python(error.to_string())),
        done => Ok(done),
    }
}
