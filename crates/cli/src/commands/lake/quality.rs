//! `relift lake quality`.

use clap::Args;
use relift_job::EffectiveDate;
use relift_migration::Migration;
use relift_platform::care::QualityStatus;
use serde_json::json;

use crate::commands::{Common, parse_date};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Makes the checks declared in quality.toml and records what they found in the table data_quality_log. Ends
/// with 1 when a check with severity abort fails.
#[derive(Debug, Args)]
pub(crate) struct Quality {
    /// First effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    start: Option<EffectiveDate>,
    /// Last effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    end: Option<EffectiveDate>,
}

impl Quality {
    pub(crate) fn run(&self, migration: &Migration<'_>, common: &Common) -> anyhow::Result<Exit> {
        let dates = migration.project().dates(self.start, self.end)?;
        let report = migration.check_quality(dates)?;
        if common.format == Format::Json {
            print_json(&json!({
                "schema_version": 1,
                "log": report.log,
                "passed": report.count(QualityStatus::Passed),
                "warned": report.count(QualityStatus::Warned),
                "failed": report.count(QualityStatus::Failed),
                "skipped": report.count(QualityStatus::Skipped),
                "outcomes": report.outcomes,
            }))?;
        } else {
            let mut listing = Listing::new(&[
                "table", "check", "column", "date", "status", "rows", "failed", "detail",
            ]);
            let mut any = false;
            let bad = [QualityStatus::Warned, QualityStatus::Failed];
            for outcome in report
                .outcomes
                .iter()
                .filter(|outcome| bad.contains(&outcome.status))
            {
                any = true;
                listing.row(vec![
                    outcome.table.as_str().into(),
                    outcome.check.as_str().into(),
                    outcome.column.as_str().into(),
                    outcome.effective_date.as_str().into(),
                    outcome.status.word().into(),
                    outcome.rows_checked.into(),
                    outcome.rows_failed.into(),
                    outcome.detail.as_str().into(),
                ]);
            }
            if any {
                listing.print(Format::Text)?;
            }
            print_text(&format!(
                "{} checks passed, {} warned, {} failed, {} skipped; recorded in {}",
                report.count(QualityStatus::Passed),
                report.count(QualityStatus::Warned),
                report.count(QualityStatus::Failed),
                report.count(QualityStatus::Skipped),
                report.log
            ))?;
        }
        Ok(if report.aborts() {
            Exit::ChecksFailed
        } else {
            Exit::Good
        })
    }
}
