//! Asks the data what the lifting depends on.

use relift_governance::{Answer, JobProfiled, LedgerEvent, ObligationAnswered};
use relift_team::{Reply, Task};

use crate::bench::Bench;
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let obligations = bench
        .obligations(&task.job)?
        .iter()
        .map(|answered| ObligationAnswered {
            obligation: answered.text.clone(),
            answer: if answered.holds() {
                Answer::Guarded
            } else {
                Answer::Fails
            },
            evidence: answered.evidence(),
            span: answered.span.clone(),
        })
        .collect();
    let profiled = JobProfiled {
        job: task.job.to_string(),
        obligations,
    };
    ledger::append(&bench.store, &[LedgerEvent::JobProfiled(profiled)])?;
    Ok(Reply::completed())
}
