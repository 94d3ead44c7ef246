//! Checks the record of the whole conversion and says what became of the findings.

use relift_antipatterns::{Disposition as Became, disposition, replacement, sarif};
use relift_governance::{Disposed, Disposition, FindingsDisposed, LedgerEvent};
use relift_team::{Outcome, Reply, Task};

use crate::bench::Bench;
use crate::experiments::Laboratory;
use crate::package::write_whole;
use crate::runs::RewriteFiles;
use crate::{MigrationError, ledger, verify};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let broken = verify::code_evidence(bench, &task.job)?;
    if let Some(first) = broken.failures.first() {
        return Ok(Reply::because(Outcome::Disputed, first.clone()));
    }
    dispose(bench, task)?;
    Ok(Reply::completed())
}

fn dispose(bench: &Bench<'_>, task: &Task) -> Result<(), MigrationError> {
    let rewritten = RewriteFiles::read(bench, &task.job)?;
    let findings = bench.findings(&task.job)?;
    let disposed: Vec<_> = findings
        .iter()
        .map(|finding| {
            (
                finding,
                disposition(
                    finding,
                    rewritten.as_ref().map(|files| &files.job),
                    "not rewritten",
                ),
            )
        })
        .collect();
    let mut laboratory = match (&rewritten, bench.project.jobs.get(&task.job)) {
        (Some(_), Some(job)) => Laboratory::of(bench, job)?,
        _ => None,
    };
    let mut events = Vec::with_capacity(disposed.len());
    for (finding, became) in &disposed {
        let (disposition, reason) = match became {
            Became::Eliminated => {
                let reason = rewritten
                    .as_ref()
                    .map_or_else(String::new, |files| replacement(finding, &files.job));
                (Disposition::Eliminated, reason)
            }
            Became::NotApplicable(reason) => (Disposition::NotApplicable, reason.clone()),
            Became::Retained(reason) => {
                let shown = match &mut laboratory {
                    Some(laboratory) => laboratory.evidence(finding)?,
                    None => None,
                };
                match shown {
                    Some(shown) => (Disposition::LoadBearing, format!("{reason}; {shown}")),
                    None if rewritten.is_some() => (Disposition::Reproduced, reason.clone()),
                    None => (Disposition::Open, reason.clone()),
                }
            }
        };
        events.push(Disposed {
            code: finding.code.to_owned(),
            location: location(finding),
            disposition,
            reason,
        });
    }
    let listed: Vec<_> = disposed
        .into_iter()
        .map(|(finding, became)| (finding.clone(), Some(became)))
        .collect();
    let folder = bench.project.artifacts(&task.job);
    write_whole(&folder.join("findings.sarif"), sarif(&listed).as_bytes())?;
    let event = FindingsDisposed {
        job: task.job.to_string(),
        findings: events,
    };
    ledger::append(&bench.store, &[LedgerEvent::FindingsDisposed(event)])
}

/// Where a finding is, in words that stay the same: what it is about when several can stand at one place.
pub(super) fn location(finding: &relift_antipatterns::Finding) -> String {
    let place = match (&finding.span, finding.module) {
        (Some(span), _) => span.to_string(),
        (None, Some(module)) => format!("modules[{module}]"),
        (None, None) => "job".to_owned(),
    };
    match (&finding.frame, &finding.column) {
        (Some(frame), Some(column)) => format!("{place} {frame}.{column}"),
        _ => place,
    }
}
