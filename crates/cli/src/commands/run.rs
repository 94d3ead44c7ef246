//! `relift run`.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use relift_job::{EffectiveDate, JobName};
use relift_migration::{PlannedJob, Reprocess, RunPlan, RunResult, Why, compressed, ranges};
use relift_platform::control::RunStatus;
use serde_json::{Value, json};

use super::{Common, Scope, SideWord};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Runs one side of jobs, each date as its own execution: jobs side by side, dates of a job in order, a job
/// behind those it needs. Shows which dates will run and why before it starts; runs that are current are not
/// repeated unless asked for.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The jobs as they were, or their rewrites as they lie below artifacts/.
    #[arg(long, value_enum)]
    side: SideWord,
    #[command(flatten)]
    scope: Scope,
    /// Which recorded runs are made again. A run whose code or inputs have changed since counts as missing.
    #[arg(long, value_enum, default_value_t = ReprocessWord::MissingAndErrored, value_name = "WHICH")]
    reprocess: ReprocessWord,
    /// Stops after showing which dates would run.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ReprocessWord {
    /// None.
    #[value(name = "missing")]
    Missing,
    /// Those that failed.
    #[value(name = "missing_and_errored", alias = "missing-and-errored")]
    MissingAndErrored,
    /// All.
    #[value(name = "all")]
    All,
}

impl Run {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let (jobs, dates) = self.scope.resolve(&migration)?;
        let reprocess = match self.reprocess {
            ReprocessWord::Missing => Reprocess::Missing,
            ReprocessWord::MissingAndErrored => Reprocess::MissingAndErrored,
            ReprocessWord::All => Reprocess::All,
        };
        let plan = migration.plan(&jobs, dates, self.side.side(), reprocess)?;
        let broken = migration.broken_selected();
        if self.dry_run && common.format == Format::Json {
            print_json(&plan_json(&plan, &broken))?;
            return Ok(Exit::Good);
        }
        if common.format == Format::Text {
            show(&plan)?;
        }
        if self.dry_run {
            for (job, problem) in &broken {
                print_text(&format!("{job}: {problem}"))?;
            }
            return Ok(Exit::Good);
        }
        let runs = migration.perform(&plan)?;
        if common.format == Format::Json {
            list(&runs).print(Format::Json)?;
        } else {
            print_runs(&plan, &runs)?;
            for (job, problem) in &broken {
                print_text(&format!("{job}: {problem}"))?;
            }
        }
        let expected = jobs.len() * dates.iter().count();
        let good = runs.iter().filter(|run| run.status == RunStatus::Succeeded);
        Ok(if good.count() == expected && broken.is_empty() {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}

/// Says what will run.
fn show(plan: &RunPlan) -> anyhow::Result<()> {
    for edge in &plan.undeclared {
        let read: Vec<String> = edge
            .reads
            .iter()
            .map(|read| read.table.to_string())
            .collect();
        let place = edge.reads.first().map_or_else(String::new, |read| {
            format!("{}: modules[{}]: ", read.span, read.module)
        });
        print_text(&format!(
            "{place}\"{}\" reads {}, which \"{}\" writes; that is honoured, but not declared. For the file of \
             `[portfolio] dependencies`:\n{}\n",
            edge.job,
            read.join(", "),
            edge.needs,
            edge.declaration()
        ))?;
    }
    for job in &plan.not_rewritten {
        print_text(&format!(
            "{job} has no rewritten job below artifacts/; run `relift lift`"
        ))?;
    }
    let mut listing = Listing::new(&["job", "runs", "dates", "because"]);
    let mut current = 0;
    for job in &plan.jobs {
        if job.dates.is_empty() {
            current += 1;
            continue;
        }
        listing.row(vec![
            job.job.as_str().into(),
            job.dates.len().into(),
            compressed(job.dates.keys().copied()).into(),
            because(job).into(),
        ]);
    }
    let count = plan.count();
    if count > 0 {
        listing.print(Format::Text)?;
    }
    let left = if current > 0 {
        let have = if current == 1 { "job has" } else { "jobs have" };
        format!("; {current} {have} nothing to run")
    } else {
        String::new()
    };
    let word = plan.reprocess.word();
    print_text(&format!(
        "{count} {} runs (reprocess {word}){left}",
        plan.side.word()
    ))?;
    Ok(())
}

/// Reasons with their dates; the dates are left out when there is one reason.
fn because(job: &PlannedJob) -> String {
    let mut by_reason: BTreeMap<Why, Vec<EffectiveDate>> = BTreeMap::new();
    for (date, why) in &job.dates {
        by_reason.entry(*why).or_default().push(*date);
    }
    if by_reason.len() == 1 {
        return by_reason
            .keys()
            .map(|why| why.word())
            .collect::<Vec<_>>()
            .join("");
    }
    by_reason
        .into_iter()
        .map(|(why, dates)| format!("{}: {}", why.word(), compressed(dates)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn plan_json(plan: &RunPlan, broken: &[(JobName, String)]) -> Value {
    let jobs: Vec<Value> = plan
        .jobs
        .iter()
        .map(|job| {
            let dates = ranges(job.dates.keys().copied())
                .into_iter()
                .map(|range| json!([range.first.to_string(), range.last.to_string()]))
                .collect::<Vec<_>>();
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for why in job.dates.values() {
                *reasons.entry(why.word()).or_default() += 1;
            }
            let kept: BTreeMap<&str, usize> = job
                .kept
                .iter()
                .map(|(standing, count)| (standing.word(), *count))
                .collect();
            json!({ "job": job.job.as_str(), "runs": job.dates.len(), "dates": dates, "reasons": reasons, "kept": kept })
        })
        .collect();
    let undeclared: Vec<Value> = plan
        .undeclared
        .iter()
        .map(|edge| {
            let reads: Vec<Value> = edge
                .reads
                .iter()
                .map(|read| json!({ "table": read.table.to_string(), "module": read.module, "at": read.span.to_string() }))
                .collect();
            json!({ "job": edge.job.as_str(), "needs": edge.needs.as_str(), "reads": reads, "declaration": edge.declaration() })
        })
        .collect();
    let names = |jobs: &[JobName]| jobs.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "schema_version": 1,
        "side": plan.side.word(),
        "reprocess": plan.reprocess.word(),
        "runs": plan.count(),
        "jobs": jobs,
        "not_rewritten": names(&plan.not_rewritten),
        "undeclared_dependencies": undeclared,
        "broken": broken.iter().map(|(job, problem)| json!({ "job": job.as_str(), "problem": problem })).collect::<Vec<_>>(),
    })
}

fn list(runs: &[RunResult]) -> Listing {
    let mut listing = Listing::new(&[
        "job",
        "effective date",
        "side",
        "status",
        "attempt",
        "rows",
        "files",
        "output hash",
        "error",
    ]);
    for run in runs {
        listing.row(vec![
            run.job.as_str().into(),
            run.date.to_string().into(),
            run.side.word().into(),
            run.status.word().into(),
            run.attempt.into(),
            run.rows.into(),
            run.files.into(),
            run.output_hash.clone().into(),
            run.error.clone().into(),
        ]);
    }
    listing
}

fn print_runs(plan: &RunPlan, runs: &[RunResult]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&[
        "job",
        "dates",
        "ran",
        "succeeded",
        "failed",
        "skipped",
        "rows",
        "files",
    ]);
    let mut own: BTreeMap<&JobName, Vec<&RunResult>> = BTreeMap::new();
    for run in runs {
        own.entry(&run.job).or_default().push(run);
    }
    let mut jobs: Vec<&PlannedJob> = plan.jobs.iter().collect();
    jobs.sort_by(|a, b| a.job.cmp(&b.job));
    for job in jobs {
        let own = own.get(&job.job).map_or(&[][..], Vec::as_slice);
        let count = |status| own.iter().filter(|run| run.status == status).count();
        listing.row(vec![
            job.job.as_str().into(),
            own.len().into(),
            job.dates.len().into(),
            count(RunStatus::Succeeded).into(),
            count(RunStatus::Failed).into(),
            count(RunStatus::Skipped).into(),
            own.iter().filter_map(|run| run.rows).sum::<u64>().into(),
            own.iter().filter_map(|run| run.files).sum::<u64>().into(),
        ]);
    }
    listing.print(Format::Text)?;
    for run in runs.iter().filter(|run| run.error.is_some()) {
        let error = run.error.as_deref().unwrap_or_default();
        print_text(&format!(
            "{} {} {}: {error}",
            run.job,
            run.date,
            run.status.word()
        ))?;
    }
    if runs.iter().any(|run| run.status == RunStatus::Failed) {
        print_text("`relift log JOB DATE` shows the whole log of a run")?;
    }
    Ok(())
}
