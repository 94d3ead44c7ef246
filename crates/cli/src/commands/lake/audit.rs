//! `relift lake audit`.

use std::path::PathBuf;

use clap::Args;
use relift_migration::Migration;
use relift_platform::care::{Audit as Found, CellState, Origin, TableAudit};
use serde_json::Value;

use super::{Chosen, print_files};
use crate::commands::Common;
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Looks at every table on every date: which partitions are missing or damaged, row counts, schema drift,
/// duplicate keys, orphaned references, times out of range. Ends with 1 when there are errors.
///
/// Calendars are learned from the dates a table has, unless relift.toml declares them (section `calendar`). A row
/// count is unusual when it is more than 20 % away from the median of the other dates of the same kind of day.
/// In the text, ✓ is a sound partition, ≈ an unusual row count, ! damaged, ✗ missing, + unexpected, · nothing
/// expected. Also writes audit.html and audit.json.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    chosen: Chosen,
    /// Folder of the reports [default: reports/lake in the workspace].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Audit {
    pub(crate) fn run(&self, migration: &Migration<'_>, common: &Common) -> anyhow::Result<Exit> {
        let dates = self.chosen.dates(migration)?;
        let audit = migration.audit_lake(&self.chosen.tables, dates)?;
        let files = migration.write_audit(&audit, self.out.as_deref())?;
        if common.format == Format::Json {
            print_json(&serde_json::to_value(&audit)?)?;
        } else {
            print_audit(&audit)?;
            print_files(&files)?;
        }
        Ok(if audit.errors == 0 {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}

fn print_audit(audit: &Found) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["table", "rows", "has data", "dates"]);
    for table in &audit.tables {
        let calendar = match (&table.calendar, table.calendar_origin) {
            (Some(calendar), Some(Origin::Declared)) => format!("{calendar} (declared)"),
            (Some(calendar), _) => calendar.clone(),
            (None, _) => "not by date".to_owned(),
        };
        listing.row(vec![
            table.table.as_str().into(),
            table.rows.into(),
            calendar.into(),
            marks(table).into(),
        ]);
    }
    listing.print(Format::Text)?;
    if !audit.findings.is_empty() {
        let mut listing = Listing::new(&["", "what", "table", "date", "found"]);
        for finding in &audit.findings {
            let mut found = finding.message.clone();
            if let Some(origin) = finding.origin {
                found.push_str(&format!(" ({})", origin.word()));
            }
            listing.row(vec![
                finding.weight.word().into(),
                finding.check.words().into(),
                finding.table.as_str().into(),
                finding
                    .date
                    .map_or(Value::Null, |date| date.to_string().into()),
                found.into(),
            ]);
        }
        listing.print(Format::Text)?;
    }
    print_text(&format!(
        "{} to {}: {} errors, {} warnings; {} partitions missing, {} damaged",
        audit.first,
        audit.last,
        audit.errors,
        audit.warnings,
        audit.cells_in(CellState::Missing),
        audit.cells_in(CellState::Damaged)
    ))?;
    Ok(())
}

/// One sign per date.
fn marks(table: &TableAudit) -> String {
    table
        .cells
        .iter()
        .map(|cell| match cell.state {
            CellState::Complete => '\u{2713}',
            CellState::Deviates => '\u{2248}',
            CellState::Damaged => '!',
            CellState::Missing => '\u{2717}',
            CellState::Unexpected => '+',
            CellState::NotExpected => '\u{b7}',
        })
        .collect()
}
