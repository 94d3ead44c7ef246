//! Runs: one (job, effective date, side) each, committed exactly once and recorded.
//!
//! A run counts only for the code and the lake versions it read. A recorded run with others is stale and
//! is made again; a run that was cut off left nothing that the next attempt would not recognise.

mod commit;
mod lake_view;
mod legacy;
mod logs;
pub(crate) mod perform;
pub(crate) mod plan;
pub(crate) mod recorded;
mod rewrite;
pub(crate) mod survey;
mod upstream;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_governance::{Isolation, LedgerEvent, RunFinished};
use relift_job::{EffectiveDate, FileTarget, JobName, Side, WriteMode};
use relift_platform::control::{RunKey, RunOutcome, RunRecord, RunStatus};

use crate::bench::{Bench, lock};
use crate::{MigrationError, ledger};

pub(crate) use commit::read_arrow;
pub(crate) use legacy::{bring_inputs, legacy_lake, legacy_priors, run_legacy};
pub(crate) use logs::log_text;
pub(crate) use rewrite::{RewriteFiles, run_rewrite, stage_rewrite};
pub(crate) use upstream::{
    Upstream, make_needed, make_needed_of_rewrite, make_upstream, needed_run, rewrite_reads,
    rewrite_upstream, upstream, versions_on, written,
};

/// Marks the error of a run in which the job itself raised, or a guard of its rewrite did.
pub(crate) const RAISED: &str = "raised: ";

/// Marks the error of a run that was stopped for another reason; such a date can never pass.
const FAILED: &str = "failed: ";

/// What a run is made from; a recorded run with another basis is stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Basis {
    /// Hash over the code.
    pub(crate) code: String,
    /// Tables read and their versions.
    pub(crate) versions: BTreeMap<String, u64>,
    /// The same for the record: lake tables with their version, tables of other jobs with the hash of what
    /// the needed run wrote, because a repetition that writes the same has another version.
    pub(crate) inputs: BTreeMap<String, String>,
}

impl Basis {
    /// A basis on lake tables alone.
    pub(crate) fn new(code: &str, versions: BTreeMap<String, u64>) -> Self {
        let inputs = versions
            .iter()
            .map(|(table, version)| (table.clone(), version.to_string()))
            .collect();
        Self {
            code: code.to_owned(),
            versions,
            inputs,
        }
    }

    /// Adds the tables of other jobs.
    pub(crate) fn on(mut self, upstream: &Upstream) -> Self {
        for table in upstream.values().flatten() {
            let name = table.table.to_string();
            self.versions.insert(name.clone(), table.version);
            self.inputs.insert(name, table.hash.clone());
        }
        self
    }
}

/// When a run that is recorded is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// When it failed, or its code or inputs have changed since.
    Stale,
    /// Always.
    Always,
}

/// What a run wrote, besides what it came from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) files: u64,
    /// Table to the Delta version it was committed as.
    pub(crate) versions: BTreeMap<String, u64>,
    /// Table or path to the hash of its content.
    pub(crate) hashes: BTreeMap<String, String>,
}

/// The recorded run, if it is finished and not stale.
pub(crate) fn current(
    bench: &Bench<'_>,
    key: &RunKey,
    basis: &Basis,
) -> Result<Option<RunRecord>, MigrationError> {
    Ok(bench.store.read().latest_run(key)?.filter(|run| {
        run.status == RunStatus::Succeeded
            && run.outcome.code_hash.as_deref() == Some(&*basis.code)
            && run.outcome.input_versions == basis.versions
    }))
}

/// Records that a run does not take place, unless that is what was recorded last.
pub(crate) fn skip(
    bench: &Bench<'_>,
    key: &RunKey,
    round: u32,
    reason: &str,
) -> Result<RunRecord, MigrationError> {
    if let Some(run) = bench.store.read().latest_run(key)?
        && run.status == RunStatus::Skipped
        && run.outcome.error.as_deref() == Some(reason)
    {
        return Ok(run);
    }
    let now = nominal_processing_time(key.date);
    bench.store.processing_time(&key.job, key.date, now)?;
    let run = bench.store.skip_run(key, reason, jiff::Timestamp::now())?;
    let event = LedgerEvent::RunFinished(RunFinished {
        job: key.job.to_string(),
        effective_date: key.date.to_string(),
        side: key.side.word().to_owned(),
        round,
        status: RunStatus::Skipped.word().to_owned(),
        error: Some(reason.to_owned()),
        ..RunFinished::default()
    });
    ledger::append(&bench.store, &[event])?;
    Ok(run)
}

/// Makes a run unless the recorded one is current, and records it.
pub(crate) fn make(
    bench: &Bench<'_>,
    key: &RunKey,
    basis: &Basis,
    round: u32,
    repeat: Repeat,
    work: impl FnOnce(&Attempt<'_>) -> Result<Written, MigrationError>,
) -> Result<RunRecord, MigrationError> {
    let turn = bench.turn(&key.job, key.side);
    let _mine = lock(&turn);
    if repeat == Repeat::Stale
        && let Some(run) = current(bench, key, basis)?
    {
        return Ok(run);
    }
    bench
        .store
        .processing_time(&key.job, key.date, nominal_processing_time(key.date))?;
    let record = bench.store.begin_run(key, jiff::Timestamp::now())?;
    let staging = bench
        .staging()
        .join(format!("{}-{}-{}", key.job, key.date, key.side.word()));
    remove_folder(&staging)?;
    std::fs::create_dir_all(&staging).map_err(MigrationError::file("create", staging.as_path()))?;
    let generation = i64::from(bench.store.read().succeeded_runs(key)?) + 1;
    let attempt = Attempt {
        key,
        processing_time: record.processing_time,
        staging: &staging,
        generation,
    };
    let result = work(&attempt);
    if let Err(error) = &result
        && error.is_environment()
    {
        // Not the job's fault: the run stays unfinished and is recovered as interrupted.
        return Err(MigrationError::Python(error.to_string()));
    }
    let told = result.as_ref().err().map(logs::told);
    let (written, error) = match result {
        Ok(written) => (written, None),
        Err(error) => {
            let kind = if error.is_exception() { RAISED } else { FAILED };
            (Written::default(), Some(format!("{kind}{}", error.whole())))
        }
    };
    let log_path = logs::keep(bench, key, record.attempt, &staging, told.as_deref())?;
    let outcome = RunOutcome {
        rows: error.is_none().then_some(written.rows),
        files: error.is_none().then_some(written.files),
        input_versions: basis.versions.clone(),
        output_versions: written.versions.clone(),
        output_hash: error.is_none().then(|| whole_hash(&written.hashes)),
        code_hash: Some(basis.code.clone()),
        error: error.clone(),
        log_path,
    };
    let event = LedgerEvent::RunFinished(RunFinished {
        job: key.job.to_string(),
        effective_date: key.date.to_string(),
        side: key.side.word().to_owned(),
        round,
        status: if error.is_some() {
            "failed"
        } else {
            "succeeded"
        }
        .to_owned(),
        rows: outcome.rows,
        files: outcome.files,
        inputs: basis.inputs.clone(),
        outputs: written.hashes,
        error,
        isolation: isolation_of(key.side).filter(|_| !recorded::is_recorded(&basis.code)),
        recorded: recorded::is_recorded(&basis.code),
    });
    bench.store.finish_run(
        record.id,
        &outcome,
        &[ledger::to_new(&event)],
        jiff::Timestamp::now(),
    )?;
    remove_folder(&staging)?;
    bench
        .store
        .read()
        .latest_run(key)?
        .ok_or_else(|| MigrationError::Record("a finished run is not recorded".to_owned()))
}

/// How well code of a side is isolated on this machine; rewrites are no foreign code.
fn isolation_of(side: Side) -> Option<Isolation> {
    match side {
        Side::Legacy => Isolation::parse(relift_sandbox::probe().0.word()),
        Side::Rewrite => None,
    }
}

/// One attempt at a run.
pub(crate) struct Attempt<'a> {
    pub(crate) key: &'a RunKey,
    pub(crate) processing_time: jiff::Timestamp,
    pub(crate) staging: &'a Path,
    /// Counts the committed runs of the key, this one included.
    pub(crate) generation: i64,
}

/// When a nightly schedule would have run it; see docs/decisions/0002.
pub(crate) fn nominal_processing_time(date: EffectiveDate) -> jiff::Timestamp {
    let next = date.0.saturating_add(jiff::Span::new().days(1));
    next.at(6, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(jiff::Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// Removes a folder with what is in it; one that is not there is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), MigrationError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(MigrationError::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn whole_hash(hashes: &BTreeMap<String, String>) -> String {
    let text: String = hashes
        .iter()
        .map(|(output, hash)| format!("{output}\n{hash}\n"))
        .collect();
    relift_diagnostics::ContentHash::of(text.as_bytes()).to_string()
}

/// Folder of a side's files.
pub(crate) fn zone_folder(bench: &Bench<'_>, side: Side) -> PathBuf {
    let workspace = &bench.project.workspace;
    let schema = match side {
        Side::Legacy => &workspace.curated_schema,
        Side::Rewrite => &workspace.rewrite_schema,
    };
    bench
        .project
        .root
        .join(&workspace.output_files)
        .join(schema.as_str())
}

/// For each appending file writer, the latest partition before the date.
pub(crate) fn priors<'m>(
    zone: &Path,
    date: EffectiveDate,
    writers: impl Iterator<Item = (usize, &'m FileTarget, WriteMode)>,
) -> BTreeMap<usize, PathBuf> {
    writers
        .filter(|(_, _, mode)| *mode == WriteMode::Append)
        .filter_map(|(module, target, _)| {
            let folder = zone.join(&target.job_dir).join(&target.table_dir);
            let earlier = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
                let entry = entry.ok()?;
                let found = EffectiveDate::parse(entry.file_name().to_str()?)?;
                let file = entry.path().join(&target.file_name);
                (found < date && file.exists()).then_some((found, file))
            });
            earlier.max().map(|(_, file)| (module, file))
        })
        .collect()
}

/// The key of one run.
pub(crate) fn run_key(job: &JobName, date: EffectiveDate, side: Side) -> RunKey {
    RunKey {
        job: job.clone(),
        date,
        side,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_of_isolation_has_a_word_in_the_record() {
        for level in relift_sandbox::IsolationLevel::ALL {
            let recorded = Isolation::parse(level.word());
            assert_eq!(recorded.map(Isolation::word), Some(level.word()));
        }
        assert!(isolation_of(Side::Legacy).is_some() && isolation_of(Side::Rewrite).is_none());
    }
}
