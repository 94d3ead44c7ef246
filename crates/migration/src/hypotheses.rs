//! What is tried when both sides differ, before the job goes back to be written again.
//!
//! Two questions are put to the engines. Does the legacy job give the same output twice? If not, nothing can
//! be equal to it, and the columns that change are proposed for exclusion; a person decides. Would another
//! reading of the code explain the difference? Readings that belong to the causes found are run on the date
//! that differs, then on all; the first that is equal everywhere is named, and the next round is written with
//! it. The writer learns the name, never the output.

use std::collections::BTreeSet;

use relift_falsify::readings;
use relift_governance::{CauseNamed, LedgerEvent};
use relift_job::{EffectiveDate, Job, Side};
use relift_platform::legacy::{LegacyFailure, LegacyRun};
use relift_reconcile::{Comparison, RunOutput, Status, reconcile};
use relift_team::Task;

use crate::bench::Bench;
use crate::experiments::{Laboratory, staged};
use crate::runs::{
    RewriteFiles, bring_inputs, legacy_lake, legacy_priors, nominal_processing_time, recorded,
    remove_folder, run_key, upstream,
};
use crate::{MigrationError, comparison, ledger};

/// Name under which the ledger keeps the reading that explains a difference.
const READING: &str = "other-reading";

/// Name under which it keeps that the legacy job is not the same twice.
const NOT_REPEATABLE: &str = "legacy-not-repeatable";

/// Readings that are tried for one difference.
const READINGS_MAX: usize = 48;

/// What was found out about a difference, to be told with its cause; recorded too.
pub(crate) fn examine(
    bench: &Bench<'_>,
    task: &Task,
    job: &Job,
    comparisons: &[(EffectiveDate, Comparison)],
) -> Result<Option<String>, MigrationError> {
    let differing = || {
        comparisons
            .iter()
            .filter(|(_, comparison)| comparison.status == Status::Differs)
    };
    let Some((date, _)) = differing().next() else {
        return Ok(None);
    };
    if let Some(text) = not_repeatable(bench, job, *date)? {
        record(bench, task, NOT_REPEATABLE, &text, 0, 1)?;
        return Ok(Some(text));
    }
    let mut causes: Vec<&str> = Vec::new();
    for (_, comparison) in differing() {
        for cause in comparison
            .outputs
            .iter()
            .filter_map(|output| output.cause.as_ref())
        {
            if !causes.contains(&cause.name) {
                causes.push(cause.name);
            }
        }
    }
    another_reading(bench, task, job, *date, &causes)
}

fn another_reading(
    bench: &Bench<'_>,
    task: &Task,
    job: &Job,
    date: EffectiveDate,
    causes: &[&str],
) -> Result<Option<String>, MigrationError> {
    let Some(laboratory) = Laboratory::of(bench, job)? else {
        return Ok(None);
    };
    let shares = match RewriteFiles::read(bench, &job.name)? {
        Some(files) => files.upstream().len() > bench.analysis(&job.name)?.written_by.len(),
        None => return Ok(None),
    };
    // The next round goes back to the job's own lowering anyway when this one was another.
    if shares || laboratory.differs(laboratory.flow(), &[date])?.is_none() {
        return Ok(None);
    }
    let mut tried: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for cause in causes {
        for reading in readings(laboratory.flow(), laboratory.catalog(), cause) {
            if tried.len() == READINGS_MAX || !known.insert(reading.name.clone()) {
                continue;
            }
            if laboratory.differs(&reading.flow, &[date])?.is_none() {
                let dates = bench.project.workspace.dates.iter().count() as u64;
                record(bench, task, READING, &reading.name, dates, dates)?;
                return Ok(Some(format!(
                    "where {}, all {dates} dates are equal",
                    reading.name
                )));
            }
            tried.push(reading.name);
        }
    }
    Ok((!tried.is_empty()).then(|| format!("tried without success: {}", tried.join("; "))))
}

/// The reading that was found for the round before, if one was.
pub(crate) fn found_reading(
    bench: &Bench<'_>,
    task: &Task,
) -> Result<Option<String>, MigrationError> {
    let events = ledger::of_job(bench.store.read(), &task.job)?;
    let last = events.into_iter().rev().find_map(|event| match event {
        LedgerEvent::CauseNamed(named)
            if named.cause == READING && named.round + 1 == task.ticket.round =>
        {
            Some(named.experiment)
        }
        _ => None,
    });
    Ok(last)
}

fn record(
    bench: &Bench<'_>,
    task: &Task,
    cause: &str,
    experiment: &str,
    explained: u64,
    of: u64,
) -> Result<(), MigrationError> {
    let named = CauseNamed {
        job: task.job.to_string(),
        round: task.ticket.round,
        cause: cause.to_owned(),
        experiment: experiment.to_owned(),
        explained,
        of,
    };
    ledger::append(&bench.store, &[LedgerEvent::CauseNamed(named)])
}

/// How the legacy job's output of a date changes when it is run again in a process of its own; `None` when it
/// does not, or when that cannot be tried.
pub(crate) fn not_repeatable(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
) -> Result<Option<String>, MigrationError> {
    let name = &job.name;
    if recorded::of(&bench.project, name).is_some() {
        return Ok(None);
    }
    let run = bench
        .store
        .read()
        .latest_run(&run_key(name, date, Side::Legacy))?;
    let first = comparison::output(bench, job, date, Side::Legacy, run.as_ref())?;
    let RunOutput::Wrote(written) = &first else {
        return Ok(None);
    };
    let Ok(read) = upstream(bench, name, date)? else {
        return Ok(None);
    };
    let staging = bench.staging().join(format!("{name}-{date}-again"));
    remove_folder(&staging)?;
    std::fs::create_dir_all(&staging).map_err(MigrationError::file("create", staging.as_path()))?;
    let lake = &bench.project.lake;
    let inputs = bring_inputs(bench, lake, job, &|_| true, date, &read, &staging)?;
    // Another process: the order of sets of texts, for one, is the same within one.
    let runtime = bench.start_legacy()?;
    let again = runtime.run(&LegacyRun {
        job,
        date,
        processing_time: nominal_processing_time(date),
        inputs,
        prior: legacy_priors(bench, job, Side::Legacy, date),
        part: None,
        lake: legacy_lake(bench, job, date, &staging)?,
        staging: &staging,
    });
    let found = match again {
        Ok(outcome) => {
            let outputs = staged(&outcome.files, &outcome.tables, written)?;
            let comparison = reconcile(&first, &RunOutput::Wrote(outputs), date);
            let same = comparison.status == Status::Pass;
            (!same).then(|| {
                let columns: BTreeSet<String> = comparison
                    .outputs
                    .iter()
                    .flat_map(|output| {
                        let differing = output.differences.iter().flat_map(|one| &one.columns);
                        differing.map(|column| format!("{column} of {}", output.name))
                    })
                    .collect();
                let columns: Vec<String> = columns.into_iter().collect();
                let excluded = if columns.is_empty() {
                    "the whole output".to_owned()
                } else {
                    columns.join(", ")
                };
                format!(
                    "the legacy job gives another output when it is run again for {date} ({}); proposed for exclusion: {excluded}",
                    comparison.cause_line()
                )
            })
        }
        Err(LegacyFailure::Worker(error)) => {
            return Err(MigrationError::Python(error.to_string()));
        }
        Err(other) => Some(format!(
            "the legacy job raises when it is run again for {date}: {other}"
        )),
    };
    remove_folder(&staging)?;
    Ok(found)
}
