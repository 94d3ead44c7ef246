//! `relift lake ...`: one file per subcommand.

mod audit;
mod dictionary;
mod fill_gaps;
mod generate;
mod import;
mod profile;
mod quality;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use relift_job::{DateRange, EffectiveDate};
use relift_migration::Migration;
use relift_platform::lake::LakeSummary;
use serde_json::json;

use super::{Common, parse_date};
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Fills the lake, and looks after what is in it.
#[derive(Debug, Subcommand)]
pub(super) enum Lake {
    /// Generates the online marketplace of the demonstration as Delta tables.
    Generate(generate::Generate),
    /// Brings Parquet files into the lake as Delta tables; types and the order of rows are kept.
    Import(import::Import),
    /// Looks for what is missing, damaged, changed or odd in the lake.
    Audit(audit::Audit),
    /// Tells what the columns of tables hold.
    Profile(profile::Profile),
    /// Brings back missing and damaged partitions.
    FillGaps(fill_gaps::FillGaps),
    /// Writes the data dictionary with the lineage of each column.
    Dictionary(dictionary::Dictionary),
    /// Makes the declared quality checks.
    Quality(quality::Quality),
}

/// Which tables and dates.
#[derive(Clone, Debug, Args)]
struct Chosen {
    /// Tables: names such as market.orders or orders, or patterns with *, separated by commas [default: all].
    #[arg(long = "table", value_name = "TABLES", value_delimiter = ',')]
    tables: Vec<String>,
    /// First effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    start: Option<EffectiveDate>,
    /// Last effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    end: Option<EffectiveDate>,
}

impl Chosen {
    fn dates(&self, migration: &Migration<'_>) -> anyhow::Result<DateRange> {
        Ok(migration.project().dates(self.start, self.end)?)
    }
}

impl Lake {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        match self {
            Self::Generate(command) => print_filled(common, command.fill(&migration)?),
            Self::Import(command) => print_filled(common, command.fill(&migration)?),
            Self::Audit(command) => command.run(&migration, common),
            Self::Profile(command) => command.run(&migration, common),
            Self::FillGaps(command) => command.run(&migration, common),
            Self::Dictionary(command) => command.run(&migration, common),
            Self::Quality(command) => command.run(&migration, common),
        }
    }
}

fn print_filled(common: &Common, summary: LakeSummary) -> anyhow::Result<Exit> {
    if common.format == Format::Json {
        print_json(&json!({
            "tables": summary.tables, "written": summary.written, "present": summary.present, "rows": summary.rows,
        }))?;
    } else {
        print_text(&format!(
            "{} tables: {} partitions written with {} rows, {} were there before",
            summary.tables, summary.written, summary.rows, summary.present
        ))?;
    }
    Ok(Exit::Good)
}

fn print_files(files: &[PathBuf]) -> anyhow::Result<()> {
    for file in files {
        print_text(&format!("written: {}", file.display()))?;
    }
    Ok(())
}
