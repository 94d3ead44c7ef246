//! The legacy side of a job whose outputs were recorded elsewhere: a date's recording is committed as a run
//! commits what it staged, and the job's own code never runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_job::{Job, JobName};
use relift_platform::control::{RunKey, RunRecord, RunStatus};
use relift_platform::recorded::{RecordedError, Recordings, recording_hash, stage};

use super::{Basis, Repeat, commit, make, skip};
use crate::bench::Bench;
use crate::{MigrationError, Project};

/// Folder of the workspace that holds recordings, by job and date.
const BASELINES: &str = "baselines";

/// Begins the code of a run that was recorded, in the place of the hash of the job's own code.
const RECORDED: &str = "recorded ";

/// Begins the reason why a date of such a job has no run.
const UNRECORDED: &str = "it was not recorded: ";

/// Where recordings of a job lie or would lie.
pub(crate) fn folder(project: &Project, job: &JobName) -> PathBuf {
    project.root.join(BASELINES).join(job.as_str())
}

/// Recordings of a job; `None` for a job that runs here.
pub(crate) fn of(project: &Project, job: &JobName) -> Option<Recordings> {
    Recordings::of(folder(project, job))
}

/// What stands for the code of a run made from a date's recording.
pub(crate) fn code(recording: &Path) -> Result<String, MigrationError> {
    let hash = recording_hash(recording).map_err(failed)?;
    Ok(format!("{RECORDED}{hash}"))
}

/// Whether a run with this code was made from a recording.
pub(crate) fn is_recorded(code: &str) -> bool {
    code.starts_with(RECORDED)
}

/// Whether a run did not take place because the date has no recording.
pub(crate) fn is_unrecorded(run: &RunRecord) -> bool {
    let reason = run.outcome.error.as_deref();
    run.status == RunStatus::Skipped && reason.is_some_and(|text| text.starts_with(UNRECORDED))
}

/// Commits the recording of one date unless that was done, or records that there is none.
pub(super) fn run(
    bench: &Bench<'_>,
    job: &Job,
    key: &RunKey,
    recordings: &Recordings,
    repeat: Repeat,
) -> Result<RunRecord, MigrationError> {
    let Some(recording) = recordings.date(key.date) else {
        let folder = format!("{BASELINES}/{}/{}", job.name, key.date);
        let reason = format!("{UNRECORDED}there is no {folder}");
        return skip(bench, key, 1, &reason);
    };
    let basis = Basis::new(&code(&recording)?, BTreeMap::new());
    make(bench, key, &basis, 1, repeat, |attempt| {
        let schema = &bench.project.workspace.curated_schema;
        let (files, tables) =
            stage(job, &recording, key.date, schema, attempt.staging).map_err(failed)?;
        commit::commit(bench, attempt, commit::targets(job), &files, &tables)
    })
}

fn failed(error: RecordedError) -> MigrationError {
    MigrationError::Recorded(Box::new(error))
}
