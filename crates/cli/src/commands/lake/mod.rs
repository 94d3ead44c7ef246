//! `relift lake ...`: one file per subcommand.

mod generate;
mod import;

use clap::Subcommand;
use relift_platform::lake::LakeSummary;
use serde_json::json;

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Fills the lake.
#[derive(Debug, Subcommand)]
pub(super) enum Lake {
    /// Generates the online marketplace of the demonstration as Delta tables.
    Generate(generate::Generate),
    /// Brings Parquet files into the lake as Delta tables; types and the order of rows are kept.
    Import(import::Import),
}

impl Lake {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        match self {
            Self::Generate(command) => print_filled(common, command.fill(&migration)?),
            Self::Import(command) => print_filled(common, command.fill(&migration)?),
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
