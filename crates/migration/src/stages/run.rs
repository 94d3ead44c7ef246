//! Runs both sides of a job for every date that has no current run.

use std::collections::BTreeMap;

use relift_job::Side;
use relift_platform::control::RunStatus;
use relift_team::{Outcome, Reply, Task};

use crate::bench::Bench;
use crate::runs::{
    Repeat, RewriteFiles, make_needed, make_needed_of_rewrite, run_legacy, run_rewrite,
};
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let Some(job) = bench.project.jobs.get(&task.job) else {
        return Ok(Reply::because(
            Outcome::Rejected,
            "its configuration is gone",
        ));
    };
    let Some(files) = RewriteFiles::read(bench, &task.job)? else {
        return Ok(Reply::because(
            Outcome::Broken,
            "the rewritten job is not below artifacts/",
        ));
    };
    let needed = bench.project.edges.waited_for(&task.job);
    let rounds = if needed.is_empty() && files.upstream().is_empty() {
        BTreeMap::new()
    } else {
        ledger::rounds(bench.store.read())?
    };
    let mut broken = None;
    for date in bench.project.workspace.dates.iter() {
        make_needed(bench, &needed, date)?;
        let legacy = run_legacy(bench, job, date, Repeat::Stale)?;
        bench.progress.step(
            "runs",
            &format!("{} {date} {}", task.job, Side::Legacy.word()),
        );
        make_needed_of_rewrite(bench, &task.job, &files, date, &rounds)?;
        let round = task.ticket.round;
        let rewrite = run_rewrite(bench, &task.job, &files, date, round, Repeat::Stale)?;
        bench.progress.step(
            "runs",
            &format!("{} {date} {}", task.job, Side::Rewrite.word()),
        );
        // Where the legacy job raises, the rewrite must too; only the other case is broken.
        if legacy.status == RunStatus::Succeeded
            && rewrite.status != RunStatus::Succeeded
            && broken.is_none()
        {
            let error = rewrite.outcome.error.unwrap_or_default();
            broken = Some(format!("{date}: {error}"));
        }
    }
    Ok(match broken {
        Some(cause) => Reply::because(Outcome::Broken, cause),
        None => Reply::completed(),
    })
}
