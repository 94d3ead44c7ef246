//! The table every long command ends with.

use serde_json::{Value, json};

use relift_migration::Summary;

use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Prints the summary and says how the command ends.
pub(super) fn print(summary: &Summary, format: Format, package: &str) -> anyhow::Result<Exit> {
    let mut listing = Listing::new(&[
        "job",
        "status",
        "lift level",
        "dates equal",
        "rows",
        "match %",
        "findings",
        "gone",
        "requirements",
        "rounds",
    ]);
    for job in &summary.jobs {
        listing.row(vec![
            job.job.as_str().into(),
            job.status.as_str().into(),
            job.level.clone().map_or(Value::Null, Into::into),
            format!("{}/{}", job.passes, job.dates).into(),
            job.rows.into(),
            job.match_percent.clone().map_or(Value::Null, Into::into),
            job.findings.into(),
            job.eliminated.into(),
            job.requirements.into(),
            job.rounds.into(),
        ]);
    }
    let exit = match summary.verdict.exit_code() {
        0 if summary.conserved => Exit::Good,
        3 => Exit::Escalated,
        _ => Exit::ChecksFailed,
    };
    if format == Format::Json {
        print_json(&json!({
            "schema_version": 1,
            "verdict": summary.verdict.word(),
            "jobs": listing.to_json(),
            "package": package,
        }))?;
        return Ok(exit);
    }
    listing.print(format)?;
    for job in &summary.jobs {
        if let Some(cause) = &job.cause {
            print_text(&format!("{}: {cause}", job.job))?;
        }
    }
    let good = summary
        .jobs
        .iter()
        .filter(|job| job.status == "done")
        .count();
    let total = summary.jobs.len();
    print_text(&format!(
        "{good} of {total} jobs are rewritten and equal on every date; verdict: {}",
        summary.verdict.word()
    ))?;
    print_text(&format!("open {package}"))?;
    Ok(exit)
}
