//! `relift lake dictionary`.

use std::path::PathBuf;

use clap::Args;
use relift_job::{DateRange, EffectiveDate};
use relift_migration::Migration;
use serde_json::json;

use super::print_files;
use crate::commands::{Common, parse_date};
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Writes the data dictionary: tables, columns, what they hold, which jobs read them, and from which lake
/// columns each column of an output comes. What tables and columns mean is declared in dictionary.toml.
#[derive(Debug, Args)]
pub(crate) struct Dictionary {
    /// First effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    start: Option<EffectiveDate>,
    /// Last effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    end: Option<EffectiveDate>,
    /// Folder of the reports [default: reports/lake in the workspace].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Dictionary {
    pub(crate) fn run(&self, migration: &Migration<'_>, common: &Common) -> anyhow::Result<Exit> {
        let dates: DateRange = migration.project().dates(self.start, self.end)?;
        let (tables, files) = migration.write_dictionary(dates, self.out.as_deref())?;
        if common.format == Format::Json {
            let files: Vec<String> = files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            print_json(&json!({ "tables": tables, "files": files }))?;
        } else {
            print_text(&format!("{tables} tables described"))?;
            print_files(&files)?;
        }
        Ok(Exit::Good)
    }
}
