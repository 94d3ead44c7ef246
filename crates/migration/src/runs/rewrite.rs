//! One run of a rewritten job: the files below `artifacts/<job>/`, as they are now, in the set-based runtime.

use std::collections::BTreeMap;

use relift_diagnostics::ContentHash;
use relift_job::{
    EffectiveDate, Job, JobName, LegacyModules, RewrittenJob, RewrittenModule, Side, SourceOrigin,
    TableName,
};
use relift_platform::control::{RunRecord, RunStatus};
use relift_platform::legacy::{LegacyFailure, LegacyOutcome, LegacyPart};
use relift_platform::set_based::{self, CuratedInput, RewriteRun};

use super::upstream::{Upstream, UpstreamTable, upstream};
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

    /// Other jobs whose rewritten tables it reads.
    pub(crate) fn upstream(&self) -> Vec<(JobName, String)> {
        self.sources()
            .filter_map(|origin| match origin {
                SourceOrigin::Curated { job, table } => Some((job.clone(), table.clone())),
                SourceOrigin::Lake { .. } => None,
            })
            .collect()
    }
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
    let read = match upstream(bench, name, date, Side::Rewrite)? {
        Ok(read) => with_others(bench, files, date, read)?,
        Err(reason) => Err(reason),
    };
    let read = match read {
        Ok(read) => read,
        Err(reason) => return skip(bench, &key, round, &reason),
    };
    let versions = lake_versions(&bench.project, files, bench.versions()?)?;
    let basis = Basis::new(&files.code, versions).on(&read);
    make(bench, &key, &basis, round, repeat, |attempt| {
        run(bench, files, &read, attempt)
    })
}

/// Adds tables that only the rewritten job reads: it may have been changed by hand to do so.
fn with_others(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    date: EffectiveDate,
    mut read: Upstream,
) -> Result<Result<Upstream, String>, MigrationError> {
    for (job, table) in files.upstream() {
        let known = |read: &UpstreamTable| read.job == job && *read.table.table == *table;
        if read.values().flatten().any(known) {
            continue;
        }
        let name = TableName::new(bench.project.workspace.rewrite_schema.clone(), &table);
        let run = bench
            .store
            .read()
            .latest_run(&run_key(&job, date, Side::Rewrite))?
            .filter(|run| run.status == RunStatus::Succeeded);
        let version = run
            .as_ref()
            .and_then(|run| run.outcome.output_versions.get(&name.to_string()));
        let (Some(run), Some(version)) = (&run, version) else {
            return Ok(Err(format!(
                "it needs table {name} of job \"{job}\", whose rewrite has not written it for {date}"
            )));
        };
        let found = UpstreamTable {
            job,
            version: *version,
            hash: run.outcome.output_hash.clone().unwrap_or_default(),
            table: name.clone(),
        };
        read.insert(name, Some(found));
    }
    Ok(Ok(read))
}

fn run(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    read: &Upstream,
    attempt: &Attempt<'_>,
) -> Result<Written, MigrationError> {
    let date = attempt.key.date;
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
    let writers = files
        .job
        .modules
        .iter()
        .enumerate()
        .filter_map(|(index, module)| match module {
            RewrittenModule::CsvFileWriter(writer) => Some((index, &writer.target, writer.mode)),
            RewrittenModule::ParquetFileWriter(writer) => {
                Some((index, &writer.target, writer.mode))
            }
            _ => None,
        });
    let prior = priors(&zone_folder(bench, Side::Rewrite), date, writers.clone());
    let versions = bench.versions()?;
    let outcome = bench.wait(set_based::run(RewriteRun {
        job: &files.job,
        sql: &files.sql,
        workspace: &bench.project.workspace,
        date,
        processing_time: attempt.processing_time,
        lake: &bench.project.lake,
        versions,
        curated: &curated,
        prior: &prior,
        staging: attempt.staging,
    }));
    let targets = writers.map(|(_, target, _)| target);
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
