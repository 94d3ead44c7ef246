//! Compares both sides on every date, then on adversarial data: equal dates alone show only what the data of
//! these dates happened to exercise.

use relift_governance::CellStatus;
use relift_job::Job;
use relift_reconcile::ReconcileReport;
use relift_team::{Outcome, Reply, Task};

use crate::bench::Bench;
use crate::comparison::compare;
use crate::hypotheses::examine;
use crate::package::write_whole;
use crate::runs::{RewriteFiles, recorded};
use crate::stages::write_down;
use crate::{MigrationError, ledger, trials};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let Some(job) = bench.project.jobs.get(&task.job) else {
        return Err(MigrationError::Unknown(format!("no job {}", task.job)));
    };
    let mut events = Vec::new();
    let mut comparisons = Vec::new();
    let mut first = None;
    let mut differing = 0;
    let dates = bench.project.workspace.dates;
    for date in dates.iter() {
        let Some(found) = compare(bench, job, date, task.ticket.round)? else {
            return Err(MigrationError::Record(format!("{date} was not run")));
        };
        events.extend(found.events());
        if found.cell.status != CellStatus::Pass {
            differing += 1;
            first.get_or_insert_with(|| {
                (
                    date,
                    found
                        .cell
                        .cause
                        .clone()
                        .unwrap_or_else(|| "no cause found".to_owned()),
                )
            });
        }
        if let Some(comparison) = found.comparison {
            comparisons.push((date, comparison));
        }
    }
    let report = ReconcileReport::new(
        &task.job,
        comparisons
            .iter()
            .map(|(date, comparison)| (*date, comparison)),
    );
    let folder = bench.project.artifacts(&task.job);
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    write_whole(&folder.join("reconcile.json"), report.to_json().as_bytes())?;
    ledger::append(&bench.store, &events)?;
    Ok(match first {
        None => match adversarial(bench, job)? {
            None => Reply::completed(),
            Some(difference) => Reply::because(Outcome::Differs, difference),
        },
        Some((date, cause)) => {
            let of = dates.iter().count();
            let mut told = format!("{differing} of {of} dates differ, first {date}: {cause}");
            if let Some(more) = examine(bench, task, job, &comparisons)? {
                told.push_str(&format!("; {more}"));
            }
            Reply::because(Outcome::Differs, told)
        }
    })
}

fn adversarial(bench: &Bench<'_>, job: &Job) -> Result<Option<String>, MigrationError> {
    // What runs here is not the system that the recordings come from.
    let is_recorded = recorded::of(&bench.project, &job.name).is_some();
    let Some(files) = RewriteFiles::read(bench, &job.name)?.filter(|_| !is_recorded) else {
        return Ok(None);
    };
    let analysis = bench.analysis(&job.name)?;
    let files = match &analysis.lifted {
        // What it reads of others it could as well compute: that is what small tables are tried on.
        Ok(lifted) if !files.upstream().is_empty() && analysis.written_by.is_empty() => {
            match write_down(bench, &job.name, lifted, &analysis.written_by)? {
                Ok(rewrite) => RewriteFiles {
                    job: rewrite.job,
                    sql: rewrite.files,
                    code: files.code,
                    legacy: None,
                },
                Err(_) => files,
            }
        }
        _ => files,
    };
    Ok(trials::run(bench, job, &files)?.into_iter().next())
}
