//! What a run reads of other jobs: which run of theirs it needs, and the table as that run left it.

use std::collections::BTreeMap;

use relift_job::{DependencyWhen, Edge, EffectiveDate, FoundRead, JobName, Side, TableName};
use relift_platform::control::{RunRecord, RunStatus};

use super::{RewriteFiles, run_key, run_legacy, run_rewrite};
use crate::MigrationError;
use crate::bench::Bench;
use crate::runs::Repeat;

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

/// The tables a run reads of other jobs, or why it cannot take place.
pub(crate) fn upstream(
    bench: &Bench<'_>,
    job: &JobName,
    date: EffectiveDate,
    side: Side,
) -> Result<Result<Upstream, String>, MigrationError> {
    let mut tables = Upstream::new();
    let edges = &bench.project.edges;
    for edge in edges.needs(job) {
        let side = needed_side(bench, edge, side);
        let run = match edge.when {
            DependencyWhen::SameDay => {
                let key = run_key(&edge.needs, date, side);
                bench.store.read().latest_run(&key)?
            }
            DependencyWhen::Latest => {
                let read = bench.store.read();
                read.latest_run_until(&edge.needs, side, date)?
            }
        };
        if let Some(reason) = refused(bench, edge, date, run.as_ref()) {
            return Ok(Err(reason));
        }
        let Some(run) = run else { continue };
        for read in &edge.reads {
            match written(bench, side, read, &run) {
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
            Some(run) if run.status == RunStatus::Succeeded => {
                match written(bench, side, read, &run) {
                    Ok(table) => Some(table),
                    Err(reason) => return Ok(Err(reason)),
                }
            }
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

/// The side whose run an edge asks for. A job that is only waited for, and that has no rewrite, is waited for
/// as it is.
pub(crate) fn needed_side(bench: &Bench<'_>, edge: &Edge, side: Side) -> Side {
    let rewritten = || {
        bench
            .project
            .artifacts(&edge.needs)
            .join("job.json")
            .is_file()
    };
    if side == Side::Rewrite && edge.reads.is_empty() && !rewritten() {
        Side::Legacy
    } else {
        side
    }
}

fn refused(
    bench: &Bench<'_>,
    edge: &Edge,
    date: EffectiveDate,
    run: Option<&RunRecord>,
) -> Option<String> {
    let needs = &edge.needs;
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
            let on = match edge.when {
                DependencyWhen::SameDay => "on",
                DependencyWhen::Latest => "at or before",
            };
            Some(format!(
                "it needs job \"{needs}\", which has no run {on} {date}; select it too"
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

fn written(
    bench: &Bench<'_>,
    side: Side,
    read: &FoundRead,
    run: &RunRecord,
) -> Result<UpstreamTable, String> {
    let table = in_zone(bench, side, &read.table);
    match run.outcome.output_versions.get(&table.to_string()) {
        Some(version) => Ok(UpstreamTable {
            job: run.key.job.clone(),
            version: *version,
            hash: run.outcome.output_hash.clone().unwrap_or_default(),
            table,
        }),
        None => Err(format!(
            "it needs table {table}, which the run of job \"{}\" for {} did not write",
            run.key.job, run.key.date
        )),
    }
}

/// The name that a table of the configuration has on a side.
pub(crate) fn in_zone(bench: &Bench<'_>, side: Side, table: &TableName) -> TableName {
    match side {
        Side::Legacy => table.clone(),
        Side::Rewrite => {
            TableName::new(bench.project.workspace.rewrite_schema.clone(), &table.table)
        }
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
    let Ok(upstream) = upstream(bench, job, date, Side::Legacy)? else {
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

/// Makes the runs of one date and side that a job waits for, unless they are current.
pub(crate) fn make_needed(
    bench: &Bench<'_>,
    needed: &[JobName],
    date: EffectiveDate,
    side: Side,
    rounds: &BTreeMap<JobName, u32>,
) -> Result<(), MigrationError> {
    for name in needed {
        let Some(job) = bench.project.jobs.get(name) else {
            continue;
        };
        match side {
            Side::Legacy => {
                run_legacy(bench, job, date, Repeat::Stale)?;
            }
            Side::Rewrite => {
                if let Some(files) = RewriteFiles::read(bench, name)? {
                    let round = rounds.get(name).copied().unwrap_or(1);
                    run_rewrite(bench, name, &files, date, round, Repeat::Stale)?;
                }
            }
        }
    }
    Ok(())
}
