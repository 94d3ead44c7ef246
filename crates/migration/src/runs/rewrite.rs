//! One run of a rewritten job: the files below `artifacts/<job>/`, as they are now, in the set-based runtime.

use std::collections::BTreeMap;

use relift_diagnostics::ContentHash;
use relift_job::{
    EffectiveDate, JobName, RewrittenJob, RewrittenModule, Side, SourceOrigin, TableName,
};
use relift_platform::control::{RunRecord, RunStatus};
use relift_platform::set_based::{self, CuratedInput, RewriteRun};

use super::{Attempt, Basis, Written, commit, make, priors, run_key, zone_folder};
use crate::MigrationError;
use crate::bench::Bench;
use crate::project::read_source;

/// A rewritten job as it lies on disk.
#[derive(Clone, Debug)]
pub(crate) struct RewriteFiles {
    pub(crate) job: RewrittenJob,
    /// SQL texts by file name.
    pub(crate) sql: BTreeMap<String, String>,
    /// Hash over all of it.
    pub(crate) code: String,
}

impl RewriteFiles {
    /// Reads them; `None` when the job has not been rewritten.
    pub(crate) fn read(bench: &Bench<'_>, job: &JobName) -> Result<Option<Self>, MigrationError> {
        let folder = bench.project.artifacts(job);
        if !folder.join("job.json").is_file() {
            return Ok(None);
        }
        let relative = format!("artifacts/{job}");
        let source = read_source(&bench.project.root, &format!("{relative}/job.json"))?;
        let parsed = RewrittenJob::parse(&source).map_err(MigrationError::Configuration)?;
        let mut sql = BTreeMap::new();
        let mut hashed = source.text().to_owned();
        for file in parsed.sql_files("datafusion") {
            let text = read_source(&bench.project.root, &format!("{relative}/{file}"))?;
            hashed.push_str(&format!(
                "\n{file}\n{}",
                ContentHash::of(text.text().as_bytes())
            ));
            sql.insert(file.to_owned(), text.text().to_owned());
        }
        Ok(Some(Self {
            code: ContentHash::of(hashed.as_bytes()).to_string(),
            job: parsed,
            sql,
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

/// What a rewrite run is made from.
pub(crate) fn rewrite_basis(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    date: EffectiveDate,
) -> Result<Basis, MigrationError> {
    let latest = bench.versions()?;
    let mut versions = BTreeMap::new();
    for origin in files.sources() {
        if let SourceOrigin::Lake { table, .. } = origin
            && let Some(version) = latest.get(table)
        {
            versions.insert(table.to_string(), *version);
        }
    }
    for (table, version) in curated(bench, files, date)?.into_values() {
        versions.insert(table.to_string(), version);
    }
    Ok(Basis {
        code: files.code.clone(),
        versions,
    })
}

/// Job and table as the rewritten job names them, to the table in the zone and its version.
type CuratedVersions = BTreeMap<(JobName, String), (TableName, u64)>;

/// Tables of other rewritten jobs at the version that (that job, date) committed.
fn curated(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    date: EffectiveDate,
) -> Result<CuratedVersions, MigrationError> {
    let mut found = BTreeMap::new();
    for (job, table) in files.upstream() {
        let name = TableName::new(bench.project.workspace.rewrite_schema.clone(), &table);
        let run = bench
            .store
            .read()
            .latest_run(&run_key(&job, date, Side::Rewrite))?;
        let version = run
            .filter(|run| run.status == RunStatus::Succeeded)
            .and_then(|run| run.outcome.output_versions.get(&name.to_string()).copied());
        if let Some(version) = version {
            found.insert((job, table), (name, version));
        }
    }
    Ok(found)
}

/// Runs the rewritten job for one date unless that was done.
pub(crate) fn run_rewrite(
    bench: &Bench<'_>,
    name: &JobName,
    files: &RewriteFiles,
    date: EffectiveDate,
    round: u32,
) -> Result<RunRecord, MigrationError> {
    let key = run_key(name, date, Side::Rewrite);
    let basis = rewrite_basis(bench, files, date)?;
    make(bench, &key, &basis, round, |attempt| {
        run(bench, files, attempt)
    })
}

fn run(
    bench: &Bench<'_>,
    files: &RewriteFiles,
    attempt: &Attempt<'_>,
) -> Result<Written, MigrationError> {
    let date = attempt.key.date;
    let curated = curated(bench, files, date)?
        .into_iter()
        .map(|(key, (table, version))| {
            (
                key,
                CuratedInput {
                    zone: &bench.zone,
                    table,
                    version,
                },
            )
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
    let prior = priors(&zone_folder(bench, Side::Rewrite), date, writers);
    let versions = bench.versions()?;
    let outcome = bench
        .wait(set_based::run(RewriteRun {
            job: &files.job,
            sql: &files.sql,
            workspace: &bench.project.workspace,
            date,
            processing_time: attempt.processing_time,
            lake: &bench.project.lake,
            versions: &versions,
            curated: &curated,
            prior: &prior,
            staging: attempt.staging,
        }))
        .map_err(|failure| MigrationError::Rewrite(Box::new(failure)))?;
    commit::commit(bench, attempt, &outcome.files, &outcome.tables)
}
