//! Designs the adversarial tests of a job; they run with the dates, against both sides.

use relift_governance::{LedgerEvent, TestDesigned, TestsDesigned};
use relift_team::{Reply, Task};

use crate::bench::Bench;
use crate::{MigrationError, ledger, trials};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    // Every case runs the whole job, so it exercises every requirement of it.
    let requirements: Vec<String> = bench
        .requirements(&task.job)?
        .iter()
        .map(|requirement| requirement.id.clone())
        .collect();
    let tests = trials::cases(bench, &task.job)?
        .into_iter()
        .map(|case| TestDesigned {
            test: case.name,
            requirements: requirements.clone(),
        })
        .collect();
    let event = TestsDesigned {
        job: task.job.to_string(),
        tests,
    };
    ledger::append(&bench.store, &[LedgerEvent::TestsDesigned(event)])?;
    Ok(Reply::completed())
}
