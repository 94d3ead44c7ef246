//! `relift lake profile`.

use std::path::PathBuf;

use clap::Args;
use relift_migration::Migration;
use serde_json::{Value, json};

use super::{Chosen, print_files};
use crate::commands::Common;
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Profiles lake tables and tables that jobs wrote: counts, NULLs, different values, least, greatest, mean,
/// most frequent values, shapes.
///
/// Columns that look personal, by their name or by what stands in them, are marked, and their values are
/// shown as shapes. Also writes profile.html, profile.md and profile.json.
#[derive(Debug, Args)]
pub(crate) struct Profile {
    #[command(flatten)]
    chosen: Chosen,
    /// Folder of the reports [default: reports/lake in the workspace].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Profile {
    pub(crate) fn run(&self, migration: &Migration<'_>, common: &Common) -> anyhow::Result<Exit> {
        let dates = self.chosen.dates(migration)?;
        let profiles = migration.profile_tables(&self.chosen.tables, dates)?;
        let files = migration.write_profiles(&profiles, self.out.as_deref())?;
        let broken = profiles.iter().any(|profile| profile.problem.is_some());
        if common.format == Format::Json {
            print_json(&json!({ "schema_version": 1, "tables": profiles }))?;
        } else {
            let mut listing = Listing::new(&[
                "table",
                "column",
                "type",
                "personal",
                "NULL %",
                "different",
                "least",
                "greatest",
                "mean",
            ]);
            for profile in &profiles {
                for column in &profile.columns {
                    let about = if column.distinct_exact { "" } else { "~" };
                    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Into::into);
                    listing.row(vec![
                        profile.table.as_str().into(),
                        column.name.as_str().into(),
                        column.data_type.as_str().into(),
                        column
                            .personal
                            .map_or(Value::Null, |personal| personal.kind.word().into()),
                        format!("{:.2}", column.null_percent).into(),
                        format!("{about}{}", column.distinct).into(),
                        text(&column.min),
                        text(&column.max),
                        column
                            .mean
                            .map_or(Value::Null, |mean| format!("{mean:.4}").into()),
                    ]);
                }
            }
            listing.print(Format::Text)?;
            for profile in &profiles {
                if let Some(problem) = &profile.problem {
                    print_text(&format!(
                        "{} was not read to its end: {problem}",
                        profile.table
                    ))?;
                }
            }
            print_files(&files)?;
        }
        Ok(if broken {
            Exit::ChecksFailed
        } else {
            Exit::Good
        })
    }
}
