//! What a run reads of other jobs: which run of theirs it needs, and the table as that run left it.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::{DependencyWhen, EffectiveDate, JobName, ModuleKind, Side, TableName};
use relift_platform::control::{RunRecord, RunStatus};

use super::rewrite::CuratedRead;
use super::{RewriteFiles, run_key, run_legacy, run_rewrite};
use crate::bench::Bench;
use crate::runs::Repeat;
use crate::{MigrationError, Project};

/// A table of another job as one run reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpstreamTable {
    /// The job that wrote it.
    pub(crate) job: JobName,
    /// Its name in the zone of the side.
    pub(crate) table: TableName,
    /// The version the needed run committed.
    pub(crate) version: u64,
    /// Hash of what that run wrote.
    pub(crate) hash: String,
}

/// By the name in the configuration; `None` where the job itself writes the table and has not yet.
pub(crate) type Upstream = BTreeMap<TableName, Option<UpstreamTable>>;

/// A table that a rewritten job reads of another job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RewriteRead {
    /// The job that writes it.
    pub(crate) job: JobName,
    /// Whose run of that job.
    pub(crate) side: Side,
    /// Which run of it.
    pub(crate) when: DependencyWhen,
    /// The table in the zone of that side.
    pub(crate) table: TableName,
    /// The table as configurations name it.
    pub(crate) named: TableName,
}

/// What a rewritten job reads of others: what its files say, whatever the legacy job reads.
pub(crate) fn rewrite_reads(
    project: &Project,
    job: &JobName,
    files: &RewriteFiles,
) -> Vec<RewriteRead> {
    let edges = project.edges.needs(job);
    let of = |read: &CuratedRead| {
        let edge = edges.iter().find(|edge| edge.needs == read.job);
        RewriteRead {
            job: read.job.clone(),
            side: read.side,
            when: edge.map_or(DependencyWhen::SameDay, |edge| edge.when),
            table: zone_table(project, read),
            named: zone_table(
                project,
                &CuratedRead {
                    side: Side::Legacy,
                    ..read.clone()
                },
            ),
        }
    };
    let mut reads: Vec<RewriteRead> = files.upstream().iter().map(of).collect();
    // What stays Python reads by itself.
    let stays = |module: &usize| {
        let legacy = files.legacy.as_ref();
        legacy.is_some_and(|legacy| legacy.modules.contains(module))
    };
    for edge in edges {
        for read in edge.reads.iter().filter(|read| stays(&read.module)) {
            if reads.iter().any(|known| known.named == read.table) {
                continue;
            }
            let schema = project.workspace.rewrite_schema.clone();
            reads.push(RewriteRead {
                job: edge.needs.clone(),
                side: Side::Rewrite,
                when: edge.when,
                table: TableName::new(schema, &read.table.table),
                named: read.table.clone(),
            });
        }
    }
    reads
}

/// The name of a curated table where the side that is read writes it.
fn zone_table(project: &Project, read: &CuratedRead) -> TableName {
    let workspace = &project.workspace;
    let own = || {
        let modules = &project.jobs.get(&read.job)?.modules;
        modules.iter().find_map(|module| match &module.kind {
            ModuleKind::DataFrameWriter(writer) if writer.table == read.table => {
                writer.schema.clone()
            }
            _ => None,
        })
    };
    let schema = match read.side {
        Side::Rewrite => workspace.rewrite_schema.clone(),
        Side::Legacy => own().unwrap_or_else(|| workspace.curated_schema.clone()),
    };
    TableName::new(schema, &read.table)
}

/// The tables a legacy run reads of other jobs, or why it cannot take place.
pub(crate) fn upstream(
    bench: &Bench<'_>,
    job: &JobName,
    date: EffectiveDate,
) -> Result<Result<Upstream, String>, MigrationError> {
    let side = Side::Legacy;
    let mut tables = Upstream::new();
    let edges = &bench.project.edges;
    for edge in edges.needs(job) {
        let run = needed_run(bench, &edge.needs, side, edge.when, date)?;
        if let Some(reason) = refused(bench, &edge.needs, side, edge.when, date, run.as_ref()) {
            return Ok(Err(reason));
        }
        let Some(run) = run else { continue };
        for read in &edge.reads {
            match written(&read.table, &run) {
                Ok(table) => tables.insert(read.table.clone(), Some(table)),
                Err(reason) => return Ok(Err(reason)),
            };
        }
    }
    for read in edges.own_reads(job) {
        let before = EffectiveDate(date.0.saturating_sub(jiff::Span::new().days(1)));
        let run = bench.store.read().latest_run_until(job, side, before)?;
        let table = match run {
            None => None,
            Some(run) if run.status == RunStatus::Succeeded => match written(&read.table, &run) {
                Ok(table) => Some(table),
                Err(reason) => return Ok(Err(reason)),
            },
            Some(run) => {
                return Ok(Err(format!(
                    "it reads what it wrote on {}, and that run {}",
                    run.key.date,
                    ended(run.status)
                )));
            }
        };
        tables.insert(read.table.clone(), table);
    }
    Ok(Ok(tables))
}

/// The tables a run of a rewritten job reads of other jobs, or why it cannot take place.
pub(crate) fn rewrite_upstream(
    bench: &Bench<'_>,
    job: &JobName,
    files: &RewriteFiles,
    date: EffectiveDate,
) -> Result<Result<Upstream, String>, MigrationError> {
    let mut tables = Upstream::new();
    let reads = rewrite_reads(&bench.project, job, files);
    for read in &reads {
        let run = needed_run(bench, &read.job, read.side, read.when, date)?;
        let refused = refused(bench, &read.job, read.side, read.when, date, run.as_ref());
        if let Some(reason) = refused {
            return Ok(Err(reason));
        }
        let Some(run) = run else { continue };
        match written(&read.table, &run) {
            Ok(table) => tables.insert(read.named.clone(), Some(table)),
            Err(reason) => return Ok(Err(reason)),
        };
    }
    // A job that is only waited for, and that has no rewrite, is waited for as it is.
    for edge in bench.project.edges.needs(job) {
        if edge.declared.is_none() || reads.iter().any(|read| read.job == edge.needs) {
            continue;
        }
        let side = waited_side(&bench.project, &edge.needs);
        let run = needed_run(bench, &edge.needs, side, edge.when, date)?;
        if let Some(reason) = refused(bench, &edge.needs, side, edge.when, date, run.as_ref()) {
            return Ok(Err(reason));
        }
    }
    Ok(Ok(tables))
}

fn waited_side(project: &Project, needs: &JobName) -> Side {
    if project.artifacts(needs).join("job.json").is_file() {
        Side::Rewrite
    } else {
        Side::Legacy
    }
}

/// The run of another job that a run for a date waits for.
pub(crate) fn needed_run(
    bench: &Bench<'_>,
    needs: &JobName,
    side: Side,
    when: DependencyWhen,
    date: EffectiveDate,
) -> Result<Option<RunRecord>, MigrationError> {
    let read = bench.store.read();
    Ok(match when {
        DependencyWhen::SameDay => read.latest_run(&run_key(needs, date, side))?,
        DependencyWhen::Latest => read.latest_run_until(needs, side, date)?,
    })
}

fn refused(
    bench: &Bench<'_>,
    needs: &JobName,
    side: Side,
    when: DependencyWhen,
    date: EffectiveDate,
    run: Option<&RunRecord>,
) -> Option<String> {
    match run {
        Some(run) if run.status == RunStatus::Succeeded => None,
        Some(run) => Some(format!(
            "it needs job \"{needs}\", whose run of {} {}",
            run.key.date,
            ended(run.status)
        )),
        None if bench.project.broken.contains_key(needs) => Some(format!(
            "it needs job \"{needs}\", whose configuration is wrong"
        )),
        None => {
            let on = match when {
                DependencyWhen::SameDay => "on",
                DependencyWhen::Latest => "at or before",
            };
            let kept = match side {
                Side::Legacy => "",
                Side::Rewrite => " of its rewrite",
            };
            Some(format!(
                "it needs job \"{needs}\", which has no run{kept} {on} {date}; select it too"
            ))
        }
    }
}

fn ended(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running | RunStatus::Interrupted => "was interrupted",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Skipped => "was skipped",
    }
}

/// A table as a run committed it.
pub(crate) fn written(table: &TableName, run: &RunRecord) -> Result<UpstreamTable, String> {
    match run.outcome.output_versions.get(&table.to_string()) {
        Some(version) => Ok(UpstreamTable {
            job: run.key.job.clone(),
            version: *version,
            hash: run.outcome.output_hash.clone().unwrap_or_default(),
            table: table.clone(),
        }),
        None => Err(format!(
            "it needs table {table}, which the run of job \"{}\" for {} did not write",
            run.key.job, run.key.date
        )),
    }
}

/// Versions of everything a job reads on a date, from the legacy side; `None` when a job it needs left
/// nothing to read.
pub(crate) fn versions_on(
    bench: &Bench<'_>,
    job: &JobName,
    date: EffectiveDate,
) -> Result<Option<BTreeMap<TableName, u64>>, MigrationError> {
    let mut versions = bench.versions()?.clone();
    if bench.project.edges.needs(job).is_empty() {
        return Ok(Some(versions));
    }
    let Ok(upstream) = upstream(bench, job, date)? else {
        return Ok(None);
    };
    for table in upstream.into_values().flatten() {
        versions.insert(table.table, table.version);
    }
    Ok(Some(versions))
}

/// Makes the legacy runs of every job whose tables this one reads, unless they are current.
pub(crate) fn make_upstream(bench: &Bench<'_>, job: &JobName) -> Result<(), MigrationError> {
    let mut needed = bench.project.edges.with_upstream([job.clone()]);
    needed.remove(job);
    let order = bench.project.edges.order();
    for needed in order.iter().filter(|name| needed.contains(*name)) {
        let Some(job) = bench.project.jobs.get(needed) else {
            continue;
        };
        for date in bench.project.workspace.dates.iter() {
            run_legacy(bench, job, date, Repeat::Stale)?;
        }
    }
    Ok(())
}

/// Makes the legacy runs of one date that a job waits for, unless they are current.
pub(crate) fn make_needed(
    bench: &Bench<'_>,
    needed: &[JobName],
    date: EffectiveDate,
) -> Result<(), MigrationError> {
    for name in needed {
        if let Some(job) = bench.project.jobs.get(name) {
            run_legacy(bench, job, date, Repeat::Stale)?;
        }
    }
    Ok(())
}

/// Makes the runs of one date that a rewritten job waits for, unless they are current: of rewrites, and of
/// the legacy jobs whose tables rewrites read.
pub(crate) fn make_needed_of_rewrite(
    bench: &Bench<'_>,
    job: &JobName,
    files: &RewriteFiles,
    date: EffectiveDate,
    rounds: &BTreeMap<JobName, u32>,
) -> Result<(), MigrationError> {
    let mut made = BTreeSet::from([job.clone()]);
    make_reads(bench, job, files, date, rounds, &mut made)
}

fn make_reads(
    bench: &Bench<'_>,
    job: &JobName,
    files: &RewriteFiles,
    date: EffectiveDate,
    rounds: &BTreeMap<JobName, u32>,
    made: &mut BTreeSet<JobName>,
) -> Result<(), MigrationError> {
    let project = &bench.project;
    let mut needed: Vec<(JobName, Side)> = rewrite_reads(project, job, files)
        .into_iter()
        .map(|read| (read.job, read.side))
        .collect();
    let declared = project.edges.needs(job).iter();
    for edge in declared.filter(|edge| edge.declared.is_some()) {
        if needed.iter().all(|(known, _)| *known != edge.needs) {
            needed.push((edge.needs.clone(), waited_side(project, &edge.needs)));
        }
    }
    for (name, side) in needed {
        if !made.insert(name.clone()) {
            continue;
        }
        match side {
            Side::Legacy => {
                make_needed(bench, &project.edges.waited_for(&name), date)?;
                make_needed(bench, &[name], date)?;
            }
            Side::Rewrite => {
                if let Some(files) = RewriteFiles::read(bench, &name)? {
                    make_reads(bench, &name, &files, date, rounds, made)?;
                    let round = rounds.get(&name).copied().unwrap_or(1);
                    run_rewrite(bench, &name, &files, date, round, Repeat::Stale)?;
                }
            }
        }
    }
    Ok(())
}
