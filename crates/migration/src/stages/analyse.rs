//! Reads the job's code into a dataflow and finds bad practice.

use relift_governance::{Finding, JobAnalysed, LedgerEvent};
use relift_team::{Outcome, Reply, Task};

use super::joined;
use crate::bench::Bench;
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let analysis = bench.analysis(&task.job)?;
    if !analysis.rejected.is_empty() {
        return Ok(Reply::because(
            Outcome::Rejected,
            joined(&analysis.rejected),
        ));
    }
    let findings = bench
        .findings(&task.job)?
        .iter()
        .map(|finding| Finding {
            code: finding.code.to_owned(),
            location: super::audit::location(finding),
            message: finding.message.clone(),
        })
        .collect();
    ledger::append(
        &bench.store,
        &[LedgerEvent::JobAnalysed(JobAnalysed {
            job: task.job.to_string(),
            findings,
        })],
    )?;
    Ok(Reply::completed())
}
