//! `relift log`.

use clap::Args;
use relift_job::EffectiveDate;
use relift_migration::Overview;
use serde_json::json;

use super::{Common, SideWord, parse_date};
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Shows what a run printed and, when it failed, where: the module in the configuration, the line of the Python
/// code, the traceback. The log of each attempt is kept.
#[derive(Debug, Args)]
pub(super) struct Log {
    /// The job.
    job: String,
    /// Its effective date.
    #[arg(value_name = "YYYY-MM-DD", value_parser = parse_date)]
    date: EffectiveDate,
    /// The job as it was, or its rewrite.
    #[arg(long, value_enum, default_value_t = SideWord::Legacy)]
    side: SideWord,
    /// Which attempt, from 1 [default: the last].
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
}

impl Log {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let overview = Overview::open(&common.folder())?;
        let job = self.job.as_str().into();
        let log = overview.log(&job, self.date, self.side.side(), self.attempt)?;
        let run = &log.run;
        if common.format == Format::Json {
            print_json(&json!({
                "schema_version": 1,
                "job": self.job,
                "effective_date": self.date.to_string(),
                "side": run.key.side.word(),
                "attempt": run.attempt,
                "attempts": log.attempts,
                "status": run.status.word(),
                "started_at": run.started_at.to_string(),
                "ended_at": run.ended_at.map(|time| time.to_string()),
                "error": run.outcome.error,
                "log": log.text,
            }))?;
            return Ok(Exit::Good);
        }
        print_text(&format!(
            "{} {} {}, attempt {} of {}: {}",
            self.job,
            self.date,
            run.key.side.word(),
            run.attempt,
            log.attempts,
            run.status.word()
        ))?;
        match (&log.text, &run.outcome.error) {
            (Some(text), _) => print_text(text.trim_end())?,
            (None, Some(error)) => print_text(error)?,
            (None, None) => print_text("it printed nothing")?,
        }
        Ok(Exit::Good)
    }
}
