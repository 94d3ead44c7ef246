//! `relift run`.

use clap::{Args, ValueEnum};
use relift_job::Side;
use serde_json::Value;

use super::{Common, Scope};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_text};

/// Runs one side of jobs, each date as its own execution. Runs that are current are not repeated.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The jobs as they were, or their rewrites as they lie below artifacts/.
    #[arg(long, value_enum)]
    side: SideWord,
    #[command(flatten)]
    scope: Scope,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SideWord {
    Legacy,
    Rewrite,
}

impl Run {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let (jobs, dates) = self.scope.resolve(&migration)?;
        let side = match self.side {
            SideWord::Legacy => Side::Legacy,
            SideWord::Rewrite => Side::Rewrite,
        };
        let runs = migration.run(&jobs, dates, side)?;
        let failed = runs.iter().filter(|run| run.error.is_some()).count();
        let mut listing = if common.format == Format::Json {
            Listing::new(&[
                "job",
                "effective date",
                "side",
                "status",
                "rows",
                "files",
                "error",
            ])
        } else {
            Listing::new(&["job", "dates", "succeeded", "rows", "files"])
        };
        for name in &jobs {
            let own: Vec<_> = runs.iter().filter(|run| run.job == *name).collect();
            if common.format == Format::Json {
                for run in own {
                    listing.row(vec![
                        run.job.as_str().into(),
                        run.date.to_string().into(),
                        run.side.word().into(),
                        run.status.word().into(),
                        run.rows.into(),
                        run.files.into(),
                        run.error.clone().map_or(Value::Null, Into::into),
                    ]);
                }
            } else {
                listing.row(vec![
                    name.as_str().into(),
                    own.len().into(),
                    own.iter().filter(|run| run.error.is_none()).count().into(),
                    own.iter().filter_map(|run| run.rows).sum::<u64>().into(),
                    own.iter().filter_map(|run| run.files).sum::<u64>().into(),
                ]);
            }
        }
        listing.print(common.format)?;
        if common.format == Format::Text {
            for run in runs.iter().filter(|run| run.error.is_some()) {
                let error = run.error.as_deref().unwrap_or_default();
                print_text(&format!("{} {} failed: {error}", run.job, run.date))?;
            }
        }
        let missing = migration.broken_selected();
        for (job, problem) in &missing {
            print_text(&format!("{job}: {problem}"))?;
        }
        let complete = runs.len() == jobs.len() * dates.iter().count() && missing.is_empty();
        Ok(if failed == 0 && complete {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}
