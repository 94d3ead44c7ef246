//! `relift status`.

use std::collections::BTreeMap;

use clap::Args;
use relift_migration::{JobStatus, Overview, RunStanding, SideStatus, compressed};
use serde_json::{Value, json};

use super::{Common, Scope};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Shows how the runs of each job stand: dates done, failed, missing, stale (made from other code or inputs
/// than there are now) and skipped, the latest attempt and the verdict. Takes no lock: it may be asked while
/// runs are being made.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    scope: Scope,
}

const COLUMNS: [RunStanding; 5] = [
    RunStanding::Done,
    RunStanding::Failed,
    RunStanding::Missing,
    RunStanding::Stale,
    RunStanding::Skipped,
];

impl Status {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let overview = Overview::open(&common.folder())?;
        let (jobs, dates) = self.scope.resolve_in(overview.project())?;
        let statuses = overview.status(&jobs, dates)?;
        let mut totals: BTreeMap<RunStanding, usize> = BTreeMap::new();
        for side in statuses.iter().flat_map(|job| &job.sides) {
            for standing in COLUMNS {
                *totals.entry(standing).or_default() += side.count(standing);
            }
        }
        if common.format == Format::Json {
            let total: BTreeMap<&str, usize> = totals
                .iter()
                .map(|(standing, count)| (standing.word(), *count))
                .collect();
            let jobs: Vec<Value> = statuses.iter().map(job_json).collect();
            print_json(&json!({
                "schema_version": 1,
                "first": dates.first.to_string(),
                "last": dates.last.to_string(),
                "runs": total,
                "jobs": jobs,
            }))?;
            return Ok(Exit::Good);
        }
        let mut listing = Listing::new(&[
            "job",
            "side",
            "done",
            "failed",
            "missing",
            "stale",
            "skipped",
            "last attempt",
            "verdict",
        ]);
        for job in &statuses {
            for side in &job.sides {
                let mut row: Vec<Value> = vec![job.job.as_str().into(), side.side.word().into()];
                row.extend(COLUMNS.map(|standing| side.count(standing).into()));
                row.push(last_attempt(side).into());
                row.push(verdict(job).into());
                listing.row(row);
            }
        }
        listing.print(Format::Text)?;
        for job in &statuses {
            if let Some(problem) = &job.problem {
                print_text(&format!("{}: {problem}", job.job))?;
            }
        }
        let sides: usize = statuses.iter().map(|job| job.sides.len()).sum();
        let counted: Vec<String> = totals
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(standing, count)| format!("{count} {}", standing.word()))
            .collect();
        print_text(&format!(
            "{} jobs, {sides} sides, {} .. {}: {}",
            statuses.len(),
            dates.first,
            dates.last,
            counted.join(", ")
        ))?;
        Ok(Exit::Good)
    }
}

fn last_attempt(side: &SideStatus) -> String {
    side.last_attempt
        .as_ref()
        .map_or_else(String::new, |(time, status)| {
            let seconds = time.split('.').next().unwrap_or(time);
            format!("{} {}", seconds.trim_end_matches('Z'), status.word())
        })
}

fn verdict(job: &JobStatus) -> String {
    let equal = job
        .equal
        .map(|(equal, compared)| format!("{equal}/{compared} equal"));
    let words = [job.conversion.map(str::to_owned), equal];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn job_json(job: &JobStatus) -> Value {
    let side = |side: &SideStatus| {
        let counts: BTreeMap<&str, Value> = COLUMNS
            .iter()
            .map(|standing| {
                let dates = side.dates.get(standing).cloned().unwrap_or_default();
                let shown = json!({ "count": dates.len(), "dates": compressed(dates) });
                (standing.word(), shown)
            })
            .collect();
        let last = side.last_attempt.as_ref();
        json!({
            "side": side.side.word(),
            "runs": counts,
            "rows": side.rows,
            "last_attempt": last.map(|(time, status)| json!({ "started_at": time, "status": status.word() })),
        })
    };
    json!({
        "job": job.job.as_str(),
        "sides": job.sides.iter().map(side).collect::<Vec<_>>(),
        "conversion": job.conversion,
        "cause": job.cause,
        "equal": job.equal.map(|(equal, _)| equal),
        "compared": job.equal.map(|(_, compared)| compared),
        "problem": job.problem,
    })
}
