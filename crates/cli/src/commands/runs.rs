//! `relift runs`.

use clap::Args;
use relift_job::EffectiveDate;
use relift_migration::Overview;
use relift_platform::control::{RunFilter, RunRecord};
use serde_json::Value;

use super::{Common, SideWord, parse_date};
use crate::exit::Exit;
use crate::output::{Format, Listing};

/// Lists what ran, the newest first: each attempt with its time, rows, status and the first line of its error.
#[derive(Debug, Args)]
pub(super) struct Runs {
    /// Of this job only.
    job: Option<String>,
    /// Of this effective date only.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    date: Option<EffectiveDate>,
    /// Of this side only.
    #[arg(long, value_enum)]
    side: Option<SideWord>,
    /// At most so many; 0 for all.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl Runs {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let overview = Overview::open(&common.folder())?;
        if let Some(job) = &self.job {
            // A misspelt job has no runs; that it is no job is what its user wants to hear.
            overview.project().select(std::slice::from_ref(job))?;
        }
        let runs = overview.history(&RunFilter {
            job: self.job.as_deref().map(Into::into),
            date: self.date,
            side: self.side.map(SideWord::side),
            limit: (self.limit > 0).then_some(self.limit),
        })?;
        let mut columns = vec![
            "job",
            "effective date",
            "side",
            "attempt",
            "status",
            "started at",
            "seconds",
            "rows",
            "files",
        ];
        if common.format == Format::Json {
            columns.extend(["ended at", "processing time", "output hash", "log"]);
        }
        columns.push("error");
        let mut listing = Listing::new(&columns);
        for run in &runs {
            listing.row(row(run, common.format));
        }
        listing.print(common.format)?;
        Ok(Exit::Good)
    }
}

fn row(run: &RunRecord, format: Format) -> Vec<Value> {
    let started = match format {
        Format::Json => run.started_at.to_string(),
        Format::Text => run.started_at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
    };
    let seconds = run.ended_at.map(|ended| {
        let took = ended.duration_since(run.started_at);
        let thousandths = took.as_millis() as f64 / 1000.0;
        match format {
            Format::Json => Value::from(thousandths),
            Format::Text => format!("{thousandths:.3}").into(),
        }
    });
    let mut cells: Vec<Value> = vec![
        run.key.job.as_str().into(),
        run.key.date.to_string().into(),
        run.key.side.word().into(),
        run.attempt.into(),
        run.status.word().into(),
        started.into(),
        seconds.unwrap_or(Value::Null),
        run.outcome.rows.into(),
        run.outcome.files.into(),
    ];
    if format == Format::Json {
        cells.push(run.ended_at.map(|time| time.to_string()).into());
        cells.push(run.processing_time.to_string().into());
        cells.push(run.outcome.output_hash.clone().into());
        cells.push(run.outcome.log_path.clone().into());
        cells.push(run.outcome.error.clone().into());
    } else {
        let first = run
            .outcome
            .error
            .as_deref()
            .and_then(|error| error.lines().next());
        cells.push(first.map(str::to_owned).into());
    }
    cells
}
